use std::collections::BTreeSet;

use super::*;
use crate::journal::KINDS;
use crate::journal::disputes::DisputeEvent;
use crate::money::{Currency, Money};
use crate::time::Timestamp;

/// Kinds of entries that have no event, whatever they say.
const WITHOUT: [Kind; 10] = [
    Kind::CreditNoteGiven,
    Kind::BlockerReported,
    Kind::BlockerCleared,
    Kind::FactRefused,
    Kind::RestBilled,
    Kind::RestNotInvoiced,
    Kind::Invoice(InvoiceEvent::Deleted),
    Kind::Transfer(TransferEvent::Replaced),
    Kind::Transfer(TransferEvent::Received),
    Kind::Transfer(TransferEvent::Reserved),
];

fn kinds() -> Vec<Kind> {
    let kinds = KINDS.iter().map(|(kind, _)| *kind);
    let kinds = kinds.chain(CreditsEvent::WORDS.iter().map(|(it, _)| Kind::Credits(*it)));
    let kinds = kinds.chain(DisputeEvent::WORDS.iter().map(|(it, _)| Kind::Dispute(*it)));
    let kinds = kinds.chain(AlertEvent::WORDS.iter().map(|(it, _)| Kind::Alert(*it)));
    let kinds = kinds.chain(FamilyEvent::WORDS.iter().map(|(it, _)| Kind::Family(*it)));
    kinds.chain(TransferEvent::WORDS.iter().map(|(it, _)| Kind::Transfer(*it))).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "an entry has no value, or one")]
fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.to_owned()))
}

fn entry(kind: Kind) -> Entry {
    Entry::new(Timestamp(1), kind, Some("x"))
}

fn type_of(entry: &Entry) -> &'static str {
    EventType::of(entry).map_or("none", EventType::as_str)
}

/// Goal: each kind of entry has a type of the contract or is known to have none, and each type is
/// one that an entry can have.
#[test]
fn every_kind_has_a_type_or_none() {
    let mut seen = BTreeSet::new();
    let paid = (text("open"), text("paid"));
    let statuses = [(None, None), (None, text("active")), (text("active"), text("canceled")), paid];
    for kind in kinds() {
        let plain = entry(kind).with("seats", None, Some(Value::Number(2)));
        let mut variants =
            vec![plain.clone(), entry(kind).with("period_end", text("a"), text("b"))];
        for (before, after) in statuses.clone() {
            variants.push(plain.clone().with("status", before, after));
        }
        for name in ["role", "processing_since", "renewals", "ends_at"] {
            variants.push(entry(kind).with(name, None, text("x")));
            variants.push(entry(kind).with(name, text("x"), None));
        }
        variants.push(plain.with("state", text("active"), text("terminated")));
        let types: BTreeSet<_> = variants.iter().filter_map(EventType::of).collect();
        assert_eq!(types.is_empty(), WITHOUT.contains(&kind), "{}", kind.as_str());
        seen.extend(types);
    }
    assert_eq!(seen, EventType::all().collect(), "types that no entry has");
    assert_eq!(EventType::all().count(), TYPES.len());
}

/// Goal: an entry that says several things has the type that a reader would give it.
#[test]
fn types_follow_from_what_changed() {
    let changed = |field: &str, before, after| {
        type_of(&entry(Kind::SubscriptionChanged).with(field, before, after))
    };
    assert_eq!(changed("status", None, text("active")), "subscription.started");
    assert_eq!(changed("status", None, text("incomplete")), "subscription.updated");
    assert_eq!(changed("status", text("past_due"), text("active")), "subscription.updated");
    assert_eq!(changed("status", text("active"), text("canceled")), "subscription.ended");
    assert_eq!(changed("period_end", text("a"), text("b")), "subscription.renewed");
    assert_eq!(changed("ends_at", None, text("b")), "subscription.cancel_booked");
    assert_eq!(changed("ends_at", text("b"), None), "subscription.cancel_undone");
    assert_eq!(changed("renewals", None, text("paused")), "subscription.paused");
    assert_eq!(changed("renewals", text("paused"), None), "subscription.resumed");
    assert_eq!(changed("uncertain", None, text("read it at Stripe")), "none");

    let invoice =
        |event, before, after| type_of(&entry(Kind::Invoice(event)).with("status", before, after));
    let (open, paid) = (text("open"), text("paid"));
    for event in [InvoiceEvent::Paid, InvoiceEvent::PaymentSucceeded, InvoiceEvent::Updated] {
        assert_eq!(invoice(event, open.clone(), paid.clone()), "invoice.paid");
        assert_eq!(invoice(event, None, None), "none", "said before");
    }
    assert_eq!(invoice(InvoiceEvent::Created, None, text("draft")), "none");
    let attempts = Some(Value::Number(2));
    let counted = entry(Kind::Invoice(InvoiceEvent::Updated)).with("attempt_count", None, attempts);
    assert_eq!(type_of(&counted), "none");
}

/// Goal: an event shows no address, no link, nothing of the books' own work, and no sum where a
/// parent pays.
#[test]
fn changes_show_nothing_private_and_no_sum_of_a_parents() {
    let sum = Some(Value::Money(Money::new(100, Currency::parse("eur").unwrap())));
    let changed = entry(Kind::DetailsChanged)
        .with("email", text("a@b.example"), text("c@d.example"))
        .with("country", text("DE"), text("FR"))
        .with("page", None, text("https://pay.example/secret"))
        .with("uncertain", None, text("read it at Stripe"))
        .with("amount", None, sum.clone());

    let shown = changed.changes_out(Pricing::Priced);
    let unpriced = changed.changes_out(Pricing::Unpriced);

    let shown: Vec<_> = shown.into_iter().map(|it| (it.field, it.before, it.after)).collect();
    let private = ("email".to_owned(), None, None);
    let country = ("country".to_owned(), text("DE"), text("FR"));
    let page = ("page".to_owned(), None, None);
    assert_eq!(shown, [private, country, page, ("amount".to_owned(), None, sum)]);
    assert_eq!(unpriced.iter().filter(|it| it.field == "amount").count(), 0);
    assert_eq!(unpriced.len(), 3);
}
