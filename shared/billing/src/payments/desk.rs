//! The transfer desk: a customer's advice, the money that staff saw, and what both do to the
//! account's invoices (A14, A18, money rules 22 and 23).
//!
//! Each decision is pure: all advices and receipts of the account, its books with every invoice,
//! and what was asked, give one [`Change`]. What is then to be done at Stripe stands in the
//! receipts ([`next`]); whoever does it comes back with what Stripe said ([`settle`],
//! [`credited`]).

mod draft;
mod grace;
mod next;
mod outcome;
mod returned;

use std::collections::{BTreeMap, BTreeSet};

use crate::advice::{
    ADVICES_MAX, Advice, AdviceRequest, AdviceStatus, TransferRefusal, Verdict, is_same_reference,
};
use crate::change::Change;
use crate::decide::Books;
use crate::ids::InvoiceId;
use crate::intent::Intent;
use crate::invoice::{Holding, Invoice};
use crate::journal::transfers::TransferEvent;
use crate::journal::{Entry, Kind, Value};
use crate::money::Money;
use crate::month::Day;
use crate::receipt::{Payable, Receipt, Source, allocate};
use crate::subscription::Subscription;
use crate::time::Timestamp;
use draft::Draft;

pub use grace::{Grace, GraceRefusal, give_grace};
pub use next::{Step, next, next_look};
pub use outcome::{
    Ended, IsAtStripe, applied, credited, expired, freed, looked, paying, retried, reversed,
    settle, spent, stopped,
};
pub use returned::{REPLACEMENT_NET_DAYS, Replacing, replaced, replacing, take_back};

/// All advices and receipts of an account, by their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Desk {
    /// Advices.
    pub advices: BTreeMap<String, Advice>,
    /// Receipts.
    pub receipts: BTreeMap<String, Receipt>,
}

/// Money that staff saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Id that its receipt gets.
    pub id: String,
    /// Fingerprint of the request's Idempotency-Key.
    pub request: Option<String>,
    /// Random token: Stripe's keys are made of it.
    pub token: String,
    /// Id of the request.
    pub by: String,
    /// Amount.
    pub amount: Money,
    /// Day on which it came.
    pub received_on: Day,
    /// Words of staff.
    pub note: Option<String>,
}

/// Money without advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReceipt {
    /// The money.
    pub received: Received,
    /// Origin: a transfer or a prepayment.
    pub source: Source,
    /// Reference of the transfer.
    pub reference: String,
    /// Invoices that it is for. A prepayment names none.
    pub invoices: Vec<InvoiceId>,
}

/// Takes a customer's advice.
///
/// # Errors
/// [`TransferRefusal`].
pub fn submit(
    (books, desk): (&Books, &Desk),
    request: AdviceRequest,
    holding: Holding,
    now: Timestamp,
) -> Result<Change, TransferRefusal> {
    let currency = request.amount.currency;
    for id in &request.invoices {
        payable(books, id, request.amount)?;
    }
    dated(request.paid_on, now)?;
    if desk.advices.len() >= ADVICES_MAX {
        return Err(TransferRefusal::TooMany);
    }
    reference_is_free(desk, &request.reference)?;

    let named: Vec<&Invoice> =
        request.invoices.iter().filter_map(|id| books.invoices.get(id)).collect();
    let (advice, held) = Advice::submitted(request, &named, holding, now);

    let mut draft = Draft::of(books, desk);
    let entry = Entry::new(now, Kind::Transfer(TransferEvent::Submitted), Some(&advice.id))
        .with("reference", None, Some(Value::Text(advice.reference.clone())))
        .with("amount", None, Some(Value::Money(Money::new(advice.amount.amount, currency))))
        .with("held_until", None, advice.held_until.map(Value::Time));
    draft.say(entry, &advice.invoices);
    for invoice in held {
        draft.put_invoice(invoice);
    }
    draft.put_advice(advice);
    Ok(draft.conclude(now))
}

