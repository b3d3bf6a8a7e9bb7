//! Metered usage: `POST /v1/usage` counts a batch of events, `GET /v1/accounts/{id}/usage` and
//! `.csv` show what was used (D2, A16, A23).
//!
//! A request becomes the input of a command (`shared/commands/usage`), and its outcome a view.

mod csv;
mod input;
mod lenient_json;

use auth::{caller_of_account, writer};
use billing::ids::{AccountId, BatchId};
use billing::journal::CauseKind;
use billing::month::Month;
use catalog::Catalog;
use invocation::{Classified, Invocation};
use runtime::environment::TABLE_NAME;
use runtime::{EnvironmentError, Host, Invocations, Problem, Request, Response};
use store::Store;
use tracing::warn;
use usage_commands::{Batch, CountError, Counted, Metering, Read, month_parts};
use views::rejection::RejectedView;
use views::usage::{BatchView, UsageView};

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Usage {
    invocations: Invocations,
    store: Store,
    commands: Metering,
    /// Time for which usage of an ended month is taken, in seconds.
    late_seconds: i64,
}

impl Usage {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let store = Store::new(host.dynamodb()?, host.environment.get(TABLE_NAME)?);
        Ok(Self {
            invocations: host.invocations(),
            late_seconds: catalog.late_usage_seconds(),
            commands: Metering::new(store.clone(), catalog),
            store,
        })
    }

    /// One request.
    pub async fn handle(&self, request: Request) -> Response {
        let invocation = &self.invocations.begin(CauseKind::Api, request.id.clone());
        let answer = match request.route.as_str() {
            "POST /v1/usage" => self.count(invocation, &request).await,
            "GET /v1/accounts/{id}/usage" => self.show(invocation, &request).await,
            "GET /v1/accounts/{id}/usage.csv" => self.export(invocation, &request).await,
            _ => Err(Problem::not_found("route")),
        };
        auth::answered(invocation, &self.store, answer).await
    }

    async fn count(&self, invocation: &Invocation, request: &Request) -> Result<Response, Problem> {
        let batch = input::batch(request, invocation.now);
        let parts = batch.as_ref().map(Batch::parts).unwrap_or_default();
        let caller = writer(invocation, &self.store, request, &parts).await?;
        // Only now: a caller without a valid key is not told what is wrong with the body.
        let batch = batch?;

        let counted = self.commands.count(invocation, &batch, &caller.loaded).await;
        let counted = counted.map_err(|error| not_counted(&error, batch.id()))?;

        Ok(Response::json(202, &self.view(&counted)))
    }

    fn view(&self, counted: &Counted) -> BatchView {
        let rejected = counted.rejected.iter().map(|it| {
            RejectedView::of(it.place, it.rejection, it.event.as_ref(), self.late_seconds)
        });
        BatchView {
            accepted: counted.accepted,
            duplicate: counted.is_duplicate,
            rejected: rejected.collect(),
        }
    }

    async fn show(&self, invocation: &Invocation, request: &Request) -> Result<Response, Problem> {
        let (_, view) = Box::pin(self.read(invocation, request)).await?;
        Ok(Response::json(200, &view))
    }

    /// The days of a month as CSV.
    async fn export(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let (account, view) = Box::pin(self.read(invocation, request)).await?;
        Ok(Response::csv(&format!("usage-{account}-{}.csv", view.period), csv::table(&view)))
    }

    async fn read(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<(AccountId, UsageView), Problem> {
        let month = input::month(request, invocation.now);
        // A month that cannot be read is complained of once the caller is known.
        let loaded = month.as_ref().map_or(Month::of(invocation.now), |month| *month);
        let parts = |_: &_| month_parts(loaded);
        let (account, caller) = caller_of_account(invocation, &self.store, request, parts).await?;
        let standing = caller.standing()?;
        let month = month?;

        let used = self.commands.read(invocation, &standing, month, &caller.loaded).await;
        let Read { month, resources, reported_at } = used.map_err(|it| auth::problem(&it))?;

        let view = UsageView::of(month, resources, reported_at, invocation.now);
        Ok((account, view))
    }
}

/// Answer to a batch that is not counted, or not all of it; logged here, once.
fn not_counted(error: &CountError, batch: &BatchId) -> Problem {
    match error {
        CountError::OtherContent(_) => {
            let detail = format!("The batch_id `{batch}` was used before, with another body.");
            Problem::new(409, "batch_id_reused", detail)
        }
        CountError::Store(error) if error.is_transient() => {
            warn!(batch.id = %batch, reason = %error,
                "could not count all of batch {batch} now: {error}");
            let detail = "We could not finish this just now. Please send the same batch again, with the same \
                          batch_id: what is counted of it already is not counted twice.";
            Problem { detail: detail.to_owned(), ..Problem::unavailable() }
        }
        CountError::Store(error) => auth::problem(error),
    }
}
