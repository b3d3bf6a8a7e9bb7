//! What Stripe, or time, made of a step.

use std::collections::BTreeMap;

use super::draft::Draft;
use super::{Desk, close};
use crate::advice::{AdviceStatus, TransferRefusal, Verdict};
use crate::change::Change;
use crate::decide::Books;
use crate::ids::InvoiceId;
use crate::intent::Intent;
use crate::invoice::{Holds, Invoice};
use crate::journal::transfers::TransferEvent;
use crate::journal::{Entry, Kind, Value};
use crate::money::Money;
use crate::receipt::{Applied, PartState, Receipt};
use crate::time::Timestamp;

/// End of an invoice that transfers were to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Stripe marked it as paid outside, for so many minor units; none where Stripe does not say.
    PaidOutside(Option<i64>),
    /// It was paid otherwise, or voided: it needs the money no more (money rule 23).
    Otherwise,
}

/// An advice whose time is over.
///
/// # Errors
/// [`TransferRefusal`].
pub fn expired(
    (books, desk): (&Books, &Desk),
    id: &str,
    now: Timestamp,
) -> Result<Change, TransferRefusal> {
    let at = desk.advices.get(id).map_or(now, |advice| advice.expires_at);
    let (status, by) = (AdviceStatus::Expired, "expiry".to_owned());
    let verdict = Verdict { status, at, by, note: None, receipt: None };
    close((books, desk), id, verdict, now)
}

/// Money that waits for an invoice is moved: it pays what remains, or is prepaid from now on.
pub fn freed((books, desk): (&Books, &Desk), invoice: &InvoiceId, now: Timestamp) -> Change {
    let mut draft = Draft::of(books, desk);
    let remaining = books.invoices.get(invoice).map_or(0, Invoice::remaining);
    let reserved = books.invoices.get(invoice).map_or(0, |it| it.holds.reserved);
    turn(&mut draft, invoice, (PartState::Reserved, reserved.saturating_sub(remaining)), now);
    draft.pay_with_reserved(invoice, now);
    draft.count_reserved();
    draft.conclude(now)
}

/// An invoice that transfers were to pay has ended. What it did not need is prepaid.
pub fn settle(
    (books, desk): (&Books, &Desk),
    invoice: &InvoiceId,
    ended: Ended,
    now: Timestamp,
) -> Change {
    let mut draft = Draft::of(books, desk);
    let paying = paying(desk, invoice);
    let needed = match ended {
        Ended::PaidOutside(amount) => amount.unwrap_or(paying),
        Ended::Otherwise => 0,
    };
    turn(&mut draft, invoice, (PartState::Paying, paying.saturating_sub(needed)), now);
    for mut receipt in of_invoice(draft.desk(), invoice, PartState::Paying) {
        receipt.move_parts(invoice, (PartState::Paying, PartState::Settled), now);
        draft.put_receipt(receipt);
    }
    draft.count_reserved();
    draft.conclude(now)
}

/// What was under way to the balance is there.
pub fn credited((books, desk): (&Books, &Desk), receipt: &str, now: Timestamp) -> Change {
    with(books, desk, receipt, now, Receipt::credit_made)
}

/// What was under way out of the balance is out.
pub fn reversed((books, desk): (&Books, &Desk), receipt: &str, now: Timestamp) -> Change {
    with(books, desk, receipt, now, Receipt::reversal_made)
}

/// Another attempt of a receipt's steps at Stripe, under other keys.
pub fn retried((books, desk): (&Books, &Desk), receipt: &str, now: Timestamp) -> Change {
    with(books, desk, receipt, now, |receipt| {
        receipt.intent = Intent::next_attempt(&receipt.intent, now);
    })
}

/// Stripe failed at an attempt, and would only repeat that under its key.
pub fn spent((books, desk): (&Books, &Desk), receipt: &str, now: Timestamp) -> Change {
    with(books, desk, receipt, now, |receipt| receipt.intent.spent = true)
}

