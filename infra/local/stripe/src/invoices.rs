//! Invoices (docs.stripe.com/api/invoices): from draft to paid, void or uncollectible.
//!
//! A draft shows what it would come to if it became final now. From then on its amounts have fixed
//! parts: what was due at finalization, the live credit notes before payment, and what was paid.

mod api;
mod collect;
mod create;
mod end;
mod finalize;
mod given;
mod json;
mod line_json;
mod outcome;
mod totals;
mod update;

#[cfg(test)]
pub(crate) mod tests;

use std::borrow::Cow;

use billing::time::{DAY_SECONDS, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::coupons::Discount;
use crate::customers::Customer;
use crate::metadata::Metadata;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;

pub use collect::{collect, collect_due};
pub use create::{create, fix_currency, preview};
pub use end::{GivenUp, mark_uncollectible, void};
pub(crate) use finalize::finalize_paid;
pub use finalize::{finalize, finalize_due};
pub(crate) use given::{own_payment_method, tax_rates};
pub(crate) use json::{amount_paid_off_stripe, confirmation_secret};
pub(crate) use line_json::{credited, line, pricing};
pub(crate) use outcome::{Settled, paid, settle};
pub use outcome::{due_date_passed, payment_changed};
pub(crate) use totals::{Tax, Totals, line_taxes, rounded, tax_json, taxes, taxes_on};
pub use update::set_auto_advance;

/// What it answers.
pub const ROUTES: &[Route] = &[
    Route::get("/v1/invoices", api::list),
    Route::post("/v1/invoices", given::create),
    Route::get("/v1/invoices/{invoice}", api::get),
    Route::post("/v1/invoices/{invoice}", update::update),
    Route::delete("/v1/invoices/{invoice}", update::delete),
    Route::post("/v1/invoices/{invoice}/finalize", api::finalize),
    Route::post("/v1/invoices/{invoice}/send", api::send),
    Route::post("/v1/invoices/{invoice}/pay", collect::pay),
    Route::post("/v1/invoices/{invoice}/void", api::void),
    Route::post("/v1/invoices/{invoice}/mark_uncollectible", api::mark_uncollectible),
    Route::get("/v1/invoices/{invoice}/lines", api::lines),
];

/// Most lines on an invoice (docs.stripe.com/api/invoiceitems/create).
pub(crate) const LINES_MAX: usize = 250;

/// Where an invoice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

impl InvoiceStatus {
    /// Stripe's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Void => "void",
            Self::Uncollectible => "uncollectible",
        }
    }
}

/// How an invoice is collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Collection {
    /// The payment method on file is charged.
    Automatic,
    /// The customer pays by a date: so many days after it became final.
    Send {
        /// Days.
        days_until_due: i64,
    },
}

impl Collection {
    /// Stripe's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "charge_automatically",
            Self::Send { .. } => "send_invoice",
        }
    }
}

/// An invoice.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Invoice {
    /// `in_...`
    pub id: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// Whose.
    pub customer: String,
    /// ISO 4217, lower case.
    pub currency: String,
    /// Where it stands.
    pub status: InvoiceStatus,
    /// Stripe's `billing_reason`.
    pub billing_reason: Cow<'static, str>,
    /// How it is collected.
    pub collection: Collection,
    /// True if Stripe makes it final and collects it by itself.
    pub auto_advance: bool,
    /// The subscription that made it.
    pub subscription: Option<String>,
    /// Its lines.
    pub lines: Vec<Line>,
    /// `period_start` and `period_end`.
    pub period: (Timestamp, Timestamp),
    /// Its number, once it is final.
    pub number: Option<String>,
    /// The date by which a sent one is to be paid, where it was given as a date or is fixed by now.
    pub due_date: Option<Timestamp>,
    /// The date that stands on it, when it is not that of its finalization.
    pub effective_at: Option<Timestamp>,
    /// Time at which Stripe makes the draft final by itself.
    pub automatically_finalizes_at: Option<Timestamp>,
    /// The event `invoice.created`, and when all endpoints had taken it.
    pub announced: (Option<String>, Option<Timestamp>),
    /// The payment method that it is to be paid with, before the subscription's and the customer's.
    pub default_payment_method: Option<String>,
    /// An old card that it is to be paid with.
    pub default_source: Option<String>,
    /// Tax rates for lines that have none of their own.
    pub default_tax_rates: Vec<String>,
    /// What is taken off it.
    pub discounts: Vec<Discount>,
    /// True if its payment decides on a pending update of its subscription.
    pub pending_update: bool,
    /// The customer's balance before and after it became final, in minor units.
    pub balance: Option<(i64, i64)>,
    /// What was due when it became final, before payments and credit notes, in minor units.
    pub due_at_finalization: i64,
    /// Live credit notes before payment and after it, in minor units.
    pub credit_notes: (i64, i64),
    /// Paid so far, in minor units.
    pub amount_paid: i64,
    /// Paid beyond what was due, in minor units: the customer has it as credit.
    pub amount_overpaid: i64,
    /// Tries to collect it.
    pub attempts: Attempts,
    /// When it reached each state.
    pub transitions: Transitions,
    /// The customer as it stands on the final invoice.
    pub customer_then: Option<Map<String, Value>>,
    /// The metadata of its subscription when it became final.
    pub subscription_then: Option<Metadata>,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
    /// What it only repeats.
    pub told: Map<String, Value>,
}

