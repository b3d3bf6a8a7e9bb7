//! Rows of the monthly exports (F7), in the columns that a bookkeeper sorts and adds up.
//!
//! Amounts are in minor units and have the sign of the statement of account: more is owed, or
//! prepaid, above zero, and less below it. Adding up a column of one currency gives what the
//! accounts' statements add up to.

use std::collections::{BTreeMap, BTreeSet};

use billing::fact::InvoiceKind;
use billing::ids::{AccountId, InvoiceId};
use billing::invoice::Invoice;
use billing::money::{Money, TooLarge};
use billing::profile::Profile;
use billing::receipt::{Receipt, Source};
use billing::statement::{InCurrency, Method, Moved, Movement};
use billing::time::{DAY_SECONDS, Timestamp};
use billing::words::Word;

use crate::csv::Cell;

/// Columns of issued invoices.
pub const INVOICES: [&str; 13] = [
    "account",
    "name",
    "country",
    "recorded_at",
    "issued_at",
    "invoice",
    "number",
    "kind",
    "due_at",
    "currency",
    "net",
    "tax",
    "total",
];
/// Columns of payments.
pub const PAYMENTS: [&str; 11] = [
    "account",
    "name",
    "recorded_at",
    "at",
    "kind",
    "method",
    "invoice",
    "number",
    "currency",
    "amount",
    "references",
];
/// Columns of credit notes.
pub const CREDIT_NOTES: [&str; 9] =
    ["account", "name", "recorded_at", "at", "kind", "invoice", "number", "currency", "amount"];
/// Columns of taxes.
pub const TAX: [&str; 11] = [
    "account",
    "name",
    "country",
    "tax_ids",
    "currency",
    "invoices",
    "invoices_without_tax",
    "net",
    "tax",
    "total",
    "credit_notes",
];
/// Columns of prepaid money.
pub const PREPAYMENTS: [&str; 8] =
    ["account", "name", "currency", "opening", "received", "applied", "reversed", "closing"];
/// Columns of receivables.
pub const RECEIVABLES: [&str; 10] = [
    "account",
    "name",
    "invoice",
    "number",
    "issued_at",
    "due_at",
    "days_overdue",
    "age",
    "currency",
    "amount",
];
/// Columns of unspent credits.
pub const CREDITS: [&str; 4] = ["account", "name", "at", "credits"];

/// An account in a month, as it is exported.
#[derive(Debug, Clone, Copy)]
pub struct Account<'a> {
    /// Its id.
    pub id: &'a AccountId,
    /// Its profile.
    pub profile: &'a Profile,
    /// Its statement.
    pub currencies: &'a [InCurrency],
    /// Invoices that are owed at the end.
    pub receivables: &'a BTreeMap<InvoiceId, Money>,
    /// Invoices that are named.
    pub invoices: &'a BTreeMap<InvoiceId, Invoice>,
    /// Its receipts.
    pub receipts: &'a BTreeMap<String, Receipt>,
    /// End of the month, or now.
    pub end: Timestamp,
}

/// Rows of an account, or a sum that does not fit.
pub type Rows<const N: usize> = Result<Vec<[Cell; N]>, TooLarge>;

/// Invoices that were issued.
///
/// # Errors
/// [`TooLarge`].
pub fn invoices(account: &Account<'_>) -> Rows<13> {
    let row = |(movement, invoice): (&Movement, Option<&Invoice>)| {
        let terms = invoice.and_then(|invoice| invoice.terms.as_ref());
        let total = movement.amount;
        let tax = terms.and_then(|terms| terms.tax);
        let net = tax.map(|tax| total.amount.checked_sub(tax).ok_or(TooLarge)).transpose()?;
        Ok([
            Cell::value(account.id),
            Cell::text(Some(&account.profile.name)),
            country(account),
            Cell::value(movement.recorded_at),
            Cell::optional(terms.map(|terms| terms.finalized_at)),
            Cell::value(&movement.about),
            number(invoice),
            Cell::optional(terms.map(|terms| InvoiceKind::word(terms.kind))),
            Cell::optional(terms.and_then(|terms| terms.due_at)),
            Cell::value(total.currency),
            Cell::optional(net),
            Cell::optional(tax),
            Cell::value(total.amount),
        ])
    };
    movements(account, |moved| moved == Moved::Invoice).map(row).collect()
}

