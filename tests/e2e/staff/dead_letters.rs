//! Dead letters: kept in the table, listed for staff, and sent on their way again, once (E10).

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join;
use http::Method;
use local::Running;
use local::bootstrap;
use local::gate::{Fault, Script};
use local::sqs::Sent;
use serde_json::{Value, json};

use crate::letters::{dead_letters, redrive};
use crate::retries::{Item, Table};
use crate::stripe::Invoice;
use crate::world::{
    NOW, TABLE, cloud, cloud_that_gives_up, dynamodb, has_fired, kinds, open_account, post, script,
    staff_with_key, vendor,
};

const LETTERS: &str = "/v1/staff/dead-letters";

async fn read_as(cloud: &Running, key: &str, path: &str) -> (u16, Value) {
    Box::pin(cloud.call(key, Method::GET, path, &Value::Null)).await
}

/// Letters of a list, as support reads them.
async fn listed(cloud: &Running, query: &str) -> Vec<Value> {
    let path = format!("{LETTERS}{query}");
    let (status, page) = read_as(cloud, cloud.support_key(), &path).await;
    assert_eq!(status, 200, "{page}");
    page["data"].as_array().unwrap().clone()
}

/// The key of another person of billing.
async fn grace(cloud: &Running) -> String {
    let (key, item) = bootstrap::key("staff", Some("Grace Hopper"), None, Some("billing")).unwrap();
    let attribute = |(name, value): (&String, &Value)| {
        let value = match value["S"].as_str() {
            Some(text) => AttributeValue::S(text.to_owned()),
            None => AttributeValue::N(value["N"].as_str().unwrap().to_owned()),
        };
        (name.clone(), value)
    };
    let item: Item = item.as_object().unwrap().iter().map(attribute).collect();
    let put = dynamodb(cloud).put_item().table_name(TABLE).set_item(Some(item));
    put.send().await.unwrap();
    key
}

/// A cloud with a fact that died because the account's standing cannot be read, and the standing as
/// it was.
async fn with_a_dead_fact() -> (Running, Item) {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let table = Table::of(&cloud);
    let good = table.get("ACCOUNT#acme", "STANDING").await;
    let mut bad = good.clone();
    bad.insert("grace".to_owned(), AttributeValue::S("soon".to_owned()));
    table.put(bad).await;
    let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW);
    post(&cloud, &invoice.finalized(NOW), "dead_lettered").await;
    cloud.clock().run_due().await;
    (cloud, good)
}

/// Goal: a fact that died is listed with all that says what it is and without its body; redriven
/// once the cause is gone it takes effect once, and nobody redrives it a second time.
#[tokio::test]
async fn a_dead_fact_is_listed_and_redriven_once() {
    let (cloud, good) = with_a_dead_fact().await;

    let letters = listed(&cloud, "").await;
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    let id = letter["id"].as_str().unwrap();
    let shown = [
        ("status", json!("open")),
        ("kind", json!("fact")),
        ("queue", json!("retry")),
        ("account", json!("acme")),
        ("event", json!(format!("evt_in_1_invoice_finalized_{NOW}"))),
        ("event_type", json!("invoice.finalized")),
        ("receives", Value::Null),
        ("died_at", json!("2026-11-22T09:00:00Z")),
        ("can_be_redriven", json!(true)),
        ("ended", Value::Null),
    ];
    for (field, value) in shown {
        assert_eq!(letter[field], value, "{field}: {letter}");
    }
    assert!(letter["reason"].as_str().unwrap().contains("grace"), "{letter}");
    assert!(!letter.to_string().contains("4900"), "{letter}");

    Table::of(&cloud).put(good).await;
    let (status, redriven) = redrive(&cloud, id).await;
    assert_eq!((status, redriven["status"].as_str()), (200, Some("redriven")), "{redriven}");
    assert_eq!(redriven["ended"]["reason"], "The cause is gone.");
    cloud.clock().run_due().await;
    assert_eq!(kinds(&cloud, "acme").await, ["account.created", "invoice.finalized"]);
    assert_eq!(cloud.queues().messages("RetryQueue").unwrap().len(), 0);

    let (status, again) = redrive(&cloud, id).await;
    assert_eq!((status, again["code"].as_str()), (409, Some("letter_ended")), "{again}");
    assert!(again["detail"].as_str().unwrap().contains("redrove this letter"), "{again}");
    assert_eq!(listed(&cloud, "").await, [Value::Null; 0]);
    assert_eq!(listed(&cloud, "?status=closed").await, [redriven]);

    let kept = Table::of(&cloud).get(&format!("LETTER#{id}"), "LETTER").await;
    let expires = (NOW + 90 * crate::world::DAY).to_string();
    assert_eq!(kept["expires_at"], AttributeValue::N(expires));
    assert!(!kept.contains_key("body"), "the body ends with the letter: {kept:?}");
}

