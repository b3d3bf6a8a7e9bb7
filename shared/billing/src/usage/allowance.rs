//! An allowance: what a plan says of one resource, and what units beyond the included cost.

use rust_decimal::Decimal;

use crate::money::Currency;

/// From how many percent of what is included a resource is *near* it (D2).
pub const NEAR_PERCENT: u64 = 80;

/// How usage of a resource adds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// All of a month's use.
    Sum,
    /// What is held now, such as storage.
    Gauge,
}

/// What holds beyond what a plan includes, as far as counting goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beyond {
    /// It is counted: it costs money or credits, or nothing.
    Counted,
    /// It is not counted, and refused to the caller.
    Refused,
    /// It is counted, and restricts the account (C7).
    Restricts,
}

/// What the plan in force says of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// The resource's id.
    pub resource: String,
    /// What people call it.
    pub name: String,
    /// What one is called.
    pub unit: String,
    /// How it adds up.
    pub kind: Kind,
    /// Units that a month includes; nothing when any number of them is.
    pub included: Option<u64>,
    /// What holds beyond.
    pub beyond: Beyond,
    /// What it costs beyond, if it is priced.
    pub overage: Option<Overage>,
}

/// How much of what is included is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Less than [`NEAR_PERCENT`].
    Ok,
    /// That, or more.
    Near,
    /// All of it, or more.
    Over,
}

/// What units beyond the included cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overage {
    /// What the amounts are in.
    pub currency: Currency,
    /// From the first unit beyond on; the last tier has no end.
    pub tiers: Vec<Tier>,
}

/// One step of a graduated price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// The last unit of it, counted from the first beyond; nothing for the last tier.
    pub up_to: Option<u64>,
    /// Minor units for each unit, with decimals.
    pub unit_amount: Decimal,
}

impl Allowance {
    /// The number of units that may be used without being refused or restricted; nothing where
    /// there is no such number.
    pub fn limit(&self) -> Option<u64> {
        match self.beyond {
            Beyond::Refused | Beyond::Restricts => self.included,
            Beyond::Counted => None,
        }
    }

    /// How much of what is included is used. Nothing used is never too much.
    pub fn level(&self, used: u64) -> Level {
        let Some(included) = self.included.filter(|_| used > 0) else { return Level::Ok };
        let percent = |units: u64, percent: u64| u128::from(units).saturating_mul(percent.into());
        if used >= included {
            Level::Over
        } else if percent(used, 100) >= percent(included, NEAR_PERCENT) {
            Level::Near
        } else {
            Level::Ok
        }
    }
}

impl Level {
    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Near => "near",
            Self::Over => "over",
        }
    }
}
