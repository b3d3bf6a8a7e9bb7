//! Ids in the body of a message. The rest of a body is not read: it may name people.

use billing::dead_letter::{LetterKind, LetterSubject, is_letter_id};
use billing::ids::AccountId;
use serde_json::Value;

/// Longest id or word that is taken from a body, in characters.
const CHARACTERS_MAX: usize = 100;

/// Kind of a message, by the name that its body begins with.
const KINDS: [(&str, LetterKind); 14] = [
    ("account", LetterKind::Account),
    ("method", LetterKind::Account),
    ("payment", LetterKind::Account),
    ("check", LetterKind::Account),
    ("deliver", LetterKind::Account),
    ("payer", LetterKind::Month),
    ("page", LetterKind::Page),
    ("sweep", LetterKind::Page),
    ("events", LetterKind::Page),
    ("accounts", LetterKind::Page),
    ("change", LetterKind::PriceChange),
    ("again", LetterKind::Mail),
    ("fact", LetterKind::Fact),
    ("unreadable", LetterKind::UnreadableEvent),
];

/// Subject of a letter, and Stripe's id of the customer that a fact names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) subject: LetterSubject,
    pub(crate) customer: Option<String>,
}

/// Reads the ids in a body.
pub(crate) fn read(body: &str) -> Read {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let letter = body.get("letter");
    let (kind, content) = match letter {
        // A fact about a payment is `payment` too, and no message of collections.
        Some(letter) if letter.get("payment").is_some() => (LetterKind::Payment, None),
        Some(letter) => kind(letter),
        None => kind(&body),
    };

    let account = content.and_then(account);
    let subject = LetterSubject {
        kind,
        account: account.and_then(|id| AccountId::parse(id).ok()),
        event: word(body.pointer("/event/id")),
        event_type: word(body.pointer("/event/type")),
        earlier: word(body.get("letter_id")).filter(|id| is_letter_id(id)),
    };
    Read { subject, customer: word(body.pointer("/letter/fact/customer")) }
}

fn kind(message: &Value) -> (LetterKind, Option<&Value>) {
    let found = KINDS.iter().find_map(|(name, kind)| Some((*kind, message.get(*name)?)));
    found.map_or((LetterKind::Unknown, None), |(kind, content)| (kind, Some(content)))
}

/// The account that a message is, or has.
fn account(content: &Value) -> Option<&str> {
    content.as_str().or_else(|| content.get("account")?.as_str())
}

fn word(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?;
    Some(text.chars().take(CHARACTERS_MAX).collect())
}

#[cfg(test)]
mod tests {
    use billing::ids::EndpointId;
    use billing::time::Timestamp;
    use queue::account::CollectionsMessage;
    use queue::alert::{AlertCheck, AlertMessage};
    use queue::bills::{BillMessage, Payer};
    use queue::delivery::DeliveryMessage;
    use queue::notify::{MailAgain, NotifyMessage, PendingAccount};
    use queue::price_change::PriceMessage;
    use queue::reconcile::{AccountsPage, ReconcileMessage};
    use queue::{Envelope, EventRef, Letter, Message, Page, Unreadable};
    use serde::Serialize;

    use super::*;

    fn of(message: impl Serialize) -> (LetterKind, Option<String>) {
        let body = serde_json::to_string(&Envelope::dead(message, "wrong")).unwrap();
        let subject = read(&body).subject;
        (subject.kind, subject.account.map(|id| id.to_string()))
    }

    /// Goal: each kind of message is known, with its account; what is none of ours is unknown.
    #[test]
    fn messages_are_known_by_their_ids() {
        let acme = || AccountId::parse("acme").unwrap();
        let named = |kind| (kind, Some("acme".to_owned()));
        assert_eq!(of(CollectionsMessage::Account(acme())), named(LetterKind::Account));
        assert_eq!(of(CollectionsMessage::Method(acme())), named(LetterKind::Account));
        let check =
            AlertCheck { account: acme(), month: "2026-11".into(), walked_at: Timestamp(1) };
        assert_eq!(of(AlertMessage::Check(check)), named(LetterKind::Account));
        let payer = Payer { account: acme(), month: "2026-11".into() };
        assert_eq!(of(BillMessage::Payer(payer)), named(LetterKind::Month));
        let pending = PendingAccount { account: acme(), since: Timestamp(1) };
        assert_eq!(of(NotifyMessage::Account(pending)), named(LetterKind::Account));
        let again = MailAgain { account: acme(), mail: "m".into() };
        assert_eq!(of(NotifyMessage::Again(again)), named(LetterKind::Mail));
        assert_eq!(of(PriceMessage::Change("pc_1".into())).0, LetterKind::PriceChange);
        let page = Page::first(1, Timestamp(1));
        assert_eq!(of(CollectionsMessage::Page(page)), (LetterKind::Page, None));
        let accounts = ReconcileMessage::Accounts(AccountsPage::default());
        assert_eq!(of(accounts), (LetterKind::Page, None));
        let endpoint = EndpointId::parse("backend").unwrap();
        assert_eq!(of(DeliveryMessage::deliver((endpoint, acme()))), named(LetterKind::Account));
        assert_eq!(of(DeliveryMessage::Sweep {}), (LetterKind::Page, None));
        for body in ["", "{}", "[]", "\"x\"", "{\"this\":\"is no message\"}"] {
            assert_eq!(read(body).subject.kind, LetterKind::Unknown, "{body}");
        }
    }

    /// Goal: a fact's letter has the event, the customer and the earlier letter; an unreadable
    /// event is told from a fact.
    #[test]
    fn a_fact_has_its_event_and_its_customer() {
        let fact = r#"{"event":{"id":"evt_1","type":"invoice.paid"},"letter":{"fact":{"customer":
            "cus_acme"}},"letter_id":"dl_1"}"#;
        let Read { subject, customer } = read(fact);
        assert_eq!((subject.kind, customer.as_deref()), (LetterKind::Fact, Some("cus_acme")));
        assert_eq!(subject.event.as_deref(), Some("evt_1"));
        assert_eq!(subject.event_type.as_deref(), Some("invoice.paid"));
        assert_eq!(subject.earlier.as_deref(), Some("dl_1"));

        let event = EventRef { id: "evt_1".into(), r#type: "invoice.paid".into() };
        let letter = Letter::Unreadable(Unreadable::of(b"{"));
        let unreadable = Message::new(event, Timestamp(1), letter);
        assert_eq!(of(unreadable).0, LetterKind::UnreadableEvent);
        assert_eq!(read(r#"{"letter":{"payment":{}}}"#).subject.kind, LetterKind::Payment);
    }
}
