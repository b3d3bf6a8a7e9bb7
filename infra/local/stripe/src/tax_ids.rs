//! Tax ids of customers (docs.stripe.com/billing/customer/tax-ids).
//!
//! No authority is asked: what is well formed is verified, but for Stripe's test numbers. Not
//! simulated: tax ids of the account itself.

mod api;
mod format;
#[cfg(test)]
mod tests;

use billing::time::Timestamp;
use serde_json::{Value, json};

use crate::agenda::Task;
use crate::call::Params;
use crate::error::ApiError;
use crate::list;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;

use format::Answer;
use serde::{Deserialize, Serialize};

/// What it answers.
pub const ROUTES: &[Route] = &[
    Route::post("/v1/customers/{customer}/tax_ids", api::create_of_customer),
    Route::get("/v1/customers/{customer}/tax_ids", api::list_of_customer),
    Route::get("/v1/customers/{customer}/tax_ids/{id}", api::read_of_customer),
    Route::delete("/v1/customers/{customer}/tax_ids/{id}", api::delete_of_customer),
    Route::post("/v1/tax_ids", api::create),
    Route::get("/v1/tax_ids", api::list),
    Route::get("/v1/tax_ids/{id}", api::read),
    Route::delete("/v1/tax_ids/{id}", api::delete),
];

/// Seconds until the authority has answered.
pub const VERIFICATION_SECONDS: i64 = 10;

/// A tax id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TaxId {
    /// Its id.
    pub id: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// Whose.
    pub customer: String,
    /// Such as `eu_vat`.
    pub kind: String,
    /// The number.
    pub value: String,
    /// What the authority says of it.
    pub verification: Verification,
}

/// What the authority says of a tax id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verification {
    /// It has not answered.
    Pending,
    /// It knows it, by this name.
    Verified(String),
    /// It does not know it.
    Unverified,
    /// Nobody can be asked.
    Unavailable,
}

impl Verification {
    fn json(&self) -> Value {
        let (status, name) = match self {
            Self::Pending => ("pending", None),
            Self::Verified(name) => ("verified", Some(name)),
            Self::Unverified => ("unverified", None),
            Self::Unavailable => ("unavailable", None),
        };
        json!({ "status": status, "verified_address": null, "verified_name": name })
    }
}

impl Object for TaxId {
    const KIND: &'static str = "tax_id";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, _stripe: &Stripe) -> Value {
        json!({
            "id": self.id,
            "object": "tax_id",
            "country": format::country(&self.kind, &self.value),
            "created": self.created.0,
            "customer": self.customer,
            "customer_account": null,
            "livemode": false,
            "owner": { "customer": self.customer, "customer_account": null, "type": "customer" },
            "type": self.kind,
            "value": self.value,
            "verification": self.verification.json(),
        })
    }
}

/// Types and numbers of the `tax_id_data` of a new customer.
///
/// # Errors
///
/// `tax_id_invalid`.
pub fn checked_data(params: &Params) -> Result<Vec<(String, String)>, ApiError> {
    let mut tax_ids = Vec::new();
    for (nth, given) in params.list("tax_id_data").iter().enumerate() {
        let (kind, value) = (given.required("type")?, given.required("value")?);
        format::check(kind, value, &format!("tax_id_data[{nth}][value]"))?;
        tax_ids.push((kind.to_owned(), value.to_owned()));
    }
    Ok(tax_ids)
}

/// Gives a customer a tax id that is well formed, tells of it, and has it verified where that can
/// be. Answers with its id.
pub fn add(stripe: &mut Stripe, customer: &str, kind: &str, value: &str) -> String {
    let id = stripe.ids.next("txi");
    let now = stripe.time_of(Some(customer));
    let asked = format::is_verified(kind);
    stripe.tax_ids.add(TaxId {
        id: id.clone(),
        created: now,
        customer: customer.to_owned(),
        kind: kind.to_owned(),
        value: value.to_owned(),
        verification: if asked { Verification::Pending } else { Verification::Unavailable },
    });
    let tax_id = stripe.shown(|stripe| &stripe.tax_ids, &id);
    stripe.emit("customer.tax_id.created", tax_id);
    if asked {
        let at = now.plus_seconds(VERIFICATION_SECONDS);
        stripe.schedule(Some(customer), at, Task::TaxIdVerified(id.clone()));
    }
    id
}

/// A customer's tax ids, as a list within it.
pub fn of_customer(stripe: &Stripe, customer: &str) -> Value {
    let tax_ids = stripe.tax_ids.iter().rev().filter(|tax_id| tax_id.customer == customer);
    let tax_ids = tax_ids.map(|tax_id| tax_id.json(stripe)).collect();
    list::inline(&format!("/v1/customers/{customer}/tax_ids"), tax_ids)
}

/// The tax ids of a customer that is deleted go with it, and nothing is told.
pub fn forget(stripe: &mut Stripe, customer: &str) {
    let its = stripe.tax_ids.iter().filter(|tax_id| tax_id.customer == customer);
    let its: Vec<String> = its.map(|tax_id| tax_id.id.clone()).collect();
    for id in its {
        stripe.tax_ids.remove(&id);
    }
}

/// The authority has answered.
pub fn verified(stripe: &mut Stripe, id: &str) {
    let Some(tax_id) = stripe.tax_ids.get(id) else { return };
    let before = tax_id.json(stripe);
    let customer = stripe.customers.get(&tax_id.customer);
    let name = customer.and_then(|customer| customer.text("name")).unwrap_or("---").to_owned();
    let verification = match format::answer(&tax_id.value) {
        Answer::Known => Verification::Verified(name),
        Answer::Unknown => Verification::Unverified,
        Answer::None => return,
    };
    if let Some(tax_id) = stripe.tax_ids.get_mut(id) {
        tax_id.verification = verification;
    }
    let after = stripe.shown(|stripe| &stripe.tax_ids, id);
    stripe.emit_update("customer.tax_id.updated", &before, after);
}
