//! Idempotency keys (`docs.stripe.com/api/idempotent_requests`): the first answer to a key is given
//! again for 24 hours, also when it was a decline or a 500; a request that was wrong is not kept.

use std::collections::{BTreeMap, VecDeque};

use billing::time::{DAY_SECONDS, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::engine::Answer;
use crate::error::{ApiError, ErrorKind};
use crate::frozen::Frozen;

/// Longest key, in characters.
const KEY_CHARS_MAX: usize = 255;

/// What was answered to each key.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Idempotency {
    kept: BTreeMap<String, Kept>,
    /// The keys in the order in which they were kept.
    oldest: VecDeque<(Timestamp, String)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    at: Timestamp,
    request: Frozen,
    answer: Answer<Frozen>,
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
        self.forget(now);
        match self.kept.get(key) {
            None => Ok(None),
            Some(kept) if kept.request.value() == *request => {
                let mut answer = kept.answer.thawed();
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

    /// Forgets what was kept a day ago, without a look at the rest.
    fn forget(&mut self, now: Timestamp) {
        let is_over = |at: &Timestamp| at.plus_seconds(DAY_SECONDS) <= now;
        while let Some((_, key)) = self.oldest.pop_front_if(|(at, _)| is_over(at)) {
            // Unless it was kept again since.
            if self.kept.get(&key).is_some_and(|kept| is_over(&kept.at)) {
                self.kept.remove(&key);
            }
        }
    }

    /// Keeps an answer, unless the request was wrong.
    pub fn keep(&mut self, key: &str, request: &Value, answer: &Answer, now: Timestamp) {
        let wrong = (400..500).contains(&answer.status) && answer.status != 402;
        if !wrong {
            let kept = Kept { at: now, request: Frozen::of(request), answer: answer.frozen() };
            self.kept.insert(key.to_owned(), kept);
            self.oldest.push_back((now, key.to_owned()));
        }
    }
}
