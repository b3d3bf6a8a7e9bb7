//! Lines of a draft, several at once (docs.stripe.com/invoicing/bulk-update-line-item): each that
//! is added is an invoice item. All of a request is done, or nothing.

use serde_json::{Value, json};

use super::{api, is_editable, put_on};
use crate::call::{Call, Params};
use crate::error::ApiError;
use crate::invoices::{self, Invoice, InvoiceStatus, LINES_MAX, Line};
use crate::metadata::Metadata;
use crate::stripe::Stripe;

/// `POST /v1/invoices/{invoice}/add_lines`
pub(super) fn add(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let invoice = draft(stripe, call.id())?;
    let given = call.params.list("lines");
    if invoice.lines.len().saturating_add(given.len()) > LINES_MAX {
        let message = format!("An invoice can have at most {LINES_MAX} line items.");
        return Err(ApiError::invalid(message).param("lines"));
    }
    attempt(stripe, call, |stripe, params, lines| {
        let id = if let Some(item) = params.text("invoice_item") {
            pending(stripe, call.id(), item)?
        } else {
            let mut params = params.clone();
            params.0.insert("invoice".to_owned(), json!(call.id()));
            api::made(stripe, &params)?
        };
        lines.extend(put_on(stripe, &id, call.id()));
        Ok(())
    })
}

/// `POST /v1/invoices/{invoice}/remove_lines`
pub(super) fn remove(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    draft(stripe, call.id())?;
    attempt(stripe, call, |stripe, params, lines| {
        let id = line(lines, params)?.id.clone();
        let item = line(lines, params)?.invoice_item.clone();
        let Some(item) = item else {
            let message = "Only lines of invoice items can be removed.";
            return Err(ApiError::invalid(message).param("id"));
        };
        if params.text("behavior") == Some("unassign") {
            if let Some(item) = stripe.invoice_items.get_mut(&item) {
                item.invoice = None;
                item.made_for_invoice = false;
            }
        } else {
            super::remove(stripe, &item);
        }
        lines.retain(|line| line.id != id);
        Ok(())
    })
}

/// `POST /v1/invoices/{invoice}/update_lines`
pub(super) fn update(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    draft(stripe, call.id())?;
    attempt(stripe, call, |stripe, params, lines| change(stripe, params, lines))
}

/// `POST /v1/invoices/{invoice}/lines/{line_item_id}`
pub(super) fn update_one(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let invoice = draft(stripe, call.id())?;
    let mut lines = invoice.lines.clone();
    let mut params = call.params.clone();
    let id = call.place(1);
    params.0.insert("id".to_owned(), json!(id));
    line(&lines, &params).map_err(|error| ApiError { status: 404, ..error })?;
    change(stripe, &params, &mut lines)?;
    invoices::change(stripe, call.id(), |invoice| invoice.lines = lines);
    let invoice = stripe.invoices.named(call.id())?;
    let line = invoice.lines.iter().find(|line| line.id == id);
    Ok(line.map_or(Value::Null, |line| invoices::line(stripe, invoice, line)))
}

/// Does something for each of the given lines, on a copy of everything that is kept when all went
/// well.
fn attempt(
    stripe: &mut Stripe,
    call: &Call,
    each: impl Fn(&mut Stripe, &Params, &mut Vec<Line>) -> Result<(), ApiError>,
) -> Result<Value, ApiError> {
    let mut lines = stripe.invoices.named(call.id())?.lines.clone();
    let mut done = stripe.clone();
    for (place, params) in call.params.list("lines").iter().enumerate() {
        each(&mut done, params, &mut lines).map_err(|error| within(error, place))?;
    }
    *stripe = done;
    invoices::change(stripe, call.id(), |invoice| {
        invoice.lines = lines;
        retag(&mut invoice.metadata, &call.params);
    });
    Ok(invoices::shown(stripe, call.id()))
}

/// `invoice_metadata` is the invoice's.
fn retag(metadata: &mut Metadata, params: &Params) {
    if let Some(given) = params.get("invoice_metadata") {
        let mut named = Params::default();
        named.0.insert("metadata".to_owned(), given.clone());
        metadata.update(&named);
    }
}

/// Changes a line, and its invoice item where it has one: else its money is its subscription's.
fn change(stripe: &mut Stripe, params: &Params, lines: &mut [Line]) -> Result<(), ApiError> {
    let mut line = line(lines, params)?.clone();
    if let Some(item) = line.invoice_item.clone() {
        api::changed(stripe, &item, params)?;
        if let Some(item) = stripe.invoice_items.get(&item) {
            line.clone_from(&item.line);
        }
    } else {
        for name in ["amount", "price_data", "pricing", "quantity", "tax_amounts", "discounts"] {
            if params.has(name) {
                return Err(ApiError::not_simulated(name));
            }
        }
        api::told(stripe, params, &mut line)?;
    }
    for on in lines.iter_mut().filter(|on| on.id == line.id) {
        on.clone_from(&line);
    }
    Ok(())
}

/// The line that parameters name.
fn line<'a>(lines: &'a [Line], params: &Params) -> Result<&'a Line, ApiError> {
    let id = params.required("id")?;
    let line = lines.iter().find(|line| line.id == id);
    line.ok_or_else(|| ApiError::no_such("invoice line item", id, "id"))
}

/// A pending invoice item that can go on this invoice.
fn pending(stripe: &Stripe, invoice: &str, item: &str) -> Result<String, ApiError> {
    let found = stripe.invoice_items.given(item, "invoice_item")?;
    let of = stripe.invoices.named(invoice)?;
    let fits = found.customer == of.customer && found.currency == of.currency;
    if found.invoice.is_some() || !fits || !is_editable(stripe, found) {
        let message = "Only a pending invoice item of the same customer and currency can be added.";
        return Err(ApiError::invalid(message).param("invoice_item"));
    }
    Ok(item.to_owned())
}

fn draft<'a>(stripe: &'a Stripe, id: &str) -> Result<&'a Invoice, ApiError> {
    let invoice = stripe.invoices.named(id)?;
    if invoice.status == InvoiceStatus::Draft { Ok(invoice) } else { Err(api::not_editable()) }
}

/// The error of a line, with the parameter's place in the request.
fn within(mut error: ApiError, place: usize) -> ApiError {
    if let Some(param) = error.param {
        let (name, rest) = param.split_at(param.find('[').unwrap_or(param.len()));
        error.param = Some(format!("lines[{place}][{name}]{rest}"));
    }
    error
}
