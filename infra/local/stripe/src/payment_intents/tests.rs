//! What callers get, and what is told, for each way that a payment can go.

use serde_json::{Value, json};

use super::{Payment, authenticate};
use crate::testing::{World, id};

const PAY: &str = "amount=2000&currency=eur&confirm=true&payment_method=pm_card_";

fn pay(world: &mut World, card: &str) -> Value {
    world.post("/v1/payment_intents", &format!("{PAY}{card}"))
}

#[test]
fn a_good_card_pays_at_once() {
    let mut world = World::new();
    let intent = pay(&mut world, "visa");
    assert_eq!(intent["status"], "succeeded");
    assert_eq!(intent["amount_received"], 2000);
    assert_eq!(intent["last_payment_error"], Value::Null);
    let charge = world.get(&format!("/v1/charges/{}", intent["latest_charge"].as_str().unwrap()));
    assert_eq!(charge["status"], "succeeded");
    assert_eq!(charge["amount_captured"], 2000);
    assert_eq!(charge["payment_method_details"]["card"]["last4"], "4242");
    assert_eq!(charge["payment_intent"], intent["id"]);
    let receipt = charge["receipt_url"].as_str().unwrap();
    assert!(receipt.ends_with(&format!("/receipts/{}", id(&charge))));
    let told = [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
    ];
    assert_eq!(world.events(), told);
}

#[test]
fn a_decline_answers_402_with_everything_a_caller_needs_and_leaves_the_intent_open() {
    let cases = [
        ("visa_chargeDeclined", "card_declined", json!("generic_decline")),
        ("visa_chargeDeclinedInsufficientFunds", "card_declined", json!("insufficient_funds")),
        ("visa_chargeDeclinedLostCard", "card_declined", json!("lost_card")),
        ("visa_chargeDeclinedStolenCard", "card_declined", json!("stolen_card")),
        ("chargeDeclinedExpiredCard", "expired_card", Value::Null),
        ("chargeDeclinedIncorrectCvc", "incorrect_cvc", Value::Null),
        ("chargeDeclinedProcessingError", "processing_error", Value::Null),
        (
            "visa_chargeDeclinedVelocityLimitExceeded",
            "card_declined",
            json!("card_velocity_exceeded"),
        ),
        ("chargeCustomerFail", "card_declined", json!("generic_decline")),
    ];
    for (card, code, decline_code) in cases {
        let mut world = World::new();
        let (status, error) = world.refused("/v1/payment_intents", &format!("{PAY}{card}"));
        assert_eq!(status, 402, "{card}");
        assert_eq!((&error["type"], &error["code"]), (&json!("card_error"), &json!(code)));
        assert_eq!(error["decline_code"], decline_code, "{card}");
        assert_eq!(error["payment_method"]["type"], "card");
        let intent = world.get(&format!("/v1/payment_intents/{}", id(&error["payment_intent"])));
        assert_eq!(intent, error["payment_intent"]);
        assert_eq!(intent["status"], "requires_payment_method");
        assert_eq!(intent["payment_method"], Value::Null);
        assert_eq!(intent["last_payment_error"]["charge"], error["charge"]);
        assert_eq!(intent["latest_charge"], error["charge"]);
        let charge = world.get(&format!("/v1/charges/{}", error["charge"].as_str().unwrap()));
        assert_eq!((&charge["status"], &charge["paid"]), (&json!("failed"), &json!(false)));
        assert_eq!(charge["failure_code"], code);
        assert_eq!(charge["receipt_url"], Value::Null);
        let told = ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"];
        assert_eq!(world.events(), told);
    }
}

#[test]
fn after_a_decline_another_card_pays_the_same_intent() {
    let mut world = World::new();
    let (_, error) = world.refused("/v1/payment_intents", &format!("{PAY}visa_chargeDeclined"));
    let path = format!("/v1/payment_intents/{}/confirm", id(&error["payment_intent"]));
    let intent = world.post(&path, "payment_method=pm_card_mastercard");
    assert_eq!(intent["status"], "succeeded");
    assert_eq!(intent["last_payment_error"], Value::Null);
    let list = world.get(&format!("/v1/charges?payment_intent={}", id(&intent)));
    assert_eq!(list["data"].as_array().unwrap().len(), 2);
}

#[test]
fn a_card_that_wants_authentication_waits_for_its_customer() {
    let mut world = World::new();
    let intent = world.post(
        "/v1/payment_intents",
        &format!("{PAY}threeDSecure2Required&return_url=https://example.com/back"),
    );
    assert_eq!(intent["status"], "requires_action");
    let action = &intent["next_action"]["redirect_to_url"];
    assert_eq!(action["return_url"], "https://example.com/back");
    assert!(action["url"].as_str().unwrap().ends_with(&format!("/authenticate/{}", id(&intent))));
    assert_eq!(intent["latest_charge"], Value::Null);
    let payment = authenticate(&mut world.engine.stripe, &id(&intent), true).unwrap();
    assert_eq!(payment, Payment::Succeeded);
    let intent = world.get(&format!("/v1/payment_intents/{}", id(&intent)));
    assert_eq!((&intent["status"], &intent["next_action"]), (&json!("succeeded"), &Value::Null));
    let told = [
        "payment_intent.created",
        "payment_intent.requires_action",
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
    ];
    assert_eq!(world.events(), told);
}

