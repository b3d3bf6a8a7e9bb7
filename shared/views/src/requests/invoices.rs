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
}
