//! A charge that was begun: what is charged is chosen and kept first, then Stripe is asked, then what it says is settled.
//!
//! Stripe does a charge once per idempotency key, and every try of an attempt has the same key and the same parameters. A key that
//! is too old, or under which Stripe failed, is not relied on: then it is looked for the payment by our purchase's id.

use billing::credits::purchase::{Purchase, PurchaseStatus};
use billing::ids::{CustomerId, PurchaseId};
use billing::money::Money;
use billing::payment::{Decline, PaymentFact};
use billing::tax::{TaxRate, tax_on};
use credit_payments::apply_payment;
use invocation::Invocation;
use stripe_client::payments::NewCharge;
use tracing::info;

use crate::{AutoRecharge, RechargeError, Step, Work};

impl AutoRecharge {
    /// Makes a charge that is under way.
    pub(crate) async fn charge(
        &self,
        invocation: &Invocation,
        work: &Work<'_>,
        id: &PurchaseId,
    ) -> Result<Step, RechargeError> {
        let mut purchase = self.purchase(invocation, work, id).await?;
        if purchase.status != PurchaseStatus::Open {
            // It was settled since the credits were read.
            return Ok(Step::Again);
        }
        if let Some(payment) = &purchase.payment {
            // It is under way at the bank: whoever asks earlier learns nothing.
            let fact = self.stripe.payment(work.invocation, payment).await?;
            return self.hear(invocation, work, &fact).await;
        }
        let Some(customer) = &work.customer else {
            return self.without_method(invocation, work, &purchase).await;
        };
        if !work.books.wants_charge(work.invocation.now) {
            return self.call_off(invocation, work, customer, &purchase).await;
        }
        if purchase.method.is_none() {
            let Some(method) = self.stripe.method_on_file(work.invocation, customer).await? else {
                return self.without_method(invocation, work, &purchase).await;
            };
            purchase.method = Some(method);
            purchase.tax = self.tax_on(work, &purchase)?;
            purchase = self.store.keep_purchase(invocation, &work.account, &purchase).await?;
        }
        if purchase.intent.must_look_first(work.invocation.now) {
            let since = purchase.intent.made_since();
            let found =
                self.stripe.find_payment(work.invocation, customer, &purchase.id, since).await?;
            if let Some(fact) = found {
                return self.hear(invocation, work, &fact).await;
            }
            purchase.intent = purchase.intent.next_attempt(work.invocation.now);
            purchase = self.store.keep_purchase(invocation, &work.account, &purchase).await?;
        }
        self.ask(invocation, work, customer, purchase).await
    }

    /// Ends a charge that is not wanted any more. If Stripe has made it, its payment is applied instead.
    async fn call_off(
        &self,
        invocation: &Invocation,
        work: &Work<'_>,
        customer: &CustomerId,
        purchase: &Purchase,
    ) -> Result<Step, RechargeError> {
        // Without a payment method nothing was ever asked of Stripe.
        if purchase.method.is_some() {
            let since = purchase.intent.made_since();
            let found = self.stripe.find_payment(invocation, customer, &purchase.id, since).await?;
            if let Some(fact) = found {
                return self.hear(invocation, work, &fact).await;
            }
        }

        info!(account.id = %work.account, purchase.id = %purchase.id,
            "auto-recharge of account {} is off: a charge is called off", work.account);
        self.decide(invocation, work, work.books.credits.call_off(purchase, invocation.now)).await
    }

    /// The tax on a charge that is begun now: by the catalog's rates, as Stripe puts them on a session (money rule 25).
    fn tax_on(&self, work: &Work<'_>, purchase: &Purchase) -> Result<i64, RechargeError> {
        if work.tax_exempt {
            return Ok(0);
        }
        Ok(tax_on(purchase.offer.price, &self.catalog.taxes())?.amount)
    }

    /// What the receipt says.
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

    async fn ask(
        &self,
        invocation: &Invocation,
        work: &Work<'_>,
        customer: &CustomerId,
        mut purchase: Purchase,
    ) -> Result<Step, RechargeError> {
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
        match self.stripe.charge(work.invocation, &new, purchase.intent.idempotency_key()).await {
            Ok(fact) => {
                info!(account.id = %work.account, purchase.id = %purchase.id,
                    "charged {amount} for account {}", work.account);
                self.hear(invocation, work, &fact).await
            }
            Err(error) if error.would_be_repeated() => {
                purchase.intent = purchase.intent.after_failure();
                self.store.keep_purchase(invocation, &work.account, &purchase).await?;
                Err(error.into())
            }
            Err(error) => {
                let Some(refusal) = error.refusal() else { return Err(error.into()) };
                // Such as a payment method that is not there any more.
                let code = refusal.code.clone().unwrap_or_else(|| "refused".to_owned());
                let decline = Decline {
                    code,
                    decline_code: refusal.decline_code.clone(),
                    message: refusal.message.clone(),
                    method: Some(method.id.clone()),
                };
                let refused =
                    work.books.credits.charge_refused(&purchase, &decline, work.invocation.now);
                self.decide(invocation, work, refused).await
            }
        }
    }

    /// Settles what Stripe said, as though it had told it unasked.
    pub(crate) async fn hear(
        &self,
        _invocation: &Invocation,
        work: &Work<'_>,
        fact: &PaymentFact,
    ) -> Result<Step, RechargeError> {
        let settled = apply_payment(&self.facts, work.invocation, fact).await?;
        Ok(match settled.outcome {
            apply::Outcome::Applied(_) => Step::Again,
            apply::Outcome::Unchanged(_)
            | apply::Outcome::Refused(..)
            | apply::Outcome::Foreign => Step::Done,
        })
    }

    async fn without_method(
        &self,
        invocation: &Invocation,
        work: &Work<'_>,
        purchase: &Purchase,
    ) -> Result<Step, RechargeError> {
        let change = work.books.credits.no_method(purchase, work.invocation.now);
        self.decide(invocation, work, Some(change)).await
    }
}
