//! `If-Match`: a write that takes effect only on what its caller has read (RFC 9110, section 13).
//!
//! Before the write, the same resource is read as its `GET` would read it. What that read saw of
//! the table is kept here, item by item; the write compares each of these items whenever it reads
//! them, up to its first commit or its first change at Stripe. The commit rests on the items as the
//! write read them, and a change at Stripe on the account's lease, so nothing that the tag stands for
//! changes unseen between the comparison and the write.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a write rests on by its `If-Match`.
#[derive(Debug)]
pub struct Precondition(Mutex<Stage>);

#[derive(Debug)]
enum Stage {
    /// The resource is read: its items so far, by their names.
    Reading(HashMap<String, String>),
    /// The resource has the tag that the caller gave.
    Holds(HashMap<String, String>),
    /// It has another one, or is not there.
    Failed,
    /// The write took effect.
    Over,
}

impl Default for Precondition {
    fn default() -> Self {
        Self(Mutex::new(Stage::Reading(HashMap::new())))
    }
}

impl Precondition {
    /// Ends the reading, with what the comparison of the tags said.
    pub fn decide(&self, holds: bool) {
        let mut stage = self.stage();
        let items = match &mut *stage {
            Stage::Reading(items) => std::mem::take(items),
            Stage::Holds(_) | Stage::Failed | Stage::Over => return,
        };
        *stage = if holds { Stage::Holds(items) } else { Stage::Failed };
    }

    /// True if the caller has something else than what is there.
    pub fn is_failed(&self) -> bool {
        matches!(*self.stage(), Stage::Failed)
    }

    /// True while items are remembered or compared.
    pub fn watches(&self) -> bool {
        matches!(*self.stage(), Stage::Reading(_) | Stage::Holds(_))
    }

    /// Remembers an item of the reading, or compares one of the write: false if it has changed.
    pub fn saw(&self, item: String, content: String) -> bool {
        match &mut *self.stage() {
            Stage::Reading(items) => {
                items.insert(item, content);
                true
            }
            Stage::Holds(items) => items.get(&item).is_none_or(|read| *read == content),
            Stage::Failed | Stage::Over => true,
        }
    }

    /// Ends the comparison, because the write takes effect.
    pub fn end(&self) {
        let mut stage = self.stage();
        if matches!(*stage, Stage::Holds(_)) {
            *stage = Stage::Over;
        }
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saw(precondition: &Precondition, item: &str, content: &str) -> bool {
        precondition.saw(item.to_owned(), content.to_owned())
    }

    /// Goal: a write sees whether an item has changed since it was read, until it is committed.
    #[test]
    fn an_item_is_compared_until_the_commit() {
        let precondition = Precondition::default();
        assert!(saw(&precondition, "standing", "1"));
        precondition.decide(true);

        assert!(!precondition.is_failed());
        assert!(saw(&precondition, "standing", "1"));
        assert!(saw(&precondition, "lease", "new to the write"));
        assert!(!saw(&precondition, "standing", "2"));
        precondition.end();
        assert!(!precondition.watches());
        assert!(saw(&precondition, "standing", "2"));
    }

    /// Goal: another tag is failed, and stays so.
    #[test]
    fn another_tag_is_failed() {
        let precondition = Precondition::default();
        precondition.decide(false);
        precondition.decide(true);
        precondition.end();
        assert!(precondition.is_failed());
    }
}
