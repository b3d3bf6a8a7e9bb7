//! A transfer that the bank took back after it was approved (requirements, "Returned money").
//!
//! A paid invoice never reopens at Stripe. So what the money paid is credited, and another invoice
//! stands in its place, with its lines. Money of other transfers that had paid it waits for the new
//! one; what other means had paid goes to the balance, which Stripe uses for the new one.

use super::Desk;
use super::draft::Draft;
use crate::advice::{AdviceStatus, TransferRefusal, Verdict};
use crate::change::Change;
use crate::credit_note::CreditNote;
use crate::decide::Books;
use crate::fact::CreditNoteStatus;
use crate::ids::InvoiceId;
use crate::invoice::Invoice;
use crate::journal::transfers::TransferEvent;
use crate::journal::{Entry, Kind, Value};
use crate::money::Money;
use crate::receipt::{PartState, Receipt};
use crate::time::Timestamp;

/// Days until an invoice that replaces another is due: at least so many lie between the word that
/// the money went back and the day that disables an account, whatever its grace.
pub const REPLACEMENT_NET_DAYS: u32 = 3;

/// Credit note by which an invoice is replaced, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replacing {
    /// Given back outside of Stripe: what transfers had paid.
    pub out_of_band: i64,
    /// Given to the balance: what anything else had paid.
    pub to_balance: i64,
}

impl Replacing {
    /// Amount of the note, and of the invoice that replaces the other.
    pub fn amount(self) -> i64 {
        self.out_of_band.saturating_add(self.to_balance)
    }
}

/// The bank took the money of an advice back.
///
/// # Errors
/// [`TransferRefusal`].
pub fn take_back(
    (books, desk): (&Books, &Desk),
    id: &str,
    verdict: Verdict,
    now: Timestamp,
) -> Result<Change, TransferRefusal> {
    let advice = desk.advices.get(id).ok_or(TransferRefusal::Unknown)?;
    let before =
        advice.verdict.as_ref().ok_or(TransferRefusal::NotApproved(advice.status_at(now)))?;
    match before.status {
        AdviceStatus::Approved | AdviceStatus::PartiallyApproved => {}
        AdviceStatus::Returned => return Err(TransferRefusal::Decided(Box::new(before.clone()))),
        AdviceStatus::Pending
        | AdviceStatus::Expired
        | AdviceStatus::Withdrawn
        | AdviceStatus::Rejected => return Err(TransferRefusal::NotApproved(before.status)),
    }
    let receipt = before.receipt.as_ref().and_then(|receipt| desk.receipts.get(receipt));
    let mut receipt = receipt.cloned().ok_or(TransferRefusal::Unknown)?;
    if is_on_its_way(&receipt) {
        return Err(TransferRefusal::OnItsWay);
    }

    let note = verdict.note.clone();
    let decided = advice.decided(Verdict { receipt: before.receipt.clone(), ..verdict })?;
    receipt.take_back(now);
    let mut draft = Draft::of(books, desk);
    let entry = Entry::new(now, Kind::Transfer(TransferEvent::Returned), Some(id))
        .with("reference", None, Some(Value::Text(advice.reference.clone())))
        .with("received", Some(Value::Money(receipt.amount)), None)
        .with("note", None, note.map(Value::Text));
    draft.say(entry, &advice.invoices);
    if receipt.taking() > 0 {
        say_taken_out(&mut draft, &receipt, now);
    }
    draft.put_advice(decided);
    draft.put_receipt(receipt);
    draft.count_reserved();
    Ok(draft.conclude(now))
}

/// The credit note by which an invoice is to be replaced: all of it that no note gave back before.
pub fn replacing((books, desk): (&Books, &Desk), invoice: &InvoiceId) -> Replacing {
    let known = books.invoices.get(invoice);
    let total = known.and_then(|it| it.terms.as_ref()).map_or(0, |terms| terms.total);
    let noted = known.map_or(0, noted);
    let amount = total.saturating_sub(noted).max(0);
    let came = desk.receipts.values().map(|it| {
        let settled = it.sum_for(invoice, PartState::Settled);
        settled.saturating_add(it.sum_for(invoice, PartState::Returning))
    });
    let out_of_band = came.fold(0_i64, i64::saturating_add).min(amount);
    Replacing { out_of_band, to_balance: amount.saturating_sub(out_of_band) }
}

/// Another invoice stands in the place of one whose money the bank took back. What other transfers
/// had paid of it waits for the new one.
pub fn replaced(
    (books, desk): (&Books, &Desk),
    (invoice, replacement): (&InvoiceId, &InvoiceId),
    now: Timestamp,
) -> Change {
    let mut draft = Draft::of(books, desk);
    for mut receipt in desk.receipts.values().cloned() {
        let mut is_changed = false;
        for part in receipt.parts.iter_mut().filter(|part| part.invoice == *invoice) {
            match part.state {
                PartState::Returning => {
                    (part.state, part.since) = (PartState::Returned, now);
                    part.replacement = Some(replacement.clone());
                }
                PartState::Settled => {
                    (part.state, part.since) = (PartState::Reserved, now);
                    part.invoice = replacement.clone();
                }
                PartState::Reserved | PartState::Paying | PartState::Returned => continue,
            }
            is_changed = true;
        }
        if is_changed {
            draft.put_receipt(receipt);
        }
    }
    let entry = Entry::new(now, Kind::Transfer(TransferEvent::Replaced), Some(invoice.as_str()))
        .with("replacement", None, Some(Value::Text(replacement.as_str().to_owned())));
    draft.say(entry, &[invoice.clone(), replacement.clone()]);
    draft.count_reserved();
    draft.conclude(now)
}

fn is_on_its_way(receipt: &Receipt) -> bool {
    let moves = receipt.crediting > 0 || receipt.taking() > 0;
    moves || receipt.sum(PartState::Paying) > 0
}

fn say_taken_out(draft: &mut Draft<'_>, receipt: &Receipt, now: Timestamp) {
    let money = |amount: i64| Some(Value::Money(Money::new(amount, receipt.amount.currency)));
    let left = receipt.reversing;
    let entry = Entry::new(now, Kind::Transfer(TransferEvent::PrepaidReversed), Some(&receipt.id));
    draft.say(entry.with("left", money(left), money(0)), &[]);
}

/// Minor units that live credit notes take off an invoice, before and after payment.
fn noted(invoice: &Invoice) -> i64 {
    let live = invoice.credit_notes.values().filter(|note| note.status == CreditNoteStatus::Issued);
    let sum = |note: &CreditNote| note.pre_payment.saturating_add(note.post_payment);
    live.map(sum).fold(0, i64::saturating_add)
}
