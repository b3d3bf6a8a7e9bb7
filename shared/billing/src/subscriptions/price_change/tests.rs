//! Who is told, what the next period pays, and what is in force.

use super::*;
use crate::money::Currency;
use crate::samples;

const ANNOUNCED: Timestamp = Timestamp(1_795_338_000);
const EFFECTIVE: Timestamp = Timestamp(1_795_338_000 + 40 * DAY_SECONDS);

fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::parse("usd").unwrap())
}

fn price(id: &str) -> PriceId {
    PriceId::parse(id).unwrap()
}

/// A change between amounts, at Stripe between prices named after them.
fn change(id: &str, from: i64, to: i64, effective_at: Timestamp) -> PriceChange {
    let named = |amount: i64| price(&format!("price_{id}_{amount}"));
    PriceChange {
        version: 1,
        id: id.to_owned(),
        price: "tollgate_team_month".to_owned(),
        plan: "team".to_owned(),
        interval: Interval::Month,
        part: Part::Seat,
        from: usd(from),
        to: usd(to),
        effective_at,
        announced_at: ANNOUNCED,
        stage: Stage::Announced,
        prices: Some(Prices { from: named(from), to: named(to) }),
    }
}

fn told(change: &str, at: Timestamp) -> Notice {
    let (change, told_at) = (change.to_owned(), at);
    Notice { version: 1, change, told_at, accepted_at: Some(at), withdrawn: false }
}

/// One change, and another that follows it two months later.
fn two() -> [PriceChange; 2] {
    let first = change("a", 4_900, 5_900, EFFECTIVE);
    let mut second = change("b", 5_900, 6_900, EFFECTIVE.plus_seconds(60 * DAY_SECONDS));
    second.prices.as_mut().unwrap().from = first.prices.as_ref().unwrap().to.clone();
    [first, second]
}

/// Goal: the new price is paid from the first period that begins with the change or later, by
/// whoever was told 30 days before that period, and by nobody else (C2).
#[test]
fn a_period_pays_the_new_price_with_the_notice_and_not_before() {
    let changes = [change("a", 4_900, 5_900, EFFECTIVE)];
    let day = |days: i64| EFFECTIVE.plus_seconds(days * DAY_SECONDS);
    let old_customer = ANNOUNCED.plus_seconds(-DAY_SECONDS);
    let cases = [
        (old_customer, Some(ANNOUNCED), day(0).plus_seconds(-1), false),
        (old_customer, Some(ANNOUNCED), day(0), true),
        (old_customer, Some(ANNOUNCED), day(3), true),
        (old_customer, None, day(3), false),
        (old_customer, Some(day(-30)), day(0), true),
        (old_customer, Some(day(-30).plus_seconds(1)), day(0), false),
        (old_customer, Some(day(-5)), day(25), true),
        (ANNOUNCED, Some(day(-5)), day(0), false),
        (ANNOUNCED.plus_seconds(1), Some(day(-5)), day(0), true),
        (ANNOUNCED.plus_seconds(1), None, day(0), false),
    ];
    let (old, new) = (price("price_a_4900"), price("price_a_5900"));
    for (created, told_at, renews_at, pays_new) in cases {
        let notices: Vec<Notice> = told_at.into_iter().map(|at| told("a", at)).collect();
        let since = Since { created, renews_at };
        let next = price_of_next_period(&old, &changes, &notices, since);
        assert_eq!(*next == new, pays_new, "made {created}, told {told_at:?}, begins {renews_at}");
        let after = price_of_next_period(&new, &changes, &notices, since);
        assert_eq!(*after, new, "nothing leads back");
    }
}

/// Goal: whoever pays a negotiated or a newer price is not told, and goes on paying it.
#[test]
fn another_price_of_the_plan_is_not_concerned() {
    let changes = two();
    let negotiated = price("price_negotiated");
    assert_eq!(ahead(&negotiated, &changes), Vec::<&PriceChange>::new());
    let since = Since { created: ANNOUNCED, renews_at: EFFECTIVE };
    assert_eq!(*price_of_next_period(&negotiated, &changes, &[], since), negotiated);
    assert_eq!(ahead(&price("price_a_5900"), &changes), [&changes[1]]);
    assert_eq!(ahead(&price("price_a_4900"), &changes), [&changes[0], &changes[1]]);
}

