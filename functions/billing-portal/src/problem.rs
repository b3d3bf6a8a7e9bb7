//! Answers to the caller, and words for us, when there is no visit.

use billing::cancellation::NotInPortal;
use billing::explain::Reason;
use billing::ids::AccountId;
use invocation::{Class, Classified};
use plans_commands::portal::NotVisited;
use runtime::Problem;
use runtime::telemetry::alarm;
use stripe_client::StripeError;
use tracing::{error, warn};

/// Reasons for which there is no visit: code, what is the case, and what to do.
const UNVISITABLE: [(&str, &str, &str); 4] = [
    (
        "account_incomplete",
        "The account has no customer at Stripe yet.",
        "Sending the request again that opened the account.",
    ),
    ("no_subscription", "The account has no subscription to cancel.", "Nothing: there is none."),
    (
        "subscription_ends",
        "The subscription ends with its period already.",
        "Nothing; or resuming it, to keep it.",
    ),
    (
        "change_booked",
        "A change is booked for the end of the period, and Stripe's page cannot cancel beside it.",
        "Taking the change back (`POST .../subscription/resume`), or cancelling by `DELETE .../subscription`.",
    ),
];

/// Answer when there is no visit.
pub(crate) fn not_visited(error: &NotVisited, account: &AccountId) -> Problem {
    match error {
        NotVisited::NoAccount => Problem::not_found("account"),
        NotVisited::Incomplete => unvisitable("account_incomplete"),
        NotVisited::NotCancellable(refusal) => match refusal {
            NotInPortal::NoSubscription => unvisitable("no_subscription"),
            NotInPortal::Ends => unvisitable("subscription_ends"),
            NotInPortal::ChangeBooked => unvisitable("change_booked"),
            NotInPortal::Blocked(check) => Problem::not_cancellable(check),
        },
        NotVisited::Store(error) => auth::problem(error),
        NotVisited::Stripe(error) => unasked(error, account),
    }
}

/// 409 with what would clear it.
fn unvisitable(code: &'static str) -> Problem {
    let known = UNVISITABLE.iter().find(|(known, _, _)| *known == code);
    let (_, detail, clears_by) = known.copied().unwrap_or((code, "", ""));
    let reason = Reason::new(code, detail, clears_by);
    Problem { reasons: vec![reason], ..Problem::new(409, code, detail) }
}

/// What is answered when Stripe could not be asked, or refused; logged here, once.
fn unasked(error: &StripeError, account: &AccountId) -> Problem {
    if error.class() == Class::Operator {
        let name = alarm::NOT_CALLABLE;
        error!(alarm = name, account.id = %account, reason = %error, "Stripe cannot be called: {error}");
    } else if error.is_transient() {
        warn!(account.id = %account, reason = %error, "Stripe could not be asked: {error}");
    } else {
        error!(account.id = %account, reason = %error, "Stripe's portal cannot be opened: {error}");
        return match error.refusal() {
            None => Problem::internal(),
            Some(refusal) => {
                let message = refusal.message.as_deref().unwrap_or("it does not say why");
                Problem::new(409, "refused_by_stripe", format!("Stripe refuses this: {message}"))
            }
        };
    }
    let detail = "Stripe could not be asked just now. Please try again.";
    Problem::new(503, "stripe_unavailable", detail)
}
