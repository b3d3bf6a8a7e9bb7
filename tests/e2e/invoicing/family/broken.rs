//! A parent's closing, interrupted wherever it can be: one invoice with its lines, once.

use local::gate::{Fault, Faults, Limits, Mode, Probability, Script};
use local::sqs::Sent;

use super::*;
use crate::letters::dead_letters;
use crate::world::{has_fired, script};

/// Sub-accounts of the parent.
const NAMES: [&str; 3] = ["east", "north", "south"];

fn message(account: &str) -> Sent {
    let body = format!(r#"{{"payer":{{"account":"{account}","month":"2026-11"}}}}"#);
    Sent { body, ..Sent::default() }
}

/// A family of a parent and its three sub-accounts behind the late window, before the run: the
/// first sub-account has closed its month.
async fn before_the_run() -> (Running, String) {
    let cloud = cloud().await;
    let customer = parent(&cloud).await;
    let at = "2026-11-22T08:00:00Z";
    for name in NAMES {
        sub_account(&cloud, name, BillingModel::BillToParent).await;
        report(&cloud, name, &[(name, "sessions", 100_000, at)]).await;
    }
    until(&cloud, "2026-12-03T00:05:00Z").await;
    cloud.queues().send("InvoiceQueue", message("east")).unwrap();
    until(&cloud, "2026-12-03T00:06:00Z").await;
    (cloud, customer)
}

/// 300,000 sessions: 200,000 beyond the included cost 100.00, a third of it each.
async fn is_invoiced_once(cloud: &Running, customer: &str, what: &str) {
    let line = |name: &str, cents| {
        let beyond = "100,000 of 300,000, 200,000 beyond 100,000 included";
        (format!("{name}: Sessions in November 2026: {beyond}"), cents)
    };
    let lines = vec![
        line("East (east)", 3_334),
        line("North (north)", 3_333),
        line("South (south)", 3_333),
    ];
    assert_eq!(invoiced(cloud, customer, "2026-11"), lines, "{what}");
    assert_eq!(to_be_invoiced(cloud).await, [""; 0], "{what}");
    let kinds = kinds(cloud, PARENT).await;
    let closed = kinds.iter().filter(|kind| *kind == "usage.closed").count();
    assert_eq!(closed, 1, "{what}: {kinds:?}");
    assert_eq!(dead_letters(cloud).await, [], "{what}");
}

/// Goal: whichever call of a parent's closing the crash hits, before or after it took effect, the
/// next delivery of the message finishes the work, once: closings of its sub-accounts too.
#[tokio::test]
async fn a_crash_at_any_call_of_a_parents_closing_is_healed() {
    let (cloud, customer) = before_the_run().await;
    cloud.gate().forget_calls();
    cloud.queues().send("InvoiceQueue", message(PARENT)).unwrap();
    until(&cloud, "2026-12-03T00:10:00Z").await;
    is_invoiced_once(&cloud, &customer, "no fault").await;
    let calls = cloud.gate().calls();
    let mut longest: BTreeMap<u64, u32> = BTreeMap::new();
    for call in calls.iter().filter(|call| call.function == "InvoiceRun") {
        *longest.entry(call.invocation).or_default() += 1;
    }
    let longest = longest.values().copied().max().unwrap();
    assert!(longest >= 25, "{longest} calls: closings of two sub-accounts, then the parent's");

    for call in 1..=longest {
        let faults = match call % 4 {
            0 => vec![Fault::KillAfter, Fault::KillBefore],
            2 => vec![Fault::KillAfter, Fault::TimeoutAfter],
            _ => vec![Fault::KillAfter],
        };
        for fault in faults {
            let (cloud, customer) = before_the_run().await;
            let scripted = Script::at("InvoiceRun", call, fault);
            script(&cloud, &scripted);
            cloud.queues().send("InvoiceQueue", message(PARENT)).unwrap();
            until(&cloud, "2026-12-03T06:00:00Z").await;
            assert!(has_fired(&cloud, &scripted), "{fault:?} at call {call} did not happen");
            is_invoiced_once(&cloud, &customer, &format!("{fault:?} at call {call}")).await;
        }
    }
}

/// Goal: many messages at once, in any order, under all kinds of faults and with real conflicts,
/// give one invoice.
#[tokio::test]
async fn any_number_of_runs_at_once_make_one_consolidated_invoice() {
    for seed in 1..=4 {
        let (cloud, customer) = before_the_run().await;
        cloud.limit(Limits::ALL, None, seed);
        let percent = Probability::percent;
        let faults = Faults {
            throttle: percent(4),
            conflict: percent(4),
            timeout_before: percent(2),
            timeout_after_commit: percent(4),
            crash: percent(1),
        };
        cloud.gate().set_mode(Mode::Stepped(faults), seed);
        for name in NAMES.into_iter().chain([PARENT]).cycle().take(24) {
            cloud.queues().send("InvoiceQueue", message(name)).unwrap();
        }
        until(&cloud, "2026-12-05T06:00:00Z").await;
        cloud.gate().set_mode(Mode::Stepped(Faults::default()), seed);
        until(&cloud, "2026-12-06T06:00:00Z").await;
        is_invoiced_once(&cloud, &customer, &format!("seed {seed}")).await;
    }
}
