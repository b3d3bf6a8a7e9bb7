//! Random histories of an account, such as Stripe could tell: amounts add up, an invoice ends once,
//! a credit note that takes the rest pays the invoice in the same second.

use proptest::prelude::*;

use crate::fact::{
    BillingReason, Collection, CreditNoteSnapshot, CreditNoteStatus, CustomerSnapshot, Fact,
    Interval, InvoiceEvent, InvoiceKind, InvoiceSnapshot, InvoiceStatus, News, Origin, Pause,
    SubscriptionSnapshot, SubscriptionStatus,
};
use crate::ids::{CreditNoteId, CustomerId, InvoiceId, SubscriptionId};
use crate::money::Currency;
use crate::samples;
use crate::time::Timestamp;

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

/// What Stripe tells of a life.
struct Story<'a> {
    index: usize,
    life: &'a Life,
    id: InvoiceId,
    ends_at: Option<i64>,
    /// Credit notes: amount, when issued, when voided. All before the end.
    notes: Vec<(i64, i64, Option<i64>)>,
}

impl<'a> Story<'a> {
    fn new(index: usize, life: &'a Life) -> Self {
        let ends_at = life.end.map(|(_, after)| life.finalized + after);
        let id = InvoiceId::parse(&format!("in_{index}")).unwrap();
        let mut story = Self { index, life, id, ends_at, notes: Vec::new() };
        for (hundredths, after, voided) in &life.notes {
            let at = life.finalized + after;
            let amount = life.due * hundredths / 100;
            if story.lives(at) && amount > 0 {
                let voided = voided.map(|later| at + later).filter(|voided| story.lives(*voided));
                story.notes.push((amount, at, voided));
            }
        }
        story
    }

    fn lives(&self, at: i64) -> bool {
        self.ends_at.is_none_or(|end| at < end)
    }

    /// What its credit notes take off at a moment.
    fn credited(&self, at: i64) -> i64 {
        let live = self
            .notes
            .iter()
            .filter(|(_, issued, voided)| *issued <= at && voided.is_none_or(|voided| at < voided));
        live.map(|(amount, ..)| amount).sum()
    }

    fn snapshot(&self, status: InvoiceStatus, at: i64) -> InvoiceSnapshot {
        let life = self.life;
        let due = life.due - self.credited(at);
        InvoiceSnapshot {
            id: self.id.clone(),
            currency: Currency::parse("eur").unwrap(),
            status,
            collection: if life.manual { Collection::Manual } else { Collection::Automatic },
            reason: life.reason,
            subscription: SubscriptionId::parse("sub_1").ok(),
            number: (status != InvoiceStatus::Draft).then(|| format!("N-{}", self.index)),
            created: Timestamp(life.finalized - 1),
            finalized_at: Some(Timestamp(life.finalized)),
            ended_at: self.ends_at.map(Timestamp).filter(|_| status.has_ended()),
            due_at: life.manual.then_some(Timestamp(life.finalized + 10)),
            kind: InvoiceKind::Subscription,
            period: None,
            tax: None,
            total: life.due,
            amount_due: due,
            amount_paid: if status == InvoiceStatus::Paid { due } else { 0 },
            pre_payment_credit_notes: self.credited(at),
            attempted: false,
            attempt_count: 0,
            marked: false,
            auto_advance: None,
            held: false,
            given_up_by_pause: false,
            next_attempt_at: None,
            payments: Vec::new(),
            hosted_invoice_url: Some(format!("https://invoice.stripe.com/{at}")),
            pdf_url: None,
        }
    }

    fn invoice(&self, event: InvoiceEvent, status: InvoiceStatus, at: i64) -> Fact {
        fact(at, News::Invoice { event, snapshot: self.snapshot(status, at) })
    }

    fn note(&self, nth: usize, pre: i64, post: i64, status: CreditNoteStatus, at: i64) -> Fact {
        let note = CreditNoteSnapshot {
            id: CreditNoteId::parse(&format!("cn_{}_{nth}", self.index)).unwrap(),
            invoice: self.id.clone(),
            currency: Currency::parse("eur").unwrap(),
            status,
            pre_payment: pre,
            post_payment: post,
            reason: None,
        };
        fact(at, News::CreditNote(note))
    }

