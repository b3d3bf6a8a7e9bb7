use super::*;
use crate::account::family::{Family, Parent};
use crate::ids::AccountId;

const NOW: &str = "2026-11-22T09:00:00Z";

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn standing() -> Standing {
    Standing::new(AccountId::parse("acme").unwrap(), "team", 0, Timestamp(0))
}

fn allowance(kind: Kind, included: u64, beyond: Beyond) -> Allowance {
    Allowance {
        resource: "events".to_owned(),
        name: "Events".to_owned(),
        unit: "event".to_owned(),
        kind,
        included: Some(included),
        beyond,
        overage: None,
    }
}

fn limits(kind: Kind, included: u64, beyond: Beyond) -> Limits {
    let allowances = vec![allowance(kind, included, beyond)];
    Limits { allowances, deducted: None, state: State::Active }
}

fn sums(days: &[(&str, u64)]) -> CountedMonth {
    let usage =
        |units: u64| Usage { sums: [("events".to_owned(), units)].into(), ..Usage::default() };
    CountedMonth {
        month: Some(usage(days.iter().map(|(_, units)| units).sum())),
        days: days.iter().map(|(on, units)| (day(on), usage(*units))).collect(),
        ..CountedMonth::default()
    }
}

fn request(quantity: i64) -> CorrectionRequest {
    CorrectionRequest {
        id: "cor_1".to_owned(),
        month: Month::parse("2026-11").unwrap(),
        resource: "events".to_owned(),
        quantity,
        day: None,
        reason: "A loop in the collector".to_owned(),
        by: "ada".to_owned(),
    }
}

fn made(decided: &Decided) -> Corrected {
    decided.corrected.clone()
}

fn corrected(counted: &CountedMonth, quantity: i64) -> Result<Decided, CorrectionRefusal> {
    let limits = limits(Kind::Sum, 1_000, Beyond::Restricts);
    correct((&standing(), counted), &limits, &request(quantity), at(NOW))
}

/// Goal: what is taken off is spread by what each day counted, to the unit, and no day gets below
/// zero, whatever the numbers are.
#[test]
fn what_is_taken_off_is_spread_over_the_days() {
    let counted = sums(&[("2026-11-01", 10), ("2026-11-02", 20), ("2026-11-03", 1)]);
    let change = corrected(&counted, -15).unwrap();
    let Correction { days, before, after, .. } = made(&change).correction;
    assert_eq!((before, after), (31, 16));
    let expected = [("2026-11-01", -5), ("2026-11-02", -10)].map(|(on, it)| (day(on), it));
    assert_eq!(days, expected.into());

    for off in 1..=31 {
        let Correction { days, .. } = made(&corrected(&counted, -off).unwrap()).correction;
        assert_eq!(days.values().sum::<i64>(), -off, "{off}");
        for (on, taken) in days {
            let had = i64::try_from(counted.days[&on].sum("events")).unwrap();
            assert!(taken < 0 && had + taken >= 0, "{off} on {on}: {taken} of {had}");
        }
    }
}

/// Goal: a correction stands on the day that is named, and what is added without one on the latest
/// day.
#[test]
fn a_named_day_has_the_whole_correction() {
    let counted = sums(&[("2026-11-01", 10), ("2026-11-20", 20)]);
    let limits = limits(Kind::Sum, 1_000, Beyond::Restricts);
    let on = |text: &str, quantity: i64| {
        let request = CorrectionRequest { day: Some(day(text)), ..request(quantity) };
        correct((&standing(), &counted), &limits, &request, at(NOW))
    };
    let change = on("2026-11-20", -20).unwrap();
    assert_eq!(made(&change).correction.days, [(day("2026-11-20"), -20)].into());
    assert_eq!(on("2026-11-20", -21), Err(CorrectionRefusal::BeyondCounted { counted: 20 }));
    assert_eq!(on("2026-11-02", -1), Err(CorrectionRefusal::BeyondCounted { counted: 0 }));
    assert_eq!(on("2026-10-31", -1), Err(CorrectionRefusal::DayOutside));
    assert_eq!(on("2026-11-23", 1), Err(CorrectionRefusal::DayOutside), "tomorrow");
    assert_eq!(
        made(&corrected(&counted, 5).unwrap()).correction.days,
        [(day("2026-11-22"), 5)].into()
    );
}

/// Goal: a restricted account that fits its plan again is active from the same commit on, and the
/// entry says so.
#[test]
fn an_account_that_fits_again_is_restored() {
    let counted = sums(&[("2026-11-01", 1_005)]);
    let state = |change: &Decided| {
        let entry = &change.entry;
        assert_eq!(
            (entry.kind, entry.about.as_deref()),
            (EntryKind::UsageCorrected, Some("events"))
        );
        entry.changes.iter().find(|it| it.field == "state").cloned().map(|it| (it.before, it.after))
    };
    let text = |word: &str| Some(Value::Text(word.to_owned()));
    let restored = corrected(&counted, -5).unwrap();
    assert_eq!(state(&restored), Some((text("restricted"), text("active"))));
    assert_eq!(state(&corrected(&counted, -4).unwrap()), None, "still over the limit");
}

