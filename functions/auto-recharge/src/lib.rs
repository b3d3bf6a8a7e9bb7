//! Auto-recharge: the charges that decisions about credits have begun, and the looks that nobody else causes (D13, D14).
//!
//! A message of the queue names an account. What is to be done is in the table: a charge under way is made at Stripe, once,
//! whatever breaks; a pause ends when there is another card; a month that has turned is decided about. A schedule
//! looks in the index for accounts that somebody should look at, so a message that was never sent is only late.

mod charge;
mod pause;

use invocation::Class;
use invocation::Classified;
use invocation::Invocation;
use std::collections::BTreeSet;

use apply::{Applier, ApplyError};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use billing::account::Standing;
use billing::credits::purchase::Purchase;
use billing::credits::{Books, Change};
use billing::ids::{AccountId, CustomerId, PurchaseId};
use billing::journal::CauseKind;
use billing::money::TooLarge;
use catalog::Catalog;
use queue::account::{AccountMessage, Accounts};
use queue::batch::{Redeliver, fold};
use runtime::environment::{RECHARGE_QUEUE_URL, RETURN_ORIGINS, TABLE_NAME};
use runtime::origins::Origins;
use runtime::telemetry::alarm;
use runtime::{EnvironmentError, Host, Invocations};
use serde::Deserialize;
use store::keys::{self, Key};
use store::{Store, StoreError};
use stripe_client::{Stripe, StripeError};
use tracing::{error, info, warn};

/// Most steps that one message takes: deciding, charging, and what follows from how that ended.
const STEPS_MAX: u32 = 12;

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
pub struct AutoRecharge {
    invocations: Invocations,
    store: Store,
    facts: Applier,
    stripe: Stripe,
    catalog: Catalog,
    accounts: Accounts,
    /// Where Checkout sends people back to.
    origins: Origins,
}

/// One account, as it was read.
struct Work<'a> {
    account: AccountId,
    invocation: &'a Invocation,
    customer: Option<CustomerId>,
    /// Whether tax rates take nothing from the customer.
    tax_exempt: bool,
    books: Books,
}

/// What became of a step.
enum Step {
    /// Something changed: look again.
    Again,
    /// Nothing more is to be done now.
    Done,
}

/// Why a message is not done.
#[derive(Debug, thiserror::Error)]
enum RechargeError {
    /// The table did not play along.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Stripe could not be asked, or refused.
    #[error(transparent)]
    Ask(#[from] StripeError),
    /// What Stripe said could not be settled.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// An amount is larger than anything that is sold.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// Something is missing that must be there. Waiting does not help.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// The operating system gave no randomness.
    #[error("there is no randomness")]
    NoEntropy,
}

impl RechargeError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::Ask(error) => error.is_transient(),
            Self::Apply(error) => error.is_transient(),
            Self::Missing(_) | Self::TooLarge(_) => false,
            Self::NoEntropy => true,
        }
    }
}

