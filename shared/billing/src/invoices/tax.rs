//! Tax by fixed rates: prices exclude it, and each rate puts a percentage on top (C1).
//!
//! As Stripe does it: for each line and rate, rounded to whole minor units there (half away from
//! zero), and only then added up (<https://docs.stripe.com/billing/taxes/tax-rates>). A customer
//! that is marked as exempt, or as one that settles the tax itself (reverse charge), pays none.

use std::collections::BTreeMap;

use crate::money::{Currency, Money, TooLarge};
use crate::overage::Line;

pub use crate::tax_rate::{NotAPercentage, Percent, TaxRate};

/// All rates on an amount.
pub fn tax_on(amount: Money, rates: &[TaxRate]) -> Result<Money, TooLarge> {
    let none = Money::new(0, amount.currency);
    rates.iter().try_fold(none, |sum, rate| sum.plus(rate.on(amount.amount)?))
}

/// What rates come to on many lines.
#[derive(Debug, Clone, Default)]
pub struct Taxes(BTreeMap<(Currency, TaxRate), Money>);

impl Taxes {
    /// Puts rates on lines.
    pub fn add(&mut self, lines: &[Line], rates: &[TaxRate]) -> Result<(), TooLarge> {
        for Line { amount, .. } in lines {
            for rate in rates {
                let none = Money::new(0, amount.currency);
                let sum = self.0.entry((amount.currency, rate.clone())).or_insert(none);
                *sum = sum.plus(rate.on(amount.amount)?)?;
            }
        }
        Ok(())
    }

    /// A line for each rate and currency.
    pub fn lines(self) -> impl Iterator<Item = Line> {
        self.0.into_iter().map(|((_, rate), amount)| Line::new("tax", rate.to_string(), amount))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(percent: &str) -> TaxRate {
        TaxRate { percent: Percent::parse(percent).unwrap(), name: "VAT".to_owned() }
    }

    /// Goal: each line is rounded by itself. 19 % of 50 is 9.5 twice, so 20 and not 19.
    #[test]
    fn taxes_are_rounded_by_line_and_added_by_rate() {
        let eur = Currency::parse("eur").unwrap();
        let line = Line::new("plan", "Team".to_owned(), Money::new(50, eur));
        let mut taxes = Taxes::default();
        taxes.add(&[line.clone(), line.clone()], &[rate("19"), rate("5.5")]).unwrap();
        taxes.add(std::slice::from_ref(&line), &[]).unwrap();
        let lines: Vec<_> =
            taxes.lines().map(|line| (line.description, line.amount.amount)).collect();
        assert_eq!(lines, [("VAT 5.5 %".to_owned(), 6), ("VAT 19 %".to_owned(), 20)]);
        assert_eq!(tax_on(line.amount, &[rate("19"), rate("5.5")]).unwrap().amount, 13);
        assert_eq!(tax_on(line.amount, &[]).unwrap().amount, 0);
    }
}
