//! `POST /v1/accounts/{id}/invoices/{invoice_id}/pay` (A12, A13).

use auth::writer_of_account;
use billing::attempt::NextAttempt;
use billing::decline;
use billing::explain::Reason;
use billing::ids::{AccountId, InvoiceId, PaymentMethodId};
use billing::paying::{Ended, Refused};
use http::HeaderValue;
use http::header::RETRY_AFTER;
use invocation::Invocation;
use payments_commands::{NewPayment, Payments, Shown, Tried, Unpaid};
use runtime::input::body;
use runtime::problem::{FieldProblem, RETRY_AFTER_SECONDS};
use runtime::telemetry::alarm;
use runtime::{Problem, Request, Response};
use serde::Serialize;
use stripe_client::StripeError;
use stripe_requests::request::paying::Presence;
use tracing::{error, warn};
use transfers_commands::advice::Advices;
use views::access::ReasonView;
use views::invoices::{PaymentStatusView, PaymentView};
use views::requests::invoices::PayInvoice;

use crate::read::{full, no_further_attempt};
use crate::{Invoices, LANGUAGE, input};

/// 402, with what is known of the attempt and what comes next.
#[derive(Debug, Serialize)]
struct Declined {
    #[serde(flatten)]
    problem: Problem,
    next_action_url: Option<String>,
    last_attempt: Option<PaymentView>,
    next_attempt_at: Option<String>,
    no_further_attempt: Option<ReasonView>,
}

impl Invoices {
    /// Pays an invoice, and answers with what became of it.
    pub(crate) async fn pay(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let id = input::invoice_id(request);
        let parts = |_: &AccountId| id.as_ref().map(Payments::parts).unwrap_or_default();
        let (account, caller) = writer_of_account(invocation, &self.store, request, parts).await?;
        let id = id.ok_or_else(|| Problem::not_found("invoice"))?;
        let (method, confirm) = wanted(request)?;
        let new =
            NewPayment { invoice: id, method, presence: Presence::OnSession, new_method: None };

        let command = self.payments();
        let mut tried = command.pay(invocation, (&account, caller.loaded), &new).await;
        if let (Err(Unpaid::Refused(Refused::AdvicePending(_))), Confirm::Given) = (&tried, confirm)
        {
            self.withdraw_advice(invocation, &account, &new.invoice).await?;
            let loaded =
                self.store.load(invocation, &account, &Payments::parts(&new.invoice)).await;
            let loaded = loaded.map_err(|error| auth::problem(&error))?;
            tried = command.pay(invocation, (&account, loaded), &new).await;
            // Collections turn Stripe's own retries on again, also after a declined payment.
            self.hand_on(&account).await;
        }
        let tried = match tried {
            Ok(tried) => tried,
            Err(unpaid) => return refused(unpaid, &account, invocation),
        };

        if tried.differs_at_stripe {
            self.hand_on(&account).await;
        }
        answer(&tried, invocation).ok_or_else(|| Problem::not_found("invoice"))
    }

    pub(crate) fn payments(&self) -> Payments<'_> {
        Payments { store: &self.store, stripe: &self.stripe, facts: &self.facts }
    }

    /// Takes back what was said of a transfer for the invoice.
    async fn withdraw_advice(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        invoice: &InvoiceId,
    ) -> Result<(), Problem> {
        // Only new advice is held by the setting.
        let advices = Advices { store: &self.store, held_seconds: 0 };
        let withdrawn = advices.withdraw_for(invocation, account, invoice).await;
        let failed = |failure: transfers_commands::Failure| {
            let failure = failure.map_refused(|_| Problem::internal());
            let problem = failure.problem(account, alarm::NOT_CALLABLE);
            problem.unwrap_or_else(|_| Problem::internal())
        };
        withdrawn.map(drop).map_err(failed)
    }

    /// Queues the account for collections, which bring Stripe in line with the books. If this send
    /// fails, the event of the payment compares once more, and so does the index of what is due.
    pub(crate) async fn hand_on(&self, account: &AccountId) {
        if let Err(error) = self.collections.send(account).await {
            warn!(account.id = %account, reason = %error,
                "could not hand {account} to collections: {error}");
        }
    }
}

/// Word of the payer about a transfer that is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Confirm {
    /// Its advice is to be taken back.
    Given,
    /// Nothing was said.
    Missing,
}

/// The payment method that the body names, and the payer's word; a request may have no body.
fn wanted(request: &Request) -> Result<(Option<PaymentMethodId>, Confirm), Problem> {
    let input: PayInvoice = maybe_body(request)?;
    let parse = |text: String| {
        PaymentMethodId::parse(&text).map_err(|error| method_problem(error.to_string()))
    };
    let confirm = if input.confirm { Confirm::Given } else { Confirm::Missing };
    Ok((input.payment_method.map(parse).transpose()?, confirm))
}

/// The body of a request that may have none.
pub(crate) fn maybe_body<T: serde::de::DeserializeOwned + Default>(
    request: &Request,
) -> Result<T, Problem> {
    if request.body.as_ref().is_some_and(Vec::is_empty) { Ok(T::default()) } else { body(request) }
}

