//! A change of plan, interval or seats (D3 to D5): at once, at the end of the period, through
//! Checkout, or not at all.
//!
//! What costs more takes effect at once and is paid at once; what costs less takes effect when the
//! period ends, so that no money is ever given back (C5). The last word on "costs more" has
//! Stripe's preview: a change at once whose invoice would come out below zero is booked for the end
//! of the period instead ([`Decision::Now`]). What is sold, and in which order, is passed in: the
//! catalog knows it, and knows this crate.

use crate::account::{PendingChange, Standing};
use crate::fact::{Collection, Interval, SubscriptionSnapshot, Suspension};
use crate::state::State;
use crate::time::Timestamp;

/// Most seats of any plan: what Stripe takes as a quantity is not much more.
pub const SEATS_MAX: u64 = 1_000_000_000;

/// What a subscription is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The plan.
    pub plan: String,
    /// How often it renews.
    pub interval: Interval,
    /// How many seats; 1 for a plan without seats.
    pub seats: u64,
}

/// A plan as it is sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The plan.
    pub plan: String,
    /// The intervals that it has a price for.
    pub intervals: Vec<Interval>,
    /// Most seats; nothing for a plan without seats.
    pub seats_max: Option<u64>,
    /// True if every account may choose it. Who has another plan keeps it, with as many seats as
    /// are wanted.
    pub is_public: bool,
}

/// What becomes of what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The first paid plan: it is bought on Stripe's page (D3).
    Checkout,
    /// The first paid plan of an account that pays by invoice (A17): it begins at once.
    Subscribe,
    /// At once, if it is paid, with the booking that is left then. It is booked instead when
    /// Stripe's preview says that it would come out below zero.
    Now {
        /// What is still booked afterwards: more seats leave a booked downgrade as it is.
        booking: Option<PendingChange>,
    },
    /// At the end of the period.
    AtPeriodEnd(PendingChange),
    /// The subscription is paused for want of a payment method: it is made this, and resumed, and
    /// paid at once.
    Resume,
    /// It is in force, and what was booked instead is taken back.
    Undo,
    /// It is in force, or booked, already.
    Nothing,
}

/// Reason why it cannot be changed so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Fields that are wrong, each with what is wrong with it.
    Fields(Vec<(&'static str, String)>),
    /// The account is in no state for it: disabled or closed.
    State(State),
    /// The subscription ends with its period: nothing can be booked behind that.
    Ends(Timestamp),
    /// The vendor's people paused the subscription, and they alone resume it.
    PausedByVendor,
}

impl Target {
    /// What a subscription is now; nothing when it renews at an interval that we do not sell.
    pub fn of(subscription: &SubscriptionSnapshot) -> Option<Self> {
        let plan = subscription.plan.clone();
        Some(Self { plan, interval: subscription.interval?, seats: subscription.seats })
    }

    /// What it is to be once a booked change has taken effect.
    pub fn booked(pending: &PendingChange) -> Self {
        Self { plan: pending.plan.clone(), interval: pending.interval, seats: pending.seats }
    }

    /// True if a subscription stays on its plan and interval: then it keeps its prices.
    pub fn keeps_prices_of(&self, live: &SubscriptionSnapshot) -> bool {
        live.plan == self.plan && live.interval == Some(self.interval)
    }

    /// The booking of it.
    pub fn at(&self, at: Timestamp) -> PendingChange {
        let Self { plan, interval, seats } = self.clone();
        PendingChange { plan, interval, seats, at, booked: false }
    }
}

/// What becomes of a wish. `offers` are all plans, from the smallest to the largest.
pub fn decide(
    standing: &Standing,
    target: &Target,
    offers: &[Offer],
    now: Timestamp,
) -> Result<Decision, Refused> {
    let live = standing.live_subscription();
    check(live, target, offers)?;
    match standing.state_at(now) {
        state @ (State::Terminated | State::Canceled | State::Disabled) => {
            return Err(Refused::State(state));
        }
        State::Restricted | State::PastDue | State::Active => {}
    }
    let Some(live) = live else {
        return Ok(match standing.collection {
            Collection::Automatic => Decision::Checkout,
            Collection::Manual => Decision::Subscribe,
        });
    };
    match live.suspension {
        Some(Suspension::ByVendor) => return Err(Refused::PausedByVendor),
        Some(Suspension::ForPayment) => return Ok(Decision::Resume),
        None => {}
    }
    let pending = standing.pending.as_ref();
    if Target::of(live).as_ref() == Some(target) {
        // To stay on it is no wish about its end: only a resumption takes that away.
        if let Some(at) = live.ends_at {
            return Err(Refused::Ends(at));
        }
        return Ok(if pending.is_some() { Decision::Undo } else { Decision::Nothing });
    }
    if is_now(live, target, offers) {
        let booking = pending.and_then(|pending| left_of(pending, live, target, offers));
        return match live.ends_at {
            Some(at) if live.interval != Some(target.interval) => Err(Refused::Ends(at)),
            Some(_) | None => Ok(Decision::Now { booking }),
        };
    }
    book(standing, target)
}

/// The booking of what is to take effect at the end of the period that runs.
fn book(standing: &Standing, target: &Target) -> Result<Decision, Refused> {
    let Some(live) = standing.live_subscription() else { return Ok(Decision::Nothing) };
    if let Some(at) = live.ends_at {
        return Err(Refused::Ends(at));
    }
    let pending = standing.pending.as_ref().filter(|pending| Target::booked(pending) == *target);
    Ok(match pending {
        Some(pending) if pending.at == live.period_end && pending.booked => Decision::Nothing,
        Some(_) | None => Decision::AtPeriodEnd(target.at(live.period_end)),
    })
}

/// What becomes of a change at once whose invoice would come to `total` minor units: below zero it
/// is booked instead. No change gives credit: who upgrades, uses up what is included and goes back
/// gets nothing for it (C5).
pub fn unless_it_gives_back(
    decision: Decision,
    standing: &Standing,
    target: &Target,
    total: Option<i64>,
) -> Result<Decision, Refused> {
    let gives_back = total.is_some_and(|total| total < 0);
    if matches!(decision, Decision::Now { .. }) && gives_back {
        book(standing, target)
    } else {
        Ok(decision)
    }
}

/// True if it takes effect at once: a larger plan, a year instead of a month, more seats. Never a
/// month instead of a year, whatever comes with it: the rest of the year is paid for, and would
/// have to be given back.
fn is_now(live: &SubscriptionSnapshot, target: &Target, offers: &[Offer]) -> bool {
    let place = |plan: &str| offers.iter().position(|offer| offer.plan == plan);
    if live.interval > Some(target.interval) {
        return false;
    }
    // A plan that we do not sell any more stands before all others: what is really larger, the
    // preview says.
    match place(&target.plan).cmp(&place(&live.plan)) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal if live.interval != Some(target.interval) => true,
        std::cmp::Ordering::Equal => target.seats > live.seats,
    }
}

