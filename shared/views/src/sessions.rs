//! Sessions of the dashboard.

use serde::Serialize;

/// A link that signs a member in to the dashboard, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LinkView {
    /// Address that opens the session: it is answered, and neither kept nor logged.
    pub url: String,
    /// Time from which the link opens nothing.
    pub expires_at: String,
}