impl AutoRecharge {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let environment = &host.environment;
        let store = Store::new(host.dynamodb()?, environment.get(TABLE_NAME)?);
        Ok(Self {
            invocations: host.invocations(),
            facts: Applier::new(store.clone()),
            store,
            stripe: Stripe::new(host)?,
            catalog,
            accounts: Accounts::new(host.sqs()?, environment.get(RECHARGE_QUEUE_URL)?),
            origins: Origins::parse(environment.find(RETURN_ORIGINS).unwrap_or_default()),
        })
    }

    /// One event. Only a batch has an answer that anybody reads.
    pub async fn handle(&self, event: Event) -> SqsBatchResponse {
        let invocation = &self.invocations.begin(CauseKind::Schedule, "auto-recharge");
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

    /// One message: everything is done that can be, or it is delivered again.
    async fn take(&self, invocation: &Invocation, body: &str) -> Result<(), Redeliver> {
        let invocation = &invocation.part(CauseKind::Schedule, "auto-recharge");
        let Ok(AccountMessage { account }) = serde_json::from_str(body) else {
            error!(alarm = alarm::NOT_CHARGED, "a message names no account and was dropped");
            return Ok(());
        };
        match Box::pin(self.recharge(invocation, &account)).await {
            Ok(()) => {
                let cost = invocation.cost();
                info!(account.id = %account, "auto-recharge of account {account} is as it should be: {cost}");
                Ok(())
            }
            Err(error) => not_charged(&account, &error),
        }
    }

    /// Step by step, reading before each.
    async fn recharge(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<(), RechargeError> {
        for tries in 1..=STEPS_MAX {
            let Some(work) = self.read(invocation, account).await? else { return Ok(()) };
            let decided = &work.books.credits.decided;
            let step = if let Some(charge) = decided.open_charge() {
                self.charge(invocation, &work, &charge.purchase).await
            } else if decided.pause.is_some() {
                self.resume(invocation, &work).await
            } else {
                self.decide(invocation, &work, work.books.look(invocation.now)).await
            };
            match step {
                Ok(Step::Done) => return Ok(()),
                Ok(Step::Again) => {}
                // Somebody else was faster: what is there now is read again.
                Err(RechargeError::Store(StoreError::Conflict)) => {
                    invocation.wait(tries).await;
                }
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict.into())
    }

    async fn read<'a>(
        &self,
        invocation: &'a Invocation,
        account: &AccountId,
    ) -> Result<Option<Work<'a>>, RechargeError> {
        let keys = [keys::standing(account), keys::credits(account), keys::profile(account)];
        let items = self.store.batch_all(invocation, &keys).await?;
        let [standing, credits, profile] = keys.map(|key| items.get(&key));
        let (Some(standing), Some(profile), Some(_)) = (standing, profile, credits) else {
            return Ok(None);
        };
        let standing: Standing = store::standing::read(standing)?;
        let credits = store::credits::read(credits)?;
        let settings = credits.decided.settings.as_ref();
        let pack = settings.and_then(|settings| self.catalog.pack(&settings.pack));
        let token = invocation.entropy.token().map_err(|_| RechargeError::NoEntropy)?;
        let next = PurchaseId::parse(&format!("pur_{token}"));
        let books = Books {
            allowance: self.catalog.credit_allowance(standing.plan()),
            offer: pack.map(catalog::Pack::offer),
            next: next.map_err(|_| RechargeError::NoEntropy)?,
            standing,
            credits,
        };
        let profile = store::profile::read(profile)?;
        let (customer, tax_exempt) = (profile.customer, profile.details.tax_exempt);
        Ok(Some(Work { account: account.clone(), invocation, customer, tax_exempt, books }))
    }

    /// Writes what was decided, if anything was.
    async fn decide(
        &self,
        invocation: &Invocation,
        work: &Work<'_>,
        change: Option<Change>,
    ) -> Result<Step, RechargeError> {
        let Some(change) = change else { return Ok(Step::Done) };
        self.store.write_credits(invocation, &work.books.standing, &change).await?;
        Ok(Step::Again)
    }

    async fn purchase(
        &self,
        invocation: &Invocation,
        work: &Work<'_>,
        id: &PurchaseId,
    ) -> Result<Purchase, RechargeError> {
        let found = self.store.purchase(invocation, &work.account, id).await?;
        found.map(|(_, _, purchase)| purchase).ok_or(RechargeError::Missing("a purchase"))
    }

    /// Puts the accounts on the queue that somebody should look at by now.
    async fn look(&self, invocation: &Invocation) {
        let mut found: usize = 0;
        for shard in 0..keys::SHARDS {
            let mut after = None;
            loop {
                let partition = keys::recharge_shard(shard);
                let page = self
                    .store
                    .due(invocation, &partition, "0", &invocation.now.to_string(), after)
                    .await;
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
        info!("the auto-recharge of {found} accounts is to be looked at: {cost}");
    }
}

/// Whose the items are, each account once.
fn accounts(due: &[Key]) -> BTreeSet<AccountId> {
    due.iter().filter_map(|key| keys::account_of(&key.pk)).collect()
}

/// Waiting helps, or nobody is helped by trying again.
fn not_charged(account: &AccountId, error: &RechargeError) -> Result<(), Redeliver> {
    if let RechargeError::Ask(asked) = error
        && asked.class() == Class::Operator
    {
        error!(alarm = alarm::NOT_CALLABLE, account.id = %account, reason = %error,
            "Stripe can not be called: {error}");
        return Err(Redeliver);
    }
    if error.is_transient() {
        warn!(account.id = %account, reason = %error,
            "the auto-recharge of account {account} has to wait: {error}");
        return Err(Redeliver);
    }
    error!(alarm = alarm::NOT_CHARGED, account.id = %account, reason = %error,
        "the auto-recharge of account {account} can not go on: {error}");
    Ok(())
}
