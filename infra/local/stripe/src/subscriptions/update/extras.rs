//! `add_invoice_items`: what is bought once, with the next invoice of a subscription.

use crate::call::Params;
use crate::error::ApiError;
use crate::invoices::{Line, NewInvoice};
use crate::metadata::Metadata;
use crate::prices;
use crate::stripe::Stripe;
use crate::subscriptions::invoicing::instant;
use crate::subscriptions::{Subscription, lines};

/// The lines that a request adds.
pub fn read(
    stripe: &mut Stripe,
    subscription: &Subscription,
    params: &Params,
) -> Result<Vec<Line>, ApiError> {
    let mut extras = Vec::new();
    for (place, extra) in params.list("add_invoice_items").iter().enumerate() {
        let name = |field: &str| format!("add_invoice_items[{place}][{field}]");
        for refused in ["discounts", "period"] {
            if extra.has(refused) {
                return Err(ApiError::not_simulated(&name(refused)));
            }
        }
        let id = match extra.within("price_data") {
            Some(data) => prices::inline(stripe, &data, &name("price_data"))?,
            None => extra
                .text("price")
                .map(str::to_owned)
                .ok_or_else(|| ApiError::missing(&name("price")))?,
        };
        let price = stripe.prices.given(&id, &name("price"))?;
        if price.recurring.is_some() {
            let message = "The price specified is set to `type=recurring` but this field only \
                           accepts prices with `type=one_time`.";
            return Err(ApiError::invalid(message).param(name("price")));
        }
        let now = stripe.time_of(Some(&subscription.customer));
        let quantity = extra.integer("quantity").unwrap_or(1);
        let mut line = lines::once(stripe, price, quantity, instant(now));
        line.subscription = Some(subscription.id.clone());
        line.tax_rates = extra.texts("tax_rates");
        let mut metadata = Metadata::default();
        metadata.update(extra);
        line.metadata = metadata;
        extras.push(line);
    }
    Ok(extras)
}

/// A line that a preview is to show besides: one of its `invoice_items`.
pub fn previewed(
    stripe: &mut Stripe,
    new: &NewInvoice,
    item: &Params,
    place: usize,
) -> Result<Line, ApiError> {
    let name = |field: &str| format!("invoice_items[{place}][{field}]");
    for refused in ["discounts", "invoiceitem", "quantity_decimal"] {
        if item.has(refused) {
            return Err(ApiError::not_simulated(&name(refused)));
        }
    }
    let id = match item.within("price_data") {
        Some(data) => Some(prices::inline(stripe, &data, &name("price_data"))?),
        None => item.text("price").map(str::to_owned),
    };
    let quantity = item.integer("quantity").unwrap_or(1);
    let mut line = match id {
        Some(id) => {
            let price = stripe.prices.given(&id, &name("price"))?;
            lines::once(stripe, price, quantity, new.period)
        }
        None => lines::of_amount(amount(item, quantity), quantity, new.period),
    };
    if let Some(description) = item.text("description") {
        description.clone_into(&mut line.description);
    }
    if let Some(period) = item.within("period")
        && let (Some(start), Some(end)) = (period.time("start"), period.time("end"))
    {
        line.period = (start, end);
    }
    line.tax_rates = item.texts("tax_rates");
    line.subscription.clone_from(&new.subscription);
    line.metadata.update(item);
    Ok(line)
}

/// `amount`, or `unit_amount` for each.
fn amount(item: &Params, quantity: i64) -> i64 {
    let unit = item.integer("unit_amount").map(|unit| unit.saturating_mul(quantity));
    item.integer("amount").or(unit).unwrap_or(0)
}
