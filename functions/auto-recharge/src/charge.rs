//! Charges that were begun: the card is chosen and kept first, then Stripe is called, then its
//! answer is applied.
//!
//! Stripe does a charge once per idempotency key, and every try of an attempt has the same key and
//! the same parameters. A key that is too old, or under which Stripe failed, is not relied on: then
//! the payment is looked for by our purchase's id.

use billing::credits::purchase::{ChargeMethod, Purchase, PurchaseStatus};
use billing::ids::{CustomerId, PaymentMethodId, PurchaseId};
use billing::money::Money;
use billing::payment::{Decline, PaymentFact};
use billing::tax::{TaxRate, tax_on};
use credit_payments::apply_payment;
use invocation::Invocation;
use stripe_client::StripeError;
use stripe_client::payments::NewCharge;
use tracing::info;

use crate::AutoRecharge;
use crate::error::RechargeError;
use crate::steps::{Step, Work};

impl AutoRecharge {
    /// Makes a charge that is under way.
    pub(crate) async fn charge(
        &self,
        invocation: &Invocation,
        work: &Work,
        id: &PurchaseId,
    ) -> Result<Step, RechargeError> {
        let purchase = self.purchase(invocation, work, id).await?;
        if purchase.status != PurchaseStatus::Open {
            // It ended since the credits were read.
            return Ok(Step::Again);
        }
        if let Some(payment) = &purchase.payment {
            // It is under way at the bank: Stripe says nothing else before it ends.
            let fact = self.stripe.payment(invocation, payment).await?;
            return self.apply(invocation, &fact).await;
        }

        let Some(customer) = &work.customer else {
            return self.without_method(invocation, work, &purchase).await;
        };
        if !work.books.wants_charge(invocation.now) {
            return self.call_off(invocation, work, &purchase).await;
        }

        let Some(purchase) = self.with_method(invocation, work, purchase.clone()).await? else {
            return self.without_method(invocation, work, &purchase).await;
        };
        if !purchase.intent.must_look_first(invocation.now) {
            return self.charge_card(invocation, work, purchase).await;
        }

        let since = purchase.intent.made_since();
        let found = self.stripe.find_payment(invocation, customer, &purchase.id, since).await?;
        if let Some(fact) = found {
            return self.apply(invocation, &fact).await;
        }
        let intent = purchase.intent.next_attempt(invocation.now);
        let purchase = Purchase { intent, ..purchase };
        let purchase = self.store.keep_purchase(invocation, &work.account, &purchase).await?;
        self.charge_card(invocation, work, purchase).await
    }

    /// Ends a charge that is not wanted any more. If Stripe has made it, its payment is applied
    /// instead.
    async fn call_off(
        &self,
        invocation: &Invocation,
        work: &Work,
        purchase: &Purchase,
    ) -> Result<Step, RechargeError> {
        // Without a payment method nothing was ever asked of Stripe.
        if let (Some(_), Some(customer)) = (&purchase.method, &work.customer) {
            let since = purchase.intent.made_since();
            let found = self.stripe.find_payment(invocation, customer, &purchase.id, since).await?;
            if let Some(fact) = found {
                return self.apply(invocation, &fact).await;
            }
        }

        info!(account.id = %work.account, purchase.id = %purchase.id,
            "auto-recharge of account {} is off: a charge is called off", work.account);
        self.commit(invocation, work, work.books.credits.call_off(purchase, invocation.now)).await
    }

    /// The purchase with the card that it charges and the tax on it, chosen once and kept. Nothing
    /// where no card is on file.
    async fn with_method(
        &self,
        invocation: &Invocation,
        work: &Work,
        mut purchase: Purchase,
    ) -> Result<Option<Purchase>, RechargeError> {
        if purchase.method.is_some() {
            return Ok(Some(purchase));
        }
        let Some(customer) = &work.customer else { return Ok(None) };
        let Some(method) = self.method_on_file(invocation, work, customer).await? else {
            return Ok(None);
        };

        purchase.method = Some(method);
        purchase.tax = self.tax_on(work, &purchase)?;
        Ok(Some(self.store.keep_purchase(invocation, &work.account, &purchase).await?))
    }

