//! The due index as the gate sees it: which item stands where in it, and how it stood some writes
//! ago.
//!
//! The gate notes every write that passes through it. Writes past the gate (a test's own client)
//! are not in this index.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use billing::time::Timestamp;
use serde_json::{Value, json};

/// Writes that are kept, to be taken back for a query that is behind.
const CHANGES_MAX: usize = 64;
/// Age at which every query sees a write, in seconds.
const LAG_SECONDS_MAX: i64 = 5;

/// An item: its partition and its sort key.
pub type ItemKey = (String, String);
/// Its place in the index: partition and sort key.
type Place = (String, String);

/// The index.
#[derive(Debug, Default)]
pub struct Index {
    places: BTreeMap<ItemKey, Place>,
    /// Sort keys, to find what falls due next.
    sorted: BTreeSet<(String, ItemKey)>,
    changes: VecDeque<Change>,
}

/// One write of one item.
#[derive(Debug, Clone)]
struct Change {
    at: Timestamp,
    item: ItemKey,
    before: Option<Place>,
    after: Option<Place>,
}

/// A query of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    partition: String,
    since: String,
    until: String,
    /// The last entry of the page before, in the order of the index.
    after: Option<(String, ItemKey)>,
}

impl Range {
    /// Reads a query of ours: `due_pk = :pk AND due_sk BETWEEN :since AND :until`, forwards.
    pub fn of(query: &Value) -> Option<Self> {
        let text = |pointer: &str| query.pointer(pointer).and_then(Value::as_str);
        let value = |name: &str| text(&format!("/ExpressionAttributeValues/:{name}/S"));
        let after = query.get("ExclusiveStartKey").and_then(entry);
        Some(Self {
            partition: value("pk")?.to_owned(),
            since: value("since")?.to_owned(),
            until: value("until")?.to_owned(),
            after: after.map(|(item, (_, sort))| (sort, item)),
        })
    }

    fn has(&self, (partition, sort): &Place) -> bool {
        *partition == self.partition && *sort >= self.since && *sort <= self.until
    }
}

impl Index {
    /// Keeps that an item stands at a place from now on, or at none.
    pub fn wrote(&mut self, item: ItemKey, after: Option<Place>, at: Timestamp) {
        let before = self.places.remove(&item);
        if before == after && before.is_none() {
            return;
        }
        if let Some((_, sort)) = &before {
            self.sorted.remove(&(sort.clone(), item.clone()));
        }
        if let Some((partition, sort)) = &after {
            self.sorted.insert((sort.clone(), item.clone()));
            self.places.insert(item.clone(), (partition.clone(), sort.clone()));
        }
        if before != after {
            if self.changes.len() >= CHANGES_MAX {
                self.changes.pop_front();
            }
            self.changes.push_back(Change { at, item, before, after });
        }
    }

    /// Time at which a query up to a later moment first finds an entry that one up to this moment
    /// may not have found: an entry of the very second stands behind it, by what follows the time.
    pub fn next_due(&self, behind: Timestamp) -> Option<Timestamp> {
        let from = (behind.to_string(), ItemKey::default());
        let mut times = self.sorted.range(from..).filter_map(|(sort, _)| {
            let at = Timestamp::parse(sort.get(..20)?).ok()?;
            Some(at.max(behind.plus_seconds(1)))
        });
        times.next()
    }

    /// An answer to a query as it was so many writes ago.
    pub fn behind(&self, answer: &mut Value, range: &Range, writes: usize, now: Timestamp) {
        let young = |change: &&Change| change.at.plus_seconds(LAG_SECONDS_MAX) > now;
        let undone = self.changes.iter().rev().take(writes).take_while(young);
        let last = answer.get("LastEvaluatedKey").and_then(entry);
        let last = last.map(|(item, (_, sort))| (sort, item));
        let Some(items) = answer.get_mut("Items").and_then(Value::as_array_mut) else { return };

        let mut entries: BTreeMap<(String, ItemKey), Value> = std::mem::take(items)
            .into_iter()
            .filter_map(|value| {
                let (item, (_, sort)) = entry(&value)?;
                Some(((sort, item), value))
            })
            .collect();
        for Change { item, before, after, .. } in undone {
            if let Some((_, sort)) = after {
                entries.remove(&(sort.clone(), item.clone()));
            }
            let Some(before) = before.as_ref().filter(|before| range.has(before)) else { continue };
            let key = (before.1.clone(), item.clone());
            let is_on_page = range.after.as_ref().is_none_or(|after| key > *after)
                && last.as_ref().is_none_or(|last| key <= *last);
            if is_on_page {
                let value = written(item, before);
                entries.insert(key, value);
            }
        }
        items.extend(entries.into_values());
    }
}

