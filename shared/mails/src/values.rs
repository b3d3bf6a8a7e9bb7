//! Values of a mail's placeholders, from the entry and the facts of the moment.

use billing::ids::InvoiceId;
use billing::invoice::Invoice;
use billing::journal::{Entry, Value};
use billing::mails::Topic;
use billing::money::Money;

use crate::Letter;
use crate::format::{day, moment, money, month, number};
use crate::template::Values;

/// Most invoices that a mail names; the rest is counted.
const INVOICES_MAX: usize = 5;

/// Every value that a template may name. What is not known is empty.
pub fn of(letter: Letter<'_>) -> Values {
    let Letter { entry, facts, .. } = letter;
    let owed = owed(letter);
    let about = entry.about.clone().unwrap_or_default();
    let invoice = invoice(letter, &about);
    let number_of = |invoice: &Invoice| {
        let number = invoice.terms.as_ref().and_then(|terms| terms.number.clone());
        number.unwrap_or_else(|| invoice.id.to_string())
    };

    [
        ("vendor", letter.vendor.name.clone()),
        ("support", letter.vendor.support.clone()),
        ("account", one_line(letter.account_name)),
        ("month", month(&about)),
        ("threshold", text(entry, "threshold")),
        ("upcoming", text(entry, "upcoming")),
        ("invoices", invoices(&owed, number_of)),
        ("remaining", total(&owed, Invoice::remaining)),
        ("missing", total(&owed, missing)),
        ("invoice", invoice.map(number_of).unwrap_or_default()),
        ("total", invoice.map(total_of).unwrap_or_default()),
        ("next_attempt", next_attempt(invoice, facts.now.0)),
        ("disables_on", facts.standing.disables_on(facts.now).map(moment).unwrap_or_default()),
        ("price", about.clone()),
        ("price_before", before(entry, "amount")),
        ("price_after", text(entry, "amount")),
        ("effective_on", date(entry, "effective_at")),
        ("tokens", text(entry, "tokens")),
        ("paid", text(entry, "price")),
        ("reason", reason(&text(entry, "reason"), &text(entry, "decline_code"))),
        ("retried_on", moment_of(entry, "next_attempt_at")),
        ("plan", text(entry, "plan")),
        ("seats", text(entry, "seats")),
        ("period_end", date(entry, "period_end")),
        ("booked_for", booked_for(letter)),
        ("named", numbers(&named(letter), number_of)),
        ("reference", text(entry, "reference")),
        ("amount", text(entry, "amount")),
        ("received", text(entry, "received")),
        ("held_until", moment_of(entry, "held_until")),
        ("note", text(entry, "note")),
        ("prepaid", text(entry, "prepaid")),
        ("link", link(letter, &owed, invoice)),
    ]
    .into()
}

fn invoice<'a>(letter: Letter<'a>, id: &str) -> Option<&'a Invoice> {
    let id = InvoiceId::parse(id).ok()?;
    letter.facts.invoices.get(&id)
}

/// Invoices that the entry names.
fn named(letter: Letter<'_>) -> Vec<&Invoice> {
    let entry = letter.entry;
    let named = entry.because.iter().map(String::as_str).chain(entry.about.as_deref());
    named.filter_map(|id| invoice(letter, id)).collect()
}

/// Invoices that are owed now, of those that the entry names.
fn owed(letter: Letter<'_>) -> Vec<&Invoice> {
    named(letter).into_iter().filter(|invoice| invoice.is_owed()).collect()
}

fn numbers(invoices: &[&Invoice], number_of: impl Fn(&Invoice) -> String) -> String {
    let shown = invoices.iter().take(INVOICES_MAX).map(|invoice| number_of(invoice));
    with_more(&shown.collect::<Vec<_>>(), invoices.len())
}

/// A list of a few of so many invoices.
fn with_more(shown: &[String], all: usize) -> String {
    let list = shown.join(", ");
    match all.saturating_sub(INVOICES_MAX) {
        0 => list,
        more => format!("{list} and {more} more"),
    }
}

fn invoices(owed: &[&Invoice], number_of: impl Fn(&Invoice) -> String) -> String {
    let shown = owed.iter().take(INVOICES_MAX).map(|invoice| {
        let remaining = money(Money::new(invoice.remaining(), invoice.currency));
        format!("{} ({remaining})", number_of(invoice))
    });
    with_more(&shown.collect::<Vec<_>>(), owed.len())
}

