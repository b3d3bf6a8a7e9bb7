//! Applying a fact: load, decide, commit, and again after a conflict with another writer.
//!
//! Every function that receives a fact about a customer applies it here: the webhook, the retry
//! worker, and the functions that read an object at Stripe. So a fact has the same effect wherever
//! it comes from. `billing` decides the effect.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use billing::agreement;
use billing::decide::{Books, Change, Undecided, decide, refuse};
use billing::fact::{Fact, News};
use billing::ids::{AccountId, CustomerId, PaymentIntentId};
use billing::invoice_payment::MovedPayment;
use billing::refusal::Refusal;
use billing::time::{DAY_SECONDS, Timestamp};
use invocation::{Class, Classified, Invocation};
use store::keys::{self, Key};
use store::profile::Link;
use store::{Store, StoreError};

/// Number of customers whose accounts a warm function remembers. Links never change, so they never
/// expire.
pub const LINKS_MAX: usize = 1_000;
/// Time for which a customer is taken for foreign without another look, in seconds (money rule 31).
pub const FOREIGN_SECONDS: i64 = DAY_SECONDS;

/// Effect of a fact on the books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The fact changed the account's books.
    Applied(AccountId),
    /// The books have it already: nothing was written.
    Unchanged(AccountId),
    /// The fact contradicts the books: it is kept, not applied.
    Refused(AccountId, Refusal),
    /// The customer belongs to another product on the same Stripe account.
    Foreign,
}

/// An applied fact, and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Effect on the books.
    pub outcome: Outcome,
    /// True if the books, as they are now, and Stripe differ ([`billing::agreement`]), also when
    /// the fact changed nothing.
    pub differs_at_stripe: bool,
    /// A payment whose invoice is to be read at Stripe.
    pub payment_moved: Option<MovedPayment>,
    /// True if another payment method may be charged from now on: auto-recharge may have waited for
    /// one.
    pub payment_method_may_differ: bool,
    /// True if the fact only says that an object is to be read at Stripe: events of one second
    /// leave it open, however often they are told.
    pub is_doubt: bool,
}

impl Applied {
    /// The account, if the fact says something about one.
    pub fn account(&self) -> Option<&AccountId> {
        match &self.outcome {
            Outcome::Applied(account) | Outcome::Unchanged(account) => Some(account),
            Outcome::Refused(..) | Outcome::Foreign => None,
        }
    }
}

/// Reason why a fact is not applied yet.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// No account has that customer. Waiting helps when the account is just being created.
    #[error("no account has the Stripe customer {0}")]
    UnknownCustomer(CustomerId),
    /// No account has that payment. Waiting helps when the payment's own event is still on its way.
    #[error("no account has the payment {0}")]
    UnknownPayment(PaymentIntentId),
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Classified for ApplyError {
    fn class(&self) -> Class {
        match self {
            // An unknown customer or payment is retried by the queue, over days, not within the
            // invocation.
            Self::UnknownCustomer(_) | Self::UnknownPayment(_) => Class::Operator,
            Self::Store(error) => error.class(),
        }
    }
}

/// Applies facts to the books in the table.
#[derive(Debug)]
pub struct Applier {
    store: Store,
    links: Mutex<BTreeMap<CustomerId, AccountId>>,
}

impl Applier {
    /// An applier on that table.
    pub fn new(store: Store) -> Self {
        Self { store, links: Mutex::default() }
    }

    /// The table.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Applies one fact. Safe to call any number of times, by any number of callers at once,
    /// also after calls that failed or were not answered.
    ///
    /// # Errors
    /// [`ApplyError`]: nothing is known to be written, and the same fact may be applied later.
    pub async fn apply(&self, invocation: &Invocation, fact: &Fact) -> Result<Applied, ApplyError> {
        invocation.retry(|| self.try_once(invocation, fact)).await
    }

    /// Remembers that no account here has the customer of a fact.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when an account was linked to the customer meanwhile: then the fact
    /// is to be applied.
    pub async fn remember_foreign(
        &self,
        invocation: &Invocation,
        customer: &CustomerId,
    ) -> Result<(), StoreError> {
        let until = invocation.now.plus_seconds(FOREIGN_SECONDS);
        self.store.remember_foreign(invocation, customer, until).await
    }

