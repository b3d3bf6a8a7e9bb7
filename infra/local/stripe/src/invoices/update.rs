//! Changing an invoice, and deleting a draft.

use billing::time::Timestamp;
use serde_json::{Value, json};

use super::given::Given;
use super::{Collection, InvoiceStatus, change, finalize, outcome, shown};
use crate::call::{Call, Params};
use crate::error::ApiError;
use crate::invoice_items;
use crate::settings::DRAFT_SECONDS;
use crate::stripe::Stripe;

/// What an invoice takes that is final.
const EDITABLE: [&str; 7] = [
    "auto_advance",
    "custom_fields",
    "default_payment_method",
    "default_source",
    "description",
    "footer",
    "metadata",
];

/// `POST /v1/invoices/{invoice}`: drafts are fully editable; what is final keeps its money, dates
/// and terms.
pub(super) fn update(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let id = call.id();
    let params = &call.params;
    let invoice = stripe.invoices.named(id)?;
    if invoice.status != InvoiceStatus::Draft {
        editable(params)?;
    }
    let (customer, was) = (invoice.customer.clone(), invoice.auto_advance);
    let given = Given::read(stripe, params, &customer, invoice.collection)?;
    let advances = given.auto_advance.unwrap_or(was);
    let finalizes = given.automatically_finalizes_at;
    let next = stripe.time_of(Some(&customer)).plus_seconds(DRAFT_SECONDS);
    change(stripe, id, |invoice| {
        given.apply(invoice);
        invoice.metadata.update(params);
        if advances != was || finalizes.is_some() {
            advance(invoice, finalizes, next);
        }
    });
    put_down(stripe, id);
    Ok(shown(stripe, id))
}

/// Whether Stripe makes an invoice final and collects it by itself from now on; `invoice.updated`
/// is told.
pub fn set_auto_advance(stripe: &mut Stripe, id: &str, advances: bool) {
    let next = outcome::now_of(stripe, id).plus_seconds(DRAFT_SECONDS);
    change(stripe, id, |invoice| {
        if invoice.auto_advance != advances {
            invoice.auto_advance = advances;
            advance(invoice, None, next);
        }
    });
    put_down(stripe, id);
}

/// When a draft becomes final, or what is open is collected: in an hour, unless a time was given.
fn advance(invoice: &mut super::Invoice, finalizes: Option<Timestamp>, next: Timestamp) {
    match invoice.status {
        InvoiceStatus::Draft => {
            let by_itself = invoice.auto_advance.then_some(next);
            invoice.automatically_finalizes_at = finalizes.or(by_itself);
        }
        InvoiceStatus::Open => {
            let collects = invoice.auto_advance && invoice.collection == Collection::Automatic;
            invoice.attempts.next = collects.then_some(next);
        }
        InvoiceStatus::Paid | InvoiceStatus::Void | InvoiceStatus::Uncollectible => {}
    }
}

/// Puts on the agenda what an invoice shows.
fn put_down(stripe: &mut Stripe, id: &str) {
    let Some(invoice) = stripe.invoices.get(id) else { return };
    if let Some(at) = invoice.automatically_finalizes_at {
        finalize::schedule(stripe, id, at);
    } else {
        outcome::put_down(stripe, id);
    }
}

fn editable(params: &Params) -> Result<(), ApiError> {
    let fixed = params.0.keys().find(|name| !EDITABLE.contains(&name.as_str()));
    match fixed {
        None => Ok(()),
        Some(name) => {
            let message = "Finalized invoices can't be updated in this way";
            Err(ApiError::invalid(message).code("invoice_not_editable").param(name.as_str()))
        }
    }
}

/// `DELETE /v1/invoices/{invoice}`: drafts that no subscription has. Invoice items that were
/// pending before are pending again; those that were made for it go with it.
pub(super) fn delete(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let id = call.id();
    let invoice = stripe.invoices.named(id)?;
    if invoice.subscription.is_some() {
        return Err(ApiError::invalid("You can't delete invoices created by subscriptions."));
    }
    if invoice.status != InvoiceStatus::Draft {
        let message = "You can only delete draft invoices.";
        return Err(ApiError::invalid(message).code("invoice_not_editable"));
    }
    let last = shown(stripe, id);
    stripe.invoices.remove(id);
    stripe.emit("invoice.deleted", last);
    invoice_items::invoice_deleted(stripe, id);
    Ok(json!({ "id": id, "object": "invoice", "deleted": true }))
}
