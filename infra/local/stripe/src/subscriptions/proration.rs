//! How much of a bill a part of its time is worth.
//!
//! Stripe prorates to the second: an amount times the seconds that are left, divided by the seconds
//! of the period, rounded half up to whole minor units. What is divided is the amount of the whole
//! line, not of one unit: 5 × 1,880.00 with 2,598,245 of 2,678,400 seconds left are 9,118.69, as an
//! invoice of Stripe's shows; five times the rounded share of one unit would be 9,118.70.
//!
//! Credits differ by billing mode (docs.stripe.com/billing/subscriptions/prorations, "Credit
//! prorations", and docs.stripe.com/billing/subscriptions/billing-mode/compare): `classic` takes
//! back the unused time at the item's current price and quantity, whether that was billed or not;
//! `flexible` takes back what was billed for that time, one credit for each original bill.

use billing::time::Timestamp;
use rust_decimal::Decimal;

use super::lines::{self, Adjustment};
use super::period::{self, Period};
use super::{Billed, BillingMode, Source, Subscription, SubscriptionItem};
use crate::invoices::Line;
use crate::prices;
use crate::stripe::Stripe;

/// What an amount for `whole` seconds is worth for `part` of them: rounded half up, by its
/// magnitude.
pub fn share(amount: i64, part: i64, whole: i64) -> i64 {
    share_of(Decimal::from(amount), part, whole)
}

/// The same of an amount with decimals of minor units: rounded once.
pub fn share_of(amount: Decimal, part: i64, whole: i64) -> i64 {
    if part <= 0 {
        return 0;
    }
    if whole <= 0 || part == whole {
        return prices::rounded(amount);
    }
    let decimals = 10_i128.saturating_pow(amount.scale());
    let divisor = i128::from(whole).saturating_mul(decimals).unsigned_abs();
    let product = amount.mantissa().saturating_mul(i128::from(part)).unsigned_abs();
    let twice = divisor.saturating_mul(2);
    let rounded = product.saturating_mul(2).saturating_add(divisor).checked_div(twice);
    let rounded = i64::try_from(rounded.unwrap_or_default()).unwrap_or(i64::MAX);
    if amount.is_sign_negative() { rounded.saturating_neg() } else { rounded }
}

/// Seconds between two instants.
pub fn seconds(from: Timestamp, to: Timestamp) -> i64 {
    to.0.saturating_sub(from.0)
}

/// What an item costs for a part of a period of its price.
pub fn price_of(stripe: &Stripe, anchor: Timestamp, item: &SubscriptionItem, time: Period) -> i64 {
    let Some(price) = stripe.prices.get(&item.price) else { return 0 };
    let Some(every) = price.recurring else { return price.amount(item.quantity) };
    let (start, end) = period::cycle(anchor, every, time.0);
    let amount = price.exact_amount(item.quantity);
    share_of(amount, seconds(time.0, time.1), seconds(start, end))
}

/// Credits for the time of an item from an instant on, and takes that time out of what stands
/// billed.
pub fn credits(
    stripe: &Stripe,
    subscription: &Subscription,
    item: &mut SubscriptionItem,
    from: Timestamp,
    until: Timestamp,
) -> Vec<Line> {
    let lines = match subscription.mode {
        BillingMode::Flexible => billed_credits(stripe, subscription, item, from, until),
        BillingMode::Classic => {
            classic_credit(stripe, subscription, item, from, until).into_iter().collect()
        }
    };
    forget(item, from);
    lines
}

/// Takes time from an instant on out of what stands billed, without crediting it.
fn forget(item: &mut SubscriptionItem, from: Timestamp) {
    for billed in &mut item.billed {
        billed.until = billed.until.min(from);
    }
    item.billed.retain(|billed| billed.until > billed.period.0);
}

