//! The upcoming invoice, with its amounts (A15).

use billing::money::{Currency, Money};
use billing::overage::{Line, LineKind, Measure};
use billing::upcoming::{Outlook, Sum, Upcoming};
use serde::Serialize;

use crate::accounts::{PeriodView, SumsView};
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
    /// `books`, or `stripe_preview` where Stripe adds to the next renewal what the books do not
    /// have, such as discounts, other items or prorations.
    pub source: &'static str,
    /// Time at which Stripe's preview was read; null for `books`.
    pub as_of: Option<String>,
    /// Total at the end of the month; null before the month's third day, while too little is known,
    /// and for a parent whose sub-accounts use something.
    pub forecast: Option<OutlookView>,
}

/// Forecast of a total at the end of a month. It is an estimate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OutlookView {
    /// Total that about 19 months in 20 exceed.
    pub lower: MoneyView,
    /// Total that is expected.
    pub expected: MoneyView,
    /// Total that about 1 month in 20 exceeds.
    pub upper: MoneyView,
    /// Day by whose end the total is expected to exceed the alert's threshold; null where it is not
    /// expected this month, has happened, or there is no alert.
    pub alert_reached_on: Option<String>,
}

impl From<Outlook> for OutlookView {
    fn from(outlook: Outlook) -> Self {
        let Outlook { lower, expected, upper, alert_reached_on } = outlook;
        Self {
            lower: lower.into(),
            expected: expected.into(),
            upper: upper.into(),
            alert_reached_on: alert_reached_on.map(|day| day.to_string()),
        }
    }
}

/// A line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "UpcomingLineView"))]
pub struct LineView {
    /// `plan`, `seats`, `usage`, `proration`, `item`, `tax` or `discount`.
    pub kind: &'static str,
    /// A sentence for a person.
    pub description: String,
    /// Resource of usage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Number of units: seats, or units beyond what is included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<u64>,
    /// Name of one unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Price of a unit in minor units, with decimals; absent where tiers price units differently.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<String>,
    /// Amount of the line.
    pub amount: MoneyView,
    /// Time that the line is for; null for what is for no time of its own, such as tax.
    pub period: Option<PeriodView>,
    /// Id of the sub-account that the line is for, on the invoice of its parent; null otherwise.
    pub sub_account: Option<String>,
}

impl UpcomingView {
    /// An upcoming invoice; one without lines comes to nothing in that currency.
    pub fn of(upcoming: Upcoming, forecast: Option<Outlook>, currency: Currency) -> Self {
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
            forecast: forecast.map(OutlookView::from),
        }
    }
}

impl From<Line> for LineView {
    fn from(line: Line) -> Self {
        let kind = line.kind();
        let Line { item, sub_account, description, amount, measure, period } = line;
        let (quantity, unit, unit_price) = match measure {
            Some(Measure { quantity, unit, unit_price }) => {
                (Some(quantity), Some(unit), unit_price)
            }
            None => (None, None, None),
        };
        Self {
            kind: kind.as_str(),
            description,
            resource: (kind == LineKind::Usage).then_some(item),
            quantity,
            unit,
            unit_price: unit_price.map(|each| each.to_string()),
            amount: amount.into(),
            period: period.map(PeriodView::of),
            sub_account: sub_account.map(|id| id.to_string()),
        }
    }
}
