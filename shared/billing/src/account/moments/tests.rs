//! Moments in scenarios, and the law: each is journaled once, in order, whatever was missed.

use proptest::prelude::*;
use proptest::test_runner::Config;

use super::*;
use crate::account::{Bearing, Closed, Closure, Owner};
use crate::ids::AccountId;
use crate::money::{Currency, Money};

const DAY: i64 = DAY_SECONDS;

fn day(days: i64) -> Timestamp {
    Timestamp(days.saturating_mul(DAY))
}

fn id(index: usize) -> InvoiceId {
    InvoiceId::parse(&format!("in_{index}")).unwrap()
}

/// Invoices that are overdue and disable the account at those days.
fn owing(dates: &[(i64, i64)]) -> Standing {
    let mut standing = Standing::new(AccountId::parse("acme").unwrap(), "free", 0, Timestamp(0));
    for (index, (overdue, disables)) in dates.iter().enumerate() {
        let entry = OpenInvoice {
            remaining: Money::new(100, Currency::parse("eur").unwrap()),
            overdue_at: day(*overdue),
            disables_at: day(*disables),
            subscription: None,
            owner: Owner::Ours,
            bearing: Bearing::Full,
            journaled: None,
        };
        standing.open.insert(id(index), entry);
    }
    standing
}

/// Kind, day and reasons of each entry; the subject of an entry about one invoice.
fn said(entries: &[Entry]) -> Vec<(&'static str, i64, String)> {
    let line = |entry: &Entry| {
        let reasons = entry.about.clone().unwrap_or_else(|| entry.because.join(" "));
        (entry.kind.as_str(), entry.at.0 / DAY, reasons)
    };
    entries.iter().map(line).collect()
}

fn all_said(standing: &Standing) -> Vec<(&'static str, i64, String)> {
    said(&standing.journaled_until(day(1_000)).1)
}

fn line(kind: &'static str, day: i64, reasons: &str) -> (&'static str, i64, String) {
    (kind, day, reasons.to_owned())
}

/// Goal: overdue, two warnings, disabled: at their own times, however late they are found.
#[test]
fn the_moments_of_one_invoice() {
    let expected = [
        line("account.past_due", 10, "in_0"),
        line("account.disable_scheduled", 21, "in_0"),
        line("account.disable_scheduled", 23, "in_0"),
        line("account.disabled", 24, "in_0"),
    ];
    assert_eq!(all_said(&owing(&[(10, 24)])), expected);
}

/// Goal: a warning never comes before the invoice is overdue, what coincides is one entry, and zero
/// grace has only *disabled* (F9).
#[test]
fn moments_that_coincide_are_one() {
    let past_due = line("account.past_due", 10, "in_0");
    let scheduled = |day| line("account.disable_scheduled", day, "in_0");
    let disabled = |day| line("account.disabled", day, "in_0");
    for (disables, expected) in [
        (10, vec![disabled(10)]),
        (11, vec![past_due.clone(), disabled(11)]),
        (12, vec![past_due.clone(), scheduled(11), disabled(12)]),
        (13, vec![past_due.clone(), scheduled(12), disabled(13)]),
        (14, vec![past_due, scheduled(11), scheduled(13), disabled(14)]),
    ] {
        assert_eq!(all_said(&owing(&[(10, disables)])), expected, "disables on day {disables}");
    }
}

/// Goal: a second invoice has its moments too; while the account is disabled nothing warns of that.
#[test]
fn the_moments_of_two_invoices() {
    let expected = [
        line("account.past_due", 10, "in_0"),
        line("invoice.overdue", 12, "in_1"),
        line("account.disable_scheduled", 21, "in_0"),
        line("account.disable_scheduled", 23, "in_0"),
        line("account.disable_scheduled", 23, "in_1"),
        line("account.disabled", 24, "in_0 in_1"),
    ];
    let standing = owing(&[(10, 24), (12, 26)]);
    let mut all = all_said(&standing);
    // Both warnings of day 23 are one entry.
    assert_eq!(all.remove(3), line("account.disable_scheduled", 23, "in_0 in_1"));
    let rest = [&expected[..3], &expected[5..]].concat();
    assert_eq!(all, rest);
}

/// Goal: an account that is closed is not dunned and leaves the index.
#[test]
fn a_closed_account_has_no_moments() {
    let mut standing = owing(&[(10, 24)]);
    standing.closed = Some(Closed { how: Closure::Canceled, at: day(5), ends_subscription: false });

    assert_eq!(standing.next_moment(), None);
    assert_eq!(all_said(&standing), [line("account.closed", 5, "")]);
}

/// Goal: dates that move away are said anew when they come; dates that stay are not.
#[test]
fn what_was_said_of_other_dates_is_said_anew() {
    let (standing, _) = owing(&[(10, 24)]).journaled_until(day(22));
    let listed = standing.open[&id(0)].clone();
    let with = |overdue, disables| {
        let (overdue_at, disables_at) = (day(overdue), day(disables));
        let fresh = OpenInvoice { overdue_at, disables_at, journaled: None, ..listed.clone() };
        fresh.in_place_of(&listed).journaled
    };

    assert_eq!(with(10, 24), Some(Moment::FirstWarning));
    assert_eq!(with(10, 30), Some(Moment::Overdue));
    assert_eq!(with(12, 26), None);
    assert_eq!(with(9, 23), Some(Moment::FirstWarning));
}

/// Days on which two to four invoices are overdue, and the days from then until they disable.
fn dates() -> impl Strategy<Value = Vec<(i64, i64)>> {
    let one =
        (1..30_i64, 0..8_i64).prop_map(|(overdue, grace)| (overdue, overdue.saturating_add(grace)));
    proptest::collection::vec(one, 1..5)
}

proptest! {
    #![proptest_config(Config { cases: 2_000, failure_persistence: None, ..Config::default() })]

    /// Goal: the journal is the same whether somebody looked each day or only at the end: every
    /// moment once, in order, at its own time. Until then the index has the account.
    #[test]
    fn every_moment_is_journaled_once_and_in_order(
        dates in dates(),
        looks in proptest::collection::btree_set(0..45_i64, 0..12),
    ) {
        let end = day(50);
        let standing = owing(&dates);
        let (at_once, all) = standing.journaled_until(end);

        let (mut step, mut found) = (standing, Vec::new());
        for look in looks {
            let (next, entries) = step.journaled_until(day(look));
            prop_assert!(next.next_moment().is_none_or(|at| at > day(look)), "{:?}", next);
            (step, found) = (next, [found, entries].concat());
        }
        let (step, entries) = step.journaled_until(end);
        found.extend(entries);

        prop_assert_eq!(&found, &all);
        prop_assert_eq!(&step, &at_once);
        prop_assert_eq!(step.next_moment(), None);
        prop_assert!(found.is_sorted_by_key(|entry| entry.at));
        prop_assert_eq!(step.journaled_until(end.plus_seconds(DAY)).1, vec![]);
    }
}
