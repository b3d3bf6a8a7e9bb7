//! How disputes begin, move on and end, and where the money is meanwhile.

use serde_json::{Value, json};

use super::{RESPONSE_SECONDS, REVIEW_SECONDS};
use crate::testing::{World, id};

/// A payment with a card that is disputed, and the dispute.
fn disputed(world: &mut World, card: &str) -> Value {
    let form = format!("amount=2000&currency=eur&confirm=true&payment_method=pm_card_{card}");
    let intent = id(&world.post("/v1/payment_intents", &form));
    let list = world.get(&format!("/v1/disputes?payment_intent={intent}"));
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    list["data"][0].clone()
}

fn sums(dispute: &Value) -> Vec<i64> {
    let movements = dispute["balance_transactions"].as_array().unwrap().iter();
    movements.map(|movement| movement["amount"].as_i64().unwrap()).collect()
}

#[test]
fn a_disputed_charge_loses_its_money_at_once() {
    for (card, reason) in [
        ("createDispute", "fraudulent"),
        ("createDisputeProductNotReceived", "product_not_received"),
    ] {
        let mut world = World::new();
        let dispute = disputed(&mut world, card);
        assert_eq!(
            (&dispute["status"], &dispute["reason"]),
            (&json!("needs_response"), &json!(reason))
        );
        assert_eq!(sums(&dispute), [-2000]);
        assert_eq!(dispute["is_charge_refundable"], false);
        let charge = world.get(&format!("/v1/charges/{}", dispute["charge"].as_str().unwrap()));
        assert_eq!(charge["disputed"], true);
        let told = ["charge.dispute.created", "charge.dispute.funds_withdrawn"];
        assert_eq!(world.events()[4..], told);
    }
}

#[test]
fn an_inquiry_takes_no_money_and_the_charge_can_be_refunded() {
    let mut world = World::new();
    let dispute = disputed(&mut world, "createDisputeInquiry");
    assert_eq!((&dispute["status"], sums(&dispute)), (&json!("warning_needs_response"), vec![]));
    assert_eq!(world.events()[4..], ["charge.dispute.created"]);
    world.post("/v1/refunds", &format!("charge={}", dispute["charge"].as_str().unwrap()));
    let closed = world.post(&format!("/v1/disputes/{}/close", id(&dispute)), "");
    assert_eq!((&closed["status"], sums(&closed)), (&json!("warning_closed"), vec![]));
}

#[test]
fn evidence_decides_as_its_text_says() {
    // By text: status, the money's movements, and what is told after the submission.
    let cases = [
        (
            "winning_evidence",
            "won",
            vec![-2000, 2000],
            vec!["charge.dispute.closed", "charge.dispute.funds_reinstated"],
        ),
        ("losing_evidence", "lost", vec![-2000], vec!["charge.dispute.closed"]),
        ("something else", "under_review", vec![-2000], vec![]),
    ];
    for (text, status, movements, told) in cases {
        let mut world = World::new();
        let path = format!("/v1/disputes/{}", id(&disputed(&mut world, "createDispute")));
        let shown = world.post(&path, &format!("evidence[uncategorized_text]={text}"));
        assert_eq!(shown["status"], "under_review");
        assert_eq!(shown["evidence_details"]["submission_count"], 1);
        assert_eq!(shown["evidence"]["uncategorized_text"], text);
        assert_eq!(world.events().last(), Some(&"charge.dispute.updated"));
        let before = world.events().len();
        world.advance(REVIEW_SECONDS);
        let shown = world.get(&path);
        assert_eq!((&shown["status"], sums(&shown)), (&json!(status), movements), "{text}");
        assert_eq!(world.events()[before..], told, "{text}");
    }
}

#[test]
fn evidence_can_be_kept_back() {
    let mut world = World::new();
    let path = format!("/v1/disputes/{}", id(&disputed(&mut world, "createDispute")));
    let shown = world.post(&path, "evidence[uncategorized_text]=winning_evidence&submit=false");
    assert_eq!(shown["status"], "needs_response");
    assert_eq!(shown["evidence_details"]["has_evidence"], true);
    world.advance(REVIEW_SECONDS);
    assert_eq!(world.post(&path, "submit=true")["status"], "under_review");
    world.advance(REVIEW_SECONDS);
    assert_eq!(world.get(&path)["status"], "won");
}

#[test]
fn an_inquiry_can_become_a_dispute() {
    let mut world = World::new();
    let path = format!("/v1/disputes/{}", id(&disputed(&mut world, "createDisputeInquiry")));
    world.post(&path, "evidence[uncategorized_text]=escalate_inquiry_evidence");
    world.advance(REVIEW_SECONDS);
    let shown = world.get(&path);
    assert_eq!((&shown["status"], sums(&shown)), (&json!("needs_response"), vec![-2000]));
    assert_eq!(world.events().last(), Some(&"charge.dispute.funds_withdrawn"));
}

#[test]
fn who_gives_no_evidence_in_time_loses() {
    let mut world = World::new();
    let path = format!("/v1/disputes/{}", id(&disputed(&mut world, "createDispute")));
    world.advance(RESPONSE_SECONDS - 1);
    assert_eq!(world.get(&path)["status"], "needs_response");
    world.advance(1);
    let shown = world.get(&path);
    assert_eq!(
        (&shown["status"], &shown["evidence_details"]["past_due"]),
        (&json!("lost"), &json!(true))
    );
}

#[test]
fn a_closed_dispute_is_lost_and_stays_so() {
    let mut world = World::new();
    let path = format!("/v1/disputes/{}", id(&disputed(&mut world, "createDispute")));
    let shown = world.post(&format!("{path}/close"), "");
    assert_eq!((&shown["status"], sums(&shown)), (&json!("lost"), vec![-2000]));
    assert_eq!(world.events().last(), Some(&"charge.dispute.closed"));
    assert_eq!(world.refused(&format!("{path}/close"), "").0, 400);
    assert_eq!(world.refused(&path, "evidence[uncategorized_text]=winning_evidence").0, 400);
    let told = world.events().len();
    world.advance(RESPONSE_SECONDS);
    assert_eq!(world.events().len(), told);
}

#[test]
fn a_disputed_debit_is_lost_at_once() {
    let mut world = World::new();
    let form = "amount=2000&currency=eur&confirm=true&payment_method_types[0]=sepa_debit\
                &payment_method_data[type]=sepa_debit&payment_method_data[sepa_debit][iban]=AT591904300235473203\
                &payment_method_data[billing_details][name]=Ada&payment_method_data[billing_details][email]=a@b.example";
    let intent = id(&world.post("/v1/payment_intents", form));
    world.advance(60);
    let list = world.get(&format!("/v1/disputes?payment_intent={intent}"));
    assert_eq!((&list["data"][0]["status"], sums(&list["data"][0])), (&json!("lost"), vec![-2000]));
    assert_eq!(world.get(&format!("/v1/payment_intents/{intent}"))["status"], "succeeded");
}

#[test]
fn a_won_charge_can_be_refunded_again() {
    let mut world = World::new();
    let dispute = disputed(&mut world, "createDispute");
    let path = format!("/v1/disputes/{}", id(&dispute));
    world.post(&path, "evidence[uncategorized_text]=winning_evidence");
    world.advance(REVIEW_SECONDS);
    world.post("/v1/refunds", &format!("charge={}", dispute["charge"].as_str().unwrap()));
}
