use super::*;
use crate::fact::{Collection, Interval, SubscriptionStatus, Suspension};
use crate::ids::{InvoiceId, PaymentMethodId, ScheduleId};
use crate::journal::Kind;
use crate::money::Currency;
use crate::samples;
use crate::time::Timestamp;

const NOW: Timestamp = Timestamp(1_795_338_000);

fn subscription(change: impl FnOnce(&mut SubscriptionSnapshot)) -> Subscription {
    let mut snapshot = samples::subscription(NOW, NOW.plus_seconds(2_592_000));
    change(&mut snapshot);
    Subscription::after(None, &snapshot, NOW)
}

fn described(known: Option<&Subscription>, new: &Subscription) -> Entry {
    let entry = Entry::new(NOW, Kind::SubscriptionChanged, Some("sub_1"));
    describe_subscription(entry, known, new)
}

type Alter = fn(&mut SubscriptionSnapshot);

/// Goal: whatever changes about a subscription, the timeline names it, and what it is now; and back
/// again.
#[test]
fn every_field_of_a_subscription_is_told() {
    let cases: [(&str, Alter, &str); 16] = [
        ("status", |it| it.status = SubscriptionStatus::PastDue, "past_due"),
        ("resumed_by", |it| it.suspension = Some(Suspension::ByVendor), "vendor"),
        ("plan", |it| it.plan = "business".to_owned(), "business"),
        ("interval", |it| it.interval = Some(Interval::Year), "year"),
        ("seats", |it| it.seats = 7, "7"),
        ("plan_amount", |it| it.fee = Some(fee(None)), "49.00 EUR"),
        ("seat_amount", |it| it.fee = Some(fee(Some(800))), "8.00 EUR"),
        ("period_end", |it| it.period_end = NOW, "2026-11-22T09:00:00Z"),
        ("ends_at", |it| it.ends_at = Some(NOW), "2026-11-22T09:00:00Z"),
        ("collection", |it| it.collection = Some(Collection::Manual), "manual"),
        ("renewals", |it| it.pause = Some(Pause::Ours), "paused"),
        ("renewals", |it| it.pause = Some(Pause::Foreign), "paused at Stripe"),
        (
            "product",
            |it| it.origin = Origin::Foreign,
            "another one of the vendor's, which gives no plan here",
        ),
        ("schedule", |it| it.schedule = ScheduleId::parse("sub_sched_1").ok(), "sub_sched_1"),
        ("payment_method", |it| it.payment_method = PaymentMethodId::parse("pm_1").ok(), "pm_1"),
        ("pending_invoice", |it| it.pending_invoice = InvoiceId::parse("in_1").ok(), "in_1"),
    ];
    let plain = subscription(|_| {});
    for (field, alter, value) in cases {
        let altered = subscription(alter);
        let entry = described(Some(&plain), &altered);
        let change = entry.changes.iter().find(|it| it.field == field);
        let after = change.and_then(|it| it.after.as_ref()).map(ToString::to_string);
        assert_eq!(after.as_deref(), Some(value), "{field}: {entry:?}");
        let back = described(Some(&altered), &plain);
        assert!(back.changes.iter().any(|it| it.field == field), "{field}: {back:?}");
    }
}

fn fee(seat_amount: Option<i64>) -> Fee {
    Fee { currency: Currency::parse("eur").unwrap(), plan_amount: 4_900, seat_amount }
}

/// Goal: of one second, another told the same: the doubt is listed, and nothing is once it is gone.
#[test]
fn a_doubt_is_listed() {
    let plain = subscription(|_| {});
    let doubtful = Subscription { ambiguous: true, ..plain.clone() };

    assert_eq!(described(Some(&plain), &plain).changes, []);
    let entry = described(Some(&plain), &doubtful);
    let fields: Vec<&str> = entry.changes.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(fields, ["uncertain"]);
}

/// Goal: the first entry of a subscription tells what it has, and nothing that it has not.
#[test]
fn a_new_subscription_lists_what_it_has() {
    let entry = described(None, &subscription(|it| it.fee = Some(fee(None))));
    let listed: Vec<&str> = entry.changes.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(listed, ["status", "plan", "seats", "plan_amount", "period_end"]);
}
