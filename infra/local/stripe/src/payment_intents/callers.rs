//! What callers can say of a payment intent, and when.

use serde_json::{Value, json};

use super::authenticate;
use crate::testing::{World, id};

const PAY: &str = "amount=2000&currency=eur&confirm=true&payment_method=pm_card_";

fn pay(world: &mut World, card: &str) -> Value {
    world.post("/v1/payment_intents", &format!("{PAY}{card}"))
}

#[test]
fn a_caller_can_have_a_wish_for_authentication_be_an_error() {
    let mut world = World::new();
    let form = format!("{PAY}threeDSecure2Required&error_on_requires_action=true");
    let (status, error) = world.refused("/v1/payment_intents", &form);
    assert_eq!((status, &error["param"]), (400, &json!("error_on_requires_action")));
    assert_eq!(world.events().len(), 0, "the types of payment methods were not listed");
    let form = format!("{form}&payment_method_types[0]=card");
    let (status, error) = world.refused("/v1/payment_intents", &form);
    assert_eq!((status, &error["code"]), (402, &json!("authentication_required")));
    assert_eq!(error["payment_intent"]["status"], "requires_payment_method");
    let path = format!("/v1/payment_intents/{}/confirm", id(&error["payment_intent"]));
    let again = "payment_method=pm_card_threeDSecure2Required&error_on_requires_action=true";
    assert_eq!(world.refused(&path, again).0, 402);
}

#[test]
fn a_paid_intent_can_not_be_confirmed_changed_or_cancelled() {
    let mut world = World::new();
    let path = format!("/v1/payment_intents/{}", id(&pay(&mut world, "visa")));
    for (path, form) in [
        (format!("{path}/confirm"), ""),
        (path.clone(), "amount=3000"),
        (format!("{path}/cancel"), ""),
    ] {
        let (status, error) = world.refused(&path, form);
        assert_eq!((status, &error["code"]), (400, &json!("payment_intent_unexpected_state")));
        assert_eq!(error["payment_intent"]["status"], "succeeded", "{path}");
    }
    assert_eq!(world.post(&path, "metadata[a]=b")["metadata"], json!({ "a": "b" }));
}

#[test]
fn an_open_intent_can_be_changed_and_cancelled() {
    let mut world = World::new();
    let intent = world.post("/v1/payment_intents", "amount=2000&currency=eur");
    assert_eq!(intent["status"], "requires_payment_method");
    let path = format!("/v1/payment_intents/{}", id(&intent));
    let (_, error) = world.refused(&format!("{path}/confirm"), "");
    assert_eq!(error["code"], "payment_intent_unexpected_state");
    let (_, error) = world.refused(&path, "amount=49");
    assert_eq!(error["code"], "amount_too_small");
    let intent = world.post(&path, "amount=3000&payment_method=pm_card_visa");
    assert_eq!(
        (&intent["amount"], &intent["status"]),
        (&json!(3000), &json!("requires_confirmation"))
    );
    let intent = world.post(&format!("{path}/cancel"), "cancellation_reason=requested_by_customer");
    assert_eq!(intent["status"], "canceled");
    assert_eq!(intent["cancellation_reason"], "requested_by_customer");
    assert_eq!(intent["canceled_at"], crate::testing::NOW.0);
    assert_eq!(world.events(), ["payment_intent.created", "payment_intent.canceled"]);
}

#[test]
fn a_payment_method_must_be_of_a_type_and_currency_that_fits() {
    let mut world = World::new();
    let form = "amount=2000&currency=usd&payment_method_types[0]=sepa_debit";
    assert_eq!(world.refused("/v1/payment_intents", form).1["param"], "payment_method_types");
    let form =
        "amount=2000&currency=eur&payment_method_types[0]=sepa_debit&payment_method=pm_card_visa";
    let (_, error) = world.refused("/v1/payment_intents", form);
    assert_eq!(error["code"], "payment_intent_incompatible_payment_method");
}

#[test]
fn what_is_not_acted_on_is_refused() {
    let mut world = World::new();
    for param in
        ["transfer_data[destination]=acct_1", "confirmation_token=ctoken_1", "on_behalf_of=acct_1"]
    {
        let (status, error) =
            world.refused("/v1/payment_intents", &format!("amount=2000&currency=eur&{param}"));
        assert_eq!(status, 400, "{error}");
    }
    assert!(world.events().is_empty());
}

