//! Requests about money that comes outside of Stripe, as their bodies are read.

use billing::money::Money;
use serde::Deserialize;

/// Advice of a transfer for several invoices.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SubmitAdvice {
    /// Ids of the invoices.
    pub invoices: Vec<String>,
    /// Reference of the transfer.
    pub reference: String,
    /// Day on which the customer paid, such as `2026-11-30`.
    pub paid_on: String,
    /// Amount.
    #[cfg_attr(feature = "schema", schemars(with = "crate::money::MoneyView"))]
    pub amount: Money,
    /// A note to staff.
    #[serde(default)]
    pub note: Option<String>,
}

/// Advice of a transfer for the invoice of the path.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SubmitAdviceForInvoice {
    /// Reference of the transfer.
    pub reference: String,
    /// Day on which the customer paid, such as `2026-11-30`.
    pub paid_on: String,
    /// Amount.
    #[cfg_attr(feature = "schema", schemars(with = "crate::money::MoneyView"))]
    pub amount: Money,
    /// A note to staff.
    #[serde(default)]
    pub note: Option<String>,
}

/// Money that staff saw for an advice.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ApproveAdvice {
    /// Amount.
    #[cfg_attr(feature = "schema", schemars(with = "crate::money::MoneyView"))]
    pub received: Money,
    /// Day on which it came.
    pub received_on: String,
    /// Words of staff.
    #[serde(default)]
    pub note: Option<String>,
}

/// Reason why staff reject an advice.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RejectAdvice {
    /// Reason: the customer reads it.
    pub note: String,
}

/// Reason why the bank took the money of an advice back.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReturnAdvice {
    /// Reason: the customer reads it.
    pub reason: String,
}

/// Money that came without advice.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RecordReceipt {
    /// Account.
    pub account: String,
    /// Amount.
    #[cfg_attr(feature = "schema", schemars(with = "crate::money::MoneyView"))]
    pub amount: Money,
    /// Day on which it came.
    pub received_on: String,
    /// Reference of the transfer.
    pub reference: String,
    /// Ids of the invoices that it is for.
    pub invoices: Vec<String>,
}

/// Grace that staff give: either days, or a time with a reason.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct GiveGrace {
    /// Days from overdue to disabled.
    #[serde(default)]
    pub days: Option<i64>,
    /// Time until which open invoices disable nobody. Without it, and without `days`, such a time
    /// is ended.
    #[serde(default)]
    pub hold_until: Option<String>,
    /// Reason for that time.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Money that came upfront.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RecordPrepayment {
    /// Amount.
    #[cfg_attr(feature = "schema", schemars(with = "crate::money::MoneyView"))]
    pub amount: Money,
    /// Reference of the transfer.
    pub reference: String,
    /// Day on which it came.
    pub paid_on: String,
}