    /// Payment method to charge: the customer's default or, where there is none, the card kept by a
    /// purchase in Checkout. A customer who took the default away is not charged.
    pub(crate) async fn method_on_file(
        &self,
        invocation: &Invocation,
        work: &Work,
        customer: &CustomerId,
    ) -> Result<Option<ChargeMethod>, RechargeError> {
        let default = self.stripe.default_method(invocation, customer).await?;
        if default.is_some() || !work.books.credits.decided.checkout_card {
            return Ok(default);
        }
        Ok(self.stripe.newest_made_default(invocation, customer).await?)
    }

    /// The tax on a charge that is begun now: by the catalog's rates, as Stripe puts them on a
    /// session (money rule 25).
    fn tax_on(&self, work: &Work, purchase: &Purchase) -> Result<i64, RechargeError> {
        if work.tax_exempt {
            return Ok(0);
        }
        Ok(tax_on(purchase.offer.price, &self.catalog.taxes())?.amount)
    }

    /// Description on the receipt.
    fn description(&self, purchase: &Purchase) -> String {
        let tokens = format!("{} credits", purchase.offer.tokens);
        if purchase.tax == 0 {
            return tokens;
        }
        let rates: Vec<String> = self.catalog.taxes().iter().map(TaxRate::to_string).collect();
        let price = purchase.offer.price;
        let tax = Money::new(purchase.tax, price.currency);
        format!("{tokens}: {price} and {} {tax}", rates.join(", "))
    }

    /// Charges the card of a purchase at Stripe.
    async fn charge_card(
        &self,
        invocation: &Invocation,
        work: &Work,
        purchase: Purchase,
    ) -> Result<Step, RechargeError> {
        let customer = work.customer.as_ref().ok_or(RechargeError::Missing("the customer"))?;
        let method = purchase.method.as_ref().ok_or(RechargeError::Missing("a payment method"))?;
        let amount = purchase.to_charge()?;
        let description = self.description(&purchase);
        let new = NewCharge {
            customer,
            account: work.account.as_str(),
            purchase: &purchase.id,
            amount,
            method: &method.id,
            description: &description,
        };

        match self.stripe.charge(invocation, &new, purchase.intent.idempotency_key()).await {
            Ok(fact) => {
                info!(account.id = %work.account, purchase.id = %purchase.id,
                    "charged {amount} for account {}", work.account);
                self.apply(invocation, &fact).await
            }
            Err(error) if error.would_be_repeated() => {
                let intent = purchase.intent.after_failure();
                let purchase = Purchase { intent, ..purchase };
                self.store.keep_purchase(invocation, &work.account, &purchase).await?;
                Err(error.into())
            }
            Err(error) => {
                let Some(decline) = decline(&error, &method.id) else { return Err(error.into()) };
                let refused =
                    work.books.credits.charge_refused(&purchase, &decline, invocation.now);
                self.commit(invocation, work, refused).await
            }
        }
    }

    /// Applies Stripe's answer like an event of the same content.
    pub(crate) async fn apply(
        &self,
        invocation: &Invocation,
        fact: &PaymentFact,
    ) -> Result<Step, RechargeError> {
        let applied = apply_payment(&self.facts, invocation, fact).await?;
        Ok(match applied.outcome {
            apply::Outcome::Applied(_) => Step::Again,
            apply::Outcome::Unchanged(_)
            | apply::Outcome::Refused(..)
            | apply::Outcome::Foreign => Step::Done,
        })
    }

    async fn without_method(
        &self,
        invocation: &Invocation,
        work: &Work,
        purchase: &Purchase,
    ) -> Result<Step, RechargeError> {
        let change = work.books.credits.no_method(purchase, invocation.now);
        self.commit(invocation, work, Some(change)).await
    }
}

/// The decline that a refusal of Stripe's comes to, such as of a payment method that was detached.
fn decline(error: &StripeError, method: &PaymentMethodId) -> Option<Decline> {
    let refusal = error.refusal()?;
    Some(Decline {
        code: refusal.code.clone().unwrap_or_else(|| "refused".to_owned()),
        decline_code: refusal.decline_code.clone(),
        message: refusal.message.clone(),
        method: Some(method.clone()),
    })
}
