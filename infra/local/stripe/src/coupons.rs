//! Coupons, and the discounts of subscriptions by them
//! (docs.stripe.com/billing/subscriptions/coupons).
//!
//! A discount takes something off each invoice of its subscription, before tax, as long as it
//! lasts; what is pro rata is not discounted. Not simulated, and refused: promotion codes, coupons
//! for single products or of several currencies, and discounts of customers, items and single
//! invoices.

#[cfg(test)]
mod tests;

use billing::time::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::call::{Call, Params};
use crate::error::ApiError;
use crate::invoices::{Invoice, Line, rounded};
use crate::list;
use crate::metadata::Metadata;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;
use crate::subscriptions::Subscription;
use crate::subscriptions::period::plus_months;

/// What it answers.
pub const ROUTES: &[Route] = &[
    Route::post("/v1/coupons", create),
    Route::get("/v1/coupons", page),
    Route::get("/v1/coupons/{coupon}", read),
    Route::delete("/v1/coupons/{coupon}", delete),
];

/// What is not simulated of a coupon.
const REFUSED: [&str; 4] = ["applies_to", "currency_options", "max_redemptions", "redeem_by"];

/// A coupon.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Coupon {
    /// Its id: given, or made.
    pub id: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// What it takes off.
    pub off: Off,
    /// For how long.
    pub lasts: Lasts,
    /// Its name.
    pub name: Option<String>,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
}

/// What a coupon takes off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Off {
    /// So many percent.
    Percent(#[serde(with = "crate::kept::decimal")] Decimal),
    /// So many minor units of a currency.
    Amount(i64, String),
}

/// For how long a coupon takes something off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lasts {
    /// One invoice.
    Once,
    /// So many months.
    Months(i64),
    /// As long as the subscription.
    Forever,
}

/// A discount of a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discount {
    /// `di_...`
    pub id: String,
    /// What it takes off.
    pub off: Off,
    /// For how long.
    pub lasts: Lasts,
    /// Time at which it ends, if it lasts for months.
    pub end: Option<Timestamp>,
}

impl Object for Coupon {
    const KIND: &'static str = "coupon";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, _stripe: &Stripe) -> Value {
        let (percent, amount, currency) = match &self.off {
            Off::Percent(percent) => (percent.to_f64(), None, None),
            Off::Amount(amount, currency) => (None, Some(*amount), Some(currency)),
        };
        let (duration, months) = match self.lasts {
            Lasts::Once => ("once", None),
            Lasts::Months(months) => ("repeating", Some(months)),
            Lasts::Forever => ("forever", None),
        };
        json!({
            "id": self.id,
            "object": "coupon",
            "amount_off": amount,
            "created": self.created.0,
            "currency": currency,
            "duration": duration,
            "duration_in_months": months,
            "livemode": false,
            "max_redemptions": null,
            "metadata": self.metadata.json(),
            "name": self.name,
            "percent_off": percent,
            "redeem_by": null,
            "times_redeemed": 0,
            "valid": true,
        })
    }
}

fn create(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    for refused in REFUSED {
        if params.has(refused) {
            return Err(ApiError::not_simulated(refused));
        }
    }
    let coupon = Coupon {
        id: params.text("id").map_or_else(|| stripe.ids.next("co"), str::to_owned),
        created: stripe.now(),
        off: off(params)?,
        lasts: lasts(params)?,
        name: params.text("name").map(str::to_owned),
        metadata: params.metadata(),
    };
    if stripe.coupons.get(&coupon.id).is_some() {
        let message = format!("Coupon already exists: {}.", coupon.id);
        return Err(ApiError::invalid(message).code("resource_already_exists").param("id"));
    }
    let shown = coupon.json(stripe);
    stripe.coupons.add(coupon);
    stripe.emit("coupon.created", shown.clone());
    Ok(shown)
}

fn off(params: &Params) -> Result<Off, ApiError> {
    let percent = params.get("percent_off").and_then(|it| it.to_string().parse::<Decimal>().ok());
    match (percent, params.integer("amount_off"), params.text("currency")) {
        (Some(percent), None, _) if percent > Decimal::ZERO && percent <= Decimal::ONE_HUNDRED => {
            Ok(Off::Percent(percent))
        }
        (None, Some(amount), Some(currency)) if amount > 0 => {
            Ok(Off::Amount(amount, currency.to_lowercase()))
        }
        (None, Some(_), None) => Err(ApiError::missing("currency")),
        _ => {
            let message = "Give either `percent_off`, above 0 and at most 100, or `amount_off`.";
            Err(ApiError::invalid(message).param("percent_off"))
        }
    }
}

fn lasts(params: &Params) -> Result<Lasts, ApiError> {
    Ok(match (params.text("duration"), params.integer("duration_in_months")) {
        (Some("forever"), _) => Lasts::Forever,
        (Some("repeating"), Some(months)) if months > 0 => Lasts::Months(months),
        (Some("repeating"), _) => return Err(ApiError::missing("duration_in_months")),
        _ => Lasts::Once,
    })
}

