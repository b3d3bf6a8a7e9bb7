//! Requests about subscriptions and the billing portal, as their bodies are read.

use serde::Deserialize;

/// A change, or a preview of one.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeSubscription {
    /// Id of the plan.
    pub plan: String,
    /// `month` or `year`.
    pub interval: String,
    /// Seats, for a plan that has some.
    pub seats: Option<u64>,
    /// Preview whose cost is confirmed.
    #[serde(default)]
    pub preview_id: Option<String>,
    /// Page behind a payment in Checkout.
    #[serde(default)]
    pub success_url: Option<String>,
    /// Page behind a change of mind in Checkout.
    #[serde(default)]
    pub cancel_url: Option<String>,
}

/// A visit to the billing portal.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct VisitPortal {
    /// Page behind the visit.
    pub return_url: String,
    /// `payment_method_update` or `subscription_cancel`; the whole portal without it.
    #[serde(default)]
    pub flow: Option<String>,
}