#[test]
fn a_caller_can_ask_for_authentication_and_confirm_once_more_after_it() {
    let mut world = World::new();
    let form = format!(
        "{PAY}visa&confirmation_method=manual&payment_method_options[card][request_three_d_secure]=any"
    );
    let intent = world.post("/v1/payment_intents", &form);
    assert_eq!(intent["status"], "requires_action");
    authenticate(&mut world.engine.stripe, &id(&intent), true).unwrap();
    let path = format!("/v1/payment_intents/{}", id(&intent));
    assert_eq!(world.get(&path)["status"], "requires_confirmation");
    let intent = world.post(&format!("{path}/confirm"), "");
    assert_eq!(intent["status"], "succeeded");
    let charge = world.get(&format!("/v1/charges/{}", intent["latest_charge"].as_str().unwrap()));
    let secure = &charge["payment_method_details"]["card"]["three_d_secure"];
    assert_eq!(secure["result"], "authenticated");
}

#[test]
fn another_amount_has_to_be_confirmed_again() {
    let mut world = World::new();
    let intent = id(&pay(&mut world, "threeDSecure2Required"));
    let shown = world.post(&format!("/v1/payment_intents/{intent}"), "amount=2500");
    assert_eq!(
        (&shown["status"], &shown["next_action"]),
        (&json!("requires_confirmation"), &Value::Null)
    );
    assert!(authenticate(&mut world.engine.stripe, &intent, true).is_err());
}

#[test]
fn charges_and_intents_are_listed_by_customer() {
    let mut world = World::new();
    let ada = id(&world.post("/v1/customers", "name=Ada"));
    pay(&mut world, "visa");
    let intent = world.post("/v1/payment_intents", &format!("{PAY}visa&customer={ada}"));
    let list = world.get(&format!("/v1/payment_intents?customer={ada}"));
    assert_eq!((list["data"].as_array().unwrap().len(), id(&list["data"][0])), (1, id(&intent)));
    let list = world.get(&format!("/v1/charges?customer={ada}"));
    assert_eq!(
        (list["data"].as_array().unwrap().len(), &list["data"][0]["id"]),
        (1, &intent["latest_charge"])
    );
    let path = format!("/v1/charges/{}", id(&list["data"][0]));
    let charge =
        world.post(&path, "description=Order&metadata[a]=b&fraud_details[user_report]=safe");
    assert_eq!(
        (&charge["description"], &charge["metadata"]),
        (&json!("Order"), &json!({ "a": "b" }))
    );
    assert_eq!(charge["fraud_details"], json!({ "user_report": "safe" }));
    assert_eq!(world.events().last(), Some(&"charge.updated"));
}

#[test]
fn what_a_caller_says_for_people_is_repeated_on_intent_and_charge() {
    let mut world = World::new();
    let form = format!(
        "{PAY}visa&description=Order&statement_descriptor_suffix=ORDER&receipt_email=a@b.example&metadata[a]=b\
         &shipping[name]=Ada&shipping[address][line1]=Ring 1"
    );
    let intent = world.post("/v1/payment_intents", &form);
    let charge = world.get(&format!("/v1/charges/{}", intent["latest_charge"].as_str().unwrap()));
    for field in
        ["description", "statement_descriptor_suffix", "receipt_email", "metadata", "shipping"]
    {
        assert!(!intent[field].is_null(), "{field}");
        assert_eq!(intent[field], charge[field], "{field}");
    }
}

#[test]
fn the_same_key_gives_the_same_decline_and_charges_once() {
    use crate::engine::Asked;

    let mut world = World::new();
    let asked = Asked {
        method: http::Method::POST,
        path: "/v1/payment_intents".to_owned(),
        body: format!("{PAY}visa_chargeDeclined").into_bytes(),
        key: Some("sk_test_1234567890".to_owned()),
        idempotency_key: Some("one".to_owned()),
        ..Asked::default()
    };
    let first = world.engine.request(&asked, world.now);
    let again = world.engine.request(&asked, world.now);
    assert_eq!((first.status, &first.body), (402, &again.body));
    assert!(again.replayed);
    assert_eq!(world.engine.stripe.charges.iter().count(), 1);
}
