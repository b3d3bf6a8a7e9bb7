//! Prices of a plan: what they charge for, how often, and what they come to at a renewal.

use serde::{Deserialize, Serialize};

use crate::money::{Currency, Money, TooLarge};
use crate::words::Word;

/// Part of a plan that a price charges for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The plan itself, once.
    Plan,
    /// Each seat.
    Seat,
}

impl Word for Part {
    const WORDS: &'static [(Self, &'static str)] = &[(Self::Plan, "plan"), (Self::Seat, "seat")];
}

/// How often a subscription renews.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// Daily.
    Day,
    /// Weekly.
    Week,
    /// Monthly.
    Month,
    /// Annually.
    Year,
}

impl Word for Interval {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Day, "day"), (Self::Week, "week"), (Self::Month, "month"), (Self::Year, "year")];
}

/// What a subscription charges at each renewal, in minor units, without tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fee {
    /// What the amounts are in.
    pub currency: Currency,
    /// The plan itself.
    pub plan_amount: i64,
    /// Each seat; nothing for a plan without a price for seats.
    pub seat_amount: Option<i64>,
}

impl Fee {
    /// What the plan itself costs, or a seat of one that has them.
    pub fn amount(&self, part: Part) -> Option<i64> {
        match part {
            Part::Plan => Some(self.plan_amount),
            Part::Seat => self.seat_amount,
        }
    }

    /// What a renewal with so many seats costs.
    pub fn renewal(&self, seats: u64) -> Result<Money, TooLarge> {
        let seats = i64::try_from(seats).map_err(|_| TooLarge)?;
        let all = self.seat_amount.unwrap_or(0).checked_mul(seats).ok_or(TooLarge)?;
        Money::new(self.plan_amount, self.currency).plus(all)
    }
}
