//! What a closed month comes to: by which plan, with which levels, and what goes on.

mod family;

use rust_decimal::Decimal;

use super::*;
use crate::account::moments::Moment;
use crate::account::{Bearing, Closed as ClosedAccount, Closure, Noticed, OpenInvoice, Owner};
use crate::fact::{Collection, Origin, SubscriptionSnapshot};
use crate::ids::{AccountId, InvoiceId, SubscriptionId};
use crate::journal::{Cause, CauseKind, Record};
use crate::money::Currency;
use crate::overage::{Overage, Tier};
use crate::samples;
use crate::state::{State, Transition};
use crate::usage::{Beyond, Kind as Adding};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn month(text: &str) -> Month {
    Month::parse(text).unwrap()
}

/// A cent for each unit beyond 100 on `team`, two on `business`, nothing on `free`.
fn allowances(plan: &str) -> Option<Vec<Allowance>> {
    let cents = match plan {
        "team" => Some(1),
        "business" => Some(2),
        "free" => None,
        _ => return None,
    };
    let allowance = |resource: &str, kind| Allowance {
        resource: resource.to_owned(),
        name: resource.to_owned(),
        unit: String::new(),
        kind,
        included: Some(100),
        beyond: Beyond::Counted,
        overage: cents.map(|cents| Overage {
            currency: Currency::parse("usd").unwrap(),
            tiers: vec![Tier { up_to: None, unit_amount: Decimal::from(cents) }],
        }),
    };
    Some(vec![allowance("sessions", Adding::Sum), allowance("storage", Adding::Gauge)])
}

fn standing() -> Standing {
    Standing::new(AccountId::parse("acme").unwrap(), "free", 0, at("2026-01-01T00:00:00Z"))
}

