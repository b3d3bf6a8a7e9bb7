//! Failures of commands as problems, and problems as what a page says of them.

use std::convert::Infallible;
use std::fmt::{Debug, Display};

use accounts_commands::Failure;
use accounts_commands::members::Members;
use auth::NotAdmitted;
use billing::details::DetailsRefusal;
use billing::ids::AccountId;
use billing::money::TooLarge;
use billing::opening::RefusedField;
use billing::session::is_page_path;
use credits_commands::Refused;
use forecast::ForecastError;
use invocation::{Class, Classified, Invocation};
use messages::page::Refusal;
use pages::alone;
use pages::form::Trouble;
use plans_commands::portal::NotVisited;
use runtime::problem::FieldProblem;
use runtime::telemetry::alarm;
use runtime::{Problem, Request, Response};
use stripe_client::StripeError;
use stripe_sync::{Interrupted, refused_by_stripe};
use tracing::{error, warn};

use crate::answer::{html, see_other};
use crate::form::typed;
use crate::{Dashboard, LANGUAGE};

/// The problem that a failure about an account is; logged here, once.
pub(crate) fn failed<R: Debug + Display>(
    failure: Failure<R>,
    account: &AccountId,
    refused: impl FnOnce(R) -> Problem,
) -> Problem {
    match failure {
        Failure::Refused(refusal) => refused(refusal),
        Failure::NoAccount(_) => Problem::not_found("account"),
        Failure::Unknown(what) => Problem::not_found(what),
        Failure::Store(error) => auth::problem(&error),
        Failure::NoEntropy(_) | Failure::OutOfTime => Problem::unavailable(),
        Failure::NotLeased(why) => Problem::not_leased(why),
        Failure::Stripe { error, .. } => unanswered(&error, account),
        Failure::Unapplied(unapplied) => {
            error!(account.id = %account, reason = %unapplied,
                "could not apply a fact: {unapplied}");
            if unapplied.is_transient() { Problem::unavailable() } else { Problem::internal() }
        }
        Failure::Missing(what) => {
            error!(account.id = %account, "could not go on: {what} does not exist");
            Problem::internal()
        }
        Failure::TooLarge(error) => too_large(error, account),
    }
}

/// The problem of a read that failed.
pub(crate) fn not_read(failure: Failure<Infallible>, account: &AccountId) -> Problem {
    failed(failure, account, |never| match never {})
}

/// The problem of sums that do not fit.
pub(crate) fn too_large(error: TooLarge, account: &AccountId) -> Problem {
    error!(account.id = %account, reason = %error, "could not add up: {error}");
    Problem::internal()
}

pub(crate) fn details_refused(refusal: &DetailsRefusal) -> Problem {
    let detail = LANGUAGE.details_refused(refusal);
    match refusal {
        DetailsRefusal::Incomplete => of(409, "account_incomplete", &Refusal::NoCustomer),
        DetailsRefusal::CustomerDeleted => Problem::new(409, "customer_deleted", detail),
        DetailsRefusal::ByStripe(RefusedField { field: None, .. }) => {
            Problem::new(422, "refused_by_stripe", detail)
        }
        DetailsRefusal::ByStripe(RefusedField { field: Some(name), .. }) => field(name, detail),
    }
}

/// 422 on one field.
pub(crate) fn field(name: &str, detail: impl Into<String>) -> Problem {
    Problem::invalid_field(FieldProblem::invalid(name, detail))
}

/// A refusal that pages word for their readers.
pub(crate) fn of(status: u16, code: &'static str, refusal: &Refusal) -> Problem {
    Problem::new(status, code, LANGUAGE.page_refusal(refusal))
}

/// The problem of a command about plans; logged here, once.
pub(crate) fn plans_failed(stopped: Interrupted, account: &AccountId) -> Problem {
    let answer = stopped.problem(account, alarm::NOT_CALLABLE);
    answer.unwrap_or_else(|error| refused_at_stripe(&error, account))
}

