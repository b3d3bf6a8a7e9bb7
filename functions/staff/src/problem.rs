//! What is said to the caller, and to us, when something is not done.

use ask::AskError;
use billing::account::Standing;
use billing::explain::reasons;
use billing::ids::AccountId;
use billing::state::State;
use billing::time::Timestamp;
use billing::words::Word;
use runtime::Problem;
use runtime::telemetry::alarm;
use settle::Unsettled;
use store::StoreError;
use sync::SyncError;
use tracing::{error, warn};

/// Why a try ended before its end.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// Somebody else took a step: look again.
    Lost,
    /// With an answer.
    Answered(Problem),
    /// Stripe could not be asked, or refused.
    Unasked(AskError),
}

impl Stopped {
    /// Whether what was to be charged was not.
    pub(crate) fn is_declined(&self) -> bool {
        match self {
            Self::Unasked(error) => error.refusal().is_some_and(|refusal| refusal.status == 402),
            Self::Lost | Self::Answered(_) => false,
        }
    }
}

impl From<Problem> for Stopped {
    fn from(problem: Problem) -> Self {
        Self::Answered(problem)
    }
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Lost => Self::Lost,
            StoreError::Throttled(_)
            | StoreError::Unavailable(_)
            | StoreError::Rejected(_)
            | StoreError::Corrupt { .. } => match admit::problem(&error) {
                problem if problem.status == 503 => Self::Answered(again()),
                problem => Self::Answered(problem),
            },
        }
    }
}

impl From<AskError> for Stopped {
    fn from(error: AskError) -> Self {
        Self::Unasked(error)
    }
}

impl From<SyncError> for Stopped {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Store(error) | SyncError::Settle(Unsettled::Store(error)) => error.into(),
            SyncError::Ask(error) => error.into(),
            SyncError::Settle(Unsettled::UnknownCustomer(_)) => Self::Answered(again()),
            SyncError::Missing(what) => {
                error!("what our books have is missing: {what}");
                Self::Answered(Problem::internal())
            }
        }
    }
}

/// The answer when it ended before its end.
pub(crate) fn ended(stopped: Stopped, account: &AccountId) -> Problem {
    match stopped {
        Stopped::Lost => again(),
        Stopped::Answered(problem) => problem,
        Stopped::Unasked(error) => unasked(&error, account),
    }
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

fn unasked(error: &AskError, account: &AccountId) -> Problem {
    if error.is_about_the_key() {
        let name = alarm::NOT_CALLABLE;
        error!(alarm = name, account.id = %account, reason = %error, "Stripe can not be called: {error}");
        return later();
    }
    if error.is_transient() {
        warn!(account.id = %account, reason = %error, "Stripe could not be asked: {error}");
        return later();
    }
    if let AskError::NoPrice(key) = error {
        let detail = format!("Stripe has no price `{key}`: push the catalog, or give `prices`.");
        return Problem::new(409, "no_price", detail);
    }
    let Some(refusal) = error.refusal() else {
        error!(account.id = %account, reason = %error, "Stripe's answer is of no use: {error}");
        return Problem::internal();
    };
    warn!(account.id = %account, reason = %refusal, "Stripe refused what staff set: {refusal}");
    if refusal.status == 402 {
        let codes = [&refusal.code, &refusal.decline_code];
        let mut codes = codes.into_iter().flatten();
        let asks =
            |code: &String| code.ends_with("requires_action") || code == "authentication_required";
        return declined(refusal.message.as_deref(), codes.any(asks));
    }
    let message = refusal.message.as_deref().unwrap_or("it does not say why");
    Problem::new(409, "refused_by_stripe", format!("Stripe refuses this: {message}"))
}

fn later() -> Problem {
    let detail = "Stripe could not be asked just now. Please send the same request again: it goes on where this one \
                  stopped, and does nothing twice.";
    Problem::new(503, "stripe_unavailable", detail)
}

/// 503: what is done is done, and the same request does the rest.
pub(crate) fn again() -> Problem {
    let detail = "We could not finish this just now. Please send the same request again: it goes on where \
                  this one stopped, and does nothing twice.";
    Problem::new(503, "temporarily_unavailable", detail)
}
