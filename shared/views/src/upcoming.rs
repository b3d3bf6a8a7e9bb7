//! The upcoming invoice, with its amounts (A15).

use billing::money::{Currency, Money};
use billing::overage::Line;
use billing::upcoming::Upcoming;
use serde::Serialize;

use crate::money::MoneyView;

/// The upcoming invoice of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UpcomingView {
    /// Renewals, usage and taxes.
    pub lines: Vec<LineView>,
    /// All lines.
    pub total: SumsView,
    /// Balance at Stripe that reduces the total; negative if it adds to the total.
    pub credit_applied: SumsView,
    /// Rest to pay.
    pub amount_due: SumsView,
    /// True if taxes are among the lines; else the amounts are before tax.
    pub tax_included: bool,
    /// Metering month at whose end the invoice is made.
    pub period: String,
}

/// A line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LineView {
    /// A sentence for a person.
    pub description: String,
    /// Amount of the line.
    pub amount: MoneyView,
}

/// One sum, or a list of them when more than one currency is in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum SumsView {
    /// In the only currency.
    One(MoneyView),
    /// One for each currency.
    Many(Vec<MoneyView>),
}

impl UpcomingView {
    /// An upcoming invoice; one without lines comes to nothing in that currency.
    pub fn of(upcoming: Upcoming, currency: Currency) -> Self {
        let Upcoming { month, lines, sums, tax_included } = upcoming;
        Self {
            total: SumsView::of(sums.iter().map(|sum| sum.total), currency),
            credit_applied: SumsView::of(sums.iter().map(|sum| sum.credit_applied), currency),
            amount_due: SumsView::of(sums.iter().map(|sum| sum.amount_due), currency),
            tax_included,
            period: month.to_string(),
            lines: lines.into_iter().map(LineView::from).collect(),
        }
    }
}

impl From<Line> for LineView {
    fn from(Line { description, amount, .. }: Line) -> Self {
        Self { description, amount: amount.into() }
    }
}

impl SumsView {
    fn of(sums: impl Iterator<Item = Money>, currency: Currency) -> Self {
        let mut sums: Vec<MoneyView> = sums.map(MoneyView::from).collect();
        match sums.pop() {
            None => Self::One(Money::new(0, currency).into()),
            Some(only) if sums.is_empty() => Self::One(only),
            Some(last) => {
                sums.push(last);
                Self::Many(sums)
            }
        }
    }
}
