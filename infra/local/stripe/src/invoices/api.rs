//! Reading invoices, and the calls that move one on.

use serde_json::Value;

use super::end::{self, GivenUp};
use super::{Collection, InvoiceStatus, finalize as make_final, given, outcome, shown};
use crate::call::Call;
use crate::error::ApiError;
use crate::list::{self, Range};
use crate::shelf::Object;
use crate::stripe::Stripe;

/// `GET /v1/invoices`
pub(super) fn list(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let is = |name: &str, value: Option<&str>| match params.text(name) {
        Some(wanted) => value == Some(wanted),
        None => true,
    };
    let due = Range::of(params, "due_date");
    let any_due = !params.has("due_date");
    let invoices = stripe.invoices.iter().filter(|invoice| {
        is("customer", Some(&invoice.customer))
            && is("subscription", invoice.subscription.as_deref())
            && is("status", Some(invoice.status.as_str()))
            && is("collection_method", Some(invoice.collection.as_str()))
            && (any_due || invoice.due_date().is_some_and(|at| due.holds(at.0)))
    });
    list::page(stripe, call, "/v1/invoices", invoices)
}

/// `GET /v1/invoices/{invoice}`
pub(super) fn get(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    Ok(stripe.invoices.named(call.id())?.json(stripe))
}

/// `GET /v1/invoices/{invoice}/lines`
pub(super) fn lines(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let invoice = stripe.invoices.named(call.id())?;
    let lines = invoice.lines.iter().map(|line| super::line(stripe, invoice, line));
    let url = format!("/v1/invoices/{}/lines", invoice.id);
    list::page_of_values(call, &url, lines.collect())
}

/// `POST /v1/invoices/{invoice}/finalize`: with `auto_advance` it is collected right afterwards.
pub(super) fn finalize(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let id = call.id();
    let invoice = stripe.invoices.named(id)?;
    if invoice.status == InvoiceStatus::Draft
        && let Some(advances) = call.params.flag("auto_advance")
        && let Some(invoice) = stripe.invoices.get_mut(id)
    {
        invoice.auto_advance = advances;
    }
    make_final(stripe, id)?;
    let now = outcome::now_of(stripe, id);
    if let Some(invoice) = stripe.invoices.get_mut(id) {
        let collects = invoice.auto_advance && invoice.collection == Collection::Automatic;
        if collects && invoice.status == InvoiceStatus::Open {
            invoice.attempts.next = Some(now);
            outcome::put_down(stripe, id);
        }
    }
    Ok(shown(stripe, id))
}

/// `POST /v1/invoices/{invoice}/send`
pub(super) fn send(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let id = call.id();
    let invoice = stripe.invoices.named(id)?;
    if invoice.collection == Collection::Automatic {
        let message = "You can only manually send an invoice if its collection method is \
                       'send_invoice'.";
        return Err(ApiError::invalid(message));
    }
    if invoice.status == InvoiceStatus::Void {
        return Err(ApiError::invalid("You can't send an invoice that is void."));
    }
    given::has_email(stripe, &invoice.customer.clone())?;
    if invoice.status == InvoiceStatus::Draft {
        make_final(stripe, id)?;
    }
    let sent = shown(stripe, id);
    stripe.emit("invoice.sent", sent.clone());
    Ok(sent)
}

/// `POST /v1/invoices/{invoice}/void`
pub(super) fn void(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    end::void(stripe, call.id())?;
    Ok(shown(stripe, call.id()))
}

/// `POST /v1/invoices/{invoice}/mark_uncollectible`
pub(super) fn mark_uncollectible(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    end::mark_uncollectible(stripe, call.id(), GivenUp::UserForgiven)?;
    Ok(shown(stripe, call.id()))
}