    /// Loads, decides, commits.
    async fn try_once(&self, invocation: &Invocation, fact: &Fact) -> Result<Applied, ApplyError> {
        let account = match self.account_of(invocation, &fact.customer).await {
            Ok(Link::Account(account)) => account,
            Ok(Link::Foreign { .. }) => return Ok(foreign()),
            // A payment of a customer that is not ours is none of ours, now or later.
            Err(ApplyError::UnknownCustomer(_)) if payment_of(fact).is_some() => {
                return Ok(foreign());
            }
            Err(error) => return Err(error),
        };
        if let Some(payment) = payment_of(fact) {
            let (customer, intent) = (fact.customer.clone(), payment.clone());
            let moved = MovedPayment { account: account.clone(), customer, intent };
            return Ok(Applied { payment_moved: Some(moved), ..unchanged(account) });
        }
        let mut books = self.books(invocation, &account, fact).await?;

        let now = invocation.now;
        let mut decision = decide(&books, fact, now);
        if decision == Err(Undecided::NeedsSubscriptions) {
            books = self.store.with_subscriptions(invocation, books).await?;
            decision = decide(&books, fact, now);
        }
        if decision == Err(Undecided::NeedsAllInvoices) {
            books = self.store.with_all_invoices(invocation, books).await?;
            decision = decide(&books, fact, now);
        }

        let change = decision.as_ref().ok().and_then(Option::as_ref);
        let differs_at_stripe = differs(&books, change, now);
        let is_doubt = change.is_some_and(Change::is_doubt);
        // The customer's default method is not part of the books: any change of the customer may be
        // of that.
        let payment_method_may_differ =
            matches!(fact.news, News::CustomerUpdated(_) | News::MethodChanged);

        let outcome = match decision {
            Ok(None) => Outcome::Unchanged(account),
            Ok(Some(change)) => {
                self.store.commit(invocation, &change).await?;
                Outcome::Applied(account)
            }
            Err(Undecided::Refused(refusal)) => {
                self.keep_refused(invocation, &books, fact, refusal).await?
            }
            Err(undecided @ (Undecided::NeedsAllInvoices | Undecided::NeedsSubscriptions)) => {
                return Err(StoreError::Invalid(undecided.to_string()).into());
            }
        };
        Ok(Applied {
            outcome,
            differs_at_stripe,
            payment_moved: None,
            payment_method_may_differ,
            is_doubt,
        })
    }

    async fn books(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        fact: &Fact,
    ) -> Result<Books, StoreError> {
        let books = self.store.books(invocation, account, fact).await?;
        books.ok_or_else(|| {
            let Key { pk, sk } = keys::standing(account);
            let what = "a link leads to an account that does not exist".to_owned();
            StoreError::Corrupt { pk, sk, what }
        })
    }

    /// Keeps a refused fact in the journal, once.
    async fn keep_refused(
        &self,
        invocation: &Invocation,
        books: &Books,
        fact: &Fact,
        refusal: Refusal,
    ) -> Result<Outcome, ApplyError> {
        let account = books.standing.account.clone();
        if !self.store.was_refused(invocation, &account, invocation.cause_id()).await? {
            let change = refuse(books, fact, &refusal, invocation.now);
            self.store.commit_refused(invocation, &change).await?;
        }
        Ok(Outcome::Refused(account, refusal))
    }

    /// Finds the account of a customer: in memory while warm, else in the table.
    ///
    /// # Errors
    /// [`ApplyError::UnknownCustomer`] when no account has it, and it is not known to be foreign.
    pub async fn account_of(
        &self,
        invocation: &Invocation,
        customer: &CustomerId,
    ) -> Result<Link, ApplyError> {
        let remembered =
            self.links.lock().unwrap_or_else(PoisonError::into_inner).get(customer).cloned();
        if let Some(account) = remembered {
            return Ok(Link::Account(account));
        }

        match self.store.link(invocation, customer).await? {
            Some(Link::Account(account)) => {
                let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
                if links.len() >= LINKS_MAX {
                    links.clear();
                }
                links.insert(customer.clone(), account.clone());
                Ok(Link::Account(account))
            }
            Some(foreign @ Link::Foreign { until }) if invocation.now < until => Ok(foreign),
            Some(Link::Foreign { .. }) | None => Err(ApplyError::UnknownCustomer(customer.clone())),
        }
    }
}

/// The payment that a fact is about, where only Stripe knows its invoice.
fn payment_of(fact: &Fact) -> Option<&PaymentIntentId> {
    if let News::PaymentMoved(moved) = &fact.news {
        Some(&moved.intent).filter(|_| moved.invoice.is_none())
    } else {
        None
    }
}

fn unchanged(account: AccountId) -> Applied {
    Applied { outcome: Outcome::Unchanged(account), ..foreign() }
}

fn foreign() -> Applied {
    Applied {
        outcome: Outcome::Foreign,
        differs_at_stripe: false,
        payment_moved: None,
        payment_method_may_differ: false,
        is_doubt: false,
    }
}

/// True if something follows at Stripe from the books, as they are after a change: about the
/// subscription, or about a transfer.
fn differs(books: &Books, change: Option<&Change>, now: Timestamp) -> bool {
    let standing = change.map_or(&books.standing, |change| &change.standing);
    let current = standing.subscription.as_ref().map(|current| &current.id);
    let changed = change.and_then(Change::subscription);
    let changed = changed.filter(|changed| Some(&changed.snapshot.id) == current);
    let current = changed.or_else(|| books.subscriptions.get(current?));
    let is_at_desk = standing.desk_at.is_some_and(|at| at <= now);
    is_at_desk || !agreement::tasks(standing, current, now).is_empty()
}
