//! Movements that the entries of a journal tell.

use super::{Books, Method, Moved, Movement};
use crate::explain::is_about_an_invoice;
use crate::fact::{InvoiceEvent, InvoiceStatus};
use crate::ids::InvoiceId;
use crate::invoice::Invoice;
use crate::journal::transfers::TransferEvent;
use crate::journal::{Entry, FieldChange, Kind, Record, Value};
use crate::money::{Currency, Money};
use crate::receipt::{Part, PartState, Source};
use crate::words::Word;

/// All movements of the records, oldest first.
pub(super) fn all(books: Books<'_>) -> Vec<Movement> {
    let oldest_first = books.records.iter().rev();
    let entries = oldest_first.flat_map(|record| record.entries.iter().map(move |it| (record, it)));
    entries.flat_map(|(record, entry)| of_entry(books, record, entry)).collect()
}

fn of_entry(books: Books<'_>, record: &Record, entry: &Entry) -> Vec<Movement> {
    let Some(about) = entry.about.clone() else { return Vec::new() };
    let moves = if is_about_an_invoice(entry.kind) {
        of_invoice(books, &about, entry)
    } else if let Kind::Transfer(event) = entry.kind {
        prepaid(event, entry).into_iter().collect()
    } else {
        Vec::new()
    };
    let movement = |(moved, amount)| Movement {
        at: entry.at,
        recorded_at: record.at,
        moved,
        about: about.clone(),
        amount,
    };
    moves.into_iter().map(movement).collect()
}

/// Movements of what is owed for an invoice.
fn of_invoice(books: Books<'_>, about: &str, entry: &Entry) -> Vec<(Moved, Money)> {
    let Ok(id) = InvoiceId::parse(about) else { return Vec::new() };
    if books.uncounted.contains(&id) {
        return Vec::new();
    }

    let invoice = books.invoices.get(&id);
    let mut moves = Vec::new();
    if let Some(change) = change(entry, "amount_remaining") {
        match (money(change.before.as_ref()), money(change.after.as_ref())) {
            (None, Some(after)) => moves.extend(issued(books, (&id, invoice), entry, after)),
            (Some(before), Some(after)) => {
                let amount = after.amount.saturating_sub(before.amount);
                moves.extend(moved(books, &id, entry, Money::new(amount, after.currency)));
            }
            (_, None) => {}
        }
    }
    moves.extend(given_back(entry));
    moves
}

/// An invoice that the account did not have before: its total, its use of the balance, and what was
/// settled of it by then.
fn issued(
    books: Books<'_>,
    (id, invoice): (&InvoiceId, Option<&Invoice>),
    entry: &Entry,
    remaining: Money,
) -> Vec<(Moved, Money)> {
    let of = |amount: i64| Money::new(amount, remaining.currency);
    let Some(terms) = invoice.and_then(|invoice| invoice.terms.as_ref()) else {
        return vec![(Moved::Invoice, remaining)];
    };
    let mut moves = vec![(Moved::Invoice, of(terms.total))];
    let balance = terms.due.saturating_sub(terms.total);
    if balance != 0 {
        moves.push((Moved::BalanceApplied, of(balance)));
    }
    let settled = remaining.amount.saturating_sub(terms.due);
    moves.extend(moved(books, id, entry, of(settled)));
    moves
}

/// A change of what remains of an invoice.
fn moved(books: Books<'_>, id: &InvoiceId, entry: &Entry, amount: Money) -> Vec<(Moved, Money)> {
    if amount.amount == 0 {
        return Vec::new();
    }
    let is_now = |status: InvoiceStatus| {
        let after = change(entry, "status").and_then(|change| change.after.as_ref());
        after.is_some_and(|after| *after == Value::Text(status.word().to_owned()))
    };
    let is_voided = entry.kind == Kind::Invoice(InvoiceEvent::Voided);
    if entry.kind == Kind::CreditNoteVoided {
        vec![(Moved::CreditNoteVoided, amount)]
    } else if entry.kind == Kind::CreditNoteIssued {
        vec![(Moved::CreditNote, amount)]
    } else if amount.amount > 0 {
        vec![(Moved::PaymentReturned, amount)]
    } else if is_voided || is_now(InvoiceStatus::Void) {
        vec![(Moved::Void, amount)]
    } else if is_now(InvoiceStatus::Paid) {
        paid(books, id, amount)
    } else if is_now(InvoiceStatus::Open) && has_notes(books, id) {
        vec![(Moved::CreditNote, amount)]
    } else {
        vec![(Moved::Payment(Method::Stripe), amount)]
    }
}

