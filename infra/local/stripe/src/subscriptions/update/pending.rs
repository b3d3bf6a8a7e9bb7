//! Changes that wait until their invoice is paid.

use billing::time::Timestamp;
use serde_json::{Map, Value, json};

use crate::agenda::Task;
use crate::call::Params;
use crate::error::ApiError;
use crate::invoices::{self, Collection, InvoiceStatus, Line};
use crate::settings::INCOMPLETE_SECONDS;
use crate::stripe::Stripe;
use crate::subscriptions::change::{self, Asked, Change};
use crate::subscriptions::invoicing::{self, Outcome};
use crate::subscriptions::json::item as json_of;
use crate::subscriptions::{InvoiceNews, PendingUpdate, Source, Subscription, alter, trial, wake};

/// What a pending update can hold (docs.stripe.com/billing/subscriptions/pending-updates).
const SUPPORTED: [&str; 10] = [
    "add_invoice_items",
    "billing_cycle_anchor",
    "expand",
    "items",
    "off_session",
    "payment_behavior",
    "proration_behavior",
    "proration_date",
    "trial_end",
    "trial_from_plan",
];

/// Whether an update can wait for its payment.
pub fn check(subscription: &Subscription, params: &Params) -> Result<(), ApiError> {
    if subscription.collection != Collection::Automatic {
        let message = "`payment_behavior` can only be `pending_if_incomplete` for subscriptions \
                       with `collection_method` set to `charge_automatically`.";
        return Err(ApiError::invalid(message).param("payment_behavior"));
    }
    if let Some(name) = params.0.keys().find(|name| !SUPPORTED.contains(&name.as_str())) {
        let message = format!(
            "When `payment_behavior` is set to `pending_if_incomplete`, you can only pass supported \
             params: `{name}` is not supported."
        );
        return Err(ApiError::invalid(message).param(name.as_str()));
    }
    for (place, item) in params.list("items").iter().enumerate() {
        let unsupported = ["deleted", "metadata", "tax_rates"];
        if let Some(name) = unsupported.iter().find(|name| item.has(name)) {
            let name = format!("items[{place}][{name}]");
            let message = format!("`{name}` is not supported by pending updates.");
            return Err(ApiError::invalid(message).param(name));
        }
    }
    Ok(())
}

/// A change that its payment decides on.
pub struct Waiting {
    /// The subscription with what else is asked for.
    pub next: Subscription,
    /// The change.
    pub change: Change,
    /// What is bought once with it.
    pub extras: Vec<Line>,
}

/// Makes the invoice of a change and tries to collect it: the change is made when it is paid, and
/// waits otherwise.
pub fn wait(stripe: &mut Stripe, waiting: Waiting, asked: &Asked, params: &Params) {
    let Waiting { next, change, extras } = waiting;
    let id = next.id.clone();
    discard(stripe, &id);
    let before = stripe.shown(|stripe| &stripe.subscriptions, &id);
    let shown = shown(stripe, &next, asked, &change, params);
    let (change, invoice) = draft(stripe, &next, change, extras);
    let expires_at = expires_at(&next, asked.now);
    let has_method = trial::payment_method(stripe, &next).is_some();
    let pending = PendingUpdate { change, invoice: invoice.clone(), expires_at, shown };
    if let Some(subscription) = stripe.subscriptions.get_mut(&id) {
        subscription.latest_invoice = Some(invoice.clone());
        subscription.pending_update = Some(pending);
        // Nothing is told before the payment's outcome: a change that is paid was never pending.
        subscription.quiet = true;
    }
    let outcome = invoicing::bill(stripe, &id, &invoice, has_method);
    if let Some(subscription) = stripe.subscriptions.get_mut(&id) {
        subscription.quiet = false;
    }
    if matches!(outcome, Outcome::Paid) {
        adopt(stripe, &id);
    }
    let after = stripe.shown(|stripe| &stripe.subscriptions, &id);
    stripe.emit_update("customer.subscription.updated", &before, after);
    if stripe.subscriptions.get(&id).is_some_and(|it| it.pending_update.is_some()) {
        let task = Task::PendingUpdateExpires(id.clone());
        stripe.schedule(Some(&next.customer), expires_at, task);
    }
    wake(stripe, &id);
}

