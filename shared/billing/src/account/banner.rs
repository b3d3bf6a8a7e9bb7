//! The one thing that an account's people should know first.

use crate::account::{OpenInvoice, Standing};
use crate::credits::recharge::{Decided, PauseReason};
use crate::explain::per_currency;
use crate::fact::Suspension;
use crate::ids::AccountId;
use crate::money::{Money, TooLarge};
use crate::state::State;
use crate::time::Timestamp;
use crate::usage::Exceeded;

/// What is said above every page: the first that holds, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Banner {
    /// The account is closed.
    Closed(State),
    /// The account is disabled until this is paid.
    Disabled {
        /// Overdue sums, one for each currency.
        overdue: Vec<Money>,
    },
    /// The subscription is paused at Stripe.
    Paused(Suspension),
    /// A change waits for the customer to confirm its payment.
    PaymentNeedsYou,
    /// Invoices are overdue.
    PastDue {
        /// Overdue sums, one for each currency.
        overdue: Vec<Money>,
        /// Moment at which the account is disabled unless they are paid.
        disables_on: Option<Timestamp>,
    },
    /// More is used than the plan includes.
    Restricted(Vec<Exceeded>),
    /// Auto-recharge does not buy.
    RechargePaused(PauseReason, Option<String>),
    /// The plan ends.
    PlanEnds(Timestamp),
    /// A parent, by its id, pays for the account.
    PaidBy(AccountId),
}

impl Banner {
    /// The banner of an account. `exceeded` are the limits that restrict it.
    ///
    /// # Errors
    /// What is overdue does not fit.
    pub fn of(
        standing: &Standing,
        exceeded: &[Exceeded],
        recharge: &Decided,
        now: Timestamp,
    ) -> Result<Option<Self>, TooLarge> {
        let live = standing.live_subscription();
        let overdue = || {
            let remaining = |(_, open): (_, &OpenInvoice)| open.remaining;
            per_currency(standing.overdue_at(now).map(remaining))
        };

        let state = standing.state_at(now);
        match state {
            State::Terminated | State::Canceled => return Ok(Some(Self::Closed(state))),
            State::Disabled => return Ok(Some(Self::Disabled { overdue: overdue()? })),
            State::Restricted | State::PastDue | State::Active => {}
        }
        if let Some(suspension) = live.and_then(|live| live.suspension) {
            return Ok(Some(Self::Paused(suspension)));
        }
        if live.is_some_and(|live| live.pending_invoice.is_some()) {
            return Ok(Some(Self::PaymentNeedsYou));
        }
        if state == State::PastDue {
            let disables_on = standing.disables_on(now);
            return Ok(Some(Self::PastDue { overdue: overdue()?, disables_on }));
        }
        if !exceeded.is_empty() {
            return Ok(Some(Self::Restricted(exceeded.to_vec())));
        }
        let is_on = recharge.settings.as_ref().is_some_and(|settings| settings.enabled);
        if let Some(pause) = recharge.pause.as_ref().filter(|_| is_on) {
            return Ok(Some(Self::RechargePaused(pause.reason, pause.action_url.clone())));
        }
        let ends = live.and_then(|live| live.ends_at).map(Self::PlanEnds);
        Ok(standing.family.paid_by(now).cloned().map(Self::PaidBy).or(ends))
    }
}
