//! `/v1/credit_notes`

use serde_json::Value;

use super::issue::Draft;
use crate::call::Call;
use crate::error::ApiError;
use crate::invoice_payments;
use crate::invoices::{self, Invoice, InvoiceStatus};
use crate::list;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// `GET /v1/credit_notes`
pub(super) fn list(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let notes = stripe.credit_notes.iter().filter(|note| {
        params.text("customer").is_none_or(|customer| note.customer == customer)
            && params.text("invoice").is_none_or(|invoice| note.invoice == invoice)
    });
    list::page(stripe, call, "/v1/credit_notes", notes)
}

/// `POST /v1/credit_notes`
pub(super) fn create(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let mut ids = stripe.ids.clone();
    let draft = Draft::read(stripe, &call.params, &mut ids)?;
    stripe.ids = ids;
    let id = draft.issue(stripe)?;
    Ok(shown(stripe, &id))
}

/// `GET /v1/credit_notes/preview`
pub(super) fn preview(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let mut ids = stripe.ids.clone();
    Ok(Draft::read(stripe, &call.params, &mut ids)?.note.json(stripe))
}

/// `GET /v1/credit_notes/preview/lines`
pub(super) fn preview_lines(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let mut ids = stripe.ids.clone();
    let note = Draft::read(stripe, &call.params, &mut ids)?.note;
    let lines = note.lines.iter().map(|line| line.json(stripe));
    list::page_of_values(call, "/v1/credit_notes/preview/lines", lines.collect())
}

/// `GET /v1/credit_notes/{id}`
pub(super) fn get(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    Ok(stripe.credit_notes.named(call.id())?.json(stripe))
}

/// `GET /v1/credit_notes/{credit_note}/lines`
pub(super) fn lines(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let note = stripe.credit_notes.named(call.id())?;
    let lines = note.lines.iter().map(|line| line.json(stripe));
    let url = format!("/v1/credit_notes/{}/lines", note.id);
    list::page_of_values(call, &url, lines.collect())
}

/// `POST /v1/credit_notes/{id}`: the memo and the metadata; nothing else of a credit note can
/// change.
pub(super) fn update(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let id = call.id();
    let before = stripe.credit_notes.named(id)?.json(stripe);
    let params = &call.params;
    if let Some(note) = stripe.credit_notes.get_mut(id) {
        if params.has("memo") {
            note.memo = params.text("memo").map(str::to_owned);
        }
        note.metadata.update(params);
    }
    let after = shown(stripe, id);
    stripe.emit_update("credit_note.updated", &before, after.clone());
    Ok(after)
}

/// `POST /v1/credit_notes/{id}/void`: while its invoice is open; what remains to be paid rises
/// again.
pub(super) fn void(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let id = call.id();
    let note = stripe.credit_notes.named(id)?;
    if note.voided.is_some() {
        return Err(ApiError::invalid("This credit note is already void."));
    }
    let (invoice, amount) = (note.invoice.clone(), note.pre_payment);
    let open = stripe.invoices.get(&invoice).is_some_and(|it| it.status == InvoiceStatus::Open);
    if !open || note.post_payment > 0 {
        let message = "You can only void credit notes of invoices that are open.";
        return Err(ApiError::invalid(message));
    }
    let now = stripe.time_of(Some(&note.customer));
    if let Some(note) = stripe.credit_notes.get_mut(id) {
        note.voided = Some(now);
    }
    let after = shown(stripe, id);
    stripe.emit("credit_note.voided", after.clone());
    invoices::change(stripe, &invoice, |invoice: &mut Invoice| {
        invoice.credit_notes.0 = invoice.credit_notes.0.saturating_sub(amount);
    });
    invoice_payments::follow(stripe, &invoice);
    Ok(after)
}

pub(super) fn shown(stripe: &Stripe, id: &str) -> Value {
    stripe.shown(|stripe| &stripe.credit_notes, id)
}
