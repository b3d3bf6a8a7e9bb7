//! The billing portal (`docs.stripe.com/api/customer_portal`): what it lets customers do, and their
//! visits.

mod configurations;
mod features;
mod flows;
mod sessions;
#[cfg(test)]
mod tests;

use billing::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::metadata::Metadata;
use crate::pages::links;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;

pub use self::features::Features;
pub use self::flows::{AfterCompletion, Flow, FlowKind};
pub use self::sessions::{PORTAL_SECONDS, is_open};

/// What it answers.
pub const ROUTES: &[Route] = &[
    Route::post("/v1/billing_portal/configurations", configurations::create),
    Route::get("/v1/billing_portal/configurations", configurations::list),
    Route::get("/v1/billing_portal/configurations/{configuration}", configurations::get),
    Route::post("/v1/billing_portal/configurations/{configuration}", configurations::update),
    Route::post("/v1/billing_portal/sessions", sessions::create),
];

/// A visit to the billing portal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PortalSession {
    /// `bps_...`
    pub id: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// Whose.
    pub customer: String,
    /// What it lets the customer do.
    pub configuration: String,
    /// Where the customer goes back to.
    pub return_url: Option<String>,
    /// Stripe's word for a language.
    pub locale: Option<String>,
    /// The one thing that the customer comes for; none for all of the portal.
    pub flow: Option<Flow>,
    /// Time at which its page was asked for last, by the simulator's own clock.
    pub used: Option<Timestamp>,
    /// Where its page is, such as `http://127.0.0.1:3001`.
    pub host: String,
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
        json!({
            "id": self.id,
            "object": "billing_portal.session",
            "configuration": self.configuration,
            "created": self.created.0,
            "customer": self.customer,
            "customer_account": null,
            "flow": self.flow.as_ref().map(Flow::json),
            "livemode": false,
            "locale": self.locale,
            "on_behalf_of": null,
            "return_url": self.return_url,
            "url": links::portal(&self.host, &self.id),
        })
    }
}

/// What the billing portal lets customers do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PortalConfiguration {
    /// `bpc_...`
    pub id: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// Time at which it was changed last.
    pub updated: Timestamp,
    /// True if sessions can use it.
    pub active: bool,
    /// True if sessions use it that name none.
    pub is_default: bool,
    /// What it lets customers do.
    pub features: Features,
    /// Where customers go back to when their session does not say it.
    pub default_return_url: Option<String>,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
    /// What it only repeats: `business_profile`, `login_page` and `name`, complete.
    pub told: Map<String, Value>,
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
        let mut shown = json!({
            "id": self.id,
            "object": "billing_portal.configuration",
            "active": self.active,
            "application": null,
            "business_profile": {
                "headline": null, "privacy_policy_url": null, "terms_of_service_url": null,
            },
            "created": self.created.0,
            "default_return_url": self.default_return_url,
            "features": self.features.json(),
            "is_default": self.is_default,
            "livemode": false,
            "login_page": { "enabled": false, "url": null },
            "metadata": self.metadata.json(),
            "name": null,
            "updated": self.updated.0,
        });
        if let Some(fields) = shown.as_object_mut() {
            fields.extend(self.told.clone());
        }
        shown
    }
}