/// Payments of invoices, and payments that went back, with their method.
///
/// # Errors
/// None: every sum is of one movement.
pub fn payments(account: &Account<'_>) -> Rows<11> {
    let is_one = |moved| matches!(moved, Moved::Payment(_) | Moved::PaymentReturned);
    let row = |(movement, invoice): (&Movement, Option<&Invoice>)| {
        Ok([
            Cell::value(account.id),
            Cell::text(Some(&account.profile.name)),
            Cell::value(movement.recorded_at),
            Cell::value(movement.at),
            Cell::value(movement.moved.as_str()),
            Cell::optional(movement.moved.method().map(Word::word)),
            Cell::value(&movement.about),
            number(invoice),
            Cell::value(movement.amount.currency),
            Cell::value(movement.amount.amount),
            Cell::text(Some(&references(account, movement))),
        ])
    };
    movements(account, is_one).map(row).collect()
}

/// Credit notes, those that were voided, and money of paid invoices that they gave back.
///
/// # Errors
/// None: every sum is of one movement.
pub fn credit_notes(account: &Account<'_>) -> Rows<9> {
    let is_one =
        |moved| matches!(moved, Moved::CreditNote | Moved::CreditNoteVoided | Moved::Refund);
    let row = |(movement, invoice): (&Movement, Option<&Invoice>)| {
        Ok([
            Cell::value(account.id),
            Cell::text(Some(&account.profile.name)),
            Cell::value(movement.recorded_at),
            Cell::value(movement.at),
            Cell::value(movement.moved.as_str()),
            Cell::value(&movement.about),
            number(invoice),
            Cell::value(movement.amount.currency),
            Cell::value(movement.amount.amount),
        ])
    };
    movements(account, is_one).map(row).collect()
}

/// Tax of issued invoices, by currency. Stripe does not say what tax a credit note takes back:
/// credit notes are given as they are, tax included.
///
/// # Errors
/// [`TooLarge`].
pub fn tax(account: &Account<'_>) -> Rows<11> {
    let mut rows = Vec::new();
    for it in account.currencies {
        let zero = Money::new(0, it.currency);
        let (mut total, mut tax, mut count, mut unknown) = (zero, zero, 0_usize, 0_usize);
        let issued = it.receivable.lines.iter().map(|line| &line.movement);
        for movement in issued.filter(|movement| movement.moved == Moved::Invoice) {
            total = total.plus(movement.amount.amount)?;
            count = count.saturating_add(1);
            match named(account, movement).and_then(|invoice| invoice.terms.as_ref()?.tax) {
                Some(amount) => tax = tax.plus(amount)?,
                None => unknown = unknown.saturating_add(1),
            }
        }
        let is_note = |moved| matches!(moved, Moved::CreditNote | Moved::CreditNoteVoided);
        let notes = it.receivable.sum(is_note)?;
        if count == 0 && notes.amount == 0 {
            continue;
        }
        let net = total.plus(tax.amount.checked_neg().ok_or(TooLarge)?)?;
        let tax_ids = account.profile.tax_ids.0.values().map(|it| it.snapshot.value.as_str());
        rows.push([
            Cell::value(account.id),
            Cell::text(Some(&account.profile.name)),
            country(account),
            Cell::text(Some(&tax_ids.collect::<Vec<_>>().join(" "))),
            Cell::value(it.currency),
            Cell::value(count),
            Cell::value(unknown),
            Cell::value(net.amount),
            Cell::value(tax.amount),
            Cell::value(total.amount),
            Cell::value(notes.amount),
        ]);
    }
    Ok(rows)
}

