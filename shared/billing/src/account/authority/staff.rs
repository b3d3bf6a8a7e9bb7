//! Roles of the vendor's own people.

use crate::words::Word;

/// Role of a person of the vendor's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StaffRole {
    /// Reads everything, and sends mails again.
    Support,
    /// Moves money and access too.
    Billing,
}

impl Word for StaffRole {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Support, "support"), (Self::Billing, "billing")];
}

/// People of the vendor's who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ForStaff {
    /// None of them.
    Nobody,
    /// Those who move money and access.
    Billing,
    /// All of them.
    Everybody,
}

impl ForStaff {
    pub(super) fn includes(self, role: StaffRole) -> bool {
        match self {
            Self::Nobody => false,
            Self::Billing => role == StaffRole::Billing,
            Self::Everybody => true,
        }
    }
}
