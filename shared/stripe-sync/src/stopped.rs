//! Why one try of a request ended before its end, for functions that read, decide and commit until nobody else was faster.

use apply::Unsettled;
use billing::ids::AccountId;
use runtime::Problem;
use store::StoreError;
use stripe_client::AskError;
use stripe_requests::Refusal;
use tracing::{error, warn};

use crate::SyncError;

/// Why a try ended before its end.
#[derive(Debug)]
pub enum Stopped {
    /// Somebody else took a step: look again.
    Lost,
    /// With an answer.
    Answered(Problem),
    /// Stripe could not be asked, or refused.
    Unasked(AskError),
}

impl Stopped {
    /// 503: what is done is done, and the same request does the rest.
    pub fn again() -> Problem {
        let detail = "We could not finish this just now. Please send the same request again: it goes on where \
                      this one stopped, and does nothing twice.";
        Problem::new(503, "temporarily_unavailable", detail)
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
            | StoreError::Corrupt { .. } => {
                error!(reason = %error, "could not go on with a request: {error}");
                let waiting_helps = error.is_transient();
                Self::Answered(if waiting_helps { Self::again() } else { Problem::internal() })
            }
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
            SyncError::Settle(Unsettled::UnknownCustomer(_) | Unsettled::UnknownPayment(_)) => {
                Self::Answered(Self::again())
            }
            SyncError::Missing(what) => {
                error!("what our books have is missing: {what}");
                Self::Answered(Problem::internal())
            }
        }
    }
}

/// What Stripe refused; else what is answered when it could not be asked, or its answer is of no use, which is logged here. `alarm`
/// is rung when our key is not taken: each function names its own, because its log group counts it.
pub fn refusal<'a>(
    error: &'a AskError,
    account: &AccountId,
    alarm: &'static str,
) -> Result<&'a Refusal, Problem> {
    if error.is_about_the_key() {
        error!(alarm, account.id = %account, reason = %error, "Stripe can not be called: {error}");
        return Err(later());
    }
    if error.is_transient() {
        warn!(account.id = %account, reason = %error, "Stripe could not be asked: {error}");
        return Err(later());
    }
    error.refusal().ok_or_else(|| {
        error!(account.id = %account, reason = %error, "Stripe's answer is of no use: {error}");
        Problem::internal()
    })
}

/// 409: what Stripe says, as it says it.
pub fn refused_by_stripe(refusal: &Refusal) -> Problem {
    let message = refusal.message.as_deref().unwrap_or("it does not say why");
    Problem::new(409, "refused_by_stripe", format!("Stripe refuses this: {message}"))
}

/// 503: the same request goes on where this one stopped.
fn later() -> Problem {
    let detail = "Stripe could not be asked just now. Please send the same request again: it goes on where this one \
                  stopped, and does nothing twice.";
    Problem::new(503, "stripe_unavailable", detail)
}
