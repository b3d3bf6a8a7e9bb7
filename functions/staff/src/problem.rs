//! Answers to the caller, and words for us, when something is not done.

use billing::decline::asks_for_action;
use billing::ids::AccountId;
use runtime::Problem;
use runtime::telemetry::alarm;
use stripe_client::StripeError;
use stripe_sync::{Interrupted, refused_by_stripe};
use tracing::warn;

/// Answer to a request that ended before its end.
pub(crate) fn ended(stopped: Interrupted, account: &AccountId) -> Problem {
    if let Interrupted::Stripe(StripeError::NotPushed(what)) = &stopped {
        let detail = format!("Stripe has no {what}: push the catalog, or give `prices`.");
        return Problem::new(409, "no_price", detail);
    }
    let refused = stopped.problem(account, alarm::NOT_CALLABLE);
    refused.unwrap_or_else(|error| unasked(&error, account))
}

/// 402: the charge that was due at once failed.
fn declined(message: Option<&str>, code: &'static str) -> Problem {
    let message = message.unwrap_or("The payment was declined.");
    Problem::new(402, code, format!("{} Nothing changed.", message.trim()))
}

/// Answer when Stripe refused, logged here, once.
fn unasked(error: &StripeError, account: &AccountId) -> Problem {
    let refusal = match stripe_sync::refusal(error, account, alarm::NOT_CALLABLE) {
        Ok(refusal) => refusal,
        Err(problem) => return problem,
    };
    warn!(account.id = %account, reason = %refusal, "Stripe refused what staff set: {refusal}");
    if refusal.status == 402 {
        let mut codes = [&refusal.code, &refusal.decline_code].into_iter().flatten();
        let asks = codes.any(|code| asks_for_action(code));
        let code = if asks { "authentication_required" } else { "card_declined" };
        return declined(refusal.message.as_deref(), code);
    }
    refused_by_stripe(refusal)
}
