//! What it takes to save a payment method, and what it is then good for.

use serde_json::{Value, json};

use super::authenticate;
use crate::testing::{World, id};

fn customer(world: &mut World) -> String {
    id(&world.post("/v1/customers", "name=Ada"))
}

#[test]
fn a_good_card_is_saved_at_once_and_belongs_to_its_customer() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let form = format!("confirm=true&payment_method=pm_card_visa&customer={customer}");
    let intent = world.post("/v1/setup_intents", &form);
    assert_eq!((&intent["status"], &intent["usage"]), (&json!("succeeded"), &json!("off_session")));
    assert!(intent["latest_attempt"].as_str().unwrap().starts_with("setatt_"));
    let method = intent["payment_method"].as_str().unwrap();
    let method = world.get(&format!("/v1/payment_methods/{method}"));
    assert_eq!(method["customer"], customer);
    let told = ["setup_intent.created", "payment_method.attached", "setup_intent.succeeded"];
    assert_eq!(world.events()[1..], told);
}

#[test]
fn a_card_that_was_set_up_with_its_customer_pays_without() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let form = format!(
        "confirm=true&payment_method=pm_card_authenticationRequiredOnSetup&customer={customer}"
    );
    let intent = world.post("/v1/setup_intents", &form);
    assert_eq!(intent["status"], "requires_action");
    assert!(intent["next_action"]["redirect_to_url"]["url"].is_string());
    let method = intent["payment_method"].as_str().unwrap();
    authenticate(&mut world.engine.stripe, &id(&intent), true).unwrap();
    let pay = format!(
        "amount=2000&currency=eur&confirm=true&off_session=true&customer={customer}&payment_method={method}"
    );
    assert_eq!(world.post("/v1/payment_intents", &pay)["status"], "succeeded");
    let told = [
        "setup_intent.created",
        "setup_intent.requires_action",
        "payment_method.attached",
        "setup_intent.succeeded",
    ];
    assert_eq!(world.events()[1..5], told);
}

#[test]
fn a_card_that_was_only_attached_does_not_pay_without_its_customer() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let path = "/v1/payment_methods/pm_card_authenticationRequiredOnSetup/attach";
    let method = id(&world.post(path, &format!("customer={customer}")));
    let pay = format!(
        "amount=2000&currency=eur&confirm=true&off_session=true&customer={customer}&payment_method={method}"
    );
    let (_, error) = world.refused("/v1/payment_intents", &pay);
    assert_eq!(error["code"], "authentication_required");
}

#[test]
fn a_decline_answers_402_with_the_intent_and_leaves_it_open() {
    let mut world = World::new();
    let form = "confirm=true&payment_method=pm_card_visa_chargeDeclined";
    let (status, error) = world.refused("/v1/setup_intents", form);
    assert_eq!((status, &error["code"]), (402, &json!("card_declined")));
    let intent = world.get(&format!("/v1/setup_intents/{}", id(&error["setup_intent"])));
    assert_eq!(intent["status"], "requires_payment_method");
    assert_eq!(intent["last_setup_error"]["decline_code"], "generic_decline");
    assert_eq!(intent["payment_method"], Value::Null);
    assert_eq!(world.events(), ["setup_intent.created", "setup_intent.setup_failed"]);
    let path = format!("/v1/setup_intents/{}/confirm", id(&intent));
    let intent = world.post(&path, "payment_method=pm_card_chargeCustomerFail");
    assert_eq!(
        (&intent["status"], &intent["last_setup_error"]),
        (&json!("succeeded"), &Value::Null)
    );
}

#[test]
fn who_does_not_authenticate_saves_nothing() {
    let mut world = World::new();
    let form = "confirm=true&payment_method=pm_card_threeDSecure2Required";
    let intent = id(&world.post("/v1/setup_intents", form));
    authenticate(&mut world.engine.stripe, &intent, false).unwrap();
    let shown = world.get(&format!("/v1/setup_intents/{intent}"));
    assert_eq!(shown["status"], "requires_payment_method");
    assert_eq!(shown["last_setup_error"]["code"], "setup_intent_authentication_failure");
    assert!(authenticate(&mut world.engine.stripe, &intent, true).is_err());
}

#[test]
fn an_open_intent_can_be_cancelled_and_a_finished_one_can_not() {
    let mut world = World::new();
    let path = format!("/v1/setup_intents/{}", id(&world.post("/v1/setup_intents", "")));
    let shown = world.post(&path, "description=Card&payment_method=pm_card_visa");
    assert_eq!(
        (&shown["status"], &shown["description"]),
        (&json!("requires_confirmation"), &json!("Card"))
    );
    let shown = world.post(&format!("{path}/cancel"), "cancellation_reason=abandoned");
    assert_eq!(
        (&shown["status"], &shown["cancellation_reason"]),
        (&json!("canceled"), &json!("abandoned"))
    );
    for path in [format!("{path}/cancel"), format!("{path}/confirm")] {
        let (status, error) = world.refused(&path, "");
        assert_eq!((status, &error["code"]), (400, &json!("setup_intent_unexpected_state")));
    }
    assert_eq!(world.events(), ["setup_intent.created", "setup_intent.canceled"]);
}
