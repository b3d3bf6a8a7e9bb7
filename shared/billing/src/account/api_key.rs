//! API keys: what a key lets its bearer do, and the keys that an account may have.

use crate::authority::{Principal, Role, StaffRole};
use crate::journal::{Actor, ActorKind, CauseKind};
use crate::month::Day;
use crate::time::Timestamp;

/// An API key as it lets its bearer in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Id of the key.
    pub id: String,
    /// Label of the key; of a staff key, the person that it belongs to.
    pub name: String,
    /// Owner of the key.
    pub principal: Principal,
}

impl Credential {
    /// Cause and actor of what the bearer does.
    pub fn acts_as(&self) -> (CauseKind, Actor) {
        let (cause, kind) = match self.principal {
            Principal::Staff(_) => (CauseKind::Staff, ActorKind::Staff),
            Principal::Vendor | Principal::Account { .. } => (CauseKind::Api, ActorKind::Key),
        };
        (cause, Actor { kind, id: self.id.clone(), name: self.name.clone() })
    }
}

/// An API key of an account, as it is listed: never with its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountKey {
    /// Id.
    pub id: String,
    /// Label.
    pub name: String,
    /// Role of its bearer.
    pub role: Role,
    /// Moment at which the key was made.
    pub created_at: Timestamp,
    /// Key or person that made it.
    pub created_by: Option<Actor>,
    /// Last day on which it was used.
    pub last_used_on: Option<Day>,
    /// Hash under which the key is found.
    pub hash: String,
}

/// Most live keys of an account.
pub const KEYS_MAX: usize = 100;

/// Reason why a key is not made or deleted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    /// The account has [`KEYS_MAX`] keys.
    #[error("the account has {KEYS_MAX} API keys")]
    TooMany,
    /// A repeated request: it made this key before, and its secret was shown then.
    #[error("this request made API key {0} before")]
    SecretAlreadyShown(String),
    /// The Idempotency-Key was used with another body.
    #[error("the Idempotency-Key was used with another body")]
    IdempotencyKeyReused,
    /// The account has no such key.
    #[error("there is no such API key")]
    Unknown,
}

/// True if somebody may make a key of a role. Staff get no key that may do more in an account than
/// they themselves may: not its administrator's, and not that of its billing.
pub fn may_make(principal: &Principal, role: Role) -> bool {
    match (principal, role) {
        (Principal::Vendor | Principal::Account { .. }, _) => true,
        (Principal::Staff(role), Role::Member) => *role == StaffRole::Billing,
        (Principal::Staff(_), Role::AccountAdministrator | Role::Finance) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: staff cannot do by an account's key what they may not do themselves.
    #[test]
    fn staff_get_no_key_of_an_accounts_billing() {
        for role in [Role::AccountAdministrator, Role::Finance] {
            assert!(!may_make(&Principal::Staff(StaffRole::Billing), role), "{role:?}");
            assert!(may_make(&Principal::Vendor, role), "{role:?}");
        }
        assert!(may_make(&Principal::Staff(StaffRole::Billing), Role::Member));
        assert!(!may_make(&Principal::Staff(StaffRole::Support), Role::Member));
    }
}
