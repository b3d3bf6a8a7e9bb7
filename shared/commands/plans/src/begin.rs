//! A first paid plan, and what keeps two from being bought: the intent that a Checkout session, or
//! a subscription without the customer, is made by (`stripe_sync::begin`).

use billing::account::Standing;
use billing::ids::CustomerId;
use billing::intent::{Intent, IntentStatus};
use billing::plan_change::Target;
use billing::words::Word;
use runtime::key::fingerprint;
use stripe_client::PlanPrices;
use stripe_client::items::priced_new;
use stripe_requests::request::subscription::{Begins, NewSubscription, create_subscription};
use stripe_sync::Interrupted;

use crate::work::Work;

/// A first paid plan that begins at once, without a page of Stripe's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FirstPlan<'a> {
    pub(crate) customer: &'a CustomerId,
    pub(crate) plan: &'a str,
    pub(crate) seats: u64,
    pub(crate) prices: &'a PlanPrices,
    pub(crate) begins: Begins,
}

impl Work<'_> {
    /// A subscription of a customer that pays by invoice (A17): it begins at once, and its first
    /// invoice is sent.
    pub(crate) async fn subscribe(&self, target: &Target) -> Result<Standing, Interrupted> {
        let customer = self.customer()?;
        self.none_running(&customer).await?;
        self.close_pages(&customer).await?;
        let net_days = self.standing()?.net_days;

        let intent = self.intent(&content(target, &[])).await?;
        let prices = self.prices(target, self.invocation.now).await?;
        let first = FirstPlan {
            customer: &customer,
            plan: &target.plan,
            seats: target.seats,
            prices: &prices,
            begins: Begins::Sent { net_days },
        };
        self.begin(&first, &intent).await
    }

    /// Makes a first paid plan under its intent, and settles it. Without its first payment there is
    /// none, unless its invoices are sent.
    pub(crate) async fn begin(
        &self,
        first: &FirstPlan<'_>,
        intent: &Intent,
    ) -> Result<Standing, Interrupted> {
        let new = NewSubscription {
            customer: first.customer,
            account: self.account.as_str(),
            intent: &intent.token,
            items: &priced_new(first.prices, first.seats),
            anchor: self.own.catalog.anchor(first.plan, self.invocation.now),
            tax_rates: &self.tax_rates().await?,
            begins: first.begins,
        };
        let request = create_subscription(&new).with_idempotency_key(intent.idempotency_key());
        let answer = self.ask_once(&request, intent).await?;
        let made = stripe_client::subscription::subscription(answer.body, answer.at)?;

        let settled = self.read(&made.snapshot.id, Some(made.at)).await?;
        self.done(intent).await?;
        Ok(settled.books.standing)
    }

    /// Makes a call under an intent's key, once.
    pub(crate) async fn ask_once(
        &self,
        request: &stripe_requests::Request,
        intent: &Intent,
    ) -> Result<stripe_requests::Answer, Interrupted> {
        Ok(self.sync().ask_once(self.invocation, self.account, request, intent).await?)
    }

    /// Intent of a wish: the one that is under way, if it is for the same, else another.
    pub(crate) async fn intent(&self, content: &str) -> Result<Intent, Interrupted> {
        let known = self.known_intent()?;
        Ok(self.sync().intent(self.invocation, self.account, known, content).await?)
    }

    /// Ends the intent whose effect is made. A request with another wish meanwhile has another
    /// intent.
    pub(crate) async fn done(&self, intent: &Intent) -> Result<(), Interrupted> {
        Ok(self.sync().end_intent(self.invocation, self.account, &intent.done()).await?)
    }

    /// Ends the intent whose effect was found.
    pub(crate) async fn end_known_intent(&self) -> Result<(), Interrupted> {
        let known = self.known_intent()?;
        match known.filter(|known| known.status == IntentStatus::Open) {
            Some(open) => self.done(&open).await,
            None => Ok(()),
        }
    }
}

/// Fingerprint of a wish.
pub(crate) fn content(target: &Target, more: &[&str]) -> String {
    let Target { plan, interval, seats } = target;
    let wish = format!("{plan}\n{}\n{seats}\n{}", interval.word(), more.join("\n"));
    fingerprint(wish.as_bytes())
}
