//! What the next invoice will be.

use super::*;
use crate::fact::Pause;
use crate::ids::AccountId;
use crate::samples;
use crate::tax::Percent;

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

/// The catalog: `personal` costs 19.00, `team` 50.00 and 9.00 a seat; a year of `team` ten times
/// that.
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
        family: &[],
        allowances: &[],
        history: &History::of(standing, [], at(NOW)),
        unclosed: &[],
        told: &Told::default(),
        bills: &[],
        balance,
        balance_currency: Some(usd()),
        tax_rates: &[],
        tax_exempt: false,
        previewed: None,
    };
    Upcoming::of(known, offer, at(NOW)).unwrap()
}

fn amounts(standing: &Standing) -> Vec<i64> {
    upcoming(standing, 0).lines.iter().map(|line| line.amount.amount).collect()
}

/// Goal: what Stripe adds to the renewal is on the bill, whatever it is; where Stripe's preview
/// comes to what the books have, theirs stand, and an announced price is in them.
#[test]
fn what_stripe_adds_to_a_renewal_is_on_the_bill() {
    let line = |description: &str, cents: i64| {
        Line::new("item", description.to_owned(), Money::new(cents, usd()))
    };
    let preview = |cents: i64| Previewed {
        lines: vec![line("Team", 6_800), line("Discount", cents - 6_800)],
        total: Money::new(cents, usd()),
        at: at(NOW),
    };
    let none = Told::default();
    let bill = |standing: &Standing, previewed: Option<&Previewed>| {
        let known = Known {
            standing,
            used: &Used::default(),
            family: &[],
            allowances: &[],
            history: &History::of(standing, [], at(NOW)),
            unclosed: &[],
            told: &none,
            bills: &[],
            balance: 0,
            balance_currency: None,
            tax_rates: &[],
            tax_exempt: false,
            previewed,
        };
        let upcoming = Upcoming::of(known, offer, at(NOW)).unwrap();
        let amounts: Vec<i64> = upcoming.lines.iter().map(|line| line.amount.amount).collect();
        (amounts, upcoming.previewed_at)
    };
    let running = standing(subscription());
    let own = amounts(&running);

    assert_eq!(bill(&running, None), (own.clone(), None));
    assert_eq!(bill(&running, Some(&preview(own.iter().sum()))), (own, None));
    for cents in [0, 3_400, 9_900] {
        let expected = (vec![6_800, cents - 6_800], Some(at(NOW)));
        assert_eq!(bill(&running, Some(&preview(cents))), expected, "{cents}");
    }
    let ended = SubscriptionSnapshot { status: SubscriptionStatus::Canceled, ..subscription() };
    assert_eq!(bill(&standing(ended), Some(&preview(0))), (vec![], None));
}

/// Goal: a renewal up to the first, and with it, is on the bill at the subscription's own prices;
/// one that will not be made is not.
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
        ("paused", SubscriptionSnapshot { pause: Some(Pause::Ours), ..own() }, vec![]),
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

/// Goal: after a booked change the next period costs what the catalog says; a subscription that
/// stays on its plan keeps its prices.
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

/// Goal: the subscription's own rates are on its renewal, the catalog's on usage, each rounded by
/// line; who is exempt pays none, and the bill says whether tax is in it. 49.00 and 2 * 8.00 at 20
/// % are 9.80 and 3.20; 0.55 and 0.03 at 19 % are 0.1045 and 0.0057: 0.10 and 0.01.
#[test]
fn fixed_tax_rates_are_on_the_bill() {
    let rate = |percent: &str| TaxRate {
        percent: Percent::parse(percent).unwrap(),
        name: "VAT".to_owned(),
    };
    let taxed = SubscriptionSnapshot { tax_rates: vec![rate("20")], ..subscription() };
    let line =
        |amount: i64| Line::new("sessions", "Sessions".to_owned(), Money::new(amount, usd()));
    let bill = |subscription: SubscriptionSnapshot, tax_rates: &[TaxRate], tax_exempt: bool| {
        let standing = &standing(subscription);
        let known = Known {
            standing,
            used: &Used::default(),
            family: &[],
            allowances: &[],
            history: &History::of(standing, [], at(NOW)),
            unclosed: &[line(55), line(3)],
            told: &Told::default(),
            bills: &[],
            balance: -1_000,
            balance_currency: Some(usd()),
            tax_rates,
            tax_exempt,
            previewed: None,
        };
        let Upcoming { lines, sums, tax_included, .. } =
            Upcoming::of(known, offer, at(NOW)).unwrap();
        let of_tax = lines.into_iter().filter(|line| line.item == "tax");
        let words: Vec<_> =
            of_tax.map(|line| format!("{}: {}", line.description, line.amount)).collect();
        (words, sums[0].total.amount, sums[0].amount_due.amount, tax_included)
    };
    let both = ["VAT 19 %: 0.11 USD".to_owned(), "VAT 20 %: 13.00 USD".to_owned()];
    let none: Vec<String> = Vec::new();
    let own = both[1..].to_vec();
    assert_eq!(bill(taxed.clone(), &[rate("19")], false), (both.to_vec(), 7_869, 6_869, true));
    assert_eq!(bill(taxed.clone(), &[], false), (own, 7_858, 6_858, true));
    assert_eq!(bill(taxed, &[rate("19")], true), (none.clone(), 6_558, 5_558, true));
    assert_eq!(bill(subscription(), &[], false), (none, 6_558, 5_558, false));
}
