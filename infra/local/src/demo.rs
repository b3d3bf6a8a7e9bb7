//! Demo data: a handful of accounts, made as a vendor and Stripe would make them, through the front
//! door. The clock starts in the past and moves from event to event up to today, so that each is told
//! at its time.

use billing::time::{DAY_SECONDS, Timestamp};
use http::Method;
use serde_json::{Value, json};
use tracing::warn;

use crate::running::Running;

/// The shape in which the demo's events are written.
const API_VERSION: &str = "2026-09-30.endive";

/// The account that `/_local/info` names: overdue, so that there is something to see.
pub const ACCOUNT: &str = "cobalt-media";

/// Id, name and country of each account.
const ACCOUNTS: [(&str, &str, &str); 6] = [
    ("acme-robotics", "Acme Robotics", "DE"),
    ("birch-labs", "Birch Labs", "SE"),
    (ACCOUNT, "Cobalt Media", "FR"),
    ("dune-travel", "Dune Travel", "ES"),
    ("ember-studio", "Ember Studio", "NL"),
    ("fjord-health", "Fjord Health", "DK"),
];

/// How long ago the history begins, in seconds.
pub const HISTORY_SECONDS: i64 = DAY_SECONDS * 75;

/// Makes accounts and events, from the clock's time up to today. What fails is logged and left out: the cloud is of use without it.
pub async fn fill(cloud: &Running, today: Timestamp) {
    for (id, name, country) in ACCOUNTS {
        let email = format!("billing@{id}.example");
        let details = json!({ "name": name, "email": email, "address": { "country": country } });
        if let Err(error) = cloud.put_customer(&customer(id), &details) {
            warn!("the demo account {id} has no customer at Stripe: {error:?}");
        }
        let account = json!({
            "id": id,
            "name": name,
            "email": email,
            "country": country,
            "stripe_customer_id": customer(id),
            "members": [{
                "id": "finance", "email": format!("finance@{id}.example"), "role": "finance",
            }],
        });
        let (status, answer) =
            cloud.call(cloud.vendor_key(), Method::POST, "/v1/accounts", &account).await;
        if status != 201 {
            warn!("the demo account {id} was answered {status}: {answer}");
        }
    }
    for (at, event) in events(today) {
        cloud.clock().advance_to(at).await;
        let (status, answer) = cloud.post_event(&event).await;
        if status != 200 {
            let id = event.get("id").and_then(Value::as_str).unwrap_or_default();
            warn!("the demo event {id} was answered {status}: {answer}");
        }
    }
    cloud.clock().advance_to(today).await;
}

fn customer(account: &str) -> String {
    format!("cus_demo_{}", account.replace('-', "_"))
}

/// What happened so far, oldest first, each with its time.
fn events(now: Timestamp) -> Vec<(Timestamp, Value)> {
    let mut told = Vec::new();
    paid_every_month(&mut told, now);
    open_until_its_due_date(&mut told, now);
    failed_a_few_days_ago(&mut told, now);
    failed_twice_long_ago(&mut told, now);
    credited_after_it_failed(&mut told, now);
    told.sort_by_key(|(at, _)| *at);
    told
}

fn paid_every_month(told: &mut Vec<(Timestamp, Value)>, now: Timestamp) {
    let bill = Bill::new("acme-robotics", "acme", 360_000);
    told.push(subscription(&bill, before(now, 70), before(now, 10), 12));
    for (nth, days) in [(1, 70), (2, 40), (3, 10)] {
        let at = before(now, days);
        let bill = Bill { nth, ..bill };
        told.push(bill.finalized(at, None));
        told.push(bill.paid(at, at.plus_seconds(3_900)));
    }
}

fn open_until_its_due_date(told: &mut Vec<(Timestamp, Value)>, now: Timestamp) {
    let due = now.plus_seconds(DAY_SECONDS.saturating_mul(25));
    told.push(Bill::new("birch-labs", "birch", 1_240_000).finalized(before(now, 5), Some(due)));
}

