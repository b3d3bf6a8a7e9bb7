//! What follows from price changes (C2): Stripe has the new price, accounts are told, subscriptions get it in time.
//!
//! A change that staff announce or withdraw comes by the queue; from it go messages that look through all
//! subscriptions, and from those one for each account. A schedule sends the same while a change is at work: so it
//! finds who bought meanwhile, whose period ends soon, and whatever broke off. Every step looks first what is so.

mod account;
mod at_stripe;
mod error;

use billing::journal::CauseKind;
use invocation::Invocation;
use std::collections::BTreeSet;

use apply::Applier;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use billing::ids::AccountId;
use billing::time::Timestamp;
use catalog::Catalog;
use queue::batch::{Redeliver, fold};
use queue::price_change::{PriceMessage, PriceMessages};
use runtime::environment::{PRICE_CHANGE_QUEUE_URL, TABLE_NAME};
use runtime::telemetry::alarm;
use runtime::{EnvironmentError, Host, Invocations};
use serde::Deserialize;
use store::due::PageEnd;
use store::{Store, keys};
use tracing::{error, info, warn};

use error::NotDone;

/// What starts the function.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Event {
    /// Messages of the queue.
    Batch(SqsEvent),
    /// The schedule's input, which says nothing.
    Schedule {},
}

/// The function, built once per cold start.
#[derive(Debug)]
pub struct PriceChanges {
    invocations: Invocations,
    store: Store,
    facts: Applier,
    stripe: stripe_client::Stripe,
    messages: PriceMessages,
    catalog: Catalog,
}

impl PriceChanges {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let store = Store::new(host.dynamodb()?, host.environment.get(TABLE_NAME)?);
        let queue = host.environment.get(PRICE_CHANGE_QUEUE_URL)?;
        Ok(Self {
            invocations: host.invocations(),
            facts: Applier::new(store.clone()),
            store,
            stripe: stripe_client::Stripe::new(host)?,
            messages: PriceMessages::new(host.sqs()?, queue),
            catalog,
        })
    }

    /// One event. Only a batch has an answer that anybody reads.
    pub async fn handle(&self, event: Event) -> SqsBatchResponse {
        let invocation = &self.invocations.begin(CauseKind::Schedule, "price-changes");
        match event {
            Event::Batch(batch) => {
                fold(batch, async |body| self.take(invocation, &body).await).await
            }
            Event::Schedule {} => {
                // What was not done the next run does.
                let _ = judged("the price changes at work", self.go_on(invocation).await);
                SqsBatchResponse::default()
            }
        }
    }

    async fn take(&self, invocation: &Invocation, body: &str) -> Result<(), Redeliver> {
        let Ok(message) = serde_json::from_str(body) else {
            error!(alarm = alarm::NOT_AGREED, "a message can not be read and was dropped");
            return Ok(());
        };
        match message {
            PriceMessage::Change(id) => {
                let done = Box::pin(self.change(invocation, &id)).await;
                judged(&format!("price change {id}"), done)
            }
            PriceMessage::Look { shard, after } => {
                let done = self.look(invocation, shard, after.map(PageEnd::of_texts)).await;
                judged(&format!("shard {shard} of all renewals"), done)
            }
            PriceMessage::Account(account) => {
                let done = Box::pin(self.account(invocation, &account)).await;
                judged(&format!("account {account}"), done)
            }
        }
    }

    /// A change that was announced or withdrawn just now.
    async fn change(&self, invocation: &Invocation, id: &str) -> Result<(), NotDone> {
        let changes = self.store.price_changes(invocation).await?;
        if let Some(change) = changes.into_iter().find(|change| change.id == id) {
            self.at_stripe(invocation, change).await?;
        }
        self.look_for_all().await
    }

    /// Every change that is at work.
    async fn go_on(&self, invocation: &Invocation) -> Result<(), NotDone> {
        let changes = self.store.price_changes(invocation).await?;
        let at_work: Vec<_> =
            changes.into_iter().filter(|it| it.is_at_work(invocation.now)).collect();
        if at_work.is_empty() {
            return Ok(());
        }
        info!("{} price changes are at work", at_work.len());
        for change in at_work {
            // One that fails keeps none of the others.
            let name = format!("price change {}", change.id);
            let _ = judged(&name, Box::pin(self.at_stripe(invocation, change)).await);
        }
        self.look_for_all().await
    }

    async fn look_for_all(&self) -> Result<(), NotDone> {
        for shard in 0..keys::SHARDS {
            self.messages.send(&PriceMessage::Look { shard, after: None }).await?;
        }
        Ok(())
    }

    /// One page of a part of all running subscriptions: their accounts, each once, then the next page.
    async fn look(
        &self,
        invocation: &Invocation,
        shard: u64,
        after: Option<PageEnd>,
    ) -> Result<(), NotDone> {
        let (since, until) = (Timestamp::MIN.to_string(), Timestamp::MAX.to_string());
        let partition = keys::renewal_shard(shard);
        let (found, next) = self.store.due(invocation, &partition, &since, &until, after).await?;
        let accounts: BTreeSet<AccountId> =
            found.iter().filter_map(|key| keys::account_of(&key.pk)).collect();
        for account in accounts {
            self.messages.send(&PriceMessage::Account(account)).await?;
        }
        if let Some(next) = next {
            let after = Some(next.texts());
            self.messages.send(&PriceMessage::Look { shard, after }).await?;
        }
        Ok(())
    }
}

/// Waiting helps, or nobody is helped by trying again.
fn judged(what: &str, done: Result<(), NotDone>) -> Result<(), Redeliver> {
    let Err(failed) = done else { return Ok(()) };
    if failed.is_about_the_key() {
        error!(alarm = alarm::NOT_CALLABLE, reason = %failed, "Stripe can not be called: {failed}");
        return Err(Redeliver);
    }
    if failed.is_transient() {
        warn!(reason = %failed, "{what}: not done yet: {failed}");
        return Err(Redeliver);
    }
    error!(alarm = alarm::NOT_AGREED, reason = %failed, "{what}: can not be done: {failed}");
    Ok(())
}
