//! The laws of `decide`, held by random histories: any order and any duplication of the facts about
//! an account gives the same books; what is known is not written again; an account is active
//! exactly when nothing overdue is owed.

#![expect(clippy::arithmetic_side_effects, reason = "the numbers of a test are small")]

mod history;
mod statement;

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::account::Standing;
use crate::change::Write;
use crate::decide::{Books, Change, Undecided, decide};
use crate::fact::{Fact, News};
use crate::ids::{AccountId, InvoiceId, SubscriptionId};
use crate::invoice::{Invoice, Links};
use crate::profile::Profile;
use crate::state::State;
use crate::subscription::Subscription;
use crate::time::Timestamp;

use self::history::{foreign_history, history, shuffled};

/// Everything that is known of one account, as the table would hold it.
#[derive(Debug, Clone, PartialEq)]
struct World {
    standing: Standing,
    profile: Profile,
    invoices: BTreeMap<InvoiceId, Invoice>,
    subscriptions: BTreeMap<SubscriptionId, Subscription>,
    issued: BTreeMap<InvoiceId, Timestamp>,
}

impl World {
    fn new(grace_seconds: i64) -> Self {
        let account = AccountId::parse("acme").unwrap();
        let standing = Standing::new(account.clone(), "free", grace_seconds, Timestamp(0));
        let profile = Profile { version: 1, ..Profile::new(account, "Acme", Timestamp(0)) };
        Self {
            standing,
            profile,
            invoices: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            issued: BTreeMap::new(),
        }
    }

    /// Loads as the store does, decides and commits.
    fn tell(&mut self, fact: &Fact, now: Timestamp) -> Option<Change> {
        let mut books = Books {
            standing: self.standing.clone(),
            profile: Some(self.profile.clone()),
            invoices: self.invoices.clone(),
            has_all_invoices: false,
            subscriptions: BTreeMap::new(),
            has_all_subscriptions: false,
        };
        if matches!(fact.news, News::Subscription(_)) {
            books.subscriptions.clone_from(&self.subscriptions);
            books.has_all_subscriptions = true;
        }
        let mut change = decide(&books, fact, now);
        if matches!(change, Err(Undecided::NeedsAllInvoices | Undecided::NeedsSubscriptions)) {
            books.has_all_invoices = true;
            books.subscriptions.clone_from(&self.subscriptions);
            books.has_all_subscriptions = true;
            change = decide(&books, fact, now);
        }
        let change = change.unwrap_or_else(|undecided| panic!("{undecided} at {fact:?}"))?;
        self.standing = change.standing.clone();
        for write in &change.writes {
            if let Write::Profile(profile) = write {
                self.profile = profile.clone();
            } else if let Write::Invoice(invoice) = write {
                self.invoices.insert(invoice.id.clone(), invoice.clone());
            } else if let Write::Subscription(subscription) = write {
                let id = subscription.snapshot.id.clone();
                self.subscriptions.insert(id, subscription.clone());
            } else if let Write::InvoiceIssued(id, created) = write {
                let before = self.issued.insert(id.clone(), *created);
                assert_eq!(before, None, "{id} is listed twice");
            } else {
                panic!("{fact:?} writes {write:?}");
            }
        }
        Some(change)
    }

    /// The books without what is about the telling: when transitions were noticed, when the journal
    /// was last written, a renewal that was voided, and Stripe's ever-new addresses.
    fn books(&self, now: Timestamp) -> (Self, Vec<State>) {
        let mut world = self.clone();
        world.standing.noticed = Standing::new(
            world.standing.account.clone(),
            "free",
            world.standing.grace_seconds,
            Timestamp(0),
        )
        .noticed;
        world.standing.journal_at = Timestamp(0);
        // Known by the pause that is on, or the payment that ended it, when the void is told of.
        world.standing.voided = None;
        for entry in world.standing.open.values_mut() {
            entry.journaled = None;
        }
        for invoice in world.invoices.values_mut() {
            invoice.links = Links::default();
        }
        let later = |seconds: i64| self.standing.state_at(now.plus_seconds(seconds));
        (world, vec![later(0), later(10), later(50), later(1_000_000_000)])
    }
}

/// The facts of a history in the order in which a mixture tells them.
fn shuffled_as_in(mixed: &[Fact], history: &[Fact]) -> Vec<Fact> {
    mixed.iter().filter(|fact| history.contains(fact)).cloned().collect()
}

