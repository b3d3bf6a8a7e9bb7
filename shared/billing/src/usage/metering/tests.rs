//! Which events are taken, what they come to, and that their order does not matter.

use proptest::prelude::*;
use proptest::test_runner::Config;

use super::*;

const NOVEMBER: &str = "2026-11-22T09:00:00Z";
/// 48 hours.
const LATE: i64 = 172_800;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn event(resource: &str, quantity: u64, time: &str) -> Event {
    let account = AccountId::parse("acme").unwrap();
    Event { account, resource: resource.to_owned(), quantity, at: at(time) }
}

fn allowance(resource: &str, kind: Kind, beyond: Beyond) -> Allowance {
    let (resource, name, unit) = (resource.to_owned(), String::new(), String::new());
    Allowance { resource, name, unit, kind, included: Some(100), beyond, overage: None }
}

/// 100 of each are included: `sessions` restricts, `calls` and `storage` (a gauge) refuse, `disk`
/// (a gauge) restricts.
fn meters() -> Meters {
    let allowances = vec![
        allowance("sessions", Kind::Sum, Beyond::Restricts),
        allowance("calls", Kind::Sum, Beyond::Refused),
        allowance("storage", Kind::Gauge, Beyond::Refused),
        allowance("disk", Kind::Gauge, Beyond::Restricts),
    ];
    Meters { allowances, ..Meters::default() }
}

/// As the table does it, with what each change names held.
fn apply(meters: &mut Meters, tally: &Tally) {
    fn one(usage: &mut Usage, counts: &Counts) {
        for (resource, room) in &counts.room {
            assert!(usage.sum(resource) <= *room, "{resource} is beyond its limit");
        }
        for (resource, quantity) in &counts.add {
            let sum = usage.sums.entry(resource.clone()).or_default();
            *sum = sum.saturating_add(*quantity);
        }
        for (resource, (new, seen)) in &counts.hold {
            assert_eq!(usage.held.get(resource), seen.as_ref());
            usage.held.insert(resource.clone(), *new);
        }
    }
    for (month, counts) in &tally.months {
        one(meters.months.entry(*month).or_default(), counts);
    }
    for (day, counts) in &tally.days {
        one(meters.days.entry(*day).or_default(), counts);
    }
    one(&mut meters.latest, &tally.latest);
}

fn verdict(meters: &Meters, event: &Event, now: &str) -> Option<Rejection> {
    tally(Some(meters), [(0, event)], LATE, at(now)).rejected.get(&0).copied()
}

/// Goal: an event counts to the month that it belongs to until the late window ends, and not at
/// that instant.
#[test]
fn the_late_window_ends_at_its_last_instant() {
    let october = event("sessions", 1, "2026-10-31T23:59:59Z");
    for (now, expected) in [
        ("2026-11-01T00:00:00Z", None),
        ("2026-11-02T23:59:59Z", None),
        ("2026-11-03T00:00:00Z", Some(Rejection::TooLate)),
        (NOVEMBER, Some(Rejection::TooLate)),
    ] {
        assert_eq!(verdict(&meters(), &october, now), expected, "{now}");
    }
    let now = at("2026-11-02T23:59:59Z");
    let counted = tally(Some(&meters()), [(0, &october)], LATE, now);
    assert_eq!(counted.months.keys().map(ToString::to_string).collect::<Vec<_>>(), ["2026-10"]);
    let first = event("sessions", 1, "2026-11-01T00:00:00Z");
    let counted = tally(Some(&meters()), [(0, &first)], LATE, now);
    assert_eq!(counted.months.keys().map(ToString::to_string).collect::<Vec<_>>(), ["2026-11"]);
}

/// Goal: a month that is closed takes nothing, even within the window.
#[test]
fn a_closed_month_takes_nothing() {
    let mut meters = meters();
    let usage = Usage { closed: true, ..Usage::default() };
    meters.months.insert(Month::of(at(NOVEMBER)), usage);
    let counted = event("sessions", 1, NOVEMBER);
    assert_eq!(verdict(&meters, &counted, NOVEMBER), Some(Rejection::TooLate));
}

/// Goal: whatever cannot be counted is rejected by its own reason.
#[test]
fn each_wrong_event_has_its_reason() {
    let clock = "2026-11-22T09:05:00Z";
    let ahead = "2026-11-22T09:05:01Z";
    let closed = Meters { closed: true, ..meters() };
    for (meters, event, expected) in [
        (meters(), event("sessions", 0, NOVEMBER), None),
        (meters(), event("sessions", QUANTITY_MAX, clock), None),
        (meters(), event("sessions", QUANTITY_MAX + 1, clock), Some(Rejection::InvalidQuantity)),
        (meters(), event("sessions", 1, ahead), Some(Rejection::InTheFuture)),
        (meters(), event("nothing", 1, NOVEMBER), Some(Rejection::UnknownResource)),
        (closed, event("sessions", 1, NOVEMBER), Some(Rejection::AccountClosed)),
    ] {
        assert_eq!(verdict(&meters, &event, NOVEMBER), expected, "{event:?}");
    }
    let nobody = tally(None, [(7, &event("sessions", 1, NOVEMBER))], LATE, at(NOVEMBER));
    assert_eq!(nobody.rejected, [(7, Rejection::UnknownAccount)].into());
    assert_eq!(nobody.items(), 0);
}

