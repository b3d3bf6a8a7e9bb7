//! Whatever happens at whichever call of an approval, the same request sent again, or collections,
//! end where it would have ended: one payment, one prepayment, to the cent.

use bytes::Bytes;
use http::Request;
use local::Running;
use local::gate::{Fault, Script};
use serde_json::{Value, json};

use super::{
    advance, advised, at_stripe, count, eur, invoice, prepaid_balance, sent, shop_in, status_of,
};
use crate::world::{cloud_with_grace, state};

/// An account that is disabled over two invoices, one of them half paid, and has advised more than
/// both need.
async fn before() -> (Running, String, Vec<String>) {
    // A day of grace: twenty clouds need not wait for the usual fourteen.
    let (cloud, customer) = shop_in(cloud_with_grace(1).await).await;
    let one = sent(&cloud, &customer, (300, 1));
    advance(&cloud, "1h").await;
    let two = sent(&cloud, &customer, (400, 1));
    advance(&cloud, "3d").await;
    assert_eq!(state(&cloud, "acme").await, "disabled");
    let advice = advised(&cloud, &[&one, &two], 750, "both").await;
    (cloud, advice, vec![customer, one, two])
}

/// The approval, with an Idempotency-Key.
async fn send(cloud: &Running, advice: &str) -> (u16, Value) {
    let body = json!({ "received": eur(750), "received_on": "2026-11-24" });
    let request = Request::post(format!("/v1/staff/payment-advice/{advice}/approve"))
        .header("authorization", format!("Bearer {}", cloud.staff_key()))
        .header("content-type", "application/json")
        .header("idempotency-key", "crash")
        .body(Bytes::from(body.to_string()))
        .unwrap();
    let response = Box::pin(cloud.send(request)).await;
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or(Value::Null))
}

async fn check(cloud: &Running, (advice, ids): (&str, &[String]), at: &str) {
    assert_eq!(status_of(cloud, advice).await, "approved", "{at}");
    assert_eq!(state(cloud, "acme").await, "active", "{at}");
    for id in &ids[1..] {
        assert_eq!(invoice(cloud, id)["status"], "paid", "{at}");
    }
    assert_eq!(prepaid_balance(cloud).await, eur(50), "{at}");
    let customer = at_stripe(cloud, &format!("/v1/customers/{}", ids[0]), "GET");
    assert_eq!(customer["balance"], -50, "{at}");
    assert_eq!(count(cloud, "payment_advice.approved").await, 1, "{at}");
    assert_eq!(count(cloud, "account.reactivated").await, 1, "{at}");
    assert_eq!(count(cloud, "prepayment.created").await, 1, "{at}");
}

/// Kills the function, or loses an answer, at every call, and lets `then` do the rest.
async fn survives(fault: Fault, then: impl AsyncFn(&Running, &str)) {
    for call in 1.. {
        let (cloud, advice, ids) = before().await;
        cloud.gate().script(Script::at("Transfers", call, fault));
        let (status, answer) = send(&cloud, &advice).await;
        if cloud.gate().scripts_left() > 0 {
            assert!(call > 20 && status == 200, "only {call} calls? {answer}");
            check(&cloud, (&advice, &ids), "without a fault").await;
            return;
        }
        let at = format!("{fault:?} at call {call}: {status} {answer}");
        assert!(!(300..500).contains(&status), "{at}");

        then(&cloud, &advice).await;

        cloud.clock().run_due().await;
        check(&cloud, (&advice, &ids), &at).await;
    }
}

/// Goal: staff send the same approval again.
async fn repeated(cloud: &Running, advice: &str) {
    for _ in 0..4 {
        let (status, answer) = send(cloud, advice).await;
        if status == 200 {
            return;
        }
        let waits = ["idempotency_in_progress", "change_in_progress", "temporarily_unavailable"];
        let code = answer["code"].as_str().unwrap_or_default();
        assert!(waits.contains(&code) || status == 503, "{status} {answer}");
        advance(cloud, "3m").await;
    }
    panic!("the approval comes to no end");
}

#[tokio::test]
async fn a_killed_approval_settles_once() {
    survives(Fault::KillAfter, repeated).await;
}

#[tokio::test]
async fn a_lost_answer_settles_once() {
    survives(Fault::TimeoutAfter, repeated).await;
}
