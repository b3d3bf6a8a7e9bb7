//! Changing what a subscription sells, and how it ends
//! (docs.stripe.com/billing/subscriptions/change).

use std::collections::HashMap;

use billing::ids::{CustomerId, InvoiceId, SubscriptionId};
use billing::time::Timestamp;
use stripe_billing::invoice::{ListInvoice, RetrieveInvoice, VoidInvoiceInvoice};
use stripe_billing::subscription::{
    CancelSubscription, CreateSubscription, CreateSubscriptionBillingMode,
    CreateSubscriptionBillingModeType, CreateSubscriptionItems, CreateSubscriptionPaymentBehavior,
    ResumeSubscription, ResumeSubscriptionBillingCycleAnchor,
    ResumeSubscriptionBillingCycleAnchorType, ResumeSubscriptionPaymentBehavior,
    ResumeSubscriptionProrationBehavior, UpdateSubscription, UpdateSubscriptionItems,
    UpdateSubscriptionPaymentBehavior, UpdateSubscriptionProrationBehavior,
};
use stripe_billing::{InvoiceStatus, SubscriptionCollectionMethod};

use super::{ACCOUNT_METADATA, INTENT_METADATA, PAGE_OBJECTS_MAX, Request, segment};

/// What becomes of an item of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemChange {
    /// It gets this quantity, and this price, unless it keeps its own.
    Set {
        /// The item, `si_...`.
        item: String,
        /// Another price.
        price: Option<String>,
        /// How many.
        quantity: u64,
    },
    /// There is one more.
    Add(Priced),
    /// It goes, `si_...`.
    Remove(String),
}

/// A price, and how often it is charged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Priced {
    /// The price, `price_...`.
    pub price: String,
    /// How many; nothing for a metered price.
    pub quantity: Option<u64>,
}

/// What becomes of a change whose invoice cannot be paid at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unpaid {
    /// It waits until it is paid: `pending_if_incomplete`.
    Pending,
    /// It is refused: `error_if_incomplete`, for what cannot wait (money rule 12).
    Error,
    /// It does not matter: nothing is charged, because invoices are sent.
    Sent,
}

/// How a subscription's invoices are paid that we make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begins {
    /// They are sent (A17).
    Sent {
        /// In how many days they are due.
        net_days: u32,
    },
    /// They are charged to what the customer has on file. Without the first payment there is no
    /// subscription.
    Charged,
}

/// A subscription to be made without the customer: its invoices are sent (A17), or staff set its
/// plan (F3).
#[derive(Debug, Clone, Copy)]
pub struct NewSubscription<'a> {
    /// Whose.
    pub customer: &'a CustomerId,
    /// Of which account: in its metadata.
    pub account: &'a str,
    /// By which intent: in its metadata.
    pub intent: &'a str,
    /// What it sells.
    pub items: &'a [Priced],
    /// Time at which its first whole period begins; at once when none.
    pub anchor: Option<Timestamp>,
    /// The tax rates that come on top, `txr_...`.
    pub tax_rates: &'a [String],
    /// How its invoices are paid.
    pub begins: Begins,
}

/// `POST /v1/subscriptions/{id}`: changes items at once, pro rata by the seconds from `date` on,
/// and invoices that at once.
pub fn change_items(
    id: &SubscriptionId,
    changes: &[ItemChange],
    date: Timestamp,
    unpaid: Unpaid,
) -> Request {
    let items: Vec<_> = changes.iter().map(item_of_update).collect();
    let update = UpdateSubscription::new(segment(id.as_str()))
        .items(items)
        .proration_behavior(UpdateSubscriptionProrationBehavior::AlwaysInvoice)
        .proration_date(date.0)
        .expand(vec!["latest_invoice".to_owned()]);
    Request::of(&match unpaid {
        Unpaid::Pending => {
            update.payment_behavior(UpdateSubscriptionPaymentBehavior::PendingIfIncomplete)
        }
        Unpaid::Error => {
            update.payment_behavior(UpdateSubscriptionPaymentBehavior::ErrorIfIncomplete)
        }
        Unpaid::Sent => update,
    })
}

/// `POST /v1/subscriptions/{id}`: items are changed from the next period on, and nothing is pro
/// rata. An item that gets another price says its quantity too: without it Stripe would make it
/// one.
pub fn change_next_period(id: &SubscriptionId, changes: &[ItemChange]) -> Request {
    let items: Vec<_> = changes.iter().map(item_of_update).collect();
    let update = UpdateSubscription::new(segment(id.as_str())).items(items);
    Request::of(&update.proration_behavior(UpdateSubscriptionProrationBehavior::None))
}

fn item_of_update(change: &ItemChange) -> UpdateSubscriptionItems {
    let mut item = UpdateSubscriptionItems::new();
    match change {
        ItemChange::Set { item: id, price, quantity } => {
            item.id = Some(id.clone());
            item.price.clone_from(price);
            item.quantity = Some(*quantity);
        }
        ItemChange::Add(Priced { price, quantity }) => {
            item.price = Some(price.clone());
            item.quantity = *quantity;
        }
        ItemChange::Remove(id) => {
            item.id = Some(id.clone());
            item.deleted = Some(true);
        }
    }
    item
}

/// `POST /v1/subscriptions/{id}`: it ends with its period, or does not.
pub fn cancel_at_period_end(id: &SubscriptionId, ends: bool) -> Request {
    Request::of(&UpdateSubscription::new(segment(id.as_str())).cancel_at_period_end(ends))
}

