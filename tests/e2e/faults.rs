//! What breaks on the way: throttling, conflicts, lost answers, crashes, many at once. The end is
//! the same as without, and what is known is not written again.

use local::Running;
use local::gate::{Fault, Faults, Mode, Probability, Script};
use serde_json::Value;

use crate::letters::dead_letters;
use crate::stripe::Invoice;
use crate::world::{
    NOW, cloud, cloud_with_grace, get, has_fired, kinds, open_account, post, script, state,
};

fn writes(cloud: &Running) -> usize {
    let calls = cloud.gate().calls();
    calls.iter().filter(|call| call.operation == "DynamoDB.TransactWriteItems").count()
}

/// Goal: two hundred posts of one event at once are all answered 200 and have one effect.
#[tokio::test]
async fn two_hundred_posts_of_one_event_have_one_effect() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW);
    post(&cloud, &invoice.finalized(NOW), "applied").await;
    let body = invoice.paid(NOW).to_string().into_bytes();
    let requests = (0..200).map(|_| cloud.event_request(body.clone())).collect();
    let answers = Box::pin(cloud.send_together(requests)).await;
    assert!(answers.iter().all(|answer| answer.status() == 200));
    let outcome = |body: &[u8]| {
        let body: Value = serde_json::from_slice(body).unwrap();
        body["outcome"].as_str().unwrap_or_default().to_owned()
    };
    let applied = answers.iter().filter(|answer| outcome(answer.body()) == "applied").count();
    let unchanged = answers.iter().filter(|answer| outcome(answer.body()) == "unchanged").count();
    assert_eq!((applied, unchanged), (1, 199));
    let kinds = kinds(&cloud, "acme").await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "invoice.paid").count(), 1, "{kinds:?}");
}

/// Goal: whichever call of the webhook the crash hits, before or after it took effect, Stripe's
/// next delivery finishes the work, once.
#[tokio::test]
async fn a_crash_at_any_call_is_healed_by_the_next_delivery() {
    for fault in [Fault::KillBefore, Fault::KillAfter] {
        for call in 1..=4 {
            let cloud = cloud_with_grace(0).await;
            open_account(&cloud, "acme").await;
            let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW - 60);
            post(&cloud, &invoice.payment_failed(NOW - 60), "applied").await;
            assert_eq!(state(&cloud, "acme").await, "disabled");
            // A cold start: the secrets, the link, the books, the transaction.
            let cold = Script::at("StripeWebhook", 1, Fault::KillBefore);
            script(&cloud, &cold);
            let (status, _) = Box::pin(cloud.post_event(&invoice.updated(NOW - 50))).await;
            assert!(status >= 500, "the function was killed: {status}");
            assert!(has_fired(&cloud, &cold));
            let kill = Script::at("StripeWebhook", call, fault);
            script(&cloud, &kill);
            let paid = invoice.paid(NOW);
            let (status, answer) = Box::pin(cloud.post_event(&paid)).await;
            assert!(status >= 500, "{fault:?} at call {call} was survived: {answer}");
            assert!(has_fired(&cloud, &kill), "{fault:?}: there is no call {call}");
            let (status, answer) = Box::pin(cloud.post_event(&paid)).await;
            assert_eq!(status, 200, "{answer}");
            assert_eq!(state(&cloud, "acme").await, "active", "{fault:?} at call {call}");
            let kinds = kinds(&cloud, "acme").await;
            assert_eq!(
                kinds,
                [
                    "account.created",
                    "invoice.payment_failed",
                    "account.disabled",
                    "invoice.paid",
                    "account.reactivated"
                ]
            );
        }
    }
}

/// An account that was disabled a minute ago, in a cloud whose webhook is warm; and the event that
/// its invoice is paid.
async fn disabled() -> (Running, Value) {
    let cloud = cloud_with_grace(0).await;
    open_account(&cloud, "acme").await;
    let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW - 60);
    post(&cloud, &invoice.payment_failed(NOW - 60), "applied").await;
    cloud.gate().forget_calls();
    (cloud, invoice.paid(NOW))
}

/// Goal: throttling, a conflict or a lost answer at any call ends in the same books: at once, or by
/// the retry queue; an effect whose answer was lost is not repeated.
#[tokio::test]
async fn a_fault_at_any_call_is_overcome() {
    let (cloud, paid) = disabled().await;
    post(&cloud, &paid, "applied").await;
    let calls = cloud.gate().calls();
    assert!(calls.len() >= 2, "a read and a transaction: {calls:?}");
    for fault in [Fault::Throttle, Fault::Conflict, Fault::TimeoutBefore, Fault::TimeoutAfter] {
        for call in &calls {
            if fault == Fault::Conflict && call.operation != "DynamoDB.TransactWriteItems" {
                continue;
            }
            let (cloud, paid) = disabled().await;
            let scripted = Script::at("StripeWebhook", call.nth, fault);
            script(&cloud, &scripted);

            let (status, answer) = Box::pin(cloud.post_event(&paid)).await;

            let at = format!("{fault:?} at call {}", call.nth);
            assert!(has_fired(&cloud, &scripted), "{at} did not happen");
            assert_eq!(status, 200, "{at}: {answer}");
            cloud.clock().advance("1h").await.unwrap();
            assert_eq!(state(&cloud, "acme").await, "active", "{at}");
            let kinds = kinds(&cloud, "acme").await;
            assert_eq!(kinds.iter().filter(|kind| *kind == "invoice.paid").count(), 1);
        }
    }
}

