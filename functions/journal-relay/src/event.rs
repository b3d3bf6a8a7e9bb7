//! Records of a table's stream, as far as they are read, and the answer to a batch.

use std::collections::{BTreeMap, BTreeSet};

use billing::ids::AccountId;
use billing::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A batch of the stream.
#[derive(Debug, Default, Deserialize)]
pub struct StreamEvent {
    /// Records in the order of the shard.
    #[serde(rename = "Records", default)]
    pub records: Vec<StreamRecord>,
}

/// One record.
#[derive(Debug, Default, Deserialize)]
pub struct StreamRecord {
    /// The changed item.
    #[serde(default)]
    pub dynamodb: Changed,
}

/// An item that changed.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Changed {
    /// Its key.
    #[serde(default)]
    pub keys: Keys,
    /// The item.
    #[serde(default)]
    pub new_image: Image,
    /// Place in the shard.
    #[serde(default)]
    pub sequence_number: String,
}

/// Key of an item.
#[derive(Debug, Default, Deserialize)]
pub struct Keys {
    /// Partition key.
    #[serde(default)]
    pub pk: Text,
    /// Sort key.
    #[serde(default)]
    pub sk: Text,
}

/// Attributes of an item that decide whether it is mailed.
#[derive(Debug, Default, Deserialize)]
pub struct Image {
    /// Partition of the index, while something of the item is due.
    #[serde(default)]
    pub due_pk: Text,
}

/// Text of DynamoDB.
#[derive(Debug, Default, Deserialize)]
pub struct Text {
    /// The text.
    #[serde(rename = "S", default)]
    pub text: String,
}

/// Answer to a batch.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failures {
    /// The first record that is to come again; all behind it do too.
    pub batch_item_failures: Vec<Failure>,
}

/// A record that is to come again.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// Its sequence number.
    pub item_identifier: String,
}

impl StreamEvent {
    /// Accounts with new records of their journal.
    pub fn accounts(&self) -> BTreeSet<AccountId> {
        let records = self.records.iter().filter_map(|it| it.dynamodb.keys.record());
        records.map(|(account, _)| account).collect()
    }

    /// Accounts with new records that are to be mailed, each with the time of the earliest.
    pub fn accounts_to_mail(&self) -> BTreeMap<AccountId, Timestamp> {
        let mut accounts = BTreeMap::new();
        let is_due = |it: &&StreamRecord| !it.dynamodb.new_image.due_pk.text.is_empty();
        let due = self.records.iter().filter(is_due);
        for (account, at) in due.filter_map(|it| it.dynamodb.keys.record()) {
            let since = accounts.entry(account).or_insert(at);
            *since = at.min(*since);
        }
        accounts
    }
}

impl Keys {
    /// Account and time of a record of the journal.
    fn record(&self) -> Option<(AccountId, Timestamp)> {
        store::keys::record_of(&self.pk.text, &self.sk.text)
    }
}

impl Failures {
    /// The batch is done.
    pub fn none() -> Self {
        Self { batch_item_failures: Vec::new() }
    }

    /// The batch comes again.
    pub fn from_first(event: &StreamEvent) -> Self {
        let first = event.records.first();
        let first = first.map(|record| record.dynamodb.sequence_number.clone());
        let failure = first.map(|item_identifier| Failure { item_identifier });
        Self { batch_item_failures: failure.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"Records": [
        {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "100", "Keys": {
            "pk": {"S": "ACCOUNT#acme"}, "sk": {"S": "JOURNAL#2026-11-22T09:00:05Z#0000000002"}},
            "NewImage": {"due_pk": {"S": "NOTIFY#3"}}}},
        {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "101", "Keys": {
            "pk": {"S": "ACCOUNT#acme"}, "sk": {"S": "JOURNAL#2026-11-22T09:00:00Z#0000000001"}},
            "NewImage": {"due_pk": {"S": "NOTIFY#3"}}}},
        {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "104", "Keys": {
            "pk": {"S": "ACCOUNT#zoe"}, "sk": {"S": "JOURNAL#2026-11-22T09:00:00Z#0000000001"}}}},
        {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "102", "Keys": {
            "pk": {"S": "ACCOUNT#acme"}, "sk": {"S": "STANDING"}}}},
        {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "103", "Keys": {
            "pk": {"N": "1"}, "sk": {"S": "JOURNAL#soon#1"}}}},
        {}
    ]}"#;

    /// Goal: records of the journal alone are handed on, each account once, to be mailed with its
    /// earliest; what cannot be read fails no batch.
    #[test]
    fn accounts_of_a_batch_are_found() {
        let event: StreamEvent = serde_json::from_str(EVENT).unwrap();
        let acme = AccountId::parse("acme").unwrap();
        let since = Timestamp::parse("2026-11-22T09:00:00Z").unwrap();
        let zoe = AccountId::parse("zoe").unwrap();
        assert_eq!(event.accounts(), BTreeSet::from([acme.clone(), zoe]));
        assert_eq!(event.accounts_to_mail(), BTreeMap::from([(acme, since)]));
    }

    /// Goal: a batch that failed comes again from its first record on.
    #[test]
    fn a_failed_batch_comes_again_as_a_whole() {
        let event: StreamEvent = serde_json::from_str(EVENT).unwrap();
        let failed = serde_json::to_value(Failures::from_first(&event)).unwrap();
        assert_eq!(failed["batchItemFailures"][0]["itemIdentifier"], "100");
        let none = serde_json::to_value(Failures::none()).unwrap();
        assert_eq!(none["batchItemFailures"], serde_json::json!([]));
        assert_eq!(Failures::from_first(&StreamEvent::default()), Failures::none());
    }
}
