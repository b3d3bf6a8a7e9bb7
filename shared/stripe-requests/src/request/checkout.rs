//! Checkout: Stripe's page on which a subscription is bought
//! (docs.stripe.com/api/checkout/sessions).

use std::collections::HashMap;

use billing::ids::{CustomerId, PaymentMethodId};
use billing::marks::{CARD_BEFORE_METADATA, NO_CARD};
use billing::time::Timestamp;
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionAdaptivePricing, CreateCheckoutSessionLineItems,
    CreateCheckoutSessionSubscriptionData, CreateCheckoutSessionSubscriptionDataBillingMode,
    CreateCheckoutSessionSubscriptionDataBillingModeType, ExpireCheckoutSession,
    ListCheckoutSession,
};
use stripe_checkout::{CheckoutSessionMode, CheckoutSessionStatus};

use super::subscription::Priced;
use super::{ACCOUNT_METADATA, INTENT_METADATA, PAGE_OBJECTS_MAX, Request, segment};

/// The key, in a session's metadata, of the fingerprint of what it sells.
pub const CONTENT_METADATA: &str = "tollgate_content";

/// A session in which a subscription is bought.
#[derive(Debug, Clone, Copy)]
pub struct NewSession<'a> {
    /// By whom.
    pub customer: &'a CustomerId,
    /// For which account: in the metadata of session and subscription.
    pub account: &'a str,
    /// By which intent: likewise.
    pub intent: &'a str,
    /// The fingerprint of what it sells: in the session's metadata.
    pub content: &'a str,
    /// The customer's default payment method now: in the subscription's metadata, so that the one
    /// which is paid with takes its place and no other's.
    pub card_before: Option<&'a PaymentMethodId>,
    /// What it sells.
    pub items: &'a [Priced],
    /// Time at which the first whole period begins; at once when none. Time before that is charged
    /// pro rata.
    pub anchor: Option<Timestamp>,
    /// The tax rates that come on top, `txr_...`.
    pub tax_rates: &'a [String],
    /// Where the customer goes when it is paid.
    pub success_url: &'a str,
    /// Where the customer goes when not.
    pub cancel_url: &'a str,
}

/// `POST /v1/checkout/sessions` in subscription mode.
pub fn create_session(new: &NewSession<'_>) -> Request {
    let metadata = |pairs: &[(&str, &str)]| -> HashMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let marks = [(ACCOUNT_METADATA, new.account), (INTENT_METADATA, new.intent)];
    let [account, intent] = marks;
    let mut data = CreateCheckoutSessionSubscriptionData::new();
    data.billing_mode = Some(CreateCheckoutSessionSubscriptionDataBillingMode::new(
        CreateCheckoutSessionSubscriptionDataBillingModeType::Flexible,
    ));
    data.billing_cycle_anchor = new.anchor.map(|at| at.0);
    data.default_tax_rates = Some(new.tax_rates.to_vec()).filter(|rates| !rates.is_empty());
    let card_before = new.card_before.map_or(NO_CARD, PaymentMethodId::as_str);
    data.metadata = Some(metadata(&[account, intent, (CARD_BEFORE_METADATA, card_before)]));
    let items: Vec<_> = new
        .items
        .iter()
        .map(|Priced { price, quantity }| {
            let mut item = CreateCheckoutSessionLineItems::new();
            item.price = Some(price.clone());
            item.quantity = *quantity;
            item
        })
        .collect();
    let create = CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Subscription)
        .adaptive_pricing(no_adaptive_pricing())
        .customer(new.customer.as_str())
        .client_reference_id(new.account)
        .line_items(items)
        .subscription_data(data)
        .metadata(metadata(&[account, intent, (CONTENT_METADATA, new.content)]))
        .success_url(new.success_url)
        .cancel_url(new.cancel_url);
    Request::of(&create)
}

/// What is sold is paid in the currency of its price: a dispute about a payment that Stripe
/// converted would be in another one.
pub(crate) fn no_adaptive_pricing() -> CreateCheckoutSessionAdaptivePricing {
    CreateCheckoutSessionAdaptivePricing { enabled: Some(false) }
}

/// `GET /v1/checkout/sessions`: those of a customer that can still be paid.
pub fn open_sessions(customer: &CustomerId, after: Option<&str>) -> Request {
    let list = ListCheckoutSession::new()
        .customer(customer.as_str())
        .status(CheckoutSessionStatus::Open)
        .limit(PAGE_OBJECTS_MAX);
    Request::of(&match after {
        Some(after) => list.starting_after(after),
        None => list,
    })
}

/// `POST /v1/checkout/sessions/{id}/expire`: nobody can pay it any more.
pub fn expire_session(id: &str) -> Request {
    Request::of(&ExpireCheckoutSession::new(segment(id)))
}
