//! A message, and how it looks in an event that Lambda gets.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use billing::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::template::Places;

/// A message attribute as SQS's JSON protocol writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Attribute {
    /// `String`, `Number` or `Binary`, with an optional label.
    pub data_type: String,
    /// Of text and numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub string_value: Option<String>,
    /// Of bytes, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binary_value: Option<String>,
}

/// One message in a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// SQS's id.
    pub id: String,
    /// Its text.
    pub body: String,
    /// Its attributes.
    pub attributes: BTreeMap<String, Attribute>,
    /// Time at which it was sent.
    pub sent_at: Timestamp,
    /// Time from which on it can be received.
    pub visible_at: Timestamp,
    /// How often it was received.
    pub receives: u32,
    /// Time at which it was received first.
    pub first_received_at: Option<Timestamp>,
    /// What the last receiver deletes it by.
    pub receipt: Option<String>,
    /// The queue that it was moved here from.
    pub moved_from: Option<String>,
}

impl Message {
    /// The queue that a dead letter belongs to, if the function that sent it says so.
    pub fn sent_for(&self) -> Option<String> {
        let url = self.attributes.get("queue")?.string_value.as_ref()?;
        Some(Places::queue_name(url).to_owned())
    }

    /// Reason why it is in a dead-letter queue: what the sender says, or that it was received too
    /// often.
    pub fn reason(&self) -> Option<String> {
        let attribute =
            self.attributes.get("reason").and_then(|attribute| attribute.string_value.clone());
        attribute
            .or_else(|| {
                let body: Value = serde_json::from_str(&self.body).ok()?;
                Some(body.get("reason")?.as_str()?.to_owned())
            })
            .or_else(|| {
                let queue = self.moved_from.as_ref()?;
                Some(format!("received {} times from {queue} without success", self.receives))
            })
    }

    /// As one record of an event.
    pub fn record(&self, queue: &str, places: &Places) -> Value {
        let milliseconds = |at: Timestamp| at.0.saturating_mul(1_000).to_string();
        let first = self.first_received_at.unwrap_or(self.visible_at);
        let mut system = json!({
            "ApproximateReceiveCount": self.receives.to_string(),
            "SentTimestamp": milliseconds(self.sent_at),
            "SenderId": "AROALOCAL:tollgate",
            "ApproximateFirstReceiveTimestamp": milliseconds(first),
        });
        if let (Some(from), Some(system)) = (&self.moved_from, system.as_object_mut()) {
            let arn = Value::String(places.queue_arn(from));
            system.insert("DeadLetterQueueSourceArn".to_owned(), arn);
        }
        let attributes: serde_json::Map<String, Value> = self
            .attributes
            .iter()
            .map(|(name, attribute)| (name.clone(), record_of(attribute)))
            .collect();
        let mut record = json!({
            "messageId": self.id,
            "receiptHandle": self.receipt,
            "body": self.body,
            "attributes": system,
            "messageAttributes": attributes,
            "md5OfBody": md5_of(self.body.as_bytes()),
            "eventSource": "aws:sqs",
            "eventSourceARN": places.queue_arn(queue),
            "awsRegion": places.region,
        });
        if let (Some(digest), Some(record)) =
            (md5_of_attributes(&self.attributes), record.as_object_mut())
        {
            record.insert("md5OfMessageAttributes".to_owned(), Value::String(digest));
        }
        record
    }
}

fn record_of(attribute: &Attribute) -> Value {
    let mut record = json!({
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": attribute.data_type,
    });
    if let Some(record) = record.as_object_mut() {
        if let Some(text) = &attribute.string_value {
            record.insert("stringValue".to_owned(), Value::String(text.clone()));
        }
        if let Some(bytes) = &attribute.binary_value {
            record.insert("binaryValue".to_owned(), Value::String(bytes.clone()));
        }
    }
    record
}

/// The digest that SQS answers with, in hexadecimal.
pub fn md5_of(bytes: &[u8]) -> String {
    format!("{:x}", md5::compute(bytes))
}

/// The digest of the attributes by SQS's rule: name, type and value in order of the names, each
/// after its length, with a byte that says text or bytes. None when there are none.
pub fn md5_of_attributes(attributes: &BTreeMap<String, Attribute>) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut bytes = Vec::new();
    for (name, attribute) in attributes {
        push(&mut bytes, name.as_bytes());
        push(&mut bytes, attribute.data_type.as_bytes());
        if let Some(value) = &attribute.binary_value {
            bytes.push(2);
            push(&mut bytes, &STANDARD.decode(value).unwrap_or_default());
        } else {
            bytes.push(1);
            let value = attribute.string_value.as_deref().unwrap_or_default();
            push(&mut bytes, value.as_bytes());
        }
    }
    Some(md5_of(&bytes))
}

fn push(out: &mut Vec<u8>, part: &[u8]) {
    let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(part);
}
