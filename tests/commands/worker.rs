//! Workers: batches whose messages do not harm each other, one judgement of failures, and walks
//! that lose and repeat nothing.

mod sweep;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_lambda_events::sqs::SqsEvent;
use aws_sdk_dynamodb::types::AttributeValue;
use billing::ids::AccountId;
use billing::journal::CauseKind;
use billing::time::Timestamp;
use invocation::{Class, Classified, Entropy, Invocations, Stopwatch};
use local::Running;
use queue::account::AccountMessage;
use queue::retries::RETRY_SECONDS_MAX;
use queue::{DeadLetters, Envelope, Page, Queue, Retries};
use runtime::environment::{DEAD_LETTER_QUEUE_URL, INVOICE_QUEUE_URL};
use serde_json::json;
use store::due::{Entries, PAGE_ENTRIES_MAX, PageEnd, Place, SHARDS};
use store::{Store, StoreError};
use worker::{Alarms, Failure, Letter, Next, RECEIVES_MAX, Subject, Worker};

use crate::world::{NOW, TABLE, cloud, dynamodb, invocation};

/// A queue that no function takes from, in the place of the dead letters'.
const STILL: &str = "ScheduleFailureQueue";
const AT: Timestamp = Timestamp(NOW);
const ALARMS: Alarms = Alarms { operator: Some("Operator"), dead: "Dead" };

fn account(id: &str) -> AccountId {
    AccountId::parse(id).unwrap()
}

/// A worker of the month-end run's host on the queue that a variable names.
fn worker_on<M>(cloud: &Running, variable: &'static str) -> Worker<M> {
    let host = cloud.host("InvoiceRun");
    let [url, dead_letters] = [variable, DEAD_LETTER_QUEUE_URL].map(|name| {
        // No function takes from this one, so that what is sent stays there to be seen.
        host.environment.get(name).unwrap().replace("DeadLetterQueue", STILL)
    });
    let dead_letters = DeadLetters::new(host.sqs().unwrap(), &dead_letters).from_queue(&url);
    Worker::new(Queue::new(host.sqs().unwrap(), &url), dead_letters, "Unreadable")
}

/// A worker on a queue that no function takes from.
fn walker(cloud: &Running) -> Worker<AccountMessage> {
    worker_on(cloud, DEAD_LETTER_QUEUE_URL)
}

/// A worker on the queue of the month-end run.
fn invoices(cloud: &Running) -> Worker<AccountMessage> {
    worker_on(cloud, INVOICE_QUEUE_URL)
}

fn message(id: &str) -> AccountMessage {
    AccountMessage::Account(account(id))
}

fn body(id: &str) -> String {
    serde_json::to_string(&message(id)).unwrap()
}

