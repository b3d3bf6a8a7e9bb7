use serde_json::json;

use crate::field;
use crate::testing::{World, id};

#[test]
fn there_is_a_default_configuration() {
    let mut world = World::new();
    let listed = world.get("/v1/billing_portal/configurations?is_default=true");
    let found: Vec<_> = field::rows(&listed, "/data").collect();
    assert_eq!(found.len(), 1);
    let path = format!("/v1/billing_portal/configurations/{}", id(found[0]));
    let (status, error) = world.refused(&path, "active=false");
    assert_eq!((status, field::text(&error, "/param")), (400, Some("active")));
}

#[test]
fn a_configuration_keeps_what_an_update_does_not_name() {
    let mut world = World::new();
    let made = world.post(
        "/v1/billing_portal/configurations",
        "features[invoice_history][enabled]=true&features[subscription_cancel][enabled]=true\
         &features[subscription_cancel][mode]=immediately\
         &features[customer_update][enabled]=true\
         &features[customer_update][allowed_updates][0]=email\
         &business_profile[headline]=Tollgate&default_return_url=https://shop.example/account",
    );
    assert_eq!(field::of(&made, "/is_default"), &json!(false));
    let path = format!("/v1/billing_portal/configurations/{}", id(&made));
    let form = "features[subscription_cancel][enabled]=false&metadata[a]=b&business_profile\
                [terms_of_service_url]=https://shop.example/terms";
    let updated = world.post(&path, form);
    for (pointer, expected) in [
        ("/features/subscription_cancel/enabled", json!(false)),
        ("/features/subscription_cancel/mode", json!("immediately")),
        ("/features/invoice_history/enabled", json!(true)),
        ("/features/customer_update/allowed_updates", json!(["email"])),
        ("/features/payment_method_update/enabled", json!(false)),
        ("/business_profile/headline", json!("Tollgate")),
        ("/business_profile/terms_of_service_url", json!("https://shop.example/terms")),
        ("/default_return_url", json!("https://shop.example/account")),
        ("/metadata/a", json!("b")),
        ("/login_page", json!({ "enabled": false, "url": null })),
    ] {
        assert_eq!(field::of(&updated, pointer), &expected, "{pointer}");
    }
    let events = world.events();
    let told = ["billing_portal.configuration.created", "billing_portal.configuration.updated"];
    assert_eq!(events, told);
}

#[test]
fn plans_can_be_offered_when_they_are_the_products_own_and_recur() {
    let mut world = World::new();
    let product = id(&world.post("/v1/products", "name=Seat"));
    let other = id(&world.post("/v1/products", "name=Other"));
    let mut price = |product: &str, more: &str| {
        let form = format!("product={product}&currency=eur&unit_amount=100{more}");
        id(&world.post("/v1/prices", &form))
    };
    let monthly = price(&product, "&recurring[interval]=month");
    let foreign = price(&other, "&recurring[interval]=month");
    let once = price(&product, "");
    let form = |price: &str| {
        let at = "features[subscription_update]";
        format!(
            "{at}[enabled]=true&{at}[default_allowed_updates][0]=price\
             &{at}[products][0][product]={product}&{at}[products][0][prices][0]={price}"
        )
    };
    for wrong in [&foreign, &once] {
        let (_, error) = world.refused("/v1/billing_portal/configurations", &form(wrong));
        let param = "features[subscription_update][products][0][prices][0]";
        assert_eq!(field::text(&error, "/param"), Some(param));
    }
    let made = world.post("/v1/billing_portal/configurations", &form(&monthly));
    let offered = field::of(&made, "/features/subscription_update/products/0/prices");
    assert_eq!(offered, &json!([monthly]));
}

#[test]
fn what_the_simulator_does_not_act_on_is_refused() {
    let mut world = World::new();
    for form in [
        "features[subscription_update][enabled]=true\
         &features[subscription_update][default_allowed_updates][0]=promotion_code",
        "features[invoice_history][enabled]=true&login_page[enabled]=true",
    ] {
        let (_, error) = world.refused("/v1/billing_portal/configurations", form);
        let message = field::text(&error, "/message").unwrap();
        assert!(message.contains("does not act on"), "{message}");
    }
}
