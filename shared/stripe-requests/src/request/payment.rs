//! Payments for credits: the Checkout session in which a pack is bought, and the payment intent by
//! which a pack is charged to what the customer has on file
//! (<https://docs.stripe.com/api/checkout/sessions>,
//! <https://docs.stripe.com/api/payment_intents>).
//!
//! Each carries our purchase in its metadata, and so does the payment intent that a session makes
//! (money rule 24).

use std::collections::HashMap;

use billing::ids::{CustomerId, PaymentIntentId, PaymentMethodId, PriceId, PurchaseId, SessionId};
use billing::money::Money;
use billing::payment::PURCHASE_METADATA;
use billing::time::Timestamp;
use stripe_checkout::CheckoutSessionMode;
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionLineItems, CreateCheckoutSessionPaymentIntentData,
    CreateCheckoutSessionPaymentIntentDataSetupFutureUsage, ListCheckoutSession,
    RetrieveCheckoutSession,
};
use stripe_core::customer::{ListPaymentMethodsCustomer, RetrieveCustomer};
use stripe_core::payment_intent::{
    CancelPaymentIntent, CreatePaymentIntent, CreatePaymentIntentOffSession, ListPaymentIntent,
    RetrievePaymentIntent,
};
use stripe_types::{Currency, RangeQueryTs};

use super::checkout::no_adaptive_pricing;
use super::{ACCOUNT_METADATA, PAGE_OBJECTS_MAX, Request, segment};

/// A session in which a pack of credits is bought.
#[derive(Debug, Clone, Copy)]
pub struct NewPackSession<'a> {
    /// By whom.
    pub customer: &'a CustomerId,
    /// For which account: in the metadata of session and payment.
    pub account: &'a str,
    /// By which purchase: likewise.
    pub purchase: &'a PurchaseId,
    /// The pack's price.
    pub price: &'a PriceId,
    /// The tax rates that come on top, `txr_...`.
    pub tax_rates: &'a [String],
    /// Where the customer goes when it is paid.
    pub success_url: &'a str,
    /// Where the customer goes when not.
    pub cancel_url: &'a str,
    /// Time at which it cannot be paid any more: half an hour to a day from now; a day when none.
    pub expires_at: Option<Timestamp>,
}

/// A charge to what the customer has on file, without the customer.
#[derive(Debug, Clone, Copy)]
pub struct NewCharge<'a> {
    /// Whose.
    pub customer: &'a CustomerId,
    /// For which account: in the metadata.
    pub account: &'a str,
    /// By which purchase: in the metadata.
    pub purchase: &'a PurchaseId,
    /// How much, with tax.
    pub amount: Money,
    /// By which payment method of the customer's.
    pub method: &'a PaymentMethodId,
    /// What the customer reads on the receipt.
    pub description: &'a str,
}

/// `POST /v1/checkout/sessions` in payment mode. What it is paid with is kept for later charges
/// (money rule 9).
pub fn create_pack_session(new: &NewPackSession<'_>) -> Request {
    let metadata = marks(new.account, new.purchase);
    let mut data = CreateCheckoutSessionPaymentIntentData::new();
    data.metadata = Some(metadata.clone());
    data.setup_future_usage =
        Some(CreateCheckoutSessionPaymentIntentDataSetupFutureUsage::OffSession);
    let mut line = CreateCheckoutSessionLineItems::new();
    line.price = Some(new.price.as_str().to_owned());
    line.quantity = Some(1);
    line.tax_rates = Some(new.tax_rates.to_vec()).filter(|rates| !rates.is_empty());
    let create = CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Payment)
        .adaptive_pricing(no_adaptive_pricing())
        .customer(new.customer.as_str())
        .client_reference_id(new.account)
        .line_items(vec![line])
        .payment_intent_data(data)
        .metadata(metadata)
        .success_url(new.success_url)
        .cancel_url(new.cancel_url);
    Request::of(&match new.expires_at {
        Some(at) => create.expires_at(at.0),
        None => create,
    })
}

/// `GET /v1/checkout/sessions/{id}`.
pub fn session(id: &SessionId) -> Request {
    Request::of(&RetrieveCheckoutSession::new(segment(id.as_str())))
}

/// `GET /v1/checkout/sessions`: a customer's, made since then, whatever became of them.
pub fn sessions_since(customer: &CustomerId, since: Timestamp, after: Option<&str>) -> Request {
    let list = ListCheckoutSession::new()
        .customer(customer.as_str())
        .created(RangeQueryTs::gte(since.0))
        .limit(PAGE_OBJECTS_MAX);
    Request::of(&match after {
        Some(after) => list.starting_after(after),
        None => list,
    })
}

/// `POST /v1/payment_intents`, confirmed at once and without the customer: a payment method that
/// wants its owner to authenticate is declined as `authentication_required`.
///
/// `error_on_requires_action` would say the same once more, and Stripe refuses it since 2023-08-16
/// unless the types of payment methods are listed
/// (<https://docs.stripe.com/changelog/2023-08-16/automatic-payment-methods>).
pub fn create_charge(new: &NewCharge<'_>) -> Request {
    let Ok(currency) = new.amount.currency.as_str().parse::<Currency>();
    let create = CreatePaymentIntent::new(new.amount.amount, currency)
        .customer(new.customer.as_str())
        .payment_method(new.method.as_str())
        .off_session(CreatePaymentIntentOffSession::Bool(true))
        .confirm(true)
        .description(new.description)
        .metadata(marks(new.account, new.purchase));
    Request::of(&create)
}