/// The problem of a command about credits; logged here, once.
pub(crate) fn credits_failed(stopped: Interrupted<Refused>, account: &AccountId) -> Problem {
    plans_failed(stopped.map_refused(|refused| credits_refused(refused, account)), account)
}

fn credits_refused(refused: Refused, account: &AccountId) -> Problem {
    match refused {
        Refused::NotFound(what) => Problem::not_found(what),
        Refused::OtherContent => of(409, "idempotency_key_reused", &Refusal::FormReused),
        Refused::Closed { state, reasons } => {
            let code = state.refusal_code().unwrap_or("account_disabled");
            Problem { reasons, ..of(409, code, &Refusal::AccountNotServed(state)) }
        }
        Refused::LimitBelowPrice(price) => {
            field("spending_limit", LANGUAGE.page_refusal(&Refusal::LimitBelowPrice(price)))
        }
        Refused::NoCustomer => of(409, "account_incomplete", &Refusal::NoCustomer),
        Refused::PriceDiffers { .. } => {
            error!(alarm = alarm::NOT_CALLABLE, account.id = %account,
                "{refused}: push the catalog");
            Problem::internal()
        }
        Refused::Insufficient(_)
        | Refused::MoreThanAvailable { .. }
        | Refused::NotHeld(_)
        | Refused::NotASession
        | Refused::NoId => {
            error!(account.id = %account, "could not go on with a form: {refused}");
            Problem::internal()
        }
    }
}

fn refused_at_stripe(error: &StripeError, account: &AccountId) -> Problem {
    match stripe_sync::refusal(error, account, alarm::NOT_CALLABLE) {
        Err(problem) => problem,
        Ok(refusal) => {
            error!(account.id = %account, reason = %refusal, "Stripe refused a form: {refusal}");
            refused_by_stripe(refusal)
        }
    }
}

/// The problem of a forecast that failed; logged here, once.
pub(crate) fn no_forecast(error: ForecastError, account: &AccountId) -> Problem {
    match error {
        ForecastError::NoAccount => Problem::not_found("account"),
        ForecastError::Store(error) => auth::problem(&error),
        ForecastError::Stripe(error) => unanswered(&error, account),
        ForecastError::TooLarge(error) => too_large(error, account),
    }
}

/// The problem of a visit to Stripe's portal that is not made; logged here, once.
pub(crate) fn not_visited(error: NotVisited, account: &AccountId) -> Problem {
    match error {
        NotVisited::NoAccount => Problem::not_found("account"),
        NotVisited::Incomplete => of(409, "account_incomplete", &Refusal::NoCustomer),
        NotVisited::Store(error) => auth::problem(&error),
        NotVisited::Stripe(error) => unanswered(&error, account),
        NotVisited::NotCancellable(_) => Problem::internal(),
    }
}

fn unanswered(error: &StripeError, account: &AccountId) -> Problem {
    match error.class() {
        Class::Operator => {
            error!(alarm = alarm::NOT_CALLABLE, account.id = %account, reason = %error,
                "Stripe cannot be called: {error}");
        }
        Class::Conflict | Class::Retry => {
            warn!(account.id = %account, reason = %error, "Stripe did not answer: {error}");
        }
        Class::Never => {
            error!(account.id = %account, reason = %error, "Stripe's answer is of no use: {error}");
            return Problem::internal();
        }
    }
    Problem::unavailable()
}

/// Words of a page about a problem.
pub(crate) fn trouble(problem: &Problem, request: &Request) -> Trouble {
    let own = match problem.code {
        "change_in_progress" | "idempotency_in_progress" => Some(Refusal::InProgress),
        "idempotency_key_reused" => Some(Refusal::FormReused),
        "request_overtaken" | "temporarily_unavailable" | "stripe_unavailable" => {
            Some(Refusal::Unknown)
        }
        _ => None,
    };
    let summary = match own {
        Some(refusal) => LANGUAGE.page_refusal(&refusal),
        None if !problem.fields.is_empty() => LANGUAGE.page_refusal(&Refusal::WrongFields),
        None => problem.detail.clone(),
    };
    let reasons = problem.reasons.iter().map(|it| (it.detail.clone(), it.clears_by.clone()));
    let fields = problem.fields.iter().map(|it| (it.field.clone(), it.detail.clone()));
    Trouble {
        summary,
        reasons: reasons.collect(),
        fields: fields.collect(),
        link: None,
        typed: typed(request).unwrap_or_default(),
    }
}