fn method_problem(detail: String) -> Problem {
    Problem::invalid_field(FieldProblem::invalid("payment_method", detail))
}

/// Answer to a payment that was tried.
fn answer(tried: &Tried, invocation: &Invocation) -> Option<Response> {
    let view = full(&tried.shown, invocation)?;
    Some(match &tried.ended {
        Ended::Paid => Response::json(200, &view),
        Ended::Processing => Response::json(202, &PaymentStatusView { status: "processing" }),
        Ended::Declined(code) => declined(code, &tried.shown),
        Ended::Refused => declined("", &tried.shown),
    })
}

/// 402: the invoice is as unpaid as before.
fn declined(code: &str, shown: &Shown) -> Response {
    let code = decline::shown(decline::Refusal::Code(code));
    let needs_action = decline::asks_for_action(code);
    let page = shown.invoice.links.hosted_invoice_url.clone();
    let detail = if needs_action {
        "The bank wants the payment to be authenticated. It can be completed on the invoice's page."
            .to_owned()
    } else {
        format!("{} The invoice is still to be paid.", LANGUAGE.declined(code))
    };
    let (next_attempt_at, no_further_attempt) = match shown.next {
        NextAttempt::At(at) => (Some(at.to_string()), None),
        NextAttempt::None(reason) => (None, Some(no_further_attempt(reason))),
        NextAttempt::Ended => (None, None),
    };
    let last = shown.printed.as_ref().and_then(|printed| printed.last_attempt());
    let body = Declined {
        problem: Problem::new(402, code, detail),
        next_action_url: page.filter(|_| needs_action),
        last_attempt: last.map(|last| PaymentView::of(last, |code| LANGUAGE.declined(code))),
        next_attempt_at,
        no_further_attempt,
    };
    let json = Response::json(402, &body);
    Response::of_type(json.status, "application/problem+json", json.body)
}

/// Answer to a payment that was not tried, or whose outcome is not known.
pub(crate) fn refused(
    unpaid: Unpaid,
    account: &AccountId,
    invocation: &Invocation,
) -> Result<Response, Problem> {
    Err(match unpaid {
        Unpaid::NoAccount(_) => Problem::not_found("account"),
        Unpaid::Refused(refused) => return by_rule(refused, invocation),
        Unpaid::NoMethod => {
            let code = decline::shown(decline::Refusal::Untried);
            Problem::new(402, code, LANGUAGE.declined(code))
        }
        Unpaid::Method(refusal) => {
            let message = refusal.message.unwrap_or_default();
            method_problem(format!("Stripe does not take this payment method: {message}"))
        }
        Unpaid::ByStripe(refusal) => {
            error!(account.id = %account, reason = %refusal,
                "Stripe refused to charge an invoice: {refusal}");
            stripe_sync::refused_by_stripe(&refusal)
        }
        Unpaid::Stripe(error) => stripe_failed(&error, account),
        Unpaid::Store(error) => auth::problem(&error),
    })
}

/// Answer where it is open whether the payment was made.
fn stripe_failed(error: &StripeError, account: &AccountId) -> Problem {
    match stripe_sync::refusal(error, account, alarm::NOT_CALLABLE) {
        Err(problem) => problem,
        Ok(refusal) => stripe_sync::refused_by_stripe(refusal),
    }
}

/// Answer to what a rule refuses.
fn by_rule(refused: Refused, invocation: &Invocation) -> Result<Response, Problem> {
    let in_progress = |detail: &str| Problem::new(409, "payment_in_progress", detail);
    match refused {
        Refused::Unknown => Err(Problem::not_found("invoice")),
        Refused::NotPayable(why) => {
            let wording = LANGUAGE.not_payable(why);
            let reason = Reason::new(why.code(), wording.detail.clone(), wording.clears_by);
            let problem = Problem::new(409, "invoice_not_payable", wording.detail);
            Err(Problem { reasons: vec![reason], ..problem })
        }
        Refused::AtWork => {
            let problem = in_progress("Another payment of this invoice is being made.");
            Ok(later(&problem, RETRY_AFTER_SECONDS))
        }
        Refused::Processing => Err(in_progress(
            "A payment of this invoice is on its way: the bank reports its outcome within days.",
        )),
        Refused::AdvicePending(until) => {
            let detail = format!(
                "A transfer for this invoice was reported, and is waited for until {until}. \
                 Send `confirm: true` to withdraw that advice and pay in another way."
            );
            Err(Problem::new(409, "payment_advice_pending", detail))
        }
        // Nobody asks in person for what a new payment method does by itself.
        Refused::TriedBefore => Err(Problem::internal()),
        Refused::TooOften(until) => {
            let detail =
                format!("Too many payments of this invoice were tried: wait until {until}.");
            let seconds = until.0.saturating_sub(invocation.now.0).max(1).unsigned_abs();
            Ok(later(&Problem::new(429, "rate_limited", detail), seconds))
        }
    }
}

fn later(problem: &Problem, seconds: u64) -> Response {
    problem.response().with_header(RETRY_AFTER, HeaderValue::from(seconds))
}
