//! What breaks on the way: every mail that still holds goes out, and none is doubled in silence.

use local::gate::{Fault, Limits, Script};

use super::{ADA, BILLING, FIN, alert_at, company, log, one_each, sent, undecided, until};
use crate::subscription::card;
use crate::world::{has_fired, script};

/// Goal: an invocation of `notify` that is ended at any of its calls, before or after the call's
/// effect, loses no mail; an optional mail is sent at most once, and what is in doubt says so.
#[tokio::test]
async fn a_crash_at_any_call_sends_an_optional_mail_at_most_once() {
    let mut fired = 0;
    for call in 1..=14 {
        for fault in [Fault::KillBefore, Fault::KillAfter, Fault::TimeoutAfter, Fault::Throttle] {
            let cloud = company().await;
            alert_at(&cloud, 7_599).await;
            let scripted = Script::at("Notify", call, fault);
            script(&cloud, &scripted);

            cloud.clock().advance("3h").await.unwrap();

            let hit = has_fired(&cloud, &scripted);
            fired += usize::from(hit);
            let sent = sent(&cloud, "has passed");
            let doubts = log(&cloud).await.into_iter().filter(|it| it.1 == "in_doubt").count();
            let what = format!("call {call}, {fault:?}, fired {hit}: {sent:?}, {doubts} in doubt");
            assert!(sent.values().all(|count| *count == 1), "{what}");
            assert!(sent.len() + doubts >= 2, "lost: {what}");
            assert!(doubts <= 1, "{what}");
            assert_eq!(undecided(&cloud).await, 0, "{what}");
            if !hit {
                break;
            }
        }
    }
    assert!(fired >= 30, "{fired} faults fired");
}

/// Goal: the same of a required mail: nobody goes without it, and a second copy comes only behind a
/// call whose outcome nobody knows, with the same number.
#[tokio::test]
async fn a_crash_at_any_call_sends_a_required_mail_at_least_once() {
    let mut doubled = 0;
    for call in 5..=14 {
        for fault in [Fault::KillBefore, Fault::KillAfter, Fault::TimeoutAfter] {
            let cloud = company().await;
            card(&cloud, "pm_card_chargeCustomerFail");
            until(&cloud, "2026-11-30T23:00:00Z").await;
            let scripted = Script::at("Notify", call, fault);
            script(&cloud, &scripted);

            until(&cloud, "2026-12-01T06:00:00Z").await;

            let failed = sent(&cloud, "failed");
            let what = format!("call {call}, {fault:?}: {failed:?}");
            assert_eq!(failed.keys().collect::<Vec<_>>(), [ADA, FIN], "{what}");
            let copies: usize = failed.values().sum();
            assert!(copies <= 3, "{what}");
            doubled += copies - 2;
            assert_eq!(undecided(&cloud).await, 0, "{what}");
        }
    }
    assert!(doubled > 0, "a call to SES that took effect before the crash is made once more");
}

/// Goal: a relay that is away for two virtual days loses nothing: the schedule finds what the
/// stream never told, within a quarter of an hour, and what the stream tells later is done.
#[tokio::test]
async fn a_relay_that_is_away_for_two_days_loses_nothing() {
    let cloud = company().await;
    card(&cloud, "pm_card_chargeCustomerFail");
    cloud.streams().set_away(true);

    until(&cloud, "2026-12-03T00:00:00Z").await;
    assert!(cloud.streams().depth() > 0, "the stream tells nothing");
    assert_eq!(sent(&cloud, "failed"), one_each(&[ADA, FIN]));
    let before = cloud.outbox().mails().len();
    cloud.streams().set_away(false);
    cloud.clock().advance("1h").await.unwrap();

    assert_eq!(cloud.outbox().mails().len(), before, "nothing is sent twice");
    assert_eq!(undecided(&cloud).await, 0);
}

/// Goal: while SES is away for two virtual days nothing is lost: what still holds then is mailed.
#[tokio::test]
async fn what_still_holds_is_mailed_when_ses_is_back() {
    let cloud = company().await;
    card(&cloud, "pm_card_chargeCustomerFail");
    until(&cloud, "2026-11-30T23:00:00Z").await;
    cloud.gate().set_away(&["SES"]);
    until(&cloud, "2026-12-02T23:00:00Z").await;
    let during = sent(&cloud, "failed").len();
    cloud.gate().set_away(&[]);

    until(&cloud, "2026-12-04T06:00:00Z").await;

    let log = log(&cloud).await;
    assert_eq!(during, 0);
    assert_eq!(sent(&cloud, "failed").keys().collect::<Vec<_>>(), [ADA, FIN], "{log:?}");
    let failed = log.iter().filter(|it| it.0 == "payment_failed");
    assert!(failed.clone().count() >= 2 && failed.clone().all(|it| it.1 != "in_doubt"), "{log:?}");
    assert_eq!(undecided(&cloud).await, 0);
}

/// Goal: with every limit of AWS on, in many orders, each person still gets the mail once.
#[tokio::test]
async fn limits_and_disorder_double_nothing() {
    for seed in 1..=4 {
        let cloud = company().await;
        card(&cloud, "pm_card_chargeCustomerFail");
        cloud.limit(Limits::ALL, None, seed);

        until(&cloud, "2026-12-02T00:00:00Z").await;

        let failed = sent(&cloud, "failed");
        assert_eq!(failed.keys().collect::<Vec<_>>(), [ADA, FIN], "seed {seed}");
        let log = log(&cloud).await;
        let copies: usize = failed.values().sum();
        assert!(copies <= 2 + log.len(), "seed {seed}: {failed:?}");
        assert_eq!(undecided(&cloud).await, 0, "seed {seed}: {log:?}");
        assert!(!failed.contains_key(BILLING), "seed {seed}");
    }
}
