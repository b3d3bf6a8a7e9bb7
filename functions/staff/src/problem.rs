//! What is said to the caller, and to us, when something is not done.

use billing::account::Standing;
use billing::explain::reasons;
use billing::ids::AccountId;
use billing::state::State;
use billing::time::Timestamp;
use billing::words::Word;
use runtime::Problem;
use runtime::telemetry::alarm;
use stripe_client::StripeError;
use stripe_sync::{Interrupted, refused_by_stripe};
use tracing::warn;

/// Whether what was to be charged was not.
pub(crate) fn is_declined(stopped: &Interrupted) -> bool {
    match stopped {
        Interrupted::Stripe(error) => error.declined().is_some(),
        Interrupted::Conflict
        | Interrupted::Refused(_)
        | Interrupted::Store(_)
        | Interrupted::Unknown(_)
        | Interrupted::Missing(_) => false,
    }
}

/// The answer when it ended before its end.
pub(crate) fn ended(stopped: Interrupted, account: &AccountId) -> Problem {
    let refused = stopped.problem(account, alarm::NOT_CALLABLE);
    refused.unwrap_or_else(|error| unasked(&error, account))
}

/// 409: nothing is set for such an account.
pub(crate) fn of_state(state: State, standing: &Standing, now: Timestamp) -> Option<Problem> {
    let code = match state {
        State::Terminated => "account_terminated",
        State::Canceled => "account_canceled",
        State::Disabled => "account_disabled",
        State::Restricted | State::PastDue | State::Active => return None,
    };
    let detail = format!("The account is {}: its plan can not be set.", state.word());
    Some(Problem { reasons: reasons(standing, now), ..Problem::new(409, code, detail) })
}

/// 402: nothing on file, and nothing was done.
pub(crate) fn no_payment_method() -> Problem {
    let detail = "The customer has no payment method on file, so the first invoice could not be charged. \
                  Nothing changed. Let the customer add one in the billing portal, or set `collection` to `manual`.";
    Problem::new(402, "payment_method_required", detail)
}

/// 402: what was to be charged at once was not.
fn declined(message: Option<&str>, needs_action: bool) -> Problem {
    let code = if needs_action { "authentication_required" } else { "card_declined" };
    let message = message.unwrap_or("The payment was declined.");
    Problem::new(402, code, format!("{} Nothing changed.", message.trim()))
}

fn unasked(error: &StripeError, account: &AccountId) -> Problem {
    if let StripeError::NotPushed(what) = error {
        let detail = format!("Stripe has no {what}: push the catalog, or give `prices`.");
        return Problem::new(409, "no_price", detail);
    }
    let refusal = match stripe_sync::refusal(error, account, alarm::NOT_CALLABLE) {
        Ok(refusal) => refusal,
        Err(problem) => return problem,
    };
    warn!(account.id = %account, reason = %refusal, "Stripe refused what staff set: {refusal}");
    if refusal.status == 402 {
        let codes = [&refusal.code, &refusal.decline_code];
        let mut codes = codes.into_iter().flatten();
        let asks =
            |code: &String| code.ends_with("requires_action") || code == "authentication_required";
        return declined(refusal.message.as_deref(), codes.any(asks));
    }
    refused_by_stripe(refusal)
}
