//! The lines that a subscription puts on invoices, worded as Stripe words them.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::period::{self, Period};
use super::{Subscription, SubscriptionItem};
use crate::invoices::Line;
use crate::metadata::Metadata;
use crate::pages::money;
use crate::prices::{Price, Recurring};
use crate::stripe::Stripe;

/// What a proration says, apart from its words.
#[derive(Debug, Clone, Copy)]
pub struct Adjustment<'a> {
    /// At which price.
    pub price: &'a str,
    /// How many.
    pub quantity: i64,
    /// Minor units, with its sign.
    pub amount: i64,
    /// From and to.
    pub time: Period,
    /// The line's own tax rates.
    pub tax_rates: &'a [String],
}

/// A period in advance: `5 × Team (at €9.80 / month)`.
pub fn advance(
    stripe: &Stripe,
    subscription: &Subscription,
    item: &SubscriptionItem,
    time: Period,
    amount: i64,
) -> Line {
    let price = stripe.prices.get(&item.price);
    let name = product(stripe, &item.price);
    let at = price.and_then(|price| rate(price, &subscription.currency));
    let at = at.map(|at| format!(" (at {at})")).unwrap_or_default();
    let description = format!("{} × {name}{at}", item.quantity);
    of_item(subscription, item, description, time, amount)
}

/// A trial: nothing is billed for it.
pub fn trial(
    stripe: &Stripe,
    subscription: &Subscription,
    item: &SubscriptionItem,
    time: Period,
) -> Line {
    let name = product(stripe, &item.price);
    let description = match subscription.mode {
        super::BillingMode::Classic => format!("Trial period for {name}"),
        super::BillingMode::Flexible => format!("Free trial for {} × {name}", item.quantity),
    };
    of_item(subscription, item, description, time, 0)
}

/// What is billed before the first full period, or before the end of a shorter one.
pub fn stub(
    stripe: &Stripe,
    subscription: &Subscription,
    item: &SubscriptionItem,
    time: Period,
    amount: i64,
) -> Line {
    let name = product(stripe, &item.price);
    let what = match item.quantity {
        1 => name,
        several => format!("{several} × {name}"),
    };
    let (from, until) = (period::day(time.0), period::day(time.1));
    let description = format!("Time on {what} from {from} until {until}");
    let mut line = of_item(subscription, item, description, time, amount);
    line.proration = true;
    line
}

/// What is taken back: `Unused time on 5 × Team after 22 Nov 2026`.
pub fn unused(
    stripe: &Stripe,
    subscription: &Subscription,
    item: &SubscriptionItem,
    adjustment: &Adjustment<'_>,
) -> Line {
    adjusting(stripe, subscription, item, "Unused", adjustment)
}

/// What is billed for the rest of a period: `Remaining time on 8 × Team after 22 Nov 2026`.
pub fn remaining(
    stripe: &Stripe,
    subscription: &Subscription,
    item: &SubscriptionItem,
    time: Period,
    amount: i64,
) -> Line {
    let adjustment = Adjustment {
        price: &item.price,
        quantity: item.quantity,
        amount,
        time,
        tax_rates: &item.tax_rates,
    };
    adjusting(stripe, subscription, item, "Remaining", &adjustment)
}

fn adjusting(
    stripe: &Stripe,
    subscription: &Subscription,
    item: &SubscriptionItem,
    which: &str,
    adjustment: &Adjustment<'_>,
) -> Line {
    let name = product(stripe, adjustment.price);
    let what = match adjustment.quantity {
        1 => name,
        several => format!("{several} × {name}"),
    };
    let description = format!("{which} time on {what} after {}", period::day(adjustment.time.0));
    let mut line = of_item(subscription, item, description, adjustment.time, adjustment.amount);
    line.proration = true;
    line.price = Some(adjustment.price.to_owned());
    line.quantity = Some(adjustment.quantity);
    line.tax_rates = adjustment.tax_rates.to_vec();
    line
}

/// Something that is bought once, with an invoice of a subscription.
pub fn once(stripe: &Stripe, price: &Price, quantity: i64, time: Period) -> Line {
    let mut line = of_amount(price.amount(quantity), quantity, time);
    line.description = product(stripe, &price.id);
    line.price = Some(price.id.clone());
    line
}

/// An amount without a price.
pub fn of_amount(amount: i64, quantity: i64, time: Period) -> Line {
    Line {
        id: String::new(),
        amount,
        description: String::new(),
        quantity: Some(quantity),
        period: time,
        price: None,
        invoice_item: None,
        subscription: None,
        subscription_item: None,
        proration: false,
        credited: Vec::new(),
        tax_rates: Vec::new(),
        metadata: Metadata::default(),
    }
}

fn of_item(
    subscription: &Subscription,
    item: &SubscriptionItem,
    description: String,
    time: Period,
    amount: i64,
) -> Line {
    Line {
        description,
        quantity: Some(item.quantity),
        price: Some(item.price.clone()),
        subscription: Some(subscription.id.clone()),
        subscription_item: Some(item.id.clone()),
        tax_rates: item.tax_rates.clone(),
        metadata: item.metadata.clone(),
        ..of_amount(amount, item.quantity, time)
    }
}

fn product(stripe: &Stripe, price: &str) -> String {
    let price = stripe.prices.get(price);
    let product = price.and_then(|price| stripe.products.get(&price.product));
    product.map_or_else(String::new, |product| product.name.clone())
}

/// `€9.80 / month`, or `€27.00 every 3 months`.
fn rate(price: &Price, currency: &str) -> Option<String> {
    let Recurring { interval, count, .. } = price.recurring?;
    let unit = interval.as_str();
    let amount = unit_text(price.unit_amount?, currency);
    Some(match count {
        1 => format!("{amount} / {unit}"),
        several => format!("{amount} every {several} {unit}s"),
    })
}

/// An amount per unit, which may have decimals of minor units: `$0.0015`.
fn unit_text(amount: Decimal, currency: &str) -> String {
    if amount.fract().is_zero() {
        return money::text(amount.to_i64().unwrap_or(i64::MAX), currency);
    }
    let whole = money::text(0, currency);
    let symbol = whole.split('0').next().unwrap_or_default();
    let decimals = u32::try_from(money::decimals(currency)).unwrap_or(0);
    let mut major = amount;
    let _ = major.set_scale(amount.scale().saturating_add(decimals));
    format!("{symbol}{}", major.normalize())
}
