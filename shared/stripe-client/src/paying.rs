//! An invoice is paid: asked for once under a key, and answered as the fact that its event would
//! be.

use billing::ids::{InvoiceId, PaymentMethodId};
use invocation::Invocation;
use stripe_requests::request::paying::{Presence, pay_invoice};
use stripe_requests::request::subscription::invoice_with_payments;
use stripe_requests::{Answer, Refusal};

use crate::{ReadInvoice, Stripe, StripeError, invoice, text};

/// Answer of Stripe to a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payment {
    /// It was taken: the invoice with its payments, paid or with one that is on its way.
    Taken(Box<ReadInvoice>),
    /// It was declined, or needs its payer.
    Declined(Refusal),
    /// It was not tried.
    Refused(Refusal),
}

impl Stripe {
    /// Pays an invoice by a payment method, once under a key. What is replayed under the key says
    /// how the invoice was: then it is read.
    ///
    /// # Errors
    /// Any of a call's, where it is open whether the payment was made.
    pub async fn pay_invoice(
        &self,
        invocation: &Invocation,
        (id, method, presence): (&InvoiceId, &PaymentMethodId, Presence),
        idempotency_key: String,
    ) -> Result<Payment, StripeError> {
        let request = pay_invoice(id, method, presence).with_idempotency_key(idempotency_key);
        let answer = match self.call(invocation, &request).await {
            Ok(Answer { replayed: true, .. }) => {
                self.call(invocation, &invoice_with_payments(id)).await?
            }
            Ok(answer) => answer,
            Err(error) => {
                if let Some(declined) = error.declined() {
                    return Ok(Payment::Declined(declined.clone()));
                }
                let refusal = error.refusal().cloned();
                return refusal.map(Payment::Refused).ok_or(error);
            }
        };
        let read = invoice::read(text(&answer.body)?, answer.at)?;
        Ok(Payment::Taken(Box::new(read)))
    }
}