fn failed_a_few_days_ago(told: &mut Vec<(Timestamp, Value)>, now: Timestamp) {
    let bill = Bill::new(ACCOUNT, "cobalt", 49_000);
    told.push(subscription(&bill, before(now, 36), before(now, 6), 5));
    let first = before(now, 36);
    told.push(bill.finalized(first, None));
    told.push(bill.paid(first, first.plus_seconds(3_700)));
    let second = Bill { nth: 2, ..bill };
    told.push(second.finalized(before(now, 6), None));
    told.push(second.failed(before(now, 6), before(now, 5)));
}

fn failed_twice_long_ago(told: &mut Vec<(Timestamp, Value)>, now: Timestamp) {
    let bill = Bill::new("dune-travel", "dune", 99_000);
    for (nth, days) in [(1, 50), (2, 20)] {
        let bill = Bill { nth, ..bill };
        told.push(bill.finalized(before(now, days), None));
        told.push(bill.failed(before(now, days), before(now, days).plus_seconds(3_800)));
    }
}

fn credited_after_it_failed(told: &mut Vec<(Timestamp, Value)>, now: Timestamp) {
    let bill = Bill::new("ember-studio", "ember", 24_900);
    told.push(bill.finalized(before(now, 30), None));
    told.push(bill.failed(before(now, 30), before(now, 29)));
    told.push(bill.credited(before(now, 2)));
}

fn before(now: Timestamp, days: i64) -> Timestamp {
    now.plus_seconds(DAY_SECONDS.saturating_mul(days).saturating_neg())
}

/// An invoice in the demo.
#[derive(Debug, Clone, Copy)]
struct Bill<'a> {
    account: &'a str,
    short: &'a str,
    nth: u32,
    total: i64,
}

impl<'a> Bill<'a> {
    fn new(account: &'a str, short: &'a str, total: i64) -> Self {
        Self { account, short, nth: 1, total }
    }

    fn id(&self) -> String {
        format!("in_demo_{}_{}", self.short, self.nth)
    }

    /// As it stands open and untried.
    fn object(&self, created: Timestamp, due: Option<Timestamp>) -> Value {
        let collection = if due.is_some() { "send_invoice" } else { "charge_automatically" };
        let hosted = format!("https://invoice.stripe.com/i/{}", self.id());
        json!({
            "id": self.id(),
            "object": "invoice",
            "customer": customer(self.account),
            "number": format!("{}-{:04}", self.short.to_uppercase(), self.nth),
            "status": "open",
            "currency": "eur",
            "collection_method": collection,
            "billing_reason": if due.is_some() { "manual" } else { "subscription_cycle" },
            "created": created.0,
            "due_date": due.map(|due| due.0),
            "subtotal": self.total,
            "total": self.total,
            "amount_due": self.total,
            "amount_paid": 0,
            "amount_remaining": self.total,
            "pre_payment_credit_notes_amount": 0,
            "post_payment_credit_notes_amount": 0,
            "attempted": false,
            "attempt_count": 0,
            "next_payment_attempt": null,
            "status_transitions": {
                "finalized_at": created.0,
                "marked_uncollectible_at": null,
                "paid_at": null,
                "voided_at": null,
            },
            "parent": self.parent(due.is_none()),
            "hosted_invoice_url": hosted,
            "invoice_pdf": format!("{hosted}/pdf"),
            "livemode": false,
        })
    }

    fn parent(&self, by_subscription: bool) -> Value {
        if !by_subscription {
            return Value::Null;
        }
        json!({
            "type": "subscription_details",
            "subscription_details": { "subscription": format!("sub_demo_{}", self.short) },
        })
    }

    fn event(&self, at: Timestamp, kind: &str, object: &Value) -> (Timestamp, Value) {
        let name = format!("{}_{}", self.id(), kind.replace('.', "_"));
        event(&name, at, kind, object)
    }

    fn finalized(&self, at: Timestamp, due: Option<Timestamp>) -> (Timestamp, Value) {
        self.event(at, "invoice.finalized", &self.object(at, due))
    }

