//! Interruption of one try of a command that reads, decides, calls Stripe and commits.

use std::fmt::{Debug, Display};

use apply::ApplyError;
use billing::ids::AccountId;
use billing::lease::NotLeased;
use invocation::{Class, Classified};
use runtime::Problem;
use store::StoreError;
use stripe_client::StripeError;
use stripe_requests::Refusal;
use tracing::{error, warn};

use crate::SyncError;

/// Reason why a try ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum Interrupted<R: Debug + Display = Problem> {
    /// Another writer, or another request at Stripe, took a step: look again.
    #[error("what the decision rests on changed meanwhile")]
    Conflict,
    /// A rule refuses the command, with what the caller is told.
    #[error("refused: {0}")]
    Refused(R),
    /// The table failed.
    #[error(transparent)]
    Store(StoreError),
    /// Stripe failed, or refused.
    #[error(transparent)]
    Stripe(#[from] StripeError),
    /// A fact names a customer or a payment that no account has yet.
    #[error(transparent)]
    Unknown(ApplyError),
    /// The lease of the account is not to be had.
    #[error(transparent)]
    NotLeased(NotLeased),
    /// Something that the books name is missing.
    #[error("{0} does not exist")]
    Missing(String),
}

impl Interrupted<Problem> {
    /// 503: what is done is done, and the same request does the rest.
    pub fn again() -> Problem {
        let detail = "We could not finish this just now. Please send the same request again: it goes on where \
                      this one stopped, and does nothing twice.";
        Problem::new(503, "temporarily_unavailable", detail)
    }

    /// Answer to a request that ended so, logged once; or what Stripe refused, for the caller to
    /// word. `alarm` rings when Stripe does not take the key: each function names its own, because
    /// its log group counts it.
    ///
    /// # Errors
    /// Stripe's refusal.
    pub fn problem(self, account: &AccountId, alarm: &'static str) -> Result<Problem, StripeError> {
        match self {
            Self::Conflict => Ok(Self::again()),
            Self::Refused(problem) => Ok(problem),
            Self::NotLeased(why) => Ok(Problem::not_leased(why)),
            Self::Store(failure) => {
                error!(account.id = %account, reason = %failure,
                    "could not go on with a request: {failure}");
                let helps = failure.is_transient();
                Ok(if helps { Self::again() } else { Problem::internal() })
            }
            Self::Unknown(unknown) => {
                warn!(account.id = %account, reason = %unknown,
                    "could not go on with a request: {unknown}");
                Ok(Self::again())
            }
            Self::Missing(what) => {
                error!(account.id = %account, "what our books have is missing: {what}");
                Ok(Problem::internal())
            }
            Self::Stripe(failure) => match refusal(&failure, account, alarm) {
                Ok(_) => Err(failure),
                Err(problem) => Ok(problem),
            },
        }
    }
}

impl<R: Debug + Display> Interrupted<R> {
    /// The same interruption with its refusal, if it is one, as another value.
    pub fn map_refused<Q: Debug + Display>(self, map: impl FnOnce(R) -> Q) -> Interrupted<Q> {
        match self {
            Self::Conflict => Interrupted::Conflict,
            Self::Refused(refused) => Interrupted::Refused(map(refused)),
            Self::Store(error) => Interrupted::Store(error),
            Self::Stripe(error) => Interrupted::Stripe(error),
            Self::Unknown(error) => Interrupted::Unknown(error),
            Self::NotLeased(why) => Interrupted::NotLeased(why),
            Self::Missing(what) => Interrupted::Missing(what),
        }
    }
}

impl<R: Debug + Display> Classified for Interrupted<R> {
    fn class(&self) -> Class {
        match self {
            Self::Conflict => Class::Conflict,
            Self::Refused(_) | Self::Missing(_) | Self::NotLeased(NotLeased::Overtaken) => {
                Class::Never
            }
            Self::NotLeased(NotLeased::InProgress) => Class::Retry,
            Self::Store(error) => error.class(),
            Self::Stripe(error) => error.class(),
            Self::Unknown(error) => error.class(),
        }
    }
}

impl From<Problem> for Interrupted<Problem> {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

impl<R: Debug + Display> From<StoreError> for Interrupted<R> {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::Conflict,
            StoreError::PreconditionFailed
            | StoreError::Throttled(_)
            | StoreError::Unavailable(_)
            | StoreError::Rejected(_)
            | StoreError::Invalid(_)
            | StoreError::OutOfTime
            | StoreError::Corrupt { .. }
            | StoreError::NotLoaded(_) => Self::Store(error),
        }
    }
}

impl<R: Debug + Display> From<ApplyError> for Interrupted<R> {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Store(error) => error.into(),
            ApplyError::UnknownCustomer(_) | ApplyError::UnknownPayment(_) => Self::Unknown(error),
        }
    }
}

impl<R: Debug + Display> From<SyncError> for Interrupted<R> {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Store(error) => error.into(),
            SyncError::Stripe(error) => error.into(),
            SyncError::Apply(error) => error.into(),
            SyncError::NotLeased(why) => Self::NotLeased(why),
            SyncError::Missing(what) => Self::Missing(what),
        }
    }
}

/// Finds what Stripe refused; else the answer when Stripe failed, or its answer is of no use, which
/// is logged here. `alarm` rings when Stripe does not take the key.
///
/// # Errors
/// The answer.
pub fn refusal<'a>(
    error: &'a StripeError,
    account: &AccountId,
    alarm: &'static str,
) -> Result<&'a Refusal, Problem> {
    match error.class() {
        Class::Operator => {
            error!(alarm, account.id = %account, reason = %error,
                "Stripe cannot be called: {error}");
            Err(later())
        }
        Class::Conflict | Class::Retry => {
            warn!(account.id = %account, reason = %error, "Stripe did not answer: {error}");
            Err(later())
        }
        Class::Never => error.refusal().ok_or_else(|| {
            error!(account.id = %account, reason = %error, "Stripe's answer is of no use: {error}");
            Problem::internal()
        }),
    }
}

/// 409: Stripe's words as they are.
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