#[test]
fn who_does_not_authenticate_does_not_pay() {
    let mut world = World::new();
    let intent = id(&pay(&mut world, "authenticationRequired"));
    authenticate(&mut world.engine.stripe, &intent, false).unwrap();
    let shown = world.get(&format!("/v1/payment_intents/{intent}"));
    assert_eq!(shown["status"], "requires_payment_method");
    let code = &shown["last_payment_error"]["code"];
    assert_eq!(code, "payment_intent_authentication_failure");
    assert_eq!(world.events().last(), Some(&"payment_intent.payment_failed"));
    assert!(authenticate(&mut world.engine.stripe, &intent, true).is_err());
}

#[test]
fn an_authenticated_card_without_money_is_declined() {
    let mut world = World::new();
    let intent = id(&pay(&mut world, "authenticationRequiredChargeDeclinedInsufficientFunds"));
    let payment = authenticate(&mut world.engine.stripe, &intent, true).unwrap();
    let Payment::Failed(error) = payment else { panic!("{payment:?}") };
    assert_eq!(error.more["decline_code"], "insufficient_funds");
}

#[test]
fn without_its_customer_a_card_that_wants_authentication_is_declined() {
    let mut world = World::new();
    let form = format!("{PAY}authenticationRequired&off_session=true");
    let (status, error) = world.refused("/v1/payment_intents", &form);
    assert_eq!((status, &error["code"]), (402, &json!("authentication_required")));
    assert_eq!(error["decline_code"], "authentication_required");
    assert!(error["charge"].is_string());
    assert_eq!(error["payment_intent"]["status"], "requires_payment_method");
    let told = ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"];
    assert_eq!(world.events(), told);
}

#[test]
fn money_is_held_until_it_is_captured_and_the_rest_let_go() {
    let mut world = World::new();
    let form = format!("{PAY}visa&capture_method=manual");
    let intent = world.post("/v1/payment_intents", &form);
    assert_eq!(intent["status"], "requires_capture");
    assert_eq!(
        (&intent["amount_capturable"], &intent["amount_received"]),
        (&json!(2000), &json!(0))
    );
    let path = format!("/v1/payment_intents/{}/capture", id(&intent));
    let (_, error) = world.refused(&path, "amount_to_capture=2001");
    assert_eq!(error["code"], "amount_too_large");
    let intent = world.post(&path, "amount_to_capture=1500");
    assert_eq!(intent["status"], "succeeded");
    assert_eq!(
        (&intent["amount_capturable"], &intent["amount_received"]),
        (&json!(0), &json!(1500))
    );
    let charge = world.get(&format!("/v1/charges/{}", intent["latest_charge"].as_str().unwrap()));
    assert_eq!(
        (&charge["amount_captured"], &charge["amount_refunded"]),
        (&json!(1500), &json!(500))
    );
    assert_eq!((&charge["captured"], &charge["refunded"]), (&json!(true), &json!(false)));
    let told = [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
        "charge.captured",
        "payment_intent.succeeded",
    ];
    assert_eq!(world.events(), told);
    let (status, error) = world.refused(&path, "");
    assert_eq!((status, &error["code"]), (400, &json!("payment_intent_unexpected_state")));
}

#[test]
fn held_money_is_let_go_after_a_week() {
    let mut world = World::new();
    let form = format!("{PAY}visa&capture_method=manual");
    let intent = id(&world.post("/v1/payment_intents", &form));
    world.advance(super::HELD_SECONDS - 1);
    let status = |world: &mut World| world.get(&format!("/v1/payment_intents/{intent}"));
    assert_eq!(status(&mut world)["status"], "requires_capture");
    world.advance(1);
    let shown = status(&mut world);
    assert_eq!(
        (&shown["status"], &shown["cancellation_reason"]),
        (&json!("canceled"), &json!("automatic"))
    );
    assert_eq!(world.events()[3..], ["charge.expired", "payment_intent.canceled"]);
}

#[test]
fn a_card_that_belongs_to_nobody_pays_once() {
    let mut world = World::new();
    let method = id(&world.post("/v1/payment_methods", "type=card&card[token]=tok_visa"));
    let form = format!("amount=2000&currency=eur&confirm=true&payment_method={method}");
    world.post("/v1/payment_intents", &form);
    let (status, error) = world.refused("/v1/payment_intents", &form);
    assert_eq!(status, 400);
    assert!(error["message"].as_str().unwrap().contains("may not be used again"), "{error}");
}

