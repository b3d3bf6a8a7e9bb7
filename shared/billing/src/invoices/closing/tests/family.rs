//! Closings of families: each unit is billed once, to the payer of its time.
#![expect(clippy::arithmetic_side_effects, reason = "a test that overflows stops there")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::Config;

use super::*;
use crate::time::DAY_SECONDS;

const PARENT: &str = "group";

fn id(text: &str) -> AccountId {
    AccountId::parse(text).unwrap()
}

fn to_parent() -> Payer {
    Payer::Parent(id(PARENT))
}

fn of_account(name: &str) -> Standing {
    Standing { account: id(name), ..standing() }
}

/// A cent for each session and each unit of storage, on every plan.
fn cents(_: &str) -> Option<Vec<Allowance>> {
    let all = allowances("team")?.into_iter();
    Some(all.map(|one| Allowance { included: Some(0), ..one }).collect())
}

fn signed(units: u64) -> i64 {
    i64::try_from(units).unwrap()
}

/// Closes November of a sub-account.
fn close_sub_account(
    standing: &Standing,
    (subscriptions, months): (&[Subscription], &BTreeMap<Month, Usage>),
    (payers, days): (&Payers, &BTreeMap<Day, Usage>),
    allowances: fn(&str) -> Option<Vec<Allowance>>,
) -> Closing {
    let history = &History::of(standing, [], at("2026-12-25T00:00:00Z"));
    let family = FamilyCounts { payers: Some((payers, days)), shares: &[] };
    let ended = Ended { standing, subscriptions, months, history, family };
    Closing::of(ended, month("2026-11"), allowances).unwrap().unwrap()
}

/// Goal: where the parent pays for the whole month there is nothing of its own to price, whatever
/// the plan; levels go on as ever.
#[test]
fn a_parent_pays_for_a_whole_month() {
    let months = [(month("2026-11"), counted(150, Some(("2026-11-03T00:00:00Z", 130))))].into();
    let payers = Payers::new(to_parent(), at("2026-10-07T13:00:00Z"));
    let standing = Standing { base_plan: "an old plan".to_owned(), ..of_account("north") };

    let closing = close_sub_account(&standing, (&[], &months), (&payers, &[].into()), allowances);

    let share = months[&month("2026-11")].clone();
    assert_eq!(closing.closed.shares, [(id(PARENT), share)].into());
    assert_eq!((closing.closed.own, closing.priced.total), (None, None));
    assert_eq!(closing.closed.carried.len(), 1);
}

/// Goal: a sub-account that moves to its parent pays for the days before, by the plan that it had
/// until then; one that moves away pays for the days after. The level at the end has one payer.
#[test]
fn a_move_splits_the_month() {
    let cut = at("2026-11-16T00:00:00Z");
    let month_counted = counted(150, Some(("2026-11-03T00:00:00Z", 130)));
    let months = [(month("2026-11"), month_counted)].into();
    let days = [("2026-11-15", 110), ("2026-11-16", 40)].map(|(on, sessions)| {
        let held = (on == "2026-11-15").then_some(("2026-11-03T00:00:00Z", 130));
        (Day::parse(on).unwrap(), counted(sessions, held))
    });
    let days = BTreeMap::from(days);
    let team = subscribed("team", "2026-11-02T00:00:00Z");
    let mut ended = team.snapshot.clone();
    ended.status = crate::fact::SubscriptionStatus::Canceled;
    let ended = Subscription::after(Some(&team), &ended, cut);

    let joins = Payers::new(Payer::Own, at("2026-10-07T13:00:00Z")).with(to_parent(), cut);
    let closing =
        close_sub_account(&of_account("north"), (&[ended], &months), (&joins, &days), allowances);
    assert_eq!((&*closing.priced.plan, amounts(&closing)), ("team", vec![("sessions", 10)]));
    let share = &closing.closed.shares[&id(PARENT)];
    assert_eq!((share.sum("sessions"), share.held["storage"].level), (40, 130));

    let leaves = Payers::new(to_parent(), at("2026-10-07T13:00:00Z")).with(Payer::Own, cut);
    let team = subscribed("team", "2026-11-16T00:00:00Z");
    let closing =
        close_sub_account(&of_account("south"), (&[team], &months), (&leaves, &days), allowances);
    assert_eq!((&*closing.priced.plan, amounts(&closing)), ("team", vec![("storage", 30)]));
    let share = &closing.closed.shares[&id(PARENT)];
    assert_eq!((share.sum("sessions"), share.held.len()), (110, 0));
}

