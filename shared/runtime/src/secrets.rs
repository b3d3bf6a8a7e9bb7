//! Secrets from Secrets Manager, read by the SDK and never put into the environment.

use aws_sdk_secretsmanager::error::DisplayErrorContext;

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
