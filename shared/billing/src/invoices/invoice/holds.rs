//! Times in which payment advice holds off the date on which an invoice disables its account
//! (requirements, "A transfer on its way").
//!
//! An invoice is held for so long in its whole life, however many advices name it. A hold that
//! begins once the date has come holds off nothing: advice never reactivates.

use super::{Invoice, Rules};
use crate::time::Timestamp;

/// Id of a hold that staff set: a promise to pay (F3). It takes nothing of the time that advice
/// has.
pub const STAFF: &str = "staff";

/// Hold of an invoice by one advice, or by staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Id of the advice.
    pub advice: String,
    /// Begin.
    pub since: Timestamp,
    /// End: by the time that was left, or by the verdict on the advice.
    pub until: Timestamp,
}

/// Rules by which an invoice is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// Longest time for which an invoice is held in its whole life, in seconds: a setting.
    pub seconds_max: i64,
    /// Rules by which the account's invoices become due.
    pub rules: Rules,
}

/// Holds of an invoice, and money that waits for its rest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holds {
    /// Every hold, in order of their beginning.
    pub all: Vec<Hold>,
    /// Stripe was asked to stop its own retries because of a hold, and not yet to go on.
    pub is_at_stripe: bool,
    /// Money received for the invoice that waits for its rest, in minor units (money rule 22).
    pub reserved: i64,
}

impl Holds {
    /// Time for which the invoice was held until a moment, in seconds. Holds that overlap count
    /// once.
    pub fn held_seconds(&self, now: Timestamp) -> i64 {
        let mut counted_until = Timestamp::MIN;
        let mut sum: i64 = 0;
        for hold in self.all.iter().filter(|hold| hold.advice != STAFF) {
            let (since, until) = (hold.since.max(counted_until), hold.until.min(now));
            sum = sum.saturating_add(until.0.saturating_sub(since.0).max(0));
            counted_until = counted_until.max(until);
        }
        sum
    }

    /// The holds with one more, as long as the setting leaves time.
    fn with(&self, advice: &str, held_seconds: i64, now: Timestamp) -> Self {
        let left = held_seconds.saturating_sub(self.held_seconds(now)).max(0);
        let mut holds = self.clone();
        let until = now.plus_seconds(left);
        holds.all.push(Hold { advice: advice.to_owned(), since: now, until });
        holds
    }

    /// The holds with that of an advice ended.
    fn ended(&self, advice: &str, now: Timestamp) -> Self {
        let mut holds = self.clone();
        for hold in holds.all.iter_mut().filter(|hold| hold.advice == advice) {
            hold.until = hold.until.min(now).max(hold.since);
        }
        holds
    }

    /// End of the hold by an advice.
    pub fn end_of(&self, advice: &str) -> Option<Timestamp> {
        self.all.iter().find(|hold| hold.advice == advice).map(|hold| hold.until)
    }

    /// Latest end of a hold that runs at a moment; none while nothing holds the invoice.
    pub fn live_until(&self, now: Timestamp) -> Option<Timestamp> {
        let live = self.all.iter().filter(|hold| hold.since <= now && now < hold.until);
        live.map(|hold| hold.until).max()
    }

    /// Latest end of a hold that an advice makes at a moment; none while no advice holds the
    /// invoice.
    pub fn advised_until(&self, now: Timestamp) -> Option<Timestamp> {
        let advised = self.all.iter().filter(|hold| hold.advice != STAFF);
        let live = advised.filter(|hold| hold.since <= now && now < hold.until);
        live.map(|hold| hold.until).max()
    }

    /// A disabling date, put off by every hold that began before it.
    pub fn put_off(&self, disables_at: Timestamp) -> Timestamp {
        self.all.iter().fold(disables_at, |disables_at, hold| {
            if hold.since < disables_at { disables_at.max(hold.until) } else { disables_at }
        })
    }
}

impl Invoice {
    /// The invoice held by an advice from now on.
    #[must_use]
    pub fn held_by(&self, advice: &str, holding: Holding, now: Timestamp) -> Self {
        let mut held = self.clone();
        held.holds = self.holds.with(advice, holding.seconds_max, now);
        held.set_deadline(holding.rules);
        held
    }

    /// The invoice no longer held by an advice.
    #[must_use]
    pub fn released_by(&self, advice: &str, rules: Rules, now: Timestamp) -> Self {
        let mut released = self.clone();
        released.holds = self.holds.ended(advice, now);
        released.set_deadline(rules);
        released
    }

    /// The invoice held by staff from now on until a time, in the place of an earlier such hold;
    /// held no longer without one.
    #[must_use]
    pub fn held_by_staff(&self, until: Option<Timestamp>, rules: Rules, now: Timestamp) -> Self {
        let mut held = self.clone();
        held.holds = self.holds.ended(STAFF, now);
        if let Some(until) = until {
            held.holds.all.retain(|hold| hold.advice != STAFF);
            held.holds.all.push(Hold { advice: STAFF.to_owned(), since: now, until });
        }
        held.set_deadline(rules);
        held
    }

    /// The invoice with the grace of these rules, unless it is overdue: then its date is fixed.
    #[must_use]
    pub fn with_grace_of(&self, rules: Rules, now: Timestamp) -> Self {
        let mut changed = self.clone();
        if changed.deadline.is_some_and(|fixed| fixed.overdue_at > now) {
            changed.deadline = None;
            changed.set_deadline(rules);
        }
        changed
    }

    /// The invoice with so much money waiting for its rest, in minor units.
    #[must_use]
    pub fn with_reserved(&self, reserved: i64) -> Self {
        let holds = Holds { reserved, ..self.holds.clone() };
        Self { holds, ..self.clone() }
    }

    /// True if the money that waits for the invoice is to be moved: it covers what remains, or
    /// nothing remains.
    pub fn frees_reserved(&self) -> bool {
        self.holds.reserved > 0 && self.remaining() <= self.holds.reserved
    }
}

impl Rules {
    /// Time at which an invoice that is overdue from a moment on disables the account.
    pub fn disables_at(self, overdue_at: Timestamp) -> Timestamp {
        let from = self.linked_at.map_or(overdue_at, |linked| linked.max(overdue_at));
        from.plus_seconds(self.grace_seconds)
    }
}
