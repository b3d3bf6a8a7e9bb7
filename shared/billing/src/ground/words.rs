//! The words in which our enums are written: into the table, the API and the journal.
//!
//! A word is for ever: items that carry it are never rewritten only because a name got better.

/// An enum that is written as a word. `as_str` and `parse` are each other's inverse.
pub trait Word: Copy + PartialEq + 'static {
    /// Every value with its word.
    const WORDS: &'static [(Self, &'static str)];

    /// The word of a value.
    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(value, _)| *value == self).map_or("unknown", |(_, word)| word)
    }

    /// The value of a word.
    fn of_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, known)| *known == word).map(|(value, _)| *value)
    }
}
