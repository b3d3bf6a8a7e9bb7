//! Dead letters: messages that no retry could help, kept for staff until one of them sends each on
//! its way again, or dismisses it (E10).
//!
//! A letter that is redriven and dies again is a letter of its own, which names the earlier one.

use crate::ids::AccountId;
use crate::journal::Actor;
use crate::time::{DAY_SECONDS, Timestamp};
use crate::words::Word;

/// Time for which a letter is kept after its end, in seconds. An open letter is kept until it ends.
pub const KEPT_SECONDS: i64 = 90 * DAY_SECONDS;

/// Queue that a letter came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceQueue {
    /// Facts that could not be applied yet.
    Retry,
    /// Accounts with something to be done at Stripe.
    Collections,
    /// Accounts whose auto-recharge is swept.
    Recharge,
    /// Months to be closed and invoiced.
    Invoice,
    /// Price changes.
    PriceChange,
    /// Alerts to be checked.
    Alert,
    /// Books to be compared with Stripe.
    Reconcile,
    /// Records to be mailed.
    Notify,
    /// Records to be published as events.
    Event,
    /// Events to be delivered to endpoints.
    Delivery,
}

impl Word for SourceQueue {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Retry, "retry"),
        (Self::Collections, "collections"),
        (Self::Recharge, "recharge"),
        (Self::Invoice, "invoice"),
        (Self::PriceChange, "price_change"),
        (Self::Alert, "alert"),
        (Self::Reconcile, "reconcile"),
        (Self::Notify, "notify"),
        (Self::Event, "event"),
        (Self::Delivery, "delivery"),
    ];
}

/// Kind of a letter's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterKind {
    /// A fact of Stripe about a customer.
    Fact,
    /// A fact of Stripe about a payment.
    Payment,
    /// The beginning of an event of Stripe that cannot be read.
    UnreadableEvent,
    /// An account.
    Account,
    /// A month of a payer.
    Month,
    /// A page of a walk through all accounts.
    Page,
    /// A price change.
    PriceChange,
    /// A mail that was asked for once more.
    Mail,
    /// A message of another shape: of another version, or none of ours.
    Unknown,
}

impl Word for LetterKind {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Fact, "fact"),
        (Self::Payment, "payment"),
        (Self::UnreadableEvent, "unreadable_event"),
        (Self::Account, "account"),
        (Self::Month, "month"),
        (Self::Page, "page"),
        (Self::PriceChange, "price_change"),
        (Self::Mail, "mail"),
        (Self::Unknown, "unknown"),
    ];
}

/// Ids that the message of a letter names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterSubject {
    /// Kind of the message.
    pub kind: LetterKind,
    /// Account.
    pub account: Option<AccountId>,
    /// Stripe's id of the event that brought it.
    pub event: Option<String>,
    /// Type of that event.
    pub event_type: Option<String>,
    /// Earlier letter that was redriven and died again.
    pub earlier: Option<String>,
}

/// A dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Version of the item that it was read from; 0 where there is none yet.
    pub version: u64,
    /// Id, made of SQS's id of the message: a message that comes twice is one letter.
    pub id: String,
    /// Queue that it came from; none for a queue that is not known.
    pub queue: Option<SourceQueue>,
    /// Ids that it names.
    pub subject: LetterSubject,
    /// Reason; none for a message that SQS itself gave up.
    pub reason: Option<String>,
    /// Receives after which SQS gave it up; none for a message that a function gave up.
    pub receives: Option<u32>,
    /// Time at which it died, or was first seen dead.
    pub died_at: Timestamp,
    /// Body of the message, for redriving; none behind the letter's end. It may name people and is
    /// never shown.
    pub body: Option<String>,
    /// End of the letter; none while it is open.
    pub ended: Option<Ended>,
}

/// Way in which a letter ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterEnd {
    /// The message was sent to its queue again.
    Redriven,
    /// Nothing is sent: what the message was for is done otherwise, or not wanted.
    Dismissed,
}

