//! Idempotency keys (`docs.stripe.com/api/idempotent_requests`): the first answer to a key is given again
//! for 24 hours, also when it was a decline or a 500; a request that was wrong is not kept.

use std::collections::BTreeMap;

use billing::time::{DAY_SECONDS, Timestamp};
use serde_json::Value;

use crate::engine::Answer;
use crate::error::{ApiError, ErrorKind};

/// Longest key, in characters.
const KEY_CHARS_MAX: usize = 255;

/// What was answered to each key.
#[derive(Debug, Clone, Default)]
pub struct Idempotency(BTreeMap<String, Kept>);

#[derive(Debug, Clone)]
struct Kept {
    at: Timestamp,
    request: Value,
    answer: Answer,
}

impl Idempotency {
    /// The answer that was given to this key; an error when the request was another.
    pub fn find(
        &mut self,
        key: &str,
        request: &Value,
        now: Timestamp,
    ) -> Result<Option<Answer>, ApiError> {
        if key.is_empty() || key.chars().count() > KEY_CHARS_MAX {
            let message =
                format!("Idempotency keys must be between 1 and {KEY_CHARS_MAX} characters.");
            return Err(ApiError::invalid(message));
        }
        self.0.retain(|_, kept| kept.at.plus_seconds(DAY_SECONDS) > now);
        match self.0.get(key) {
            None => Ok(None),
            Some(kept) if kept.request == *request => {
                let mut answer = kept.answer.clone();
                answer.replayed = true;
                Ok(Some(answer))
            }
            Some(_) => {
                let message = format!(
                    "Keys for idempotent requests can only be used with the same parameters they \
                     were first used with. Try using a key other than '{key}' if you meant to \
                     execute a different request."
                );
                let error = ApiError::invalid(message);
                Err(ApiError { kind: ErrorKind::Idempotency, ..error })
            }
        }
    }

    /// Keeps an answer, unless the request was wrong.
    pub fn keep(&mut self, key: &str, request: Value, answer: &Answer, now: Timestamp) {
        let wrong = (400..500).contains(&answer.status) && answer.status != 402;
        if !wrong {
            let kept = Kept { at: now, request, answer: answer.clone() };
            self.0.insert(key.to_owned(), kept);
        }
    }
}
