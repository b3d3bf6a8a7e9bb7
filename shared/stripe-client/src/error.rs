//! Why Stripe could not be asked, or its answer not be read.

use invocation::{Class, Classified};
use runtime::secrets::SecretError;
use stripe_requests::key::NotAKey;
use stripe_requests::{CallError, Refusal};
use stripe_wire::wire::Reason;

/// No answer that could be used.
#[derive(Debug, thiserror::Error)]
pub enum StripeError {
    /// There is no key to call with. Waiting helps only when somebody mends that.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The call failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// An object is not what it should be. Waiting does not help.
    #[error("{what} of Stripe's answer cannot be read: {reason}")]
    Unreadable {
        /// Which object.
        what: String,
        /// What is wrong with it.
        #[source]
        reason: Reason,
    },
    /// Stripe has no active price or tax rate of that name: `catalog push` puts it there.
    #[error("Stripe has no active {0}: the catalog was not pushed")]
    NotPushed(String),
    /// The invocation ends before Stripe may have answered: nothing was asked. A later one can ask.
    #[error("too little time is left to ask Stripe")]
    OutOfTime,
}

/// Reason why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The secret cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The secret's list is empty.
    #[error("the secret of Stripe's key holds no key")]
    None,
    /// What it holds is no key.
    #[error(transparent)]
    NotAKey(#[from] NotAKey),
    /// A live key on a test stack, or the reverse.
    #[error("Stripe's key is of the other mode than this stack")]
    OtherMode,
}

impl Classified for StripeError {
    fn class(&self) -> Class {
        match self {
            Self::Key(_) | Self::Call(CallError::Unauthorised(_)) => Class::Operator,
            Self::OutOfTime => Class::Retry,
            Self::Call(error) if error.is_transient() => Class::Retry,
            // The key is another request's: after a look, the next attempt has another key.
            Self::Call(_) if self.would_be_repeated() => Class::Retry,
            Self::Call(_) | Self::Unreadable { .. } | Self::NotPushed(_) => Class::Never,
        }
    }
}

impl StripeError {
    /// True if Stripe refused what was asked: it understood, and did nothing.
    pub fn is_refusal(&self) -> bool {
        self.refusal().is_some()
    }

    /// True if Stripe would only repeat this answer under the same idempotency key: it failed
    /// itself, keeps that it was busy, or takes the key for another request's.
    pub fn would_be_repeated(&self) -> bool {
        match self {
            Self::Call(CallError::Failed(_)) => true,
            Self::Call(CallError::Busy(refusal)) if refusal.replayed => true,
            Self::Call(CallError::Refused(refusal)) => takes_key_for_another_ones(refusal),
            Self::Call(_)
            | Self::Key(_)
            | Self::Unreadable { .. }
            | Self::NotPushed(_)
            | Self::OutOfTime => false,
        }
    }

    /// What Stripe said when it refused. That it takes the idempotency key for another request's is
    /// no refusal: it says nothing about what is asked for.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Call(CallError::Refused(refusal)) => {
                Some(refusal).filter(|refusal| !takes_key_for_another_ones(refusal))
            }
            Self::Call(_)
            | Self::Key(_)
            | Self::Unreadable { .. }
            | Self::NotPushed(_)
            | Self::OutOfTime => None,
        }
    }

    /// What Stripe said when it refused because a payment was declined (402): an answer about the
    /// payment method more than an error, and the same whenever it is asked again under the same
    /// idempotency key.
    pub fn declined(&self) -> Option<&Refusal> {
        self.refusal().filter(|refusal| refusal.status == 402)
    }
}

fn takes_key_for_another_ones(refusal: &Refusal) -> bool {
    refusal.kind.as_deref() == Some("idempotency_error")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: a key that Stripe takes for another request's leads to a look and another attempt, and
    /// is no refusal of what was asked for.
    #[test]
    fn a_key_that_is_taken_is_no_refusal() {
        let refused = |kind: &str| {
            let kind = Some(kind.to_owned());
            StripeError::from(CallError::Refused(Refusal {
                status: 400,
                kind,
                ..Refusal::default()
            }))
        };
        let (taken, wrong) = (refused("idempotency_error"), refused("invalid_request_error"));

        let of =
            |error: &StripeError| (error.class(), error.would_be_repeated(), error.is_refusal());
        assert_eq!(of(&taken), (Class::Retry, true, false));
        assert_eq!(of(&wrong), (Class::Never, false, true));
    }
}
