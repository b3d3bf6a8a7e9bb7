//! What Stripe is told: the contract's outcomes and problems.

use queue::SendError;
use runtime::secrets::SecretError;
use runtime::telemetry::alarm;
use runtime::{Problem, Response};
use serde::Serialize;
use stripe_wire::signature::{SecretsError, SignatureError};
use stripe_wire::wire::ParseError;
use tracing::{error, warn};

/// An event that was taken: always 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It changed an account's books.
    Applied,
    /// It says what is known.
    Unchanged,
    /// It is not for us.
    Ignored,
    /// It will be settled from the retry queue.
    Queued,
    /// It contradicts what is known; a person must look.
    Refused,
    /// An event that cannot be read or settled: a dead letter for a person.
    DeadLettered,
}

impl Answer {
    /// `{"outcome": "applied"}`.
    pub fn response(self) -> Response {
        #[derive(Serialize)]
        struct Body {
            outcome: Answer,
        }
        Response::json(200, &Body { outcome: self })
    }
}

/// A delivery that was not taken. Only for the last three does sending it again help.
#[derive(Debug, thiserror::Error)]
pub enum Rejection {
    /// The gateway's base64 cannot be read.
    #[error("the body is not base64")]
    NotBase64,
    /// The body is over the limit.
    #[error("the body has {0} bytes")]
    TooLarge(usize),
    /// The signature does not prove that Stripe sent it.
    #[error(transparent)]
    Signature(SignatureError),
    /// The signature is right, but the bytes are no JSON.
    #[error(transparent)]
    Unreadable(ParseError),
    /// The webhook secrets could not be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The webhook secrets cannot be used: nothing can be verified.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// Neither the effect nor its retry is durable.
    #[error(transparent)]
    NotDurable(SendError),
}

impl Rejection {
    /// Logs the rejection; an alarm where an operator must act.
    pub fn log(&self) {
        match self {
            Self::Secret(_) | Self::Secrets(_) => {
                error!(alarm = alarm::NOT_VERIFIABLE, reason = %self, "no delivery can be verified");
            }
            Self::NotDurable(_) => {
                error!(alarm = alarm::NOT_DURABLE, reason = %self, "asked Stripe to send again");
            }
            Self::NotBase64 | Self::TooLarge(_) | Self::Signature(_) | Self::Unreadable(_) => {
                warn!(reason = %self, "rejected a delivery: {self}");
            }
        }
    }

    /// The problem to answer with; logged here, once.
    pub fn response(&self) -> Response {
        self.log();
        let problem = match self {
            Self::NotBase64 => Problem::new(400, "body_unreadable", "The body is not base64."),
            Self::TooLarge(_) => Problem::new(
                413,
                "body_too_large",
                format!("A body may have {} bytes.", crate::BODY_BYTES_MAX),
            ),
            Self::Signature(error) => Problem::new(400, error.code(), sentence(error)),
            Self::Unreadable(error) => Problem::new(400, "body_unreadable", sentence(error)),
            Self::Secret(_) | Self::Secrets(_) => {
                Problem::new(500, "not_verifiable", "We cannot check signatures just now.")
            }
            Self::NotDurable(_) => {
                Problem::new(500, "not_durable", "Please send this event again.")
            }
        };
        problem.response()
    }
}

/// An error's text as a sentence for a person.
fn sentence(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
