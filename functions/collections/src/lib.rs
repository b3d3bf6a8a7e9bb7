//! Collections: what follows from the state of accounts is noticed, and done at Stripe.
//!
//! A message of the queue names an account: its books and Stripe are brought together ([`Sync::converge`]). A schedule
//! looks in the index for invoices whose date has come lately, and puts their accounts on the queue: nobody tells us when time
//! passes. State is right without either; they make the journal, and Stripe, follow it.

use invocation::Class;
use invocation::Classified;
use invocation::Invocation;
use std::collections::BTreeSet;

use apply::Applier;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use billing::ids::AccountId;
use billing::journal::CauseKind;
use billing::time::DAY_SECONDS;
use queue::account::{AccountMessage, Accounts};
use queue::batch::{Redeliver, fold};
use runtime::environment::{COLLECTIONS_QUEUE_URL, TABLE_NAME};
use runtime::telemetry::alarm;
use runtime::{EnvironmentError, Host, Invocations};
use serde::Deserialize;
use store::Store;
use store::keys::{self, Key};
use stripe_sync::{Sync, SyncError};
use tracing::{error, info, warn};

/// How far back the schedule looks for invoices whose date has come, in seconds. What it finds again it does again, which
/// does nothing: so a schedule that fails for days loses nothing.
pub const LOOK_BACK_SECONDS: i64 = 3 * DAY_SECONDS;

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
pub struct Collections {
    invocations: Invocations,
    store: Store,
    facts: Applier,
    stripe: stripe_client::Stripe,
    accounts: Accounts,
}

impl Collections {
    /// Built from its configuration.
    pub fn new(host: &Host) -> Result<Self, EnvironmentError> {
        let store = Store::new(host.dynamodb()?, host.environment.get(TABLE_NAME)?);
        Ok(Self {
            invocations: host.invocations(),
            facts: Applier::new(store.clone()),
            store,
            stripe: stripe_client::Stripe::new(host)?,
            accounts: Accounts::new(host.sqs()?, host.environment.get(COLLECTIONS_QUEUE_URL)?),
        })
    }

    /// One event. Only a batch has an answer that anybody reads.
    pub async fn handle(&self, event: Event) -> SqsBatchResponse {
        let invocation = &self.invocations.begin(CauseKind::Schedule, "collections");
        match event {
            Event::Batch(batch) => {
                fold(batch, async |body| self.take(invocation, &body).await).await
            }
            Event::Schedule {} => {
                self.look(invocation).await;
                SqsBatchResponse::default()
            }
        }
    }

    /// One message: its account's books and Stripe agree, or it is delivered again.
    async fn take(&self, invocation: &Invocation, body: &str) -> Result<(), Redeliver> {
        let invocation = &invocation.part(CauseKind::Schedule, "collections");
        let Ok(AccountMessage { account }) = serde_json::from_str(body) else {
            error!(alarm = alarm::NOT_AGREED, "a message names no account and was dropped");
            return Ok(());
        };
        let sync = Sync { store: &self.store, stripe: &self.stripe, facts: &self.facts };
        match Box::pin(sync.converge(invocation, &account)).await {
            Ok(converged) => {
                let cost = invocation.cost();
                info!(account.id = %account, "account {account} and Stripe agree: {converged:?}, {cost}");
                Ok(())
            }
            Err(error) => not_agreed(&account, &error),
        }
    }

    /// Puts the accounts on the queue whose invoices have come to a date lately.
    async fn look(&self, invocation: &Invocation) {
        let since = invocation.now.plus_seconds(LOOK_BACK_SECONDS.saturating_neg());
        let mut found: usize = 0;
        for shard in 0..keys::SHARDS {
            let mut after = None;
            loop {
                let partition = keys::due_shard(shard);
                let (since, until) = (since.to_string(), invocation.now.to_string());
                let page = self.store.due(invocation, &partition, &since, &until, after).await;
                let (accounts, next) = match page {
                    Ok((due, next)) => (accounts(&due), next),
                    Err(error) => {
                        warn!(reason = %error, "could not look what is due in shard {shard}: {error}");
                        break;
                    }
                };
                for account in &accounts {
                    if let Err(error) = self.accounts.send(account).await {
                        warn!(account.id = %account, reason = %error,
                            "could not put account {account} on the queue: {error}");
                    }
                }
                found = found.saturating_add(accounts.len());
                after = next;
                if after.is_none() {
                    break;
                }
            }
        }
        let cost = invocation.cost();
        info!("{found} accounts have an invoice that has come to a date: {cost}");
    }
}

/// Whose the items are, each account once.
fn accounts(due: &[Key]) -> BTreeSet<AccountId> {
    due.iter().filter_map(|key| keys::account_of(&key.pk)).collect()
}

/// Waiting helps, or nobody is helped by trying again.
fn not_agreed(account: &AccountId, error: &SyncError) -> Result<(), Redeliver> {
    if let SyncError::Stripe(asked) = error
        && asked.class() == Class::Operator
    {
        error!(alarm = alarm::NOT_CALLABLE, account.id = %account, reason = %error,
            "Stripe can not be called: {error}");
        return Err(Redeliver);
    }
    if error.is_transient() {
        warn!(account.id = %account, reason = %error,
            "account {account} and Stripe do not agree yet: {error}");
        return Err(Redeliver);
    }
    error!(alarm = alarm::NOT_AGREED, account.id = %account, reason = %error,
        "what follows from the books of account {account} can not be done at Stripe: {error}");
    Ok(())
}
