//! Owner of a disputed payment: its customer, and the invoice that it paid.

use std::collections::BTreeMap;

use billing::dispute::PaymentOwner;
use billing::ids::{CustomerId, InvoiceId, PaymentIntentId};
use billing::payment::PURCHASE_METADATA;
use invocation::Invocation;
use serde::Deserialize;
use stripe_requests::request::{paying, payment};

use crate::preview::read;
use crate::{Stripe, StripeError};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Intent {
    customer: Option<String>,
    metadata: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Payments {
    data: Vec<Payment>,
}

#[derive(Deserialize)]
struct Payment {
    invoice: String,
}

impl Stripe {
    /// Owner of a payment; none where Stripe shows nothing of it.
    ///
    /// # Errors
    /// Any of a call's.
    pub async fn payment_owner(
        &self,
        invocation: &Invocation,
        id: &PaymentIntentId,
    ) -> Result<Option<PaymentOwner>, StripeError> {
        let answer = match self.call(invocation, &payment::payment(id)).await {
            Err(error) if error.is_refusal() => return Ok(None),
            answered => answered?,
        };
        let intent: Intent = read(&answer.body, "a payment")?;
        let customer = intent.customer.and_then(|id| CustomerId::parse(&id).ok());
        let buys_credits = intent.metadata.contains_key(PURCHASE_METADATA);
        if buys_credits || customer.is_none() {
            return Ok(Some(PaymentOwner { buys_credits, customer, invoice: None }));
        }

        let answer = self.call(invocation, &paying::invoices_of_payment(id)).await?;
        let payments: Payments = read(&answer.body, "the payments of an invoice")?;
        let invoice = payments.data.into_iter().find_map(|it| InvoiceId::parse(&it.invoice).ok());
        Ok(Some(PaymentOwner { buys_credits, customer, invoice }))
    }
}
