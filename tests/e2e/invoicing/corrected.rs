//! Usage that staff correct around the month's end: the invoice has a correction whole, or the
//! correction is refused and names the invoice (F3).

use bytes::Bytes;
use http::Request;
use local::gate::{Faults, Mode};

use super::*;
use crate::world::staff_with_key;

const CORRECTIONS: &str = "/v1/staff/accounts/acme/usage-corrections";

fn taking(quantity: i64) -> Value {
    json!({
        "period": "2026-11", "resource": "sessions", "quantity": quantity,
        "reason": "Reported twice",
    })
}

/// Goal: a correction behind the month's end and before its run is in the invoice; behind the run
/// it is refused, and the invoice for a credit note is named.
#[tokio::test]
async fn the_invoice_is_of_what_was_corrected() {
    let cloud = cloud().await;
    let customer = account(&cloud, "acme").await;
    subscribe(&cloud, &customer, "team").await;
    report_november(&cloud, "acme").await;
    until(&cloud, "2026-12-02T12:00:00Z").await;

    let (status, answer) = staff_with_key(&cloud, CORRECTIONS, "k1", &taking(-1_000)).await;
    assert_eq!((status, &answer["used"]), (201, &json!(100_234)), "{answer}");
    let storage = json!({
        "period": "2026-11", "resource": "storage", "quantity": -25_000, "reason": "Too much",
    });
    let (status, answer) = staff_with_key(&cloud, CORRECTIONS, "k2", &storage).await;
    assert_eq!((status, &answer["used"]), (201, &json!(125_000)), "{answer}");
    until(&cloud, RUN).await;

    let invoices = usage_invoices(&cloud, &customer);
    let amounts: Vec<i64> = lines(&cloud, &invoices[0]).into_iter().map(|line| line.1).collect();
    assert_eq!(amounts, [12, 500], "234 sessions and 25,000 MB beyond what is included");

    let (status, answer) = staff_with_key(&cloud, CORRECTIONS, "k3", &taking(-1)).await;
    assert_eq!((status, &answer["code"]), (409, &json!("month_invoiced")), "{answer}");
    assert!(answer["detail"].as_str().unwrap().contains(&id(&invoices[0])), "{answer}");
    let clears_by = answer["reasons"][0]["clears_by"].as_str().unwrap();
    assert!(clears_by.contains("/credit-notes"), "{answer}");
    let again = staff_with_key(&cloud, CORRECTIONS, "k1", &taking(-1_000)).await;
    assert_eq!(again.0, 201, "what was made before is still answered: {}", again.1);
}

/// Goal: a closed month that cost nothing has nothing to correct.
#[tokio::test]
async fn a_month_that_cost_nothing_stays_closed() {
    let cloud = cloud().await;
    account(&cloud, "acme").await;
    report(&cloud, "b1", &[("acme", "sessions", 5, "2026-11-22T08:00:00Z")]).await;
    until(&cloud, RUN).await;
    let (status, answer) = staff_with_key(&cloud, CORRECTIONS, "k1", &taking(-1)).await;
    assert_eq!((status, &answer["code"]), (409, &json!("month_closed")), "{answer}");
}

/// The message that closes and invoices a month, as an event of Lambda's.
fn payer() -> String {
    let record = json!({
        "messageId": "payer", "receiptHandle": "r",
        "body": json!({ "payer": { "account": "acme", "month": "2026-11" } }).to_string(),
        "attributes": { "ApproximateReceiveCount": "1" }, "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:BillQueue",
        "awsRegion": "us-east-1",
    });
    json!({ "Records": [record] }).to_string()
}

/// Goal: a correction that races the month's end is in the invoice or refused, never neither and
/// never both, in any order of their calls.
#[tokio::test]
async fn a_correction_races_the_month_end() {
    let (mut before, mut behind) = (0, 0);
    for seed in 0..16 {
        let cloud = cloud().await;
        let customer = account(&cloud, "acme").await;
        subscribe(&cloud, &customer, "team").await;
        report_november(&cloud, "acme").await;
        until(&cloud, "2026-12-03T00:14:59Z").await;
        let request = Request::post(CORRECTIONS)
            .header("authorization", format!("Bearer {}", cloud.staff_key()))
            .header("idempotency-key", "k1")
            .body(Bytes::from(taking(-1_000).to_string()))
            .unwrap();

        cloud.gate().set_mode(Mode::Stepped(Faults::default()), seed);
        let run = payer();
        let both = futures_util::future::join(
            cloud.send_together(vec![request]),
            cloud.pool().invoke("InvoiceRun", &run),
        );
        let (answers, _) = Box::pin(both).await;
        cloud.gate().set_mode(Mode::Free(Faults::default()), seed);
        until(&cloud, "2026-12-03T06:00:00Z").await;

        let invoices = usage_invoices(&cloud, &customer);
        assert_eq!(invoices.len(), 1, "seed {seed}");
        let lines = lines(&cloud, &invoices[0]);
        let sessions = lines.iter().find(|line| line.0.starts_with("Sessions")).unwrap().1;
        match answers[0].status().as_u16() {
            201 => {
                before += 1;
                assert_eq!(sessions, 12, "seed {seed}: corrected and billed as it was");
            }
            409 => {
                behind += 1;
                assert_eq!(sessions, 62, "seed {seed}: refused and yet corrected");
            }
            other => panic!("seed {seed}: {other} {:?}", answers[0].body()),
        }
    }
    assert!(before > 0 && behind > 0, "{before} before the month's end, {behind} behind it");
}
