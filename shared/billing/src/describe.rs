//! What a change was, field by field: the body of a journal entry.

use crate::invoice::Invoice;
use crate::journal::{Entry, Value};
use crate::money::Money;
use crate::subscription::Subscription;
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
    let attempts = |invoice: &Invoice| {
        Some(i64::from(invoice.attempts.count)).filter(|count| *count > 0).map(Value::Number)
    };
    entry
        .with("status", known.and_then(status), status(invoice))
        .with("amount_remaining", known.and_then(remaining), remaining(invoice))
        .with("overdue_at", known.and_then(overdue), overdue(invoice))
        .with("attempt_count", known.and_then(attempts), attempts(invoice))
        .with("next_attempt_at", known.and_then(next), next(invoice))
}

/// What changed about a subscription, field by field.
pub(crate) fn describe_subscription(
    entry: Entry,
    known: Option<&Subscription>,
    new: &Subscription,
) -> Entry {
    let old = known.map(|known| &known.snapshot);
    let told = &new.snapshot;
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let number = |number: u64| i64::try_from(number).ok().map(Value::Number);
    let uncertain = |subscription: &Subscription| {
        subscription.ambiguous.then(|| Value::Text("read it at Stripe".to_owned()))
    };
    entry
        .with("status", old.and_then(|old| text(old.status.word())), text(told.status.word()))
        .with("plan", old.and_then(|old| text(&old.plan)), text(&told.plan))
        .with("seats", old.and_then(|old| number(old.seats)), number(told.seats))
        .with(
            "period_end",
            old.map(|old| Value::Time(old.period_end)),
            Some(Value::Time(told.period_end)),
        )
        .with(
            "ends_at",
            old.and_then(|old| old.ends_at).map(Value::Time),
            told.ends_at.map(Value::Time),
        )
        .with("uncertain", known.and_then(uncertain), uncertain(new))
}
