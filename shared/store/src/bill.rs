//! A bill as an item. One for usage has an entry in the index `due` until it is invoiced, in its
//! month's place; for one of the rest of a period the standing has it.

use aws_sdk_dynamodb::types::AttributeValue;
use billing::bill::{Bill, Charge};
use billing::fact::Collection;
use billing::ids::{AccountId, InvoiceId};
use billing::intent::{Intent, IntentStatus};
use billing::money::{Currency, Money};
use billing::month::Month;
use billing::overage::Line;
use billing::voided::Rest;
use billing::words::Word;

use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys;

/// The item of a bill, at a version.
pub fn write(account: &AccountId, bill: &Bill, version: u64) -> Attributes {
    let intent = &bill.intent;
    let lines = bill.lines.iter().map(|line| AttributeValue::M(write_line(line)));
    let (writer, due) = match bill.charge {
        Charge::Usage(month) => {
            let item = Writer::item(keys::bill(account, month), "bill", version);
            let due = bill.is_open().then(|| keys::bill_due(account, month));
            (item.text("on", month.to_string()), due)
        }
        Charge::Rest(rest) => {
            let item = Writer::item(keys::rest_bill(account, rest.renewal), "bill", version);
            let item = item.number("renewal", rest.renewal.0);
            (item.number("from", rest.from.0).number("until", rest.until.0), None)
        }
    };
    let (partition, sort) = due.unzip();
    writer
        .text("plan", &*bill.plan)
        .list("lines", lines.collect())
        .number("total", bill.total.amount)
        .text("currency", bill.total.currency.as_str())
        .text("collect", bill.collection.word())
        .number("net", bill.net_days)
        .maybe_text("rates", bill.tax_rates.as_ref().map(|rates| rates.join(" ")))
        .text("token", &*intent.token)
        .text("status", intent.status.word())
        .number("begun_at", intent.begun_at.0)
        .number("attempt", intent.attempt)
        .number("attempted_at", intent.attempted_at.0)
        .flag("spent", intent.spent)
        .maybe_text("invoice", bill.invoice.as_ref().map(InvoiceId::as_str))
        .maybe_text("refused", bill.refused.as_deref())
        .maybe_text(keys::DUE_PK, partition)
        .maybe_text(keys::DUE_SK, sort)
        .done()
}

/// The bill of an item.
pub fn read(item: &Attributes) -> Result<Bill, StoreError> {
    let item = Reader::new(item);
    let charge = read_charge(item)?;
    let total = item.money("total", "currency")?;
    let lines = item.list("lines")?.iter();
    let lines = lines.map(|line| read_line(item.within(line)?, total.currency));
    let id = charge.id();
    Ok(Bill {
        version: item.number(keys::VERSION)?,
        charge,
        plan: item.text("plan")?.to_owned(),
        lines: lines.collect::<Result<_, _>>()?,
        total,
        collection: item.word("collect", Collection::of_word)?,
        net_days: item.number("net")?,
        tax_rates: item.maybe_text("rates")?.map(read_rates),
        intent: Intent {
            version: item.number(keys::VERSION)?,
            content: id.clone(),
            id,
            token: item.text("token")?.to_owned(),
            request: None,
            status: item.word("status", IntentStatus::of_word)?,
            begun_at: item.time("begun_at")?,
            attempt: item.number("attempt")?,
            attempted_at: item.time("attempted_at")?,
            spent: item.flag("spent")?,
        },
        invoice: item.maybe("invoice", |id| InvoiceId::parse(id).ok())?,
        refused: item.maybe_text("refused")?.map(str::to_owned),
    })
}

fn read_charge(item: Reader<'_>) -> Result<Charge, StoreError> {
    if let Some(month) = item.maybe("on", |text| Month::parse(text).ok())? {
        return Ok(Charge::Usage(month));
    }
    Ok(Charge::Rest(Rest {
        renewal: item.time("renewal")?,
        from: item.time("from")?,
        until: item.time("until")?,
    }))
}

fn read_rates(rates: &str) -> Vec<String> {
    rates.split_whitespace().map(str::to_owned).collect()
}

fn write_line(line: &Line) -> Attributes {
    Writer::default()
        .text("of", &*line.item)
        .maybe_text("by", line.sub_account.as_ref().map(AccountId::as_str))
        .text("says", &*line.description)
        .number("amount", line.amount.amount)
        .done()
}

fn read_line(line: Reader<'_>, currency: Currency) -> Result<Line, StoreError> {
    let amount = Money::new(line.number("amount")?, currency);
    let sub_account = line.maybe("by", |id| AccountId::parse(id).ok())?;
    let new = Line::new(line.text("of")?, line.text("says")?.to_owned(), amount);
    Ok(Line { sub_account, ..new })
}