/// An entry of the index, or a key of one: the item and its place.
fn entry(value: &Value) -> Option<(ItemKey, Place)> {
    let text = |name: &str| Some(value.get(name)?.get("S")?.as_str()?.to_owned());
    Some(((text("pk")?, text("sk")?), (text("due_pk")?, text("due_sk")?)))
}

fn written(item: &ItemKey, place: &Place) -> Value {
    json!({
        "pk": { "S": item.0 }, "sk": { "S": item.1 },
        "due_pk": { "S": place.0 }, "due_sk": { "S": place.1 },
    })
}

/// The key of an item, or of the key of one, as a request writes it.
pub fn item_key(value: &Value) -> Option<ItemKey> {
    let text = |name: &str| Some(value.get(name)?.get("S")?.as_str()?.to_owned());
    Some((text("pk")?, text("sk")?))
}

/// The place of a whole item in the index.
pub fn place_of(value: &Value) -> Option<(String, String)> {
    entry(value).map(|(_, place)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: &str) -> ItemKey {
        (format!("ACCOUNT#{id}"), "CREDITS".to_owned())
    }

    fn at(minute: i64) -> (String, String) {
        ("RECHARGE#1".to_owned(), Timestamp(minute.saturating_mul(60)).to_string())
    }

    fn range(until: i64) -> Range {
        let (partition, until) = at(until);
        Range { partition, since: "0".to_owned(), until, after: None }
    }

    fn found(answer: &Value) -> Vec<String> {
        let items = answer["Items"].as_array().unwrap().iter();
        items.map(|it| it["pk"]["S"].as_str().unwrap().to_owned()).collect()
    }

    /// Goal: a query is as it was some writes ago, in order: what came since is not there, what
    /// went is.
    #[test]
    fn a_query_is_as_it_was_some_writes_ago() {
        let mut index = Index::default();
        let now = Timestamp(6_000);
        index.wrote(item("a"), Some(at(10)), now);
        index.wrote(item("b"), Some(at(20)), now);
        index.wrote(item("a"), Some(at(90)), now);
        let fresh = || json!({ "Items": [written(&item("b"), &at(20))] });

        for (writes, expected) in [
            (0, vec!["ACCOUNT#b"]),
            (1, vec!["ACCOUNT#a", "ACCOUNT#b"]),
            (2, vec!["ACCOUNT#a"]),
            (3, vec![]),
        ] {
            let mut answer = fresh();
            index.behind(&mut answer, &range(30), writes, now);
            assert_eq!(found(&answer), expected, "{writes} writes");
        }
        let mut later = fresh();
        index.behind(&mut later, &range(30), 3, now.plus_seconds(LAG_SECONDS_MAX));
        assert_eq!(found(&later), ["ACCOUNT#b"], "a write is seen after some seconds");
    }

    /// Goal: what falls due next is found, and an entry that left is not.
    #[test]
    fn what_falls_due_next_is_found() {
        let mut index = Index::default();
        let now = Timestamp(6_000);
        index.wrote(item("a"), Some(at(10)), now);
        index.wrote(item("b"), Some(at(20)), now);
        index.wrote(item("c"), Some(("BILL#1".to_owned(), "2026-11#c".to_owned())), now);
        assert_eq!(index.next_due(Timestamp(0)), Some(Timestamp(600)));
        assert_eq!(index.next_due(Timestamp(600)), Some(Timestamp(601)), "of the very second");
        assert_eq!(index.next_due(Timestamp(601)), Some(Timestamp(1_200)));
        index.wrote(item("b"), None, now);
        assert_eq!(index.next_due(Timestamp(601)), None);
    }
}
