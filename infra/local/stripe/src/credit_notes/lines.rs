//! What a credit note is about: lines of its invoice, by amount or quantity, lines described anew,
//! or an amount alone.
//!
//! Taxes of what was on the invoice are credited in proportion, so that a line that is credited in
//! parts gives back exactly its tax, and never more (each part is the rounded share of all parts so
//! far, less what the earlier ones had).

use rust_decimal::Decimal;

use super::{NoteLine, live};
use crate::call::Params;
use crate::error::ApiError;
use crate::ids::Ids;
use crate::invoices::{self, Invoice, Line, Tax, Totals};
use crate::stripe::Stripe;

/// The lines that parameters describe, and what they come to.
pub(super) fn read(
    stripe: &Stripe,
    params: &Params,
    invoice: &Invoice,
    ids: &mut Ids,
) -> Result<(Vec<NoteLine>, Totals), ApiError> {
    if params.has("shipping_cost") {
        return Err(ApiError::not_simulated("shipping_cost"));
    }
    let given = params.list("lines");
    match (params.integer("amount"), given.as_slice()) {
        (Some(_), [_, ..]) => {
            let message = "You may only specify one of these parameters: amount, lines.";
            Err(ApiError::invalid(message).param("lines"))
        }
        (None, []) => {
            let message = "One of `amount`, `lines`, or `shipping_cost` must be provided.";
            Err(ApiError::invalid(message).code("parameter_missing").param("amount"))
        }
        (Some(amount), []) => {
            positive(amount, "amount")?;
            Ok((Vec::new(), of_amount(stripe, invoice, amount)))
        }
        (None, given) => {
            let mut lines: Vec<NoteLine> = Vec::new();
            for (place, params) in given.iter().enumerate() {
                let at = format!("lines[{place}]");
                let line = line(stripe, params, invoice, &lines, &at)?;
                lines.push(NoteLine { id: ids.next("cnli"), ..line });
            }
            let taxes: Vec<Tax> = lines.iter().flat_map(|line| line.taxes.clone()).collect();
            let subtotal = lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.amount));
            Ok((lines, Totals::new(subtotal, &taxes)))
        }
    }
}

/// A note about an amount with its taxes: each of the invoice's taxes in proportion.
fn of_amount(stripe: &Stripe, invoice: &Invoice, amount: i64) -> Totals {
    let totals = Totals::of(stripe, invoice);
    let notes = || live(stripe, &invoice.id);
    let before = notes().fold(0_i64, |sum, note| sum.saturating_add(note.totals.total()));
    let so_far = before.saturating_add(amount);
    let taxes = totals.taxes.iter().map(|tax| {
        let had = notes().flat_map(|note| &note.totals.taxes).filter(|it| it.rate == tax.rate);
        let (had, had_of) = had.fold((0_i64, 0_i64), |(amount, of), it| {
            (amount.saturating_add(it.amount), of.saturating_add(it.taxable))
        });
        let part =
            |whole: i64, had: i64| share(whole, so_far, totals.total()).saturating_sub(had).max(0);
        Tax { amount: part(tax.amount, had), taxable: part(tax.taxable, had_of), ..tax.clone() }
    });
    let taxes: Vec<Tax> = taxes.collect();
    let on_top = taxes.iter().filter(|tax| !tax.inclusive);
    let subtotal = on_top.fold(amount, |left, tax| left.saturating_sub(tax.amount));
    Totals::new(subtotal, &taxes)
}

fn line(
    stripe: &Stripe,
    params: &Params,
    invoice: &Invoice,
    earlier: &[NoteLine],
    at: &str,
) -> Result<NoteLine, ApiError> {
    let within = |name: &str| format!("{at}[{name}]");
    if !params.list("tax_amounts").is_empty() {
        return Err(ApiError::not_simulated(&within("tax_amounts")));
    }
    if params.text("type") == Some("invoice_line_item") {
        return credited(stripe, params, invoice, earlier, at);
    }
    for name in ["amount", "invoice_line_item"] {
        if params.has(name) {
            let message = format!("`{name}` is only valid when `type` is `invoice_line_item`.");
            return Err(ApiError::invalid(message).param(within(name)));
        }
    }
    let quantity = params.integer("quantity").unwrap_or(1);
    positive(quantity, &within("quantity"))?;
    let unit_amount = match (params.integer("unit_amount"), params.text("unit_amount_decimal")) {
        (Some(_), Some(_)) => {
            let message =
                "You may only specify one of these parameters: unit_amount, unit_amount_decimal.";
            return Err(ApiError::invalid(message).param(within("unit_amount_decimal")));
        }
        (Some(amount), None) => Decimal::from(amount),
        (None, Some(text)) => text.parse().map_err(|_| {
            let message = format!("Invalid decimal: {text}");
            ApiError::invalid(message).param(within("unit_amount_decimal"))
        })?,
        (None, None) => return Err(ApiError::missing(&within("unit_amount"))),
    };
    let amount = unit_amount.checked_mul(Decimal::from(quantity)).unwrap_or(Decimal::MAX);
    let amount = invoices::rounded(amount);
    positive(amount, &within("unit_amount"))?;
    let tax_rates = invoices::tax_rates(stripe, params, "tax_rates")?;
    Ok(NoteLine {
        id: String::new(),
        invoice_line: None,
        amount,
        description: params.text("description").unwrap_or_default().to_owned(),
        quantity: Some(quantity),
        unit_amount: Some(unit_amount),
        taxes: invoices::taxes_on(stripe, invoice, amount, &tax_rates),
        tax_rates,
        metadata: params.metadata(),
    })
}

