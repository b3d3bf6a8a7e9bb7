//! Tax rates: fixed percentages that invoices add or contain
//! (docs.stripe.com/billing/taxes/tax-rates).

#[cfg(test)]
mod tests;

use billing::time::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::error::ApiError;
use crate::metadata::Metadata;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;
use crate::{list, told};

/// What it answers.
pub const ROUTES: &[Route] = &[
    Route::post("/v1/tax_rates", create),
    Route::get("/v1/tax_rates", page),
    Route::get("/v1/tax_rates/{tax_rate}", read),
    Route::post("/v1/tax_rates/{tax_rate}", update),
];

/// What a rate only repeats.
const TOLD: &[&str] =
    &["country", "description", "display_name", "jurisdiction", "state", "tax_type"];
/// Most decimals of a percentage.
const DECIMALS_MAX: u32 = 4;

/// A fixed rate of tax.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TaxRate {
    /// Its id.
    pub id: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// True if it can be used anew.
    pub active: bool,
    /// Such as 19 for 19 %.
    #[serde(with = "crate::kept::decimal")]
    pub percentage: Decimal,
    /// True if prices contain it.
    pub inclusive: bool,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
    /// What it only repeats.
    pub told: Map<String, Value>,
}

impl Object for TaxRate {
    const KIND: &'static str = "tax_rate";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, _stripe: &Stripe) -> Value {
        let rate = json!({
            "id": self.id,
            "object": "tax_rate",
            "active": self.active,
            "country": null,
            "created": self.created.0,
            "description": null,
            "effective_percentage": null,
            "flat_amount": null,
            "inclusive": self.inclusive,
            "jurisdiction": null,
            "jurisdiction_level": null,
            "livemode": false,
            "metadata": self.metadata.json(),
            "percentage": self.percentage.to_f64(),
            "rate_type": "percentage",
            "state": null,
            "tax_type": null,
        });
        told::over(rate, &self.told)
    }
}

/// The rate that a parameter names, for something new: it is active.
///
/// # Errors
///
/// `resource_missing`, and Stripe's refusal of what is archived.
pub fn usable<'a>(stripe: &'a Stripe, id: &str, param: &str) -> Result<&'a TaxRate, ApiError> {
    let rate = stripe.tax_rates.given(id, param)?;
    if rate.active {
        return Ok(rate);
    }
    let message = format!("The tax rate '{id}' is inactive. Only active tax rates can be added.");
    Err(ApiError::invalid(message).param(param))
}

fn create(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let percentage = params.get("percentage").ok_or_else(|| ApiError::missing("percentage"))?;
    let percentage = percentage.to_string().parse::<Decimal>().ok();
    let fits = |rate: &Decimal| {
        (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(rate)
            && rate.normalize().scale() <= DECIMALS_MAX
    };
    let Some(percentage) = percentage.filter(fits) else {
        let message = format!(
            "The percentage must be between 0 and 100 and can have up to {DECIMALS_MAX} decimals."
        );
        return Err(ApiError::invalid(message).param("percentage"));
    };
    let mut repeated = Map::new();
    told::update(&mut repeated, params, TOLD);
    let rate = TaxRate {
        id: stripe.ids.next("txr"),
        created: stripe.now(),
        active: params.flag("active").unwrap_or(true),
        percentage,
        inclusive: params.flag("inclusive").ok_or_else(|| ApiError::missing("inclusive"))?,
        metadata: params.metadata(),
        told: repeated,
    };
    let shown = rate.json(stripe);
    stripe.tax_rates.add(rate);
    stripe.emit("tax_rate.created", shown.clone());
    Ok(shown)
}

fn read(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    Ok(stripe.tax_rates.named(call.id())?.json(stripe))
}

fn update(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let before = stripe.tax_rates.named(call.id())?.json(stripe);
    if let Some(rate) = stripe.tax_rates.get_mut(call.id()) {
        rate.active = params.flag("active").unwrap_or(rate.active);
        rate.metadata.update(params);
        told::update(&mut rate.told, params, TOLD);
    }
    let after = stripe.shown(|stripe| &stripe.tax_rates, call.id());
    stripe.emit_update("tax_rate.updated", &before, after.clone());
    Ok(after)
}

fn page(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let rates = stripe.tax_rates.iter().filter(|rate| {
        params.flag("active").is_none_or(|active| active == rate.active)
            && params.flag("inclusive").is_none_or(|inclusive| inclusive == rate.inclusive)
    });
    list::page(stripe, call, "/v1/tax_rates", rates)
}