fn batch(bodies: &[&str]) -> SqsEvent {
    let record = |(number, body)| json!({ "messageId": format!("m-{number}"), "body": body });
    let records: Vec<_> = bodies.iter().enumerate().map(record).collect();
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

/// Takes every message that a [`walker`] has sent.
fn taken(cloud: &Running) -> Vec<AccountMessage> {
    let queue = STILL;
    let mut taken = Vec::new();
    loop {
        let messages = cloud.queues().receive(queue, 10).unwrap();
        if messages.is_empty() {
            return taken;
        }
        for message in messages {
            cloud.queues().delete(queue, message.receipt.as_deref().unwrap()).unwrap();
            taken.push(serde_json::from_str(&message.body).unwrap());
        }
    }
}

/// Bodies of a queue, with the reasons and the queues that its dead letters name.
fn letters(cloud: &Running) -> Vec<(String, Option<String>, Option<String>)> {
    let letters = cloud.queues().messages(STILL).unwrap();
    letters.iter().map(|it| (it.body.clone(), it.reason(), it.sent_for())).collect()
}

/// An entry of the index that says that an account's auto-recharge is due.
async fn put_due(cloud: &Running, account: &str, shard: u64) {
    let item = [
        ("pk", format!("ACCOUNT#{account}")),
        ("sk", "CREDITS".to_owned()),
        ("due_pk", format!("RECHARGE#{shard}")),
        ("due_sk", format!("2026-11-01T00:00:00Z#{account}")),
    ];
    let item = item.map(|(name, text)| (name.to_owned(), AttributeValue::S(text)));
    let put = dynamodb(cloud).put_item().table_name(TABLE).set_item(Some(item.into()));
    put.send().await.unwrap();
}

/// Goal: a page sends each account once and then the next page, and the next page goes on behind
/// it.
#[tokio::test]
async fn a_walk_goes_on_behind_its_page() {
    let cloud = cloud().await;
    let worker = walker(&cloud);
    let end: BTreeMap<String, String> = [("pk".to_owned(), "ACCOUNT#b".to_owned())].into();
    let found: Vec<AccountId> = (0..12).map(|number| account(&format!("a{number}"))).collect();

    let first = Page::first(3, AT);
    let entries = Entries { found: found.clone(), end: Some(PageEnd::of_texts(end.clone())) };
    let read = async |_| Ok(entries.clone().map(AccountMessage::Account));
    let next = worker.walk(&invocation(AT), first.clone(), read).await;

    assert_eq!(next, Next::Done);
    let second = Page { after: Some(end.clone()), ..first };
    let mut expected: Vec<_> = found.into_iter().map(AccountMessage::Account).collect();
    expected.push(AccountMessage::Page(second.clone()));
    assert_eq!(taken(&cloud), expected);

    let place = RefCell::new(None);
    let read = async |at| {
        place.replace(Some(at));
        Ok(Entries { found: Vec::new(), end: None })
    };
    // A later invocation looks at the walk's own range.
    let later = invocation(AT.plus_seconds(600));
    assert_eq!(worker.walk(&later, second, read).await, Next::Done);
    let after = Some(PageEnd::of_texts(end));
    assert_eq!(place.into_inner(), Some(Place { shard: 3, began_at: AT, after }));
    assert_eq!(taken(&cloud), []);
}

/// Goal: over more entries than a page has, in several shards, a walk finds each account exactly
/// once.
#[tokio::test]
async fn a_walk_over_several_pages_finds_each_account_once() {
    let cloud = cloud().await;
    let (worker, host) = (walker(&cloud), cloud.host("InvoiceRun"));
    let store = Store::new(host.dynamodb().unwrap(), TABLE);
    let many = usize::try_from(PAGE_ENTRIES_MAX).unwrap() + 5;
    let mut expected = BTreeSet::new();
    for number in 0..many {
        put_due(&cloud, &format!("a{number:03}"), 2).await;
        expected.insert(account(&format!("a{number:03}")));
    }
    put_due(&cloud, "other", 7).await;
    expected.insert(account("other"));

    worker.begin_walk(AT).await.unwrap();
    let (mut found, mut pages) = (Vec::new(), 0);
    let mut messages = taken(&cloud);
    while let Some(message) = messages.pop() {
        match message {
            AccountMessage::Account(account) => found.push(account),
            AccountMessage::Page(page) => {
                pages += 1;
                let invocation = &invocation(AT);
                let read = async |place| {
                    Ok(store.recharges_due(invocation, place).await?.map(AccountMessage::Account))
                };
                assert_eq!(worker.walk(invocation, page, read).await, Next::Done);
                messages.extend(taken(&cloud));
            }
        }
    }

    assert_eq!(found.len(), many + 1, "none twice");
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
    assert_eq!(pages, SHARDS + 1, "one page a shard, and the second of shard 2");
}

/// Goal: a page that cannot be read is tried again as it is, and nothing is sent meanwhile.
#[tokio::test]
async fn a_page_that_cannot_be_read_is_never_lost() {
    let cloud = cloud().await;
    let page = Page::first(0, AT);

    let read = async |_| Err(StoreError::Unavailable("away".to_owned()));
    let next = walker(&cloud).walk(&invocation(AT), page.clone(), read).await;

    let Next::AgainWithinItsTime(letter) = next else { panic!("{next:?}") };
    assert_eq!(letter.message, AccountMessage::Page(page));
    assert_eq!(taken(&cloud), []);
}

/// Goal: each message has its own outcome, whatever becomes of those beside it.
#[tokio::test]
async fn a_bad_message_does_not_take_its_neighbours_along() {
    let cloud = cloud().await;
    let handled = RefCell::new(Vec::new());
    let handle = async |message: AccountMessage| {
        let AccountMessage::Account(id) = &message else { panic!("{message:?}") };
        let id = id.as_str().to_owned();
        handled.borrow_mut().push(id.clone());
        match id.as_str() {
            "redelivered" => Next::Redeliver,
            "later" => Next::SendAgain { message, delay_seconds: 30 },
            "dead" => Next::DeadLetter(Letter {
                message,
                reason: "it is wrong".to_owned(),
                alarm: "Dead",
                subject: Subject::new("a message"),
            }),
            _ => Next::Done,
        }
    };

    let ids = ["redelivered", "good", "dead", "later", "last"];
    let bodies: Vec<String> = ["{".to_owned()].into_iter().chain(ids.map(body)).collect();
    let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
    let response = invoices(&cloud).batch(&invocation(AT), batch(&bodies), handle).await;

    assert_eq!(handled.into_inner(), ids);
    let failed = response.batch_item_failures.iter().map(|it| it.item_identifier.as_str());
    assert_eq!(failed.collect::<Vec<_>>(), ["m-1"]);
    let waiting = cloud.queues().messages("InvoiceQueue").unwrap();
    let waiting: Vec<_> = waiting.iter().map(|it| (it.body.clone(), it.visible_at)).collect();
    assert_eq!(waiting, [(body("later"), AT.plus_seconds(30))]);
    let [unreadable, dead] = letters(&cloud).try_into().unwrap();
    let (text, reason, queue) = unreadable;
    assert_eq!((text.as_str(), queue.as_deref()), ("{", Some("InvoiceQueue")));
    assert!(reason.unwrap().starts_with("the message cannot be read"));
    let (reason, queue) = (Some("it is wrong".to_owned()), Some("InvoiceQueue".to_owned()));
    let text = r#"{"account":"dead","reason":"it is wrong"}"#.to_owned();
    assert_eq!(dead, (text, reason, queue));
}

/// Goal: what cannot end in time is not begun, and reported as not done; the first of a batch
/// always begins.
#[tokio::test]
async fn nothing_is_begun_that_cannot_end_in_time() {
    let cloud = cloud().await;
    let stopwatch = Stopwatch::simulated();
    stopwatch.restart(30_000);
    let clock = runtime::Clock::fixed(AT);
    let invocations = Invocations::new(clock, Entropy::seeded(1), stopwatch.clone()).handing_on();
    let invocation = invocations.begin(CauseKind::Schedule, "test");
    let handled = RefCell::new(0_u32);
    let handle = async |_| {
        handled.replace_with(|count| *count + 1);
        stopwatch.spend(Duration::from_secs(10));
        Next::Done
    };

    let bodies = [body("a"), body("b"), body("c"), body("d")];
    let event = batch(&bodies.each_ref().map(String::as_str));
    let response = invoices(&cloud).batch(&invocation, event, handle).await;

    assert_eq!(handled.into_inner(), 2);
    let failed = response.batch_item_failures.iter().map(|it| it.item_identifier.as_str());
    assert_eq!(failed.collect::<Vec<_>>(), ["m-2", "m-3"]);
}

/// Goal: a message that ends every invocation is a dead letter with a reason, before SQS makes it
/// one without.
#[tokio::test]
async fn a_message_that_is_received_again_and_again_has_a_reason() {
    let cloud = cloud().await;
    let event = |receives: u32| {
        let attributes = json!({ "ApproximateReceiveCount": receives.to_string() });
        let record = json!({ "messageId": "m", "body": body("acme"), "attributes": attributes });
        serde_json::from_value::<SqsEvent>(json!({ "Records": [record] })).unwrap()
    };
    let handled = RefCell::new(0_u32);
    let handle = async |_| {
        handled.replace_with(|count| *count + 1);
        Next::Done
    };

    let worker = invoices(&cloud);
    worker.batch(&invocation(AT), event(RECEIVES_MAX), &handle).await;
    assert_eq!((*handled.borrow(), letters(&cloud).len()), (1, 0));
    let response = worker.batch(&invocation(AT), event(RECEIVES_MAX + 1), &handle).await;

    assert_eq!((handled.into_inner(), response.batch_item_failures.len()), (1, 0));
    let [(_, reason, queue)] = letters(&cloud).try_into().unwrap();
    assert!(reason.unwrap().contains("received 301 times"));
    assert_eq!(queue.as_deref(), Some("InvoiceQueue"));
}

#[derive(Debug, thiserror::Error)]
#[error("it failed")]
struct Failed(Class);

impl Classified for Failed {
    fn class(&self) -> Class {
        self.0
    }
}

fn failure(error: &Failed) -> Failure<'_, Failed> {
    Failure { subject: Subject::new("a message"), error, alarms: ALARMS }
}