impl Dashboard {
    /// Answer to a page that is not opened, or a form that did nothing.
    pub(crate) async fn refused(
        &self,
        invocation: &Invocation,
        request: &Request,
        refused: NotAdmitted,
    ) -> Response {
        match refused {
            NotAdmitted::NoSession(account) => self.no_session(request, &account),
            NotAdmitted::Role(visitor) => {
                let members = Members { store: &self.store };
                let all = members.all(invocation, &visitor.account).await.unwrap_or_default();
                let first = format!("/billing/{}", visitor.account);
                html(403, alone::not_for_role(&all, &first))
            }
            NotAdmitted::Form(_) => {
                let problem = of(403, "form_expired", &Refusal::FormExpired);
                self.problem(invocation, request, &problem).await
            }
            NotAdmitted::Problem(problem) => self.problem(invocation, request, &problem).await,
        }
    }

    /// Answer to a problem: the kept answer of a repeated form, the form's page with what is wrong,
    /// or a page of its own.
    async fn problem(
        &self,
        invocation: &Invocation,
        request: &Request,
        problem: &Problem,
    ) -> Response {
        if let Some(answer) = &problem.replayed {
            return match answer.status {
                303 => see_other(&answer.body),
                status => html(status, answer.body.clone()),
            };
        }
        if let Some(page) = page_of(request) {
            let again = Some((problem.status, trouble(problem, request)));
            if let Ok(page) = Box::pin(self.page(invocation, &page, again)).await {
                return page;
            }
        }
        html(problem.status, alone::failed(problem.status))
    }

    fn no_session(&self, request: &Request, account: &AccountId) -> Response {
        let link = self.answers.entry(Some(account), &next(request));
        html(401, alone::no_session(link))
    }
}

/// Path below the account's of a page that is asked for, with its query; empty for a form.
fn next(request: &Request) -> String {
    let Some(route) = request.route.strip_prefix("GET /billing/{id}") else { return String::new() };
    let mut path = route.trim_start_matches('/').to_owned();
    for (name, value) in &request.path {
        path = path.replace(&format!("{{{name}}}"), value);
    }
    let query: Vec<String> =
        request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if !query.is_empty() {
        path = format!("{path}?{}", query.join("&"));
    }
    if is_page_path(&path) { path } else { String::new() }
}

/// The page that a form stands on.
fn page_of(request: &Request) -> Option<Request> {
    let route = match request.route.as_str() {
        "GET /billing/{id}/plan/review"
        | "POST /billing/{id}/plan"
        | "POST /billing/{id}/plan/resume" => "GET /billing/{id}/plan",
        "POST /billing/{id}/payment-method"
        | "POST /billing/{id}/payments/pay"
        | "POST /billing/{id}/payments/advice"
        | "POST /billing/{id}/payments/withdraw" => "GET /billing/{id}/payments",
        "POST /billing/{id}/plan/cancel" => "GET /billing/{id}/plan/cancel",
        "POST /billing/{id}/credits/purchases" | "POST /billing/{id}/credits/auto-recharge" => {
            "GET /billing/{id}/credits"
        }
        "POST /billing/{id}/alerts" | "POST /billing/{id}/alerts/remove" => {
            "GET /billing/{id}/alerts"
        }
        "POST /billing/{id}/settings/details"
        | "POST /billing/{id}/settings/preferences"
        | "POST /billing/{id}/settings/keys" => "GET /billing/{id}/settings",
        "POST /billing/{id}/settings/keys/{key_id}" => "GET /billing/{id}/settings/keys/{key_id}",
        _ => return None,
    };
    Some(Request { route: route.to_owned(), body: None, ..request.clone() })
}
