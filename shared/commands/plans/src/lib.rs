//! Use cases of plans and subscriptions, for customers and staff: preview, change, cancel, resume,
//! negotiated plans.
//!
//! Input value in, outcome value out, no HTTP. `billing::plan_change` decides what becomes of a
//! wish. Each step at Stripe sets a state, so that a request that is repeated goes on where it
//! stopped; the two steps that make something (a Checkout session, and a subscription without the
//! customer) have an intent in the table. Each step is settled in our books as it is made, so that
//! the next reader sees it, whenever the webhook comes.

mod begin;
mod booking;
mod change;
mod checkout;
mod closing;
mod converting;
mod entries;
mod given;
mod now;
pub mod portal;
mod preview;
mod quote;
mod refusal;
mod renewal;
mod resume;
mod set_plan;
mod target;
mod terms;
mod work;

use std::sync::OnceLock;

use apply::Applier;
use billing::ids::AccountId;
use billing::lease::Lease;
use catalog::Catalog;
use invocation::Invocation;
use runtime::environment::TABLE_NAME;
use runtime::{EnvironmentError, Host};
use store::{Loaded, Part, Store};
use stripe_client::Stripe;
use stripe_sync::{Interrupted, Sync};

pub use booking::{Cancellation, cancellation_parts};
pub use change::{Changed, Ways, Wish, change_parts};
pub use closing::Closing;
pub use converting::{Conversion, conversion_parts};
pub use given::{GivenPlan, GivenTerms, can_be_set, checked_reason, checked_sub_account_limit};
pub use preview::{Previewed, preview_parts};
pub use quote::Quote;
pub use refusal::declined_code;
pub use renewal::Shown;
pub use set_plan::{PlanSet, Prices, Wanted, set_plan_parts};
pub use target::target;
pub use terms::{Terms, terms_parts};

use work::Work;

/// Plans and subscriptions, in our books and at Stripe.
#[derive(Debug)]
pub struct Plans {
    store: Store,
    facts: Applier,
    stripe: Stripe,
    catalog: Catalog,
}

/// The account that a command is about, with the parts that were loaded with the caller's key.
#[derive(Debug)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Parts of it: those that the command names.
    pub loaded: Loaded,
}

/// Parts of a command that only looks at the subscription.
pub fn parts() -> Vec<Part> {
    vec![Part::Standing]
}

/// Parts of a command that changes the subscription, and decides by nothing but the standing.
pub fn leased_parts() -> Vec<Part> {
    vec![Part::Standing, Part::Lease]
}

impl Plans {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let store = Store::new(host.dynamodb()?, host.environment.get(TABLE_NAME)?);
        Ok(Self { facts: Applier::new(store.clone()), store, stripe: Stripe::new(host)?, catalog })
    }

    /// The table: callers are admitted by it.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Stripe.
    pub fn stripe(&self) -> &Stripe {
        &self.stripe
    }

    /// The way of every fact into the books.
    pub fn facts(&self) -> &Applier {
        &self.facts
    }

    /// The catalog.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Awaits work under the lease of an account, as that was loaded with the caller's key.
    async fn leased<T>(
        &self,
        invocation: &Invocation,
        (account, lease): (&AccountId, Option<Lease>),
        work: impl Future<Output = Result<T, Interrupted>>,
    ) -> Result<T, Interrupted> {
        let sync = Sync { store: &self.store, stripe: &self.stripe, facts: &self.facts };
        sync.leased(invocation, account, lease, work).await
    }

    /// One try of a command. The first try takes what was loaded with the caller's key; a later one
    /// loads it again.
    async fn work<'a>(
        &'a self,
        invocation: &'a Invocation,
        account: &'a AccountId,
        loaded: Option<Loaded>,
        parts: &[Part],
    ) -> Result<Work<'a>, Interrupted> {
        let loaded = match loaded {
            Some(loaded) => loaded,
            None => self.store.load(invocation, account, parts).await?,
        };
        Ok(Work { own: self, invocation, account, loaded, told: OnceLock::new() })
    }
}