/// Takes an advice back, or rejects it: what it held is held no more.
///
/// # Errors
/// [`TransferRefusal`].
pub fn close(
    (books, desk): (&Books, &Desk),
    id: &str,
    verdict: Verdict,
    now: Timestamp,
) -> Result<Change, TransferRefusal> {
    let advice = desk.advices.get(id).ok_or(TransferRefusal::Unknown)?;
    let (event, note) = match verdict.status {
        AdviceStatus::Withdrawn => (TransferEvent::Withdrawn, None),
        AdviceStatus::Expired => (TransferEvent::Expired, None),
        AdviceStatus::Pending
        | AdviceStatus::Rejected
        | AdviceStatus::PartiallyApproved
        | AdviceStatus::Approved
        | AdviceStatus::Returned => (TransferEvent::Rejected, verdict.note.clone()),
    };
    let decided = advice.decided(verdict)?;

    let mut draft = Draft::of(books, desk);
    let entry = Entry::new(now, Kind::Transfer(event), Some(id))
        .with("reference", None, Some(Value::Text(advice.reference.clone())))
        .with("note", None, note.map(Value::Text));
    draft.say(entry, &advice.invoices);
    draft.release(advice, &BTreeSet::new(), now);
    draft.put_advice(decided);
    Ok(draft.conclude(now))
}

/// Approves what was received for an advice.
///
/// # Errors
/// [`TransferRefusal`].
pub fn approve(
    (books, desk): (&Books, &Desk),
    id: &str,
    received: Received,
    now: Timestamp,
) -> Result<Change, TransferRefusal> {
    let advice = desk.advices.get(id).ok_or(TransferRefusal::Unknown)?;
    if let Some(verdict) = advice.verdict.as_ref().filter(|it| !it.status.is_undecided()) {
        return Err(TransferRefusal::Decided(Box::new(verdict.clone())));
    }
    dated(received.received_on, now)?;
    let (by, note) = (received.by.clone(), received.note.clone());
    let new = NewReceipt {
        received,
        source: Source::Advice,
        reference: advice.reference.clone(),
        invoices: advice.invoices.clone(),
    };
    let mut draft = Draft::of(books, desk);
    let (receipt, is_covered) = deal(&draft, new, now)?;

    let (status, event) = if is_covered {
        (AdviceStatus::Approved, TransferEvent::Approved)
    } else {
        (AdviceStatus::PartiallyApproved, TransferEvent::PartiallyApproved)
    };
    let receipt_id = Some(receipt.id.clone());
    let decided = advice.decided(Verdict { status, at: now, by, note, receipt: receipt_id })?;
    draft.say(said(event, id, &receipt, now), &advice.invoices);
    let kept = receipt.paying();
    draft.release(advice, &kept, now);
    draft.put_advice(decided);
    draft.take(receipt, now);
    Ok(draft.conclude(now))
}

/// Records money that came without advice, or upfront.
///
/// # Errors
/// [`TransferRefusal`].
pub fn record(
    (books, desk): (&Books, &Desk),
    new: NewReceipt,
    now: Timestamp,
) -> Result<Change, TransferRefusal> {
    dated(new.received.received_on, now)?;
    if desk.receipts.len() >= ADVICES_MAX {
        return Err(TransferRefusal::TooMany);
    }
    let same = desk.receipts.values().find(|it| is_same_reference(&it.reference, &new.reference));
    if let Some(same) = same {
        return Err(TransferRefusal::ReferenceUsed(same.id.clone()));
    }
    for id in &new.invoices {
        known(books, id, new.received.amount)?;
    }

    let mut draft = Draft::of(books, desk);
    let named = new.invoices.clone();
    let (receipt, _) = deal(&draft, new, now)?;
    draft.say(said(TransferEvent::Received, &receipt.id, &receipt, now), &named);
    draft.take(receipt, now);
    Ok(draft.conclude(now))
}

/// Freezes the unused rest of a prepayment, to be taken out of the balance.
///
/// # Errors
/// [`TransferRefusal`].
pub fn reverse(
    (books, desk): (&Books, &Desk),
    id: &str,
    now: Timestamp,
) -> Result<Change, TransferRefusal> {
    let mut receipt = desk.receipts.get(id).cloned().ok_or(TransferRefusal::Unknown)?;
    // What is on its way into the balance comes first: the two would pass each other.
    if receipt.left() <= 0 || receipt.crediting > 0 || receipt.reversing > 0 {
        return Err(TransferRefusal::UsedUp);
    }
    let (before, currency) = (receipt.left(), receipt.amount.currency);
    receipt.reverse();

    let mut draft = Draft::of(books, desk);
    let money = |amount: i64| Some(Value::Money(Money::new(amount, currency)));
    let entry = Entry::new(now, Kind::Transfer(TransferEvent::PrepaidReversed), Some(id));
    draft.say(entry.with("left", money(before), money(receipt.left())), &[]);
    draft.put_receipt(receipt);
    Ok(draft.conclude(now))
}

