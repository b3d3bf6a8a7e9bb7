//! From what a subscription bills to its invoices.

use billing::time::Timestamp;
use serde_json::{Map, Value};

use super::period::Period;
use super::{PauseBehaviour, Source, Subscription, SubscriptionStatus};
use crate::coupons::{self, Lasts};
use crate::invoice_items;
use crate::invoices::{self, Collection, GivenUp, InvoiceStatus, Line, NewInvoice};
use crate::metadata::Metadata;
use crate::payment_intents::Payment;
use crate::stripe::Stripe;

/// Reason why a subscription makes an invoice, and what it takes with it.
#[derive(Debug, Clone, Copy)]
pub struct Occasion {
    /// Stripe's `billing_reason`.
    pub reason: &'static str,
    /// Its `period_start` and `period_end`.
    pub period: Period,
    /// True if it becomes final and is collected by itself, an hour later.
    pub by_itself: bool,
    /// True if it takes all pending invoice items with it.
    pub takes_pending: bool,
    /// True if its payment decides on a pending update.
    pub decides: bool,
}

/// The invoice to be made of these lines.
pub fn new_invoice(
    stripe: &Stripe,
    subscription: &Subscription,
    lines: Vec<Line>,
    own_items: Vec<String>,
    occasion: Occasion,
) -> NewInvoice {
    let items =
        if occasion.takes_pending { pending(stripe, subscription, &own_items) } else { own_items };
    NewInvoice {
        customer: subscription.customer.clone(),
        currency: subscription.currency.clone(),
        billing_reason: occasion.reason,
        collection: subscription.collection,
        auto_advance: occasion.by_itself,
        subscription: Some(subscription.id.clone()),
        lines,
        items,
        period: occasion.period,
        default_payment_method: None,
        default_tax_rates: subscription.default_tax_rates.clone(),
        discounts: coupons::at(subscription, occasion.period.1),
        pending_update: occasion.decides,
        metadata: Metadata::default(),
        told: told(subscription),
    }
}

/// Pending invoice items that its next invoice takes, oldest first: its own and those of no
/// subscription.
fn pending(stripe: &Stripe, subscription: &Subscription, also: &[String]) -> Vec<String> {
    let (customer, currency) = (&subscription.customer, &subscription.currency);
    let mut pending = invoice_items::all_pending(stripe, customer, currency);
    pending.retain(|id| {
        let of = stripe.invoice_items.get(id).map(|item| item.line.subscription.as_deref());
        also.contains(id) || of.is_some_and(|of| of.is_none() || of == Some(&subscription.id))
    });
    pending
}

/// What the subscription's `invoice_settings` say of its invoices.
fn told(subscription: &Subscription) -> Map<String, Value> {
    let settings = subscription.told.get("invoice_settings").and_then(Value::as_object);
    let passed = settings.into_iter().flatten();
    passed
        .filter(|(name, _)| matches!(name.as_str(), "description" | "footer" | "custom_fields"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Lines that become invoice items first: what a change adjusts. Where they stand is kept with the
/// items of the subscription. Answers with the invoice items, and with the lines that need none.
pub fn write(
    stripe: &mut Stripe,
    subscription: &mut Subscription,
    planned: Vec<Line>,
    all: bool,
) -> (Vec<String>, Vec<Line>) {
    let (mut made, mut direct) = (Vec::new(), Vec::new());
    for (place, line) in planned.into_iter().enumerate() {
        if !line.proration && !all {
            direct.push(line);
            continue;
        }
        let (customer, currency) = (&subscription.customer, &subscription.currency);
        let item = invoice_items::create(stripe, customer, currency, line);
        for billed in subscription.items.iter_mut().flat_map(|item| &mut item.billed) {
            if billed.source == Source::Planned(place) {
                billed.source = Source::InvoiceItem(item.clone());
            }
        }
        made.push(item);
    }
    (made, direct)
}

/// Makes an invoice of a subscription, as a draft: it is the subscription's latest then. Nothing
/// when it would be empty.
pub fn make(stripe: &mut Stripe, id: &str, new: NewInvoice) -> Option<String> {
    if new.lines.is_empty() && new.items.is_empty() {
        return None;
    }
    let invoice = invoices::create(stripe, new);
    if let Some(subscription) = stripe.subscriptions.get_mut(id) {
        subscription.latest_invoice = Some(invoice.clone());
        subscription.discounts.retain(|discount| discount.lasts != Lasts::Once);
        for billed in subscription.items.iter_mut().flat_map(|item| &mut item.billed) {
            if matches!(billed.source, Source::Planned(_)) {
                billed.source = Source::Invoice(invoice.clone());
            }
        }
    }
    Some(invoice)
}

/// True if invoices that a subscription makes by itself become final by themselves: not while
/// collection is paused or has been given up.
pub fn advances(subscription: &Subscription) -> bool {
    subscription.pause.is_none() && subscription.status != SubscriptionStatus::Unpaid
}

/// What a pause of collection makes of a new invoice.
pub fn pause(stripe: &mut Stripe, id: &str, invoice: &str) {
    let pause = stripe.subscriptions.get(id).and_then(|subscription| subscription.pause);
    let Some(pause) = pause else { return };
    // An invoice that cannot be made final stays a draft, as at Stripe.
    let done = match pause.behaviour {
        PauseBehaviour::KeepAsDraft => Ok(()),
        PauseBehaviour::Void => {
            invoices::finalize(stripe, invoice).and_then(|()| match status(stripe, invoice) {
                Some(InvoiceStatus::Open) => invoices::void(stripe, invoice),
                _ => Ok(()),
            })
        }
        PauseBehaviour::MarkUncollectible => {
            invoices::finalize(stripe, invoice).and_then(|()| match status(stripe, invoice) {
                Some(InvoiceStatus::Open) => {
                    invoices::mark_uncollectible(stripe, invoice, GivenUp::SubscriptionPaused)
                }
                _ => Ok(()),
            })
        }
    };
    if let Err(error) = done {
        tracing::warn!("an invoice of {id} stays a draft: {error}");
    }
}

/// Makes an invoice final and collects it, if it is collected automatically.
pub fn bill(stripe: &mut Stripe, id: &str, invoice: &str, collects: bool) -> Outcome {
    if let Err(error) = invoices::finalize(stripe, invoice) {
        return Outcome::Failed(error);
    }
    let automatic = stripe
        .subscriptions
        .get(id)
        .is_some_and(|subscription| subscription.collection == Collection::Automatic);
    match status(stripe, invoice) {
        Some(InvoiceStatus::Open) if automatic && collects => {
            match invoices::collect(stripe, invoice) {
                Payment::Succeeded => Outcome::Paid,
                Payment::Processing | Payment::Canceled => Outcome::Waits,
                Payment::RequiresAction => Outcome::RequiresAction,
                Payment::Failed(error) => Outcome::Failed(error),
            }
        }
        Some(InvoiceStatus::Open) => Outcome::Waits,
        _ => Outcome::Paid,
    }
}

/// What became of an invoice that was to be paid at once.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It is paid, or nothing was due.
    Paid,
    /// It is not tried, or under way.
    Waits,
    /// The customer has to authenticate.
    RequiresAction,
    /// It was declined.
    Failed(crate::error::ApiError),
}

/// Where an invoice stands.
pub fn status(stripe: &Stripe, invoice: &str) -> Option<InvoiceStatus> {
    stripe.invoices.get(invoice).map(|invoice| invoice.status)
}

/// An instant as a period.
pub fn instant(at: Timestamp) -> Period {
    (at, at)
}
