//! The payment method of a customer that is charged when nothing else is said.

use std::collections::BTreeMap;

use billing::credits::purchase::ChargeMethod;
use billing::ids::{CustomerId, PaymentMethodId};
use billing::on_file::StoredMethod;
use invocation::Invocation;
use serde::Deserialize;
use serde_json::Value;
use stripe_requests::Refusal;
use stripe_requests::request::payment as request;

use crate::preview::read;
use crate::{Stripe, StripeError};

#[derive(Deserialize)]
struct Customer {
    #[serde(default)]
    invoice_settings: InvoiceSettings,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct InvoiceSettings {
    default_payment_method: Option<Method>,
}

#[derive(Deserialize)]
pub(crate) struct Method {
    pub(crate) id: PaymentMethodId,
    r#type: String,
    /// Among them the details of its type, under the type's name.
    #[serde(flatten)]
    more: BTreeMap<String, Value>,
}

impl Stripe {
    /// What is charged to a customer when nothing else is said; nothing when there is no such
    /// payment method, or the customer was deleted. A card of the days before payment methods
    /// (`default_source`) is not looked at.
    pub async fn default_method(
        &self,
        invocation: &Invocation,
        customer: &CustomerId,
    ) -> Result<Option<ChargeMethod>, StripeError> {
        Ok(self.default_of(invocation, customer).await?.map(Method::chosen))
    }

    /// The same method with what is shown of it.
    ///
    /// # Errors
    /// Any of a call's.
    pub async fn method_on_file(
        &self,
        invocation: &Invocation,
        customer: &CustomerId,
    ) -> Result<Option<StoredMethod>, StripeError> {
        Ok(self.default_of(invocation, customer).await?.map(Method::stored))
    }

    async fn default_of(
        &self,
        invocation: &Invocation,
        customer: &CustomerId,
    ) -> Result<Option<Method>, StripeError> {
        let answer = match self.call(invocation, &request::customer_with_method(customer)).await {
            // There is nothing to expand in what is left of a deleted customer.
            Err(error) if error.refusal().is_some_and(is_about_expansion) => {
                return match self.customer(invocation, customer).await? {
                    Some(_) => Err(error),
                    None => Ok(None),
                };
            }
            answered => answered?,
        };
        let customer: Customer = read(&answer.body, "the customer")?;
        Ok(customer.invoice_settings.default_payment_method)
    }
}

impl Method {
    /// Cards have a fingerprint, and so have bank accounts: `sepa_debit`, `us_bank_account`,
    /// `bacs_debit`.
    pub(crate) fn chosen(self) -> ChargeMethod {
        let details = self.more.get(&self.r#type);
        let fingerprint = details.and_then(|details| details.get("fingerprint")?.as_str());
        ChargeMethod { fingerprint: fingerprint.map(str::to_owned), id: self.id }
    }

    fn stored(self) -> StoredMethod {
        let details = self.more.get(&self.r#type);
        let text = |name: &str| details.and_then(|it| it.get(name)?.as_str()).map(str::to_owned);
        let number = |name: &str| details.and_then(|it| it.get(name)?.as_u64());
        let year = number("exp_year").and_then(|year| u16::try_from(year).ok());
        let month = number("exp_month").and_then(|month| u16::try_from(month).ok());
        StoredMethod {
            brand: text("brand"),
            last4: text("last4"),
            country: text("country"),
            expires: year.zip(month),
            id: self.id,
            kind: self.r#type,
        }
    }
}

fn is_about_expansion(refusal: &Refusal) -> bool {
    refusal.param.as_deref() == Some("expand")
}