/// Prepaid money at the beginning and at the end, and what moved it, by currency.
///
/// # Errors
/// [`TooLarge`].
pub fn prepayments(account: &Account<'_>) -> Rows<8> {
    let is_empty = |it: &&InCurrency| {
        let prepaid = &it.prepaid;
        prepaid.lines.is_empty() && prepaid.opening.amount == 0 && prepaid.closing.amount == 0
    };
    let row = |it: &InCurrency| {
        let prepaid = &it.prepaid;
        Ok([
            Cell::value(account.id),
            Cell::text(Some(&account.profile.name)),
            Cell::value(it.currency),
            Cell::value(prepaid.opening.amount),
            Cell::value(prepaid.sum(|moved| moved == Moved::PrepaymentReceived)?.amount),
            Cell::value(prepaid.sum(|moved| moved == Moved::PrepaymentApplied)?.amount),
            Cell::value(prepaid.sum(|moved| moved == Moved::PrepaymentReversed)?.amount),
            Cell::value(prepaid.closing.amount),
        ])
    };
    account.currencies.iter().filter(|it| !is_empty(it)).map(row).collect()
}

/// Invoices that were owed at the end, by age.
///
/// # Errors
/// None: every sum is of one invoice.
pub fn receivables(account: &Account<'_>) -> Rows<10> {
    let row = |(id, owed): (&InvoiceId, &Money)| {
        let invoice = account.invoices.get(id);
        let terms = invoice.and_then(|invoice| invoice.terms.as_ref());
        let due = terms.map(|terms| terms.due_at.unwrap_or(terms.finalized_at));
        let days = due.map_or(0, |due| account.end.0.saturating_sub(due.0).div_euclid(DAY_SECONDS));
        Ok([
            Cell::value(account.id),
            Cell::text(Some(&account.profile.name)),
            Cell::value(id),
            number(invoice),
            Cell::optional(terms.map(|terms| terms.finalized_at)),
            Cell::optional(due),
            Cell::value(days.max(0)),
            Cell::value(age(days)),
            Cell::value(owed.currency),
            Cell::value(owed.amount),
        ])
    };
    account.receivables.iter().map(row).collect()
}

/// Unspent credits at the end; no row where there are none.
pub fn credits(account: (&AccountId, &Profile), end: Timestamp, credits: i64) -> Vec<[Cell; 4]> {
    let (id, profile) = account;
    let row =
        [Cell::value(id), Cell::text(Some(&profile.name)), Cell::value(end), Cell::value(credits)];
    if credits == 0 { Vec::new() } else { vec![row] }
}

/// Age of a receivable by the days that it is overdue.
fn age(days: i64) -> &'static str {
    match days {
        i64::MIN..=0 => "not_overdue",
        1..=30 => "1-30",
        31..=60 => "31-60",
        61..=90 => "61-90",
        91.. => "over_90",
    }
}

/// Movements of what is owed, with their invoices.
fn movements<'a>(
    account: &'a Account<'_>,
    is_one: impl Fn(Moved) -> bool + 'a,
) -> impl Iterator<Item = (&'a Movement, Option<&'a Invoice>)> {
    let lines = account.currencies.iter().flat_map(|it| &it.receivable.lines);
    let movements = lines.map(|line| &line.movement).filter(move |it| is_one(it.moved));
    movements.map(|movement| (movement, named(account, movement)))
}

fn named<'a>(account: &'a Account<'_>, movement: &Movement) -> Option<&'a Invoice> {
    InvoiceId::parse(&movement.about).ok().and_then(|id| account.invoices.get(&id))
}

fn number(invoice: Option<&Invoice>) -> Cell {
    Cell::text(invoice.and_then(|invoice| invoice.terms.as_ref()?.number.as_deref()))
}

fn country(account: &Account<'_>) -> Cell {
    Cell::text(account.profile.details.address.country.as_deref())
}

/// References of the transfers by which a movement paid its invoice.
fn references(account: &Account<'_>, movement: &Movement) -> String {
    let is_of_method = |source: Source| match movement.moved.method() {
        Some(Method::Transfer) => source != Source::Prepayment,
        Some(Method::Prepayment) => source == Source::Prepayment,
        Some(Method::Stripe) | None => false,
    };
    let receipts = account.receipts.values().filter(|receipt| is_of_method(receipt.source));
    let own = receipts
        .filter(|receipt| receipt.parts.iter().any(|part| part.invoice.as_str() == movement.about));
    let references: BTreeSet<&str> = own.map(|receipt| receipt.reference.as_str()).collect();
    references.into_iter().collect::<Vec<_>>().join("; ")
}
