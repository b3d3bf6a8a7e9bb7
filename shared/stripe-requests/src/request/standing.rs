//! What a customer's subscription stands on: whether it is collected, and which card is charged.

use billing::ids::{CustomerId, PaymentMethodId, SubscriptionId};
use stripe_billing::SubscriptionCollectionMethod;
use stripe_billing::subscription::{
    UpdateSubscription, UpdateSubscriptionPauseCollection,
    UpdateSubscriptionPauseCollectionBehavior,
};
use stripe_core::customer::{UpdateCustomer, UpdateCustomerInvoiceSettings};

use super::subscription::Begins;
use super::{Request, segment};

/// `POST /v1/subscriptions/{id}`: renewals are made and voided at once, until they are resumed
/// (docs.stripe.com/billing/subscriptions/pause-payment).
pub fn pause_collection(id: &SubscriptionId) -> Request {
    let void = UpdateSubscriptionPauseCollectionBehavior::Void;
    let pause = UpdateSubscriptionPauseCollection::new(void);
    Request::of(&UpdateSubscription::new(segment(id.as_str())).pause_collection(pause))
}

/// `POST /v1/subscriptions/{id}`: renewals are collected again.
pub fn resume_collection(id: &SubscriptionId) -> Request {
    Request::of(&UpdateSubscription::new(segment(id.as_str()))).unsetting("pause_collection")
}

/// `POST /v1/subscriptions/{id}`: it is charged to the customer's default payment method, having
/// none of its own.
pub fn clear_payment_method(id: &SubscriptionId) -> Request {
    let update = UpdateSubscription::new(segment(id.as_str()));
    Request::of(&update).unsetting("default_payment_method")
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
