//! Pay now beside everything else that pays or learns of a payment: one payment, one settlement.

use bytes::Bytes;
use http::Request;
use local::Running;
use local::gate::{Faults, Mode};
use serde_json::{Value, json};

use super::{INVOICES, charged, count, disabled};
use crate::world::state;

/// Seeds that a test run takes; more by `TOLLGATE_SEEDS`.
const SEEDS: u64 = 20;

#[expect(clippy::disallowed_methods, reason = "a switch for whoever runs the test by hand")]
fn seeds() -> u64 {
    std::env::var("TOLLGATE_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(SEEDS)
}

fn request(cloud: &Running, invoice: &str) -> Request<Bytes> {
    Request::post(format!("{INVOICES}/{invoice}/pay"))
        .header("authorization", format!("Bearer {}", cloud.vendor_key()))
        .header("content-type", "application/json")
        .body(Bytes::from_static(b"{}"))
        .unwrap()
}

/// The event of a payment as Stripe would send it now, whatever is settled by then.
fn paid_event(cloud: &Running, invoice: &str) -> Vec<u8> {
    let (_, mut object) =
        cloud.stripe().call(http::Method::GET, &format!("/v1/invoices/{invoice}"), "");
    object["status"] = json!("paid");
    object["amount_paid"] = object["amount_due"].clone();
    object["amount_remaining"] = json!(0);
    object["status_transitions"]["paid_at"] = json!(crate::world::NOW);
    crate::stripe::event("evt_race", "invoice.paid", crate::world::NOW, &object)
        .to_string()
        .into_bytes()
}

/// Goal: a double click in two tabs, beside the webhook of the same payment: the customer pays
/// once, and is told once, whatever the order of their calls.
#[tokio::test]
async fn a_double_click_pays_once() {
    for seed in 0..seeds() {
        let (cloud, customer, one) = disabled().await;
        let requests = vec![
            request(&cloud, &one),
            request(&cloud, &one),
            cloud.event_request(paid_event(&cloud, &one)),
            request(&cloud, &one),
        ];
        cloud.gate().set_mode(Mode::Stepped(Faults::default()), seed);

        let answers = Box::pin(cloud.send_together(requests)).await;
        cloud.gate().set_mode(Mode::Free(Faults::default()), seed);
        cloud.clock().run_due().await;

        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status().as_u16()).collect();
        let codes: Vec<Value> = answers
            .iter()
            .map(|it| serde_json::from_slice(it.body()).unwrap_or_default())
            .collect();
        assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{seed}: {codes:?}");
        assert!(charged(&cloud, &customer) <= 4_900, "{seed}: {codes:?}");
        assert_eq!(count(&cloud, "invoice.paid").await, 1, "{seed}: {codes:?}");
        assert_eq!(count(&cloud, "account.reactivated").await, 1, "{seed}");
        assert_eq!(state(&cloud, "acme").await, "active", "{seed}");
    }
}

/// Goal: two requests at once without any event: exactly one charges, the other says so.
#[tokio::test]
async fn of_two_requests_one_charges() {
    for seed in 0..seeds() {
        let (cloud, customer, one) = disabled().await;
        let requests = vec![request(&cloud, &one), request(&cloud, &one)];
        cloud.gate().set_mode(Mode::Stepped(Faults::default()), seed);

        let answers = Box::pin(cloud.send_together(requests)).await;
        cloud.gate().set_mode(Mode::Free(Faults::default()), seed);
        cloud.clock().run_due().await;

        let mut statuses: Vec<u16> = answers.iter().map(|it| it.status().as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{seed}");
        assert_eq!(charged(&cloud, &customer), 4_900, "{seed}");
        assert_eq!(count(&cloud, "invoice.paid").await, 1, "{seed}");
    }
}