/// Goal: a year that ends behind two changes goes to the last of which there was notice.
#[test]
fn changes_add_up_for_who_renews_late() {
    let changes = two();
    let old = price("price_a_4900");
    let since = Since {
        created: ANNOUNCED.plus_seconds(-DAY_SECONDS),
        renews_at: EFFECTIVE.plus_seconds(90 * DAY_SECONDS),
    };
    let both = [told("a", ANNOUNCED), told("b", EFFECTIVE)];
    assert_eq!(price_of_next_period(&old, &changes, &both, since).as_str(), "price_b_6900");
    let one = &both[..1];
    assert_eq!(price_of_next_period(&old, &changes, one, since).as_str(), "price_a_5900");
    let other = &both[1..];
    assert_eq!(price_of_next_period(&old, &changes, other, since), &old);
}

/// Goal: a withdrawn change leads nowhere, and whoever has its price already gets the old one back.
#[test]
fn a_withdrawn_change_is_undone() {
    let mut changes = [change("a", 4_900, 5_900, EFFECTIVE)];
    assert!(changes[0].can_be_withdrawn(EFFECTIVE.plus_seconds(-SWAP_SECONDS - 1)));
    assert!(!changes[0].can_be_withdrawn(EFFECTIVE.plus_seconds(-SWAP_SECONDS)));
    changes[0].stage = Stage::Withdrawn { at: ANNOUNCED };
    assert!(!changes[0].can_be_withdrawn(ANNOUNCED));
    let (old, new) = (price("price_a_4900"), price("price_a_5900"));
    let since = Since { created: Timestamp(0), renews_at: EFFECTIVE };
    let notices = [told("a", ANNOUNCED)];
    for had in [&old, &new] {
        assert_eq!(price_of_next_period(had, &changes, &notices, since), &old);
        assert_eq!(ahead(had, &changes), Vec::<&PriceChange>::new());
    }
    assert!(changes[0].is_at_work(ANNOUNCED));
    assert!(!changes[0].is_at_work(ANNOUNCED.plus_seconds(TOLD_SECONDS)));
}

/// Goal: the catalog's amount stands until a change takes effect, a catalog that was left behind
/// does not take it back, and one that follows is not changed twice.
#[test]
fn what_is_in_force_follows_the_changes() {
    let changes = two();
    let later = changes[1].effective_at;
    for (catalog, at, amount) in [
        (4_900, EFFECTIVE.plus_seconds(-1), 4_900),
        (4_900, EFFECTIVE, 5_900),
        (4_900, later, 6_900),
        (5_900, EFFECTIVE, 5_900),
        (5_900, later, 6_900),
        (6_900, later, 6_900),
        (7_500, later, 7_500),
    ] {
        let found = in_force(usd(catalog), "tollgate_team_month", &changes, at);
        assert_eq!(found, usd(amount), "{catalog} at {at}");
        assert_eq!(in_force(usd(catalog), "tollgate_team_year", &changes, at), usd(catalog));
    }
}

