//! Taking a cancellation or a booked change back (D7).

use crate::account::Standing;
use crate::fact::{SubscriptionSnapshot, Suspension};
use crate::reason::Reason;
use crate::state::State;
use crate::time::Timestamp;

/// Effect of a resumption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resumption {
    /// The booked change is taken back.
    Undo,
    /// The subscription goes on: an end is taken away, in whatever form it was set.
    GoOn,
    /// The subscription, paused for want of a payment method, runs again and is paid at once.
    Unpause,
    /// Nothing is to be taken back.
    Nothing,
}

/// Reason why nothing can be resumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotResumed {
    /// The account is disabled or closed.
    State(State),
    /// No subscription runs.
    NoSubscription,
    /// The vendor's people paused it, and they alone resume it.
    PausedByVendor,
}

/// Reason why a subscription is paused, and who clears it; none for one that is not.
pub fn paused(live: &SubscriptionSnapshot) -> Option<Reason> {
    let (code, detail, clears_by) = match live.suspension? {
        Suspension::ForPayment => (
            "payment_method_required",
            "The subscription is paused, because there was no payment method to charge.",
            "A payment method on file, and then resuming the subscription.",
        ),
        Suspension::ByVendor => (
            "paused_by_vendor",
            "The vendor paused the subscription: nothing is charged, and its plan is not in force.",
            "The vendor's support resumes it.",
        ),
    };
    let (code, detail, clears_by) = (code.to_owned(), detail.to_owned(), clears_by.to_owned());
    Some(Reason { code, detail, clears_by, invoice: None })
}

/// Decides a resumption. `live` is the running subscription as Stripe has it.
///
/// # Errors
/// [`NotResumed`].
pub fn resume(
    standing: &Standing,
    live: Option<&SubscriptionSnapshot>,
    now: Timestamp,
) -> Result<Resumption, NotResumed> {
    let state = standing.state_at(now);
    if state.refusal_code().is_some() {
        return Err(NotResumed::State(state));
    }
    let live = live.ok_or(NotResumed::NoSubscription)?;
    match live.suspension {
        Some(Suspension::ByVendor) => return Err(NotResumed::PausedByVendor),
        Some(Suspension::ForPayment) => return Ok(Resumption::Unpause),
        None => {}
    }
    Ok(match (&standing.pending, live.ends_at) {
        (Some(_), _) => Resumption::Undo,
        (None, Some(_)) => Resumption::GoOn,
        (None, None) => Resumption::Nothing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Closed, Closure};
    use crate::fact::Interval;
    use crate::plan_change::Target;
    use crate::samples::{NOW, running, standing};

    #[test]
    fn a_booking_goes_before_an_end() {
        let mut live = running("team", 3);
        live.ends_at = Some(live.period_end);
        let mut standing = standing(&live);
        assert_eq!(resume(&standing, Some(&live), NOW), Ok(Resumption::GoOn));

        let target = Target { plan: "personal".to_owned(), interval: Interval::Month, seats: 1 };
        standing.pending = Some(target.at(live.period_end));
        assert_eq!(resume(&standing, Some(&live), NOW), Ok(Resumption::Undo));
    }

    #[test]
    fn an_end_at_any_moment_is_taken_away() {
        let mut live = running("team", 3);
        for seconds in [-1, 0, 86_400] {
            live.ends_at = Some(live.period_end.plus_seconds(seconds));
            let standing = standing(&live);
            assert_eq!(resume(&standing, Some(&live), NOW), Ok(Resumption::GoOn));
        }
        live.ends_at = None;
        let standing = standing(&live);
        assert_eq!(resume(&standing, Some(&live), NOW), Ok(Resumption::Nothing));
    }

    #[test]
    fn a_closed_account_resumes_nothing() {
        let live = running("team", 3);
        let mut standing = standing(&live);
        standing.closed =
            Some(Closed { how: Closure::Terminated, at: NOW, ends_subscription: false });
        let refused = resume(&standing, Some(&live), NOW);
        assert_eq!(refused, Err(NotResumed::State(State::Terminated)));
    }

    #[test]
    fn without_a_subscription_nothing_is_resumed() {
        let standing = standing(&running("team", 3));
        assert_eq!(resume(&standing, None, NOW), Err(NotResumed::NoSubscription));
    }
}