/// `POST /v1/subscriptions/{id}`: a time at which it ends, set without the flag, is taken away.
pub fn clear_cancel_at(id: &SubscriptionId) -> Request {
    Request::of(&UpdateSubscription::new(segment(id.as_str()))).unsetting("cancel_at")
}

/// `DELETE /v1/subscriptions/{id}`: it ends at once, and what is left of what was paid becomes the
/// customer's balance.
pub fn cancel_subscription(id: &SubscriptionId) -> Request {
    let cancel = CancelSubscription::new(segment(id.as_str()));
    Request::of(&cancel.invoice_now(true).prorate(true))
}

/// `DELETE /v1/subscriptions/{id}`: it ends at once, and nothing is charged or given back.
pub fn end_subscription(id: &SubscriptionId) -> Request {
    let cancel = CancelSubscription::new(segment(id.as_str()));
    Request::of(&cancel.invoice_now(false).prorate(false))
}

/// `POST /v1/subscriptions/{id}/resume`: a paused one runs again once the rest of the period that
/// its anchor gives is paid (docs.stripe.com/api/subscriptions/resume).
pub fn resume_subscription(id: &SubscriptionId) -> Request {
    let unchanged = ResumeSubscriptionBillingCycleAnchorType::Unchanged;
    let resume = ResumeSubscription::new(segment(id.as_str()))
        .billing_cycle_anchor(ResumeSubscriptionBillingCycleAnchor::new(unchanged))
        .proration_behavior(ResumeSubscriptionProrationBehavior::AlwaysInvoice)
        .payment_behavior(ResumeSubscriptionPaymentBehavior::ResumeOnPaymentSuccess)
        .expand(vec!["latest_invoice".to_owned()]);
    Request::of(&resume)
}

/// What a change at once settles for the period that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proration {
    /// Nothing: what was paid for it stays paid, and the new prices are charged from the next
    /// renewal on.
    Nothing,
    /// What is left of it is charged and credited at once, by the seconds: for another interval,
    /// whose period would otherwise go on unpaid.
    AtOnce,
}

/// `POST /v1/subscriptions/{id}`: changes items at once
/// (docs.stripe.com/billing/subscriptions/prorations). What is to be charged then and cannot be is
/// refused.
pub fn set_items(
    id: &SubscriptionId,
    changes: &[ItemChange],
    proration: Proration,
    begins: Begins,
) -> Request {
    let items: Vec<_> = changes.iter().map(item_of_update).collect();
    let update = UpdateSubscription::new(segment(id.as_str()))
        .items(items)
        .proration_behavior(match proration {
            Proration::Nothing => UpdateSubscriptionProrationBehavior::None,
            Proration::AtOnce => UpdateSubscriptionProrationBehavior::AlwaysInvoice,
        })
        .expand(vec!["latest_invoice".to_owned()]);
    Request::of(&match begins {
        Begins::Sent { .. } => update,
        Begins::Charged => {
            update.payment_behavior(UpdateSubscriptionPaymentBehavior::ErrorIfIncomplete)
        }
    })
}

/// `POST /v1/subscriptions`: one that begins without the customer.
pub fn create_subscription(new: &NewSubscription<'_>) -> Request {
    let metadata = [(ACCOUNT_METADATA, new.account), (INTENT_METADATA, new.intent)];
    let metadata = metadata.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let items: Vec<_> = new
        .items
        .iter()
        .map(|Priced { price, quantity }| {
            let mut item = CreateSubscriptionItems::new();
            item.price = Some(price.clone());
            item.quantity = *quantity;
            item
        })
        .collect();
    let mode = CreateSubscriptionBillingMode::new(CreateSubscriptionBillingModeType::Flexible);
    let create = CreateSubscription::new()
        .customer(new.customer.as_str())
        .items(items)
        .billing_mode(mode)
        .metadata(HashMap::from(metadata))
        .expand(vec!["latest_invoice".to_owned()]);
    let create = match new.tax_rates {
        [] => create,
        rates => create.default_tax_rates(rates),
    };
    let create = match new.begins {
        Begins::Sent { net_days } => create
            .collection_method(SubscriptionCollectionMethod::SendInvoice)
            .days_until_due(net_days),
        Begins::Charged => create
            .collection_method(SubscriptionCollectionMethod::ChargeAutomatically)
            .payment_behavior(CreateSubscriptionPaymentBehavior::ErrorIfIncomplete)
            .off_session(true),
    };
    Request::of(&match new.anchor {
        Some(anchor) => create.billing_cycle_anchor(anchor.0),
        None => create,
    })
}

/// `GET /v1/invoices/{id}`, with the payment intents that were to pay it: they say why it is not
/// paid.
pub fn invoice_with_payments(id: &InvoiceId) -> Request {
    let expand = vec!["payments.data.payment.payment_intent".to_owned()];
    Request::of(&RetrieveInvoice::new(segment(id.as_str())).expand(expand))
}

/// `GET /v1/invoices`: a customer's open ones, each with the ids of what is to pay it.
pub fn open_invoices_with_payments(customer: &CustomerId, after: Option<&str>) -> Request {
    let list = ListInvoice::new()
        .customer(customer.as_str())
        .status(InvoiceStatus::Open)
        .expand(vec!["data.payments".to_owned()])
        .limit(PAGE_OBJECTS_MAX);
    Request::of(&match after {
        Some(after) => list.starting_after(after),
        None => list,
    })
}

/// `POST /v1/invoices/{id}/void`.
pub fn void_invoice(id: &InvoiceId) -> Request {
    Request::of(&VoidInvoiceInvoice::new(segment(id.as_str())))
}