/// What is still booked once more seats were bought: the booking keeps the seats that it named, if
/// they were fewer than there were (D5). Otherwise it was not about seats, and gets the new ones
/// too. Any other change at once takes the place of what was booked.
fn left_of(
    pending: &PendingChange,
    live: &SubscriptionSnapshot,
    target: &Target,
    offers: &[Offer],
) -> Option<PendingChange> {
    if target.plan != live.plan || live.interval != Some(target.interval) {
        return None;
    }
    if pending.seats < live.seats {
        return Some(pending.clone());
    }
    let offer = offers.iter().find(|offer| offer.plan == pending.plan);
    let most = offer.and_then(|offer| offer.seats_max).unwrap_or(1);
    let seats = pending.seats.max(target.seats).min(most);
    let booked = pending.booked && seats == pending.seats;
    Some(PendingChange { seats, booked, ..pending.clone() })
}

/// Effect on a booking of a change at once that was paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// None: it is as was decided, or nothing is booked any more.
    AsItIs,
    /// It is taken back.
    Undone(PendingChange),
    /// Another booking takes its place, whose schedule is to be made.
    Rebooked(PendingChange),
}

/// Compares what is booked with the booking that the change leaves ([`Decision::Now`]).
pub fn left_after(pending: Option<&PendingChange>, booking: Option<&PendingChange>) -> Left {
    match (pending, booking) {
        (None, _) => Left::AsItIs,
        (Some(pending), None) => Left::Undone(pending.clone()),
        (Some(pending), Some(booking)) if Target::booked(pending) == Target::booked(booking) => {
            Left::AsItIs
        }
        (Some(_), Some(booking)) => {
            Left::Rebooked(PendingChange { booked: false, ..booking.clone() })
        }
    }
}

/// Every field that is wrong.
fn check(
    live: Option<&SubscriptionSnapshot>,
    target: &Target,
    offers: &[Offer],
) -> Result<(), Refused> {
    let mut wrong = Vec::new();
    let Some(offer) = offers.iter().find(|offer| offer.plan == target.plan) else {
        wrong.push(("plan", format!("There is no plan `{}`.", target.plan)));
        return Err(Refused::Fields(wrong));
    };
    let stays = live.is_some_and(|live| target.keeps_prices_of(live));
    if offer.intervals.is_empty() {
        let detail = "It costs nothing: cancelling the subscription leads to it.".to_owned();
        wrong.push(("plan", detail));
    } else if !offer.is_public && !stays {
        let detail = format!("`{}` cannot be chosen: please ask us for it.", offer.plan);
        wrong.push(("plan", detail));
    } else if !offer.intervals.contains(&target.interval) && !stays {
        wrong.push(("interval", format!("`{}` has no price for it.", offer.plan)));
    }
    let most = offer.seats_max.unwrap_or(1).min(SEATS_MAX);
    if !(1..=most).contains(&target.seats) {
        let detail = match offer.seats_max {
            Some(_) => format!("`{}` has 1 to {most} seats.", offer.plan),
            None => format!("`{}` has no seats: 1 is expected, or nothing.", offer.plan),
        };
        wrong.push(("seats", detail));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Refused::Fields(wrong)) }
}

#[cfg(test)]
mod tests;
