//! `POST /v1/accounts/{id}/portal-sessions`: a visit to Stripe's billing portal (D8, E6).
//!
//! Input, command, view: the use case is `plans_commands::portal`. The address of a visit lets its
//! holder in, so it is answered and nothing else: not kept, not logged.

mod problem;

use billing::journal::CauseKind;
use catalog::Catalog;
use invocation::Invocation;
use messages::Language;
use plans_commands::portal::{self, Task, Visit};
use runtime::environment::{RETURN_ORIGINS, TABLE_NAME};
use runtime::input::{Checks, body};
use runtime::origins::{NOT_AN_ORIGIN, Origins};
use runtime::{EnvironmentError, Host, Invocations, Problem, Request, Response};
use store::Store;
use tracing::info;
use views::requests::subscriptions::VisitPortal;
use views::subscriptions::VisitView;

use crate::problem::not_visited;

/// The function, built once per cold start.
#[derive(Debug)]
pub struct BillingPortal {
    invocations: Invocations,
    store: Store,
    portal: portal::BillingPortal,
    /// Where the portal may send people back to.
    origins: Origins,
}

impl BillingPortal {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let origins = host.environment.find(RETURN_ORIGINS).unwrap_or_default();
        Ok(Self {
            invocations: host.invocations(),
            store: Store::new(host.dynamodb()?, host.environment.get(TABLE_NAME)?),
            portal: portal::BillingPortal::new(host, catalog)?,
            origins: Origins::parse(origins),
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
        let parts = |_: &_| portal::parts(invocation.now);
        let (account, caller) =
            auth::caller_of_account(invocation, &self.store, request, parts).await?;
        let visit = self.input(request)?;

        let visited = self.portal.visit(invocation, &caller.loaded, &visit).await;
        let visited = visited.map_err(|error| not_visited(&error, &account))?;

        let cost = invocation.cost();
        info!(account.id = %account, customer.id = %visited.customer,
            "let {account} into the billing portal: {cost}");
        let notice = Language::English.new_method().to_owned();
        Ok(Response::json(201, &VisitView { url: visited.url, notice }))
    }

    fn input(&self, request: &Request) -> Result<Visit, Problem> {
        let VisitPortal { return_url, flow } = body(request)?;
        let mut checks = Checks::default();
        checks.expect(self.origins.allow(&return_url), "return_url", NOT_AN_ORIGIN);
        let task = match flow.as_deref() {
            None => Some(Task::Everything),
            Some("payment_method_update") => Some(Task::PaymentMethod),
            Some("subscription_cancel") => Some(Task::Cancel),
            Some(_) => None,
        };
        let detail = "`payment_method_update` or `subscription_cancel` is expected, or nothing.";
        checks.expect(task.is_some(), "flow", detail);
        checks.passed()?;
        task.map(|task| Visit { task, return_url }).ok_or_else(Problem::internal)
    }
}