#[test]
fn a_direct_debit_is_processed_first_and_settles_by_itself() {
    // By IBAN: seconds until it settles, and what then is told.
    let paid = ["charge.succeeded", "payment_intent.succeeded"];
    let failed = ["charge.failed", "payment_intent.payment_failed"];
    let cases = [
        ("AT611904300234573201", 3, paid, "succeeded"),
        ("AT321904300235473204", 180, paid, "succeeded"),
        ("AT861904300235473202", 3, failed, "requires_payment_method"),
        ("AT051904300235473205", 180, failed, "requires_payment_method"),
    ];
    for (iban, seconds, told, status) in cases {
        let mut world = World::new();
        let data = format!(
            "payment_method_data[type]=sepa_debit&payment_method_data[sepa_debit][iban]={iban}\
             &payment_method_data[billing_details][name]=Ada&payment_method_data[billing_details][email]=a@example.com"
        );
        let form = format!(
            "amount=2000&currency=eur&confirm=true&payment_method_types[0]=sepa_debit&{data}"
        );
        let intent = world.post("/v1/payment_intents", &form);
        assert_eq!(
            (&intent["status"], &intent["amount_received"]),
            (&json!("processing"), &json!(0))
        );
        assert_eq!(world.events()[1..], ["charge.pending", "payment_intent.processing"]);
        world.advance(seconds - 1);
        assert_eq!(world.events().len(), 3, "{iban}");
        world.advance(1);
        assert_eq!(world.events()[3..5], told, "{iban}");
        let intent = world.get(&format!("/v1/payment_intents/{}", id(&intent)));
        assert_eq!(intent["status"], status, "{iban}");
        let charge = intent["latest_charge"].as_str().unwrap();
        assert!(charge.starts_with("py_"));
        let paid = world.get(&format!("/v1/charges/{charge}"))["paid"].clone();
        assert_eq!(paid, json!(status == "succeeded"));
    }
}

#[test]
fn a_card_is_saved_with_its_first_payment_where_that_is_asked_for() {
    let mut world = World::new();
    let ada = id(&world.post("/v1/customers", "name=Ada"));
    let form =
        format!("{PAY}authenticationRequiredOnSetup&customer={ada}&setup_future_usage=off_session");
    let intent = world.post("/v1/payment_intents", &form);
    let method = intent["payment_method"].as_str().unwrap().to_owned();
    authenticate(&mut world.engine.stripe, &id(&intent), true).unwrap();
    let told = [
        "charge.succeeded",
        "payment_method.attached",
        "payment_intent.succeeded",
        "charge.updated",
    ];
    assert_eq!(world.events()[3..], told);
    let again = format!(
        "amount=900&currency=eur&confirm=true&off_session=true&customer={ada}&payment_method={method}"
    );
    assert_eq!(world.post("/v1/payment_intents", &again)["status"], "succeeded");
}

#[test]
fn a_payment_on_a_test_clock_settles_by_that_clock() {
    let mut world = World::new();
    let clock = id(&world
        .post("/v1/test_helpers/test_clocks", &format!("frozen_time={}", crate::testing::NOW.0)));
    let ada = id(&world.post("/v1/customers", &format!("name=Ada&test_clock={clock}")));
    let form = "type=sepa_debit&sepa_debit[iban]=AT321904300235473204&billing_details[name]=Ada&billing_details[email]=a@b.example";
    let method = id(&world.post("/v1/payment_methods", form));
    let form =
        format!("amount=2000&currency=eur&confirm=true&customer={ada}&payment_method={method}");
    let intent = id(&world.post("/v1/payment_intents", &form));
    world.advance(10_000);
    let status =
        |world: &mut World| world.get(&format!("/v1/payment_intents/{intent}"))["status"].clone();
    assert_eq!(status(&mut world), "processing");
    let path = format!("/v1/test_helpers/test_clocks/{clock}/advance");
    world.post(&path, &format!("frozen_time={}", crate::testing::NOW.0 + 180));
    world.advance(60);
    assert_eq!(status(&mut world), "succeeded");
}

#[test]
fn an_indian_card_is_declined_without_its_customer() {
    let mut world = World::new();
    let (_, error) = world.refused("/v1/payment_intents", &format!("{PAY}in&off_session=true"));
    assert_eq!(error["decline_code"], "transaction_not_allowed");
    assert_eq!(pay(&mut world, "in")["status"], "succeeded");
}

#[test]
fn an_american_account_is_debited_in_dollars() {
    let mut world = World::new();
    let form =
        "amount=2000&currency=usd&confirm=true&payment_method=pm_usBankAccount_insufficientFunds";
    let intent = world.post("/v1/payment_intents", form);
    assert_eq!(intent["status"], "processing");
    world.advance(60);
    let intent = world.get(&format!("/v1/payment_intents/{}", id(&intent)));
    assert_eq!(intent["last_payment_error"]["decline_code"], "insufficient_funds");
    let charge = world.get(&format!("/v1/charges/{}", intent["latest_charge"].as_str().unwrap()));
    assert_eq!(charge["failure_code"], "insufficient_funds");
}
