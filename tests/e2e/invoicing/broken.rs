//! The run, interrupted wherever it can be: one invoice with its lines, once.

use local::gate::{Fault, Faults, Mode, Probability, Script};
use local::sqs::Sent;
use stripe_simulator::faults::{Chances, Probability as Chance};

use super::*;
use crate::letters::dead_letters;
use crate::world::{has_fired, script};

/// A cloud just before the run, with one payer.
async fn before_the_run() -> (Running, String) {
    let cloud = cloud().await;
    let customer = account(&cloud, "acme").await;
    subscribe(&cloud, &customer, "team").await;
    report_november(&cloud, "acme").await;
    until(&cloud, "2026-12-03T00:14:59Z").await;
    (cloud, customer)
}

/// What must be at the end, whatever was in between.
async fn is_invoiced_once(cloud: &Running, customer: &str, what: &str) {
    let invoices = usage_invoices(cloud, customer);
    assert_eq!(invoices.len(), 1, "{what}: {invoices:?}");
    assert_eq!(lines(cloud, &invoices[0]), sorted(usage_lines()), "{what}");
    assert!(["open", "paid"].contains(&&*text(&invoices[0]["status"])), "{what}: {}", invoices[0]);
    assert_eq!(to_be_invoiced(cloud).await, ["2026-12#acme"], "{what}");
    let kinds = kinds(cloud, "acme").await;
    let closed = kinds.iter().filter(|kind| *kind == "usage.closed").count();
    assert_eq!(closed, 1, "{what}: {kinds:?}");
}

/// Goal: whichever call of the run the crash hits, before or after it took effect, the next
/// delivery of the message finishes the work, once.
#[tokio::test]
async fn a_crash_at_any_call_is_healed() {
    let (cloud, customer) = before_the_run().await;
    cloud.gate().forget_calls();
    until(&cloud, RUN).await;
    is_invoiced_once(&cloud, &customer, "no fault").await;
    let calls = cloud.gate().calls();
    let by_run = calls.iter().filter(|call| call.function == "InvoiceRun");
    let mut longest: BTreeMap<u64, u32> = BTreeMap::new();
    for call in by_run {
        *longest.entry(call.invocation).or_default() += 1;
    }
    let longest = longest.values().copied().max().unwrap();
    assert!(longest >= 9, "{longest} calls: reads, Stripe, writes");
    for call in 1..=longest {
        // What did not happen, and what happened unheard, is alike for the one who comes next.
        for fault in
            [Fault::KillAfter, if call % 2 == 0 { Fault::KillBefore } else { Fault::TimeoutAfter }]
        {
            let (cloud, customer) = before_the_run().await;
            let scripted = Script::at("InvoiceRun", call, fault);
            script(&cloud, &scripted);
            until(&cloud, "2026-12-03T06:00:00Z").await;
            assert!(has_fired(&cloud, &scripted), "{fault:?} at call {call} did not happen");
            is_invoiced_once(&cloud, &customer, &format!("{fault:?} at call {call}")).await;
            assert_eq!(dead_letters(&cloud).await, [], "{fault:?} at call {call}");
        }
    }
}

/// Goal: messages that come several times, at once, in any order, under all kinds of faults, and
/// failures of Stripe's that it repeats, give one invoice.
#[tokio::test]
async fn any_number_of_runs_at_once_make_one_invoice() {
    for seed in 1..=6 {
        let (cloud, customer) = before_the_run().await;
        let percent = Probability::percent;
        let faults = Faults {
            throttle: percent(4),
            conflict: percent(4),
            timeout_before: percent(2),
            timeout_after_commit: percent(4),
            crash: percent(1),
        };
        cloud.stripe().with_engine(|engine| {
            engine.stripe.faults.reseed(seed);
            let chances = Chances {
                api_error: Chance::percent(3),
                api_timeout: Chance::percent(3),
                api_rate_limit: Chance::percent(3),
                api_lost_response: Chance::percent(3),
                ..Chances::default()
            };
            engine.stripe.faults.set(chances);
        });
        cloud.gate().set_mode(Mode::Stepped(faults), seed);
        let found_at = Timestamp::parse(RUN).unwrap().0;
        let body =
            format!(r#"{{"payer":{{"account":"acme","month":"2026-11","found_at":{found_at}}}}}"#);
        until(&cloud, "2026-12-03T00:14:59Z").await;
        for _ in 0..25 {
            let sent = Sent { body: body.clone(), delay_seconds: Some(1), ..Sent::default() };
            cloud.queues().send("InvoiceQueue", sent).unwrap();
        }
        until(&cloud, "2026-12-05T06:00:00Z").await;
        cloud.stripe().with_engine(|engine| engine.stripe.faults.set(Chances::default()));
        cloud.gate().set_mode(Mode::Stepped(Faults::default()), seed);
        until(&cloud, "2026-12-06T06:00:00Z").await;
        is_invoiced_once(&cloud, &customer, &format!("seed {seed}")).await;
    }
}

/// Goal: a day later keys are worth nothing, and yet no second invoice is made: what is there is
/// found, and what is missing is added.
#[tokio::test]
async fn a_day_later_what_is_there_is_found() {
    for call in 3..=9 {
        let (cloud, customer) = before_the_run().await;
        // SQS delivers a message whose invocation was killed after six minutes: more often than a
        // day has.
        for _ in 0..300 {
            cloud.gate().script(Script::at("InvoiceRun", call, Fault::KillAfter));
        }
        until(&cloud, "2026-12-04T00:14:59Z").await;
        assert!(cloud.gate().scripts_left() < 100, "there is no call {call}");
        cloud.gate().forget_scripts();
        until(&cloud, "2026-12-06T00:10:00Z").await;
        is_invoiced_once(&cloud, &customer, &format!("call {call}")).await;
    }
}