/// Nothing is left to be done by now.
pub fn looked((books, desk): (&Books, &Desk), now: Timestamp) -> Change {
    Draft::of(books, desk).conclude(now)
}

/// Stripe stopped its own retries of an invoice for us, or goes on with them.
pub fn stopped(
    (books, desk): (&Books, &Desk),
    invoice: &InvoiceId,
    is_at_stripe: IsAtStripe,
    now: Timestamp,
) -> Change {
    let mut draft = Draft::of(books, desk);
    if let Some(known) = books.invoices.get(invoice) {
        let is_at_stripe = is_at_stripe == IsAtStripe::Yes;
        let holds = Holds { is_at_stripe, ..known.holds.clone() };
        draft.put_invoice(Invoice { holds, ..known.clone() });
    }
    draft.conclude(now)
}

/// True if our stop of an invoice's retries is at Stripe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IsAtStripe {
    /// It is.
    Yes,
    /// It is not.
    No,
}

/// Uses of prepayments, by the whole ledger of the customer at Stripe. None if the desk has them
/// all.
pub fn applied(
    (books, desk): (&Books, &Desk),
    uses: &BTreeMap<String, Vec<Applied>>,
    now: Timestamp,
) -> Option<Change> {
    let mut draft = Draft::of(books, desk);
    for receipt in desk.receipts.values().filter(|it| it.credit > 0) {
        let new = uses.get(&receipt.id).cloned().unwrap_or_default();
        if new == receipt.applied {
            continue;
        }
        let before = receipt.left();
        let changed = Receipt { applied: new, ..receipt.clone() };
        let money = |amount: i64| Some(Value::Money(Money::new(amount, receipt.amount.currency)));
        let entry = Entry::new(
            now,
            Kind::Transfer(TransferEvent::PrepaidApplied),
            Some(&receipt.id),
        )
        .with("left", money(before), money(changed.left()));
        let last = changed.applied.iter().rev().filter_map(|it| it.invoice.clone());
        let named: Vec<InvoiceId> = last.take(1).collect();
        draft.say(entry, &named);
        draft.put_receipt(changed);
    }
    (!draft.is_empty()).then(|| draft.conclude(now))
}

fn with(
    books: &Books,
    desk: &Desk,
    receipt: &str,
    now: Timestamp,
    change: impl FnOnce(&mut Receipt),
) -> Change {
    let mut draft = Draft::of(books, desk);
    if let Some(mut receipt) = desk.receipts.get(receipt).cloned() {
        change(&mut receipt);
        draft.put_receipt(receipt);
    }
    draft.conclude(now)
}

/// Minor units that are to pay an invoice.
pub fn paying(desk: &Desk, invoice: &InvoiceId) -> i64 {
    let parts = desk.receipts.values().map(|it| it.sum_for(invoice, PartState::Paying));
    parts.fold(0, i64::saturating_add)
}

fn of_invoice(desk: &Desk, invoice: &InvoiceId, state: PartState) -> Vec<Receipt> {
    let receipts = desk.receipts.values().filter(|it| it.sum_for(invoice, state) > 0);
    receipts.cloned().collect()
}

/// Turns minor units of the parts for an invoice into prepayments, the latest receipts first.
fn turn(
    draft: &mut Draft<'_>,
    invoice: &InvoiceId,
    (state, amount): (PartState, i64),
    now: Timestamp,
) {
    let mut left = amount.max(0);
    let mut receipts = of_invoice(draft.desk(), invoice, state);
    receipts.sort_by_key(|it| std::cmp::Reverse((it.recorded_at, it.id.clone())));
    for mut receipt in receipts {
        let turned = receipt.turn(invoice, state, left);
        left = left.saturating_sub(turned);
        if turned > 0 {
            draft.number(&mut receipt, now);
            draft.put_receipt(receipt);
        }
    }
}
