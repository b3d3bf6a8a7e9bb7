//! Invoices (docs.stripe.com/api/invoices): from draft to paid, void or uncollectible.

use billing::time::Timestamp;
use serde_json::{Map, Value, json};

use crate::error::ApiError;
use crate::metadata::Metadata;
use crate::payment_intents::Payment;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// What it answers.
pub const ROUTES: &[Route] = &[];

/// Where an invoice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvoiceStatus {
    /// It can still be changed.
    Draft,
    /// It is to be paid.
    Open,
    /// It is paid.
    Paid,
    /// It never was.
    Void,
    /// It will not be paid, probably.
    Uncollectible,
}

/// How an invoice is collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collection {
    /// The payment method on file is charged.
    Automatic,
    /// The customer pays by a date: so many days after it became final.
    Send {
        /// Days.
        days_until_due: i64,
    },
}

/// An invoice.
#[derive(Debug, Clone)]
pub struct Invoice {
    /// `in_...`
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Whose.
    pub customer: String,
    /// ISO 4217, lower case.
    pub currency: String,
    /// Where it stands.
    pub status: InvoiceStatus,
    /// Stripe's `billing_reason`.
    pub billing_reason: &'static str,
    /// How it is collected.
    pub collection: Collection,
    /// Whether Stripe makes it final and collects it by itself.
    pub auto_advance: bool,
    /// The subscription that made it.
    pub subscription: Option<String>,
    /// Its lines.
    pub lines: Vec<Line>,
    /// What was due when it became final, before payments and credit notes, in minor units.
    pub due_at_finalization: i64,
    /// Paid so far, in minor units.
    pub amount_paid: i64,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
    /// What it only repeats.
    pub told: Map<String, Value>,
}

/// A line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// `il_...`
    pub id: String,
    /// Minor units; negative for what is credited.
    pub amount: i64,
    /// For people.
    pub description: String,
    /// How many units; none for what has no price.
    pub quantity: Option<i64>,
    /// What it is for: from and to.
    pub period: (Timestamp, Timestamp),
    /// The price.
    pub price: Option<String>,
    /// The invoice item that it came from.
    pub invoice_item: Option<String>,
    /// The subscription that it is for.
    pub subscription: Option<String>,
    /// Its item, which is the line's parent when there is no invoice item.
    pub subscription_item: Option<String>,
    /// Whether it adjusts what was billed before.
    pub proration: bool,
    /// For a credit, the lines that it takes back: invoice and line id.
    pub credited: Vec<(String, String)>,
    /// Its own tax rates; the invoice's where there are none.
    pub tax_rates: Vec<String>,
    /// Keys and texts.
    pub metadata: Metadata,
}

/// An invoice to be made.
#[derive(Debug, Clone)]
pub struct NewInvoice {
    /// Whose.
    pub customer: String,
    /// ISO 4217, lower case.
    pub currency: String,
    /// Stripe's `billing_reason`.
    pub billing_reason: &'static str,
    /// How it is collected.
    pub collection: Collection,
    /// Whether Stripe makes it final and collects it by itself.
    pub auto_advance: bool,
    /// The subscription that makes it.
    pub subscription: Option<String>,
    /// Lines that no invoice item stands for; their ids are given when it is made.
    pub lines: Vec<Line>,
    /// Pending invoice items that it takes with it.
    pub items: Vec<String>,
    /// `period_start` and `period_end`.
    pub period: (Timestamp, Timestamp),
    /// The payment method that it is to be paid with, before the subscription's and the customer's.
    pub default_payment_method: Option<String>,
    /// Tax rates for lines that have none of their own.
    pub default_tax_rates: Vec<String>,
    /// Whether its payment decides on a pending update of its subscription.
    pub pending_update: bool,
    /// Keys and texts.
    pub metadata: Metadata,
    /// What it only repeats: description, footer and the like.
    pub told: Map<String, Value>,
}

impl Object for Invoice {
    const KIND: &'static str = "invoice";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, _stripe: &Stripe) -> Value {
        json!({ "id": self.id })
    }
}

/// Makes a draft; `invoice.created` is told. With `auto_advance` it becomes final by itself an hour later,
/// unless [`finalize`] comes first. Answers with its id.
pub fn create(stripe: &mut Stripe, new: NewInvoice) -> String {
    let _ = (stripe, new);
    String::new()
}

/// The invoice that [`create`] would make, as `create_preview` shows it: nothing is kept. Its id begins with
/// `upcoming_in_`.
pub fn preview(stripe: &Stripe, new: &NewInvoice) -> Value {
    let _ = (stripe, new);
    Value::Null
}

/// Makes a draft final: number, balance applied, payment intent, due date. An invoice with nothing due is
/// paid at once. With automatic collection and `auto_advance` nothing is charged here: see [`collect`].
pub fn finalize(stripe: &mut Stripe, id: &str) -> Result<(), ApiError> {
    let _ = stripe;
    Err(ApiError::not_found("invoice", id))
}

/// Charges an open invoice with the payment method that it, its subscription or its customer has, off
/// session. A failure is counted and the next try put down by the retry schedule.
pub fn collect(stripe: &mut Stripe, id: &str) -> Payment {
    let _ = (stripe, id);
    Payment::Canceled
}

/// Makes an open or uncollectible invoice void: its balance goes back, its payment intent is cancelled.
pub fn void(stripe: &mut Stripe, id: &str) -> Result<(), ApiError> {
    let _ = stripe;
    Err(ApiError::not_found("invoice", id))
}

/// Something became of a payment intent that pays an invoice: the only place where a payment makes an
/// invoice paid, and where `invoice.paid`, `.payment_failed` and `.payment_action_required` are told.
pub fn payment_changed(stripe: &mut Stripe, id: &str, payment_intent: &str, payment: &Payment) {
    let _ = (stripe, id, payment_intent, payment);
}

/// A draft's hour is over.
pub fn finalize_due(stripe: &mut Stripe, id: &str) {
    let _ = (stripe, id);
}

/// The next try to collect is due.
pub fn collect_due(stripe: &mut Stripe, id: &str) {
    let _ = (stripe, id);
}

/// The due date of a sent invoice has passed: told where an automation is set up for it.
pub fn due_date_passed(stripe: &mut Stripe, id: &str) {
    let _ = (stripe, id);
}
