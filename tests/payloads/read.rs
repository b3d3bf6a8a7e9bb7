//! Payloads read as facts: every event is, and every object in an event of its type.

use serde_json::{Value, json};
use stripe_wire::event_type::EventType;
use stripe_wire::wire::{
    PURCHASE_METADATA, ParseError, Parsed, parse, read_object, read_payment_object,
};

use crate::{events, objects};

/// Names of events that gave a fact, were unused and were unreadable.
#[derive(Debug, Default)]
struct Tally {
    facts: Vec<String>,
    unused: Vec<String>,
    unreadable: Vec<String>,
}

impl Tally {
    fn print(&self) {
        let [facts, unused, unreadable] =
            [&self.facts, &self.unused, &self.unreadable].map(Vec::len);
        eprintln!("{facts} facts, {unused} unused, {unreadable} unreadable");
    }

    fn read(&mut self, name: &str, body: &[u8]) {
        match parse(body) {
            Ok(Parsed::Fact { .. } | Parsed::Payment { .. }) => self.facts.push(name.to_owned()),
            Ok(Parsed::Unused(_) | Parsed::Thin(_) | Parsed::WithoutCustomer(_)) => {
                self.unused.push(name.to_owned());
            }
            Err(ParseError::Unreadable { reason, .. }) => {
                assert!(reason.to_string().contains('`'), "{name} names no field: {reason}");
                self.unreadable.push(name.to_owned());
            }
            Err(error) => panic!("{name}: {error}"),
        }
    }
}

/// An event around an object.
fn event(event_type: &str, object: &Value) -> String {
    let event = json!({
        "id": "evt_1", "object": "event", "type": event_type, "created": 1_796_086_863,
        "livemode": false, "api_version": "2026-09-30.endive", "data": { "object": object },
        "pending_webhooks": 1, "request": { "id": null, "idempotency_key": null },
    });
    event.to_string()
}

/// Reads an object in an event and as an answer of Stripe's API: both say the same fact.
fn says_the_same(event_type: &str, object: &Value) {
    let (text, name) = (object.to_string(), event_type);
    match parse(event(event_type, object).as_bytes()).unwrap() {
        Parsed::Fact { event, fact } => {
            let read = read_object(event.event_type, &text, event.created).unwrap();
            assert_eq!(read, fact, "{name}");
        }
        Parsed::Payment { event, fact } => {
            let EventType::Payment(kind) = event.event_type else { panic!("{event:?}") };
            let read = read_payment_object(kind, &text, event.created).unwrap();
            assert_eq!(read, Some(fact), "{name}");
        }
        Parsed::Unused(head) | Parsed::Thin(head) | Parsed::WithoutCustomer(head) => {
            panic!("{name} is not used: {head:?}")
        }
    }
}

/// Goal: every whole event can be read.
#[test]
fn every_event_of_2020_is_read() {
    let mut tally = Tally::default();

    for (name, body) in events() {
        tally.read(&name, &body);
    }

    tally.print();
    assert!(!tally.facts.is_empty(), "{tally:?}");
    assert!(tally.unreadable.is_empty(), "{tally:?}");
}

/// Goal: every object is read in its own event, and read or refused by the name of a field in all
/// others.
#[test]
fn every_object_of_2026_is_read_or_refused_in_every_event() {
    let objects = objects();
    let mut tally = Tally::default();

    for (name, object) in &objects {
        for event_type in EventType::ALL {
            tally.read(name, event(event_type.as_str(), object).as_bytes());
        }
    }

    tally.print();
    // A deleted tax id and the rest of a deleted invoice name no customer, like a tax id of the
    // account at Stripe itself and a payment method that nobody keeps; and none of the objects of
    // payments is about credits.
    let not_ours = [
        "deleted_tax_id",
        "deleted_invoice",
        "payment_method",
        "checkout.session",
        "payment_intent",
        "refund",
        "dispute",
    ];
    tally.unused.retain(|name| !not_ours.contains(&name.as_str()));
    assert!(tally.unused.is_empty(), "{:?}", tally.unused);
    for (name, event_type) in [
        ("invoice", "invoice.created"),
        ("credit_note", "credit_note.created"),
        ("subscription", "customer.subscription.updated"),
        ("customer", "customer.updated"),
        ("deleted_customer", "customer.deleted"),
        ("tax_id", "customer.tax_id.created"),
    ] {
        says_the_same(event_type, &objects[name]);
    }
    for (name, event_type) in [
        ("checkout.session", "checkout.session.completed"),
        ("payment_intent", "payment_intent.succeeded"),
        ("refund", "refund.created"),
        ("dispute", "charge.dispute.created"),
    ] {
        let mut ours = objects[name].clone();
        for (field, value) in [
            ("customer", json!("cus_1")),
            ("metadata", json!({ PURCHASE_METADATA: "buy_1" })),
            ("payment_intent", json!("pi_1")),
            ("amount_subtotal", json!(500)),
            ("amount_total", json!(595)),
            ("currency", json!("eur")),
        ] {
            ours[field] = value;
        }
        says_the_same(event_type, &ours);
    }
}
