//! What the next invoice will be.

use super::*;
use crate::ids::AccountId;
use crate::samples;

const NOW: &str = "2026-11-22T09:00:00Z";

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn usd() -> Currency {
    Currency::parse("usd").unwrap()
}

fn fee(plan_amount: i64, seat_amount: Option<i64>) -> Fee {
    Fee { currency: usd(), plan_amount, seat_amount }
}

/// Two seats of `team` for 49.00 and 8.00 a seat, until the first of December.
fn subscription() -> SubscriptionSnapshot {
    SubscriptionSnapshot {
        created: at("2026-09-05T00:00:00Z"),
        interval: Some(Interval::Month),
        seats: 2,
        fee: Some(fee(4_900, Some(800))),
        ..samples::subscription(at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z"))
    }
}

fn standing(subscription: SubscriptionSnapshot) -> Standing {
    let account = AccountId::parse("acme").unwrap();
    let new = Standing::new(account, "free", 0, at("2026-01-01T00:00:00Z"));
    Standing { subscription: Some(subscription), ..new }
}

fn pending(plan: &str, interval: Interval, seats: u64) -> PendingChange {
    let at = at("2026-12-01T00:00:00Z");
    PendingChange { plan: plan.to_owned(), interval, seats, at, booked: true }
}

/// The catalog: `personal` costs 19.00, `team` 50.00 and 9.00 a seat; a year of `team` ten times that.
fn offer(plan: &str, interval: Interval, _begins_at: Timestamp) -> Offer {
    let fee = match (plan, interval) {
        ("personal", Interval::Month) => Some(fee(1_900, None)),
        ("team", Interval::Month) => Some(fee(5_000, Some(900))),
        ("team", Interval::Year) => Some(fee(50_000, Some(9_000))),
        _ => None,
    };
    Offer { name: plan.to_uppercase(), fee }
}

fn upcoming(standing: &Standing, balance: i64) -> Upcoming {
    let known = Known {
        standing,
        used: &Used::default(),
        allowances: &[],
        unclosed: &[],
        told: &Told::default(),
        bills: &[],
        balance,
        balance_currency: Some(usd()),
    };
    Upcoming::of(known, offer, at(NOW)).unwrap()
}

fn amounts(standing: &Standing) -> Vec<i64> {
    upcoming(standing, 0).lines.iter().map(|line| line.amount.amount).collect()
}

/// Goal: a renewal up to the first, and with it, is on the bill at the subscription's own prices; one that will not be
/// made is not.
#[test]
fn the_renewal_is_what_the_subscription_charges() {
    let own = subscription;
    let ended = Some(at("2026-12-01T00:00:00Z"));
    let status = |status| SubscriptionSnapshot { status, ..own() };
    for (what, subscription, expected) in [
        ("its own prices", own(), vec![4_900, 1_600]),
        (
            "a second later",
            SubscriptionSnapshot { period_end: at("2026-12-01T00:00:01Z"), ..own() },
            vec![],
        ),
        ("it ends", SubscriptionSnapshot { ends_at: ended, ..own() }, vec![]),
        ("paused", SubscriptionSnapshot { paused: true, ..own() }, vec![]),
        ("past due", status(SubscriptionStatus::PastDue), vec![4_900, 1_600]),
        ("over", status(SubscriptionStatus::Canceled), vec![]),
        (
            "no fee known: the catalog's",
            SubscriptionSnapshot { fee: None, ..own() },
            vec![5_000, 1_800],
        ),
        (
            "weekly: twice",
            SubscriptionSnapshot {
                interval: Some(Interval::Week),
                period_end: at("2026-11-23T00:00:00Z"),
                ..own()
            },
            vec![4_900, 1_600, 4_900, 1_600],
        ),
    ] {
        assert_eq!(amounts(&standing(subscription)), expected, "{what}");
    }
    let lines = upcoming(&standing(own()), 0).lines;
    assert_eq!(lines[0].description, "TEAM, monthly, from 2026-12-01");
    assert_eq!(lines[1].description, "Seats of TEAM, monthly, from 2026-12-01: 2 at 8.00 USD");
}

/// Goal: after a booked change the next period costs what the catalog says; a subscription that stays on its plan keeps
/// its prices.
#[test]
fn a_booked_change_is_priced_as_it_will_be() {
    for (change, expected) in [
        (pending("personal", Interval::Month, 1), vec![1_900]),
        (pending("team", Interval::Year, 2), vec![50_000, 18_000]),
        (pending("team", Interval::Month, 1), vec![4_900, 800]),
        (pending("unknown", Interval::Month, 1), vec![]),
    ] {
        let standing = Standing { pending: Some(change.clone()), ..standing(subscription()) };
        assert_eq!(amounts(&standing), expected, "{change:?}");
    }
}

/// Goal: the balance is shown apart, and never more of it than there is to pay.
#[test]
fn the_balance_is_applied_apart() {
    for (balance, credit, due) in
        [(0, 0, 6_500), (-500, 500, 6_000), (-9_999, 6_500, 0), (700, -700, 7_200)]
    {
        let sums = upcoming(&standing(subscription()), balance).sums;
        let [sum] = sums.as_slice() else { panic!("{sums:?}") };
        assert_eq!(sum.total.amount, 6_500);
        assert_eq!((sum.credit_applied.amount, sum.amount_due.amount), (credit, due));
    }
    let free = Standing { subscription: None, ..standing(subscription()) };
    assert_eq!(upcoming(&free, 700).sums, []);
}