/// Goal: two people who redrive a letter at once send its message twice at most; it takes effect
/// once, and the one who was slower hears of the other.
#[tokio::test]
async fn two_people_at_once_redrive_once() {
    let (cloud, good) = with_a_dead_fact().await;
    Table::of(&cloud).put(good).await;
    let key = grace(&cloud).await;
    let id = listed(&cloud, "").await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("{LETTERS}/{id}/redrive");
    let reason = json!({ "reason": "The cause is gone." });

    let one = cloud.call(cloud.staff_key(), Method::POST, &path, &reason);
    let two = cloud.call(&key, Method::POST, &path, &reason);
    let (one, two) = join(Box::pin(one), Box::pin(two)).await;
    cloud.clock().run_due().await;

    let mut answers = [one, two];
    answers.sort_by_key(|(status, _)| *status);
    let [(200, ended), (409, refused)] = &answers else { panic!("{answers:?}") };
    let name = ended["ended"]["name"].as_str().unwrap();
    assert!(refused["detail"].as_str().unwrap().starts_with(name), "{refused}");
    assert_eq!(kinds(&cloud, "acme").await, ["account.created", "invoice.finalized"]);
}

/// Goal: a crash between the sending and the mark leaves the letter open; the same request again
/// ends it, and the fact takes effect once. A repeat behind that gets the same answer.
#[tokio::test]
async fn a_crash_behind_the_sending_sends_twice_at_most() {
    let (cloud, good) = with_a_dead_fact().await;
    Table::of(&cloud).put(good).await;
    let id = listed(&cloud, "").await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("{LETTERS}/{id}/redrive");
    let reason = json!({ "reason": "The cause is gone." });

    // The caller's key, the letter, the message.
    let scripted = Script::at("Staff", 3, Fault::KillAfter);
    script(&cloud, &scripted);
    let (status, _) = staff_with_key(&cloud, &path, "k1", &reason).await;
    assert!(has_fired(&cloud, &scripted), "nothing crashed");
    assert!(status >= 500, "{status}");
    let calls = cloud.gate().calls();
    let is_sent = |call: &local::gate::Call| call.nth == 3 && call.operation == "SQS.SendMessage";
    assert!(calls.iter().any(is_sent), "it was sent: {calls:?}");
    assert_eq!(listed(&cloud, "").await.len(), 1, "and not marked");

    let first = staff_with_key(&cloud, &path, "k1", &reason).await;
    assert_eq!(first.0, 200, "{}", first.1);
    assert_eq!(staff_with_key(&cloud, &path, "k1", &reason).await, first);
    cloud.clock().run_due().await;
    assert_eq!(kinds(&cloud, "acme").await, ["account.created", "invoice.finalized"]);
}

