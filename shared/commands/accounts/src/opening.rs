//! Opening an account together with its customer at Stripe: intent, call, outcome (design, section
//! 4).
//!
//! 1. Commit the account with an intent: what is about to be done at Stripe.
//! 2. Make the customer at Stripe, or read what the given one has there.
//! 3. Commit the outcome.
//!
//! A crash, a lost answer or a twin of the request between any two calls leaves an open intent. The
//! same request, sent again, finds it and goes on; it never makes a second customer.

mod customer;
mod family;
mod progress;

use apply::Applier;
use billing::account::{FREE_PLAN, Standing};
use billing::decide::{Write, open_account};
use billing::fact::{Address, CustomerSnapshot};
use billing::family::BillingModel;
use billing::ids::{AccountId, CustomerId};
use billing::intent::Intent;
use billing::member::Member;
use billing::opening::{BEGUN_VERSION, Begun, Left, OpeningRefusal, Progress};
use billing::profile::Profile;
use billing::time::Timestamp;
use invocation::Invocation;
use runtime::host::Patience;
use runtime::input::Idempotency;
use store::Store;
use store::open::Opening;
use stripe_client::{Customer, Stripe};
use tracing::info;

use crate::Failure;

type Result<T> = std::result::Result<T, Failure<OpeningRefusal>>;

/// Opens accounts.
#[derive(Debug, Clone, Copy)]
pub struct OpenAccounts<'a> {
    /// The table.
    pub store: &'a Store,
    /// Stripe.
    pub stripe: &'a Stripe,
    /// The way of every fact into the books.
    pub facts: &'a Applier,
    /// Waits for what has no limit of its own.
    pub patience: &'a Patience,
    /// Grace of new accounts, from overdue to disabled, in seconds.
    pub grace_seconds: i64,
}

/// An account to be opened.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Id of the account.
    pub account: AccountId,
    /// Name of the account.
    pub name: String,
    /// Address for invoices; a sub-account may have none.
    pub email: Option<String>,
    /// Country, two letters.
    pub country: Option<String>,
    /// Region in which the account's data is processed.
    pub processing_region: Option<String>,
    /// The first members.
    pub members: Vec<Member>,
    /// Its place in a family; none for an account that stands alone.
    pub place: Option<NewSubAccount>,
    /// The customer to link; none when one is to be made.
    pub customer: Option<CustomerId>,
    /// The fingerprint of all of it: a request with the same content goes on where an earlier one
    /// stopped.
    pub content: String,
    /// The Idempotency-Key of the request, if it has one.
    pub idempotency: Option<Idempotency>,
}

/// Place of a new sub-account.
#[derive(Debug, Clone)]
pub struct NewSubAccount {
    /// Its parent.
    pub parent: AccountId,
    /// Its billing model.
    pub model: BillingModel,
}

impl OpenAccounts<'_> {
    /// Opens an account, or goes on with it. Returns the id of the account that is open then, which
    /// is another one than requested where the same request opened it before.
    ///
    /// # Errors
    /// A rule or Stripe refuses it, or something failed; [`Left`] says what is done nevertheless.
    pub async fn open(&self, invocation: &Invocation, new: &NewAccount) -> Result<AccountId> {
        let account = invocation.retry_conflicts(|| Box::pin(self.go_on(invocation, new))).await?;

        let cost = invocation.cost();
        info!(account.id = %account, "opened account {account}: {cost}");
        Ok(account)
    }

    /// Takes every step that is still to be taken.
    async fn go_on(&self, invocation: &Invocation, new: &NewAccount) -> Result<AccountId> {
        let begun = match self.progress(invocation, new).await? {
            Progress::Complete(account) => return Ok(account),
            Progress::Begun(begun) => *begun,
            Progress::Nothing => self.begin(invocation, new).await?,
        };

        let account = begun.standing.account.clone();
        match begun.profile.customer.clone() {
            None => Box::pin(self.make_customer(invocation, new, begun)).await?,
            Some(customer) => self.pull(invocation, new, (&begun, &customer)).await?,
        }
        Ok(account)
    }

    /// The first step: the account and its intent. A given customer must exist, and is linked at
    /// once, so that no event about it is missed while its objects are read.
    async fn begin(&self, invocation: &Invocation, new: &NewAccount) -> Result<Begun> {
        let linked = match &new.customer {
            None => None,
            Some(customer) => Some(self.existing(invocation, customer).await?),
        };

        let begun = new.begun(invocation, linked.as_ref(), self.grace_seconds)?;
        let parent = self.begin_in_family(invocation, &begun).await?;
        let opening = Opening {
            intent: begun.intent.clone(),
            customer: new.customer.clone(),
            members: new.members.clone(),
            request: new.remembered(&new.account),
            parent,
        };
        let change = open_account(begun.standing.clone(), begun.profile.clone(), invocation.now);
        let change = change.with_all(family::payers(&begun).map(Write::Payers));
        self.store.open(invocation, &change, &opening).await?;

        let Begun { standing, profile, intent } = begun;
        Ok(Begun {
            standing: Standing { version: BEGUN_VERSION, ..standing },
            profile: Profile { version: BEGUN_VERSION, ..profile },
            intent: Intent { version: BEGUN_VERSION, ..intent },
        })
    }

    /// The given customer, which must exist.
    async fn existing(&self, invocation: &Invocation, id: &CustomerId) -> Result<Customer> {
        let customer = self.stripe.customer(invocation, id).await;
        let customer = customer.map_err(Failure::of_stripe(Left::Nothing))?;
        let unknown = || Failure::Refused(OpeningRefusal::UnknownCustomer(id.clone()));
        customer.ok_or_else(unknown)
    }
}

impl NewAccount {
    /// The account as its first step writes it.
    fn begun(
        &self,
        invocation: &Invocation,
        linked: Option<&Customer>,
        grace_seconds: i64,
    ) -> Result<Begun> {
        let now = invocation.now;
        let token = invocation.entropy.token()?;
        let intent =
            Intent::new(progress::intent_id(&self.account), token, self.content.clone(), now);
        let intent = Intent {
            begun_at: linked.map_or(now, |customer| customer.at),
            request: self.idempotency.as_ref().map(|it| it.fingerprint.clone()),
            ..intent
        };

        let profile = match linked {
            None => self.profile(now),
            Some(customer) => self.profile(now).after(&customer.details, customer.at),
        };
        let standing = Standing {
            linked_at: linked.map(|_| now),
            opening: linked.is_none(),
            family: self.place.as_ref().map(NewSubAccount::family).unwrap_or_default(),
            ..Standing::new(self.account.clone(), FREE_PLAN, grace_seconds, now)
        };
        Ok(Begun { standing, profile, intent })
    }

    fn profile(&self, now: Timestamp) -> Profile {
        let country = self.country.as_deref().map(str::to_ascii_uppercase);
        Profile {
            processing_region: self.processing_region.clone(),
            customer: self.customer.clone(),
            details: CustomerSnapshot {
                name: Some(self.name.clone()),
                email: self.email.clone(),
                address: Address { country, ..Address::default() },
                ..CustomerSnapshot::default()
            },
            ..Profile::new(self.account.clone(), &self.name, now)
        }
    }
}
