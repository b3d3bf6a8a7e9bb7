//! What a customer's subscription stands on: whether it is collected, and which card is charged.

use std::collections::HashMap;

use billing::ids::{CustomerId, PaymentMethodId, SubscriptionId};
use billing::marks::{CARD_BEFORE_METADATA, PAUSE_METADATA};
use stripe_billing::SubscriptionCollectionMethod;
use stripe_billing::subscription::{
    UpdateSubscription, UpdateSubscriptionPauseCollection,
    UpdateSubscriptionPauseCollectionBehavior,
};
use stripe_core::customer::{UpdateCustomer, UpdateCustomerInvoiceSettings};

use super::subscription::Begins;
use super::{Request, segment};

/// Value of our mark on a pause.
const DISABLED: &str = "disabled";

/// `POST /v1/subscriptions/{id}`: renewals are made and voided at once, until they are resumed
/// (docs.stripe.com/billing/subscriptions/pause-payment). The mark says that the pause is ours.
pub fn pause_collection(id: &SubscriptionId) -> Request {
    let void = UpdateSubscriptionPauseCollectionBehavior::Void;
    let pause = UpdateSubscriptionPauseCollection::new(void);
    let mark = HashMap::from([(PAUSE_METADATA.to_owned(), DISABLED.to_owned())]);
    let update = UpdateSubscription::new(segment(id.as_str()));
    Request::of(&update.pause_collection(pause).metadata(mark))
}

/// `POST /v1/subscriptions/{id}`: renewals are collected again, and our mark goes.
pub fn resume_collection(id: &SubscriptionId) -> Request {
    let update = UpdateSubscription::new(segment(id.as_str()));
    Request::of(&update).unsetting("pause_collection").unsetting_metadata(PAUSE_METADATA)
}

/// `POST /v1/subscriptions/{id}`: our mark of a pause that somebody took away goes.
pub fn clear_pause_mark(id: &SubscriptionId) -> Request {
    let update = UpdateSubscription::new(segment(id.as_str()));
    Request::of(&update).unsetting_metadata(PAUSE_METADATA)
}

/// `POST /v1/subscriptions/{id}`: it is charged to the customer's default payment method, having
/// none of its own; nothing of our Checkout is to be moved any more.
pub fn clear_payment_method(id: &SubscriptionId) -> Request {
    let update = UpdateSubscription::new(segment(id.as_str()));
    Request::of(&update)
        .unsetting("default_payment_method")
        .unsetting_metadata(CARD_BEFORE_METADATA)
}

/// `POST /v1/subscriptions/{id}`: how its invoices are paid from the next one on (A17).
pub fn set_collection(id: &SubscriptionId, begins: Begins) -> Request {
    let update = UpdateSubscription::new(segment(id.as_str()));
    Request::of(&match begins {
        Begins::Sent { net_days } => update
            .collection_method(SubscriptionCollectionMethod::SendInvoice)
            .days_until_due(net_days),
        Begins::Charged => {
            update.collection_method(SubscriptionCollectionMethod::ChargeAutomatically)
        }
    })
}

/// `POST /v1/customers/{id}`: whatever is charged from now on is charged to this.
pub fn set_payment_method(id: &CustomerId, method: &PaymentMethodId) -> Request {
    let mut settings = UpdateCustomerInvoiceSettings::new();
    settings.default_payment_method = Some(method.as_str().to_owned());
    Request::of(&UpdateCustomer::new(segment(id.as_str())).invoice_settings(settings))
}
