//! A bill as an item. Until it is invoiced it has an entry in the index `due`, in its month's place.

use aws_sdk_dynamodb::types::AttributeValue;
use billing::bill::Bill;
use billing::fact::Collection;
use billing::ids::{AccountId, InvoiceId};
use billing::intent::{Intent, IntentStatus};
use billing::money::{Currency, Money};
use billing::month::Month;
use billing::overage::Line;
use billing::words::Word;

use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys;

/// The item of a bill, at a version.
pub fn write(account: &AccountId, bill: &Bill, version: u64) -> Attributes {
    let Bill { month, intent, .. } = bill;
    let lines = bill.lines.iter().map(|line| AttributeValue::M(write_line(line)));
    let (partition, sort) = keys::bill_due(account, *month);
    let due = bill.is_open();
    Writer::item(keys::bill(account, *month), "bill", version)
        .text("on", month.to_string())
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
        .maybe_text(keys::DUE_PK, due.then_some(partition))
        .maybe_text(keys::DUE_SK, due.then_some(sort))
        .done()
}

/// The bill of an item.
pub fn read(item: &Attributes) -> Result<Bill, StoreError> {
    let item = Reader::new(item);
    let month = item.word("on", |text| Month::parse(text).ok())?;
    let total = item.money("total", "currency")?;
    let lines = item.list("lines")?.iter();
    let lines = lines.map(|line| read_line(item.within(line)?, total.currency));
    let id = month.to_string();
    Ok(Bill {
        version: item.number(keys::VERSION)?,
        month,
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

fn read_rates(rates: &str) -> Vec<String> {
    rates.split_whitespace().map(str::to_owned).collect()
}

fn write_line(line: &Line) -> Attributes {
    Writer::default()
        .text("of", &*line.item)
        .text("says", &*line.description)
        .number("amount", line.amount.amount)
        .done()
}

fn read_line(line: Reader<'_>, currency: Currency) -> Result<Line, StoreError> {
    Ok(Line {
        item: line.text("of")?.to_owned(),
        description: line.text("says")?.to_owned(),
        amount: Money::new(line.number("amount")?, currency),
    })
}
