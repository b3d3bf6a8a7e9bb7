//! A bill as an item. One for usage has an entry in the index `due` until it is invoiced, in its
//! month's place; for one of the rest of a period the standing has it. Many lines are pages of
//! their own, written once.

use aws_sdk_dynamodb::types::AttributeValue;
use billing::bill::{Bill, Charge, LINES_OF_PAGE};
use billing::fact::Collection;
use billing::ids::{AccountId, InvoiceId};
use billing::intent::{Intent, IntentStatus};
use billing::money::{Currency, Money};
use billing::month::Month;
use billing::overage::{Line, Measure};
use billing::voided::Rest;
use billing::words::Word;
use invocation::Invocation;

use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys;

/// The item of a bill, at a version.
pub fn write(account: &AccountId, bill: &Bill, version: u64) -> Attributes {
    let intent = &bill.intent;
    let own = if bill.pages == 0 { bill.lines.as_slice() } else { &[] };
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
        .list("lines", own.iter().map(written).collect())
        .maybe_number("pages", Some(bill.pages).filter(|pages| *pages > 0))
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
    let lines = read_lines(item, total.currency)?;
    let id = charge.id();
    Ok(Bill {
        version: item.number(keys::VERSION)?,
        charge,
        plan: item.text("plan")?.to_owned(),
        lines,
        pages: item.maybe_number("pages")?.unwrap_or(0),
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

fn written(line: &Line) -> AttributeValue {
    let measure = line.measure.as_ref();
    let item = Writer::default()
        .text("of", &*line.item)
        .maybe_text("by", line.sub_account.as_ref().map(AccountId::as_str))
        .text("says", &*line.description)
        .number("amount", line.amount.amount)
        .maybe_number("units", measure.map(|it| it.quantity))
        .maybe_text("unit", measure.map(|it| it.unit.as_str()))
        .maybe_text("each", measure.and_then(|it| it.unit_price).map(|each| each.to_string()))
        .maybe_time("from", line.period.map(|(from, _)| from))
        .maybe_time("to", line.period.map(|(_, to)| to));
    AttributeValue::M(item.done())
}

fn read_lines(item: Reader<'_>, currency: Currency) -> Result<Vec<Line>, StoreError> {
    let lines = item.list("lines")?.iter();
    lines.map(|line| read_line(item.within(line)?, currency)).collect()
}

/// Pages of the lines of a new bill, which its own item does not hold.
pub(crate) fn write_pages(account: &AccountId, bill: &Bill) -> Vec<Attributes> {
    let (Charge::Usage(month), true) = (bill.charge, bill.pages > 0) else { return Vec::new() };
    let page = |(number, lines): (usize, &[Line])| {
        Writer::item(keys::bill_lines(account, month, number), "bill_lines", 1)
            .list("lines", lines.iter().map(written).collect())
            .done()
    };
    bill.lines.chunks(LINES_OF_PAGE).enumerate().map(page).collect()
}

impl Store {
    /// A bill with the lines that its own item does not hold: one request, and none for a bill that
    /// holds them.
    ///
    /// # Errors
    /// Any of the table's; also a page that is missing.
    pub async fn with_lines(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        mut bill: Bill,
    ) -> Result<Bill, StoreError> {
        let Charge::Usage(month) = bill.charge else { return Ok(bill) };
        let keys = (0..bill.pages).map(|number| keys::bill_lines(account, month, number));
        let keys: Vec<_> = keys.collect();
        if keys.is_empty() {
            return Ok(bill);
        }
        let pages = self.batch_all(invocation, &keys).await?;
        let missing = || StoreError::Rejected(format!("a page of the bill of {month} is missing"));
        for key in &keys {
            let item = pages.get(key).ok_or_else(missing)?;
            bill.lines.extend(read_lines(Reader::new(item), bill.total.currency)?);
        }
        Ok(bill)
    }
}

fn read_line(line: Reader<'_>, currency: Currency) -> Result<Line, StoreError> {
    let amount = Money::new(line.number("amount")?, currency);
    let sub_account = line.maybe("by", |id| AccountId::parse(id).ok())?;
    let new = Line::new(line.text("of")?, line.text("says")?.to_owned(), amount);
    let measure = match (line.maybe_number("units")?, line.maybe_text("unit")?) {
        (Some(units), Some(unit)) => Some(Measure::read(units, unit, line.maybe_text("each")?)),
        _ => None,
    };
    let period = line.maybe_time("from")?.zip(line.maybe_time("to")?);
    Ok(Line { sub_account, measure, period, ..new })
}