/// Goal: support reads letters and ends none; the vendor's backend does not even read them.
#[tokio::test]
async fn support_reads_and_does_not_redrive() {
    let (cloud, _) = with_a_dead_fact().await;
    let id = listed(&cloud, "").await[0]["id"].as_str().unwrap().to_owned();
    for act in ["redrive", "dismiss"] {
        let path = format!("{LETTERS}/{id}/{act}");
        let reason = json!({ "reason": "kind" });
        let refused = Box::pin(cloud.call(cloud.support_key(), Method::POST, &path, &reason)).await;
        assert_eq!((refused.0, &refused.1["code"]), (403, &json!("forbidden")), "{act}");
        let (status, wrong) =
            Box::pin(cloud.call(cloud.staff_key(), Method::POST, &path, &json!({ "reason": " " })))
                .await;
        assert_eq!((status, &wrong["fields"][0]["field"]), (422, &json!("reason")), "{act}");
        let unknown = format!("{LETTERS}/dl_nothing/{act}");
        let (status, _) =
            Box::pin(cloud.call(cloud.staff_key(), Method::POST, &unknown, &reason)).await;
        assert_eq!(status, 404, "{act}");
    }
    assert_eq!(vendor(&cloud, Method::GET, LETTERS, &Value::Null).await.0, 403);
    assert_eq!(listed(&cloud, "").await.len(), 1, "it is open");
}

