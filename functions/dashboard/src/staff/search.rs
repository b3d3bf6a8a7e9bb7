//! `/staff`, `/staff/search` and `GET /v1/staff/search`.

use std::convert::Infallible;

use accounts_commands::Failure;
use accounts_commands::read::{Account, Accounts};
use accounts_commands::search::Search;
use auth::{StaffNotAdmitted, problem};
use invocation::Invocation;
use pages::staff::home::{HomePage, Waiting};
use pages::staff::search::{Found, SearchPage};
use runtime::input::Page;
use runtime::{Problem, Request, Response};
use tracing::warn;
use transfers_commands::waiting::waiting;
use views::accounts::AccountSummaryView;

use crate::Dashboard;
use crate::answer::html;
use crate::staff::frame;

/// Differences that the home page counts.
const DIFFERENCES_MAX: i32 = 100;

impl Dashboard {
    pub(crate) async fn find_accounts(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        auth::caller(invocation, &self.store, request, &[]).await?;
        let text = request.query.get("q").map(String::as_str).unwrap_or_default();

        let found = self.found(invocation, text).await?;

        let view = |it: &Account| AccountSummaryView::of(&it.standing, &it.profile, it.state);
        let data: Vec<AccountSummaryView> = found.iter().map(view).collect();
        Ok(Response::json(200, &Page { data, next_cursor: None }))
    }

    pub(super) async fn staff_search(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, StaffNotAdmitted> {
        let visitor = auth::staff_visitor(invocation, &self.store, request, |_| Vec::new()).await?;
        let query = request.query.get("q").map(|text| text.trim().to_owned()).unwrap_or_default();

        let found = self.found(invocation, &query).await?;

        let found = found.into_iter().map(|it| Found {
            account: it.standing.account.clone(),
            plan: self.plan_name(it.standing.plan()),
            name: it.profile.name,
            state: it.state,
        });
        let page = SearchPage { query, found: found.collect() };
        let (status, frame) = frame(invocation, &visitor, (request, None))?;
        Ok(html(status, page.page(&frame)))
    }

    pub(super) async fn staff_home(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, StaffNotAdmitted> {
        let visitor = auth::staff_visitor(invocation, &self.store, request, |_| Vec::new()).await?;
        let not_read = |error| problem(&error);
        let transfers = waiting(&self.store, invocation).await.map_err(not_read)?;
        let counted = (None, super::disputes::COUNTED);
        let (disputes, _) = self.store.disputes(invocation, counted).await.map_err(not_read)?;
        let letters = self.store.open_letters(invocation).await.map_err(not_read)?;
        let proof = self.store.proof(invocation).await.map_err(not_read)?;
        let differences = self.store.differences(invocation, DIFFERENCES_MAX).await;
        let differences = differences.map_err(not_read)?;

        let page = HomePage {
            waiting: vec![
                Waiting {
                    name: "Transfers",
                    href: Some("/staff/transfers"),
                    count: transfers.len(),
                    oldest: transfers.first().map(|it| it.advice.submitted_at),
                },
                Waiting {
                    name: "Disputes",
                    href: Some("/staff/disputes"),
                    count: disputes.len(),
                    oldest: disputes.iter().map(|(_, dispute)| dispute.opened_at).min(),
                },
                Waiting {
                    name: "Dead letters",
                    href: Some("/staff/dead-letters"),
                    count: letters.count,
                    oldest: letters.oldest,
                },
                Waiting {
                    name: "Differences to Stripe that were found",
                    href: None,
                    count: differences.len(),
                    oldest: differences.last().map(|it| it.found_at),
                },
            ],
            proven_to: proof.map(|proof| proof.proven_until),
        };
        let (status, frame) = frame(invocation, &visitor, (request, None))?;
        Ok(html(status, page.page(&frame)))
    }

    async fn found(&self, invocation: &Invocation, text: &str) -> Result<Vec<Account>, Problem> {
        let accounts = Accounts { store: &self.store, catalog: &self.catalog };
        let search = Search { accounts, stripe: &self.stripe };
        let found = search.find(invocation, text).await;
        found.map_err(|failure| not_found(&failure))
    }

    /// Name of a plan, as people call it.
    pub(super) fn plan_name(&self, id: &str) -> String {
        self.catalog.plan(id).map_or_else(|| id.to_owned(), |plan| plan.name.clone())
    }
}

/// The problem of a search that failed; logged here, once.
fn not_found(failure: &Failure<Infallible>) -> Problem {
    if let Failure::Store(error) = failure {
        return problem(error);
    }
    warn!(reason = %failure, "could not search for accounts: {failure}");
    Problem::unavailable()
}
