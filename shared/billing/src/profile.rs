//! Who an account is, and what its invoices print (A1). Kept apart from its standing, which every fact
//! about money rewrites.

use crate::fact::CustomerSnapshot;
use crate::ids::{AccountId, CustomerId};
use crate::time::Timestamp;

/// Who an account is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The version of the item that it was read from; 0 when there is none yet.
    pub version: u64,
    /// Whose profile it is.
    pub account: AccountId,
    /// What the account is called.
    pub name: String,
    /// When it was created here.
    pub created_at: Timestamp,
    /// Where its data is processed; the vendor's word.
    pub processing_region: Option<String>,
    /// Its customer at Stripe, once there is one.
    pub customer: Option<CustomerId>,
    /// Its billing details, as Stripe last had them.
    pub details: CustomerSnapshot,
    /// When those were true, at Stripe; nothing while they are only what the account was created with.
    pub as_of: Option<Timestamp>,
    /// Another snapshot of the same second says otherwise.
    pub ambiguous: bool,
}

impl Profile {
    /// The profile after one more snapshot of the customer: the later wins; of two in one second the
    /// larger, whichever came first, and the profile says that it is not certain.
    #[must_use]
    pub fn after(&self, told: &CustomerSnapshot, at: Timestamp) -> Self {
        let new = Self { details: told.clone(), as_of: Some(at), ambiguous: false, ..self.clone() };
        match self.as_of.cmp(&new.as_of) {
            std::cmp::Ordering::Less => new,
            std::cmp::Ordering::Greater => self.clone(),
            std::cmp::Ordering::Equal if self.details == new.details => self.clone(),
            std::cmp::Ordering::Equal => Self {
                details: self.details.clone().max(new.details),
                ambiguous: true,
                ..self.clone()
            },
        }
    }
}
