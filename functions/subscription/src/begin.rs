//! A first paid plan, and what keeps two from being bought: the intent that a Checkout session, or a subscription whose
//! invoices are sent, is made by.
//!
//! How that keeps from buying twice, `stripe-sync` says, which staff's plans go by too.

use billing::ids::CustomerId;
use billing::intent::{Intent, IntentStatus};
use billing::plan_change::Target;
use billing::words::Word;
use runtime::Response;
use runtime::key::fingerprint;
use stripe_client::Subscription;
use stripe_client::items::priced_new;
use stripe_requests::request::subscription::{Begins, NewSubscription, create_subscription};
use stripe_sync::Interrupted;

use crate::change::Asked;
use crate::work::Work;

impl Work<'_> {
    /// A subscription of a customer that pays by invoice (A17): it begins at once, and its first invoice is sent.
    pub(crate) async fn subscribe(&mut self, asked: &Asked) -> Result<Response, Interrupted> {
        let customer = self.customer()?;
        self.none_running(&customer).await?;
        let standing = self.standing()?;
        let content = content(&asked.target, &[]);
        let intent = self.intent(&content).await?;
        let prices = self.prices(&asked.target, self.invocation.now).await?;
        let tax_rates = self.tax_rates().await?;
        let new = NewSubscription {
            customer: &customer,
            account: self.account.as_str(),
            intent: &intent.token,
            items: &priced_new(&prices, asked.target.seats),
            anchor: self.own.catalog.anchor(&asked.target.plan, self.invocation.now),
            tax_rates: &tax_rates,
            begins: Begins::Sent { net_days: standing.net_days },
        };
        let request = create_subscription(&new).with_idempotency_key(intent.idempotency_key());
        let answer = self.ask_once(&request, &intent).await?;
        let made: Subscription = stripe_client::subscription::subscription(answer.body, answer.at)?;
        self.read(&made.snapshot.id, Some(made.at)).await?;
        self.done(&intent).await?;
        self.answer(200).await
    }

    /// Makes a call under an intent's key, once.
    pub(crate) async fn ask_once(
        &mut self,
        request: &stripe_requests::Request,
        intent: &Intent,
    ) -> Result<stripe_requests::Answer, Interrupted> {
        let sync = self.sync();
        let asked = sync.ask_once(self.invocation, &self.account, request, intent).await;
        Ok(asked?)
    }

    /// Whether Stripe has a running subscription of this customer that our books do not know yet: it is settled, and looked
    /// at again.
    pub(crate) async fn none_running(&mut self, customer: &CustomerId) -> Result<(), Interrupted> {
        let sync = self.sync();
        let running = sync.settle_running(self.invocation, &self.account, customer).await;
        if running? { Err(Interrupted::Conflict) } else { Ok(()) }
    }

    /// The intent of a wish: the one that is under way, if it is for the same, else another.
    pub(crate) async fn intent(&mut self, content: &str) -> Result<Intent, Interrupted> {
        let known = self.admitted.item("intent").map(store::intent::read).transpose()?;
        let sync = self.sync();
        let intent = sync.intent(self.invocation, &self.account, known, content).await;
        Ok(intent?)
    }

    /// What the intent was for is done. Whoever has another wish meanwhile has another intent.
    pub(crate) async fn done(&mut self, intent: &Intent) -> Result<(), Interrupted> {
        self.keep_intent(&intent.done()).await
    }

    /// The same, when what it made was found.
    pub(crate) async fn end_intent(&mut self) -> Result<(), Interrupted> {
        let known = self.admitted.item("intent").map(store::intent::read).transpose()?;
        match known.filter(|known| known.status == IntentStatus::Open) {
            Some(open) => self.done(&open).await,
            None => Ok(()),
        }
    }

    async fn keep_intent(&mut self, intent: &Intent) -> Result<(), Interrupted> {
        let sync = self.sync();
        let kept = sync.end_intent(self.invocation, &self.account, intent).await;
        Ok(kept?)
    }
}

/// The fingerprint of a wish.
pub(crate) fn content(target: &Target, more: &[&str]) -> String {
    let Target { plan, interval, seats } = target;
    let wish = format!("{plan}\n{}\n{seats}\n{}", interval.word(), more.join("\n"));
    fingerprint(wish.as_bytes())
}