/// A receipt with its money dealt out, and whether that covers every invoice it names.
fn deal(
    draft: &Draft<'_>,
    new: NewReceipt,
    now: Timestamp,
) -> Result<(Receipt, bool), TransferRefusal> {
    let NewReceipt { received, source, reference, invoices } = new;
    let amount = received.amount;
    let open = draft.open_in(amount.currency);
    let is_prepayment = match source {
        Source::Prepayment => true,
        Source::Advice | Source::Transfer => false,
    };
    let (named, others): (Vec<&Invoice>, Vec<&Invoice>) =
        open.into_iter().partition(|it| is_prepayment || invoices.contains(&it.id));
    if let Some(busy) = named.iter().find(|it| it.payments.processing_since().is_some()) {
        return Err(TransferRefusal::PaymentInProgress(busy.id.clone()));
    }
    let others = others.into_iter().filter(|it| it.payments.processing_since().is_none());

    let named: Vec<Payable> = named.into_iter().map(Payable::of).collect();
    let others: Vec<Payable> = others.map(Payable::of).collect();
    let dealt = allocate(amount.amount, &named, &others);
    let is_covered = named.iter().all(|it| dealt.whole.iter().any(|(id, _)| *id == it.id));

    let Received { id, request, token, received_on, .. } = received;
    let intent = Intent::new(id.clone(), token, String::new(), now);
    let mut receipt = Receipt {
        version: 0,
        id,
        request,
        source,
        number: None,
        reference,
        received_on,
        amount,
        recorded_at: now,
        parts: Vec::new(),
        credit: 0,
        credited: 0,
        crediting: 0,
        applied: Vec::new(),
        reversed: 0,
        reversing: 0,
        claimed: 0,
        claiming: 0,
        intent,
    };
    receipt.deal(&dealt, now);
    Ok((receipt, is_covered))
}

fn said(event: TransferEvent, about: &str, receipt: &Receipt, now: Timestamp) -> Entry {
    Entry::new(now, Kind::Transfer(event), Some(about))
        .with("reference", None, Some(Value::Text(receipt.reference.clone())))
        .with("received", None, Some(Value::Money(receipt.amount)))
}

/// An invoice of the account in that currency.
fn known<'a>(
    books: &'a Books,
    id: &InvoiceId,
    amount: Money,
) -> Result<&'a Invoice, TransferRefusal> {
    let invoice = books.invoices.get(id);
    let invoice = invoice.ok_or_else(|| TransferRefusal::UnknownInvoice(id.clone()))?;
    if invoice.currency != amount.currency {
        return Err(TransferRefusal::OtherCurrency(id.clone()));
    }
    Ok(invoice)
}

/// The same, that is owed to us.
fn payable(books: &Books, id: &InvoiceId, amount: Money) -> Result<(), TransferRefusal> {
    known(books, id, amount)?;
    if owed(books).contains(id) {
        return Ok(());
    }
    Err(TransferRefusal::NotPayable(id.clone()))
}

/// Invoices that are owed to us, however many.
pub fn owed(books: &Books) -> BTreeSet<InvoiceId> {
    let subscriptions: Vec<&Subscription> = books.subscriptions.values().collect();
    let invoices: Vec<Invoice> = books.invoices.values().cloned().collect();
    let standing = books.standing.with_all_open(&invoices, &subscriptions);
    standing.owed_to_us().map(|(id, _)| id.clone()).collect()
}

fn dated(day: Day, now: Timestamp) -> Result<(), TransferRefusal> {
    if day > Day::of(now) {
        return Err(TransferRefusal::DatedAhead(day));
    }
    Ok(())
}

/// A reference is free again once the advice with it was taken back or rejected.
fn reference_is_free(desk: &Desk, reference: &str) -> Result<(), TransferRefusal> {
    let advice = desk.advices.values().find(|advice| {
        let is_void = advice.verdict.as_ref().is_some_and(|verdict| match verdict.status {
            AdviceStatus::Withdrawn | AdviceStatus::Rejected => true,
            AdviceStatus::Pending
            | AdviceStatus::Expired
            | AdviceStatus::PartiallyApproved
            | AdviceStatus::Approved
            | AdviceStatus::Returned => false,
        });
        !is_void && is_same_reference(&advice.reference, reference)
    });
    let receipt = desk.receipts.values().find(|it| is_same_reference(&it.reference, reference));
    let used = advice.map(|it| it.id.clone()).or_else(|| receipt.map(|it| it.id.clone()));
    used.map_or(Ok(()), |id| Err(TransferRefusal::ReferenceUsed(id)))
}

#[cfg(test)]
mod tests;
