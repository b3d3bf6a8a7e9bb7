//! A receipt of money that came outside of Stripe as an item.

use aws_sdk_dynamodb::types::AttributeValue;
use billing::ids::{AccountId, InvoiceId};
use billing::intent::{Intent, IntentStatus};
use billing::money::Money;
use billing::month::Day;
use billing::receipt::{Applied, Part, PartState, Receipt, Source};
use billing::words::Word;

use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys;

/// The item of a receipt, at a version.
pub fn write(account: &AccountId, receipt: &Receipt, version: u64) -> Attributes {
    let Receipt { intent, .. } = receipt;
    Writer::item(keys::receipt(account, &receipt.id), "receipt", version)
        .text("id", &*receipt.id)
        .maybe_text("request", receipt.request.as_deref())
        .text("source", receipt.source.word())
        .maybe_number("number", receipt.number)
        .text("reference", &*receipt.reference)
        .text("came_on", receipt.received_on.to_string())
        .number("amount", receipt.amount.amount)
        .text("currency", receipt.amount.currency.as_str())
        .number("at", receipt.recorded_at.0)
        .list("parts", receipt.parts.iter().map(|it| map(write_part(it))).collect())
        .number("credit", receipt.credit)
        .number("credited", receipt.credited)
        .number("crediting", receipt.crediting)
        .list("applied", receipt.applied.iter().map(|it| map(write_applied(it))).collect())
        .number("reversed", receipt.reversed)
        .number("reversing", receipt.reversing)
        .maybe_number("claimed", Some(receipt.claimed).filter(|it| *it != 0))
        .maybe_number("claiming", Some(receipt.claiming).filter(|it| *it != 0))
        .text("token", &*intent.token)
        .number("attempt", intent.attempt)
        .number("attempted_at", intent.attempted_at.0)
        .flag("spent", intent.spent)
        .done()
}

/// The receipt of an item.
pub fn read(item: &Attributes) -> Result<Receipt, StoreError> {
    let item = Reader::new(item);
    let (id, recorded_at) = (item.text("id")?.to_owned(), item.time("at")?);
    let amount: Money = item.money("amount", "currency")?;
    let parts = item.list("parts")?.iter().map(|part| read_part(item.within(part)?));
    let applied = item.list("applied")?.iter().map(|it| read_applied(item.within(it)?));
    Ok(Receipt {
        version: item.number(keys::VERSION)?,
        request: item.maybe_text("request")?.map(str::to_owned),
        source: item.word("source", Source::of_word)?,
        number: item.maybe_number("number")?,
        reference: item.text("reference")?.to_owned(),
        received_on: item.word("came_on", |day| Day::parse(day).ok())?,
        amount,
        recorded_at,
        parts: parts.collect::<Result<_, StoreError>>()?,
        credit: item.number("credit")?,
        credited: item.number("credited")?,
        crediting: item.number("crediting")?,
        applied: applied.collect::<Result<_, StoreError>>()?,
        reversed: item.number("reversed")?,
        reversing: item.number("reversing")?,
        claimed: item.maybe_number("claimed")?.unwrap_or(0),
        claiming: item.maybe_number("claiming")?.unwrap_or(0),
        intent: Intent {
            version: 0,
            id: id.clone(),
            token: item.text("token")?.to_owned(),
            content: String::new(),
            request: None,
            status: IntentStatus::Open,
            begun_at: recorded_at,
            attempt: item.number("attempt")?,
            attempted_at: item.time("attempted_at")?,
            spent: item.flag("spent")?,
        },
        id,
    })
}

fn write_part(part: &Part) -> Attributes {
    Writer::default()
        .text("of", part.invoice.as_str())
        .number("amount", part.amount)
        .text("state", part.state.word())
        .number("since", part.since.0)
        .maybe_text("now", part.replacement.as_ref().map(InvoiceId::as_str))
        .done()
}

fn read_part(map: Reader<'_>) -> Result<Part, StoreError> {
    Ok(Part {
        invoice: map.word("of", |id| InvoiceId::parse(id).ok())?,
        amount: map.number("amount")?,
        state: map.word("state", PartState::of_word)?,
        since: map.time("since")?,
        replacement: map.maybe("now", |id| InvoiceId::parse(id).ok())?,
    })
}

fn write_applied(applied: &Applied) -> Attributes {
    Writer::default()
        .maybe_text("to", applied.invoice.as_ref().map(InvoiceId::as_str))
        .number("amount", applied.amount)
        .number("at", applied.at.0)
        .done()
}

fn read_applied(map: Reader<'_>) -> Result<Applied, StoreError> {
    Ok(Applied {
        invoice: map.maybe("to", |id| InvoiceId::parse(id).ok())?,
        amount: map.number("amount")?,
        at: map.time("at")?,
    })
}

fn map(attributes: Attributes) -> AttributeValue {
    AttributeValue::M(attributes)
}
