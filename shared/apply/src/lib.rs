//! Settling a fact: load, decide, commit, and again when somebody else was faster.
//!
//! The webhook, the retry worker and whoever else learns a fact about a customer all go through here,
//! so that a fact has the same effect wherever it comes from. What the effect is, `billing` decides.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use billing::agreement;
use billing::decide::{Books, Change, Undecided, decide, refuse};
use billing::fact::{Fact, News};
use billing::ids::{AccountId, CustomerId, PaymentIntentId};
use billing::journal::Cause;
use billing::refusal::Refusal;
use billing::time::{DAY_SECONDS, Timestamp};
use runtime::Entropy;
use store::keys::{self, Key};
use store::profile::Link;
use store::{Cost, Store, StoreError};

/// How often a decision is tried when others change the same items meanwhile.
pub const TRIES_MAX: u32 = 6;
/// How often a call is tried that the table did not answer or throttled: each may take seconds.
pub const UNANSWERED_TRIES_MAX: u32 = 2;
/// The longest wait before the second try, in milliseconds; it doubles with every further one.
pub const FIRST_WAIT_MILLISECONDS_MAX: u64 = 16;
/// How many customers' accounts a warm function remembers. Links never change, so they never expire.
pub const LINKS_MAX: usize = 1_000;
/// For how long a customer is taken for foreign without asking again, in seconds (money rule 31).
pub const FOREIGN_SECONDS: i64 = DAY_SECONDS;

/// What became of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It changed the account's books.
    Applied(AccountId),
    /// It says what is known: nothing was written.
    Unchanged(AccountId),
    /// It contradicts what is known: kept, not applied.
    Refused(AccountId, Refusal),
    /// It is about a customer of somebody else's.
    Foreign,
}

/// A settled fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// What became of it.
    pub outcome: Outcome,
    /// Whether something follows for Stripe from the books as they are now ([`billing::agreement`]), new fact or not.
    pub is_to_do: bool,
    /// Whether it may be that another payment method is charged from now on: auto-recharge may have waited for that.
    pub may_pay_otherwise: bool,
}

impl Settled {
    /// The account that it is about, if it says something about one.
    pub fn account(&self) -> Option<&AccountId> {
        match &self.outcome {
            Outcome::Applied(account) | Outcome::Unchanged(account) => Some(account),
            Outcome::Refused(..) | Outcome::Foreign => None,
        }
    }
}

/// Why a fact is not settled yet.
#[derive(Debug, thiserror::Error)]
pub enum Unsettled {
    /// No account has that customer. Waiting helps when the account is just being created.
    #[error("no account has the Stripe customer {0}")]
    UnknownCustomer(CustomerId),
    /// No account has that payment. Waiting helps when the payment's own event is still on its way.
    #[error("no account has the payment {0}")]
    UnknownPayment(PaymentIntentId),
    /// The table did not play along.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Unsettled {
    /// Whether the same fact may be settled later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::UnknownCustomer(_) | Self::UnknownPayment(_) => true,
            Self::Store(error) => error.is_transient(),
        }
    }
}

/// Settles facts against the table.
#[derive(Debug)]
pub struct Settle {
    store: Store,
    entropy: Entropy,
    links: Mutex<BTreeMap<CustomerId, AccountId>>,
}

impl Settle {
    /// Against that table, with that jitter.
    pub fn new(store: Store, entropy: Entropy) -> Self {
        Self { store, entropy, links: Mutex::default() }
    }

    /// The table.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Settles one fact. Safe to call any number of times, by any number of callers at once, whatever
    /// became of earlier calls.
    pub async fn settle(
        &self,
        fact: &Fact,
        cause: &Cause,
        now: Timestamp,
        cost: &mut Cost,
    ) -> Result<Outcome, Unsettled> {
        self.settle_told(fact, cause, now, cost).await.map(|settled| settled.outcome)
    }

    /// Settles one fact like [`Self::settle`], and says whether something follows from it for Stripe: for whoever is
    /// told of facts, and hands on what follows.
    pub async fn settle_told(
        &self,
        fact: &Fact,
        cause: &Cause,
        now: Timestamp,
        cost: &mut Cost,
    ) -> Result<Settled, Unsettled> {
        let mut tries: u32 = 0;
        loop {
            tries = tries.saturating_add(1);
            match self.try_once(fact, cause, now, cost).await {
                Err(Unsettled::Store(error)) => self.wait_after(error, tries).await?,
                settled_or_unknown => return settled_or_unknown,
            }
        }
    }

    /// Waits before another try when somebody else was faster or the table did not answer; gives the error back when another try
    /// is of no use.
    pub async fn wait_after(&self, error: StoreError, tries: u32) -> Result<(), StoreError> {
        let tries_max = match &error {
            StoreError::Lost => TRIES_MAX,
            StoreError::Throttled(_) | StoreError::Unavailable(_) => UNANSWERED_TRIES_MAX,
            StoreError::Rejected(_) | StoreError::Corrupt { .. } => 1,
        };
        if tries >= tries_max {
            return Err(error);
        }
        self.wait_before_try(tries).await;
        Ok(())
    }

