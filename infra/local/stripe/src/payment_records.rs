//! Payment records (docs.stripe.com/api/payment-record): payments outside of Stripe, such as bank
//! transfers, that pay a part of an invoice or all of it. They are reported once, guaranteed or
//! failed.

use billing::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::call::{Call, Params};
use crate::customers;
use crate::error::ApiError;
use crate::metadata::Metadata;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// What it answers.
pub const ROUTES: &[Route] = &[
    Route::post("/v1/payment_records/report_payment", report),
    Route::get("/v1/payment_records/{id}", get),
    Route::post("/v1/payment_records/{id}/report_refund", refund),
];

/// A payment outside of Stripe.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PaymentRecord {
    /// `pr_...`
    pub id: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// Whose.
    pub customer: Option<String>,
    /// ISO 4217, lower case.
    pub currency: String,
    /// Minor units.
    pub amount: i64,
    /// Minor units that were given back.
    pub refunded: i64,
    /// What became of it.
    pub outcome: Outcome,
    /// How it was paid, as given.
    pub method: Value,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
    /// What it only repeats.
    pub told: Map<String, Value>,
}

/// What became of a payment outside of Stripe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Nothing is known yet.
    Open,
    /// The money is there.
    Guaranteed,
    /// It is not.
    Failed,
    /// It was called off.
    Canceled,
}

impl PaymentRecord {
    /// What is there for sure, in minor units.
    pub fn amount_guaranteed(&self) -> i64 {
        if self.outcome == Outcome::Guaranteed { self.amount } else { 0 }
    }
}

impl Object for PaymentRecord {
    const KIND: &'static str = "payment_record";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, _stripe: &Stripe) -> Value {
        let amount = |value: i64| json!({ "currency": self.currency, "value": value });
        let told = |name: &str| self.told.get(name).cloned().unwrap_or_default();
        let when = |outcome: Outcome| amount(if self.outcome == outcome { self.amount } else { 0 });
        let customer =
            json!({ "customer": self.customer, "email": null, "name": null, "phone": null });
        let processor = self.told.get("processor_details").cloned();
        json!({
            "id": self.id,
            "object": "payment_record",
            "amount": amount(self.amount),
            "amount_authorized": amount(0),
            "amount_canceled": when(Outcome::Canceled),
            "amount_failed": when(Outcome::Failed),
            "amount_guaranteed": when(Outcome::Guaranteed),
            "amount_refunded": amount(self.refunded),
            "amount_requested": amount(self.amount),
            "application": null,
            "created": self.created.0,
            "customer_details": customer,
            "customer_presence": told("customer_presence"),
            "description": told("description"),
            "latest_payment_attempt_record": null,
            "livemode": false,
            "metadata": self.metadata.json(),
            "payment_method_details": self.method,
            "processor_details": processor
                .unwrap_or_else(|| json!({ "custom": { "payment_reference": null }, "type": "custom" })),
            "reported_by": "self",
            "shipping_details": null,
        })
    }
}

/// `POST /v1/payment_records/report_payment`
fn report(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let requested = params.within("amount_requested").unwrap_or_default();
    let amount =
        requested.integer("value").ok_or_else(|| ApiError::missing("amount_requested[value]"))?;
    if amount <= 0 {
        let message = "This value must be greater than or equal to 1.";
        return Err(ApiError::invalid(message).param("amount_requested[value]"));
    }
    let customer = params.within("customer_details").unwrap_or_default();
    let customer = customer.text("customer").map(str::to_owned);
    if let Some(customer) = &customer {
        customers::living(stripe, customer, "customer_details[customer]")?;
    }
    let currency = requested.required("currency")?.to_lowercase();
    let outcome = match params.text("outcome") {
        Some("guaranteed") => Outcome::Guaranteed,
        Some("failed") => Outcome::Failed,
        Some("canceled") => Outcome::Canceled,
        Some(_) | None => Outcome::Open,
    };
    let id = add(stripe, customer, amount, currency, |record| {
        record.outcome = outcome;
        record.method = method(params);
        record.metadata = params.metadata();
        record.told = params.told(&["customer_presence", "description", "processor_details"]);
    });
    Ok(stripe.shown(|stripe| &stripe.payment_records, &id))
}

/// `GET /v1/payment_records/{id}`
fn get(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    Ok(stripe.payment_records.named(call.id())?.json(stripe))
}

/// `POST /v1/payment_records/{id}/report_refund`: of a part, or of all that is left. An invoice
/// that it paid stays paid.
fn refund(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let record = stripe.payment_records.named(call.id())?;
    let left = record.amount_guaranteed().saturating_sub(record.refunded);
    let given = call.params.within("amount");
    let amount = match &given {
        Some(given) => {
            let currency = given.required("currency")?.to_lowercase();
            if currency != record.currency {
                let message = format!("The currency must be `{}`.", record.currency);
                return Err(ApiError::invalid(message).param("amount[currency]"));
            }
            given.integer("value").ok_or_else(|| ApiError::missing("amount[value]"))?
        }
        None => left,
    };
    if amount <= 0 || amount > left {
        let message =
            format!("A refund must be between 1 and {left}, what is left of the payment.");
        return Err(ApiError::invalid(message).param("amount[value]"));
    }

    if let Some(record) = stripe.payment_records.get_mut(call.id()) {
        record.refunded = record.refunded.saturating_add(amount);
        record.metadata.update(&call.params);
    }
    Ok(stripe.shown(|stripe| &stripe.payment_records, call.id()))
}

/// A payment outside of Stripe of an invoice that was paid out of band. Answers with its id.
pub(crate) fn of_invoice(
    stripe: &mut Stripe,
    customer: &str,
    amount: i64,
    currency: &str,
) -> String {
    let customer = Some(customer.to_owned());
    add(stripe, customer, amount, currency.to_owned(), |it| it.outcome = Outcome::Guaranteed)
}

fn add(
    stripe: &mut Stripe,
    customer: Option<String>,
    amount: i64,
    currency: String,
    also: impl FnOnce(&mut PaymentRecord),
) -> String {
    let mut record = PaymentRecord {
        id: stripe.ids.next("pr"),
        created: stripe.time_of(customer.as_deref()),
        customer,
        currency,
        amount,
        refunded: 0,
        outcome: Outcome::Open,
        method: method(&Params::default()),
        metadata: Metadata::default(),
        told: Map::new(),
    };
    also(&mut record);
    let id = record.id.clone();
    stripe.payment_records.add(record);
    id
}

/// How it was paid: Stripe knows a name at most.
fn method(params: &Params) -> Value {
    let given = params.within("payment_method_details").unwrap_or_default();
    let custom = given.within("custom").unwrap_or_default();
    let name = custom.text("display_name").unwrap_or("Outside of Stripe");
    json!({
        "billing_details": null,
        "custom": { "display_name": name, "type": custom.text("type") },
        "payment_method": given.text("payment_method"),
        "type": given.text("type").unwrap_or("custom"),
    })
}

#[cfg(test)]
mod tests;
