//! What a change was, field by field: the body of a journal entry.

use crate::fact::{Fee, Origin, Pause, SubscriptionSnapshot};
use crate::invoice::Invoice;
use crate::journal::{Entry, Value};
use crate::money::Money;
use crate::subscription::Subscription;
use crate::tax::TaxRate;
use crate::words::Word;

/// What changed about an invoice, field by field.
pub(crate) fn describe(entry: Entry, known: Option<&Invoice>, invoice: &Invoice) -> Entry {
    let money = |amount: i64| Value::Money(Money::new(amount, invoice.currency));
    let status =
        |invoice: &Invoice| invoice.status.map(|status| Value::Text(status.word().to_owned()));
    let remaining = |invoice: &Invoice| invoice.terms.as_ref().map(|_| money(invoice.remaining()));
    let overdue =
        |invoice: &Invoice| invoice.deadline.map(|deadline| Value::Time(deadline.overdue_at));
    let next = |invoice: &Invoice| invoice.attempts.next_at.map(Value::Time);
    let processing = |invoice: &Invoice| invoice.payments.processing_since().map(Value::Time);
    let attempts = |invoice: &Invoice| {
        Some(i64::from(invoice.attempts.count)).filter(|count| *count > 0).map(Value::Number)
    };
    entry
        .with("status", known.and_then(status), status(invoice))
        .with("amount_remaining", known.and_then(remaining), remaining(invoice))
        .with("overdue_at", known.and_then(overdue), overdue(invoice))
        .with("attempt_count", known.and_then(attempts), attempts(invoice))
        .with("next_attempt_at", known.and_then(next), next(invoice))
        .with("processing_since", known.and_then(processing), processing(invoice))
}

/// What changed about a subscription, field by field: whatever makes it another one is told.
pub(crate) fn describe_subscription(
    entry: Entry,
    known: Option<&Subscription>,
    new: &Subscription,
) -> Entry {
    let uncertain = |subscription: &Subscription| {
        subscription.ambiguous.then(|| Value::Text("read it at Stripe".to_owned()))
    };
    let was = known.map(|known| fields(&known.snapshot)).unwrap_or_default();
    let mut entry = entry;
    for (nth, (name, is)) in fields(&new.snapshot).into_iter().enumerate() {
        entry = entry.with(name, was.get(nth).and_then(|(_, was)| was.clone()), is);
    }
    entry.with("uncertain", known.and_then(uncertain), uncertain(new))
}

/// What can change about a subscription, always in this order. Its id and when it was made never
/// do, and a period begins where the one before ended.
fn fields(snapshot: &SubscriptionSnapshot) -> Vec<(&'static str, Option<Value>)> {
    let SubscriptionSnapshot {
        id: _,
        created: _,
        status,
        suspension,
        origin,
        plan,
        interval,
        seats,
        period_start: _,
        period_end,
        ends_at,
        pending_invoice,
        fee,
        collection,
        net_days,
        pause,
        schedule,
        payment_method,
        card_moves: _,
        tax_rates,
    } = snapshot;
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let money = |fee: &Fee, amount: i64| Value::Money(Money::new(amount, fee.currency));
    vec![
        ("status", text(status.word())),
        ("resumed_by", suspension.and_then(|it| text(it.word()))),
        ("plan", text(plan)),
        ("interval", interval.and_then(|interval| text(interval.word()))),
        ("seats", i64::try_from(*seats).ok().map(Value::Number)),
        ("plan_amount", fee.map(|fee| money(&fee, fee.plan_amount))),
        ("seat_amount", fee.and_then(|fee| Some(money(&fee, fee.seat_amount?)))),
        ("period_end", Some(Value::Time(*period_end))),
        ("ends_at", ends_at.map(Value::Time)),
        ("collection", collection.and_then(|collection| text(collection.word()))),
        ("net_days", net_days.map(|days| Value::Number(i64::from(days)))),
        ("renewals", pause.and_then(renewals).and_then(text)),
        ("product", origin_in_words(*origin).and_then(text)),
        ("schedule", schedule.as_ref().and_then(|id| text(id.as_str()))),
        ("payment_method", payment_method.as_ref().and_then(|id| text(id.as_str()))),
        ("tax_rates", tax_rates_in_words(tax_rates).as_deref().and_then(text)),
        ("pending_invoice", pending_invoice.as_ref().and_then(|id| text(id.as_str()))),
    ]
}

fn renewals(pause: Pause) -> Option<&'static str> {
    match pause {
        Pause::Ours => Some("paused"),
        Pause::Foreign => Some("paused at Stripe"),
        Pause::MarkLeft => None,
    }
}

/// Said of a subscription that gives no plan.
fn origin_in_words(origin: Origin) -> Option<&'static str> {
    match origin {
        Origin::Bought | Origin::Sold | Origin::Named => None,
        Origin::Foreign => Some("another one of the vendor's, which gives no plan here"),
    }
}

fn tax_rates_in_words(rates: &[TaxRate]) -> Option<String> {
    let words: Vec<String> = rates.iter().map(TaxRate::to_string).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

#[cfg(test)]
mod tests;
