//! Stripe's events, made from whole payloads of the pinned API version.

use serde_json::{Value, json};

/// The API version of the payloads.
pub const API_VERSION: &str = "2026-09-30.endive";

const INVOICE: &str = include_str!("../fixtures/invoice.2026-09-30.endive.json");
const CREDIT_NOTE: &str = include_str!("../fixtures/credit_note.2026-09-30.endive.json");
const SUBSCRIPTION: &str = include_str!("../fixtures/subscription.2026-09-30.endive.json");
const CUSTOMER: &str = include_str!("../fixtures/customer.2026-09-30.endive.json");

fn payload(text: &str) -> Value {
    serde_json::from_str(text).expect("a fixture is JSON")
}

/// An event about an object.
pub fn event(id: &str, kind: &str, created: i64, object: &Value) -> Value {
    json!({
        "id": id,
        "object": "event",
        "api_version": API_VERSION,
        "created": created,
        "data": { "object": object },
        "livemode": false,
        "pending_webhooks": 1,
        "request": { "id": null, "idempotency_key": null },
        "type": kind,
    })
}

/// An invoice that goes through its life; each call makes the event of one step.
#[derive(Clone)]
pub struct Invoice {
    pub object: Value,
}

impl Invoice {
    /// A renewal of so many cents, charged automatically, finalized at that time.
    pub fn automatic(id: &str, customer: &str, cents: i64, finalized: i64) -> Self {
        let mut object = payload(INVOICE);
        object["id"] = json!(id);
        object["customer"] = json!(customer);
        object["created"] = json!(finalized - 3600);
        object["number"] = json!(format!("N-{id}"));
        object["status_transitions"]["finalized_at"] = json!(finalized);
        for field in ["amount_due", "amount_remaining", "subtotal", "total"] {
            object[field] = json!(cents);
        }
        Self { object }
    }

    /// An invoice that is sent and due at that time.
    pub fn sent(id: &str, customer: &str, cents: i64, finalized: i64, due: i64) -> Self {
        let mut invoice = Self::automatic(id, customer, cents, finalized);
        invoice.object["collection_method"] = json!("send_invoice");
        invoice.object["due_date"] = json!(due);
        invoice
    }

    /// With one field of the payload changed.
    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.object[field] = value;
        self
    }

    fn id(&self) -> &str {
        self.object["id"].as_str().expect("an id")
    }

    fn step(&self, kind: &str, at: i64) -> Value {
        let id = format!("evt_{}_{}_{at}", self.id(), kind.replace('.', "_"));
        event(&id, kind, at, &self.object)
    }

    pub fn drafted(&self, at: i64) -> Value {
        let mut draft = self.clone();
        draft.object["status"] = json!("draft");
        draft.object["number"] = Value::Null;
        draft.object["status_transitions"]["finalized_at"] = Value::Null;
        draft.step("invoice.created", at)
    }

    pub fn deleted(&self, at: i64) -> Value {
        let mut draft = self.clone();
        draft.object["status"] = json!("draft");
        draft.object["number"] = Value::Null;
        draft.step("invoice.deleted", at)
    }

    pub fn finalized(&self, at: i64) -> Value {
        self.step("invoice.finalized", at)
    }

    pub fn updated(&self, at: i64) -> Value {
        self.step("invoice.updated", at)
    }

    pub fn payment_failed(&self, at: i64) -> Value {
        let mut failed = self.clone();
        failed.object["attempted"] = json!(true);
        failed.object["attempt_count"] = json!(1);
        failed.object["next_payment_attempt"] = json!(at + 3 * 86_400);
        failed.step("invoice.payment_failed", at)
    }

    fn settled(&self, at: i64) -> Self {
        let mut paid = self.clone();
        paid.object["status"] = json!("paid");
        paid.object["attempted"] = json!(true);
        paid.object["amount_paid"] = paid.object["amount_due"].clone();
        paid.object["amount_remaining"] = json!(0);
        paid.object["status_transitions"]["paid_at"] = json!(at);
        paid
    }

    pub fn paid(&self, at: i64) -> Value {
        self.settled(at).step("invoice.paid", at)
    }

    pub fn payment_succeeded(&self, at: i64) -> Value {
        self.settled(at).step("invoice.payment_succeeded", at)
    }

    /// Paid by bank transfer: no attempt was made.
    pub fn paid_out_of_band(&self, at: i64) -> Value {
        let mut paid = self.settled(at);
        paid.object["attempted"] = json!(false);
        paid.step("invoice.paid", at)
    }

    pub fn voided(&self, at: i64) -> Value {
        let mut void = self.clone();
        void.object["status"] = json!("void");
        void.object["status_transitions"]["voided_at"] = json!(at);
        void.step("invoice.voided", at)
    }

    pub fn uncollectible(&self, at: i64) -> Value {
        let mut given_up = self.clone();
        given_up.object["status"] = json!("uncollectible");
        given_up.step("invoice.marked_uncollectible", at)
    }

    /// A credit note before payment of so many cents.
    pub fn credit_note(&self, id: &str, kind: &str, cents: i64, at: i64) -> Value {
        let mut note = payload(CREDIT_NOTE);
        note["id"] = json!(id);
        note["invoice"] = self.object["id"].clone();
        note["customer"] = self.object["customer"].clone();
        note["currency"] = self.object["currency"].clone();
        for field in ["amount", "pre_payment_amount", "subtotal", "total"] {
            note[field] = json!(cents);
        }
        if kind == "credit_note.voided" {
            note["status"] = json!("void");
        }
        event(&format!("evt_{id}_{at}_{}", kind.replace('.', "_")), kind, at, &note)
    }
}

/// A subscription's event.
pub fn subscription(kind: &str, customer: &str, at: i64, change: impl FnOnce(&mut Value)) -> Value {
    let mut object = payload(SUBSCRIPTION);
    object["customer"] = json!(customer);
    change(&mut object);
    let id = object["id"].as_str().expect("an id").to_owned();
    let name = kind.rsplit('.').next().unwrap_or_default();
    event(&format!("evt_{id}_{name}_{at}"), kind, at, &object)
}

/// A customer's event.
pub fn customer(kind: &str, customer: &str, at: i64, change: impl FnOnce(&mut Value)) -> Value {
    let mut object = payload(CUSTOMER);
    object["id"] = json!(customer);
    change(&mut object);
    event(&format!("evt_{customer}_{}_{at}", kind.replace('.', "_")), kind, at, &object)
}