    fn attempts(&self) -> Vec<Fact> {
        let times = self.life.failures.iter().map(|after| self.life.finalized + after);
        let times = times.filter(|at| self.lives(*at)).enumerate();
        let failed = times.map(|(nth, at)| {
            let mut snapshot = self.snapshot(InvoiceStatus::Open, at);
            snapshot.attempted = true;
            snapshot.attempt_count = u32::try_from(nth + 1).unwrap();
            fact(at, News::Invoice { event: InvoiceEvent::PaymentFailed, snapshot })
        });
        failed.collect()
    }

    fn credits(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        for (nth, (amount, at, voided)) in self.notes.iter().enumerate() {
            facts.push(self.note(nth, *amount, 0, CreditNoteStatus::Issued, *at));
            facts.push(self.invoice(InvoiceEvent::Updated, InvoiceStatus::Open, *at));
            if let Some(voided) = voided {
                facts.push(self.note(nth, *amount, 0, CreditNoteStatus::Void, *voided));
            }
        }
        facts
    }

    fn end(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        let given_up = self.life.uncollectible.map(|after| self.life.finalized + after);
        if let Some(at) = given_up.filter(|at| self.lives(*at)) {
            let (event, status) = (InvoiceEvent::MarkedUncollectible, InvoiceStatus::Uncollectible);
            facts.push(self.invoice(event, status, at));
        }
        let (Some((status, _)), Some(at)) = (self.life.end, self.ends_at) else { return facts };
        if status == InvoiceStatus::Void {
            facts.push(self.invoice(InvoiceEvent::Voided, status, at));
            return facts;
        }
        facts.push(self.invoice(InvoiceEvent::Paid, status, at));
        facts.push(self.invoice(InvoiceEvent::PaymentSucceeded, status, at + 1));
        if let Some(hundredths) = self.life.post_payment {
            let amount = self.life.due * hundredths / 100;
            facts.push(self.note(99, 0, amount, CreditNoteStatus::Issued, at + 2));
        }
        facts
    }

    /// The facts in the order in which they happen, more or less.
    fn facts(&self) -> Vec<Fact> {
        let finalized = self.life.finalized;
        let mut facts = vec![
            self.invoice(InvoiceEvent::Created, InvoiceStatus::Draft, finalized - 1),
            self.invoice(InvoiceEvent::Finalized, InvoiceStatus::Open, finalized),
        ];
        facts.extend(self.attempts());
        facts.extend(self.credits());
        facts.extend(self.end());
        facts
    }
}

fn fact(at: i64, news: News) -> Fact {
    Fact { at: Timestamp(at), customer: CustomerId::parse("cus_1").unwrap(), news }
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
            interval: Some(Interval::Month),
            seats,
            pending_invoice: pending.then(|| InvoiceId::parse("in_0").unwrap()),
            ..samples::subscription(Timestamp(0), Timestamp(100))
        }),
    });
    proptest::collection::vec(fact, 0..5)
}

/// A subscription of another product, with an invoice: its own event first.
pub fn foreign_history() -> impl Strategy<Value = Vec<Fact>> {
    let life = life().prop_map(|life| Story::new(90, &life).facts());
    (life, 0..20_i64, any::<bool>()).prop_map(|(invoice, at, ends)| {
        let subscribed = |at: i64, status| {
            let snapshot = SubscriptionSnapshot {
                id: SubscriptionId::parse("sub_9").unwrap(),
                // Newer than those of ours.
                created: Timestamp(50),
                status,
                origin: Origin::Foreign,
                plan: "price_9".to_owned(),
                pause: Some(Pause::Foreign),
                ..samples::subscription(Timestamp(0), Timestamp(100))
            };
            fact(at, News::Subscription(snapshot))
        };
        let mut facts = vec![subscribed(0, SubscriptionStatus::Active)];
        facts.extend(ends.then(|| subscribed(at + 1, SubscriptionStatus::Canceled)));
        facts.extend(invoice.into_iter().map(|mut fact| {
            if let News::Invoice { snapshot, .. } = &mut fact.news {
                snapshot.subscription = SubscriptionId::parse("sub_9").ok();
            }
            fact
        }));
        facts
    })
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
pub fn history() -> impl Strategy<Value = Vec<Fact>> {
    let lives = proptest::collection::vec(life(), 0..4);
    (lives, subscription_facts(), customer_facts()).prop_map(|(lives, subscriptions, customers)| {
        let invoices =
            lives.iter().enumerate().flat_map(|(index, life)| Story::new(index, life).facts());
        invoices.chain(subscriptions).chain(customers).collect()
    })
}

/// The same facts in another order, some of them more than once.
pub fn shuffled(facts: &[Fact], mut seed: u64) -> Vec<Fact> {
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
