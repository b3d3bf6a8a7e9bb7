//! Requests about invoices, as their bodies are read.

use serde::Deserialize;

/// A payment of an invoice.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PayInvoice {
    /// Stripe's id of the payment method to charge; without it, the one on file.
    #[serde(default)]
    pub payment_method: Option<String>,
    /// True to pay although a transfer for the invoice is reported: its advice is withdrawn.
    #[serde(default)]
    pub confirm: bool,
}

/// A payment of several invoices.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PayInvoices {
    /// Stripe's ids of the invoices, at most 20; without it, all that are owed.
    #[serde(default)]
    pub invoices: Option<Vec<String>>,
}
