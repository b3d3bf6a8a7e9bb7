//! The laws of `decide`, held by random histories: any order and any duplication of the facts about an
//! account gives the same books; what is known is not written again; an account is active exactly
//! when nothing overdue is owed.
//!
//! A history is one that Stripe could tell: amounts add up, an invoice ends once, a credit note that
//! takes the rest pays the invoice in the same second.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::account::Standing;
use crate::decide::{Books, Change, decide};
use crate::fact::{
    BillingReason, Collection, CreditNoteSnapshot, CreditNoteStatus, CustomerSnapshot, Fact,
    Interval, InvoiceEvent, InvoiceSnapshot, InvoiceStatus, News, SubscriptionSnapshot,
    SubscriptionStatus,
};
use crate::ids::{AccountId, CreditNoteId, CustomerId, InvoiceId, SubscriptionId};
use crate::invoice::{Invoice, Links};
use crate::money::Currency;
use crate::profile::Profile;
use crate::state::State;
use crate::subscription::Subscription;
use crate::time::Timestamp;

/// Everything that is known of one account, as the table would hold it.
#[derive(Debug, Clone, PartialEq)]
struct World {
    standing: Standing,
    profile: Profile,
    invoices: BTreeMap<InvoiceId, Invoice>,
    subscriptions: BTreeMap<SubscriptionId, Subscription>,
}

impl World {
    fn new(grace_seconds: i64) -> Self {
        let account = AccountId::parse("acme").unwrap();
        let standing = Standing::new(account.clone(), "free", grace_seconds, Timestamp(0));
        let profile = Profile {
            version: 1,
            account,
            name: "Acme".into(),
            created_at: Timestamp(0),
            processing_region: None,
            customer: None,
            details: CustomerSnapshot::default(),
            as_of: None,
            ambiguous: false,
        };
        Self { standing, profile, invoices: BTreeMap::new(), subscriptions: BTreeMap::new() }
    }

    /// Loads as the store does, decides and commits.
    fn tell(&mut self, fact: &Fact, now: Timestamp) -> Option<Change> {
        let mut books = Books {
            standing: self.standing.clone(),
            profile: Some(self.profile.clone()),
            invoices: self.invoices.clone(),
            has_all_invoices: false,
            subscriptions: self.subscriptions.clone(),
        };
        let change = decide(&books, fact, now).or_else(|undecided| {
            assert_eq!(undecided, crate::decide::Undecided::NeedsAllInvoices, "{fact:?}");
            books.has_all_invoices = true;
            decide(&books, fact, now)
        });
        let change = change.unwrap_or_else(|undecided| panic!("{undecided} at {fact:?}"))?;
        self.standing = change.standing.clone();
        if let Some(profile) = &change.profile {
            self.profile = profile.clone();
        }
        if let Some(invoice) = &change.invoice {
            self.invoices.insert(invoice.id.clone(), invoice.clone());
        }
        if let Some(subscription) = &change.subscription {
            let id = subscription.snapshot.id.clone();
            self.subscriptions.insert(id, subscription.clone());
        }
        Some(change)
    }

    /// The books without what is about the telling: when transitions were noticed, when the journal was
    /// last written, and Stripe's ever-new addresses.
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
        for invoice in world.invoices.values_mut() {
            invoice.links = Links::default();
        }
        let later = |seconds: i64| self.standing.state_at(now.plus_seconds(seconds));
        (world, vec![later(0), later(10), later(50), later(1_000_000_000)])
    }
}

/// One invoice's life.
#[derive(Debug, Clone)]
struct Life {
    due: i64,
    manual: bool,
    reason: BillingReason,
    finalized: i64,
    /// Seconds from finalization to each failed attempt.
    failures: Vec<i64>,
    /// Credit notes before payment: amount in hundredths of the due, seconds after, voided after.
    notes: Vec<(i64, i64, Option<i64>)>,
    /// How it ends, so many seconds after finalization.
    end: Option<(InvoiceStatus, i64)>,
    uncollectible: Option<i64>,
    post_payment: Option<i64>,
}

