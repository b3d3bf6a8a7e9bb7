//! Checks: one notification a month, however many run at once, whatever breaks.

use local::gate::{Fault, Outcome, Script};
use serde_json::json;

use super::{ALERT, check, history, sessions, set, together, triggered};
use crate::letters::dead_letters;
use crate::subscription::subscribed;
use crate::world::{NOW, get, has_fired, open_account, script};

/// Next renewal of `team` with three seats: 49.00 and 27.00.
const RENEWAL: i64 = 7_600;
/// Number of checks at once (issue 16).
const CHECKS: usize = 200;

/// Goal: two hundred checks at once notify once; so does the next month, and not again (A22).
#[tokio::test]
async fn two_hundred_checks_at_once_notify_once() {
    let cloud = subscribed("team", "month", 3).await;
    set(&cloud, RENEWAL - 1).await;
    let events = vec![check("2026-11", NOW); CHECKS];

    together(&cloud, 7, &events).await;
    together(&cloud, 8, &events).await;

    assert_eq!(triggered(&cloud).await, 1);
    assert_eq!(history(&cloud).await, [("2026-11".to_owned(), RENEWAL)]);
    assert_eq!(get(&cloud, ALERT).await["told_for"], "2026-11");

    cloud
        .clock()
        .advance_to(billing::time::Timestamp::parse("2026-12-02T12:00:00Z").unwrap())
        .await;
    assert_eq!(history(&cloud).await.len(), 2, "the next month notifies once more");
    cloud.clock().advance("10d").await.unwrap();
    assert_eq!(triggered(&cloud).await, 2);
}

/// Goal: an amount that equals the threshold notifies nobody; a cent more does, within the hour.
#[tokio::test]
async fn an_equal_amount_notifies_nobody() {
    let cloud = subscribed("team", "month", 3).await;
    set(&cloud, RENEWAL).await;

    cloud.clock().advance("3h").await.unwrap();
    assert_eq!(triggered(&cloud).await, 0, "equal");
    // 20 sessions beyond the included cost a cent.
    sessions(&cloud, "b1", 100_020, "2026-11-22T11:00:00Z").await;
    cloud.clock().advance("1h").await.unwrap();

    assert_eq!(history(&cloud).await, [("2026-11".to_owned(), RENEWAL + 1)]);
    let upcoming = get(&cloud, "/v1/accounts/acme/invoices/upcoming").await;
    assert_eq!(upcoming["total"]["amount"], json!(RENEWAL + 1), "what the upcoming invoice says");
}

/// Goal: another threshold, or a new alert, does not notify a second time in a month.
#[tokio::test]
async fn a_changed_threshold_does_not_notify_again() {
    let cloud = subscribed("team", "month", 3).await;
    set(&cloud, RENEWAL - 1).await;
    cloud.clock().advance("1h").await.unwrap();
    assert_eq!(triggered(&cloud).await, 1);

    set(&cloud, 100).await;
    cloud.clock().advance("2h").await.unwrap();
    crate::world::vendor(&cloud, http::Method::DELETE, ALERT, &json!(null)).await;
    set(&cloud, 50).await;
    cloud.clock().advance("2h").await.unwrap();

    assert_eq!(triggered(&cloud).await, 1);
}

/// Goal: a check that is ended at any of its calls, before or after its effect, is made again by
/// its message, and notifies once.
#[tokio::test]
async fn a_check_that_crashes_at_any_call_notifies_once() {
    let mut fired = 0;
    for call in 1..=6 {
        for fault in [Fault::KillBefore, Fault::KillAfter, Fault::TimeoutAfter, Fault::Conflict] {
            let cloud = subscribed("team", "month", 3).await;
            set(&cloud, RENEWAL - 1).await;
            let script_of = Script::at("AlertCheck", call, fault);
            script(&cloud, &script_of);

            cloud.queues().send("AlertQueue", message()).unwrap();
            cloud.clock().run_due().await;
            cloud.clock().advance("2h").await.unwrap();

            let hit = has_fired(&cloud, &script_of);
            fired += usize::from(hit);
            assert_eq!(triggered(&cloud).await, 1, "call {call}, {fault:?}, fired: {hit}");
            if !hit {
                break;
            }
        }
    }
    assert!(fired >= 12, "{fired} faults fired: a check makes three calls at least");
}

fn message() -> local::sqs::Sent {
    let body = json!({ "check": { "account": "acme", "month": "2026-11", "walked_at": NOW } });
    local::sqs::Sent { body: body.to_string(), ..local::sqs::Sent::default() }
}

/// Goal: while Stripe's preview is not to be had nothing is taken for granted, and the alert comes
/// when Stripe answers again.
#[tokio::test]
async fn a_check_waits_for_stripe() {
    let cloud = subscribed("team", "month", 3).await;
    set(&cloud, RENEWAL - 1).await;

    cloud.gate().set_away(&["Stripe"]);
    cloud.clock().advance("5h").await.unwrap();
    let during = triggered(&cloud).await;
    cloud.gate().set_away(&[]);
    cloud.clock().advance("1h").await.unwrap();

    assert_eq!((during, triggered(&cloud).await), (0, 1));
    assert_eq!(dead_letters(&cloud).await, []);
}

/// Goal: a walk reads in proportion to the accounts that have an alert.
#[tokio::test]
async fn a_walk_reads_the_accounts_with_an_alert_alone() {
    let cloud = subscribed("team", "month", 3).await;
    for nth in 0..30 {
        open_account(&cloud, &format!("other-{nth}")).await;
    }
    set(&cloud, RENEWAL).await;
    cloud.clock().run_due().await;
    cloud.gate().forget_calls();

    cloud.clock().advance("1h").await.unwrap();

    let calls = cloud.gate().calls().into_iter().filter(|call| call.function == "AlertCheck");
    let reads = calls.filter(|call| {
        call.outcome == Outcome::Answered(200) && call.operation.starts_with("DynamoDB.")
    });
    let reads: Vec<String> = reads.map(|call| call.operation).collect();
    // A page for each shard, the account's parts, and its price notices.
    assert_eq!(reads.len(), 8 + 2, "{reads:?}");
}