/// Goal: when the table is out of reach for hours, events are answered 200 and queued; when it is
/// back, everything is settled, and nothing is a dead letter.
#[tokio::test]
async fn an_outage_of_hours_loses_nothing() {
    let cloud = cloud_with_grace(0).await;
    open_account(&cloud, "acme").await;
    let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW - 60);
    post(&cloud, &invoice.payment_failed(NOW - 60), "applied").await;
    // Every call to the table hangs; the queue works.
    cloud.gate().set_away(&["DynamoDB"]);
    post(&cloud, &invoice.paid(NOW), "queued").await;
    cloud.clock().advance("6h").await.unwrap();
    cloud.gate().set_away(&[]);
    assert_eq!(state(&cloud, "acme").await, "disabled", "the outage was not seen");
    cloud.clock().advance("20m").await.unwrap();
    assert_eq!(state(&cloud, "acme").await, "active");
    assert_eq!(dead_letters(&cloud).await, []);
}

/// Goal: when neither the table nor the queue takes it, Stripe is asked to send the event again.
#[tokio::test]
async fn without_table_and_queue_the_event_is_not_acknowledged() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW);
    post(&cloud, &invoice.drafted(NOW), "applied").await;
    let all = Faults { throttle: Probability::ALWAYS, ..Faults::default() };
    cloud.gate().set_mode(Mode::Free(all), 1);
    let (status, answer) = Box::pin(cloud.post_event(&invoice.paid(NOW))).await;
    assert_eq!((status, answer["code"].as_str()), (500, Some("not_durable")));
    cloud.gate().set_mode(Mode::Free(Faults::default()), 1);
    post(&cloud, &invoice.paid(NOW), "applied").await;
}

/// Goal: facts that come in any order, some twice, with any scheduling of concurrent invocations
/// and faults by chance, end in the same account; and the same seed gives the same run.
#[tokio::test]
async fn a_stepped_run_replays_and_ends_in_the_same_books() {
    let (first, calls) = stepped_run(7).await;
    let (again, same_calls) = stepped_run(7).await;
    assert_eq!(calls, same_calls, "the same seed made other calls");
    assert_eq!(first, again);
    for seed in 8..20 {
        let (other, _) = stepped_run(seed).await;
        assert_eq!(first["state"], other["state"], "seed {seed}");
        assert_eq!(first["outstanding"], other["outstanding"], "seed {seed}");
        assert_eq!(first["plan"], other["plan"], "seed {seed}");
    }
}

async fn stepped_run(seed: u64) -> (Value, Vec<String>) {
    let cloud = cloud_with_grace(0).await;
    open_account(&cloud, "acme").await;
    let one = Invoice::automatic("in_1", "cus_acme", 4_900, NOW - 600);
    let two = Invoice::automatic("in_2", "cus_acme", 1_000, NOW - 600);
    let events = [
        one.finalized(NOW - 600),
        one.payment_failed(NOW - 500),
        one.paid(NOW - 100),
        one.paid(NOW - 100),
        two.finalized(NOW - 600),
        two.payment_failed(NOW - 400),
        two.credit_note("cn_1", "credit_note.created", 300, NOW - 300),
        two.credit_note("cn_2", "credit_note.created", 100, NOW - 200),
        two.credit_note("cn_2", "credit_note.voided", 100, NOW - 150),
        crate::stripe::subscription("customer.subscription.updated", "cus_acme", NOW - 90, |_| {}),
    ];
    cloud.gate().forget_calls();
    let faults = Faults {
        throttle: Probability::percent(3),
        conflict: Probability::percent(5),
        timeout_after_commit: Probability::percent(5),
        ..Faults::default()
    };
    cloud.gate().set_mode(Mode::Stepped(faults), seed);
    let requests = events.iter().map(|event| cloud.event_request(event.to_string().into_bytes()));
    let answers = Box::pin(cloud.send_together(requests.collect())).await;
    let calls = cloud.gate().calls();
    let calls = calls.iter().map(|call| {
        format!("{} {} {} {:?}", call.invocation, call.nth, call.operation, call.outcome)
    });
    let calls = calls.collect();
    cloud.gate().set_mode(Mode::Free(Faults::default()), seed);
    for (event, answer) in events.iter().zip(&answers) {
        if answer.status() != 200 {
            let (status, _) = Box::pin(cloud.post_event(event)).await;
            assert_eq!(status, 200);
        }
    }
    cloud.clock().advance("2h").await.unwrap();
    let account = get(&cloud, "/v1/accounts/acme").await;
    assert_eq!(account["outstanding"]["amount"], 700, "seed {seed}: {account}");
    assert_eq!(account["state"], "disabled");
    assert!(writes(&cloud) > 0);
    (account, calls)
}