fn life() -> impl Strategy<Value = Life> {
    let end = proptest::option::of((
        prop_oneof![Just(InvoiceStatus::Paid), Just(InvoiceStatus::Void)],
        0..60_i64,
    ));
    let note = (1..40_i64, 0..60_i64, proptest::option::of(0..20_i64));
    let reason = prop_oneof![
        Just(BillingReason::Subscription),
        Just(BillingReason::Other),
        Just(BillingReason::SubscriptionCreate),
        Just(BillingReason::SubscriptionUpdate),
    ];
    (
        1..10_000_i64,
        any::<bool>(),
        reason,
        0..60_i64,
        proptest::collection::vec(0..60_i64, 0..3),
        proptest::collection::vec(note, 0..3),
        end,
        proptest::option::of(0..60_i64),
        proptest::option::of(1..50_i64),
    )
        .prop_map(
            |(due, manual, reason, finalized, failures, notes, end, uncollectible, post)| Life {
                due,
                manual,
                reason,
                finalized,
                failures,
                notes,
                end,
                uncollectible,
                post_payment: post,
            },
        )
}

/// The facts that Stripe tells of a life, in the order in which they happen.
fn facts_of(index: usize, life: &Life) -> Vec<Fact> {
    let id = InvoiceId::parse(&format!("in_{index}")).unwrap();
    let eur = Currency::parse("eur").unwrap();
    let ends_at = life.end.map(|(_, after)| life.finalized + after);
    let lives = |at: i64| ends_at.is_none_or(|end| at < end);
    let mut notes: Vec<(i64, i64, Option<i64>)> = Vec::new();
    for (hundredths, after, voided) in &life.notes {
        let at = life.finalized + after;
        let amount = life.due * hundredths / 100;
        if lives(at) && amount > 0 {
            let voided = voided.map(|later| at + later).filter(|voided| lives(*voided));
            notes.push((amount, at, voided));
        }
    }
    let credited = |at: i64| -> i64 {
        let live = notes
            .iter()
            .filter(|(_, issued, voided)| *issued <= at && voided.is_none_or(|voided| at < voided));
        live.map(|(amount, ..)| amount).sum()
    };
    let snapshot = |status: InvoiceStatus, at: i64| InvoiceSnapshot {
        id: id.clone(),
        currency: eur,
        status,
        collection: if life.manual { Collection::Manual } else { Collection::Automatic },
        reason: life.reason,
        subscription: SubscriptionId::parse("sub_1").ok(),
        number: (status != InvoiceStatus::Draft).then(|| format!("N-{index}")),
        created: Timestamp(life.finalized - 1),
        finalized_at: Some(Timestamp(life.finalized)),
        ended_at: ends_at.map(Timestamp).filter(|_| status.has_ended()),
        due_at: life.manual.then_some(Timestamp(life.finalized + 10)),
        total: life.due,
        amount_due: life.due - credited(at),
        amount_paid: if status == InvoiceStatus::Paid { life.due - credited(at) } else { 0 },
        pre_payment_credit_notes: credited(at),
        attempted: false,
        attempt_count: 0,
        next_attempt_at: None,
        hosted_invoice_url: Some(format!("https://invoice.stripe.com/{at}")),
        pdf_url: None,
    };
    let customer = CustomerId::parse("cus_1").unwrap();
    let fact = |at: i64, news: News| Fact { at: Timestamp(at), customer: customer.clone(), news };
    let invoice = |event, at, snapshot| fact(at, News::Invoice { event, snapshot });
    let mut facts = vec![
        invoice(InvoiceEvent::Created, life.finalized - 1, snapshot(InvoiceStatus::Draft, 0)),
        invoice(
            InvoiceEvent::Finalized,
            life.finalized,
            snapshot(InvoiceStatus::Open, life.finalized),
        ),
    ];
    for (nth, after) in life.failures.iter().enumerate() {
        let at = life.finalized + after;
        if lives(at) {
            let mut failed = snapshot(InvoiceStatus::Open, at);
            failed.attempted = true;
            failed.attempt_count = u32::try_from(nth + 1).unwrap();
            facts.push(invoice(InvoiceEvent::PaymentFailed, at, failed));
        }
    }
    for (nth, (amount, at, voided)) in notes.iter().enumerate() {
        let note = |status| CreditNoteSnapshot {
            id: CreditNoteId::parse(&format!("cn_{index}_{nth}")).unwrap(),
            invoice: id.clone(),
            currency: eur,
            status,
            pre_payment: *amount,
            post_payment: 0,
            reason: None,
        };
        facts.push(fact(*at, News::CreditNote(note(CreditNoteStatus::Issued))));
        facts.push(invoice(InvoiceEvent::Updated, *at, snapshot(InvoiceStatus::Open, *at)));
        if let Some(voided) = voided {
            facts.push(fact(*voided, News::CreditNote(note(CreditNoteStatus::Void))));
        }
    }
    if let Some(at) = life.uncollectible.map(|after| life.finalized + after).filter(|at| lives(*at))
    {
        let given_up = snapshot(InvoiceStatus::Uncollectible, at);
        facts.push(invoice(InvoiceEvent::MarkedUncollectible, at, given_up));
    }
    if let (Some((status, _)), Some(at)) = (life.end, ends_at) {
        let ended = snapshot(status, at);
        if status == InvoiceStatus::Paid {
            facts.push(invoice(InvoiceEvent::Paid, at, ended.clone()));
            facts.push(invoice(InvoiceEvent::PaymentSucceeded, at + 1, ended));
            if let Some(hundredths) = life.post_payment {
                let note = CreditNoteSnapshot {
                    id: CreditNoteId::parse(&format!("cn_{index}_post")).unwrap(),
                    invoice: id.clone(),
                    currency: eur,
                    status: CreditNoteStatus::Issued,
                    pre_payment: 0,
                    post_payment: life.due * hundredths / 100,
                    reason: None,
                };
                facts.push(fact(at + 2, News::CreditNote(note)));
            }
        } else {
            facts.push(invoice(InvoiceEvent::Voided, at, ended));
        }
    }
    facts
}

