//! Words of Stripe's enums that no reader here knows.
//!
//! Stripe adds words without a new API version for the endpoint. A new word never makes an event
//! unreadable: the reader takes the meaning that the rest of the object proves, or else the lowest
//! meaning, which leaves standing what is known already. The word is noted, so that an operator
//! learns of each new one.

use std::cell::RefCell;

use serde::{Deserialize, Serialize};

/// Longest word that is noted, in characters: it goes into a log line.
const WORD_CHARACTERS_MAX: usize = 60;

/// A word of Stripe's that no reader here knows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UnknownWord {
    /// The field, as a path from the object.
    pub field: String,
    /// The word; without anything that is not of a word.
    pub word: String,
}

/// Unknown words, in the order in which they were met.
#[derive(Debug, Default)]
pub(super) struct Words(RefCell<Vec<UnknownWord>>);

impl Words {
    /// Notes a word that the reader of a field does not know.
    pub(super) fn note(&self, field: &'static str, word: &str) {
        let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let word = word.chars().filter(is_plain).take(WORD_CHARACTERS_MAX).collect();
        self.0.borrow_mut().push(UnknownWord { field: field.to_owned(), word });
    }

    /// The words that were noted.
    pub(super) fn noted(&self) -> Vec<UnknownWord> {
        self.0.borrow().clone()
    }
}