/// What remains of an invoice without the money that waits for its rest.
fn missing(invoice: &Invoice) -> i64 {
    invoice.remaining().saturating_sub(invoice.holds.reserved)
}

/// Sum of an amount of several invoices, for each currency.
fn total(owed: &[&Invoice], amount: impl Fn(&Invoice) -> i64) -> String {
    let mut sums: Vec<Money> = Vec::new();
    for invoice in owed {
        let amount = amount(invoice);
        let known = sums.iter_mut().find(|sum| sum.currency == invoice.currency);
        match known {
            Some(sum) => sum.amount = sum.amount.saturating_add(amount),
            None => sums.push(Money::new(amount, invoice.currency)),
        }
    }
    sums.into_iter().map(money).collect::<Vec<_>>().join(" and ")
}

fn total_of(invoice: &Invoice) -> String {
    let total = invoice.terms.as_ref().map(|terms| Money::new(terms.total, invoice.currency));
    total.map(money).unwrap_or_default()
}

fn next_attempt(invoice: Option<&Invoice>, now: i64) -> String {
    let next = invoice.and_then(|invoice| invoice.attempts.next_at);
    next.filter(|next| next.0 > now).map(moment).unwrap_or_default()
}

fn after<'a>(entry: &'a Entry, field: &str) -> Option<&'a Value> {
    entry.changes.iter().find(|change| change.field == field)?.after.as_ref()
}

fn worded(value: &Value) -> String {
    match value {
        Value::Text(text) => one_line(text),
        Value::Number(it) => number(*it),
        Value::Money(it) => money(*it),
        Value::Time(at) => moment(*at),
    }
}

fn text(entry: &Entry, field: &str) -> String {
    after(entry, field).map(worded).unwrap_or_default()
}

fn before(entry: &Entry, field: &str) -> String {
    let change = entry.changes.iter().find(|change| change.field == field);
    change.and_then(|change| change.before.as_ref()).map(worded).unwrap_or_default()
}

fn date(entry: &Entry, field: &str) -> String {
    match after(entry, field) {
        Some(Value::Time(at)) => day(*at),
        Some(Value::Text(_) | Value::Number(_) | Value::Money(_)) | None => String::new(),
    }
}

fn moment_of(entry: &Entry, field: &str) -> String {
    match after(entry, field) {
        Some(Value::Time(at)) => moment(*at),
        Some(Value::Text(_) | Value::Number(_) | Value::Money(_)) | None => String::new(),
    }
}

fn booked_for(letter: Letter<'_>) -> String {
    let pending = letter.facts.standing.pending.as_ref();
    pending.map(|pending| day(pending.at)).unwrap_or_default()
}

/// Reason of a pause, or of a decline, in plain words.
fn reason(reason: &str, decline: &str) -> String {
    let words = match (reason, decline) {
        ("authentication_required", _) => "The payment needs the card holder's confirmation.",
        ("dispute", _) => "A payment for credits is disputed.",
        ("no_payment_method", _) => "There is no payment method on file.",
        (_, "insufficient_funds") => "There were not enough funds on the card.",
        (_, "expired_card") => "The card has expired.",
        (_, "") if reason.is_empty() => {
            "The month's spending limit has no room for another purchase."
        }
        _ => "The card was declined.",
    };
    words.to_owned()
}

/// The one link that helps: Stripe's page of what is owed, else the dashboard.
fn link(letter: Letter<'_>, owed: &[&Invoice], invoice: Option<&Invoice>) -> String {
    let page = match letter.kind.topic() {
        Topic::Debt => {
            let first = owed.first().copied().or(invoice);
            let hosted = first.and_then(|invoice| invoice.links.hosted_invoice_url.clone());
            if let Some(hosted) = hosted.filter(|url| url.starts_with("http")) {
                return hosted;
            }
            "invoices"
        }
        Topic::Spend => "usage",
        Topic::Prices | Topic::Subscription => "plan",
        Topic::Recharge => "credits",
        Topic::Transfers => "payments",
    };
    let account = letter.account;
    let url = letter.entry_url.map(|url| format!("{url}?account={account}&next=/{page}"));
    url.unwrap_or_default()
}

/// A text of a person's in one line, without control characters.
pub fn one_line(text: &str) -> String {
    let spaced = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    spaced.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}
