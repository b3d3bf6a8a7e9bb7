//! `POST /v1/accounts/{id}/portal-sessions`: a visit to Stripe's billing portal (D8, E6).
//!
//! The portal can change neither plan nor seats, and cancels only for whom the cancellation check let through just before
//! (money rule 14): Stripe has a configuration of ours for each of the two. The address of a visit lets whoever has it in, so
//! it is answered and nothing else: not kept, not logged.

mod problem;

use billing::journal::CauseKind;
use invocation::Invocation;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use auth::{admit_to_account, problem};
use billing::account::Standing;
use billing::cancellation::Check;
use billing::ids::{AccountId, CustomerId, SubscriptionId};
use catalog::Catalog;
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use runtime::environment::{RETURN_ORIGINS, TABLE_NAME};
use runtime::input::{Checks, body};
use runtime::origins::Origins;
use runtime::{EnvironmentError, Host, Invocations, Problem, Request, Response};
use serde::{Deserialize, Serialize};
use store::cancellation::{check_keys, checked};
use store::{Store, keys};
use stripe_client::{Stripe, StripeError};
use stripe_requests::request::portal::{Flow, Portal};
use tracing::info;

use crate::problem::{unasked, unvisitable};

/// The function, built once per cold start.
#[derive(Debug)]
pub struct BillingPortal {
    invocations: Invocations,
    store: Store,
    stripe: Stripe,
    catalog: Catalog,
    /// Where the portal may send people back to.
    origins: Origins,
    /// Configurations that were found or made, by their mark.
    configurations: Mutex<BTreeMap<&'static str, String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    return_url: String,
    #[serde(default)]
    flow: Option<String>,
}

/// What the customer comes for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    Everything,
    PaymentMethod,
    Cancel,
}

#[derive(Debug, Serialize)]
struct Visit {
    url: String,
}

impl BillingPortal {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let origins = host.environment.find(RETURN_ORIGINS).unwrap_or_default();
        Ok(Self {
            invocations: host.invocations(),
            store: Store::new(host.dynamodb()?, host.environment.get(TABLE_NAME)?),
            stripe: Stripe::new(host)?,
            catalog,
            origins: Origins::parse(origins),
            configurations: Mutex::default(),
        })
    }

    /// One request.
    pub async fn handle(&self, request: Request) -> Response {
        let invocation = &self.invocations.begin(CauseKind::Api, request.id.clone());
        match self.visit(invocation, &request).await {
            Ok(response) => response,
            Err(problem) => problem.response(),
        }
    }

    async fn visit(&self, invocation: &Invocation, request: &Request) -> Result<Response, Problem> {
        let wanted = |account: &AccountId| {
            let mut wanted = check_keys(account, invocation.now);
            wanted.push(keys::profile(account));
            wanted
        };
        let (account, admitted) =
            admit_to_account(invocation, &self.store, request, wanted).await?;
        let (task, return_url) = self.input(request)?;
        let checked = checked(&admitted.items, &self.catalog.cancellation_limits());
        let (standing, check) = checked
            .map_err(|error| problem(&error))?
            .ok_or_else(|| Problem::not_found("account"))?;
        let profile = admitted.item("profile").ok_or_else(|| Problem::not_found("account"))?;
        let profile = store::profile::read(profile).map_err(|error| problem(&error))?;
        let customer = profile.customer.ok_or_else(|| unvisitable("account_incomplete"))?;
        let (portal, flow) = match task {
            Task::Everything => (Portal::Managing, Flow::Home),
            Task::PaymentMethod => (Portal::Managing, Flow::PaymentMethodUpdate),
            Task::Cancel => {
                let subscription = cancellable(&standing, &check)?;
                (Portal::Cancelling, Flow::SubscriptionCancel(subscription))
            }
        };
        let url = self.url(invocation, &customer, portal, &return_url, flow).await;
        let url = url.map_err(|error| unasked(&error, &account))?;
        let cost = invocation.cost();
        info!(account.id = %account, customer.id = %customer,
            "let {account} into the billing portal: {cost}");
        let response = Response::json(201, &Visit { url });
        Ok(response.with_header(CACHE_CONTROL, HeaderValue::from_static("no-store")))
    }

    fn input(&self, request: &Request) -> Result<(Task, String), Problem> {
        let Input { return_url, flow } = body(request)?;
        let mut checks = Checks::default();
        let detail = "It does not begin with an origin that is allowed.";
        checks.expect(self.origins.allow(&return_url), "return_url", detail);
        let task = match flow.as_deref() {
            None => Some(Task::Everything),
            Some("payment_method_update") => Some(Task::PaymentMethod),
            Some("subscription_cancel") => Some(Task::Cancel),
            Some(_) => None,
        };
        let detail = "`payment_method_update` or `subscription_cancel` is expected, or nothing.";
        checks.expect(task.is_some(), "flow", detail);
        checks.passed()?;
        task.map(|task| (task, return_url)).ok_or_else(Problem::internal)
    }

    /// The address of a visit. A configuration that was remembered may be gone: then it is looked for once more.
    async fn url(
        &self,
        invocation: &Invocation,
        customer: &CustomerId,
        portal: Portal,
        return_url: &str,
        flow: Flow<'_>,
    ) -> Result<String, StripeError> {
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

/// The subscription that may be cancelled in the portal: the same check as everywhere (A10), and what only Stripe's page
/// can not do.
fn cancellable<'a>(standing: &'a Standing, check: &Check) -> Result<&'a SubscriptionId, Problem> {
    let live = standing.live_subscription().ok_or_else(|| unvisitable("no_subscription"))?;
    if live.ends_at.is_some() {
        return Err(unvisitable("subscription_ends"));
    }
    if !check.passes {
        return Err(Problem::not_cancellable(check));
    }
    // Stripe takes no cancellation of a subscription that a schedule will change (money rule 15).
    if live.schedule.is_some() || standing.pending.is_some() {
        return Err(unvisitable("change_booked"));
    }
    Ok(&live.id)
}

fn is_about_the_configuration(error: &StripeError) -> bool {
    let param = error.refusal().and_then(|refusal| refusal.param.as_deref());
    param.is_some_and(|param| param == "configuration")
}
