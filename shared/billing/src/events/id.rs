//! Ids of events: the account, and the event's number among the account's.

use std::fmt;

use crate::ids::AccountId;

/// Beginning of the text of an id.
const PREFIX: &str = "evt_";

/// Id of an event. The same event has the same id wherever it is read and however often it is
/// delivered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventId {
    /// Account.
    pub account: AccountId,
    /// Number of the event among the account's.
    pub sequence: u64,
}

impl EventId {
    /// The id of a text; none for a text that no event has.
    pub fn parse(text: &str) -> Option<Self> {
        let (account, sequence) = text.strip_prefix(PREFIX)?.rsplit_once('_')?;
        let id = Self {
            account: AccountId::parse(account).ok()?,
            sequence: sequence.parse().ok().filter(|number| *number > 0)?,
        };
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}_{}", self.account, self.sequence)
    }
}
