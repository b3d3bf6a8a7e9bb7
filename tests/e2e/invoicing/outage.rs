//! The table and Stripe away for hours at the month's end: nothing becomes a dead letter, and each
//! payer has one right invoice.
//!
//! `cargo test` bills [`PAYERS`]; `TOLLGATE_OUTAGE_PAYERS=1000 cargo test -p tests --test e2e
//! outage_of_hours` more.

use local::gate::{Fault, Faults, Limits, Mode, Probability};
use stripe_simulator::rates::Rates;

use super::*;
use crate::letters::dead_letters;

/// Payers of the run.
const PAYERS: u64 = 6;

#[expect(clippy::disallowed_methods, reason = "a switch for an operator who runs the test by hand")]
fn payers() -> u64 {
    let named = std::env::var("TOLLGATE_OUTAGE_PAYERS").ok();
    named.and_then(|payers| payers.parse().ok()).unwrap_or(PAYERS)
}

/// A cloud just before the run, with so many payers: accounts and customers.
async fn before_the_run(payers: u64) -> (Running, Vec<(String, String)>) {
    let cloud = cloud().await;
    let mut made = Vec::new();
    for number in 0..payers {
        let name = format!("payer{number}");
        let customer = account(&cloud, &name).await;
        subscribe(&cloud, &customer, "team").await;
        report_november(&cloud, &name).await;
        made.push((name, customer));
    }
    until(&cloud, "2026-12-03T00:14:59Z").await;
    (cloud, made)
}

fn is_invoiced_once(cloud: &Running, payers: &[(String, String)]) {
    for (name, customer) in payers {
        let invoices = usage_invoices(cloud, customer);
        assert_eq!(invoices.len(), 1, "{name}: {invoices:?}");
        assert_eq!(lines(cloud, &invoices[0]), sorted(usage_lines()), "{name}");
        assert!(["open", "paid"].contains(&&*text(&invoices[0]["status"])), "{name}");
    }
}

/// Goal: an outage of six hours in which every call to the table and to Stripe hangs dead-letters
/// nothing, and the queue alone finishes the work once it is over.
#[tokio::test]
async fn an_outage_of_hours_at_month_end_loses_nothing() {
    let (cloud, payers) = before_the_run(payers()).await;

    cloud.gate().set_away(&["DynamoDB", "Stripe"]);
    until(&cloud, "2026-12-03T06:15:00Z").await;
    assert_eq!(usage_invoices(&cloud, &payers[0].1), [Value::Null; 0]);
    cloud.gate().set_away(&[]);
    // Not by the next day's run.
    until(&cloud, "2026-12-03T23:00:00Z").await;

    assert_eq!(dead_letters(&cloud).await, []);
    is_invoiced_once(&cloud, &payers);
    let started = cloud.queues().messages("ScheduleFailureQueue").unwrap();
    assert!(started.len() <= 40, "{} failures of schedules", started.len());
}

/// Goal: Stripe alone away in the middle of the run, each call hanging, is gone on with too.
#[tokio::test]
async fn an_outage_of_stripe_in_the_middle_of_the_run_loses_nothing() {
    let (cloud, payers) = before_the_run(3).await;
    cloud.gate().set_away(&["Stripe"]);
    until(&cloud, "2026-12-03T07:00:00Z").await;
    cloud.gate().set_away(&[]);
    until(&cloud, "2026-12-03T23:00:00Z").await;

    assert_eq!(dead_letters(&cloud).await, []);
    is_invoiced_once(&cloud, &payers);
}

/// Goal: invocations that crash at four calls of a hundred bury nobody: a payer's receives are
/// crashes, and no few of them are its end.
#[tokio::test]
async fn crashes_by_chance_dead_letter_nobody() {
    let (cloud, payers) = before_the_run(12).await;
    let faults = Faults { crash: Probability::parse("0.04").unwrap(), ..Faults::default() };
    cloud.gate().set_mode(Mode::Free(faults), 7);

    until(&cloud, "2026-12-03T08:00:00Z").await;
    cloud.gate().set_mode(Mode::Free(Faults::default()), 7);
    until(&cloud, "2026-12-03T23:00:00Z").await;

    let crashes = cloud.gate().calls().into_iter().filter(|call| {
        use local::gate::Outcome::Faulted;
        matches!(call.outcome, Faulted(Fault::KillBefore | Fault::KillAfter))
    });
    assert!(crashes.count() > 5, "no crash proves nothing");
    assert_eq!(dead_letters(&cloud).await, []);
    is_invoiced_once(&cloud, &payers);
}

/// Goal: with the limits of AWS and a Stripe that takes six requests a second the run needs no
/// second day and no dead letter.
#[tokio::test]
async fn limits_of_aws_and_stripe_slow_the_run_and_lose_nothing() {
    let (cloud, payers) = before_the_run(30).await;
    cloud.limit(Limits::ALL, Some(Rates { account: 6, endpoint: 4 }), 3);

    until(&cloud, "2026-12-03T12:00:00Z").await;

    assert_eq!(dead_letters(&cloud).await, []);
    is_invoiced_once(&cloud, &payers);
    let refused = cloud.stripe().with_engine(|engine| engine.stripe.rates.refused());
    assert!(refused > 0, "no call met the rate limit");
}
