//! What is given back, what is left, and what is told of it.

use serde_json::{Value, json};

use crate::testing::{World, id};

fn paid(world: &mut World, card: &str) -> (String, String) {
    let form = format!("amount=2000&currency=eur&confirm=true&payment_method=pm_card_{card}");
    let intent = world.post("/v1/payment_intents", &form);
    (id(&intent), intent["latest_charge"].as_str().unwrap().to_owned())
}

fn charge(world: &mut World, id: &str) -> Value {
    world.get(&format!("/v1/charges/{id}"))
}

#[test]
fn refunds_add_up_to_the_charge_and_no_further() {
    let mut world = World::new();
    let (intent, id_of_charge) = paid(&mut world, "visa");
    let first = world.post(
        "/v1/refunds",
        &format!("payment_intent={intent}&amount=500&reason=requested_by_customer&metadata[a]=b"),
    );
    assert_eq!((&first["status"], &first["amount"]), (&json!("succeeded"), &json!(500)));
    assert_eq!(
        (&first["charge"], &first["payment_intent"]),
        (&json!(id_of_charge), &json!(intent))
    );
    let shown = charge(&mut world, &id_of_charge);
    assert_eq!((&shown["amount_refunded"], &shown["refunded"]), (&json!(500), &json!(false)));
    let (_, error) = world.refused("/v1/refunds", &format!("charge={id_of_charge}&amount=1501"));
    assert_eq!(
        error["message"],
        "Refund amount (€15.01) is greater than unrefunded amount on charge (€15.00)"
    );
    let rest = world.post("/v1/refunds", &format!("charge={id_of_charge}"));
    assert_eq!(rest["amount"], 1500);
    let shown = charge(&mut world, &id_of_charge);
    assert_eq!((&shown["amount_refunded"], &shown["refunded"]), (&json!(2000), &json!(true)));
    let (status, error) = world.refused("/v1/refunds", &format!("payment_intent={intent}"));
    assert_eq!((status, &error["code"]), (400, &json!("charge_already_refunded")));
    let told = ["refund.created", "charge.refunded", "refund.created", "charge.refunded"];
    assert_eq!(world.events()[4..], told);
    let list = world.get(&format!("/v1/refunds?payment_intent={intent}"));
    assert_eq!(list["data"].as_array().unwrap().len(), 2);
    let expanded = world.get(&format!("/v1/charges/{id_of_charge}?expand[0]=refunds"));
    assert_eq!(expanded["refunds"]["data"], list["data"]);
}

#[test]
fn a_refund_can_be_pending_first() {
    let mut world = World::new();
    let (intent, _) = paid(&mut world, "pendingRefund");
    let refund = world.post("/v1/refunds", &format!("payment_intent={intent}"));
    assert_eq!(refund["status"], "pending");
    world.advance(super::SETTLES_SECONDS);
    let refund = world.get(&format!("/v1/refunds/{}", id(&refund)));
    assert_eq!(refund["status"], "succeeded");
    assert_eq!(world.events()[6..], ["refund.updated", "charge.refund.updated"]);
    assert_eq!(world.refused(&format!("/v1/refunds/{}/cancel", id(&refund)), "").0, 400);
}

#[test]
fn a_refund_that_fails_gives_its_amount_back_to_the_charge() {
    let mut world = World::new();
    let (intent, id_of_charge) = paid(&mut world, "refundFail");
    let refund = world.post("/v1/refunds", &format!("payment_intent={intent}&amount=700"));
    assert_eq!(refund["status"], "succeeded");
    world.advance(super::SETTLES_SECONDS);
    let refund = world.get(&format!("/v1/refunds/{}", id(&refund)));
    assert_eq!(
        (&refund["status"], &refund["failure_reason"]),
        (&json!("failed"), &json!("expired_or_canceled_card"))
    );
    assert_eq!(charge(&mut world, &id_of_charge)["amount_refunded"], 0);
    let told = ["refund.updated", "charge.refund.updated", "charge.updated", "refund.failed"];
    assert_eq!(world.events()[6..], told);
    world.post("/v1/refunds", &format!("payment_intent={intent}"));
}

#[test]
fn a_pending_refund_can_be_cancelled() {
    let mut world = World::new();
    let (intent, id_of_charge) = paid(&mut world, "pendingRefund");
    let refund = id(&world.post("/v1/refunds", &format!("payment_intent={intent}")));
    let shown = world.post(&format!("/v1/refunds/{refund}/cancel"), "");
    assert_eq!(shown["status"], "canceled");
    assert_eq!(charge(&mut world, &id_of_charge)["amount_refunded"], 0);
    world.advance(60);
    assert_eq!(world.get(&format!("/v1/refunds/{refund}"))["status"], "canceled");
}

#[test]
fn what_took_no_money_can_not_be_refunded() {
    let mut world = World::new();
    let intent = id(&world.post("/v1/payment_intents", "amount=2000&currency=eur"));
    let (status, error) = world.refused("/v1/refunds", &format!("payment_intent={intent}"));
    assert_eq!(status, 400);
    assert!(error["message"].as_str().unwrap().contains("successful charge"), "{error}");
    assert_eq!(world.refused("/v1/refunds", "").1["code"], "parameter_missing");
    assert_eq!(world.refused("/v1/refunds", "charge=ch_1").1["code"], "resource_missing");
}

#[test]
fn a_disputed_charge_can_not_be_refunded() {
    let mut world = World::new();
    let (intent, _) = paid(&mut world, "createDispute");
    let (status, error) = world.refused("/v1/refunds", &format!("payment_intent={intent}"));
    assert_eq!((status, &error["code"]), (400, &json!("charge_disputed")));
}

#[test]
fn cancelling_held_money_lets_it_go() {
    let mut world = World::new();
    let form =
        "amount=2000&currency=eur&confirm=true&capture_method=manual&payment_method=pm_card_visa";
    let intent = world.post("/v1/payment_intents", form);
    world.post(&format!("/v1/payment_intents/{}/cancel", id(&intent)), "");
    let shown = charge(&mut world, intent["latest_charge"].as_str().unwrap());
    assert_eq!((&shown["refunded"], &shown["captured"]), (&json!(true), &json!(false)));
    assert_eq!(world.events()[3..], ["charge.refunded", "payment_intent.canceled"]);
}