fn subscribed(plan: &str, as_of: &str) -> Subscription {
    let sample = samples::subscription(at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z"));
    let created = at("2026-09-05T00:00:00Z");
    let snapshot = SubscriptionSnapshot { created, plan: plan.to_owned(), ..sample };
    Subscription::after(None, &snapshot, at(as_of))
}

fn counted(sessions: u64, storage: Option<(&str, u64)>) -> Usage {
    let held = storage.map(|(since, level)| ("storage".to_owned(), Held { at: at(since), level }));
    Usage {
        sums: [("sessions".to_owned(), sessions)].into(),
        held: held.into_iter().collect(),
        ..Usage::default()
    }
}

fn close(
    standing: &Standing,
    subscriptions: &[Subscription],
    months: &BTreeMap<Month, Usage>,
) -> Option<Closing> {
    let history = &History::of(standing, [], at("2026-12-25T00:00:00Z"));
    let family = FamilyCounts::default();
    let ended = Ended { standing, subscriptions, months, history, family };
    Closing::of(ended, month("2026-11"), allowances).unwrap()
}

fn amounts(closing: &Closing) -> Vec<(&str, i64)> {
    closing.priced.lines.iter().map(|line| (&*line.item, line.amount.amount)).collect()
}

/// Goal: a month is priced by the plan at its last instant (money rule 19), whatever came after.
#[test]
fn the_plan_at_the_last_instant_prices_the_month() {
    let months = [(month("2026-11"), counted(150, None))].into();
    let team = subscribed("team", "2026-11-30T23:59:59Z");
    let upgraded = Subscription::after(
        Some(&team),
        &subscribed("business", "2026-12-01T00:00:00Z").snapshot,
        at("2026-12-01T00:00:00Z"),
    );
    let later = subscribed("business", "2026-12-01T00:00:00Z");
    for (subscriptions, plan, expected) in [
        (vec![team.clone()], "team", vec![("sessions", 50)]),
        (vec![upgraded], "team", vec![("sessions", 50)]),
        (vec![subscribed("business", "2026-11-30T23:59:59Z")], "business", vec![("sessions", 100)]),
        (vec![later], "free", vec![]),
        (vec![], "free", vec![]),
    ] {
        let closing = close(&standing(), &subscriptions, &months).unwrap();
        assert_eq!(
            (&*closing.priced.plan, amounts(&closing)),
            (plan, expected),
            "{subscriptions:?}"
        );
    }
    let priced = Standing { base_plan: "business".to_owned(), ..standing() };
    assert_eq!(amounts(&close(&priced, &[], &months).unwrap()), [("sessions", 100)]);
}

/// Goal: a gauge costs what is held at the month's last instant, from whatever month that is, and
/// goes on.
#[test]
fn a_gauge_is_carried_until_it_is_reported_again() {
    let team = [subscribed("team", "2026-10-01T00:00:00Z")];
    let september = counted(9_999, Some(("2026-09-10T00:00:00Z", 300)));
    let october = counted(9_999, None);
    let reported = |level| counted(0, Some(("2026-11-12T00:00:00Z", level)));
    let since = |text: &str, level| [("storage".to_owned(), Held { at: at(text), level })].into();
    for (november, december, expected, carried) in [
        (counted(0, None), None, vec![("storage", 200)], since("2026-09-10T00:00:00Z", 300)),
        (reported(150), None, vec![("storage", 50)], since("2026-11-12T00:00:00Z", 150)),
        (reported(0), None, vec![], BTreeMap::new()),
        (
            reported(150),
            Some(counted(1, None)),
            vec![("storage", 50)],
            since("2026-11-12T00:00:00Z", 150),
        ),
        (
            reported(150),
            Some(counted(1, Some(("2026-12-01T00:00:00Z", 7)))),
            vec![("storage", 50)],
            BTreeMap::new(),
        ),
    ] {
        let mut months: BTreeMap<Month, Usage> = [
            (month("2026-09"), Usage { closed: true, ..september.clone() }),
            (month("2026-10"), Usage { closed: true, ..october.clone() }),
            (month("2026-11"), november),
        ]
        .into();
        months.extend(december.map(|usage| (month("2026-12"), usage)));
        let closing = close(&standing(), &team, &months).unwrap();
        assert_eq!(
            (amounts(&closing), closing.closed.carried.clone()),
            (expected, carried),
            "{months:?}"
        );
    }
}

/// Goal: a closed account is invoiced for what it used up to then, once, and nothing goes on (C10).
#[test]
fn a_closed_account_is_invoiced_up_to_its_end() {
    let team = [subscribed("team", "2026-11-02T00:00:00Z")];
    let months = [(month("2026-11"), counted(150, Some(("2026-11-03T00:00:00Z", 130))))].into();
    let closed = |text: &str| Standing {
        closed: Some(ClosedAccount {
            how: Closure::Terminated,
            at: at(text),
            ends_subscription: false,
        }),
        ..standing()
    };
    let inside = close(&closed("2026-11-20T00:00:00Z"), &team, &months).unwrap();
    assert_eq!(amounts(&inside), [("sessions", 50)], "no level is held by a closed account");
    assert_eq!(inside.closed.carried, BTreeMap::new());
    let before = close(&closed("2026-10-20T00:00:00Z"), &team, &months).unwrap();
    assert_eq!((before.priced.total, before.closed.carried.len()), (None, 0));
    let after = close(&closed("2026-12-20T00:00:00Z"), &team, &months).unwrap();
    assert_eq!((amounts(&after).len(), after.closed.carried.len()), (2, 1));
}

/// Goal: an account that is disabled at a month's last instant pays for what it did and not for
/// what it holds, and nothing for a month without any service; who came back in time pays as ever.
#[test]
fn a_disabled_account_does_not_pay_for_what_it_holds() {
    let team = [subscribed("team", "2026-11-02T00:00:00Z")];
    let months = [(month("2026-11"), counted(150, Some(("2026-11-03T00:00:00Z", 130))))].into();
    let all = vec![("sessions", 50), ("storage", 30)];
    let sums = vec![("sessions", 50)];
    for (disabled, reactivated, expected) in [
        ("2026-10-20T00:00:00Z", None, vec![]),
        ("2026-11-01T00:00:00Z", None, vec![]),
        ("2026-11-01T00:00:01Z", None, sums.clone()),
        ("2026-11-30T23:59:59Z", None, sums.clone()),
        ("2026-12-01T00:00:00Z", None, all.clone()),
        ("2026-10-20T00:00:00Z", Some("2026-11-10T00:00:00Z"), all.clone()),
        ("2026-10-20T00:00:00Z", Some("2026-12-01T00:00:00Z"), vec![]),
        ("2026-11-10T00:00:00Z", Some("2026-11-30T23:59:59Z"), all),
        ("2026-11-10T00:00:00Z", Some("2026-12-01T00:00:00Z"), sums),
    ] {
        let transition = |text: &str, from, to| {
            let because = Vec::new();
            let entry = Entry::transition(&Transition { at: at(text), from, to, because });
            let cause = Cause::new(CauseKind::Schedule, "collections");
            Record { at: at(text), sequence: 1, cause, entries: vec![entry], first: None }
        };
        let mut records = vec![transition(disabled, State::PastDue, State::Disabled)];
        let mut noticed = Noticed { state: State::Disabled, since: at(disabled) };
        let mut owing = standing();
        if let Some(back) = reactivated {
            records.push(transition(back, State::Disabled, State::Active));
            noticed = Noticed { state: State::Active, since: at(back) };
        } else {
            let remaining = Money::new(100, Currency::parse("usd").unwrap());
            let (overdue_at, disables_at) = (at(disabled), at(disabled));
            let entry = OpenInvoice {
                remaining,
                overdue_at,
                disables_at,
                subscription: None,
                owner: Owner::Ours,
                bearing: Bearing::Full,
                journaled: Some(Moment::Disabled),
            };
            owing.open.insert(InvoiceId::parse("in_1").unwrap(), entry);
        }
        let standing = Standing { noticed, ..owing };
        let history = &History::of(&standing, &records, at("2026-12-03T00:15:00Z"));

        let (standing, subscriptions, months) = (&standing, &team[..], &months);
        let family = FamilyCounts::default();
        let ended = Ended { standing, subscriptions, months, history, family };
        let closing = Closing::of(ended, month("2026-11"), allowances).unwrap().unwrap();
        assert_eq!(amounts(&closing), expected, "{disabled} to {reactivated:?}");
    }
}

/// Goal: a month is priced by the plan of ours, whatever else its customer subscribes to; by a plan
/// that is not in the catalog it is not closed at all, and so not for nothing.
#[test]
fn usage_is_not_given_away() {
    let months: BTreeMap<_, _> = [(month("2026-11"), counted(150, None))].into();
    let other = |origin, plan: &str| {
        let mut other = subscribed(plan, "2026-11-10T00:00:00Z");
        other.snapshot.id = SubscriptionId::parse("sub_9").unwrap();
        other.snapshot.created = at("2026-11-10T00:00:00Z");
        other.snapshot.origin = origin;
        other
    };
    let team = subscribed("team", "2026-11-02T00:00:00Z");

    let beside = [team, other(Origin::Foreign, "price_1")];
    assert_eq!(amounts(&close(&standing(), &beside, &months).unwrap()), [("sessions", 50)]);

    let unknown = [other(Origin::Sold, "an old plan")];
    let (standing, months) = (&standing(), &months);
    let history = &History::of(standing, &[], at("2026-12-03T00:15:00Z"));
    let family = FamilyCounts::default();
    let ended = Ended { standing, subscriptions: &unknown, months, history, family };
    let closed = Closing::of(ended, month("2026-11"), allowances);
    assert_eq!(closed, Err(NotClosed::UnknownPlan("an old plan".to_owned())));
}

/// Goal: what is closed, or was never counted, is not closed again.
#[test]
fn a_month_is_closed_once() {
    let closed = Usage { closed: true, ..counted(150, None) };
    assert_eq!(close(&standing(), &[], &[(month("2026-11"), closed)].into()), None);
    assert_eq!(close(&standing(), &[], &BTreeMap::new()), None);
}

/// Goal: a bill keeps what was agreed, and only an open one is to be invoiced.
#[test]
fn a_bill_is_open_until_it_is_done_or_refused() {
    let months = [(month("2026-11"), counted(150, None))].into();
    let manual = Standing { collection: Collection::Manual, net_days: 30, ..standing() };
    let team = [subscribed("team", "2026-11-02T00:00:00Z")];
    let closing = close(&manual, &team, &months).unwrap();
    let bill = closing.priced.bill(&manual, "t1".to_owned(), at("2026-12-03T00:15:00Z")).unwrap();
    assert_eq!((bill.collection, bill.net_days), (Collection::Manual, 30));
    assert_eq!(bill.total.to_string(), "0.50 USD");
    assert!(bill.is_open() && !bill.done(&InvoiceId::parse("in_1").unwrap()).is_open());
    let refused = bill.refused("no such customer");
    assert!(!refused.is_open() && refused.intent.must_look_first(at("2026-12-03T00:15:00Z")));
    let nothing = close(&manual, &[], &months).unwrap();
    assert_eq!(nothing.priced.bill(&manual, "t1".to_owned(), at("2026-12-03T00:15:00Z")), None);
}