fn read(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    Ok(stripe.coupons.named(call.id())?.json(stripe))
}

/// Discounts that it made stay.
fn delete(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let last = stripe.coupons.named(call.id())?.json(stripe);
    stripe.coupons.remove(call.id());
    stripe.emit("coupon.deleted", last);
    Ok(json!({ "id": call.id(), "object": "coupon", "deleted": true }))
}

fn page(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    list::page(stripe, call, "/v1/coupons", stripe.coupons.iter())
}

/// Takes over the `discounts` of a subscription: the list takes the place of what there was.
///
/// # Errors
///
/// `resource_missing`, and what is not simulated.
pub fn give(
    stripe: &mut Stripe,
    subscription: &mut Subscription,
    params: &Params,
) -> Result<(), ApiError> {
    if params.unsets("discounts") {
        subscription.discounts.clear();
    }
    if !params.has("discounts") {
        return Ok(());
    }
    let mut discounts = Vec::new();
    for (place, given) in params.list("discounts").iter().enumerate() {
        let param = format!("discounts[{place}]");
        if let Some(kept) = given.text("discount") {
            let kept = subscription.discounts.iter().find(|discount| discount.id == kept);
            let missing = || ApiError::invalid("No such discount.").param(&*param);
            discounts.push(kept.cloned().ok_or_else(missing)?);
            continue;
        }
        let Some(coupon) = given.text("coupon") else {
            return Err(ApiError::not_simulated(&param));
        };
        let coupon = stripe.coupons.given(coupon, &format!("{param}[coupon]"))?.clone();
        let now = stripe.time_of(Some(&subscription.customer));
        let end = match coupon.lasts {
            Lasts::Months(months) => Some(plus_months(now, months)),
            Lasts::Once | Lasts::Forever => None,
        };
        let id = stripe.ids.next("di");
        discounts.push(Discount { id, off: coupon.off, lasts: coupon.lasts, end });
    }
    subscription.discounts = discounts;
    Ok(())
}

/// Discounts of a subscription at a moment.
pub fn at(subscription: &Subscription, moment: Timestamp) -> Vec<Discount> {
    let lives = |discount: &&Discount| discount.end.is_none_or(|end| moment < end);
    subscription.discounts.iter().filter(lives).cloned().collect()
}

/// What each discount of an invoice takes off each of its lines: a list for each discount, in minor
/// units.
pub fn taken(stripe: &Stripe, invoice: &Invoice) -> Vec<Vec<i64>> {
    let mut left: Vec<i64> = invoice.lines.iter().map(|line| discountable(stripe, line)).collect();
    let mut all = Vec::new();
    for discount in &invoice.discounts {
        let off = taken_by(&discount.off, &left, &invoice.currency);
        for (left, off) in left.iter_mut().zip(&off) {
            *left = left.saturating_sub(*off);
        }
        all.push(off);
    }
    all
}

/// What is taken off a line of an invoice, by all discounts.
pub fn taken_off(stripe: &Stripe, invoice: &Invoice, line: &Line) -> i64 {
    if invoice.discounts.is_empty() {
        return 0;
    }
    let place = invoice.lines.iter().position(|it| it.id == line.id);
    let of = |off: &Vec<i64>| place.and_then(|place| off.get(place)).copied().unwrap_or(0);
    taken(stripe, invoice).iter().map(of).fold(0, i64::saturating_add)
}

fn discountable(stripe: &Stripe, line: &Line) -> i64 {
    let item = line.invoice_item.as_deref().and_then(|id| stripe.invoice_items.get(id));
    let is = !line.proration && item.is_none_or(|item| item.discountable);
    if is { line.amount.max(0) } else { 0 }
}

fn taken_by(off: &Off, amounts: &[i64], currency: &str) -> Vec<i64> {
    let sum = amounts.iter().fold(0_i64, |sum, amount| sum.saturating_add(*amount));
    let share = |amount: i64, of: Decimal, whole: Decimal| {
        let share = Decimal::from(amount).checked_mul(of).and_then(|it| it.checked_div(whole));
        rounded(share.unwrap_or_default())
    };
    match off {
        Off::Percent(percent) => {
            let share = |amount: &i64| share(*amount, *percent, Decimal::ONE_HUNDRED);
            amounts.iter().map(share).collect()
        }
        Off::Amount(_, other) if other != currency => vec![0; amounts.len()],
        Off::Amount(amount, _) => {
            let mut left = (*amount).min(sum);
            let last = amounts.iter().rposition(|amount| *amount > 0);
            let mut taken = Vec::new();
            for (place, line) in amounts.iter().enumerate() {
                let part =
                    share(*line, Decimal::from((*amount).min(sum)), Decimal::from(sum.max(1)));
                let part = if Some(place) == last { left } else { part.min(left) };
                left = left.saturating_sub(part);
                taken.push(part);
            }
            taken
        }
    }
}
