//! The Stripe simulator in the cloud: what happens there reaches our webhook, by the virtual clock.

use local::Running;
use local::gate::{Fault, Mode, Script};
use serde_json::{Value, json};
use stripe_simulator::deliveries::State;
use stripe_simulator::faults::{Chances, Probability};

use crate::stripe::Invoice;
use crate::world::{DAY, NOW, cloud, get, kinds, open_account, state};

/// Something happens to an invoice at Stripe.
fn tell(cloud: &Running, kind: &'static str, event: &Value) {
    let object = event["data"]["object"].clone();
    cloud.stripe().with_engine(|engine| engine.stripe.emit(kind, object));
}

fn delivered(cloud: &Running) -> Vec<String> {
    let all = cloud.deliveries().all();
    all.iter().rev().map(|delivery| delivery.event_type.clone()).collect()
}

/// Goal: what Stripe tells reaches the account, without anybody posting it.
#[tokio::test]
async fn an_event_of_the_simulator_reaches_the_account() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW);
    tell(&cloud, "invoice.finalized", &invoice.finalized(NOW));
    tell(&cloud, "product.created", &json!({ "data": { "object": { "id": "prod_1" } } }));
    cloud.clock().run_due().await;
    assert_eq!(delivered(&cloud), ["invoice.finalized"], "only what we use is sent");
    assert!(kinds(&cloud, "acme").await.contains(&"invoice.finalized".to_owned()));
    assert_eq!(get(&cloud, "/v1/accounts/acme").await["outstanding"]["amount"], 4_900);
}

/// Goal: an event that is lost in a crash is delivered again by Stripe as the clock moves.
#[tokio::test]
async fn a_delivery_that_failed_comes_again_in_its_time() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    cloud.gate().script(Script::at("StripeWebhook", 1, Fault::KillBefore));
    let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW);
    tell(&cloud, "invoice.payment_failed", &invoice.payment_failed(NOW));
    cloud.clock().run_due().await;
    assert_eq!(state(&cloud, "acme").await, "active", "nothing was heard yet");
    cloud.clock().advance("5m").await.unwrap();
    assert_eq!(state(&cloud, "acme").await, "past_due");
    cloud.stripe().with_engine(|engine| {
        let delivery = engine.stripe.deliveries.all().next().unwrap();
        assert_eq!((delivery.state, delivery.attempts.len()), (State::Delivered, 2));
    });
}

/// Goal: while the secret is rolled nothing is refused, and afterwards nothing that the old one
/// signed.
#[tokio::test]
async fn a_rolled_secret_loses_no_event() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let old = cloud.webhook_secret();
    cloud.roll_webhook_secret(billing::time::Timestamp(NOW + DAY));
    assert_ne!(cloud.webhook_secret(), old);
    assert_eq!(cloud.webhook_secrets().len(), 2);
    let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW);
    for (after, length) in [("0s", 2), ("2d", 2)] {
        cloud.clock().advance(after).await.unwrap();
        assert_eq!(cloud.webhook_secrets().len(), length);
        tell(&cloud, "invoice.updated", &invoice.updated(NOW));
        cloud.clock().run_due().await;
    }
    assert!(cloud.deliveries().all().iter().all(|delivery| delivery.status == 200));
}

/// What came in: when, which event, how it was answered.
type Log = Vec<(String, String, u16)>;

/// Some weeks of events under faults of all kinds.
async fn weeks_with_faults(seed: u64) -> Log {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let percent = Probability::percent;
    cloud.stripe().with_engine(|engine| {
        engine.stripe.faults.reseed(seed);
        engine.stripe.faults.set(Chances {
            duplicate: percent(30),
            reorder: percent(30),
            drop: percent(30),
            delay: percent(20),
            ..Chances::default()
        });
    });
    let faults = local::gate::Faults {
        throttle: percent(5),
        conflict: percent(5),
        timeout_after_commit: percent(5),
        crash: percent(10),
        ..local::gate::Faults::default()
    };
    cloud.gate().set_mode(Mode::Stepped(faults), seed);
    for week in 0..3 {
        for nth in 0..4 {
            let at = NOW + week * 7 * DAY;
            let id = format!("in_{week}_{nth}");
            let invoice = Invoice::automatic(&id, "cus_acme", 4_900, at);
            tell(&cloud, "invoice.finalized", &invoice.finalized(at));
            tell(&cloud, "invoice.payment_failed", &invoice.payment_failed(at));
            tell(&cloud, "invoice.paid", &invoice.paid(at + 60));
        }
        cloud.clock().advance("1w").await.unwrap();
    }
    cloud.clock().advance("1w").await.unwrap();
    let all = cloud.deliveries().all();
    let log = all.into_iter().map(|it| (it.at.0.to_string(), it.event_id, it.status));
    log.collect()
}

/// Goal: the same seed gives the same run, whatever the scheduler does; another seed another one.
#[tokio::test]
async fn same_seed_same_run() {
    let first = Box::pin(weeks_with_faults(7)).await;
    assert!(first.len() > 36, "there are retries and duplicates: {}", first.len());
    assert_eq!(Box::pin(weeks_with_faults(7)).await, first);
    assert_ne!(Box::pin(weeks_with_faults(8)).await, first);
}
