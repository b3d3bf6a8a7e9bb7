//! Stripe's test cards and test payment methods (docs.stripe.com/testing): what each does when it
//! is attached, set up or charged.

mod debits;
mod declines;
mod table;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use debits::{Debit, DebitOutcome, by_iban, by_us_name};
pub use declines::Decline;
pub use table::TestCard;

use crate::payment_intents::Presence;

/// What a payment method does when it is attached or charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Behaviour {
    /// Every charge succeeds.
    Succeeds,
    /// It is declined wherever it is used, when it is attached too.
    Declines(Decline),
    /// It can be attached; every charge is declined.
    DeclinesCharges(Decline),
    /// The customer has to authenticate; charges are declined afterwards when there is a reason.
    Authenticates {
        /// At which payments.
        when: Authentication,
        /// Reason why the charge is declined nevertheless.
        then: Option<Decline>,
    },
    /// Every charge succeeds and is disputed.
    IsDisputed(DisputeKind),
    /// Refunds are pending at first.
    RefundsLater,
    /// Refunds fail after they seemed to succeed.
    RefundsFail,
    /// Charges without the customer need a mandate, which there is none of here.
    NeedsMandate,
    /// The outcome comes later.
    Debits(Debit),
}

/// At which payments the customer has to authenticate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Authentication {
    /// All.
    Always,
    /// Those with the customer, and those without until it is set up.
    UnlessSetUp,
    /// Those with the customer: it is set up already.
    OnSession,
}

/// How a charge is disputed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DisputeKind {
    /// As fraud.
    Fraudulent,
    /// As not received.
    NotReceived,
    /// As an inquiry, which takes no money.
    Inquiry,
}

/// What a payment comes to, as far as the payment method decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// The charge succeeds.
    Succeeds,
    /// The outcome comes later.
    Processes(Debit),
    /// The customer has to authenticate first.
    Authenticates,
    /// The charge is declined.
    Declines(Decline),
}

impl Behaviour {
    /// Reason why it cannot be attached.
    pub fn when_attached(self) -> Option<Decline> {
        match self {
            Self::Declines(decline) => Some(decline),
            Self::Succeeds
            | Self::DeclinesCharges(_)
            | Self::Authenticates { .. }
            | Self::IsDisputed(_)
            | Self::RefundsLater
            | Self::RefundsFail
            | Self::NeedsMandate
            | Self::Debits(_) => None,
        }
    }

    /// What setting it up comes to.
    pub fn when_set_up(self) -> Attempt {
        match self {
            Self::Declines(decline) => Attempt::Declines(decline),
            Self::Authenticates { .. } => Attempt::Authenticates,
            Self::Succeeds
            | Self::DeclinesCharges(_)
            | Self::IsDisputed(_)
            | Self::RefundsLater
            | Self::RefundsFail
            | Self::NeedsMandate
            | Self::Debits(_) => Attempt::Succeeds,
        }
    }

    /// What a charge comes to.
    pub fn when_charged(self, presence: Presence, set_up: bool) -> Attempt {
        let absent = presence == Presence::OffSession;
        match self {
            Self::Succeeds | Self::IsDisputed(_) | Self::RefundsLater | Self::RefundsFail => {
                Attempt::Succeeds
            }
            Self::Declines(decline) | Self::DeclinesCharges(decline) => Attempt::Declines(decline),
            Self::NeedsMandate if absent => Attempt::Declines(Decline::MandateRequired),
            Self::NeedsMandate => Attempt::Succeeds,
            Self::Debits(debit) => Attempt::Processes(debit),
            Self::Authenticates { when, then } => {
                let exempt = match when {
                    Authentication::Always => false,
                    Authentication::UnlessSetUp => absent && set_up,
                    Authentication::OnSession => absent,
                };
                match then {
                    _ if !exempt => Attempt::Authenticates,
                    Some(decline) => Attempt::Declines(decline),
                    None => Attempt::Succeeds,
                }
            }
        }
    }

    /// What a charge comes to when the customer has authenticated.
    pub fn when_authenticated(self) -> Attempt {
        match self {
            Self::Authenticates { then: Some(decline), .. }
            | Self::Declines(decline)
            | Self::DeclinesCharges(decline) => Attempt::Declines(decline),
            Self::Authenticates { then: None, .. }
            | Self::Succeeds
            | Self::IsDisputed(_)
            | Self::RefundsLater
            | Self::RefundsFail
            | Self::NeedsMandate => Attempt::Succeeds,
            Self::Debits(debit) => Attempt::Processes(debit),
        }
    }
}

/// The test card of a number without spaces.
pub fn by_number(number: &str) -> Option<&'static TestCard> {
    table::all().find(|card| card.number == number)
}

/// The test card whose name follows `pm_card_` or `tok_`.
pub fn by_name(name: &str) -> Option<&'static TestCard> {
    table::all().find(|card| card.names.contains(&name))
}