/// Goal: usage of a sub-account that is closed is billed to its parent as it would be to itself.
#[test]
fn a_parent_pays_for_service_only() {
    let months = [(month("2026-11"), counted(150, Some(("2026-11-03T00:00:00Z", 130))))].into();
    let payers = Payers::new(to_parent(), at("2026-10-07T13:00:00Z"));
    for (closed_at, expected) in [
        ("2026-10-20T00:00:00Z", (0, 0)),
        ("2026-11-20T00:00:00Z", (150, 0)),
        ("2026-12-01T00:00:00Z", (150, 1)),
    ] {
        let at = at(closed_at);
        let closed = ClosedAccount { how: Closure::Terminated, at, ends_subscription: false };
        let noticed = Noticed { state: State::Terminated, since: at };
        let standing = Standing { closed: Some(closed), noticed, ..of_account("north") };
        let entry = Entry::transition(&Transition {
            at,
            from: State::Active,
            to: State::Terminated,
            because: Vec::new(),
        });
        let cause = Cause::new(CauseKind::Schedule, "collections");
        let records = [Record { at, sequence: 1, cause, entries: vec![entry], first: None }];
        let history = &History::of(&standing, &records, crate::time::Timestamp(at.0 + 86_400 * 60));

        let family = FamilyCounts { payers: Some((&payers, &BTreeMap::new())), shares: &[] };
        let (standing, months) = (&standing, &months);
        let ended = Ended { standing, subscriptions: &[], months, history, family };
        let closed = Closed::of(ended, month("2026-11")).unwrap().unwrap();
        let share = &closed.shares[&id(PARENT)];
        assert_eq!((share.sum("sessions"), share.held.len()), expected, "{closed_at}");
    }
}

/// A random sub-account: days on which its payer changes, and its reports (second, units).
type Story = (BTreeSet<i64>, bool, Vec<(i64, u64)>);

fn stories() -> impl Strategy<Value = Vec<Story>> {
    let moves = proptest::collection::btree_set(0..30_i64, 0..5);
    let reports = proptest::collection::vec((0..30 * DAY_SECONDS, 0..5_000_u64), 0..25);
    proptest::collection::vec((moves, any::<bool>(), reports), 1..8)
}

proptest! {
    #![proptest_config(Config { cases: 500, failure_persistence: None, ..Config::default() })]

    /// Goal: whatever moves, reports and order of closings, at a cent a unit what all invoices come
    /// to is the number of units, and each payer pays exactly the units of its days.
    #[test]
    fn every_unit_is_billed_once(stories in stories()) {
        let start = month("2026-11").start();
        let mut shares = Vec::new();
        let (mut own_cents, mut own_units, mut parents_units) = (0, 0, 0);
        for (nth, (moves, own_first, reports)) in stories.iter().enumerate() {
            let payer = |is_own: bool| if is_own { Payer::Own } else { to_parent() };
            let mut payers = Payers::new(payer(*own_first), start.plus_seconds(-DAY_SECONDS * 40));
            let mut is_own = *own_first;
            for day in moves {
                is_own = !is_own;
                payers = payers.with(payer(is_own), start.plus_seconds(day * DAY_SECONDS));
            }
            let (mut counted, mut days) = (Usage::default(), BTreeMap::<Day, Usage>::new());
            for (second, units) in reports {
                let at = start.plus_seconds(*second);
                let day = days.entry(Day::of(at)).or_default();
                for usage in [&mut counted, day] {
                    *usage.sums.entry("sessions".to_owned()).or_default() += units;
                }
                match payers.payer_at(at) {
                    Payer::Own => own_units += units,
                    Payer::Parent(_) => parents_units += units,
                }
            }
            let name = format!("shop-{nth}");
            let months = [(month("2026-11"), counted)].into();

            let closing =
                close_sub_account(&of_account(&name), (&[], &months), (&payers, &days), cents);

            own_cents += closing.priced.total.map_or(0, |total| total.amount);
            let share = closing.closed.shares.get(&id(PARENT)).cloned();
            let account = id(&name);
            shares.extend(share.map(|usage| AccountUsage { account, name, usage }));
        }
        shares.reverse();
        let standing = &of_account(PARENT);
        let history = &History::of(standing, [], at("2026-12-25T00:00:00Z"));
        let counted = Usage { shares: u64::try_from(shares.len()).unwrap(), ..Usage::default() };
        let months = &[(month("2026-11"), counted)].into();
        let family = FamilyCounts { payers: None, shares: &shares };

        let ended = Ended { standing, subscriptions: &[], months, history, family };
        let parents = Closing::of(ended, month("2026-11"), cents).unwrap().unwrap();

        let parents_cents = parents.priced.total.map_or(0, |total| total.amount);
        prop_assert_eq!((own_cents, parents_cents), (signed(own_units), signed(parents_units)));
        for line in &parents.priced.lines {
            let of = |share: &&AccountUsage| Some(&share.account) == line.sub_account.as_ref();
            let share = shares.iter().find(of).unwrap();
            prop_assert_eq!(line.amount.amount, signed(share.usage.sum("sessions")));
        }
    }
}
