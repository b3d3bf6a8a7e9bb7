//! Requests about events out, as their bodies are read.

use serde::Deserialize;

/// Settings of an endpoint.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SaveEndpoint {
    /// Address of the receiver: https, port 443, a public host.
    pub url: String,
    /// Types of its events; all without them.
    pub types: Option<Vec<String>>,
    /// False to get no deliveries for now.
    pub enabled: bool,
}
