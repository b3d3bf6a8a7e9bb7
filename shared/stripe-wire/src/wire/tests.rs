//! Events as a sender would post them: bytes in, a fact or a reason out.

use billing::fact::{
    CreditNoteSnapshot, CustomerSnapshot, InvoiceSnapshot, News, SubscriptionSnapshot,
};
use serde_json::{Value, json};

use super::*;

mod amounts;
mod envelope;
mod hostile;
mod invoices;
mod others;
mod payments;
mod versions;
mod words;

const CREATED: i64 = 1_796_086_863;

/// An event around an object.
fn event(event_type: &str, object: &Value) -> Value {
    json!({
        "id": "evt_1", "object": "event", "type": event_type, "created": CREATED,
        "livemode": false, "api_version": "2026-09-30.endive", "data": {"object": object},
        "pending_webhooks": 1, "request": {"id": null, "idempotency_key": null},
    })
}

/// An open invoice of 119.00 EUR for a subscription's renewal, in the newest shape.
fn invoice() -> Value {
    json!({
        "id": "in_1", "object": "invoice", "customer": "cus_1", "currency": "eur", "status": "open",
        "collection_method": "send_invoice", "billing_reason": "subscription_cycle",
        "parent": {
            "type": "subscription_details", "quote_details": null,
            "subscription_details": {"metadata": {}, "subscription": "sub_1"},
        },
        "number": "ACME-0017", "created": 1_796_083_260_i64,
        "status_transitions": {
            "finalized_at": 1_796_086_860_i64, "marked_uncollectible_at": null, "paid_at": null,
            "voided_at": null,
        },
        "due_date": 1_797_296_460_i64, "total": 11_900, "amount_due": 10_900, "amount_paid": 0,
        "amount_remaining": 10_900, "pre_payment_credit_notes_amount": 1_000,
        "attempted": true, "attempt_count": 2, "next_payment_attempt": 1_796_346_060_i64,
        "hosted_invoice_url": "https://invoice.example/in_1",
        "invoice_pdf": "https://invoice.example/in_1/pdf",
        "lines": {"object": "list", "data": [{"id": "il_1", "amount": 10_000}]},
    })
}

/// A credit note of 20.00 EUR, half before and half after payment, in the newest shape.
fn credit_note() -> Value {
    json!({
        "id": "cn_1", "object": "credit_note", "customer": "cus_1", "invoice": "in_1",
        "currency": "eur", "status": "issued", "type": "mixed", "amount": 2_000,
        "pre_payment_amount": 1_000, "post_payment_amount": 1_000, "reason": "order_change",
    })
}

/// A subscription to five seats of the team plan, in the newest shape.
fn subscription() -> Value {
    json!({
        "id": "sub_1", "object": "subscription", "customer": "cus_1", "created": 1_790_000_000_i64,
        "status": "active", "metadata": {}, "cancel_at": null, "cancel_at_period_end": false,
        "latest_invoice": "in_1", "pending_update": null,
        "billing_cycle_anchor": {"type": "timestamp"},
        "items": {"object": "list", "data": [{
            "id": "si_1", "quantity": 5,
            "current_period_start": 1_796_083_200_i64, "current_period_end": 1_798_761_600_i64,
            "price": {
                "id": "price_1", "lookup_key": "team_monthly",
                "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"},
            },
        }]},
    })
}

/// A customer with an address and credit.
fn customer() -> Value {
    json!({
        "id": "cus_1", "object": "customer", "name": "Acme \u{1F680} GmbH",
        "email": "billing@acme.example", "balance": -500, "currency": "eur",
        "address": {
            "line1": "Domstraße 1", "line2": null, "postal_code": "50668", "city": "Köln",
            "state": null, "country": "DE",
        },
    })
}

/// The object with some of its fields set.
fn with(mut object: Value, fields: Value) -> Value {
    let Value::Object(fields) = fields else {
        panic!("{fields} has no fields");
    };
    object.as_object_mut().unwrap().extend(fields);
    object
}

/// The object without one of its fields.
fn without(mut object: Value, field: &str) -> Value {
    object.as_object_mut().unwrap().remove(field).unwrap();
    object
}

fn parse_value(event: &Value) -> Result<Parsed, ParseError> {
    parse(event.to_string().as_bytes())
}

fn fact(event_type: &str, object: &Value) -> Fact {
    match parse_value(&event(event_type, object)).unwrap() {
        Parsed::Fact { fact, .. } => fact,
        other @ (Parsed::Payment { .. }
        | Parsed::Thin(_)
        | Parsed::WithoutCustomer(_)
        | Parsed::Unused(_)) => panic!("{other:?} is no fact of a customer's"),
    }
}

/// Reason why the event is unreadable, as the dead letter will say it.
fn reason(event_type: &str, object: &Value) -> String {
    reason_of(&event(event_type, object).to_string())
}

fn reason_of(body: &str) -> String {
    match parse(body.as_bytes()) {
        Err(ParseError::Unreadable { reason, .. }) => reason.to_string(),
        other => panic!("{body:.200} gave {other:?}"),
    }
}

fn invoice_in(event_type: &str, object: &Value) -> InvoiceSnapshot {
    let told = fact(event_type, object);
    let News::Invoice { snapshot, .. } = told.news else {
        panic!("{told:?} is not an invoice");
    };
    snapshot
}

fn credit_note_in(event_type: &str, object: &Value) -> CreditNoteSnapshot {
    let told = fact(event_type, object);
    let News::CreditNote(snapshot) = told.news else {
        panic!("{told:?} is not a credit note");
    };
    snapshot
}

fn subscription_in(event_type: &str, object: &Value) -> SubscriptionSnapshot {
    let told = fact(event_type, object);
    let News::Subscription(snapshot) = told.news else {
        panic!("{told:?} is not a subscription");
    };
    snapshot
}

fn customer_in(object: &Value) -> CustomerSnapshot {
    let told = fact("customer.updated", object);
    let News::CustomerUpdated(snapshot) = told.news else {
        panic!("{told:?} is not a customer");
    };
    snapshot
}