/// Goal: what was counted never goes below zero; what the plan refuses is not added; a parent, a
/// resource of credits, an unknown one and a month to come are refused.
#[test]
fn what_can_not_be_corrected_is_refused() {
    let counted = sums(&[("2026-11-01", 10)]);
    assert_eq!(corrected(&counted, -11), Err(CorrectionRefusal::BeyondCounted { counted: 10 }));
    let nothing = CountedMonth::default();
    assert_eq!(corrected(&nothing, -1), Err(CorrectionRefusal::BeyondCounted { counted: 0 }));

    let refuses = limits(Kind::Sum, 12, Beyond::Refused);
    let more = |quantity| correct((&standing(), &counted), &refuses, &request(quantity), at(NOW));
    assert!(more(2).is_ok() && more(3) == Err(CorrectionRefusal::OverLimit { limit: 12 }));

    let with = |limits: &Limits, standing: &Standing, request: &CorrectionRequest| {
        correct((standing, &counted), limits, request, at(NOW)).unwrap_err()
    };
    let open = limits(Kind::Sum, 1_000, Beyond::Restricts);
    let parent = Standing { family: Family::Parent(Parent::default()), ..standing() };
    assert_eq!(with(&open, &parent, &request(-1)), CorrectionRefusal::ParentAccount);
    let deducted = Limits { deducted: Some("events".to_owned()), ..open.clone() };
    assert_eq!(with(&deducted, &standing(), &request(-1)), CorrectionRefusal::MeteredByDeductions);
    let other = CorrectionRequest { resource: "pages".to_owned(), ..request(-1) };
    assert_eq!(with(&open, &standing(), &other), CorrectionRefusal::UnknownResource);
    let ahead = CorrectionRequest { month: Month::parse("2026-12").unwrap(), ..request(-1) };
    assert_eq!(with(&open, &standing(), &ahead), CorrectionRefusal::NotBegun);
}

/// Goal: days that do not add up to their month were read while usage was counted.
#[test]
fn days_that_do_not_add_up_are_read_again() {
    let mut counted = sums(&[("2026-11-01", 10)]);
    counted.days.clear();
    assert_eq!(corrected(&counted, -1), Err(CorrectionRefusal::Moving));
}

/// Goal: a gauge gets another level now; in a month that has ended, at its last second, and a later
/// report stays the latest.
#[test]
fn a_gauge_gets_another_level() {
    let held = |text: &str, level: u64| Usage {
        held: [("events".to_owned(), Held { at: at(text), level })].into(),
        ..Usage::default()
    };
    let (reported, newer) = (held("2026-11-20T08:00:00Z", 50), held("2026-12-01T08:00:00Z", 60));
    let counted = |latest: &Usage| CountedMonth {
        month: Some(reported.clone()),
        days: [(day("2026-11-20"), reported.clone())].into(),
        before: BTreeMap::new(),
        latest: latest.clone(),
    };
    let limits = limits(Kind::Gauge, 10, Beyond::Restricts);
    let corrected = |counted: &CountedMonth, now: &str| {
        let change = correct((&standing(), counted), &limits, &request(-45), at(now)).unwrap();
        let is_restored = change.entry.changes.iter().any(|it| it.field == "state");
        (made(&change), is_restored)
    };

    let (made, is_restored) = corrected(&counted(&reported), NOW);
    let seen = reported.held.get("events").copied();
    let level = Held { at: at(NOW), level: 5 };
    let expected = Counters::Gauge { level, in_month: seen, on_day: None, latest: Some(seen) };
    assert_eq!((made.counters, is_restored), (expected, true));

    let (made, is_restored) = corrected(&counted(&newer), "2026-12-02T09:00:00Z");
    let level = Held { at: at("2026-11-30T23:59:59Z"), level: 5 };
    let expected = Counters::Gauge { level, in_month: seen, on_day: None, latest: None };
    assert_eq!((made.counters, is_restored), (expected, false), "the next month's level stays");

    let carried = CountedMonth {
        month: None,
        before: reported.held.clone(),
        ..CountedMonth { latest: reported.clone(), ..CountedMonth::default() }
    };
    let change = correct((&standing(), &carried), &limits, &request(-50), at(NOW)).unwrap();
    let Correction { before, after, .. } = self::made(&change).correction;
    assert_eq!((before, after), (50, 0), "a level that an earlier month reported");
}
