//! Subscriptions (docs.stripe.com/api/subscriptions): periods, changes, prorations and their end.

use billing::time::Timestamp;
use serde_json::{Map, Value, json};

use crate::call::Params;
use crate::error::ApiError;
use crate::invoices::Collection;
use crate::metadata::Metadata;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// What it answers.
pub const ROUTES: &[Route] = &[];

/// Where a subscription stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionStatus {
    /// Its first payment has not come.
    Incomplete,
    /// That payment did not come in time.
    IncompleteExpired,
    /// In its trial.
    Trialing,
    /// It runs.
    Active,
    /// It runs, and a renewal is not paid.
    PastDue,
    /// Collection has been given up.
    Unpaid,
    /// Its trial ended without a payment method.
    Paused,
    /// It is over.
    Canceled,
}

/// A subscription.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// `sub_...`
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Whose.
    pub customer: String,
    /// ISO 4217, lower case.
    pub currency: String,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// What is subscribed to.
    pub items: Vec<SubscriptionItem>,
    /// How its invoices are collected.
    pub collection: Collection,
    /// The payment method of its invoices, before the customer's.
    pub default_payment_method: Option<String>,
    /// Tax rates of its invoices.
    pub default_tax_rates: Vec<String>,
    /// Whether it is over at the end of its period.
    pub cancel_at_period_end: bool,
    /// Its newest invoice.
    pub latest_invoice: Option<String>,
    /// The schedule that it follows.
    pub schedule: Option<String>,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
    /// What it only repeats.
    pub told: Map<String, Value>,
}

/// An item of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionItem {
    /// `si_...`
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// At which price.
    pub price: String,
    /// How many.
    pub quantity: i64,
    /// Its period: from and to.
    pub period: (Timestamp, Timestamp),
    /// Its own tax rates.
    pub tax_rates: Vec<String>,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
}

/// What became of an invoice of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvoiceNews {
    /// It is paid, or nothing was due.
    Paid,
    /// A payment failed or the customer has to authenticate.
    PaymentFailed,
    /// All tries of the retry schedule have failed.
    RetriesExhausted,
    /// It is void.
    Voided,
    /// It was marked uncollectible.
    MarkedUncollectible,
}

impl Object for Subscription {
    const KIND: &'static str = "subscription";

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

/// Makes a subscription of parameters as `POST /v1/subscriptions` takes them: Checkout and schedules come
/// here too. Answers with its id.
pub fn create(stripe: &mut Stripe, params: &Params) -> Result<String, ApiError> {
    let _ = (stripe, params);
    Err(ApiError::missing("customer"))
}

/// Changes a subscription by parameters as `POST /v1/subscriptions/{id}` takes them.
pub fn update(stripe: &mut Stripe, id: &str, params: &Params) -> Result<(), ApiError> {
    let _ = (stripe, params);
    Err(ApiError::not_found("subscription", id))
}

/// Ends a subscription now.
pub fn cancel(stripe: &mut Stripe, id: &str, params: &Params) -> Result<(), ApiError> {
    let _ = (stripe, params);
    Err(ApiError::not_found("subscription", id))
}

/// Something became of an invoice of a subscription.
pub fn invoice_changed(stripe: &mut Stripe, id: &str, invoice: &str, news: InvoiceNews) {
    let _ = (stripe, id, invoice, news);
}

/// A customer's subscriptions that are not over, as a list within it.
pub fn of_customer(stripe: &Stripe, customer: &str) -> Value {
    let _ = (stripe, customer);
    Value::Null
}

/// A period or trial ends, or the time has come to end it.
pub fn period_due(stripe: &mut Stripe, id: &str) {
    let _ = (stripe, id);
}

/// A trial ends in three days.
pub fn trial_will_end(stripe: &mut Stripe, id: &str) {
    let _ = (stripe, id);
}

/// The first payment did not come within 23 hours.
pub fn incomplete_expires(stripe: &mut Stripe, id: &str) {
    let _ = (stripe, id);
}

/// The payment of a pending update did not come within 23 hours.
pub fn pending_update_expires(stripe: &mut Stripe, id: &str) {
    let _ = (stripe, id);
}
