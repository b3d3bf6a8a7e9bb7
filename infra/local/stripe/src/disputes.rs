//! Disputes (docs.stripe.com/api/disputes), made by a test card or the control page.

use crate::error::ApiError;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;
use billing::time::Timestamp;
use serde_json::{Value, json};

/// What it answers.
pub const ROUTES: &[Route] = &[];

/// A charge that the bank's customer disputes.
#[derive(Debug, Clone)]
pub struct Dispute {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Of which charge.
    pub charge: String,
}

impl Object for Dispute {
    const KIND: &'static str = "dispute";

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

/// How a dispute ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The money comes back.
    Won,
    /// The money is gone.
    Lost,
}

/// Disputes a charge; the funds are withdrawn.
pub fn open(stripe: &mut Stripe, charge: &str, reason: &str) -> Result<String, ApiError> {
    let _ = (stripe, reason);
    Err(ApiError::not_found("charge", charge))
}

/// Ends a dispute.
pub fn close(stripe: &mut Stripe, id: &str, verdict: Verdict) -> Result<(), ApiError> {
    let _ = (stripe, verdict);
    Err(ApiError::not_found("dispute", id))
}

/// A dispute moves on by itself, as after submitted evidence.
pub fn move_on(stripe: &mut Stripe, id: &str) {
    let _ = (stripe, id);
}

/// A charge has succeeded: the bank's customer may dispute it.
pub(crate) fn after_charge(stripe: &mut Stripe, charge: &str) {
    let _ = (stripe, charge);
}
