//! Secrets from Secrets Manager, read by the SDK and never put into the environment: remembered
//! while warm, and read again when one may have been rolled.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use aws_sdk_secretsmanager::error::DisplayErrorContext;
use billing::time::Timestamp;
use tracing::warn;

/// How long a secret is left alone after it was read, in seconds: whoever makes it look wrong, by
/// forged signatures for instance, cannot make us ask Secrets Manager each time.
pub const REREAD_SECONDS_MIN: i64 = 30;

/// Time for which a secret is good without being read again, in seconds.
pub const GOOD_SECONDS: i64 = 300;

/// The secret could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Secrets Manager did not give it; waiting may help.
    #[error("Secrets Manager did not give the secret `{id}`: {reason}")]
    Unavailable {
        /// Its id.
        id: String,
        /// What the SDK said.
        reason: String,
    },
    /// It is there, but not as text: JSON `["whsec_...", ...]` or one secret alone is expected.
    #[error("the secret `{0}` is neither one secret nor a JSON list of secrets")]
    Unreadable(String),
}

/// One named secret that holds several values at once, for rolling.
#[derive(Debug, Clone)]
pub struct SecretList {
    client: aws_sdk_secretsmanager::Client,
    id: String,
}

impl SecretList {
    /// The secret of that id or ARN.
    pub fn new(client: aws_sdk_secretsmanager::Client, id: &str) -> Self {
        Self { client, id: id.to_owned() }
    }

    /// Its values now, the newest first: a JSON list, or the whole text when it is not JSON.
    pub async fn read(&self) -> Result<Vec<String>, SecretError> {
        let answer = self.client.get_secret_value().secret_id(&self.id).send().await;
        let answer = answer.map_err(|error| SecretError::Unavailable {
            id: self.id.clone(),
            reason: DisplayErrorContext(&error).to_string(),
        })?;
        let text = answer.secret_string().unwrap_or_default().trim();
        if text.starts_with('[') {
            serde_json::from_str(text).map_err(|_| SecretError::Unreadable(self.id.clone()))
        } else if text.is_empty() || text.starts_with(['{', '"']) {
            Err(SecretError::Unreadable(self.id.clone()))
        } else {
            Ok(vec![text.to_owned()])
        }
    }
}

/// A secret as it was last read, made into what it is used as.
pub struct Remembered<T, E> {
    list: SecretList,
    make: fn(&[String]) -> Result<T, E>,
    last: Mutex<Option<(T, Timestamp)>>,
}

impl<T, E> fmt::Debug for Remembered<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Remembered({})", self.list.id)
    }
}

impl<T: Clone, E: From<SecretError> + fmt::Display> Remembered<T, E> {
    /// The secret's values, made into something by `make` whenever they are read.
    pub fn new(list: SecretList, make: fn(&[String]) -> Result<T, E>) -> Self {
        Self { list, make, last: Mutex::new(None) }
    }

    /// The secret, read on first use and again once it is old: a value that is taken off the list
    /// ends in every warm function. While the secret cannot be read the old one stands.
    pub async fn current(&self, now: Timestamp) -> Result<T, E> {
        let Some((secret, read_at)) = self.last() else { return self.read(now).await };
        if now < read_at.plus_seconds(GOOD_SECONDS) {
            return Ok(secret);
        }

        match self.read(now).await {
            Ok(secret) => Ok(secret),
            Err(error) => {
                let id = &self.list.id;
                warn!(reason = %error, "the secret {id} could not be read again: {error}");
                // Not with each request: again in a while.
                let again = now.plus_seconds(REREAD_SECONDS_MIN);
                self.keep(&secret, again.plus_seconds(GOOD_SECONDS.saturating_neg()));
                Ok(secret)
            }
        }
    }

    /// The secret read anew, unless that was done just now or fails: then the old one stands.
    pub async fn reread(&self, now: Timestamp) -> Option<T> {
        let is_due = |(_, at): &(T, Timestamp)| now >= at.plus_seconds(REREAD_SECONDS_MIN);
        self.last().filter(is_due)?;
        match self.read(now).await {
            Ok(secret) => Some(secret),
            Err(error) => {
                let id = &self.list.id;
                warn!(reason = %error, "the secret {id} could not be read again: {error}");
                None
            }
        }
    }

    async fn read(&self, now: Timestamp) -> Result<T, E> {
        let secret = (self.make)(&self.list.read().await?)?;
        self.keep(&secret, now);
        Ok(secret)
    }

    fn keep(&self, secret: &T, read_at: Timestamp) {
        let last = Some((secret.clone(), read_at));
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = last;
    }

    fn last(&self) -> Option<(T, Timestamp)> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
