//! The upcoming invoice, with its amounts (A15).

use billing::money::{Currency, Money};
use billing::overage::Line;
use billing::upcoming::{Sum, Upcoming};
use serde::Serialize;

use crate::accounts::SumsView;
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
    /// `books`, or `stripe_preview` where Stripe adds to the next renewal what the books do not have,
    /// such as discounts, other items or prorations.
    pub source: &'static str,
    /// Time at which Stripe's preview was read; null for `books`.
    pub as_of: Option<String>,
}

/// A line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "UpcomingLineView"))]
pub struct LineView {
    /// A sentence for a person.
    pub description: String,
    /// Id of the sub-account that the line is for, on the invoice of its parent; null otherwise.
    pub sub_account: Option<String>,
    /// Amount of the line.
    pub amount: MoneyView,
}

impl UpcomingView {
    /// An upcoming invoice; one without lines comes to nothing in that currency.
    pub fn of(upcoming: Upcoming, currency: Currency) -> Self {
        let Upcoming { month, lines, sums, tax_included, previewed_at } = upcoming;
        let sum =
            |part: fn(&Sum) -> Money| SumsView::of(sums.iter().map(part).collect(), Some(currency));
        Self {
            total: sum(|sum| sum.total),
            credit_applied: sum(|sum| sum.credit_applied),
            amount_due: sum(|sum| sum.amount_due),
            tax_included,
            period: month.to_string(),
            source: if previewed_at.is_some() { "stripe_preview" } else { "books" },
            as_of: previewed_at.map(|at| at.to_string()),
            lines: lines.into_iter().map(LineView::from).collect(),
        }
    }
}

impl From<Line> for LineView {
    fn from(Line { sub_account, description, amount, .. }: Line) -> Self {
        let sub_account = sub_account.map(|id| id.to_string());
        Self { description, sub_account, amount: amount.into() }
    }
}
