//! What a quantity costs: per unit, by tiers, and after a transformation
//! (docs.stripe.com/products-prices/pricing-models).

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Price, exact, whole};

/// One tier of a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    /// The last unit of it; none for the last tier.
    pub up_to: Option<i64>,
    /// Minor units per unit.
    #[serde(with = "crate::kept::maybe_decimal", default)]
    pub unit_amount: Option<Decimal>,
    /// Minor units for the tier as a whole.
    #[serde(with = "crate::kept::maybe_decimal", default)]
    pub flat_amount: Option<Decimal>,
}

impl Tier {
    /// As Stripe shows it.
    pub fn json(&self) -> Value {
        json!({
            "flat_amount": self.flat_amount.and_then(whole),
            "flat_amount_decimal": self.flat_amount.map(exact),
            "unit_amount": self.unit_amount.and_then(whole),
            "unit_amount_decimal": self.unit_amount.map(exact),
            "up_to": self.up_to,
        })
    }

    /// Minor units for so many units within it.
    fn amount(&self, units: i64) -> Decimal {
        let each = self.unit_amount.unwrap_or_default();
        let flat = self.flat_amount.unwrap_or_default();
        each.saturating_mul(Decimal::from(units)).saturating_add(flat)
    }
}

/// What is done to a quantity before it is priced: it is counted in packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transform {
    /// Units in a package; at least one.
    pub divide_by: i64,
    /// What becomes of a package that is not full.
    pub round: Rounding,
}

/// What becomes of a package that is not full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rounding {
    /// It counts.
    Up,
    /// It does not.
    Down,
}

impl Transform {
    /// As Stripe shows it.
    pub fn json(self) -> Value {
        let round = match self.round {
            Rounding::Up => "up",
            Rounding::Down => "down",
        };
        json!({ "divide_by": self.divide_by, "round": round })
    }

    /// Packages of so many units.
    fn packages(self, quantity: i64) -> i64 {
        let full = quantity.checked_div_euclid(self.divide_by).unwrap_or(quantity);
        let rest = quantity.checked_rem_euclid(self.divide_by).unwrap_or(0);
        match self.round {
            Rounding::Up if rest > 0 => full.saturating_add(1),
            Rounding::Up | Rounding::Down => full,
        }
    }
}

impl Price {
    /// Minor units for so many units, rounded half away from zero to whole ones.
    pub fn amount(&self, quantity: i64) -> i64 {
        rounded(self.exact_amount(quantity))
    }

    /// Minor units for so many units, with decimals: for prorations, which round once at their end.
    pub fn exact_amount(&self, quantity: i64) -> Decimal {
        let quantity = quantity.max(0);
        if self.tiers.is_empty() {
            let units = self.transform.map_or(quantity, |transform| transform.packages(quantity));
            self.unit_amount.unwrap_or_default().saturating_mul(Decimal::from(units))
        } else if self.graduated {
            self.graduated_amount(quantity)
        } else {
            let within = |tier: &&Tier| tier.up_to.is_none_or(|last| quantity <= last);
            self.tiers.iter().find(within).map(|tier| tier.amount(quantity)).unwrap_or_default()
        }
    }

    /// Each tier prices the units within it. The first one's flat amount is due also when there are
    /// none.
    fn graduated_amount(&self, quantity: i64) -> Decimal {
        let mut below: i64 = 0;
        let mut sum = Decimal::ZERO;
        for tier in &self.tiers {
            let last = tier.up_to.unwrap_or(i64::MAX).min(quantity);
            let units = last.saturating_sub(below);
            if units > 0 || below == 0 {
                sum = sum.saturating_add(tier.amount(units.max(0)));
            }
            below = last.max(below);
            if below >= quantity {
                break;
            }
        }
        sum
    }
}

/// Whole minor units: half of one goes away from zero.
pub fn rounded(amount: Decimal) -> i64 {
    let whole = amount.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    whole.to_i64().unwrap_or(if whole.is_sign_negative() { i64::MIN } else { i64::MAX })
}
