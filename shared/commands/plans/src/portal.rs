//! Visits to Stripe's billing portal (D8, E6).
//!
//! The portal can change neither plan nor seats, and cancels only for whom the cancellation check
//! let through just before (money rule 14): Stripe has a configuration of ours for each of the two.
//! Nothing of a visit is kept or logged.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use billing::account::Standing;
use billing::cancellation::{Check, NotInPortal, cancellable_in_portal, check};
use billing::ids::CustomerId;
use billing::time::Timestamp;
use catalog::Catalog;
use invocation::Invocation;
use runtime::{EnvironmentError, Host};
use store::{Loaded, Part, StoreError};
use stripe_client::{Stripe, StripeError};
use stripe_requests::request::portal::{Flow, Portal};

/// Stripe's billing portal.
#[derive(Debug)]
pub struct BillingPortal {
    stripe: Stripe,
    catalog: Catalog,
    /// Configurations that were found or made, by their mark.
    configurations: Mutex<BTreeMap<&'static str, String>>,
}

/// Purpose of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// No special one.
    Everything,
    /// Another payment method.
    PaymentMethod,
    /// Cancelling the subscription.
    Cancel,
}

/// A visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Its purpose.
    pub task: Task,
    /// Address to which the portal sends the customer back.
    pub return_url: String,
}

/// Address of a visit, and its customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visited {
    /// The customer.
    pub customer: CustomerId,
    /// The address: it lets its holder in.
    pub url: String,
}

/// Reason why there is no visit.
#[derive(Debug, thiserror::Error)]
pub enum NotVisited {
    /// There is no such account.
    #[error("there is no such account")]
    NoAccount,
    /// The account has no customer at Stripe yet.
    #[error("the account has no customer at Stripe yet")]
    Incomplete,
    /// The portal cannot cancel this subscription.
    #[error("the portal cannot cancel this subscription: {0:?}")]
    NotCancellable(NotInPortal),
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Stripe failed, or refused.
    #[error(transparent)]
    Stripe(#[from] StripeError),
}

/// Parts that a visit needs.
pub fn parts(now: Timestamp) -> Vec<Part> {
    let mut parts = Part::cancellation(now);
    parts.push(Part::Profile);
    parts
}

impl BillingPortal {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        Ok(Self { stripe: Stripe::new(host)?, catalog, configurations: Mutex::default() })
    }

    /// Opens a visit of the account whose parts were loaded.
    ///
    /// # Errors
    /// [`NotVisited`].
    pub async fn visit(
        &self,
        invocation: &Invocation,
        loaded: &Loaded,
        visit: &Visit,
    ) -> Result<Visited, NotVisited> {
        let standing = loaded.standing()?.ok_or(NotVisited::NoAccount)?;
        let profile = loaded.profile()?.ok_or(NotVisited::NoAccount)?;
        let customer = profile.customer.ok_or(NotVisited::Incomplete)?;

        let (portal, flow) = match visit.task {
            Task::Everything => (Portal::Managing, Flow::Home),
            Task::PaymentMethod => (Portal::Managing, Flow::PaymentMethodUpdate),
            Task::Cancel => {
                let check = self.check(invocation, loaded, &standing)?;
                let subscription = cancellable_in_portal(&standing, &check);
                let subscription = subscription.map_err(NotVisited::NotCancellable)?;
                (Portal::Cancelling, Flow::SubscriptionCancel(subscription))
            }
        };

        let opening = Opening { customer: &customer, portal, return_url: &visit.return_url, flow };
        let url = self.url(invocation, opening).await?;
        Ok(Visited { customer, url })
    }

    fn check(
        &self,
        invocation: &Invocation,
        loaded: &Loaded,
        standing: &Standing,
    ) -> Result<Check, StoreError> {
        let limits = self.catalog.cancellation_limits();
        let used = loaded.used(invocation.now)?;
        let known = &self.catalog.cancellation;
        Ok(check((standing, &used), &loaded.blockers()?, &limits, known))
    }

    /// Address of a visit. A configuration that was remembered may be gone: then it is looked for
    /// once more.
    async fn url(
        &self,
        invocation: &Invocation,
        opening: Opening<'_>,
    ) -> Result<String, StripeError> {
        let Opening { customer, portal, return_url, flow } = opening;
        let stripe = &self.stripe;
        if let Some(known) = self.known(portal) {
            match stripe.portal_session(invocation, customer, &known, return_url, flow).await {
                Err(error) if is_about_the_configuration(&error) => {}
                visited_or_not => return visited_or_not,
            }
        }

        let found = stripe.portal_configuration(invocation, portal).await?;
        self.remember(portal, found.clone());
        stripe.portal_session(invocation, customer, &found, return_url, flow).await
    }

    fn known(&self, portal: Portal) -> Option<String> {
        let known = self.configurations.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(portal.mark()).cloned()
    }

    fn remember(&self, portal: Portal, id: String) {
        let mut known = self.configurations.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(portal.mark(), id);
    }
}

/// A visit as Stripe is asked for it.
struct Opening<'a> {
    customer: &'a CustomerId,
    portal: Portal,
    return_url: &'a str,
    flow: Flow<'a>,
}

fn is_about_the_configuration(error: &StripeError) -> bool {
    let param = error.refusal().and_then(|refusal| refusal.param.as_deref());
    param.is_some_and(|param| param == "configuration")
}
