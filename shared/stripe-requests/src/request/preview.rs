//! What an invoice would come to (<https://docs.stripe.com/api/invoices/create_preview>).

use billing::ids::{CustomerId, SubscriptionId};
use billing::time::Timestamp;
use stripe_billing::invoice::{
    CreatePreviewInvoice, CreatePreviewInvoiceSubscriptionDetails,
    CreatePreviewInvoiceSubscriptionDetailsBillingCycleAnchor,
    CreatePreviewInvoiceSubscriptionDetailsBillingCycleAnchorType,
    CreatePreviewInvoiceSubscriptionDetailsBillingMode,
    CreatePreviewInvoiceSubscriptionDetailsBillingModeType,
    CreatePreviewInvoiceSubscriptionDetailsItems,
    CreatePreviewInvoiceSubscriptionDetailsProrationBehavior,
};

use super::Request;
use super::subscription::{ItemChange, Priced};

/// `POST /v1/invoices/create_preview`: the invoice that [`super::subscription::change_items`] would
/// make with the same date. A subscription that is there has its billing mode: naming another would
/// preview what the change does not do.
pub fn preview_change(
    subscription: &SubscriptionId,
    changes: &[ItemChange],
    date: Timestamp,
) -> Request {
    let mut details = CreatePreviewInvoiceSubscriptionDetails::new();
    details.items = Some(changes.iter().map(changed).collect());
    details.proration_behavior =
        Some(CreatePreviewInvoiceSubscriptionDetailsProrationBehavior::AlwaysInvoice);
    details.proration_date = Some(date.0);
    let preview = CreatePreviewInvoice::new().subscription(subscription.as_str());
    Request::of(&preview.subscription_details(details))
}

/// `POST /v1/invoices/create_preview`: the next renewal of a subscription, with whatever Stripe
/// adds to it: discounts, items beside ours, pending items and prorations.
pub fn preview_renewal(subscription: &SubscriptionId) -> Request {
    Request::of(&CreatePreviewInvoice::new().subscription(subscription.as_str()))
}

/// `POST /v1/invoices/create_preview`: the first invoice of a subscription that begins now. A
/// preview takes tax rates by item only; they come to the same as those of the whole subscription.
pub fn preview_first(
    customer: &CustomerId,
    items: &[Priced],
    anchor: Option<Timestamp>,
    tax_rates: &[String],
) -> Request {
    let mut details = CreatePreviewInvoiceSubscriptionDetails::new();
    let rates = Some(tax_rates.to_vec()).filter(|rates| !rates.is_empty());
    let taxed = |item: &Priced| {
        let mut item = added(item);
        item.tax_rates.clone_from(&rates);
        item
    };
    details.items = Some(items.iter().map(taxed).collect());
    details.billing_mode = Some(CreatePreviewInvoiceSubscriptionDetailsBillingMode::new(
        CreatePreviewInvoiceSubscriptionDetailsBillingModeType::Flexible,
    ));
    details.billing_cycle_anchor = anchor.map(|at| {
        let kind = CreatePreviewInvoiceSubscriptionDetailsBillingCycleAnchorType::Timestamp;
        let mut anchor = CreatePreviewInvoiceSubscriptionDetailsBillingCycleAnchor::new(kind);
        anchor.timestamp = Some(at.0);
        anchor
    });
    let preview = CreatePreviewInvoice::new().customer(customer.as_str());
    Request::of(&preview.subscription_details(details))
}

fn changed(change: &ItemChange) -> CreatePreviewInvoiceSubscriptionDetailsItems {
    let mut item = CreatePreviewInvoiceSubscriptionDetailsItems::new();
    match change {
        ItemChange::Set { item: id, price, quantity } => {
            item.id = Some(id.clone());
            item.price.clone_from(price);
            item.quantity = Some(*quantity);
        }
        ItemChange::Add(priced) => return added(priced),
        ItemChange::Remove(id) => {
            item.id = Some(id.clone());
            item.deleted = Some(true);
        }
    }
    item
}

fn added(Priced { price, quantity }: &Priced) -> CreatePreviewInvoiceSubscriptionDetailsItems {
    let mut item = CreatePreviewInvoiceSubscriptionDetailsItems::new();
    item.price = Some(price.clone());
    item.quantity = *quantity;
    item
}