fn has_notes(books: Books<'_>, id: &InvoiceId) -> bool {
    books.invoices.get(id).is_some_and(|invoice| !invoice.credit_notes.is_empty())
}

/// The payment of an invoice, by the money that came outside of Stripe for it and the rest.
fn paid(books: Books<'_>, id: &InvoiceId, amount: Money) -> Vec<(Moved, Money)> {
    let mut left = amount.amount.saturating_neg();
    let mut moves = Vec::new();
    for (method, is_of_it) in [(Method::Transfer, false), (Method::Prepayment, true)] {
        let of_source = books.receipts.values().filter(|receipt| match receipt.source {
            Source::Prepayment => is_of_it,
            Source::Advice | Source::Transfer => !is_of_it,
        });
        let parts = of_source.flat_map(|receipt| &receipt.parts);
        let own = parts.filter(|part| part.invoice == *id && paid_it(part));
        let came = own.fold(0_i64, |sum, part| sum.saturating_add(part.amount)).min(left);
        if came > 0 {
            left = left.saturating_sub(came);
            moves.push((Moved::Payment(method), came));
        }
    }
    if left > 0 {
        moves.push((Moved::Payment(Method::Stripe), left));
    }
    let taken =
        |(moved, came): (Moved, i64)| (moved, Money::new(came.saturating_neg(), amount.currency));
    moves.into_iter().map(taken).collect()
}

/// True for a part that paid its invoice, or is paying it, whatever became of the money later.
fn paid_it(part: &Part) -> bool {
    match part.state {
        PartState::Paying | PartState::Settled | PartState::Returning => true,
        PartState::Returned => part.replacement.is_some(),
        PartState::Reserved => false,
    }
}

/// A credit note on a paid invoice takes off what its money gives back: what is owed stays.
fn given_back(entry: &Entry) -> Vec<(Moved, Money)> {
    let note = change(entry, "post_payment").filter(|_| entry.kind == Kind::CreditNoteIssued);
    let given = note.and_then(difference);
    let Some(given) = given.filter(|given| given.amount != 0) else { return Vec::new() };
    let taken = Money::new(given.amount.saturating_neg(), given.currency);
    vec![(Moved::CreditNote, taken), (Moved::Refund, given)]
}

/// A movement of what is prepaid; none of an event that moves nothing of it.
fn prepaid(event: TransferEvent, entry: &Entry) -> Option<(Moved, Money)> {
    let (moved, field) = match event {
        TransferEvent::Prepaid => (Moved::PrepaymentReceived, "prepaid"),
        TransferEvent::PrepaidApplied => (Moved::PrepaymentApplied, "left"),
        TransferEvent::PrepaidReversed => (Moved::PrepaymentReversed, "left"),
        TransferEvent::Submitted
        | TransferEvent::Approved
        | TransferEvent::PartiallyApproved
        | TransferEvent::Rejected
        | TransferEvent::Withdrawn
        | TransferEvent::Expired
        | TransferEvent::Returned
        | TransferEvent::Replaced
        | TransferEvent::Received
        | TransferEvent::Reserved => return None,
    };
    Some((moved, change(entry, field).and_then(difference)?))
}

fn change<'a>(entry: &'a Entry, field: &str) -> Option<&'a FieldChange> {
    entry.changes.iter().find(|change| change.field == field)
}

/// Money that a field has more than before.
fn difference(change: &FieldChange) -> Option<Money> {
    let (before, after) = (money(change.before.as_ref()), money(change.after.as_ref()));
    let currency: Currency = after.or(before)?.currency;
    let amount = |money: Option<Money>| money.map_or(0, |money| money.amount);
    Some(Money::new(amount(after).saturating_sub(amount(before)), currency))
}

fn money(value: Option<&Value>) -> Option<Money> {
    match value {
        Some(Value::Money(money)) => Some(*money),
        Some(Value::Text(_) | Value::Number(_) | Value::Time(_)) | None => None,
    }
}