/// What `pending_update` shows of a change.
fn shown(
    stripe: &Stripe,
    next: &Subscription,
    asked: &Asked,
    change: &Change,
    params: &Params,
) -> Map<String, Value> {
    let mut shown = Map::new();
    if !asked.items.is_empty() {
        let items = change.items.iter().map(|item| json_of(stripe, next, item)).collect();
        shown.insert("subscription_items".to_owned(), items);
    }
    if asked.anchor_now {
        shown.insert("billing_cycle_anchor".to_owned(), json!(change.anchor.0));
    }
    shown.extend(params.time("trial_end").map(|at| ("trial_end".to_owned(), json!(at.0))));
    shown
}

/// The invoice that decides, as a draft, and the change with where its bills stand.
fn draft(
    stripe: &mut Stripe,
    next: &Subscription,
    mut change: Change,
    extras: Vec<Line>,
) -> (Change, String) {
    let mut after = next.clone();
    change.adopt(&mut after);
    let (mut own, direct) = invoicing::write(stripe, &mut after, change.lines.clone(), false);
    for line in extras {
        let item = crate::invoice_items::create(stripe, &next.customer, &next.currency, line);
        own.push(item);
    }
    let new = change::invoice(stripe, &after, &change, direct, own, true);
    let invoice = invoices::create(stripe, new);
    for billed in after.items.iter_mut().flat_map(|item| &mut item.billed) {
        if matches!(billed.source, Source::Planned(_)) {
            billed.source = Source::Invoice(invoice.clone());
        }
    }
    change.items = after.items;
    (change, invoice)
}

/// 23 hours later, or when a period ends before that.
fn expires_at(subscription: &Subscription, now: Timestamp) -> Timestamp {
    now.plus_seconds(INCOMPLETE_SECONDS).min(subscription.period_end())
}

/// Makes the change that waited.
fn adopt(stripe: &mut Stripe, id: &str) {
    let Some(subscription) = stripe.subscriptions.get_mut(id) else { return };
    if let Some(pending) = subscription.pending_update.take() {
        pending.change.adopt(subscription);
    }
}

/// Something became of the invoice that decides.
pub fn invoice_changed(stripe: &mut Stripe, id: &str, news: InvoiceNews) {
    let Some(subscription) = stripe.subscriptions.get(id) else { return };
    if subscription.quiet {
        return;
    }
    match news {
        InvoiceNews::Paid => {
            let before = stripe.shown(|stripe| &stripe.subscriptions, id);
            adopt(stripe, id);
            let after = stripe.shown(|stripe| &stripe.subscriptions, id);
            stripe.emit_update("customer.subscription.updated", &before, after.clone());
            stripe.emit("customer.subscription.pending_update_applied", after);
            trial::announce_end(stripe, id);
            wake(stripe, id);
        }
        InvoiceNews::Voided => expire(stripe, id),
        InvoiceNews::PaymentFailed
        | InvoiceNews::RetriesExhausted
        | InvoiceNews::DueDatePassed
        | InvoiceNews::MarkedUncollectible => {}
    }
}

/// The payment of a pending update did not come within 23 hours.
pub fn pending_update_expires(stripe: &mut Stripe, id: &str) {
    let Some(subscription) = stripe.subscriptions.get(id) else { return };
    let now = stripe.time_of(Some(&subscription.customer));
    if subscription.pending_update.as_ref().is_some_and(|pending| pending.expires_at <= now) {
        discard(stripe, id);
    }
}

/// Drops the change that waits, and makes its invoice void.
pub fn discard(stripe: &mut Stripe, id: &str) {
    let Some(subscription) = stripe.subscriptions.get(id) else { return };
    let Some(pending) = &subscription.pending_update else { return };
    let invoice = pending.invoice.clone();
    expire(stripe, id);
    if invoicing::status(stripe, &invoice) == Some(InvoiceStatus::Open)
        && let Err(error) = invoices::void(stripe, &invoice)
    {
        tracing::warn!("the invoice of a pending update of {id} is not void: {error}");
    }
}

fn expire(stripe: &mut Stripe, id: &str) {
    alter(stripe, id, |subscription| subscription.pending_update = None);
    let shown: Value = stripe.shown(|stripe| &stripe.subscriptions, id);
    stripe.emit("customer.subscription.pending_update_expired", shown);
}