/// A line of the invoice, or a part of it.
fn credited(
    stripe: &Stripe,
    params: &Params,
    invoice: &Invoice,
    earlier: &[NoteLine],
    at: &str,
) -> Result<NoteLine, ApiError> {
    let within = |name: &str| format!("{at}[{name}]");
    for name in ["unit_amount", "unit_amount_decimal", "tax_rates"] {
        if params.has(name) {
            let message = format!("`{name}` is only valid when `type` is `custom_line_item`.");
            return Err(ApiError::invalid(message).param(within(name)));
        }
    }
    let id = params.text("invoice_line_item");
    let id = id.ok_or_else(|| ApiError::missing(&within("invoice_line_item")))?;
    let line = invoice.lines.iter().find(|line| line.id == id);
    let line = line
        .ok_or_else(|| ApiError::no_such("invoice line item", id, &within("invoice_line_item")))?;
    let notes = live(stripe, &invoice.id).flat_map(|note| &note.lines).chain(earlier);
    let notes: Vec<&NoteLine> =
        notes.filter(|note| note.invoice_line.as_deref() == Some(id)).collect();
    let before = notes.iter().fold(0_i64, |sum, note| sum.saturating_add(note.amount));
    let (amount, quantity) = part_of(params, line, &notes, before, at)?;
    let so_far = before.saturating_add(amount);
    if so_far > line.amount {
        let left = line.amount.saturating_sub(before).max(0);
        let message = format!(
            "The amount to credit ({amount}) is more than what is left of the invoice line item \
             ({left})."
        );
        return Err(ApiError::invalid(message).param(at));
    }
    let taxes = invoices::line_taxes(stripe, invoice, line).into_iter().map(|tax| {
        let had = notes.iter().flat_map(|note| &note.taxes).filter(|it| it.rate == tax.rate);
        let had = had.fold(0_i64, |sum, it| sum.saturating_add(it.amount));
        let part = share(tax.amount, so_far, line.amount).saturating_sub(had).max(0);
        let taxable = share(tax.taxable, amount, line.amount);
        Tax { amount: part, taxable, ..tax }
    });
    Ok(NoteLine {
        id: String::new(),
        invoice_line: Some(id.to_owned()),
        amount,
        description: params.text("description").unwrap_or(&line.description).to_owned(),
        quantity,
        unit_amount: None,
        tax_rates: Vec::new(),
        taxes: taxes.collect(),
        metadata: params.metadata(),
    })
}

/// How much of a line is credited: an amount, or so many of its units. A line is credited in one of
/// the two ways only (`docs.stripe.com/invoicing/integration/programmatic-credit-notes`).
fn part_of(
    params: &Params,
    line: &Line,
    notes: &[&NoteLine],
    before: i64,
    at: &str,
) -> Result<(i64, Option<i64>), ApiError> {
    let within = |name: &str| format!("{at}[{name}]");
    let by_quantity = |note: &&&NoteLine| note.quantity.is_some();
    match (params.integer("amount"), params.integer("quantity")) {
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: amount, quantity.";
            Err(ApiError::invalid(message).param(within("quantity")))
        }
        (None, None) => Err(ApiError::missing(&within("amount"))),
        (Some(amount), None) => {
            positive(amount, &within("amount"))?;
            if notes.iter().any(|note| by_quantity(&note)) {
                return Err(one_way("quantity").param(within("amount")));
            }
            Ok((amount, None))
        }
        (None, Some(quantity)) => {
            positive(quantity, &within("quantity"))?;
            if notes.iter().any(|note| !by_quantity(&note)) {
                return Err(one_way("amount").param(within("quantity")));
            }
            let had = notes.iter().filter_map(|note| note.quantity);
            let units = had.fold(quantity, i64::saturating_add);
            let of = line.quantity.unwrap_or(1);
            if units > of {
                let message = "The quantity to credit is more than what is left of the line item.";
                return Err(ApiError::invalid(message).param(within("quantity")));
            }
            Ok((share(line.amount, units, of).saturating_sub(before), Some(quantity)))
        }
    }
}

fn one_way(way: &str) -> ApiError {
    let message = format!(
        "This invoice line item was credited by {way} before and can only be credited by {way}."
    );
    ApiError::invalid(message)
}

pub(super) fn positive(number: i64, param: &str) -> Result<(), ApiError> {
    if number >= 1 {
        return Ok(());
    }
    let message = "This value must be greater than or equal to 1.";
    Err(ApiError::invalid(message).code("parameter_invalid_integer").param(param))
}

/// The part of a whole that is `part / of`, in whole minor units, half away from zero; nothing of
/// nothing.
fn share(whole: i64, part: i64, of: i64) -> i64 {
    let product = Decimal::from(whole).checked_mul(Decimal::from(part));
    let share = product.and_then(|product| product.checked_div(Decimal::from(of)));
    share.map_or(0, invoices::rounded)
}
