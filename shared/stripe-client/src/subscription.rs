//! A subscription as it is at Stripe now, with its latest invoice.

use billing::fact::{Fact, News, SubscriptionSnapshot};
use billing::ids::{CustomerId, InvoiceId, PaymentIntentId, PaymentMethodId, SubscriptionId};
use billing::marks::{CARD_BEFORE_METADATA, NO_CARD};
use billing::time::Timestamp;
use invocation::Invocation;
use serde::Deserialize;
use serde_json::value::RawValue;
use stripe_requests::request::subscription::{invoice_with_payments, open_invoices_with_payments};
use stripe_requests::{Bound, request};
use stripe_wire::wire::Reason;

use crate::pull::{INVOICE, SUBSCRIPTION, read};
use crate::{Stripe, StripeError, other_object, text};

/// A subscription as Stripe showed it.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// Whose it is.
    pub customer: CustomerId,
    /// What it is.
    pub snapshot: SubscriptionSnapshot,
    /// Its latest invoice, as a fact that can be settled like an event.
    pub latest_invoice: Option<Fact>,
    /// Stripe's answer, for what is not in the snapshot, such as the ids of its items.
    pub body: Vec<u8>,
    /// Time at which Stripe answered.
    pub at: Timestamp,
}

#[derive(Deserialize)]
struct Marked {
    #[serde(default)]
    metadata: std::collections::BTreeMap<String, String>,
}

impl Marked {
    /// The customer's default payment method when our Checkout page was made; none if it had none,
    /// or the subscription was not bought there.
    fn card_before(&self) -> Option<PaymentMethodId> {
        let card = self.metadata.get(CARD_BEFORE_METADATA).filter(|card| *card != NO_CARD)?;
        PaymentMethodId::parse(card).ok()
    }
}

/// Tax rates of a subscription.
#[derive(Deserialize)]
struct Taxed {
    #[serde(default)]
    default_tax_rates: Vec<TaxRateId>,
}

#[derive(Deserialize)]
struct TaxRateId {
    id: String,
}

#[derive(Deserialize)]
struct Open {
    id: String,
    #[serde(default)]
    payments: OpenPayments,
}

#[derive(Default, Deserialize)]
struct OpenPayments {
    data: Vec<OpenPayment>,
}

#[derive(Deserialize)]
struct OpenPayment {
    payment: Means,
}

#[derive(Deserialize)]
struct Means {
    #[serde(default)]
    payment_intent: Option<String>,
}

#[derive(Deserialize)]
struct Invoiced<'a> {
    #[serde(borrow, default)]
    latest_invoice: Option<&'a RawValue>,
}

impl Stripe {
    /// A subscription; nothing when Stripe does not know it.
    pub async fn subscription(
        &self,
        invocation: &Invocation,
        id: &SubscriptionId,
    ) -> Result<Option<Subscription>, StripeError> {
        let answer = match self.call(invocation, &request::subscription(id)).await {
            Err(StripeError::Call(error)) if error.is_missing() => return Ok(None),
            answered => answered?,
        };
        subscription(answer.body, answer.at).map(Some)
    }

    /// An invoice with its payments, as a fact that can be settled like an event; nothing when
    /// Stripe does not know it.
    pub async fn invoice(
        &self,
        invocation: &Invocation,
        id: &InvoiceId,
    ) -> Result<Option<Fact>, StripeError> {
        let answer = match self.call(invocation, &invoice_with_payments(id)).await {
            Err(StripeError::Call(error)) if error.is_missing() => return Ok(None),
            answered => answered?,
        };
        read(INVOICE, text(&answer.body)?, answer.at).map(Some)
    }

    /// The open invoice of a customer that a payment intent is to pay; nothing for a payment of
    /// something else. Since basil only the invoice tells.
    pub async fn invoice_of_payment(
        &self,
        invocation: &Invocation,
        customer: &CustomerId,
        payment: &PaymentIntentId,
    ) -> Result<Option<InvoiceId>, StripeError> {
        let page = |after: Option<&str>| open_invoices_with_payments(customer, after);
        let unreadable = |reason| StripeError::Unreadable { what: "an invoice".to_owned(), reason };
        for object in &self.list(invocation, Bound::OF_A_CUSTOMER, page).await?.objects {
            let open: Open = serde_json::from_str(object.get())
                .map_err(|error| unreadable(Reason::Shape(error)))?;
            let mut payments = open.payments.data.into_iter().map(|it| it.payment.payment_intent);
            if payments.any(|intent| intent.as_deref() == Some(payment.as_str())) {
                let id = InvoiceId::parse(&open.id);
                return id.map(Some).map_err(|_| unreadable(Reason::Missing("id")));
            }
        }
        Ok(None)
    }
}

/// Reads the answer to any call whose answer is a subscription.
pub fn subscription(body: Vec<u8>, at: Timestamp) -> Result<Subscription, StripeError> {
    let text = text(&body)?;
    let fact = read(SUBSCRIPTION, text, at)?;
    let Fact { customer, news: News::Subscription(snapshot), .. } = fact else {
        return Err(other_object("the subscription"));
    };
    let invoiced: Invoiced<'_> =
        serde_json::from_str(text).map_err(|_| other_object("the subscription"))?;
    // Without `expand` it is only an id.
    let whole = invoiced.latest_invoice.filter(|invoice| invoice.get().starts_with('{'));
    let latest_invoice = whole.map(|invoice| read(INVOICE, invoice.get(), at)).transpose()?;
    Ok(Subscription { customer, snapshot, latest_invoice, body, at })
}

/// The customer's default payment method when the Checkout page of a subscription was made.
pub fn card_before(body: &[u8]) -> Result<Option<PaymentMethodId>, StripeError> {
    let marked: Marked = crate::preview::read(body, "the subscription")?;
    Ok(marked.card_before())
}

/// Ids of the tax rates on a subscription's charges, `txr_...`.
pub fn tax_rate_ids(body: &[u8]) -> Result<Vec<String>, StripeError> {
    let taxed: Taxed = crate::preview::read(body, "the subscription")?;
    Ok(taxed.default_tax_rates.into_iter().map(|rate| rate.id).collect())
}

/// True if an answer is a subscription that was bought for an account through us.
pub fn was_bought_for(body: &[u8], account: &str) -> Result<bool, StripeError> {
    let Marked { metadata } = crate::preview::read(body, "the subscription")?;
    let own = metadata.get(request::ACCOUNT_METADATA).is_some_and(|own| own == account);
    Ok(own && metadata.contains_key(request::INTENT_METADATA))
}
