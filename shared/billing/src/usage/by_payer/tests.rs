//! Each unit goes to the payer of its day, once.
#![expect(clippy::arithmetic_side_effects, reason = "a test that overflows stops there")]

use proptest::prelude::*;
use proptest::test_runner::Config;

use super::*;
use crate::time::{DAY_SECONDS, Timestamp};
use crate::usage::Held;

fn november() -> Month {
    Month::parse("2026-11").unwrap()
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn sums(units: &[(&str, u64)]) -> Usage {
    let sums = units.iter().map(|(resource, units)| ((*resource).to_owned(), *units)).collect();
    Usage { sums, ..Usage::default() }
}

/// Goal: a unit goes to the payer of its day, and a level to the payer of the last day.
#[test]
fn a_month_is_split_on_the_cut_line() {
    let held = Held { at: day("2026-11-03").start(), level: 70 };
    let mut month = sums(&[("sessions", 100), ("events", 9)]);
    month.held.insert("storage".to_owned(), held);
    let days = BTreeMap::from([
        (day("2026-11-01"), sums(&[("sessions", 20)])),
        (day("2026-11-15"), sums(&[("sessions", 30), ("events", 9)])),
        (day("2026-11-16"), sums(&[("sessions", 50)])),
    ]);
    let payer_on = |on: Day| if on < day("2026-11-16") { "own" } else { "group" };

    let split = by_payer((november(), &month), &days, payer_on).unwrap();

    let mut group = sums(&[("sessions", 50)]);
    group.held.insert("storage".to_owned(), held);
    let own = sums(&[("sessions", 50), ("events", 9)]);
    assert_eq!(split, BTreeMap::from([("own", own), ("group", group)]));
}

/// Goal: counters that were read while usage was counted are not split.
#[test]
fn days_that_do_not_add_up_are_read_again() {
    let days = BTreeMap::from([(day("2026-11-01"), sums(&[("sessions", 20)]))]);
    for month in [sums(&[("sessions", 21)]), sums(&[("sessions", 20), ("events", 1)]), sums(&[])] {
        let split = by_payer((november(), &month), &days, |_| ());
        assert_eq!(split, Err(DaysDiffer), "{month:?}");
    }
    let whole = by_payer((november(), &sums(&[("sessions", 20)])), &days, |_| ()).unwrap();
    assert_eq!(whole, BTreeMap::from([((), sums(&[("sessions", 20)]))]));
}

proptest! {
    #![proptest_config(Config { cases: 2_000, failure_persistence: None, ..Config::default() })]

    /// Goal: over random moves and reports, in any order and late ones too, each payer gets the
    /// units that were used on its days: none is lost and none is there twice.
    #[test]
    fn every_unit_goes_to_the_payer_of_its_time(
        moves in proptest::collection::btree_map(0..30_i64, 0..4_usize, 0..8),
        events in proptest::collection::vec((0..30 * DAY_SECONDS, 0..3_usize, 0..1_000_u64), 0..60),
    ) {
        let resources = ["sessions", "events", "storage"];
        let payer_at = |at: Timestamp| {
            let days = (at.0 - november().start().0).div_euclid(DAY_SECONDS);
            moves.range(..=days).next_back().map_or(0, |(_, payer)| *payer)
        };
        let (mut month, mut days) = (Usage::default(), BTreeMap::<Day, Usage>::new());
        let mut expected = BTreeMap::<(usize, &str), u64>::new();
        for (second, resource, units) in &events {
            let at = november().start().plus_seconds(*second);
            let resource = resources[*resource];
            if resource == "storage" {
                let new = Held { at, level: *units };
                let latest = month.held.get(resource).is_none_or(|held| *held < new);
                if latest {
                    month.held.insert(resource.to_owned(), new);
                }
                continue;
            }
            let counted = days.entry(Day::of(at)).or_default();
            for usage in [&mut month, counted] {
                *usage.sums.entry(resource.to_owned()).or_default() += units;
            }
            *expected.entry((payer_at(at), resource)).or_default() += units;
        }

        let split = by_payer((november(), &month), &days, |day| payer_at(day.start())).unwrap();

        for payer in 0..4 {
            for resource in ["sessions", "events"] {
                let found = split.get(&payer).map_or(0, |usage| usage.sum(resource));
                let expected = expected.get(&(payer, resource)).copied().unwrap_or(0);
                prop_assert_eq!(found, expected, "{} of {}", resource, payer);
            }
        }
        let holders: Vec<_> = split.iter().filter(|(_, usage)| !usage.held.is_empty()).collect();
        let last = payer_at(november().end().plus_seconds(-1));
        prop_assert!(holders.iter().all(|(payer, usage)| **payer == last && usage.held == month.held));
        prop_assert_eq!(holders.len(), usize::from(!month.held.is_empty()));
    }
}
