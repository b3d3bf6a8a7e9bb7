//! `/v1/accounts/{id}/alert` and `/v1/accounts/{id}/mails`: the spend alert of an account, read,
//! set and removed, what was notified (A21), and the log of its mails (F6).
//!
//! The function `alert-check` compares the upcoming invoice with the threshold.

mod mails;

use alerts_commands::threshold::{GivenThreshold, ThresholdFailure, Thresholds};
use auth::{Caller, caller_of_account, problem, writer_of_account};
use billing::alerts::{AlertRefusal, Alerted};
use billing::ids::AccountId;
use billing::journal::CauseKind;
use billing::money::Currency;
use catalog::Catalog;
use invocation::Invocation;
use messages::Language;
use queue::notify::NotifyMessages;
use runtime::environment::{NOTIFY_QUEUE_URL, TABLE_NAME};
use runtime::input::{Page, body, page};
use runtime::problem::FieldProblem;
use runtime::{EnvironmentError, Host, Invocations, Problem, Request, Response};
use store::Store;
use views::alerts::{AlertView, AlertedView};
use views::requests::alerts::SetAlert;

/// Language of every sentence in answers.
const LANGUAGE: Language = Language::English;

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Alerts {
    invocations: Invocations,
    store: Store,
    /// Mails that are asked for once more.
    again: NotifyMessages,
    /// Currency of plans and usage.
    currency: Currency,
}

impl Alerts {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: &Catalog) -> Result<Self, EnvironmentError> {
        let store = Store::new(host.dynamodb()?, host.environment.get(TABLE_NAME)?);
        let url = host.environment.get(NOTIFY_QUEUE_URL)?;
        Ok(Self {
            invocations: host.invocations(),
            store,
            again: NotifyMessages::new(host.sqs()?, url),
            currency: catalog.currency,
        })
    }

    /// One request.
    pub async fn handle(&self, request: Request) -> Response {
        let invocation = &self.invocations.begin(CauseKind::Api, request.id.clone());
        let answer = match request.route.as_str() {
            "GET /v1/accounts/{id}/alert" => self.read(invocation, &request).await,
            "PUT /v1/accounts/{id}/alert" => self.set(invocation, &request).await,
            "DELETE /v1/accounts/{id}/alert" => self.remove(invocation, &request).await,
            "GET /v1/accounts/{id}/alert/history" => self.history(invocation, &request).await,
            "GET /v1/accounts/{id}/mails" => self.mails(invocation, &request).await,
            "POST /v1/accounts/{id}/mails/{mail_id}/resend" => {
                self.resend(invocation, &request).await
            }
            _ => Err(Problem::not_found("route")),
        };
        auth::answered(invocation, &self.store, answer).await
    }

    fn thresholds(&self) -> Thresholds<'_> {
        Thresholds { store: &self.store, currency: self.currency }
    }

    async fn read(&self, invocation: &Invocation, request: &Request) -> Result<Response, Problem> {
        let (account, caller) = self.caller(invocation, request).await?;
        let watch = caller.loaded.watch().map_err(|error| problem(&error))?;

        let read = self.thresholds().with_invoices(invocation, &account, watch).await;
        let read = read.map_err(|error| problem(&error))?;

        Ok(Response::json(200, &AlertView::of(&read.watch, &read.invoices)))
    }

    async fn set(&self, invocation: &Invocation, request: &Request) -> Result<Response, Problem> {
        let (account, caller) = self.writer(invocation, request).await?;
        let SetAlert { threshold } = body(request)?;
        let given =
            GivenThreshold { amount: threshold.amount.as_i64(), currency: threshold.currency };

        let thresholds = self.thresholds();
        let set = thresholds.set(invocation, (&account, caller.loaded), &given).await;
        set.map_err(failed)?;
        let read = thresholds.read(invocation, &account).await;
        let read = read.map_err(|error| problem(&error))?;

        Ok(Response::json(200, &AlertView::of(&read.watch, &read.invoices)))
    }

    async fn remove(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let (account, caller) = self.writer(invocation, request).await?;

        let removed = self.thresholds().remove(invocation, (&account, caller.loaded)).await;
        removed.map_err(failed)?;

        Ok(Response::of_type(204, "application/json", String::new()))
    }

    async fn history(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let (account, _) = self.caller(invocation, request).await?;

        let history = self.thresholds().history(invocation, &account).await;
        let history = history.map_err(|error| problem(&error))?;

        // The page's cursor is the place in the list, because it is the newest month first.
        let places: Vec<(String, Alerted)> =
            history.into_iter().enumerate().map(|(at, it)| (format!("{at:06}"), it)).collect();
        let page = page(request, invocation.now, &places, |(place, _)| place)?;
        let mut data = Vec::new();
        for (_, alerted) in page.data {
            let mails = self.store.mails_at(invocation, &account, alerted.at).await;
            let mails = mails.map_err(|error| problem(&error))?;
            data.push(AlertedView::of(alerted, &mails));
        }
        Ok(Response::json(200, &Page { data, next_cursor: page.next_cursor }))
    }

    async fn caller(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<(AccountId, Caller), Problem> {
        let parts = |_: &_| Thresholds::parts();
        let (account, caller) = caller_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;
        Ok((account, caller))
    }

    async fn writer(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<(AccountId, Caller), Problem> {
        let parts = |_: &_| Thresholds::parts();
        let (account, caller) = writer_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;
        Ok((account, caller))
    }
}

/// Answer to a threshold that is not set or removed.
fn failed(failure: ThresholdFailure) -> Problem {
    match failure {
        ThresholdFailure::NoAccount(_) => Problem::not_found("account"),
        ThresholdFailure::Store(error) => problem(&error),
        ThresholdFailure::Refused(refusal) => {
            let detail = LANGUAGE.alert_refused(&refusal);
            Problem::invalid_field(match &refusal {
                AlertRefusal::OutOfRange => FieldProblem::out_of_range("threshold.amount", detail),
                AlertRefusal::OtherCurrency(_) => {
                    FieldProblem::invalid("threshold.currency", detail)
                }
            })
        }
    }
}
