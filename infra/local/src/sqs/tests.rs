use std::collections::BTreeMap;

use billing::time::Timestamp;
use serde_json::{Value, json};

use super::message::{Attribute, md5_of_attributes};
use super::*;
use crate::tests::{NOON, stub_cloud};

fn sent(body: &str) -> Sent {
    Sent { body: body.to_owned(), ..Sent::default() }
}

#[tokio::test]
async fn a_message_that_is_done_is_gone_and_one_that_failed_stays_out_of_sight() {
    let cloud = stub_cloud().await;
    let bodies = ["put a", "fail", "put b"];
    for body in bodies {
        cloud.queues().send("Retry", sent(body)).unwrap();
    }

    cloud.clock().run_due().await;

    let left = cloud.queues().messages("Retry").unwrap();
    assert_eq!(left.iter().map(|message| message.body.as_str()).collect::<Vec<_>>(), ["fail"]);
    let depth = cloud.queues().depth("Retry").unwrap();
    assert_eq!(depth, Depth { visible: 0, in_flight: 1, delayed: 0 });
    assert_eq!(left[0].visible_at, Timestamp::parse(NOON).unwrap().plus_seconds(60));
}

#[tokio::test]
async fn a_poison_message_reaches_the_dead_letter_queue_after_its_receives_and_can_come_back() {
    let cloud = stub_cloud().await;
    cloud.queues().send("Retry", sent("fail")).unwrap();

    cloud.clock().advance("59s").await.unwrap();
    assert_eq!(cloud.queues().messages("Retry").unwrap()[0].receives, 1);
    cloud.clock().advance("1h").await.unwrap();

    assert_eq!(cloud.queues().depth("Retry").unwrap(), Depth::default());
    let dead = cloud.queues().messages("Dead").unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].reason().as_deref(), Some("received 3 times from Retry without success"));
    assert_eq!(cloud.queues().redrive("Dead"), Ok(1));
    let back = cloud.queues().messages("Retry").unwrap();
    assert_eq!((back.len(), back[0].moved_from.as_deref()), (1, None));
    assert_eq!(cloud.queues().redrive("Dead"), Ok(0));
}

#[tokio::test]
async fn a_delayed_message_falls_due_at_its_time() {
    let cloud = stub_cloud().await;
    let later = Sent { delay_seconds: Some(900), ..sent("put late") };
    cloud.queues().send("Retry", later).unwrap();

    cloud.clock().advance("899s").await.unwrap();
    assert_eq!(cloud.queues().depth("Retry").unwrap().delayed, 1);
    cloud.clock().advance("1s").await.unwrap();

    assert_eq!(cloud.queues().depth("Retry").unwrap(), Depth::default());
    assert_eq!(cloud.gate().calls().len(), 1);
}

#[tokio::test]
async fn a_move_of_the_clock_stops_at_each_due_time() {
    let cloud = stub_cloud().await;
    // Each puts the next one on the queue; the times at which they are sent show when they ran.
    let later = Sent { delay_seconds: Some(100), ..sent("send put x") };
    cloud.queues().send("Retry", later).unwrap();

    cloud.clock().advance("1d").await.unwrap();

    let at: Vec<i64> = cloud
        .gate()
        .calls()
        .iter()
        .map(|call| call.at.0 - Timestamp::parse(NOON).unwrap().0)
        .collect();
    assert_eq!(at, [100, 100], "the first is sent and the second runs when the first fell due");
}

#[tokio::test]
async fn messages_are_forgotten_after_their_retention() {
    let cloud = stub_cloud().await;
    cloud.queues().send("Dead", sent("old")).unwrap();
    cloud.clock().advance("3d").await.unwrap();
    assert_eq!(cloud.queues().depth("Dead").unwrap().visible, 1);
    cloud.clock().advance("1d").await.unwrap();
    assert_eq!(cloud.queues().depth("Dead").unwrap(), Depth::default());
}

#[tokio::test]
async fn the_sdk_understands_the_endpoint() {
    let cloud = stub_cloud().await;
    let client = cloud.host("Stub").sqs().unwrap();
    let url = format!("{}/000000000000/Dead", cloud.sqs_url());
    let reason = aws_sdk_sqs::types::MessageAttributeValue::builder()
        .data_type("String")
        .string_value("why")
        .build()
        .unwrap();

    let message = client.send_message().queue_url(&url).message_body("hello");
    let answer = message.message_attributes("reason", reason).send().await.unwrap();
    assert_eq!(answer.md5_of_message_body(), Some("5d41402abc4b2a76b9719d911017c592"));
    let received = client.receive_message().queue_url(&url).send().await.unwrap();
    let message = &received.messages()[0];
    assert_eq!(message.body(), Some("hello"));
    let receipt = message.receipt_handle().unwrap();
    client.delete_message().queue_url(&url).receipt_handle(receipt).send().await.unwrap();

    assert_eq!(cloud.queues().depth("Dead").unwrap(), Depth::default());
    let nowhere = client.send_message().queue_url(format!("{url}s")).message_body("x").send().await;
    assert!(nowhere.unwrap_err().into_service_error().is_queue_does_not_exist());
    let empty = client.send_message().queue_url(&url).message_body("").send().await;
    assert!(empty.is_err());
}

#[test]
fn an_event_has_the_shape_that_lambda_gets() {
    let message = Message {
        id: "m-1".to_owned(),
        body: "hello".to_owned(),
        attributes: BTreeMap::from([(
            "reason".to_owned(),
            Attribute {
                data_type: "String".to_owned(),
                string_value: Some("why".to_owned()),
                binary_value: None,
            },
        )]),
        sent_at: Timestamp(1_520_621_625),
        visible_at: Timestamp(1_520_621_700),
        receives: 2,
        first_received_at: Some(Timestamp(1_520_621_634)),
        receipt: Some("r-1".to_owned()),
        moved_from: None,
    };
    let places = crate::template::Places::new("http://127.0.0.1:1".to_owned());
    let text = pump::event("Retry", std::slice::from_ref(&message), &places);

    let record = serde_json::from_str::<Value>(&text).unwrap()["Records"][0].clone();
    let attributes = json!({
        "ApproximateReceiveCount": "2",
        "SentTimestamp": "1520621625000",
        "SenderId": "AROALOCAL:tollgate",
        "ApproximateFirstReceiveTimestamp": "1520621634000",
    });
    assert_eq!(record["attributes"], attributes);
    assert_eq!(record["eventSourceARN"], "arn:aws:sqs:us-east-1:000000000000:Retry");
    assert_eq!(record["messageAttributes"]["reason"]["stringValue"], "why");
    assert_eq!(record["md5OfBody"], "5d41402abc4b2a76b9719d911017c592");
    let event: aws_lambda_events::sqs::SqsEvent = serde_json::from_str(&text).unwrap();
    assert_eq!(event.records[0].message_id.as_deref(), Some("m-1"));
    assert_eq!(message.reason().as_deref(), Some("why"));
}

#[test]
fn the_digest_of_attributes_is_the_one_that_sqs_computes() {
    let attribute = |kind: &str, value: &str| Attribute {
        data_type: kind.to_owned(),
        string_value: Some(value.to_owned()),
        binary_value: None,
    };
    assert_eq!(md5_of_attributes(&BTreeMap::new()), None);
    let one = BTreeMap::from([("a".to_owned(), attribute("String", "b"))]);
    // printf '\0\0\0\1a\0\0\0\6String\1\0\0\0\1b' | md5sum
    assert_eq!(md5_of_attributes(&one).unwrap(), "bef8bf215374a0a228d67533b1a488be");
}
