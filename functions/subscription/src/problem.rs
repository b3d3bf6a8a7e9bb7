//! Answers to the caller, and words for us, when something is not done.

use billing::ids::AccountId;
use plans_commands::declined_code;
use runtime::telemetry::alarm;
use runtime::{Problem, Response};
use serde::Serialize;
use stripe_client::StripeError;
use stripe_client::preview::NotPaid;
use stripe_sync::{Interrupted, refused_by_stripe};
use tracing::error;
use views::subscriptions::PreviewView;

/// Answer to a request that ended before its end.
pub(crate) fn ended(stopped: Interrupted, account: &AccountId) -> Problem {
    let refused = stopped.problem(account, alarm::NOT_CALLABLE);
    refused.unwrap_or_else(|error| unasked(&error, account))
}

/// Answer when Stripe refused, logged here, once.
fn unasked(error: &StripeError, account: &AccountId) -> Problem {
    match stripe_sync::refusal(error, account, alarm::NOT_CALLABLE) {
        Err(problem) => problem,
        Ok(refusal) => {
            error!(account.id = %account, reason = %refusal, "Stripe refused to change a subscription: {refusal}");
            refused_by_stripe(refusal)
        }
    }
}

/// 402, with the page on which it can be paid after all.
#[derive(Debug, Serialize)]
struct Declined {
    #[serde(flatten)]
    problem: Problem,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_action_url: Option<String>,
}

/// 409, with the cost as it is now.
#[derive(Debug, Serialize)]
struct Stale {
    #[serde(flatten)]
    problem: Problem,
    preview: PreviewView,
}

/// 402: nothing changed (D3).
pub(crate) fn declined(not_paid: &NotPaid) -> Response {
    let code = declined_code(not_paid);
    let detail = match (code, &not_paid.message) {
        ("authentication_required", _) => {
            "The payment needs authentication. Nothing changed; it changes once the payment is completed."
                .to_owned()
        }
        ("payment_method_required", _) => {
            "There is no payment method on file. Nothing changed.".to_owned()
        }
        (_, Some(message)) => format!("{} Nothing changed.", message.trim()),
        (_, None) => "The payment was declined. Nothing changed.".to_owned(),
    };
    let url = not_paid.hosted_invoice_url.clone().filter(|_| not_paid.needs_action);
    let problem = Problem::new(402, code, detail);
    of_problem(402, &Declined { problem, next_action_url: url })
}

/// 409 `preview_stale`: nothing changed.
pub(crate) fn stale(preview: PreviewView) -> Response {
    let detail = "What the change costs is not what was previewed, or the preview is too old. Nothing changed: \
                  please confirm the new preview.";
    let problem = Problem::new(409, "preview_stale", detail);
    of_problem(409, &Stale { problem, preview })
}

/// A problem with more in it than problems have.
fn of_problem(status: u16, body: &impl Serialize) -> Response {
    let json = Response::json(status, body);
    Response::of_type(json.status, "application/problem+json", json.body)
}
