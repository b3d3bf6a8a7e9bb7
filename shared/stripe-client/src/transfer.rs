//! Money that comes outside of Stripe, told to Stripe: invoices marked as paid, and a customer's
//! balance.

use std::collections::BTreeMap;

use billing::fact::{Fact, InvoiceSnapshot, News};
use billing::ids::{CustomerId, InvoiceId};
use billing::invoice_payment::PaymentState;
use billing::marks::RECEIPT_METADATA;
use billing::money::Currency;
use billing::prepaid::Movement;
use billing::time::Timestamp;
use invocation::Invocation;
use serde::Deserialize;
use stripe_requests::Bound;
use stripe_requests::request::transfer::{self as request, NewMovement, STEP_METADATA};
use stripe_wire::wire::Reason;

use crate::pull::{INVOICE, read};
use crate::{Stripe, StripeError, text};

/// What the ids of payments outside of Stripe begin with.
const OUTSIDE: &str = "pr_";
/// Stripe's type of an entry by which a void invoice gives back what it took.
const GIVES_BACK: &str = "unapplied_from_invoice";

/// An entry of a customer's balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalanceEntry {
    /// The entry in our words.
    pub movement: Movement,
    /// Step of the receipt that made it.
    pub step: Option<String>,
}

/// <https://docs.stripe.com/api/customer_balance_transactions>
#[derive(Deserialize)]
struct Entry {
    amount: i64,
    currency: Currency,
    created: i64,
    #[serde(default)]
    invoice: Option<String>,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

impl Stripe {
    /// Marks an invoice as paid outside of Stripe, once under a key, and tells how it is then, with
    /// its payments. The answer to an earlier call says how it was then: so it is read.
    ///
    /// # Errors
    /// Any of a call's; a refusal where it is paid, void or being paid already.
    pub async fn pay_outside(
        &self,
        invocation: &Invocation,
        id: &InvoiceId,
        idempotency_key: String,
    ) -> Result<Option<Fact>, StripeError> {
        let request = request::pay_outside(id).with_idempotency_key(idempotency_key);
        let answer = self.call(invocation, &request).await?;
        if answer.replayed {
            return self.invoice(invocation, id).await;
        }
        read(INVOICE, text(&answer.body)?, answer.at).map(Some)
    }

    /// Moves a customer's balance, once under a key.
    ///
    /// # Errors
    /// Any of a call's.
    pub async fn move_balance(
        &self,
        invocation: &Invocation,
        new: &NewMovement<'_>,
        idempotency_key: String,
    ) -> Result<(), StripeError> {
        let request = request::move_balance(new).with_idempotency_key(idempotency_key);
        self.call(invocation, &request).await.map(drop)
    }

    /// A customer's whole balance, oldest entry first.
    ///
    /// # Errors
    /// Any of a list's.
    pub async fn balance(
        &self,
        invocation: &Invocation,
        customer: &CustomerId,
    ) -> Result<Vec<BalanceEntry>, StripeError> {
        let page = |after: Option<&str>| request::movements(customer, after);
        let objects = self.list(invocation, Bound::OF_A_CUSTOMER, page).await?.objects;
        objects.iter().rev().map(|object| entry(object.get())).collect()
    }
}

/// Minor units that were paid outside of Stripe, as an invoice shows its payments; none where it
/// shows no such payment.
pub fn paid_outside(invoice: &InvoiceSnapshot) -> Option<i64> {
    let outside = invoice.payments.iter().filter(|payment| {
        payment.state == PaymentState::Paid && payment.id.as_str().starts_with(OUTSIDE)
    });
    outside.map(|payment| payment.amount).reduce(i64::saturating_add)
}

/// The invoice of a fact.
pub fn invoice_of(fact: &Fact) -> Option<&InvoiceSnapshot> {
    match &fact.news {
        News::Invoice { snapshot, .. } => Some(snapshot),
        News::CreditNote(_)
        | News::Subscription(_)
        | News::CustomerUpdated(_)
        | News::TaxId(_)
        | News::CustomerDeleted
        | News::MethodChanged
        | News::PaymentMoved(_) => None,
    }
}

fn entry(text: &str) -> Result<BalanceEntry, StripeError> {
    let entry: Entry = serde_json::from_str(text).map_err(|error| StripeError::Unreadable {
        what: "an entry of the balance".to_owned(),
        reason: Reason::Shape(error),
    })?;
    let Entry { amount, currency, created, invoice, kind, mut metadata } = entry;
    let movement = Movement {
        amount,
        currency,
        invoice: invoice.and_then(|id| InvoiceId::parse(&id).ok()),
        gives_back: kind == GIVES_BACK,
        receipt: metadata.remove(RECEIPT_METADATA).filter(|id| !id.is_empty()),
        at: Timestamp(created),
    };
    Ok(BalanceEntry { movement, step: metadata.remove(STEP_METADATA) })
}
