//! A new draft, and what one would be.

use serde_json::Value;

use super::{
    Attempts, Invoice, InvoiceStatus, Line, NewInvoice, Transitions, finalize, json, shown,
};
use crate::field;
use crate::ids::Ids;
use crate::invoice_items;
use crate::settings::DRAFT_SECONDS;
use crate::stripe::Stripe;

/// Makes a draft; `invoice.created` is told. With `auto_advance` it becomes final by itself an hour
/// later, unless [`super::finalize`] comes first. Answers with its id.
pub fn create(stripe: &mut Stripe, new: NewInvoice) -> String {
    create_with(stripe, new, |_| {})
}

/// Makes a draft with what else is known of it.
pub(super) fn create_with(
    stripe: &mut Stripe,
    new: NewInvoice,
    also: impl FnOnce(&mut Invoice),
) -> String {
    fix_currency(stripe, &new.customer, &new.currency);
    let now = stripe.time_of(Some(&new.customer));
    let id = stripe.ids.next("in");
    let lines = take_items(stripe, &new.items, &id);
    let mut ids = stripe.ids.clone();
    let mut invoice = draft(id.clone(), now, new, lines, &mut ids);
    inherit(stripe, &mut invoice);
    stripe.ids = ids;
    also(&mut invoice);
    let auto_advance = invoice.auto_advance;
    let finalizes = now.plus_seconds(DRAFT_SECONDS);
    invoice.automatically_finalizes_at = auto_advance.then_some(finalizes);
    stripe.invoices.add(invoice);
    let created = shown(stripe, &id);
    stripe.emit("invoice.created", created);
    let event = stripe.events.iter().next_back().map(|event| event.id.clone());
    let taken = event.as_ref().is_none_or(|event| stripe.deliveries.pending(event) == 0);
    if let Some(invoice) = stripe.invoices.get_mut(&id) {
        invoice.announced = (event, taken.then_some(now));
    }
    if auto_advance {
        finalize::schedule(stripe, &id, finalizes);
    }
    id
}

/// The invoice that [`create`] would make, as `create_preview` shows it: nothing is kept. Its id
/// begins with `upcoming_in_`, and all of its lines are shown.
pub fn preview(stripe: &Stripe, new: &NewInvoice) -> Value {
    let now = stripe.time_of(Some(&new.customer));
    let mut ids = stripe.ids.clone();
    let id = format!("upcoming_{}", ids.next("in"));
    let items = new.items.iter().rev().filter_map(|item| stripe.invoice_items.get(item));
    let lines = items.map(|item| item.line.clone()).collect();
    let mut invoice = draft(id, now, new.clone(), lines, &mut ids);
    inherit(stripe, &mut invoice);
    invoice.billing_reason = "upcoming".into();
    let lines = invoice.lines.iter().map(|line| super::line(stripe, &invoice, line));
    let lines: Vec<Value> = lines.collect();
    let mut shown = json::invoice(stripe, &invoice);
    if let Some(list) = shown.get_mut("lines").and_then(Value::as_object_mut) {
        list.insert("data".to_owned(), Value::Array(lines));
        list.insert("has_more".to_owned(), Value::Bool(false));
    }
    shown
}

/// A customer's currency is that of its first invoice or invoice item.
pub fn fix_currency(stripe: &mut Stripe, customer: &str, currency: &str) {
    let new = stripe.customers.get(customer).is_some_and(|customer| customer.currency.is_none());
    if new {
        super::change_customer(stripe, customer, |it| it.currency = Some(currency.to_owned()));
    }
}

/// What a customer's settings say of its invoices, unless they say so themselves.
fn inherit(stripe: &Stripe, invoice: &mut Invoice) {
    let customer = stripe.shown(|stripe| &stripe.customers, &invoice.customer);
    for name in ["custom_fields", "footer"] {
        let usual = field::of(&customer, &format!("/invoice_settings/{name}"));
        if !usual.is_null() {
            invoice.told.entry(name.to_owned()).or_insert_with(|| usual.clone());
        }
    }
}

/// Puts pending items on an invoice: their lines, newest first.
fn take_items(stripe: &mut Stripe, items: &[String], invoice: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    for item in items.iter().rev() {
        lines.extend(invoice_items::put_on(stripe, item, invoice));
    }
    lines
}

fn draft(
    id: String,
    created: billing::time::Timestamp,
    new: NewInvoice,
    mut lines: Vec<Line>,
    ids: &mut Ids,
) -> Invoice {
    for line in new.lines {
        lines.push(Line { id: ids.next("il"), ..line });
    }
    Invoice {
        id,
        created,
        customer: new.customer,
        currency: new.currency,
        status: InvoiceStatus::Draft,
        billing_reason: new.billing_reason.into(),
        collection: new.collection,
        auto_advance: new.auto_advance,
        subscription: new.subscription,
        lines,
        period: new.period,
        number: None,
        due_date: None,
        effective_at: None,
        automatically_finalizes_at: None,
        announced: (None, None),
        default_payment_method: new.default_payment_method,
        default_source: None,
        default_tax_rates: new.default_tax_rates,
        discounts: new.discounts,
        pending_update: new.pending_update,
        balance: None,
        due_at_finalization: 0,
        credit_notes: (0, 0),
        amount_paid: 0,
        amount_overpaid: 0,
        attempts: Attempts::default(),
        transitions: Transitions::default(),
        customer_then: None,
        subscription_then: None,
        metadata: new.metadata,
        told: new.told,
    }
}
