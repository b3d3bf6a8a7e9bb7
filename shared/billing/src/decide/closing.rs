//! An account that staff close: for cause, or because it is over (C10).
//!
//! From that moment on it has no access, and nothing is billed but what was used up to then. Paying
//! an old invoice does not open it again: being closed comes before being disabled.

use super::{Change, note};
use crate::account::{Closed, Closure, Noticed, Standing};
use crate::journal::{Entry, Value};
use crate::state::Transition;
use crate::time::Timestamp;
use crate::words::Word;

/// Reason why an account is not closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClosingRefusal {
    /// It is closed otherwise.
    #[error("the account is {} already", .0.word())]
    Closed(Closure),
}

/// Closes an account from now on. Nothing when it is closed so already.
///
/// # Errors
/// [`ClosingRefusal`]. A closed account can still be terminated.
pub fn account_closed(
    standing: &Standing,
    how: Closure,
    reason: &str,
    now: Timestamp,
) -> Result<Option<Change>, ClosingRefusal> {
    let at = match (standing.closed, how) {
        (None, _) => now,
        (Some(known), _) if known.how == how => return Ok(None),
        (Some(known), Closure::Terminated) => known.at,
        (Some(known), Closure::Canceled) => return Err(ClosingRefusal::Closed(known.how)),
    };

    // What time had made of the account by then comes first in the journal.
    let (mut before, missed) = standing.journaled_until(now);
    before.closed = Some(Closed { how, at, ends_subscription: true });
    let (from, to) = (before.noticed.state, before.state_at(now));
    before.noticed = Noticed { state: to, since: now };
    let transition = Transition { at: now, from, to, because: Vec::new() };
    let reason = Some(Value::Text(reason.to_owned()));
    let entry = Entry::transition(&transition).with("reason", None, reason);

    let mut change = note(&before, entry, now);
    change.entries.splice(0..0, missed);
    Ok(Some(change))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::AccountId;
    use crate::journal::Kind;
    use crate::state::State;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn standing() -> Standing {
        Standing::new(AccountId::parse("acme").unwrap(), "free", 0, NOW)
    }

    /// Goal: an account is closed once; a closed one can be terminated, a terminated one stays so.
    #[test]
    fn an_account_is_closed_once() {
        let close = |standing: &Standing, how| account_closed(standing, how, "Fraud.", NOW);
        let closed = close(&standing(), Closure::Canceled).unwrap().unwrap();
        assert_eq!(closed.standing.state_at(NOW), State::Canceled);
        assert_eq!(closed.entries.last().unwrap().kind, Kind::AccountClosed);

        assert_eq!(close(&closed.standing, Closure::Canceled), Ok(None));
        let terminated = close(&closed.standing, Closure::Terminated).unwrap().unwrap();
        assert_eq!(terminated.standing.state_at(NOW), State::Terminated);
        assert_eq!(terminated.standing.closed.unwrap().at, NOW, "closed since the first time");
        let back = close(&terminated.standing, Closure::Canceled);
        assert_eq!(back, Err(ClosingRefusal::Closed(Closure::Terminated)));
    }
}
