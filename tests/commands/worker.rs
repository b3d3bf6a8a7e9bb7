//! Workers: batches whose messages do not harm each other, one judgement of failures, and walks
//! that lose and repeat nothing.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use aws_lambda_events::sqs::SqsEvent;
use aws_sdk_dynamodb::types::AttributeValue;
use billing::ids::AccountId;
use billing::time::Timestamp;
use invocation::{Class, Classified};
use local::Running;
use queue::account::AccountMessage;
use queue::{DeadLetters, Page, Queue, Retries};
use runtime::environment::{DEAD_LETTER_QUEUE_URL, INVOICE_QUEUE_URL, RECHARGE_QUEUE_URL};
use serde_json::json;
use store::due::{Entries, PAGE_ENTRIES_MAX, PageEnd, Place, SHARDS};
use store::{Store, StoreError};
use worker::{Alarms, Failure, Letter, Next, Subject, Worker};

use crate::world::{NOW, TABLE, cloud, dynamodb, invocation};

const AT: Timestamp = Timestamp(NOW);
const ALARMS: Alarms = Alarms { operator: Some("Operator"), dead: "Dead" };

fn account(id: &str) -> AccountId {
    AccountId::parse(id).unwrap()
}

/// A worker on a queue that no function takes from, so that what is sent stays there to be seen.
fn walker(cloud: &Running) -> Worker<AccountMessage> {
    let host = cloud.host("InvoiceRun");
    let url = host.environment.get(DEAD_LETTER_QUEUE_URL).unwrap();
    Worker::new(Queue::new(host.sqs().unwrap(), url), "Unreadable")
}

/// A worker on the queue of auto-recharge, which has no dead letters of its own.
fn recharges(cloud: &Running) -> Worker<AccountMessage> {
    let host = cloud.host("AutoRecharge");
    let url = host.environment.get(RECHARGE_QUEUE_URL).unwrap();
    Worker::new(Queue::new(host.sqs().unwrap(), url), "Unreadable")
}

/// A worker on the queue of the month-end run, which has dead letters.
fn invoices(cloud: &Running) -> Worker<String> {
    let host = cloud.host("InvoiceRun");
    let url = host.environment.get(INVOICE_QUEUE_URL).unwrap();
    let dead_letters = host.environment.get(DEAD_LETTER_QUEUE_URL).unwrap();
    let dead_letters = DeadLetters::new(host.sqs().unwrap(), dead_letters).from_queue(url);
    Worker::new(Queue::new(host.sqs().unwrap(), url), "Unreadable").with_dead_letters(dead_letters)
}

fn batch(bodies: &[&str]) -> SqsEvent {
    let record = |(number, body)| json!({ "messageId": format!("m-{number}"), "body": body });
    let records: Vec<_> = bodies.iter().enumerate().map(record).collect();
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

/// Takes every message that a [`walker`] has sent.
fn taken(cloud: &Running) -> Vec<AccountMessage> {
    let queue = "DeadLetterQueue";
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
    let letters = cloud.queues().messages("DeadLetterQueue").unwrap();
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

    let again = Next::SendAgain { message: AccountMessage::Page(page), delay_seconds: 60 };
    assert_eq!(next, again);
    assert_eq!(taken(&cloud), []);
}

/// Goal: each message has its own outcome, whatever becomes of those beside it.
#[tokio::test]
async fn a_bad_message_does_not_take_its_neighbours_along() {
    let cloud = cloud().await;
    let handled = RefCell::new(Vec::new());
    let handle = async |message: String| {
        handled.borrow_mut().push(message.clone());
        match message.as_str() {
            "redelivered" => Next::Redeliver,
            "later" => Next::SendAgain { message: "later".to_owned(), delay_seconds: 30 },
            "dead" => Next::DeadLetter(Letter {
                message,
                reason: "it is wrong".to_owned(),
                alarm: "Dead",
                subject: Subject::new("a message"),
            }),
            _ => Next::Done,
        }
    };

    let messages = ["{", "\"redelivered\"", "\"good\"", "\"dead\"", "\"later\"", "\"last\""];
    let response = invoices(&cloud).batch(batch(&messages), handle).await;

    assert_eq!(handled.into_inner(), ["redelivered", "good", "dead", "later", "last"]);
    let failed = response.batch_item_failures.iter().map(|it| it.item_identifier.as_str());
    assert_eq!(failed.collect::<Vec<_>>(), ["m-1"]);
    let waiting = cloud.queues().messages("InvoiceQueue").unwrap();
    let waiting: Vec<_> = waiting.iter().map(|it| (it.body.as_str(), it.visible_at)).collect();
    assert_eq!(waiting, [("\"later\"", AT.plus_seconds(30))]);
    let [unreadable, dead] = letters(&cloud).try_into().unwrap();
    let (body, reason, queue) = unreadable;
    assert_eq!((body.as_str(), queue.as_deref()), ("{", Some("InvoiceQueue")));
    assert!(reason.unwrap().starts_with("the message can not be read"));
    let (reason, queue) = (Some("it is wrong".to_owned()), Some("InvoiceQueue".to_owned()));
    assert_eq!(dead, ("\"dead\"".to_owned(), reason, queue));
}

/// Goal: a queue without dead letters drops what nothing can read, and says so by the alarm alone.
#[tokio::test]
async fn without_dead_letters_an_unreadable_message_is_dropped() {
    let cloud = cloud().await;
    let handle = async |_: AccountMessage| Next::Done;

    let response = recharges(&cloud).batch(batch(&["{}", r#"{"account":"acme"}"#]), handle).await;

    assert_eq!(response.batch_item_failures.len(), 0);
    assert_eq!(letters(&cloud), []);
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

/// Goal: the class of an error alone decides what becomes of its message, and the time for retries
/// ends them.
#[test]
fn failures_are_judged_by_their_class() {
    let retries = Retries { since: AT, seconds_max: 3_600, attempts: 1, first_delay_seconds: 30 };
    let in_time = invocation(AT.plus_seconds(3_600));
    let too_late = invocation(AT.plus_seconds(3_601));

    for (class, is_tried_again) in [
        (Class::Conflict, true),
        (Class::Retry, true),
        (Class::Operator, true),
        (Class::Never, false),
    ] {
        let error = &Failed(class);
        let redelivered = if is_tried_again { Next::Redeliver } else { Next::<u8>::Done };
        assert_eq!(failure(error).redelivered_or_dropped(), redelivered, "{class:?}");

        let next = failure(error).sent_again_or_dead(&in_time, (1, 2), &retries);
        let is_again = matches!(next, Next::SendAgain { message: 1, delay_seconds: 15..=30 });
        assert_eq!(is_again, is_tried_again, "{class:?}: {next:?}");

        let next = failure(error).sent_again_or_dead(&too_late, (1, 2), &retries);
        let Next::DeadLetter(letter) = next else { panic!("{class:?}: {next:?}") };
        assert_eq!((letter.message, letter.alarm), (2, "Dead"), "{class:?}");
        assert_eq!(letter.reason, "it failed", "{class:?}");
    }
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
        assert_eq!((reads, sends), (SHARDS, 1), "{function}: {calls:#?}");
        assert_eq!(calls.len(), usize::try_from(SHARDS + 1).unwrap(), "{function}: {calls:#?}");
    }
}