/// Goal: beyond a limit that refuses, an event is taken whole or not at all, and a smaller one may
/// still fit.
#[test]
fn a_refused_event_takes_nothing_of_itself() {
    let mut meters = meters();
    let now = at(NOVEMBER);
    let events = [60, 50, 40, 1].map(|quantity| event("calls", quantity, NOVEMBER));
    let counted = tally(Some(&meters), events.iter().enumerate(), LATE, now);
    assert_eq!(counted.rejected, [(1, Rejection::OverLimit), (3, Rejection::OverLimit)].into());
    apply(&mut meters, &counted);
    assert_eq!(meters.months[&Month::of(now)].sum("calls"), 100);
    assert_eq!(counted.months[&Month::of(now)].room["calls"], 0, "nothing may come in between");
    // A level is a report: lower than before is taken, although it is still too much.
    let storage = |level| event("storage", level, NOVEMBER);
    assert_eq!(verdict(&meters, &storage(100), NOVEMBER), None);
    assert_eq!(verdict(&meters, &storage(101), NOVEMBER), Some(Rejection::OverLimit));
    let held = Held { at: at("2026-11-01T00:00:00Z"), level: 150 };
    meters.latest.held.insert("storage".to_owned(), held);
    assert_eq!(verdict(&meters, &storage(120), NOVEMBER), None);
    assert_eq!(verdict(&meters, &storage(151), NOVEMBER), Some(Rejection::OverLimit));
}

/// Goal: the latest level wins in its day, its month and overall, whatever comes first.
#[test]
fn the_latest_level_wins() {
    let mut meters = meters();
    let november = event("disk", 70, "2026-11-01T00:00:10Z");
    let october = event("disk", 90, "2026-10-31T12:00:00Z");
    let now = at("2026-11-01T00:00:20Z");
    for event in [&november, &october] {
        let counted = tally(Some(&meters), [(0, event)], LATE, now);
        apply(&mut meters, &counted);
    }
    let level = |usage: &Usage| usage.held["disk"].level;
    assert_eq!(level(&meters.latest), 70);
    assert_eq!(level(&meters.months[&Month::parse("2026-10").unwrap()]), 90);
    assert_eq!(level(&meters.months[&Month::parse("2026-11").unwrap()]), 70);
    let stale = event("disk", 1, "2026-10-31T11:00:00Z");
    assert_eq!(tally(Some(&meters), [(0, &stale)], LATE, now).items(), 0, "it changes nothing");
}

/// Goal: a batch is cut where a transaction is full, and never within an account.
#[test]
fn chunks_are_full_and_never_cut_an_account() {
    assert_eq!(chunks(&[2; 100], 98), [49, 49, 2]);
    assert_eq!(chunks(&[60, 60], 98), [1, 1]);
    assert_eq!(chunks(&[98, 1], 98), [1, 1]);
    assert_eq!(chunks(&[97, 1, 1], 98), [2, 1]);
    assert_eq!(chunks(&[], 98), [0; 0]);
}

fn random_events() -> impl Strategy<Value = Vec<Event>> {
    let start = at("2026-10-31T23:59:00Z");
    let one = (0..2_usize, 0..50_u64, 0..240_i64).prop_map(move |(which, quantity, seconds)| {
        let account = AccountId::parse("acme").unwrap();
        let resource = ["sessions", "disk"][which].to_owned();
        Event { account, resource, quantity, at: start.plus_seconds(seconds) }
    });
    proptest::collection::vec(one, 1..30)
}

proptest! {
    #![proptest_config(Config { cases: 2_000, failure_persistence: None, ..Config::default() })]

    /// Goal: any order, and any cut into batches, gives the same sums and the same levels; days add
    /// up to months.
    #[test]
    fn order_and_batches_do_not_matter(
        events in random_events(),
        keys in proptest::collection::vec(any::<u64>(), 30),
        cut in 1..30_usize,
    ) {
        let now = at("2026-11-01T00:05:00Z");
        let told = |events: &[Event], cut: usize| {
            let mut meters = meters();
            for batch in events.chunks(cut) {
                let counted = tally(Some(&meters), batch.iter().enumerate(), LATE, now);
                assert!(counted.rejected.is_empty(), "{:?}", counted.rejected);
                apply(&mut meters, &counted);
            }
            meters
        };
        let in_order = told(&events, events.len());
        let mut shuffled: Vec<_> = events.iter().cloned().zip(keys).collect();
        shuffled.sort_by_key(|(_, key)| *key);
        let shuffled: Vec<_> = shuffled.into_iter().map(|(event, _)| event).collect();
        let otherwise = told(&shuffled, cut);
        prop_assert_eq!(&in_order, &otherwise);
        let sum = |usages: Vec<&Usage>| usages.iter().map(|it| it.sum("sessions")).sum::<u64>();
        let months = sum(in_order.months.values().collect());
        prop_assert_eq!(months, sum(in_order.days.values().collect()));
    }
}