fn billed_credits(
    stripe: &Stripe,
    subscription: &Subscription,
    item: &SubscriptionItem,
    from: Timestamp,
    until: Timestamp,
) -> Vec<Line> {
    let mut credits = Vec::new();
    for billed in &item.billed {
        let time = (billed.period.0.max(from), billed.until.min(until));
        if time.0 >= time.1 || billed.amount == 0 && subscription.trial_end().is_some() {
            continue;
        }
        let whole = seconds(billed.period.0, billed.period.1);
        let amount = share(billed.amount, seconds(time.0, time.1), whole);
        let adjustment = Adjustment {
            price: &billed.price,
            quantity: billed.quantity,
            amount: amount.saturating_neg(),
            time,
            tax_rates: &billed.tax_rates,
        };
        let mut line = lines::unused(stripe, subscription, item, &adjustment);
        line.credited = credited(stripe, item, billed).into_iter().collect();
        credits.push(line);
    }
    credits
}

fn classic_credit(
    stripe: &Stripe,
    subscription: &Subscription,
    item: &SubscriptionItem,
    from: Timestamp,
    until: Timestamp,
) -> Option<Line> {
    if from >= until || subscription.trial_end().is_some() {
        return None;
    }
    let amount = price_of(stripe, subscription.anchor, item, (from, until));
    let adjustment = Adjustment {
        price: &item.price,
        quantity: item.quantity,
        amount: amount.saturating_neg(),
        time: (from, until),
        tax_rates: &item.tax_rates,
    };
    let mut line = lines::unused(stripe, subscription, item, &adjustment);
    let billed = item.billed.iter().rev().find(|billed| billed.until > from);
    line.credited = billed.and_then(|billed| credited(stripe, item, billed)).into_iter().collect();
    Some(line)
}

/// The invoice and line that a bill stands on, once it does.
fn credited(stripe: &Stripe, item: &SubscriptionItem, billed: &Billed) -> Option<(String, String)> {
    let (invoice, wanted) = match &billed.source {
        Source::Planned(_) => return None,
        Source::InvoiceItem(id) => {
            (stripe.invoice_items.get(id)?.invoice.clone()?, Some(id.as_str()))
        }
        Source::Invoice(invoice) => (invoice.clone(), None),
    };
    let line = stripe.invoices.get(&invoice)?.lines.iter().find(|line| {
        line.invoice_item.as_deref() == wanted
            && line.subscription_item.as_deref() == Some(&item.id)
            && line.period == billed.period
    })?;
    Some((invoice, line.id.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_those_of_stripes_own_examples() {
        for (amount, part, whole, expected) in [
            // docs.stripe.com/billing/subscriptions/prorations, "Preview a proration": 1,000 and
            // 3,252 a month, changed at 1598982148 in the period from 1596749288 to 1599427688.
            (1_000, 1_599_427_688 - 1_598_982_148, 1_599_427_688 - 1_596_749_288, 166),
            (3_252, 1_599_427_688 - 1_598_982_148, 1_599_427_688 - 1_596_749_288, 541),
            // "Calculation logic with no prorations": a third of 10 and of 20 USD.
            (1_000, 10, 30, 333),
            (2_000, 10, 30, 667),
            // An invoice of Stripe's in public: 5 × 188,000 from 1719913200 to 1722511445, in July
            // 2024.
            (5 * 188_000, 1_722_511_445 - 1_719_913_200, 31 * 86_400, 911_869),
            // docs.stripe.com/billing/subscriptions/cancel: half of 120 USD.
            (12_000, 1, 2, 6_000),
        ] {
            assert_eq!(share(amount, part, whole), expected, "{amount} {part}/{whole}");
        }
    }

    #[test]
    fn shares_round_half_up_by_their_magnitude_and_never_overflow() {
        for (amount, part, whole, expected) in [
            (1, 1, 2, 1),
            (-1, 1, 2, -1),
            (5, 1, 10, 1),
            (4, 1, 10, 0),
            (1_000, 0, 30, 0),
            (1_000, 30, 30, 1_000),
            (i64::MAX, 1, 3, 3_074_457_345_618_258_602),
        ] {
            assert_eq!(share(amount, part, whole), expected, "{amount} {part}/{whole}");
        }
        // 1,000.5 for a third is 333.5: half goes up, and is not rounded twice.
        assert_eq!(share_of(Decimal::new(10_005, 1), 1, 3), 334);
        assert_eq!(share_of(Decimal::new(10_004, 1), 1, 3), 333);
    }
}