/// Goal: what a renewal will cost is told as it will be charged: by changes that the account was
/// told of in time, of the price's own part, and only from an amount that it pays.
#[test]
fn a_renewal_is_told_as_it_will_be_charged() {
    let live = |plan_amount: i64, seat_amount: i64| SubscriptionSnapshot {
        interval: Some(Interval::Month),
        fee: Some(Fee { currency: usd(0).currency, plan_amount, seat_amount: Some(seat_amount) }),
        ..samples::subscription(ANNOUNCED.plus_seconds(-DAY_SECONDS), EFFECTIVE)
    };
    let change = change("a", 900, 1_000, EFFECTIVE);
    let in_time = [told("a", ANNOUNCED)];
    let before = EFFECTIVE.plus_seconds(-1);
    for (pays, notices, at, costs) in [
        ((4_900, 900), &in_time[..], EFFECTIVE, (4_900, 1_000)),
        ((900, 900), &in_time[..], EFFECTIVE, (900, 1_000)),
        ((4_900, 900), &in_time[..], before, (4_900, 900)),
        ((4_900, 900), &[], EFFECTIVE, (4_900, 900)),
        ((4_900, 850), &in_time[..], EFFECTIVE, (4_900, 850)),
        ((4_900, 1_000), &in_time[..], EFFECTIVE, (4_900, 1_000)),
    ] {
        let told = Told { changes: vec![change.clone()], notices: notices.to_vec() };
        let fee = told.fee(&live(pays.0, pays.1), at).unwrap();
        assert_eq!((fee.plan_amount, fee.seat_amount), (costs.0, Some(costs.1)), "{pays:?} {at}");
    }
    let mut told = Told { changes: vec![change], notices: in_time.to_vec() };
    let monthly = live(4_900, 900);
    let yearly = SubscriptionSnapshot { interval: Some(Interval::Year), ..monthly.clone() };
    assert_ne!(told.fee(&monthly, EFFECTIVE), monthly.fee);
    assert_eq!(told.fee(&yearly, EFFECTIVE), yearly.fee);
    told.changes[0].stage = Stage::Withdrawn { at: ANNOUNCED };
    assert_eq!(told.fee(&monthly, EFFECTIVE), monthly.fee);
}

/// Goal: ahead of a subscription are the changes that lead on from what it pays, of which its
/// account was notified; each says if the next renewal pays it.
#[test]
fn changes_ahead_of_a_subscription_lead_on_from_what_it_pays() {
    let live = |seat_amount: i64| SubscriptionSnapshot {
        interval: Some(Interval::Month),
        fee: Some(Fee {
            currency: usd(0).currency,
            plan_amount: 4_900,
            seat_amount: Some(seat_amount),
        }),
        ..samples::subscription(ANNOUNCED.plus_seconds(-DAY_SECONDS), EFFECTIVE)
    };
    let next = EFFECTIVE.plus_seconds(40 * DAY_SECONDS);
    let changes = vec![change("b", 1_000, 1_100, next), change("a", 900, 1_000, EFFECTIVE)];
    let notices = vec![told("a", ANNOUNCED), told("b", ANNOUNCED)];
    let notice_late = told("a", EFFECTIVE);
    let mut told = Told { changes, notices };
    let ahead = |told: &Told, live: &SubscriptionSnapshot| {
        let ahead = told.ahead_of(live);
        ahead.iter().map(|it| (it.to.amount, it.applies_at)).collect::<Vec<_>>()
    };

    assert_eq!(ahead(&told, &live(900)), [(1_000, Some(EFFECTIVE)), (1_100, None)]);
    assert_eq!(ahead(&told, &live(1_000)), [(1_100, None)], "what it pays is not ahead of it");
    assert_eq!(ahead(&told, &live(850)), [], "a negotiated price has no changes");
    let yearly = SubscriptionSnapshot { interval: Some(Interval::Year), ..live(900) };
    assert_eq!(ahead(&told, &yearly), []);
    told.notices.retain(|notice| notice.change == "b");
    assert_eq!(ahead(&told, &live(900)), [], "nobody told it of the first");
    told.notices = vec![notice_late];
    assert_eq!(ahead(&told, &live(900)), [(1_000, None)], "told too late for the next renewal");
    told.changes[1].stage = Stage::Withdrawn { at: ANNOUNCED };
    assert_eq!(ahead(&told, &live(900)), []);
}

/// Goal: the notice has both amounts and the moment, so that its sentence can be read alone.
#[test]
fn the_notice_has_both_amounts_and_the_moment() {
    let entry = change("a", 900, 1_000, EFFECTIVE).announcement(ANNOUNCED);
    let [amount, at] = entry.changes.as_slice() else { panic!("{entry:?}") };
    assert_eq!(
        (&amount.before, &amount.after),
        (&Some(Value::Money(usd(900))), &Some(Value::Money(usd(1_000))))
    );
    assert_eq!(at.after, Some(Value::Time(EFFECTIVE)));
}

/// Goal: changes that lead in a circle end.
#[test]
fn a_circle_ends() {
    let [first, mut second] = two();
    second.prices.as_mut().unwrap().to = first.prices.as_ref().unwrap().from.clone();
    let changes = [first, second];
    assert_eq!(ahead(&price("price_a_4900"), &changes).len(), 2);
}
