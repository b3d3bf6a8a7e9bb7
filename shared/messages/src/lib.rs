//! Sentences that people read, made of codes and values: the journal's, and those of refusals.
//!
//! The API, pages and mails word a fact through this crate, so that they word it alike. Codes and
//! values come from `billing`; a language is one file with one function for each sentence.

mod english;
mod guide;
mod outcome;
pub mod page;
mod wording;

use billing::advice::TransferRefusal;
use billing::alerts::AlertRefusal;
use billing::announcement::{PriceChangeRefusal, WrongAnnouncement};
use billing::api_key::KeyRefusal;
use billing::attempt::NoAttempt;
use billing::cancellation::BlockerRefusal;
use billing::crediting::NoteRefusal;
use billing::dead_letter::{DeadLetter, Ended, LetterKind, LetterRefusal, SourceQueue};
use billing::details::DetailsRefusal;
use billing::events::{AddressFault, EndpointRefusal};
use billing::family::FamilyRefusal;
use billing::ids::AccountId;
use billing::journal::Entry;
use billing::member::MemberRefusal;
use billing::opening::{Left, OpeningRefusal, RefusedField};
use billing::paying::NotPayable;
use billing::receipt::Receipt;
use billing::usage::correction::CorrectionRefusal;

pub use guide::Guide;
pub use wording::Wording;

/// Language of sentences.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
}

impl Language {
    /// Guide to each code of a problem, in order of the codes.
    pub fn guides(self) -> Vec<(&'static str, Guide)> {
        let mut guides = match self {
            Self::English => [
                english::problems::GUIDES,
                english::problems::endpoints::GUIDES,
                english::problems::families::GUIDES,
                english::problems::staff::GUIDES,
                english::problems::people::GUIDES,
            ]
            .concat(),
        };
        guides.sort_unstable_by_key(|(code, _)| *code);
        guides
    }

    /// An entry of the journal.
    pub fn entry(self, entry: &Entry) -> String {
        match self {
            Self::English => english::entry(entry),
        }
    }

    /// Reason why the threshold of an alert is not accepted.
    pub fn alert_refused(self, refusal: &AlertRefusal) -> String {
        match self {
            Self::English => english::alert_refused(refusal),
        }
    }

    /// Reason why an account is not opened.
    pub fn opening_refused(self, refusal: &OpeningRefusal) -> String {
        match self {
            Self::English => english::opening_refused(refusal),
        }
    }

    /// Reason why something about sub-accounts is refused to their parent.
    pub fn family_refused(self, refusal: &FamilyRefusal) -> Wording {
        match self {
            Self::English => english::family::refused(refusal),
        }
    }

    /// Stripe did not answer, and the same request does the rest.
    pub fn stripe_unanswered(self, left: Left, account: &AccountId) -> String {
        match self {
            Self::English => english::stripe_unanswered(left, account),
        }
    }

    /// Reason why billing details are not changed.
    pub fn details_refused(self, refusal: &DetailsRefusal) -> String {
        match self {
            Self::English => english::details_refused(refusal),
        }
    }

    /// Stripe refuses something, in its own words.
    pub fn refused_by_stripe(self, refused: &RefusedField) -> String {
        match self {
            Self::English => english::refused_by_stripe(refused),
        }
    }

    /// Reason why a member is not saved or removed, and the way to clear it.
    pub fn member_refused(self, refusal: MemberRefusal) -> Wording {
        match self {
            Self::English => english::member_refused(refusal),
        }
    }

    /// Reason why a blocker is not reported.
    pub fn blocker_refused(self, refusal: BlockerRefusal) -> String {
        match self {
            Self::English => english::blocker_refused(refusal),
        }
    }

    /// Reason why something about a transfer is refused, and the way to clear it.
    pub fn transfer_refused(self, refusal: &TransferRefusal) -> Wording {
        match self {
            Self::English => english::transfer_refused(refusal),
        }
    }

    /// Reason why counted usage is not corrected, and the way to clear it.
    pub fn correction_refused(self, refusal: &CorrectionRefusal, account: &AccountId) -> Wording {
        match self {
            Self::English => english::corrections::refused(refusal, account),
        }
    }

    /// Reason why a dead letter is not redriven or dismissed, and the way to clear it.
    pub fn letter_refused(self, refusal: &LetterRefusal) -> Wording {
        match self {
            Self::English => english::letters::refused(refusal),
        }
    }

    /// End of a dead letter, by whom and when.
    pub fn letter_ended(self, ended: &Ended) -> String {
        match self {
            Self::English => english::letters::ended_by(ended),
        }
    }

    /// Refusal to a person when another one ended the letter meanwhile.
    pub fn letter_ended_meanwhile(self, ended: &Ended) -> String {
        match self {
            Self::English => english::letters::meanwhile(ended),
        }
    }

    /// Reason why a dead letter died, in plain words.
    pub fn letter_reason(self, letter: &DeadLetter) -> String {
        match self {
            Self::English => english::letters::reason(letter),
        }
    }

    /// Kind of the message of a dead letter from a queue, in plain words.
    pub fn letter_kind(self, kind: LetterKind, queue: Option<SourceQueue>) -> &'static str {
        match self {
            Self::English => english::letters::kind(kind, queue),
        }
    }

    /// Reason why a credit note is not given, and the way to clear it.
    pub fn note_refused(self, refusal: &NoteRefusal) -> Wording {
        match self {
            Self::English => english::notes::refused(refusal),
        }
    }

    /// The receipt of a prepayment, by its number: it is no tax invoice (A14).
    pub fn prepayment_receipt(self, number: &str, receipt: &Receipt) -> String {
        match self {
            Self::English => english::transfers::receipt(number, receipt),
        }
    }

    /// Reason why a key is not made or deleted.
    pub fn key_refused(self, refusal: &KeyRefusal) -> String {
        match self {
            Self::English => english::key_refused(refusal),
        }
    }

    /// Reason why a command on endpoints is refused.
    pub fn endpoint_refused(self, refusal: &EndpointRefusal) -> String {
        match self {
            Self::English => english::endpoints::refused(refusal),
        }
    }

    /// Reason why the address of an endpoint is refused.
    pub fn address_refused(self, fault: AddressFault) -> String {
        match self {
            Self::English => english::endpoints::address(fault),
        }
    }

    /// A payment was declined with that code.
    pub fn declined(self, code: &str) -> String {
        match self {
            Self::English => english::payments::declined(code),
        }
    }

    /// What a new payment method is used for, and that it may take some time (A11).
    pub fn new_method(self) -> &'static str {
        match self {
            Self::English => english::payments::NEW_METHOD,
        }
    }

    /// Reason why Stripe makes no further attempt to collect an invoice, and the way to pay it.
    pub fn no_attempt(self, reason: NoAttempt) -> Wording {
        match self {
            Self::English => english::payments::no_attempt(reason),
        }
    }

    /// Reason why nothing can be paid of an invoice, and what follows.
    pub fn not_payable(self, why: NotPayable) -> Wording {
        match self {
            Self::English => english::payments::not_payable(why),
        }
    }

    /// Reason why a price change is not announced or withdrawn.
    pub fn price_change_refused(self, refusal: &PriceChangeRefusal) -> String {
        match self {
            Self::English => english::prices::price_change_refused(refusal),
        }
    }

    /// A field of a price change that is wrong.
    pub fn wrong_announcement(self, wrong: &WrongAnnouncement) -> String {
        match self {
            Self::English => english::prices::wrong_announcement(wrong),
        }
    }
}
