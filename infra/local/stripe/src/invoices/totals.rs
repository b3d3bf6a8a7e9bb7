//! What an invoice comes to: lines, less discounts, and taxes by tax rates.
//!
//! Taxes are worked out per line and tax rate and rounded to whole minor units there, half away
//! from zero, then added up (support.stripe.com/questions/rounding-rules-for-stripe-fees shows tax
//! so). Exclusive rates take the line without the inclusive taxes in it. Customers that are exempt
//! or in reverse charge pay no tax.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Invoice, Line};
use crate::coupons;
use crate::stripe::Stripe;

/// A tax on a line, or of all lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tax {
    /// The tax rate.
    pub rate: String,
    /// True if the line's amount contains it.
    pub inclusive: bool,
    /// Minor units.
    pub amount: i64,
    /// What it is worked out of, in minor units.
    pub taxable: i64,
    /// Stripe's `taxability_reason`.
    pub reason: Cow<'static, str>,
}

/// What an invoice comes to, in minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Totals {
    /// All lines, with inclusive taxes.
    pub subtotal: i64,
    /// What discounts take off them.
    pub discount: i64,
    /// Taxes within the lines.
    pub inclusive: i64,
    /// Taxes on top of them.
    pub exclusive: i64,
    /// Taxes by tax rate, in the order in which they come first.
    pub taxes: Vec<Tax>,
}

impl Totals {
    /// Of an invoice.
    pub fn of(stripe: &Stripe, invoice: &Invoice) -> Self {
        let taxes: Vec<Tax> =
            invoice.lines.iter().flat_map(|line| line_taxes(stripe, invoice, line)).collect();
        let subtotal =
            invoice.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.amount));
        let taken = coupons::taken(stripe, invoice);
        let discount = taken.iter().flatten().fold(0_i64, |sum, off| sum.saturating_add(*off));
        Self { discount, ..Self::new(subtotal, &taxes) }
    }

    /// Of lines that come to `subtotal`, with these taxes on them.
    pub fn new(subtotal: i64, taxes: &[Tax]) -> Self {
        let of = |inclusive: bool| {
            let taxes = taxes.iter().filter(|tax| tax.inclusive == inclusive);
            taxes.fold(0_i64, |sum, tax| sum.saturating_add(tax.amount))
        };
        Self {
            subtotal,
            discount: 0,
            inclusive: of(true),
            exclusive: of(false),
            taxes: sum_taxes(taxes),
        }
    }

    /// With all taxes.
    pub fn total(&self) -> i64 {
        self.subtotal.saturating_sub(self.discount).saturating_add(self.exclusive)
    }

    /// Without any tax.
    pub fn without_tax(&self) -> i64 {
        self.subtotal.saturating_sub(self.discount).saturating_sub(self.inclusive)
    }

    /// All lines without any tax, before discounts.
    pub fn subtotal_without_tax(&self) -> i64 {
        self.subtotal.saturating_sub(self.inclusive)
    }
}

/// The taxes on a line of an invoice: by its own rates, or by the invoice's when it has none.
pub(crate) fn line_taxes(stripe: &Stripe, invoice: &Invoice, line: &Line) -> Vec<Tax> {
    let own = Some(&line.tax_rates).filter(|rates| !rates.is_empty());
    let rates = own.unwrap_or(&invoice.default_tax_rates);
    let amount = line.amount.saturating_sub(coupons::taken_off(stripe, invoice, line));
    taxes_on(stripe, invoice, amount, rates)
}

/// The taxes on an amount of an invoice, by these rates.
pub(crate) fn taxes_on(
    stripe: &Stripe,
    invoice: &Invoice,
    amount: i64,
    rates: &[String],
) -> Vec<Tax> {
    taxes(stripe, &super::json::tax_exempt(stripe, invoice), amount, rates)
}

/// The taxes on an amount, by these rates, for a customer who is `none`, `exempt` or `reverse`.
pub(crate) fn taxes(stripe: &Stripe, exempt: &str, amount: i64, rates: &[String]) -> Vec<Tax> {
    let rates: Vec<_> = rates.iter().filter_map(|id| stripe.tax_rates.get(id)).collect();
    let reason = match exempt {
        "exempt" => "customer_exempt",
        "reverse" => "reverse_charge",
        _ => "not_available",
    };
    let inclusive = rates.iter().filter(|rate| rate.inclusive);
    let inclusive = inclusive
        .fold(Decimal::ZERO, |sum, rate| sum.checked_add(rate.percentage).unwrap_or(Decimal::MAX));
    let whole = inclusive.checked_add(Decimal::ONE_HUNDRED).unwrap_or(Decimal::MAX);
    let net = Decimal::from(amount)
        .checked_mul(Decimal::ONE_HUNDRED)
        .and_then(|amount| amount.checked_div(whole))
        .unwrap_or_default();
    let taxes = rates.into_iter().map(|rate| {
        let tax = net
            .checked_mul(rate.percentage)
            .and_then(|tax| tax.checked_div(Decimal::ONE_HUNDRED))
            .unwrap_or_default();
        let taxed = reason == "not_available";
        Tax {
            rate: rate.id.clone(),
            inclusive: rate.inclusive,
            amount: if taxed { rounded(tax) } else { 0 },
            taxable: if taxed { rounded(net) } else { 0 },
            reason: reason.into(),
        }
    });
    taxes.collect()
}

/// Whole minor units, half away from zero.
pub(crate) fn rounded(amount: Decimal) -> i64 {
    let whole = amount.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    whole.to_i64().unwrap_or(if amount.is_sign_negative() { i64::MIN } else { i64::MAX })
}

/// Taxes of one rate as one.
pub(crate) fn sum_taxes(taxes: &[Tax]) -> Vec<Tax> {
    let mut sums: Vec<Tax> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for tax in taxes {
        let place = places.get(tax.rate.as_str());
        if let Some(sum) = place.and_then(|place| sums.get_mut(*place)) {
            sum.amount = sum.amount.saturating_add(tax.amount);
            sum.taxable = sum.taxable.saturating_add(tax.taxable);
        } else {
            places.insert(&tax.rate, sums.len());
            sums.push(tax.clone());
        }
    }
    sums
}

/// A tax as Stripe shows it.
pub(crate) fn tax_json(tax: &Tax) -> Value {
    json!({
        "amount": tax.amount,
        "tax_behavior": if tax.inclusive { "inclusive" } else { "exclusive" },
        "tax_rate_details": { "tax_rate": tax.rate },
        "taxability_reason": tax.reason,
        "taxable_amount": tax.taxable,
        "type": "tax_rate_details",
    })
}