    /// Remembers that nobody here has the customer of a fact. [`StoreError::Lost`] when an account was
    /// linked to it meanwhile: then the fact is to be settled after all.
    pub async fn remember_foreign(
        &self,
        customer: &CustomerId,
        now: Timestamp,
        cost: &mut Cost,
    ) -> Result<(), StoreError> {
        let until = now.plus_seconds(FOREIGN_SECONDS);
        self.store.remember_foreign(customer, until, cost).await
    }

    /// Load, decide, commit.
    async fn try_once(
        &self,
        fact: &Fact,
        cause: &Cause,
        now: Timestamp,
        cost: &mut Cost,
    ) -> Result<Settled, Unsettled> {
        let account = match self.account_of(&fact.customer, now, cost).await? {
            Link::Account(account) => account,
            Link::Foreign { .. } => {
                let outcome = Outcome::Foreign;
                return Ok(Settled { outcome, is_to_do: false, may_pay_otherwise: false });
            }
        };
        let books = self.store.books(&account, fact, cost).await?;
        let mut books = books.ok_or_else(|| {
            let Key { pk, sk } = keys::standing(&account);
            let what = "a link leads to an account that does not exist".to_owned();
            StoreError::Corrupt { pk, sk, what }
        })?;
        let mut decision = decide(&books, fact, now);
        if decision == Err(Undecided::NeedsAllInvoices) {
            books = self.store.with_all_invoices(books, cost).await?;
            decision = decide(&books, fact, now);
        }
        let is_to_do = follows(&books, decision.as_ref().ok().and_then(Option::as_ref), now);
        let outcome = match decision {
            Ok(None) => Outcome::Unchanged(account),
            Ok(Some(change)) => {
                self.store.commit(&change, cause, now, cost).await?;
                Outcome::Applied(account)
            }
            Err(Undecided::Refused(refusal)) => {
                self.keep_refused(&books, fact, refusal, cause, now, cost).await?
            }
            Err(Undecided::NeedsAllInvoices) => {
                let error = StoreError::Rejected(Undecided::NeedsAllInvoices.to_string());
                return Err(error.into());
            }
        };
        // The customer's default is not part of our books: any change of the customer may be of that.
        let may_pay_otherwise = matches!(fact.news, News::CustomerUpdated(_));
        Ok(Settled { outcome, is_to_do, may_pay_otherwise })
    }

    /// Keeps a refused fact in the journal, once.
    async fn keep_refused(
        &self,
        books: &Books,
        fact: &Fact,
        refusal: Refusal,
        cause: &Cause,
        now: Timestamp,
        cost: &mut Cost,
    ) -> Result<Outcome, Unsettled> {
        let account = books.standing.account.clone();
        if !self.store.was_refused(&account, &cause.id, cost).await? {
            let change = refuse(books, fact, &refusal, now);
            self.store.commit_refused(&change, cause, now, cost).await?;
        }
        Ok(Outcome::Refused(account, refusal))
    }

    /// The account of a customer: from memory while warm, else from the table.
    pub async fn account_of(
        &self,
        customer: &CustomerId,
        now: Timestamp,
        cost: &mut Cost,
    ) -> Result<Link, Unsettled> {
        let remembered =
            self.links.lock().unwrap_or_else(PoisonError::into_inner).get(customer).cloned();
        if let Some(account) = remembered {
            return Ok(Link::Account(account));
        }
        match self.store.link(customer, cost).await? {
            Some(Link::Account(account)) => {
                let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
                if links.len() >= LINKS_MAX {
                    links.clear();
                }
                links.insert(customer.clone(), account.clone());
                Ok(Link::Account(account))
            }
            Some(foreign @ Link::Foreign { until }) if now < until => Ok(foreign),
            Some(Link::Foreign { .. }) | None => Err(Unsettled::UnknownCustomer(customer.clone())),
        }
    }

    /// Waits before another try, longer each time, with jitter: whoever lost a race is not to lose the next as well.
    pub async fn wait_before_try(&self, tries: u32) {
        let doublings = tries.saturating_sub(1).min(8);
        let limit = FIRST_WAIT_MILLISECONDS_MAX
            .saturating_mul(1_u64.checked_shl(doublings).unwrap_or(u64::MAX));
        tokio::time::sleep(Duration::from_millis(self.entropy.below(limit))).await;
    }
}

/// Whether something follows for Stripe from the books, as they are after a change.
fn follows(books: &Books, change: Option<&Change>, now: Timestamp) -> bool {
    let standing = change.map_or(&books.standing, |change| &change.standing);
    let current = standing.subscription.as_ref().map(|current| &current.id);
    let changed = change.and_then(|change| change.subscription.as_ref());
    let changed = changed.filter(|changed| Some(&changed.snapshot.id) == current);
    let current = changed.or_else(|| books.subscriptions.get(current?));
    !agreement::tasks(standing, current, now).is_empty()
}