/// The brand of a number, by the digits that it begins with.
pub fn brand(number: &str) -> &'static str {
    let begins = |heads: &[&str]| heads.iter().any(|head| number.starts_with(head));
    if begins(&["4"]) {
        "visa"
    } else if begins(&["34", "37"]) {
        "amex"
    } else if begins(&["5", "22", "23", "24", "25", "26", "27"]) {
        "mastercard"
    } else if begins(&["62"]) {
        "unionpay"
    } else if begins(&["6"]) {
        "discover"
    } else if begins(&["35"]) {
        "jcb"
    } else {
        "diners"
    }
}

/// True if a number has the check digit of a card's.
pub fn has_check_digit(number: &str) -> bool {
    let digits: Option<Vec<u32>> = number.chars().map(|digit| digit.to_digit(10)).collect();
    let Some(digits) = digits.filter(|digits| (12..=19).contains(&digits.len())) else {
        return false;
    };
    let doubled = |digit: u32| {
        if digit > 4 { digit.saturating_mul(2).saturating_sub(9) } else { digit.saturating_mul(2) }
    };
    let rows = digits.iter().rev().enumerate();
    let sum: u32 =
        rows.map(|(place, digit)| if place % 2 == 1 { doubled(*digit) } else { *digit }).sum();
    sum.is_multiple_of(10)
}

/// What tells that two payment methods are the same card or account.
pub fn fingerprint(number: &str) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";
    let hash = Sha256::digest(number.as_bytes());
    let letters = hash.iter().take(16);
    let letters = letters.filter_map(|byte| ALPHABET.get(usize::from(byte % 32)));
    letters.map(|letter| char::from(*letter)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_test_card_is_a_card_number_of_its_own_with_names_of_its_own() {
        let (mut numbers, mut names) = (BTreeSet::new(), BTreeSet::new());
        for card in table::all() {
            assert!(has_check_digit(card.number), "{}", card.number);
            assert!(numbers.insert(card.number), "{}", card.number);
            for name in card.names {
                assert!(names.insert(*name), "{name}");
            }
        }
    }

    #[test]
    fn numbers_with_a_wrong_digit_or_length_are_no_card_numbers() {
        for number in ["4242424242424241", "4242", "42424242424242ab", ""] {
            assert!(!has_check_digit(number), "{number}");
        }
    }

    #[test]
    fn brands_follow_the_first_digits() {
        let cases = [
            ("visa", "visa"),
            ("mastercard", "mastercard"),
            ("amex", "amex"),
            ("discover", "discover"),
            ("diners", "diners"),
            ("jcb", "jcb"),
            ("unionpay", "unionpay"),
        ];
        for (name, expected) in cases {
            assert_eq!(brand(by_name(name).unwrap().number), expected);
        }
        assert_eq!(brand("2223003122003222"), "mastercard");
    }

    #[test]
    fn authentication_is_asked_for_when_stripes_table_says_so() {
        use Attempt::{Authenticates, Declines, Succeeds};
        use Presence::{OffSession, OnSession};
        let poor = Declines(Decline::InsufficientFunds);
        // Per card: with the customer; without, not set up; without, set up; and once
        // authenticated.
        let cases = [
            ("authenticationRequiredOnSetup", [Authenticates, Authenticates, Succeeds, Succeeds]),
            ("authenticationRequired", [Authenticates, Authenticates, Authenticates, Succeeds]),
            (
                "authenticationRequiredSetupForOffSession",
                [Authenticates, Succeeds, Succeeds, Succeeds],
            ),
            (
                "authenticationRequiredChargeDeclinedInsufficientFunds",
                [Authenticates, Authenticates, poor, poor],
            ),
            ("threeDSecure2Required", [Authenticates, Authenticates, Authenticates, Succeeds]),
            ("visa", [Succeeds; 4]),
        ];
        for (name, expected) in cases {
            let behaviour = by_name(name).unwrap().behaviour;
            let comes_to = [
                behaviour.when_charged(OnSession, false),
                behaviour.when_charged(OffSession, false),
                behaviour.when_charged(OffSession, true),
                behaviour.when_authenticated(),
            ];
            assert_eq!(comes_to, expected, "{name}");
        }
    }

    #[test]
    fn an_indian_card_is_declined_without_its_customer() {
        let behaviour = by_name("in").unwrap().behaviour;
        assert_eq!(behaviour.when_charged(Presence::OnSession, false), Attempt::Succeeds);
        let declined = Attempt::Declines(Decline::MandateRequired);
        assert_eq!(behaviour.when_charged(Presence::OffSession, true), declined);
    }

    #[test]
    fn one_number_has_one_fingerprint() {
        assert_eq!(fingerprint("4242424242424242"), fingerprint("4242424242424242"));
        assert_ne!(fingerprint("4242424242424242"), fingerprint("4000056655665556"));
        assert_eq!(fingerprint("4242424242424242").len(), 16);
    }
}