/// Goal: the class of an error alone decides what becomes of its message.
#[test]
fn failures_are_judged_by_their_class() {
    for (class, is_tried_again) in [
        (Class::Conflict, true),
        (Class::Retry, true),
        (Class::Operator, true),
        (Class::Never, false),
    ] {
        let error = &Failed(class);
        let letter = match failure(error).again_or_dead(1) {
            Next::AgainWithinItsTime(letter) if is_tried_again => letter,
            Next::DeadLetter(letter) if !is_tried_again => letter,
            other => panic!("{class:?}: {other:?}"),
        };
        assert_eq!((letter.message, letter.alarm), (1, "Dead"), "{class:?}");
        assert_eq!(letter.reason, "it failed", "{class:?}");

        let dropped = failure(error).again_or_dropped(1) == Next::Done;
        assert_eq!(dropped, !is_tried_again, "{class:?}");
    }
}

/// Goal: an attempt that fails is counted in the envelope, with a longer delay each time; its time
/// runs from the first failed attempt, and ends in a dead letter that begins anew when it is
/// redriven.
#[tokio::test]
async fn time_for_retries_runs_from_the_first_failed_attempt() {
    let cloud = cloud().await;
    let worker = invoices(&cloud);
    let error = &Failed(Class::Retry);
    let fail = async |message| failure(error).again_or_dead(message);
    let sent = |cloud: &Running| {
        let mut messages = cloud.queues().messages("InvoiceQueue").unwrap();
        let message = messages.pop().unwrap();
        (message.body, message.visible_at.0 - AT.0)
    };

    // It is tried for the first time long after it was sent.
    worker.batch(&invocation(AT), batch(&[&body("acme")]), fail).await;
    let (first, delay) = sent(&cloud);
    let envelope: Envelope<AccountMessage> = serde_json::from_str(&first).unwrap();
    assert_eq!((envelope.retries.attempts, envelope.retries.first_failed_at), (1, Some(AT)));
    assert!((8..=15).contains(&delay), "{delay}");

    let end = AT.plus_seconds(RETRY_SECONDS_MAX);
    worker.batch(&invocation(end), batch(&[&first]), fail).await;
    let (second, delay) = sent(&cloud);
    assert!((15..=30).contains(&delay), "{delay}");
    assert_eq!(letters(&cloud), []);
    worker.batch(&invocation(end.plus_seconds(1)), batch(&[&second]), fail).await;

    let [(dead, reason, _)] = letters(&cloud).try_into().unwrap();
    assert_eq!(reason.as_deref(), Some("it failed"));
    let dead: Envelope<AccountMessage> = serde_json::from_str(&dead).unwrap();
    assert_eq!(dead.retries, Retries::default(), "a letter that is redriven begins anew");
}

/// Goal: a schedule that finds nothing costs one read a shard, and one request to the queue.
#[tokio::test]
async fn a_schedule_over_empty_shards_costs_one_read_a_shard() {
    for function in ["Collections", "AutoRecharge", "InvoiceRun"] {
        let cloud = cloud().await;
        cloud.gate().forget_calls();

        cloud.pool().invoke(function, "{}").await.answer.unwrap();
        cloud.clock().run_due().await;

        let calls = cloud.gate().calls();
        let of = |operation: &str| {
            let calls = calls.iter().filter(|call| call.function == function);
            u64::try_from(calls.filter(|call| call.operation == operation).count()).unwrap()
        };
        let (reads, sends) = (of("DynamoDB.Query"), of("SQS.SendMessageBatch"));
        // Collections looks at the oldest advice that waits for staff as well.
        let looks = SHARDS + u64::from(function == "Collections");
        assert_eq!((reads, sends), (looks, 1), "{function}: {calls:#?}");
        assert_eq!(calls.len(), usize::try_from(looks + 1).unwrap(), "{function}: {calls:#?}");
    }
}
