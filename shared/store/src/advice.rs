//! An advice of a transfer as an item. Until staff have decided it stands in the index `due`, in
//! the order in which advices were submitted.

use aws_sdk_dynamodb::types::AttributeValue;
use billing::advice::{Advice, AdviceStatus, Verdict};
use billing::ids::{AccountId, InvoiceId};
use billing::month::Day;
use billing::words::Word;

use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys;

/// The item of an advice, at a version.
pub fn write(account: &AccountId, advice: &Advice, version: u64) -> Attributes {
    let (partition, place) = keys::advice_due(advice.submitted_at, &advice.id);
    let is_undecided = advice.verdict.as_ref().is_none_or(|it| it.status.is_undecided());
    let verdict = advice.verdict.as_ref().map(write_verdict).unwrap_or_default();
    Writer::item(keys::advice(account, &advice.id), "advice", version)
        .text("id", &*advice.id)
        .list("invoices", advice.invoices.iter().map(|id| text(id.as_str())).collect())
        .text("reference", &*advice.reference)
        .text("paid_on", advice.paid_on.to_string())
        .number("amount", advice.amount.amount)
        .text("currency", advice.amount.currency.as_str())
        .maybe_text("note", advice.note.as_deref())
        .number("at", advice.submitted_at.0)
        .number("ends", advice.expires_at.0)
        .maybe_time("held", advice.held_until)
        .map("verdict", verdict)
        .maybe_text(keys::DUE_PK, is_undecided.then_some(partition))
        .maybe_text(keys::DUE_SK, is_undecided.then_some(place))
        .done()
}

/// The advice of an item.
pub fn read(item: &Attributes) -> Result<Advice, StoreError> {
    let item = Reader::new(item);
    Ok(Advice {
        version: item.number(keys::VERSION)?,
        id: item.text("id")?.to_owned(),
        invoices: read_invoices(item)?,
        reference: item.text("reference")?.to_owned(),
        paid_on: item.word("paid_on", |day| Day::parse(day).ok())?,
        amount: item.money("amount", "currency")?,
        note: item.maybe_text("note")?.map(str::to_owned),
        submitted_at: item.time("at")?,
        expires_at: item.time("ends")?,
        held_until: item.maybe_time("held")?,
        verdict: item.map("verdict")?.map(read_verdict).transpose()?,
    })
}

fn write_verdict(verdict: &Verdict) -> Attributes {
    Writer::default()
        .text("status", verdict.status.word())
        .number("at", verdict.at.0)
        .text("by", &*verdict.by)
        .maybe_text("note", verdict.note.as_deref())
        .maybe_text("receipt", verdict.receipt.as_deref())
        .done()
}

fn read_verdict(map: Reader<'_>) -> Result<Verdict, StoreError> {
    Ok(Verdict {
        status: map.word("status", AdviceStatus::of_word)?,
        at: map.time("at")?,
        by: map.text("by")?.to_owned(),
        note: map.maybe_text("note")?.map(str::to_owned),
        receipt: map.maybe_text("receipt")?.map(str::to_owned),
    })
}

fn read_invoices(item: Reader<'_>) -> Result<Vec<InvoiceId>, StoreError> {
    let wrong = || item.corrupt("`invoices` has what is not the id of an invoice");
    let ids = item.list("invoices")?.iter().map(|value| {
        let id = value.as_s().ok().and_then(|id| InvoiceId::parse(id).ok());
        id.ok_or_else(wrong)
    });
    ids.collect()
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}
