//! A record of the journal as an item: codes and values, no prose (see `billing::journal`).

use aws_sdk_dynamodb::types::AttributeValue;
use billing::ids::AccountId;
use billing::journal::{
    Actor, ActorKind, Cause, CauseKind, Entry, FieldChange, Kind, Record, Value,
};
use billing::mails::MailKind;
use billing::money::{Currency, Money};
use billing::time::Timestamp;

use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys;

/// The item of a new record. One that is to be mailed is in the index until that is decided.
pub fn write(account: &AccountId, record: &Record) -> Attributes {
    let item = attributes(account, record, 1);
    if !record.entries.iter().any(|entry| MailKind::of(entry).is_some()) {
        return item.done();
    }
    let (partition, sort) = keys::notify_place(account, record.at);
    item.text(keys::DUE_PK, partition).text(keys::DUE_SK, sort).done()
}

/// The item of a record whose mails are decided.
pub(crate) fn decided(account: &AccountId, record: &Record) -> Attributes {
    attributes(account, record, 2).done()
}

fn attributes(account: &AccountId, record: &Record, version: u64) -> Writer {
    let entries = record.entries.iter().map(|entry| AttributeValue::M(write_entry(entry)));
    Writer::item(keys::journal(account, record.at, record.sequence), "journal", version)
        .number("at", record.at.0)
        .number("seq", record.sequence)
        .text("by", record.cause.kind.as_str())
        .text("cause", &*record.cause.id)
        .list("who", write_actor(record.cause.actor.as_ref()))
        .maybe_text("why", record.cause.reason.as_deref())
        .list("entries", entries.collect())
        .maybe_number("n", record.first)
}

/// `[kind, id, name]`; nothing without an actor.
pub(crate) fn write_actor(actor: Option<&Actor>) -> Vec<AttributeValue> {
    let Some(Actor { kind, id, name }) = actor else { return Vec::new() };
    [kind.as_str(), id, name].map(|text| AttributeValue::S(text.to_owned())).into()
}

/// The actor of an item, if it has one.
pub(crate) fn read_actor(
    item: &Reader<'_>,
    name: &'static str,
) -> Result<Option<Actor>, StoreError> {
    let texts = item.list(name)?.iter().filter_map(|text| text.as_s().ok());
    let texts: Vec<&String> = texts.collect();
    let actor = match texts.as_slice() {
        [] => return Ok(None),
        [kind, id, label] => ActorKind::parse(kind).map(|kind| Actor {
            kind,
            id: (*id).clone(),
            name: (*label).clone(),
        }),
        _ => None,
    };
    let wrong = || item.corrupt(format!("`{name}` is no actor"));
    actor.map(Some).ok_or_else(wrong)
}

/// The record of an item.
pub fn read(item: &Attributes) -> Result<Record, StoreError> {
    let item = Reader::new(item);
    let entries = item.list("entries")?.iter().map(|entry| read_entry(item.within(entry)?));
    Ok(Record {
        at: item.time("at")?,
        sequence: item.number("seq")?,
        cause: Cause {
            kind: item.word("by", CauseKind::parse)?,
            id: item.text("cause")?.to_owned(),
            actor: read_actor(&item, "who")?,
            reason: item.maybe_text("why")?.map(str::to_owned),
        },
        entries: entries.collect::<Result<_, _>>()?,
        first: item.maybe_number("n")?,
    })
}

fn write_entry(entry: &Entry) -> Attributes {
    let because = entry.because.iter().map(|id| AttributeValue::S(id.clone()));
    Writer::default()
        .number("at", entry.at.0)
        .text("k", entry.kind.as_str())
        .maybe_text("on", entry.about.as_deref())
        .list("ch", entry.changes.iter().map(write_change).collect())
        .list("why", because.collect())
        .done()
}

fn read_entry(entry: Reader<'_>) -> Result<Entry, StoreError> {
    let because = entry.list("why")?.iter().map(|id| {
        id.as_s().cloned().map_err(|_| entry.corrupt("`why` holds something else than ids"))
    });
    let changes = entry.list("ch")?.iter().map(|change| {
        read_change(change).ok_or_else(|| entry.corrupt("`ch` holds something else than changes"))
    });
    Ok(Entry {
        at: entry.time("at")?,
        kind: entry.word("k", Kind::parse)?,
        about: entry.maybe_text("on")?.map(str::to_owned),
        changes: changes.collect::<Result<_, _>>()?,
        because: because.collect::<Result<_, _>>()?,
    })
}

/// `[field, before, after]`.
fn write_change(change: &FieldChange) -> AttributeValue {
    AttributeValue::L(vec![
        AttributeValue::S(change.field.clone()),
        write_value(change.before.as_ref()),
        write_value(change.after.as_ref()),
    ])
}

fn read_change(change: &AttributeValue) -> Option<FieldChange> {
    let [field, before, after] = change.as_l().ok()?.as_slice() else {
        return None;
    };
    Some(FieldChange {
        field: field.as_s().ok()?.clone(),
        before: read_value(before)?,
        after: read_value(after)?,
    })
}

/// Text is text, a number a number, a moment a map, money a list of amount and currency.
fn write_value(value: Option<&Value>) -> AttributeValue {
    match value {
        None => AttributeValue::Null(true),
        Some(Value::Text(text)) => AttributeValue::S(text.clone()),
        Some(Value::Number(number)) => AttributeValue::N(number.to_string()),
        Some(Value::Time(at)) => AttributeValue::M(Writer::default().number("t", at.0).done()),
        Some(Value::Money(money)) => AttributeValue::L(vec![
            AttributeValue::N(money.amount.to_string()),
            AttributeValue::S(money.currency.to_string()),
        ]),
    }
}

#[expect(clippy::option_option, reason = "no value is a value here; unreadable is the outer none")]
fn read_value(value: &AttributeValue) -> Option<Option<Value>> {
    if value.is_null() {
        return Some(None);
    }
    if let Ok(text) = value.as_s() {
        return Some(Some(Value::Text(text.clone())));
    }
    if let Ok(number) = value.as_n() {
        return Some(Some(Value::Number(number.parse().ok()?)));
    }
    if let Ok(map) = value.as_m() {
        let at = map.get("t")?.as_n().ok()?.parse().ok()?;
        return Some(Some(Value::Time(Timestamp(at))));
    }
    let [amount, currency] = value.as_l().ok()?.as_slice() else { return None };
    let currency = Currency::parse(currency.as_s().ok()?).ok()?;
    let amount = amount.as_n().ok()?.parse().ok()?;
    Some(Some(Value::Money(Money::new(amount, currency))))
}
