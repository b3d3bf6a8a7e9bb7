//! Requests about sessions of the dashboard.

use serde::Deserialize;

/// A link to the dashboard for a member.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OpenDashboard {
    /// The vendor's id of the member who is signed in.
    pub member_id: String,
    /// Page that opens first, below the account's own, such as `plan`.
    pub path: Option<String>,
    /// Address of the vendor's app to which the pages lead back, within `ReturnOrigins`.
    pub return_url: Option<String>,
}

/// A link to the staff desk for the person of the staff key.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OpenStaffDesk {
    /// Page that opens first, below the desk's own, such as `transfers`.
    pub path: Option<String>,
}