/// `GET /v1/payment_intents/{id}`.
pub fn payment(id: &PaymentIntentId) -> Request {
    Request::of(&RetrievePaymentIntent::new(segment(id.as_str())))
}

/// `POST /v1/payment_intents/{id}/cancel`: nobody can pay it any more.
pub fn cancel_payment(id: &PaymentIntentId) -> Request {
    Request::of(&CancelPaymentIntent::new(segment(id.as_str())))
}

/// `GET /v1/payment_intents`: a customer's, made since then.
pub fn payments_since(customer: &CustomerId, since: Timestamp, after: Option<&str>) -> Request {
    let list = ListPaymentIntent::new()
        .customer(customer.as_str())
        .created(RangeQueryTs::gte(since.0))
        .limit(PAGE_OBJECTS_MAX);
    Request::of(&match after {
        Some(after) => list.starting_after(after),
        None => list,
    })
}

/// `GET /v1/customers/{id}`, with the default payment method whole.
pub fn customer_with_method(id: &CustomerId) -> Request {
    let expand = vec!["invoice_settings.default_payment_method".to_owned()];
    Request::of(&RetrieveCustomer::new(segment(id.as_str())).expand(expand))
}

/// `GET /v1/customers/{id}/payment_methods`: the newest that is on file.
pub fn newest_method(id: &CustomerId) -> Request {
    Request::of(&ListPaymentMethodsCustomer::new(segment(id.as_str())).limit(1))
}

fn marks(account: &str, purchase: &PurchaseId) -> HashMap<String, String> {
    let marks = [(ACCOUNT_METADATA, account), (PURCHASE_METADATA, purchase.as_str())];
    marks.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use billing::money::Currency;

    use super::*;

    fn fields(request: &Request) -> String {
        let form = request.form.clone().unwrap_or_default();
        form.replace("%5B", "[").replace("%5D", "]").replace("%3A", ":").replace("%2F", "/")
    }

    /// Goal: session and payment both name the purchase, what pays is kept for later, and nothing
    /// is sent that was not asked.
    #[test]
    fn a_pack_session_names_the_purchase_twice() {
        let customer = CustomerId::parse("cus_1").unwrap();
        let purchase = PurchaseId::parse("buy_1").unwrap();
        let price = PriceId::parse("price_1").unwrap();
        let new = NewPackSession {
            customer: &customer,
            account: "acme",
            purchase: &purchase,
            price: &price,
            tax_rates: &[],
            success_url: "https://a.example/ok",
            cancel_url: "https://a.example/no",
            expires_at: None,
        };
        let plain = create_pack_session(&new);
        assert_eq!(
            fields(&plain).split('&').collect::<Vec<_>>(),
            [
                "adaptive_pricing[enabled]=false",
                "cancel_url=https://a.example/no",
                "client_reference_id=acme",
                "customer=cus_1",
                "line_items[0][price]=price_1",
                "line_items[0][quantity]=1",
                "metadata[tollgate_account]=acme",
                "metadata[tollgate_purchase]=buy_1",
                "mode=payment",
                "payment_intent_data[metadata][tollgate_account]=acme",
                "payment_intent_data[metadata][tollgate_purchase]=buy_1",
                "payment_intent_data[setup_future_usage]=off_session",
                "success_url=https://a.example/ok",
            ]
        );
        let taxed = NewPackSession {
            tax_rates: &["txr_1".to_owned()],
            expires_at: Some(Timestamp(1_800_000_000)),
            ..new
        };
        let taxed = fields(&create_pack_session(&taxed));
        assert!(taxed.contains("line_items[0][tax_rates][0]=txr_1"), "{taxed}");
        assert!(taxed.contains("expires_at=1800000000"), "{taxed}");
    }

    /// Goal: a charge is confirmed at once, by that method, without the customer.
    #[test]
    fn a_charge_is_made_without_the_customer() {
        let customer = CustomerId::parse("cus_1").unwrap();
        let purchase = PurchaseId::parse("buy_1").unwrap();
        let method = PaymentMethodId::parse("pm_1").unwrap();
        let new = NewCharge {
            customer: &customer,
            account: "acme",
            purchase: &purchase,
            amount: Money::new(1_000, Currency::parse("eur").unwrap()),
            method: &method,
            description: "Credits",
        };
        let request = create_charge(&new);
        assert_eq!(request.title(), "POST /v1/payment_intents");
        assert_eq!(
            fields(&request).split('&').collect::<Vec<_>>(),
            [
                "amount=1000",
                "confirm=true",
                "currency=eur",
                "customer=cus_1",
                "description=Credits",
                "metadata[tollgate_account]=acme",
                "metadata[tollgate_purchase]=buy_1",
                "off_session=true",
                "payment_method=pm_1",
            ]
        );
        let since = payments_since(&customer, Timestamp(5), Some("pi_1")).target;
        let expected =
            "/v1/payment_intents?created[gte]=5&customer=cus_1&limit=100&starting_after=pi_1";
        assert_eq!(since, expected);
        let newest = newest_method(&customer).target;
        assert_eq!(newest, "/v1/customers/cus_1/payment_methods?limit=1");
        let whole = customer_with_method(&customer).target;
        assert_eq!(whole, "/v1/customers/cus_1?expand[0]=invoice_settings.default_payment_method");
    }
}
