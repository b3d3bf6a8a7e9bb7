//! The states of an account over time: as its journal has them, and as time has made them since.
//!
//! The standing tells only the state of now. A month that is closed later, or a period that was
//! voided, is judged by the state of then.

use crate::account::{Noticed, Standing};
use crate::journal::{Entry, Record, Value};
use crate::state::State;
use crate::time::Timestamp;
use crate::words::Word;

/// A state that was left for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    at: Timestamp,
    from: State,
    to: State,
}

/// States of an account, as far back as the records go that it was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    now: State,
    steps: Vec<Step>,
}

impl History {
    /// True if the standing alone does not tell how the account was served from one moment on to
    /// another: the records of the journal since then do. An account that was served by the end was
    /// served at the end.
    pub fn is_in_journal(standing: &Standing, since: Timestamp, until: Timestamp) -> bool {
        let Noticed { state, since: entered } = standing.noticed;
        entered > since && (entered >= until || state.is_unserved())
    }

    /// History by the standing and those records of the journal, in any order.
    pub fn of<'a>(
        standing: &Standing,
        records: impl IntoIterator<Item = &'a Record>,
        now: Timestamp,
    ) -> Self {
        let journaled = records.into_iter().flat_map(|record| &record.entries).filter_map(step);
        let (later, missed) = standing.journaled_until(now);
        let mut steps: Vec<Step> = journaled.chain(missed.iter().filter_map(step)).collect();
        // A stable sort: entries of one second keep the order of commit.
        steps.sort_by_key(|step| step.at);
        Self { now: later.noticed.state, steps }
    }

    /// The state at a moment.
    pub fn at(&self, moment: Timestamp) -> State {
        let before = self.steps.iter().rev().find(|step| step.at <= moment).map(|step| step.to);
        before.or_else(|| self.steps.first().map(|step| step.from)).unwrap_or(self.now)
    }

    /// True if the account got no service at any moment from one moment on to another (C10).
    pub fn was_unserved(&self, since: Timestamp, until: Timestamp) -> bool {
        let within = self.steps.iter().filter(|step| step.at > since && step.at < until);
        self.at(since).is_unserved() && within.into_iter().all(|step| step.to.is_unserved())
    }
}

fn step(entry: &Entry) -> Option<Step> {
    let change = entry.changes.iter().find(|change| change.field == "state")?;
    let state = |value: &Option<Value>| State::of_word(&value.as_ref()?.to_string());
    Some(Step { at: entry.at, from: state(&change.before)?, to: state(&change.after)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::AccountId;
    use crate::journal::{Cause, CauseKind};
    use crate::state::Transition;

    fn record(at: i64, from: State, to: State) -> Record {
        let because = Vec::new();
        let entry = Entry::transition(&Transition { at: Timestamp(at), from, to, because });
        let cause = Cause::new(CauseKind::Schedule, "collections");
        Record { at: Timestamp(at), sequence: 1, cause, entries: vec![entry], first: None }
    }

    /// Goal: states of then, whatever the standing says now.
    #[test]
    fn the_journal_tells_the_states_of_then() {
        let account = AccountId::parse("acme").unwrap();
        let mut standing = Standing::new(account, "free", 0, Timestamp(0));
        standing.noticed = Noticed { state: State::Active, since: Timestamp(60) };
        let records = [
            record(60, State::Disabled, State::Active),
            record(40, State::PastDue, State::Disabled),
            record(20, State::Active, State::PastDue),
        ];
        let history = History::of(&standing, &records, Timestamp(100));

        let states = [0, 20, 39, 40, 59, 60, 100].map(|at| history.at(Timestamp(at)));
        let words = states.map(State::word).join(" ");
        assert_eq!(words, "active past_due past_due disabled disabled active active");
        for (since, until, expected) in
            [(40, 60, true), (39, 60, false), (40, 61, false), (45, 50, true), (0, 10, false)]
        {
            let unserved = history.was_unserved(Timestamp(since), Timestamp(until));
            assert_eq!(unserved, expected, "{since} to {until}");
        }
        let is_in_journal = |standing: &Standing, since, until| {
            History::is_in_journal(standing, Timestamp(since), Timestamp(until))
        };
        assert!(is_in_journal(&standing, 40, 60));
        assert!(!is_in_journal(&standing, 40, 61), "it was served at the end");
        assert!(!is_in_journal(&standing, 60, 60));
        standing.noticed.state = State::Disabled;
        assert!(is_in_journal(&standing, 40, 61));
    }
}
