//! Members of an account.

use billing::member::{Mails, Member, Preferences};
use serde::{Deserialize, Serialize};

/// A member of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MemberView {
    /// The vendor's id of the person.
    pub id: String,
    /// Address for mails.
    pub email: String,
    /// Role.
    pub role: &'static str,
    /// Mails that the member wants.
    pub preferences: PreferencesView,
}

/// Mails that a member wants: as answers show them, and as requests set them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PreferencesView {
    /// Alerts (A22).
    pub alerts: bool,
    /// Mails about invoices and their payment (F1).
    pub invoices: bool,
    /// Mails of what is ahead (F5).
    pub notices: bool,
}

impl MemberView {
    /// View of a member.
    pub fn of(member: &Member) -> Self {
        Self {
            id: member.id.to_string(),
            email: member.email.clone(),
            role: member.role.as_str(),
            preferences: PreferencesView::from(member.preferences),
        }
    }
}

impl From<Preferences> for PreferencesView {
    fn from(Preferences { alerts, invoices, notices }: Preferences) -> Self {
        Self {
            alerts: alerts.is_wanted(),
            invoices: invoices.is_wanted(),
            notices: notices.is_wanted(),
        }
    }
}

impl From<PreferencesView> for Preferences {
    fn from(PreferencesView { alerts, invoices, notices }: PreferencesView) -> Self {
        Self {
            alerts: Mails::of(alerts),
            invoices: Mails::of(invoices),
            notices: Mails::of(notices),
        }
    }
}
