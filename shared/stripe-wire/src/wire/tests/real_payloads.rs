//! Payloads that Stripe wrote: a walk over a directory that does not belong to this project.
//!
//! `STRIPE_EVENTS_DIR` names it: `events-2020/*.json` are whole events, and
//! `objects-2026/fixtures3.json` has one object of each kind (from stripe/openapi), which is posted
//! here as the object of every event type. When the variable is not set there is nothing to walk.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says where the payloads are")]
fn directory() -> Option<PathBuf> {
    let directory = std::env::var("STRIPE_EVENTS_DIR").ok().map(PathBuf::from);
    if directory.is_none() {
        eprintln!("STRIPE_EVENTS_DIR is not set: no payload of Stripe's own is read");
    }
    directory
}

/// Which events gave a fact, were unused and were unreadable.
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
            Ok(Parsed::Unused(_)) => self.unused.push(name.to_owned()),
            Err(ParseError::Unreadable { reason, .. }) => {
                assert!(reason.to_string().contains('`'), "{name} names no field: {reason}");
                self.unreadable.push(name.to_owned());
            }
            Err(error) => panic!("{name}: {error}"),
        }
    }
}

#[test]
fn every_event_of_2020_is_read() {
    let Some(directory) = directory() else { return };
    let mut tally = Tally::default();
    for entry in fs::read_dir(directory.join("events-2020")).unwrap() {
        let path = entry.unwrap().path();
        tally.read(&path.display().to_string(), &fs::read(&path).unwrap());
    }
    tally.print();
    assert!(!tally.facts.is_empty(), "{tally:?}");
    assert!(tally.unreadable.is_empty(), "{tally:?}");
}

#[test]
fn every_object_of_2026_is_read_or_refused_in_every_event() {
    let Some(directory) = directory() else { return };
    let objects = objects(&directory.join("objects-2026/fixtures3.json"));
    let mut tally = Tally::default();
    for (name, object) in &objects {
        for event_type in EventType::ALL {
            let body = event(event_type.as_str(), object).to_string();
            tally.read(name, body.as_bytes());
        }
    }
    tally.print();
    // What is left of a deleted tax id names no customer, like one of the account at Stripe itself; and of what may be about
    // a payment, none is about one for credits.
    let not_ours = ["deleted_tax_id", "checkout.session", "payment_intent", "refund", "dispute"];
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
        fact(event_type, &objects[name]);
    }
    let ours = json!({
        "customer": "cus_1", "metadata": {PURCHASE_METADATA: "buy_1"}, "payment_intent": "pi_1",
        "amount_subtotal": 500, "amount_total": 595, "currency": "eur",
    });
    for (name, event_type) in [
        ("checkout.session", "checkout.session.completed"),
        ("payment_intent", "payment_intent.succeeded"),
        ("refund", "refund.created"),
        ("dispute", "charge.dispute.created"),
    ] {
        payments::news(event_type, &with(objects[name].clone(), ours.clone()));
    }
}

fn objects(path: &Path) -> serde_json::Map<String, Value> {
    let mut file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let Value::Object(objects) = file["resources"].take() else {
        panic!("{} has no resources", path.display());
    };
    objects
}