impl Word for LetterEnd {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Redriven, "redriven"), (Self::Dismissed, "dismissed")];
}

/// End of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Way.
    pub how: LetterEnd,
    /// Time.
    pub at: Timestamp,
    /// Id of the person's key.
    pub by: String,
    /// Name of the person.
    pub name: String,
    /// Reason that the person gave.
    pub reason: String,
    /// Fingerprint of the request that ended it, if it had an Idempotency-Key.
    pub request: Option<String>,
}

/// Letters that are listed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterList {
    /// Letters that wait for staff.
    Open,
    /// Letters that were redriven or dismissed.
    Closed,
}

impl Word for LetterList {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Open, "open"), (Self::Closed, "closed")];
}

/// Request of a person to end a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedEnd {
    /// Way.
    pub how: LetterEnd,
    /// Reason.
    pub reason: String,
    /// Fingerprint of the request, if it has an Idempotency-Key.
    pub request: Option<String>,
}

/// Reason not to end a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LetterRefusal {
    /// There is no such letter.
    Unknown,
    /// The letter was redriven or dismissed before.
    Ended(Ended),
    /// Only the beginning of the event is kept: it is sent again from Stripe.
    EventIncomplete,
    /// The queue that it came from is not known.
    QueueUnknown,
}

/// Decision on a request to end a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndDecision {
    /// The same request ended it before: nothing is done.
    Found,
    /// The body is sent to the queue, and then the letter is kept as it is then.
    Send(SourceQueue, String, DeadLetter),
    /// Nothing is sent; the letter is kept as it is then.
    Keep(DeadLetter),
}

impl DeadLetter {
    /// True while it waits for staff.
    pub fn is_open(&self) -> bool {
        self.ended.is_none()
    }

    /// The list that it stands in.
    pub fn list(&self) -> LetterList {
        if self.is_open() { LetterList::Open } else { LetterList::Closed }
    }

    /// Place of the letter in its list.
    pub fn position(&self) -> String {
        format!("{}#{}", self.died_at, self.id)
    }

    /// Moment from which nothing of the letter is kept; none while it is open.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.ended.as_ref().map(|ended| ended.at.plus_seconds(KEPT_SECONDS))
    }

    /// True if the message can be sent again as it was.
    pub fn can_be_redriven(&self) -> bool {
        self.is_open()
            && self.subject.kind != LetterKind::UnreadableEvent
            && self.queue.is_some()
            && self.body.is_some()
    }

    /// Decides what a request to end the letter does. Its body ends with it.
    ///
    /// # Errors
    /// [`LetterRefusal`].
    pub fn end(
        &self,
        asked: &AskedEnd,
        actor: Option<&Actor>,
        now: Timestamp,
    ) -> Result<EndDecision, LetterRefusal> {
        if let Some(ended) = &self.ended {
            let is_same = asked.request.is_some() && asked.request == ended.request;
            return if is_same {
                Ok(EndDecision::Found)
            } else {
                Err(LetterRefusal::Ended(ended.clone()))
            };
        }

        let ended = Ended {
            how: asked.how,
            at: now,
            by: actor.map(|it| it.id.clone()).unwrap_or_default(),
            name: actor.map(|it| it.label().to_owned()).unwrap_or_default(),
            reason: asked.reason.clone(),
            request: asked.request.clone(),
        };
        let after = Self { ended: Some(ended), body: None, ..self.clone() };
        match asked.how {
            LetterEnd::Dismissed => Ok(EndDecision::Keep(after)),
            LetterEnd::Redriven if self.subject.kind == LetterKind::UnreadableEvent => {
                Err(LetterRefusal::EventIncomplete)
            }
            LetterEnd::Redriven => match (self.queue, &self.body) {
                (Some(queue), Some(body)) => Ok(EndDecision::Send(queue, body.clone(), after)),
                (None, _) | (_, None) => Err(LetterRefusal::QueueUnknown),
            },
        }
    }
}

