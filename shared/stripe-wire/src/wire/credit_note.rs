//! A credit note, as `credit_note.*` events carry it
//! (<https://docs.stripe.com/api/credit_notes/object>).
//!
//! What moved between versions: since basil (2025-05-28) a note can be both kinds at once and says
//! how much of each; before, its `type` says which kind the whole `amount` is.

use billing::fact::{CreditNoteSnapshot, CreditNoteStatus};
use billing::ids::{CreditNoteId, CustomerId, InvoiceId};

use super::object::Object;
use super::raw::{self, Reason, present};
use crate::event_type::CreditNoteEvent;

/// Whose credit note it is, and how it stands after this event.
pub(super) fn read(
    event: CreditNoteEvent,
    note: &Object<'_>,
) -> Result<(CustomerId, CreditNoteSnapshot), Reason> {
    raw::expect_object(note.object, "credit_note")?;
    let (pre_payment, post_payment) = amounts(note)?;
    let snapshot = CreditNoteSnapshot {
        id: present("id", note.id.id("id", CreditNoteId::parse)?)?,
        invoice: present("invoice", note.invoice.reference("invoice", InvoiceId::parse)?)?,
        currency: present("currency", note.currency.currency("currency")?)?,
        status: status(event, note)?,
        pre_payment,
        post_payment,
        reason: note.reason.owned("reason")?,
    };
    Ok((raw::customer(note.customer)?, snapshot))
}

/// A voided note never counts again, so that the event is enough: payloads of `credit_note.voided`
/// that still say `issued` do occur. Behind an unknown word the note is void when it says since
/// when, and issued else; a note that is known to be void stays so.
fn status(event: CreditNoteEvent, note: &Object<'_>) -> Result<CreditNoteStatus, Reason> {
    let shown = match &*present("status", note.status.text("status")?)? {
        "issued" => CreditNoteStatus::Issued,
        "void" => CreditNoteStatus::Void,
        other => {
            note.words.note("status", other);
            let voided_at = note.voided_at.time("voided_at")?;
            voided_at.map_or(CreditNoteStatus::Issued, |_| CreditNoteStatus::Void)
        }
    };
    Ok(match event {
        CreditNoteEvent::Voided => CreditNoteStatus::Void,
        CreditNoteEvent::Created | CreditNoteEvent::Updated => shown,
    })
}

/// What it takes off before payment, and what it gives back after. If one of the two new fields is
/// there the other must be: filling in a zero could lose money. Behind an unknown `type` a note is
/// one after payment when it names where the money went.
fn amounts(note: &Object<'_>) -> Result<(i64, i64), Reason> {
    let pre = note.pre_payment_amount.amount("pre_payment_amount")?;
    let post = note.post_payment_amount.amount("post_payment_amount")?;
    if pre.is_some() || post.is_some() {
        return Ok((present("pre_payment_amount", pre)?, present("post_payment_amount", post)?));
    }
    let amount = present("amount", note.amount.amount("amount")?)?;
    match &*present("type", note.r#type.text("type")?)? {
        "pre_payment" => Ok((amount, 0)),
        "post_payment" => Ok((0, amount)),
        // A note of both kinds says how much of each; without that its amount is a riddle.
        mixed @ "mixed" => Err(raw::unknown("type", mixed)),
        other => {
            note.words.note("type", other);
            let gives_back = !note.refund.is_null()
                || !note.customer_balance_transaction.is_null()
                || note.out_of_band_amount.integer("out_of_band_amount")?.unwrap_or(0) > 0;
            Ok(if gives_back { (0, amount) } else { (amount, 0) })
        }
    }
}
