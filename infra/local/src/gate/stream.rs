//! Records of the table's stream, made of committed writes.

use std::collections::VecDeque;

use billing::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Gate;
use super::operation::{After, Written};
use crate::tasks::lock;
use crate::template::matches;

/// A record of the stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StreamRecord {
    /// Time of the write.
    pub at: Timestamp,
    /// The record as Lambda hands it over.
    pub value: Value,
}

/// Records that nobody has taken yet.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Stream {
    #[serde(skip)]
    filters: Vec<Value>,
    records: VecDeque<StreamRecord>,
    written: u64,
}

impl Stream {
    /// Goes on with records that were kept, by the filters that hold.
    pub(super) fn go_on(&mut self, kept: Self) {
        let filters = std::mem::take(&mut self.filters);
        *self = Self { filters, ..kept };
    }

    /// Keeps the record of a write, if a filter lets it through.
    pub(super) fn wrote(&mut self, written: &Written, now: Timestamp) {
        let (Some((pk, sk)), After::At(place)) = (&written.item, &written.after) else { return };
        if self.filters.is_empty() {
            return;
        }
        self.written = self.written.saturating_add(1);
        let mut image = json!({ "pk": { "S": pk }, "sk": { "S": sk } });
        let keys = image.clone();
        if let (Some((partition, sort)), Some(image)) = (place, image.as_object_mut()) {
            image.insert("due_pk".to_owned(), json!({ "S": partition }));
            image.insert("due_sk".to_owned(), json!({ "S": sort }));
        }
        let value = json!({
            "eventID": format!("{:032x}", self.written),
            "eventName": if written.is_new { "INSERT" } else { "MODIFY" },
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "dynamodb": {
                "ApproximateCreationDateTime": now.0,
                "Keys": keys,
                "NewImage": image,
                "SequenceNumber": format!("{:021}", self.written),
                "StreamViewType": "NEW_IMAGE",
            },
        });
        if self.filters.iter().any(|filter| matches(filter, &value)) {
            self.records.push_back(StreamRecord { at: now, value });
        }
    }
}

impl Gate {
    /// Keeps records from now on that one of these filters lets through.
    pub fn keep_stream(&self, filters: Vec<Value>) {
        lock(&self.state).stream.filters = filters;
    }

    /// Takes the records that were kept, in the order of their writes.
    pub fn take_stream(&self) -> Vec<StreamRecord> {
        lock(&self.state).stream.records.drain(..).collect()
    }
}
