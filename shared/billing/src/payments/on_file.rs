//! The payment method on file: what is charged when nothing else is said, and whether everything
//! that was owed has been tried with it (A11, money rule 10).
//!
//! Stripe's customer has it; our books have what was read there last. A method is *new* when its id
//! or its expiry is: a card that the bank renewed, or whose owner typed it in again, keeps its
//! fingerprint. Each new one is tried once for every invoice that is owed and charged by itself.

use crate::ids::PaymentMethodId;
use crate::time::Timestamp;

/// Country whose cards nobody charges without their owner or a mandate (RBI's rules).
const INDIA: &str = "IN";

/// A payment method, as Stripe shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMethod {
    /// Stripe's id.
    pub id: PaymentMethodId,
    /// Stripe's kind, such as `card` or `sepa_debit`.
    pub kind: String,
    /// Brand of a card.
    pub brand: Option<String>,
    /// Last four digits.
    pub last4: Option<String>,
    /// Year and month of a card's expiry.
    pub expires: Option<(u16, u16)>,
    /// Country of the issuing bank, two letters.
    pub country: Option<String>,
}

/// The payment method on file of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OnFile {
    /// Version of the item that it was read from; 0 when there is none yet.
    pub version: u64,
    /// The method; none when nothing is on file.
    pub method: Option<StoredMethod>,
    /// Time at which it was seen first.
    pub since: Timestamp,
    /// True once everything that was owed was tried with it.
    pub is_tried: bool,
    /// Code of the decline with which that ended.
    pub declined: Option<String>,
}

/// What is wrong with a payment method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The card is expired.
    Expired,
    /// It was declined, with that code.
    Declined(String),
    /// The card can be charged in presence of its owner only.
    NeedsOwner,
}

impl StoredMethod {
    /// Name of the method as it is now: the id with the expiry.
    pub fn key(&self) -> String {
        match self.expires {
            Some((year, month)) => format!("{}@{year:04}-{month:02}", self.id),
            None => self.id.to_string(),
        }
    }

    /// True if it is not charged without its owner: cards issued in India need a mandate, which is
    /// not looked at.
    pub fn needs_owner(&self) -> bool {
        self.country.as_deref() == Some(INDIA)
    }

    fn is_expired(&self, now: Timestamp) -> bool {
        let Some((year, month)) = self.expires else { return false };
        let expired = format!("{year:04}-{month:02}");
        now.to_string().get(..7).is_some_and(|current| current > expired.as_str())
    }
}

impl OnFile {
    /// What is on file after a reading at Stripe; none if the books have it.
    pub fn after(&self, read: Option<StoredMethod>, now: Timestamp) -> Option<Self> {
        if self.method == read {
            return None;
        }
        let key = |method: &Option<StoredMethod>| method.as_ref().map(StoredMethod::key);
        if key(&self.method) == key(&read) {
            return Some(Self { method: read, ..self.clone() });
        }
        let needs_owner = read.as_ref().is_none_or(StoredMethod::needs_owner);
        let (version, since) = (self.version, now);
        Some(Self { version, method: read, since, is_tried: needs_owner, declined: None })
    }

    /// The method that is still to be tried.
    pub fn untried(&self) -> Option<&StoredMethod> {
        self.method.as_ref().filter(|_| !self.is_tried)
    }

    /// The same once everything was tried, with the code of the decline that ended it.
    #[must_use]
    pub fn tried(&self, declined: Option<String>) -> Self {
        Self { is_tried: true, declined, ..self.clone() }
    }

    /// What is wrong with it at a moment.
    pub fn problem(&self, now: Timestamp) -> Option<Problem> {
        let method = self.method.as_ref()?;
        if method.is_expired(now) {
            Some(Problem::Expired)
        } else if let Some(code) = &self.declined {
            Some(Problem::Declined(code.clone()))
        } else if method.needs_owner() {
            Some(Problem::NeedsOwner)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_338_000);

    fn card(id: &str, expires: (u16, u16)) -> StoredMethod {
        StoredMethod {
            id: PaymentMethodId::parse(id).unwrap(),
            kind: "card".to_owned(),
            brand: Some("visa".to_owned()),
            last4: Some("4242".to_owned()),
            expires: Some(expires),
            country: Some("US".to_owned()),
        }
    }

    /// Goal: another card, and the same one with another expiry, is tried once; the same one read
    /// again is not, whatever else about it changed.
    #[test]
    fn each_new_card_is_tried_once() {
        let first = OnFile::default().after(Some(card("pm_1", (2030, 1))), NOW).unwrap();
        let tried = first.tried(Some("insufficient_funds".to_owned()));
        let renewed = tried.after(Some(card("pm_1", (2034, 1))), NOW).unwrap();
        let mut moved = card("pm_1", (2030, 1));
        moved.country = Some("FR".to_owned());
        let moved = tried.after(Some(moved), NOW).unwrap();

        assert_eq!(first.untried().map(StoredMethod::key).as_deref(), Some("pm_1@2030-01"));
        assert_eq!(tried.after(Some(card("pm_1", (2030, 1))), NOW), None);
        assert_eq!((tried.untried(), moved.untried()), (None, None));
        assert!(renewed.untried().is_some() && renewed.declined.is_none());
        let removed = tried.after(None, NOW).unwrap();
        assert_eq!((removed.untried(), removed.problem(NOW)), (None, None));
        assert_eq!(OnFile::default().after(None, NOW), None);
    }

    /// Goal: a card's problem is said: expired, declined, or that its owner must be there.
    #[test]
    fn a_problem_is_said() {
        let on_file = |method| OnFile { method: Some(method), ..OnFile::default() };
        let this_month = on_file(card("pm_1", (2026, 11)));
        assert_eq!(this_month.problem(NOW), None, "good through its month");
        assert_eq!(on_file(card("pm_1", (2026, 10))).problem(NOW), Some(Problem::Expired));
        let declined = this_month.tried(Some("card_declined".to_owned()));
        assert_eq!(declined.problem(NOW), Some(Problem::Declined("card_declined".to_owned())));
        let mut indian = card("pm_2", (2030, 1));
        indian.country = Some("IN".to_owned());
        let indian = OnFile::default().after(Some(indian), NOW).unwrap();
        assert_eq!((indian.untried(), indian.problem(NOW)), (None, Some(Problem::NeedsOwner)));
    }
}
