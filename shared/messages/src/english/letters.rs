//! Refusals about dead letters, and words for their messages.

use billing::dead_letter::{DeadLetter, Ended, LetterEnd, LetterKind, LetterRefusal, SourceQueue};

use super::values::instant;
use crate::wording::Wording;

/// Reason why a letter is not redriven or dismissed, and the way to clear it.
pub(crate) fn refused(refusal: &LetterRefusal) -> Wording {
    let (detail, clears_by) = match refusal {
        LetterRefusal::Unknown => ("There is no such dead letter.".to_owned(), "Naming another."),
        LetterRefusal::Ended(ended) => (
            format!("{} Nothing more was done.", ended_by(ended)),
            "Nothing: look whether the message dies again.",
        ),
        LetterRefusal::EventIncomplete => (
            "Only the beginning of this event is kept, so it cannot be redriven.".to_owned(),
            "Sending the event again from Stripe, and dismissing the letter.",
        ),
        LetterRefusal::QueueUnknown => (
            "The queue that this message came from is not known here.".to_owned(),
            "Dismissing the letter.",
        ),
    };
    Wording { detail, clears_by: clears_by.to_owned() }
}

/// End of a letter, by whom and when.
pub(crate) fn ended_by(ended: &Ended) -> String {
    let (name, at) = (&ended.name, instant(ended.at));
    match ended.how {
        LetterEnd::Redriven => format!("{name} redrove this letter on {at}."),
        LetterEnd::Dismissed => format!("{name} dismissed this letter on {at}."),
    }
}

/// Refusal to the person who was slower.
pub(crate) fn meanwhile(ended: &Ended) -> String {
    let (name, at) = (&ended.name, instant(ended.at));
    let what = match ended.how {
        LetterEnd::Redriven => "redriven",
        LetterEnd::Dismissed => "dismissed",
    };
    format!("Done meanwhile by {name}: this letter was {what} on {at}. Nothing more was done.")
}

/// Reason why a letter died, in plain words. The reason that its function gave stands beside it.
pub(crate) fn reason(letter: &DeadLetter) -> String {
    match (letter.subject.kind, &letter.reason, letter.receives) {
        (LetterKind::UnreadableEvent, ..) => {
            "Stripe sent something in a shape that is not known here.".to_owned()
        }
        (LetterKind::Unknown, ..) => "It is of another version, or it is none of ours.".to_owned(),
        (_, Some(_), _) => "No retry could help.".to_owned(),
        (_, None, Some(receives)) => format!(
            "It was taken {receives} times, and each time its function crashed or ran out of time."
        ),
        (_, None, None) => "Its function crashed or ran out of time, again and again.".to_owned(),
    }
}

/// Kind of a message, in plain words.
pub(crate) fn kind(kind: LetterKind, queue: Option<SourceQueue>) -> &'static str {
    match (kind, queue) {
        (LetterKind::Fact, _) => "A fact of Stripe about a customer",
        (LetterKind::Payment, _) => "A fact of Stripe about a payment",
        (LetterKind::UnreadableEvent, _) => "An event of Stripe that cannot be read",
        (LetterKind::Month, _) => "A month to be invoiced",
        (LetterKind::PriceChange, _) => "A price change",
        (LetterKind::Mail, _) => "A mail to be sent again",
        (LetterKind::Page, _) => "A part of a walk through all accounts",
        (LetterKind::Account, Some(SourceQueue::Collections)) => "Work at Stripe for an account",
        (LetterKind::Account, Some(SourceQueue::Recharge)) => "An account's auto-recharge",
        (LetterKind::Account, Some(SourceQueue::Alert)) => "An account's alert",
        (LetterKind::Account, Some(SourceQueue::Notify)) => "An account's mails",
        (LetterKind::Account, Some(SourceQueue::Event)) => "An account's events",
        (LetterKind::Account, Some(SourceQueue::Delivery)) => "An account's events to an endpoint",
        (LetterKind::Account, Some(SourceQueue::PriceChange)) => "A price change of an account",
        (LetterKind::Account, Some(SourceQueue::Reconcile)) => "An account compared with Stripe",
        (LetterKind::Account, Some(SourceQueue::Retry | SourceQueue::Invoice) | None) => {
            "Work for an account"
        }
        (LetterKind::Unknown, _) => "A message that cannot be read",
    }
}
