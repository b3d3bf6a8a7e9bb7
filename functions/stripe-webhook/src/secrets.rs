//! The webhook secrets, remembered while warm, and read again when one may have been rolled.

use std::sync::{Arc, Mutex, PoisonError};

use billing::time::Timestamp;
use runtime::secrets::SecretList;
use stripe_events::signature::Secrets;
use tracing::warn;

use crate::answer::Rejection;

/// How long the secrets are left alone after they were read, in seconds: whoever posts wrong signatures
/// can not make us ask Secrets Manager each time.
pub const REREAD_SECONDS_MIN: i64 = 30;

/// The secrets as last read.
#[derive(Debug)]
pub(crate) struct WebhookSecrets {
    list: SecretList,
    read: Mutex<Option<Read>>,
}

#[derive(Debug, Clone)]
struct Read {
    secrets: Arc<Secrets>,
    at: Timestamp,
}

impl WebhookSecrets {
    pub(crate) fn new(list: SecretList) -> Self {
        Self { list, read: Mutex::new(None) }
    }

    /// The secrets, read on first use.
    pub(crate) async fn current(&self, now: Timestamp) -> Result<Arc<Secrets>, Rejection> {
        match self.remembered() {
            Some(read) => Ok(read.secrets),
            None => self.read(now).await,
        }
    }

    /// The secrets read anew, unless that was done just now or fails: then the old ones stand.
    pub(crate) async fn reread(&self, now: Timestamp) -> Option<Arc<Secrets>> {
        let is_due = |read: &Read| now >= read.at.plus_seconds(REREAD_SECONDS_MIN);
        self.remembered().filter(is_due)?;
        match self.read(now).await {
            Ok(secrets) => Some(secrets),
            Err(error) => {
                warn!(reason = %error, "the webhook secrets could not be read again: {error}");
                None
            }
        }
    }

    async fn read(&self, now: Timestamp) -> Result<Arc<Secrets>, Rejection> {
        let secrets = Arc::new(Secrets::new(&self.list.read().await?)?);
        let read = Read { secrets: Arc::clone(&secrets), at: now };
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = Some(read);
        Ok(secrets)
    }

    fn remembered(&self) -> Option<Read> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