/// Everything that a subscription of another product must leave as it is.
fn effects(world: &World, now: Timestamp) -> impl PartialEq + std::fmt::Debug {
    let standing = &world.standing;
    let later = [0, 10, 50, 1_000].map(|seconds| now.plus_seconds(seconds));
    let current = standing.subscription.as_ref().map(|it| it.id.clone());
    let current = current.and_then(|id| world.subscriptions.get(&id));
    let all = || world.subscriptions.values();
    let owed = standing.owed_to_us().map(|(id, _)| id.clone());
    (
        standing.plan().to_owned(),
        later.map(|at| (standing.state_at(at), standing.disables_on(at))),
        later.map(|at| crate::agreement::tasks(standing, current, at)),
        later.map(|at| Subscription::plan_before(all(), at)),
        (standing.disabled_until, Subscription::doubles(all())),
        owed.collect::<Vec<_>>(),
    )
}

fn told(facts: &[Fact], grace: i64, now: Timestamp) -> World {
    let mut world = World::new(grace);
    for fact in facts {
        world.tell(fact, now);
    }
    world
}

proptest! {
    #![proptest_config(Config { cases: 2_000, failure_persistence: None, ..Config::default() })]

    /// Goal: the end does not depend on the order in which facts come, nor on how often.
    #[test]
    fn any_order_and_any_duplication_gives_the_same_books(
        facts in history(),
        seed in any::<u64>(),
        grace in prop_oneof![Just(0_i64), 1..40_i64],
        now in 0..200_i64,
    ) {
        let now = Timestamp(now);
        let in_order = told(&facts, grace, now);
        let otherwise = told(&shuffled(&facts, seed), grace, now);
        prop_assert_eq!(in_order.books(now), otherwise.books(now));
    }

    /// Goal: whatever is told again when all is known changes nothing: no item, no journal.
    #[test]
    fn a_replay_writes_nothing(
        facts in history(),
        seed in any::<u64>(),
        grace in 0..40_i64,
        now in 0..200_i64,
    ) {
        let now = Timestamp(now);
        let mut world = told(&shuffled(&facts, seed), grace, now);
        for fact in &facts {
            prop_assert_eq!(world.tell(fact, now.plus_seconds(5)), None);
        }
    }

    /// Goal: active exactly when nothing overdue is owed and the account is open (A19, A20); access
    /// is refused exactly when disabled or closed.
    #[test]
    fn active_exactly_when_nothing_is_overdue(
        facts in history(),
        grace in 0..40_i64,
        now in 0..200_i64,
    ) {
        let now = Timestamp(now);
        let world = told(&facts, grace, now);
        let open = world.invoices.values().filter(|invoice| invoice.is_owed());
        let overdue = open.filter(|invoice| {
            let listed = world.standing.open.get(&invoice.id).unwrap();
            world.standing.counts(&invoice.id, listed)
                && invoice.deadline.unwrap().overdue_at <= now
        });
        let closed = world.standing.closed.is_some_and(|closed| closed.at <= now);
        let state = world.standing.state_at(now);
        prop_assert_eq!(state == State::Active, overdue.count() == 0 && !closed);
    }

    /// Goal: a subscription of another product has no effect on the plan, on state and deadlines,
    /// on what keeps an account from cancelling, on calls at Stripe or on the month's price,
    /// whatever becomes of it and of its invoices.
    #[test]
    fn a_foreign_subscription_has_no_effect(
        facts in history(),
        foreign in foreign_history(),
        seed in any::<u64>(),
        grace in 0..40_i64,
        now in 0..200_i64,
    ) {
        let now = Timestamp(now);
        // Its own event comes before those of its invoices.
        let (first, others) = foreign.split_first().unwrap();
        let mixed = shuffled(&[facts.as_slice(), others].concat(), seed);
        let (alone, mixed) = (shuffled_as_in(&mixed, &facts), mixed);

        let without = told(&alone, grace, now);
        let mut with = World::new(grace);
        for fact in [first].into_iter().chain(&mixed) {
            with.tell(fact, now);
        }

        prop_assert_eq!(effects(&with, now), effects(&without, now));
    }

    /// Goal: the journal's transitions lead, one from the other, to the state that the journal has
    /// last.
    #[test]
    fn the_journal_is_a_chain(
        facts in history(),
        seed in any::<u64>(),
        grace in 0..40_i64,
        step in 0..10_i64,
    ) {
        let mut world = World::new(grace);
        let mut state = "active".to_owned();
        let mut now = Timestamp(0);
        let mut at = Timestamp(0);
        for fact in shuffled(&facts, seed) {
            now = now.plus_seconds(step);
            let entries = world.tell(&fact, now).map(|change| change.entries).unwrap_or_default();
            for entry in entries {
                for change in entry.changes.iter().filter(|change| change.field == "state") {
                    prop_assert_eq!(change.before.as_ref().unwrap().to_string(), state.clone());
                    state = change.after.as_ref().unwrap().to_string();
                    prop_assert!(at <= entry.at || state == "canceled", "{:?}", entry);
                    at = at.max(entry.at);
                }
            }
        }
    }
}
