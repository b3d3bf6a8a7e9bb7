//! Thresholds, months and verdicts.

use super::*;
use crate::journal::Kind;
use crate::journal::alert::AlertEvent;
use crate::money::{Currency, Money};
use crate::month::Month;
use crate::time::Timestamp;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn month(text: &str) -> Month {
    Month::parse(text).unwrap()
}

fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::parse("usd").unwrap())
}

fn eur(amount: i64) -> Money {
    Money::new(amount, Currency::parse("eur").unwrap())
}

/// An alert at 100.00 since January.
fn watch() -> Watch {
    let since = at("2026-01-10T00:00:00Z");
    Watch { threshold: Some(Threshold { amount: usd(10_000), since }), ..Watch::default() }
}

fn judged(name: &str, amount: i64) -> Judged {
    Judged { month: month(name), totals: vec![eur(90_000), usd(amount)] }
}

/// Goal: zero, less, too much, no whole number and another currency are refused by their field.
#[test]
fn a_threshold_is_an_amount_above_zero_in_a_currency_of_the_account() {
    let known = [usd(0).currency];
    assert_eq!(threshold(Some(1), "USD", &known), Ok(usd(1)));
    assert_eq!(threshold(Some(THRESHOLD_MAX), "usd", &known), Ok(usd(THRESHOLD_MAX)));
    for wrong in [None, Some(0), Some(-1), Some(THRESHOLD_MAX + 1), Some(i64::MAX)] {
        assert_eq!(threshold(wrong, "usd", &known), Err(AlertRefusal::OutOfRange), "{wrong:?}");
    }
    for wrong in ["eur", "", "dollars"] {
        let refused = threshold(Some(1), wrong, &known);
        assert_eq!(refused, Err(AlertRefusal::OtherCurrency(known.to_vec())), "{wrong}");
    }
}

/// Goal: strictly greater, in the threshold's own currency (A22).
#[test]
fn only_more_than_the_threshold_is_due() {
    for (totals, expected) in [
        (vec![usd(9_999)], None),
        (vec![usd(10_000)], None),
        (vec![usd(10_001)], Some(usd(10_001))),
        (vec![eur(10_001)], None),
        (vec![eur(1), usd(20_000)], Some(usd(20_000))),
        (vec![], None),
    ] {
        assert_eq!(due(&totals, usd(10_000)), expected, "{totals:?}");
    }
}

/// Goal: the first check behind midnight judges the ended month, and no later one does; a message
/// of an earlier walk judges no month behind it.
#[test]
fn a_check_judges_the_ended_month_once_and_then_the_running_one() {
    let march = Watch { judged_through: Some(month("2026-03")), ..watch() };
    let told = |watch: &Watch, period: &str| {
        let mut watch = watch.clone();
        watch.told.insert(WatchKind::Spend, month(period));
        watch
    };
    let newer = Threshold { amount: usd(1), since: at("2026-04-01T00:10:00Z") };
    let new = Watch { threshold: Some(newer), ..Watch::default() };

    for (name, watch, walked, now, expected) in [
        ("no alert", Watch::default(), "2026-04", "2026-04-01T00:30:00Z", vec![]),
        ("first", watch(), "2026-04", "2026-04-01T00:30:00Z", vec!["2026-03", "2026-04"]),
        ("late", watch(), "2026-04", "2026-04-09T00:30:00Z", vec!["2026-03", "2026-04"]),
        ("second", march.clone(), "2026-04", "2026-04-01T01:00:00Z", vec!["2026-04"]),
        ("redelivered", watch(), "2026-03", "2026-04-01T00:05:00Z", vec!["2026-03"]),
        ("redelivered late", march.clone(), "2026-03", "2026-04-01T02:00:00Z", vec![]),
        ("told", told(&march, "2026-04"), "2026-04", "2026-04-20T00:00:00Z", vec![]),
        (
            "told before",
            told(&march, "2026-03"),
            "2026-04",
            "2026-04-02T00:00:00Z",
            vec!["2026-04"],
        ),
        ("set in April", new, "2026-04", "2026-04-01T00:30:00Z", vec!["2026-04"]),
    ] {
        let found: Vec<String> =
            months(&watch, month(walked), at(now)).iter().map(ToString::to_string).collect();
        assert_eq!(found, expected, "{name}");
    }
}

/// Goal: the account is notified of each month under that month's name, with watch, journal and
/// history in one change.
#[test]
fn a_verdict_notifies_each_month_by_its_name() {
    let now = at("2026-04-01T00:30:00Z");
    let months = [judged("2026-03", 10_001), judged("2026-04", 12_000)];

    let Verdict::Exceeded(watched, alerted) = verdict(&watch(), &months, now) else {
        panic!("not exceeded");
    };

    let entries: Vec<_> = alerted.iter().map(Alerted::entry).collect();
    let about: Vec<_> = entries.iter().map(|entry| entry.about.clone().unwrap()).collect();
    assert_eq!(about, ["2026-03", "2026-04"]);
    assert!(entries.iter().all(|it| it.kind == Kind::Alert(AlertEvent::Triggered)));
    assert_eq!(alerted.iter().map(|it| it.amount).collect::<Vec<_>>(), [usd(10_001), usd(12_000)]);
    assert_eq!(watched.told[&WatchKind::Spend], month("2026-04"));
    assert_eq!(watched.judged_through, Some(month("2026-03")));
}

/// Goal: an ended month that did not exceed is remembered, and a running one writes nothing.
#[test]
fn a_month_that_did_not_exceed_is_judged_once() {
    let now = at("2026-04-01T00:30:00Z");
    let both = [judged("2026-03", 10_000), judged("2026-04", 3)];

    let Verdict::Judged(after) = verdict(&watch(), &both, now) else {
        panic!("not judged");
    };

    assert_eq!(after.judged_through, Some(month("2026-03")));
    assert!(after.told.is_empty());
    let running = [judged("2026-04", 3)];
    assert_eq!(verdict(&after, &running, now), Verdict::Nothing);
    assert_eq!(verdict(&Watch::default(), &both, now), Verdict::Nothing);
}

/// Goal: another threshold, or a removed and new alert, does not notify twice in a month.
#[test]
fn a_changed_threshold_does_not_notify_again() {
    let now = at("2026-04-20T00:00:00Z");
    let mut told = watch();
    told.told.insert(WatchKind::Spend, month("2026-04"));

    let (lower, _) = told.set(usd(1), now).expect("a change");
    let (removed, _) = told.removed(now).expect("a change");
    let (again, _) = removed.set(usd(1), now).expect("a change");

    assert_eq!(told.set(usd(10_000), now), None, "it is so already");
    assert_eq!(Watch::default().removed(now), None);
    assert_eq!(lower.threshold.unwrap().since, at("2026-01-10T00:00:00Z"));
    assert_eq!(again.threshold.unwrap().since, now);
    for watch in [lower, removed, again] {
        assert!(watch.has_told(WatchKind::Spend, month("2026-04")));
        assert!(!months(&watch, month("2026-04"), now).contains(&month("2026-04")));
    }
}