/// Goal: a message that SQS itself gave up is a letter without a reason, with its queue and its
/// receives, and goes back to that queue; if it dies again, the new letter names the earlier one.
#[tokio::test]
async fn a_message_that_sqs_gave_up_goes_back_to_its_queue() {
    let cloud = cloud_that_gives_up().await;
    open_account(&cloud, "acme").await;
    cloud.clock().advance("1h").await.unwrap();
    let crash = Script::at("Collections", 1, Fault::KillBefore);
    let dies = async || {
        cloud.clock().advance("20m").await.unwrap();
        assert!(has_fired(&cloud, &crash), "nothing crashed");
    };

    script(&cloud, &crash);
    let sent = Sent { body: r#"{"account":"acme"}"#.to_owned(), ..Sent::default() };
    cloud.queues().send("CollectionsQueue", sent).unwrap();
    dies().await;
    let letters = listed(&cloud, "").await;
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!((&letter["reason"], &letter["queue"]), (&Value::Null, &json!("collections")));
    assert_eq!((&letter["kind"], &letter["account"]), (&json!("account"), &json!("acme")));
    assert!(letter["receives"].as_u64().is_some_and(|count| count >= 1), "{letter}");

    script(&cloud, &crash);
    let (status, answer) = redrive(&cloud, letter["id"].as_str().unwrap()).await;
    assert_eq!(status, 200, "{answer}");
    dies().await;
    let second = listed(&cloud, "").await;
    assert_eq!((second.len(), &second[0]["earlier"]), (1, &letter["id"]), "{second:?}");

    redrive(&cloud, second[0]["id"].as_str().unwrap()).await;
    cloud.clock().advance("20m").await.unwrap();
    assert_eq!(cloud.queues().messages("CollectionsQueue").unwrap().len(), 0);
    assert_eq!(dead_letters(&cloud).await, []);
}

/// Goal: while the table is away letters stay on their queue; once it is back each is kept, once,
/// however often it was delivered.
#[tokio::test]
async fn a_letter_outlives_an_outage_of_the_table() {
    let cloud = cloud().await;
    let sent = Sent { body: "{\"this\": \"is no message\"}".to_owned(), ..Sent::default() };
    cloud.gate().set_away(&["DynamoDB"]);
    cloud.queues().send("DeadLetterQueue", sent.clone()).unwrap();
    cloud.queues().send("DeadLetterQueue", sent).unwrap();
    cloud.clock().advance("1h").await.unwrap();
    assert_eq!(cloud.queues().messages("DeadLetterQueue").unwrap().len(), 2, "one was lost");
    cloud.gate().set_away(&[]);
    cloud.clock().advance("10m").await.unwrap();

    assert_eq!(cloud.queues().messages("DeadLetterQueue").unwrap().len(), 0);
    assert_eq!(listed(&cloud, "").await.len(), 2);
}

/// Goal: a letter that was kept is not kept twice where the answer to the write, or the deletion of
/// the message, is lost.
#[tokio::test]
async fn a_crash_of_the_collector_keeps_a_letter_once() {
    for fault in [Fault::KillBefore, Fault::KillAfter, Fault::TimeoutAfter, Fault::Conflict] {
        let cloud = cloud().await;
        let scripted = Script::at("DeadLetters", 1, fault);
        script(&cloud, &scripted);
        let sent = Sent { body: r#"{"change":"pc_1"}"#.to_owned(), ..Sent::default() };
        cloud.queues().send("DeadLetterQueue", sent).unwrap();
        cloud.clock().advance("30m").await.unwrap();

        assert!(has_fired(&cloud, &scripted), "{fault:?}");
        assert_eq!(cloud.queues().messages("DeadLetterQueue").unwrap().len(), 0, "{fault:?}");
        let letters = listed(&cloud, "").await;
        assert_eq!(letters.len(), 1, "{fault:?}: {letters:?}");
        assert_eq!(letters[0]["kind"], "price_change", "{fault:?}");
    }
}

/// Goal: an event of which only the beginning is kept is not redriven, and is dismissed.
#[tokio::test]
async fn an_unreadable_event_is_dismissed() {
    let cloud = cloud().await;
    let broken = Invoice::automatic("in_1", "cus_acme", 4_900, NOW).with("currency", json!(7));
    post(&cloud, &broken.finalized(NOW), "dead_lettered").await;
    cloud.clock().run_due().await;

    let letter = listed(&cloud, "").await.remove(0);
    assert_eq!(
        (&letter["kind"], &letter["can_be_redriven"]),
        (&json!("unreadable_event"), &json!(false))
    );
    let id = letter["id"].as_str().unwrap();
    let (status, refused) = redrive(&cloud, id).await;
    assert_eq!((status, &refused["code"]), (409, &json!("letter_not_redrivable")), "{refused}");

    let path = format!("{LETTERS}/{id}/dismiss");
    let reason = json!({ "reason": "Sent again from Stripe." });
    let (status, dismissed) = staff_with_key(&cloud, &path, "k1", &reason).await;
    assert_eq!((status, &dismissed["status"]), (200, &json!("dismissed")), "{dismissed}");
    assert_eq!(cloud.queues().messages("RetryQueue").unwrap().len(), 0, "nothing is sent");
    assert_eq!(listed(&cloud, "").await, [Value::Null; 0]);
}

/// Goal: letters are listed newest first, page by page, without a gap; an unknown cursor and an
/// unknown status are refused.
#[tokio::test]
async fn letters_are_listed_page_by_page() {
    let cloud = cloud().await;
    for number in 0..7 {
        let sent = Sent { body: format!(r#"{{"change":"pc_{number}"}}"#), ..Sent::default() };
        cloud.queues().send("DeadLetterQueue", sent).unwrap();
        cloud.clock().advance("1m").await.unwrap();
    }

    let (mut seen, mut query) = (Vec::new(), "?limit=3".to_owned());
    loop {
        let (status, page) = read_as(&cloud, cloud.staff_key(), &format!("{LETTERS}{query}")).await;
        assert_eq!(status, 200, "{page}");
        let data = page["data"].as_array().unwrap();
        assert!(data.len() <= 3, "{page}");
        seen.extend(data.iter().map(|it| it["died_at"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        query = format!("?limit=3&cursor={next}");
    }
    let mut sorted = seen.clone();
    sorted.sort_by(|one, two| two.cmp(one));
    sorted.dedup();
    assert_eq!((seen.len(), &seen), (7, &sorted));

    for wrong in ["?cursor=x", "?status=lost", "?limit=0"] {
        let (status, _) = read_as(&cloud, cloud.staff_key(), &format!("{LETTERS}{wrong}")).await;
        assert_eq!(status, 422, "{wrong}");
    }
}