/// Tries to collect an invoice (docs.stripe.com/billing/revenue-recovery/smart-retries).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Attempts {
    /// The first one, and then those of the retry schedule.
    pub count: i64,
    /// True if there was one at all.
    pub attempted: bool,
    /// Time at which the next one is.
    pub next: Option<Timestamp>,
    /// The one that is under way.
    pub current: Attempt,
    /// The payment method whose refusal was final: it is not tried again by itself.
    pub refused: Option<String>,
}

/// A try to collect that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Attempt {
    /// None of ours: the customer may be paying on a page.
    #[default]
    None,
    /// Stripe's own.
    Automatic,
    /// `POST /v1/invoices/{invoice}/pay`.
    Manual,
    /// One that has been counted and whose outcome is still to come.
    Counted,
}

/// When an invoice reached each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Transitions {
    /// Final.
    pub finalized: Option<Timestamp>,
    /// Uncollectible.
    pub uncollectible: Option<Timestamp>,
    /// Reason why it became that.
    pub given_up: Option<GivenUp>,
    /// Paid.
    pub paid: Option<Timestamp>,
    /// Void.
    pub voided: Option<Timestamp>,
}

impl Invoice {
    /// What is due, once it is final: credit notes before payment lower it. Minor units.
    pub fn amount_due(&self) -> i64 {
        self.due_at_finalization.saturating_sub(self.credit_notes.0)
    }

    /// What is still to be paid, once it is final, in minor units.
    pub fn amount_remaining(&self) -> i64 {
        self.amount_due().saturating_sub(self.amount_paid).max(0)
    }

    /// True if it can be paid.
    pub fn is_payable(&self) -> bool {
        matches!(self.status, InvoiceStatus::Open | InvoiceStatus::Uncollectible)
    }

    /// The date by which a sent one is to be paid; that of a draft counts from when it was made.
    pub fn due_date(&self) -> Option<Timestamp> {
        self.due_date.or(match self.collection {
            Collection::Automatic => None,
            Collection::Send { days_until_due } => {
                let from = self.transitions.finalized.unwrap_or(self.created);
                Some(from.plus_seconds(days_until_due.saturating_mul(DAY_SECONDS)))
            }
        })
    }
}

/// A line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Its item, which is the line's parent: prorations have an invoice item besides.
    pub subscription_item: Option<String>,
    /// True if it adjusts what was billed before.
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
    /// True if Stripe makes it final and collects it by itself.
    pub auto_advance: bool,
    /// The subscription that makes it.
    pub subscription: Option<String>,
    /// Lines that no invoice item stands for; their ids are given when it is made.
    pub lines: Vec<Line>,
    /// Pending invoice items that it takes with it, oldest first: they stand before the lines,
    /// newest first.
    pub items: Vec<String>,
    /// `period_start` and `period_end`.
    pub period: (Timestamp, Timestamp),
    /// The payment method that it is to be paid with, before the subscription's and the customer's.
    pub default_payment_method: Option<String>,
    /// Tax rates for lines that have none of their own.
    pub default_tax_rates: Vec<String>,
    /// What is taken off it.
    pub discounts: Vec<Discount>,
    /// True if its payment decides on a pending update of its subscription.
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

    fn json(&self, stripe: &Stripe) -> Value {
        json::invoice(stripe, self)
    }
}

/// Changes an invoice and tells of it with `invoice.updated`, when it shows. Answers with it as it
/// is now.
pub(crate) fn change(stripe: &mut Stripe, id: &str, change: impl FnOnce(&mut Invoice)) -> Value {
    let before = shown(stripe, id);
    if let Some(invoice) = stripe.invoices.get_mut(id) {
        change(invoice);
    }
    let after = shown(stripe, id);
    stripe.emit_update("invoice.updated", &before, after.clone());
    after
}

/// An invoice as it is shown now.
pub(crate) fn shown(stripe: &Stripe, id: &str) -> Value {
    stripe.shown(|stripe| &stripe.invoices, id)
}

/// Changes a customer and tells of it with `customer.updated`, when it shows.
fn change_customer(stripe: &mut Stripe, id: &str, change: impl FnOnce(&mut Customer)) {
    let before = stripe.shown(|stripe| &stripe.customers, id);
    if let Some(customer) = stripe.customers.get_mut(id) {
        change(customer);
    }
    let after = stripe.shown(|stripe| &stripe.customers, id);
    stripe.emit_update("customer.updated", &before, after);
}
