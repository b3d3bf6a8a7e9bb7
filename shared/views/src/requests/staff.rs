//! Requests of staff about accounts, as their bodies are read.

use billing::money::Money;
use serde::Deserialize;

/// Terms of payment.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SetCollection {
    /// `automatic` or `manual`.
    pub collection: String,
    /// Days in which a sent invoice is due, 1 to 365.
    pub net_days: Option<u32>,
    /// True for an account that pays upfront: it may be sent invoices on any plan.
    #[serde(default)]
    pub upfront: Option<bool>,
}

/// An account that is closed or terminated.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CloseAccount {
    /// Reason.
    pub reason: String,
}

/// End of a dead letter.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EndLetter {
    /// Reason.
    pub reason: String,
}

/// Number of sub-accounts that a parent may have.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SetSubAccountLimit {
    /// Number of sub-accounts, 1 to 10,000.
    pub accounts: u32,
}

/// A plan that staff set.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SetPlan {
    /// Id of the plan.
    pub plan: String,
    /// `month` or `year`.
    pub interval: String,
    /// Seats, for a plan that has some.
    pub seats: Option<u64>,
    /// Negotiated prices.
    #[serde(default)]
    pub prices: Option<NegotiatedPrices>,
    /// True for partners.
    #[serde(default)]
    pub partner: Option<bool>,
}

/// Prices of a plan and of each seat, in minor units without tax.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NegotiatedPrices {
    /// Amount of the plan.
    pub amount: i64,
    /// Amount of each seat.
    #[serde(default)]
    pub seat_amount: Option<i64>,
}

/// A correction of counted usage, before its month is invoiced.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CorrectUsage {
    /// Month whose counters are wrong, such as `2026-11`.
    pub period: String,
    /// Id of the resource.
    pub resource: String,
    /// Units to add; below zero to take off. Of a gauge, the change of its level.
    pub quantity: i64,
    /// Reason, for the timeline.
    pub reason: String,
    /// Day on which the correction stands, such as `2026-11-22`. Without it units are taken off all
    /// days in proportion to what each counted, and added on the latest day. A gauge has none.
    #[serde(default)]
    pub day: Option<String>,
}

/// A credit note on a finalized invoice: of an amount, or of lines.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct GiveCreditNote {
    /// Stripe's id of the invoice.
    pub invoice: String,
    /// Amount with its tax.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::money::MoneyView>"))]
    pub amount: Option<Money>,
    /// Lines of the invoice, without tax: Stripe adds each line's.
    #[serde(default)]
    pub lines: Option<Vec<CreditLine>>,
    /// Reason, for the timeline. One of Stripe's words (`duplicate`, `fraudulent`, `order_change`,
    /// `product_unsatisfactory`) is printed on the note too.
    pub reason: String,
    /// `customer_balance`, `refund` or `out_of_band`: way in which money that was paid is given
    /// back. Without it the customer's balance at Stripe gets it, for the next invoice.
    #[serde(default)]
    pub after_payment: Option<String>,
    /// Text to the customer, printed on the note.
    #[serde(default)]
    pub memo: Option<String>,
}

/// A line that a note credits.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CreditLine {
    /// Stripe's id of the line.
    pub line: String,
    /// Amount without tax; the whole line without it.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::money::MoneyView>"))]
    pub amount: Option<Money>,
}
