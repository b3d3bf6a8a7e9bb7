//! Billing portal sessions and configurations (docs.stripe.com/api/customer_portal).

use billing::time::Timestamp;
use serde_json::{Value, json};

use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// What it answers.
pub const ROUTES: &[Route] = &[];

/// A visit to the billing portal.
#[derive(Debug, Clone)]
pub struct PortalSession {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Whose.
    pub customer: String,
}

impl Object for PortalSession {
    const KIND: &'static str = "billing_portal.session";

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

/// What the billing portal lets customers do.
#[derive(Debug, Clone)]
pub struct PortalConfiguration {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
}

impl Object for PortalConfiguration {
    const KIND: &'static str = "billing_portal.configuration";

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
