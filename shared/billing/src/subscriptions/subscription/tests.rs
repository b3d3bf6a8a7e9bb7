use super::*;
use crate::samples;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn told(plan: &str, status: SubscriptionStatus) -> SubscriptionSnapshot {
    let sample = samples::subscription(at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z"));
    let created = at("2026-10-05T00:00:00Z");
    SubscriptionSnapshot { created, status, plan: plan.to_owned(), ..sample }
}

/// Goal: the plan at a month's last instant is known on the third of the next month, whatever
/// changed since, and in whatever order that was told.
#[test]
fn the_plan_at_a_months_end_outlives_what_follows() {
    use SubscriptionStatus::{Active, Canceled};
    let facts = [
        (told("team", Active), at("2026-11-03T00:00:00Z")),
        (told("business", Active), at("2026-11-30T23:59:59Z")),
        (told("team", Active), at("2026-12-01T00:00:00Z")),
        (told("team", Canceled), at("2026-12-02T00:00:00Z")),
    ];
    let end = at("2026-12-01T00:00:00Z");
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]] {
        let mut known: Option<Subscription> = None;
        for place in order {
            let (snapshot, when) = &facts[place];
            known = Some(Subscription::after(known.as_ref(), snapshot, *when));
        }
        let known = known.unwrap();
        assert_eq!(known.snapshot.status, Canceled);
        let plan = |moment| Subscription::plan_before([&known], moment);
        assert_eq!(plan(end).as_deref(), Some("business"), "{order:?}");
        assert_eq!(plan(at("2027-01-01T00:00:00Z")), None);
        assert_eq!(plan(at("2026-10-05T00:00:00Z")), None);
    }
}

/// Goal: what was read from Stripe settles a doubt, and an event of the same second that says
/// otherwise raises it again without taking its place.
#[test]
fn reading_settles_what_one_second_left_open() {
    let second = at("2026-11-03T00:00:00Z");
    let active = |plan| told(plan, SubscriptionStatus::Active);
    let first = Subscription::after(None, &active("team"), second);
    let doubt = Subscription::after(Some(&first), &active("business"), second);
    assert!(doubt.ambiguous);
    let read = Subscription::after_reading(Some(&doubt), &active("business"), second);
    assert!(!read.ambiguous && read.snapshot.plan == "business");
    let late = Subscription::after(Some(&read), &active("team"), second);
    assert!(late.ambiguous && late.snapshot.plan == "business");
    let again = Subscription::after_reading(Some(&late), &active("business"), second);
    assert_eq!(Subscription::after_reading(Some(&again), &active("business"), second), again);
    let newer = Subscription::after(Some(&again), &active("team"), second.plus_seconds(1));
    assert_eq!(newer.snapshot.plan, "team");
    let read = Subscription::after_reading(Some(&newer), &active("business"), second);
    assert_eq!((read.snapshot.plan.as_str(), read.as_of), ("business", newer.as_of));
    let ended = told("team", SubscriptionStatus::Canceled);
    let ended = Subscription::after(Some(&read), &ended, second.plus_seconds(2));
    assert_eq!(Subscription::after_reading(Some(&ended), &active("team"), second), ended);
}