    fn paid(&self, created: Timestamp, at: Timestamp) -> (Timestamp, Value) {
        let object = with(
            self.object(created, None),
            json!({
                "status": "paid",
                "amount_paid": self.total,
                "amount_remaining": 0,
                "attempted": true,
                "attempt_count": 1,
                "status_transitions": {
                    "finalized_at": created.0,
                    "marked_uncollectible_at": null,
                    "paid_at": at.0,
                    "voided_at": null,
                },
            }),
        );
        self.event(at, "invoice.paid", &object)
    }

    fn failed(&self, created: Timestamp, at: Timestamp) -> (Timestamp, Value) {
        let again = at.plus_seconds(DAY_SECONDS.saturating_mul(3));
        let object = with(
            self.object(created, None),
            json!({
                "attempted": true,
                "attempt_count": 1,
                "next_payment_attempt": again.0,
            }),
        );
        self.event(at, "invoice.payment_failed", &object)
    }

    /// A credit note over the whole of it.
    fn credited(&self, at: Timestamp) -> (Timestamp, Value) {
        let note = json!({
            "id": format!("cn_demo_{}_{}", self.short, self.nth),
            "object": "credit_note",
            "customer": customer(self.account),
            "invoice": self.id(),
            "currency": "eur",
            "status": "issued",
            "type": "pre_payment",
            "reason": "product_unsatisfactory",
            "amount": self.total,
            "total": self.total,
            "pre_payment_amount": self.total,
            "post_payment_amount": 0,
            "out_of_band_amount": 0,
            "refunds": [],
            "created": at.0,
            "livemode": false,
        });
        self.event(at, "credit_note.created", &note)
    }
}

fn subscription(
    bill: &Bill<'_>,
    created: Timestamp,
    start: Timestamp,
    seats: u32,
) -> (Timestamp, Value) {
    let end = start.plus_seconds(DAY_SECONDS.saturating_mul(30));
    let object = json!({
        "id": format!("sub_demo_{}", bill.short),
        "object": "subscription",
        "customer": customer(bill.account),
        "status": "active",
        "created": created.0,
        "start_date": created.0,
        "currency": "eur",
        "collection_method": "charge_automatically",
        "cancel_at_period_end": false,
        "cancel_at": null,
        "canceled_at": null,
        "ended_at": null,
        "trial_end": null,
        "latest_invoice": bill.id(),
        "metadata": { "plan": "team" },
        "items": { "object": "list", "has_more": false, "data": [{
            "id": format!("si_demo_{}", bill.short),
            "object": "subscription_item",
            "quantity": seats,
            "current_period_start": start.0,
            "current_period_end": end.0,
            "price": {
                "id": "price_demo_team_month",
                "object": "price",
                "lookup_key": "team",
                "recurring": { "interval": "month", "interval_count": 1, "usage_type": "licensed" },
            },
        }]},
        "livemode": false,
    });
    let name = format!("sub_demo_{}_created", bill.short);
    event(&name, created, "customer.subscription.created", &object)
}

fn event(name: &str, at: Timestamp, kind: &str, object: &Value) -> (Timestamp, Value) {
    let event = json!({
        "id": format!("evt_{name}"),
        "object": "event",
        "api_version": API_VERSION,
        "created": at.0,
        "type": kind,
        "livemode": false,
        "pending_webhooks": 1,
        "request": { "id": null, "idempotency_key": null },
        "data": { "object": object },
    });
    (at, event)
}

/// The same object with some fields replaced.
fn with(mut object: Value, fields: Value) -> Value {
    if let (Some(object), Value::Object(fields)) = (object.as_object_mut(), fields) {
        object.extend(fields);
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_have_ids_of_their_own_and_come_in_order() {
        let today = Timestamp::parse("2026-11-22T12:00:00Z").unwrap();
        let events = events(today);
        let ids: std::collections::BTreeSet<_> =
            events.iter().map(|(_, event)| event["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), events.len());
        assert!(events.is_sorted_by_key(|(at, _)| *at));
        let first = today.plus_seconds(-HISTORY_SECONDS);
        assert!(events.iter().all(|(at, _)| (first..=today).contains(at)));
    }
}