/// A second subscription may follow the first; snapshots may share a second.
fn subscription_facts() -> impl Strategy<Value = Vec<Fact>> {
    let status = prop_oneof![
        Just(SubscriptionStatus::Incomplete),
        Just(SubscriptionStatus::Active),
        Just(SubscriptionStatus::PastDue),
        Just(SubscriptionStatus::Canceled),
    ];
    let snapshot = (1..3_i64, status, 0..20_i64, 1..9_u64, any::<bool>());
    let fact = snapshot.prop_map(|(which, status, at, seats, pending)| Fact {
        at: Timestamp(at),
        customer: CustomerId::parse("cus_1").unwrap(),
        news: News::Subscription(SubscriptionSnapshot {
            id: SubscriptionId::parse(&format!("sub_{which}")).unwrap(),
            created: Timestamp(which),
            status,
            plan: "team".into(),
            interval: Some(Interval::Month),
            seats,
            period_start: Timestamp(0),
            period_end: Timestamp(100),
            ends_at: None,
            pending_invoice: pending.then(|| InvoiceId::parse("in_0").unwrap()),
        }),
    });
    proptest::collection::vec(fact, 0..5)
}

fn customer_facts() -> impl Strategy<Value = Vec<Fact>> {
    let fact = (0..6_i64, 0..3_u8, 0..12_u8).prop_map(|(at, name, deleted)| {
        let snapshot = CustomerSnapshot { name: Some(format!("{name}")), ..Default::default() };
        let news =
            if deleted == 0 { News::CustomerDeleted } else { News::CustomerUpdated(snapshot) };
        Fact { at: Timestamp(at), customer: CustomerId::parse("cus_1").unwrap(), news }
    });
    proptest::collection::vec(fact, 0..4)
}

/// The facts of an account, in the order in which they happened.
fn history() -> impl Strategy<Value = Vec<Fact>> {
    let lives = proptest::collection::vec(life(), 0..4);
    (lives, subscription_facts(), customer_facts()).prop_map(|(lives, subscriptions, customers)| {
        let invoices = lives.iter().enumerate().flat_map(|(index, life)| facts_of(index, life));
        invoices.chain(subscriptions).chain(customers).collect()
    })
}

/// The same facts in another order, some of them more than once.
fn shuffled(facts: &[Fact], mut seed: u64) -> Vec<Fact> {
    let mut next = |limit: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % limit.max(1)
    };
    let mut facts = facts.to_vec();
    for _ in 0..next(4) {
        if !facts.is_empty() {
            let again = facts[next(facts.len())].clone();
            facts.push(again);
        }
    }
    for index in (1..facts.len()).rev() {
        facts.swap(index, next(index + 1));
    }
    facts
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

    /// Goal: the journal's transitions lead, one from the other, to the state that the journal has last.
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
