//! What is said to the caller, and to us, when something is not done.

use billing::account::Standing;
use billing::explain::reasons;
use billing::ids::AccountId;
use billing::plan_change::Refused;
use billing::state::State;
use billing::time::Timestamp;
use billing::words::Word;
use runtime::telemetry::alarm;
use runtime::{Problem, Response};
use serde::Serialize;
use stripe_client::StripeError;
use stripe_client::preview::NotPaid;
use stripe_requests::Refusal;
use stripe_sync::refused_by_stripe;
use tracing::error;

use crate::input::wrong_fields;

/// Why an account can not change its subscription so.
pub(crate) fn refused(refused: &Refused, standing: &Standing, now: Timestamp) -> Problem {
    if let Some(problem) = wrong_fields(refused) {
        return problem;
    }
    match refused {
        Refused::Ends(at) => {
            let detail = format!(
                "The subscription ends on {at}: nothing can be booked behind that. Resume it first."
            );
            Problem::new(409, "subscription_ends", detail)
        }
        Refused::State(state) => of_state(*state, standing, now),
        Refused::Fields(_) => Problem::internal(),
    }
}

/// 409 with what would clear it.
pub(crate) fn of_state(state: State, standing: &Standing, now: Timestamp) -> Problem {
    let code = match state {
        State::Terminated => "account_terminated",
        State::Canceled => "account_canceled",
        State::Disabled => "account_disabled",
        State::Restricted | State::PastDue | State::Active => "account_in_another_state",
    };
    let detail = format!("The account is {}: its subscription can not be changed.", state.word());
    Problem { reasons: reasons(standing, now), ..Problem::new(409, code, detail) }
}

/// What is answered when Stripe could not be asked, or refused; logged here, once.
pub(crate) fn unasked(error: &StripeError, account: &AccountId) -> Problem {
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

/// The codes of refused payments that are told as they are. Anything else is `card_declined`: what a bank thinks of a card,
/// such as that it is stolen, is not for whoever holds it.
const CODES: [&str; 11] = [
    "authentication_required",
    "card_not_supported",
    "currency_not_supported",
    "expired_card",
    "incorrect_cvc",
    "incorrect_number",
    "insufficient_funds",
    "invalid_account",
    "payment_method_required",
    "processing_error",
    "try_again_later",
];

/// Why a change was not paid for, as our code.
pub(crate) fn code_of(not_paid: &NotPaid) -> &'static str {
    let code = match &not_paid.code {
        _ if not_paid.needs_action => "authentication_required",
        None => "payment_method_required",
        Some(code) => code,
    };
    CODES.into_iter().find(|known| *known == code).unwrap_or("card_declined")
}

/// The same, of Stripe's refusal.
pub(crate) fn not_paid(refusal: &Refusal) -> NotPaid {
    let code = refusal.decline_code.clone().or(refusal.code.clone());
    let asks = |code: &str| code.ends_with("requires_action") || code == "authentication_required";
    NotPaid {
        needs_action: code.as_deref().is_some_and(asks),
        code,
        message: refusal.message.clone(),
        hosted_invoice_url: None,
    }
}

/// 402: nothing changed (D3).
pub(crate) fn declined(not_paid: &NotPaid) -> Response {
    let code = code_of(not_paid);
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

/// A problem with more in it than problems have.
pub(crate) fn of_problem(status: u16, body: &impl Serialize) -> Response {
    let json = Response::json(status, body);
    Response::of_type(json.status, "application/problem+json", json.body)
}
