//! Checkout sessions (docs.stripe.com/api/checkout/sessions): a page on which a customer pays,
//! subscribes or saves a payment method.
//!
//! A session in payment mode makes its payment intent, and one in subscription mode its
//! subscription, when the customer first confirms. A decline leaves the session open: the next try
//! pays the same intent, and a subscription stays incomplete until then and is shown on the session
//! only when that is complete.

mod api;
mod buyer;
mod confirm;
mod create;
mod lines;
mod outcome;
mod rules;
mod shown;
#[cfg(test)]
mod tests;

use billing::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::call::Params;
use crate::error::ApiError;
use crate::list;
use crate::metadata::Metadata;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;

pub use self::confirm::{Confirmation, Payer, confirm, setup_changed};
pub use self::lines::SessionLine;
pub use self::outcome::{expire_due, payment_changed};
pub(crate) use self::rules::{is_email, is_url};

/// What it answers. The last two are what Stripe's command line uses to complete a session as its
/// page does.
pub const ROUTES: &[Route] = &[
    Route::post("/v1/checkout/sessions", create::create),
    Route::get("/v1/checkout/sessions", api::list),
    Route::get("/v1/checkout/sessions/{session}", api::get),
    Route::post("/v1/checkout/sessions/{session}", api::update),
    Route::post("/v1/checkout/sessions/{session}/expire", api::expire),
    Route::get("/v1/checkout/sessions/{session}/line_items", api::list_line_items),
    Route::get("/v1/payment_pages/{session}", api::payment_page),
    Route::post("/v1/payment_pages/{session}/confirm", api::confirm_payment_page),
];

/// A Checkout session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CheckoutSession {
    /// `cs_test_...`
    pub id: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// What it is for.
    pub mode: Mode,
    /// Where it stands.
    pub status: SessionStatus,
    /// Whether it is paid.
    pub payment_status: SessionPayment,
    /// Whose, as the caller said or once it is complete.
    pub customer: Option<String>,
    /// The customer that a try made which has not succeeded yet.
    pub buyer: Option<String>,
    /// What the customer said of itself, complete.
    pub customer_details: Value,
    /// ISO 4217, lower case; none when nothing is paid.
    pub currency: Option<String>,
    /// What is bought.
    pub lines: Vec<SessionLine>,
    /// Such as `card`.
    pub payment_method_types: Vec<String>,
    /// In payment mode, once it was confirmed.
    pub payment_intent: Option<String>,
    /// In setup mode, and where a subscription begins without a payment.
    pub setup_intent: Option<String>,
    /// In subscription mode, once it was confirmed; shown when the session is complete.
    pub subscription: Option<String>,
    /// The subscription's first invoice, or the one that `invoice_creation` asked for.
    pub invoice: Option<String>,
    /// The payment method of the latest confirmation.
    pub payment_method: Option<String>,
    /// Reason why the latest confirmation did not succeed, for people.
    pub refusal: Option<String>,
    /// Time at which it expires.
    pub expires_at: Timestamp,
    /// Where its page is, such as `http://127.0.0.1:3001`.
    pub host: String,
    /// The parameters that made it.
    pub asked: Params,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
    /// What it only repeats.
    pub told: Map<String, Value>,
}

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// To pay once.
    Payment,
    /// To save a payment method.
    Setup,
    /// To subscribe.
    Subscription,
}

impl Mode {
    /// Stripe's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Setup => "setup",
            Self::Subscription => "subscription",
        }
    }
}

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionStatus {
    /// It can be confirmed.
    Open,
    /// The customer is done with it.
    Complete,
    /// It can no longer be confirmed.
    Expired,
}

impl SessionStatus {
    /// Stripe's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Complete => "complete",
            Self::Expired => "expired",
        }
    }
}

/// Whether a session is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionPayment {
    /// The money is there.
    Paid,
    /// It is not, or not yet: a delayed payment method is under way.
    Unpaid,
    /// Nothing is to be paid now.
    NoPaymentRequired,
}

impl SessionPayment {
    /// Stripe's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Unpaid => "unpaid",
            Self::NoPaymentRequired => "no_payment_required",
        }
    }
}

impl CheckoutSession {
    /// What is due now, with tax, in minor units.
    pub fn total(&self) -> i64 {
        lines::sum(&self.lines, SessionLine::total)
    }

    /// Who pays: the customer that the caller named, or the one that was made.
    pub fn payer(&self) -> Option<&str> {
        self.customer.as_deref().or(self.buyer.as_deref())
    }

    /// Where the customer goes when it is complete.
    pub fn success_url(&self) -> String {
        let url = self.asked.text("success_url").unwrap_or_default();
        url.replace("{CHECKOUT_SESSION_ID}", &self.id)
    }

    /// True if it asks for a payment method.
    pub fn collects_payment_method(&self) -> bool {
        let if_required = self.asked.text("payment_method_collection") == Some("if_required");
        self.total() > 0 || self.mode == Mode::Setup || !if_required
    }
}

impl Object for CheckoutSession {
    const KIND: &'static str = "checkout.session";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, stripe: &Stripe) -> Value {
        shown::session(stripe, self)
    }
}

/// A session's lines, as a list within it.
pub fn line_items(stripe: &Stripe, id: &str) -> Value {
    let Some(session) = stripe.checkout_sessions.get(id) else { return Value::Null };
    let lines = session.lines.iter().map(|line| shown::line(stripe, line)).collect();
    list::inline(&shown::lines_url(id), lines)
}

/// The taxes of a session's line, which are shown when they are asked for.
pub fn line_taxes(stripe: &Stripe, line: &str) -> Option<Value> {
    let mut lines = stripe.checkout_sessions.iter().flat_map(|session| &session.lines);
    lines.find(|known| known.id == line).map(|line| shown::taxes(stripe, line))
}

/// The session that a path names.
fn named<'a>(stripe: &'a Stripe, id: &str) -> Result<&'a CheckoutSession, ApiError> {
    stripe.checkout_sessions.get(id).ok_or_else(|| {
        let error = ApiError::no_such("checkout.session", id, "session");
        ApiError { status: 404, ..error }
    })
}

/// Changes a session.
fn change(stripe: &mut Stripe, id: &str, change: impl FnOnce(&mut CheckoutSession)) {
    if let Some(session) = stripe.checkout_sessions.get_mut(id) {
        change(session);
    }
}

/// Tells what happened to a session.
fn tell(stripe: &mut Stripe, kind: &'static str, id: &str) {
    let session = stripe.shown(|stripe| &stripe.checkout_sessions, id);
    stripe.emit(kind, session);
}

/// An address without anything in it but a country.
fn address(country: Option<&str>) -> Value {
    json!({
        "city": null, "country": country, "line1": null, "line2": null, "postal_code": null,
        "state": null,
    })
}