/// The place of a letter in its list, of such a text.
pub fn is_position(text: &str) -> bool {
    let parts = text.split_once('#');
    parts.is_some_and(|(at, id)| Timestamp::parse(at).is_ok() && is_letter_id(id))
}

/// True for a text that may be the id of a letter.
pub fn is_letter_id(text: &str) -> bool {
    const CHARACTERS_MAX: usize = 64;
    let of_an_id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !text.is_empty() && text.len() <= CHARACTERS_MAX && text.bytes().all(of_an_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::ActorKind;

    const NOW: Timestamp = Timestamp(1_000);

    fn letter(kind: LetterKind, queue: Option<SourceQueue>) -> DeadLetter {
        let subject = LetterSubject {
            kind,
            account: AccountId::parse("acme").ok(),
            event: None,
            event_type: None,
            earlier: None,
        };
        DeadLetter {
            version: 1,
            id: "dl_1".to_owned(),
            queue,
            subject,
            reason: None,
            receives: Some(400),
            died_at: Timestamp(900),
            body: Some("{}".to_owned()),
            ended: None,
        }
    }

    fn asked(how: LetterEnd, request: &str) -> AskedEnd {
        AskedEnd { how, reason: "mended".to_owned(), request: Some(request.to_owned()) }
    }

    fn ada() -> Actor {
        Actor { kind: ActorKind::Staff, id: "key-1".to_owned(), name: "Ada".to_owned() }
    }

    /// Goal: a letter ends once: the same request finds that, and another one hears who was faster.
    #[test]
    fn a_letter_ends_once() {
        let open = letter(LetterKind::Account, Some(SourceQueue::Collections));
        let redrive = asked(LetterEnd::Redriven, "r1");
        let Ok(EndDecision::Send(queue, body, ended)) = open.end(&redrive, Some(&ada()), NOW)
        else {
            panic!("it is sent");
        };
        assert_eq!((queue, body.as_str()), (SourceQueue::Collections, "{}"));
        assert_eq!((ended.body.as_deref(), ended.list()), (None, LetterList::Closed));
        assert_eq!(ended.expires_at(), Some(NOW.plus_seconds(KEPT_SECONDS)));

        assert_eq!(ended.end(&redrive, Some(&ada()), NOW), Ok(EndDecision::Found));
        let other = ended.end(&asked(LetterEnd::Dismissed, "r2"), Some(&ada()), NOW);
        let Err(LetterRefusal::Ended(first)) = other else { panic!("{other:?}") };
        assert_eq!((first.name.as_str(), first.how), ("Ada", LetterEnd::Redriven));
    }

    /// Goal: what cannot be sent as it was is refused, and can be dismissed.
    #[test]
    fn an_incomplete_event_is_only_dismissed() {
        let unreadable = letter(LetterKind::UnreadableEvent, Some(SourceQueue::Retry));
        let lost = letter(LetterKind::Unknown, None);
        let redrive = asked(LetterEnd::Redriven, "r1");
        assert_eq!(unreadable.end(&redrive, None, NOW), Err(LetterRefusal::EventIncomplete));
        assert_eq!(lost.end(&redrive, None, NOW), Err(LetterRefusal::QueueUnknown));
        for it in [unreadable, lost] {
            assert!(!it.can_be_redriven());
            let dismissed = it.end(&asked(LetterEnd::Dismissed, "r1"), None, NOW);
            assert!(matches!(dismissed, Ok(EndDecision::Keep(_))), "{dismissed:?}");
        }
    }

    /// Goal: a place in the list is known from any other text.
    #[test]
    fn a_position_is_known() {
        let open = letter(LetterKind::Page, None);
        assert!(open.is_open() && is_position(&open.position()));
        for wrong in ["", "x", "soon#dl_1", "2026-11-22T09:00:00Z#", "2026-11-22T09:00:00Z#a/b"] {
            assert!(!is_position(wrong), "{wrong}");
        }
    }
}
