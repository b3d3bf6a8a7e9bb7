//! A plan that staff set, at negotiated prices or at everybody's (B1, F3).
//!
//! It is in force at once, and nothing is charged or given back pro rata: what was paid for the
//! period stays paid. Only another interval is settled at once, by the seconds: Stripe takes a
//! subscription over into the year (or month) of its anchor, which would otherwise be free or paid
//! twice.

use crate::fact::SubscriptionSnapshot;
use crate::money::Money;
use crate::plan_change::{Refused, Target};

/// Negotiated prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prices {
    /// The plan itself.
    pub plan: Money,
    /// Each seat, where the plan has seats.
    pub seat: Option<Money>,
}

/// Prices that a plan is set at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priced {
    /// Those that the subscription has: only seats change.
    AsBefore,
    /// Negotiated ones, or everybody's.
    Anew,
}

/// Settlement of the period that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// None: the period stays as it was paid.
    Nothing,
    /// By the seconds, at once.
    BySeconds,
}

/// Way in which a plan is set for a running subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Its prices.
    pub priced: Priced,
    /// Settlement of the period that runs.
    pub settlement: Settlement,
}

/// Decides how a plan is set for a running subscription, as Stripe has it.
///
/// # Errors
/// [`Refused::Ends`] for a subscription that ends with its period.
pub fn set_plan(
    live: &SubscriptionSnapshot,
    target: &Target,
    negotiated: Option<&Prices>,
) -> Result<Setting, Refused> {
    if let Some(at) = live.ends_at {
        return Err(Refused::Ends(at));
    }
    let keeps_prices = target.keeps_prices_of(live) && negotiated.is_none();
    let same_interval = live.interval == Some(target.interval);
    Ok(Setting {
        priced: if keeps_prices { Priced::AsBefore } else { Priced::Anew },
        settlement: if same_interval { Settlement::Nothing } else { Settlement::BySeconds },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Interval;
    use crate::money::Currency;
    use crate::samples::running;

    fn target(plan: &str, interval: Interval) -> Target {
        Target { plan: plan.to_owned(), interval, seats: 5 }
    }

    #[test]
    fn seats_alone_keep_the_prices() {
        let set = set_plan(&running("team", 3), &target("team", Interval::Month), None);
        let setting = Setting { priced: Priced::AsBefore, settlement: Settlement::Nothing };
        assert_eq!(set, Ok(setting));
    }

    #[test]
    fn negotiated_prices_and_other_plans_are_priced_anew_and_charge_nothing() {
        let usd = Money::new(100, Currency::parse("usd").unwrap());
        let prices = Prices { plan: usd, seat: None };
        let setting = Setting { priced: Priced::Anew, settlement: Settlement::Nothing };
        let live = running("team", 3);
        assert_eq!(set_plan(&live, &target("team", Interval::Month), Some(&prices)), Ok(setting));
        assert_eq!(set_plan(&live, &target("business", Interval::Month), None), Ok(setting));
    }

    #[test]
    fn another_interval_is_settled_by_the_seconds() {
        let set = set_plan(&running("team", 3), &target("team", Interval::Year), None);
        let setting = Setting { priced: Priced::Anew, settlement: Settlement::BySeconds };
        assert_eq!(set, Ok(setting));
    }

    #[test]
    fn a_subscription_that_ends_gets_no_plan() {
        let mut live = running("team", 3);
        live.ends_at = Some(live.period_end);
        let refused = set_plan(&live, &target("team", Interval::Month), None);
        assert_eq!(refused, Err(Refused::Ends(live.period_end)));
    }
}
