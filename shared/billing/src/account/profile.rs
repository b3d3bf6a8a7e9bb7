//! Who an account is, and what its invoices print (A1). Kept apart from its standing, which every
//! fact about money rewrites.

use std::collections::BTreeMap;

use crate::fact::CustomerSnapshot;
use crate::ids::{AccountId, CustomerId};
use crate::money::{Currency, Money};
use crate::tax_id::{TaxIdSnapshot, TaxIds};
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
    /// Time at which it was created here.
    pub created_at: Timestamp,
    /// Where its data is processed; the vendor's word.
    pub processing_region: Option<String>,
    /// Its customer at Stripe, once there is one.
    pub customer: Option<CustomerId>,
    /// Its billing details, as Stripe last had them.
    pub details: CustomerSnapshot,
    /// Time at which those were true, at Stripe; nothing while they are only what the account was
    /// created with.
    pub as_of: Option<Timestamp>,
    /// Another snapshot of the same second says otherwise.
    pub ambiguous: bool,
    /// They were read from Stripe, and not told by an event: of one second, that is the likelier to
    /// be the newest.
    pub read: bool,
    /// Its tax ids, as Stripe last had them.
    pub tax_ids: TaxIds,
    /// What is prepaid and left, in minor units by currency: only those of which there is some.
    pub prepaid: BTreeMap<Currency, i64>,
    /// True if the account is a partner's: staff say so (B1, F3).
    pub partner: bool,
}

impl Profile {
    /// The profile of a new account.
    pub fn new(account: AccountId, name: &str, created_at: Timestamp) -> Self {
        Self {
            version: 0,
            account,
            name: name.to_owned(),
            created_at,
            processing_region: None,
            customer: None,
            details: CustomerSnapshot::default(),
            as_of: None,
            ambiguous: false,
            read: false,
            tax_ids: TaxIds::default(),
            prepaid: BTreeMap::new(),
            partner: false,
        }
    }

    /// What is prepaid and left: one sum for each currency of which there is some.
    pub fn prepaid_sums(&self) -> Vec<Money> {
        self.prepaid.iter().map(|(currency, amount)| Money::new(*amount, *currency)).collect()
    }

    /// The profile after one more snapshot of the customer: the later wins; of two in one second
    /// the larger, whichever came first, but for one that was read, and the profile says that it is
    /// not certain.
    #[must_use]
    pub fn after(&self, told: &CustomerSnapshot, at: Timestamp) -> Self {
        let new = Self {
            details: told.clone(),
            as_of: Some(at),
            ambiguous: false,
            read: false,
            ..self.clone()
        };
        match self.as_of.cmp(&new.as_of) {
            std::cmp::Ordering::Less => new,
            std::cmp::Ordering::Greater => self.clone(),
            std::cmp::Ordering::Equal if self.details == new.details => self.clone(),
            std::cmp::Ordering::Equal if self.read => Self { ambiguous: true, ..self.clone() },
            std::cmp::Ordering::Equal => Self {
                details: self.details.clone().max(new.details),
                ambiguous: true,
                ..self.clone()
            },
        }
    }

    /// The profile after the customer and all its tax ids were read from Stripe, which was after
    /// this profile was read from the table: so all of it holds. `at` is a moment before the
    /// reading, by Stripe's clock.
    #[must_use]
    pub fn after_reading(
        &self,
        read: &CustomerSnapshot,
        tax_ids: &[TaxIdSnapshot],
        at: Timestamp,
    ) -> Self {
        let tax_ids = self.tax_ids.after_reading(tax_ids, at);
        if self.details == *read && self.as_of.is_some() && !self.ambiguous {
            return Self { tax_ids, ..self.clone() };
        }
        Self {
            details: read.clone(),
            as_of: self.as_of.max(Some(at)),
            ambiguous: false,
            read: true,
            tax_ids,
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> CustomerSnapshot {
        CustomerSnapshot { name: Some(name.to_owned()), ..CustomerSnapshot::default() }
    }

    /// Goal: two changes of ours within one second show the second, also when the first one's event
    /// comes behind it.
    #[test]
    fn what_was_read_stands_against_events_of_its_second() {
        let account = AccountId::parse("acme").unwrap();
        let (t, later) = (Timestamp(100), Timestamp(101));
        let first = Profile::new(account, "Acme", t).after_reading(&named("z"), &[], t);
        let second = first.after_reading(&named("a"), &[], t);
        assert_eq!(second.details, named("a"));
        assert_eq!(second.after(&named("a"), t), second, "its own event is no news");
        let doubted = second.after(&named("z"), t);
        assert_eq!((doubted.details.clone(), doubted.ambiguous), (named("a"), true));
        assert_eq!(doubted.after(&named("z"), later).details, named("z"));
        assert!(!doubted.after_reading(&named("a"), &[], t).ambiguous);
    }
}
