//! Random histories of an account's credits: what must hold whatever happens, in whatever order it is told.
//!
//! Table and Stripe are models of ours: a change is written under its version and conditions, or not at all; Stripe charges or
//! declines, refunds and is disputed with, and tells it late, twice and out of order. Decisions are made on books that may be old.

#![expect(clippy::arithmetic_side_effects, reason = "the numbers of a test are small")]

mod holds;
mod ledger;
mod stripe;

use std::collections::{BTreeMap, BTreeSet};

use super::rules::{LIMIT, NOW, offer, standing};
use crate::credits::holds::Numbers;
use crate::credits::ledger::LedgerEntry;
use crate::credits::pages::LedgerPage;
use crate::credits::purchase::{ChargeMethod, How, Purchase, PurchaseStatus};
use crate::credits::recharge::Settings;
use crate::credits::reservation::Reservation;
use crate::credits::{Books, Change, Credits, Wish};
use crate::ids::{DisputeId, PaymentIntentId, PaymentMethodId, PurchaseId, RefundId, SessionId};
use crate::intent::Intent;
use crate::journal::credits::CreditsEvent;
use crate::money::Money;
use crate::month::{Day, Month};
use crate::payment::{DisputeSnapshot, PaymentFact, RefundSnapshot, SessionStatus};
use crate::time::{DAY_SECONDS, Timestamp};
use crate::words::Word;

/// Histories of each run.
const HISTORIES: u64 = 1_000;
/// Steps of each.
const STEPS: u32 = 120;

struct Rng(u64);

impl Rng {
    fn below(&mut self, limit: u64) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

/// What Stripe knows of a purchase.
#[derive(Default)]
struct AtStripe {
    payments: u32,
    captured: Option<PaymentIntentId>,
    declined: bool,
    page: bool,
}

struct World {
    rng: Rng,
    now: Timestamp,
    drawn: u64,
    credits: Credits,
    purchases: BTreeMap<PurchaseId, Purchase>,
    reservations: BTreeMap<String, Reservation>,
    ledger: BTreeMap<String, LedgerEntry>,
    pages: Vec<LedgerPage>,
    used: BTreeMap<Day, i64>,
    /// Ids of entries with the balances behind them, as they were committed.
    committed: Vec<(String, i64)>,
    journal: Vec<CreditsEvent>,
    stripe: BTreeMap<PurchaseId, AtStripe>,
    /// What Stripe has told, of which purchase: anything may be told again.
    told: Vec<(PurchaseId, PaymentFact)>,
    /// Refunds and disputes as they stand, so that they can go on.
    refunds: BTreeMap<RefundId, (PurchaseId, RefundSnapshot)>,
    disputes: BTreeMap<DisputeId, (PurchaseId, DisputeSnapshot)>,
    /// The card on file.
    card: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        Self {
            rng: Rng(seed),
            now: NOW,
            drawn: 0,
            credits: Credits::default(),
            purchases: BTreeMap::new(),
            reservations: BTreeMap::new(),
            ledger: BTreeMap::new(),
            pages: Vec::new(),
            used: BTreeMap::new(),
            committed: Vec::new(),
            journal: Vec::new(),
            stripe: BTreeMap::new(),
            told: Vec::new(),
            refunds: BTreeMap::new(),
            disputes: BTreeMap::new(),
            card: 0,
        }
    }

    fn draw(&mut self) -> u64 {
        self.drawn += 1;
        self.drawn
    }

    fn books(&mut self) -> Books {
        let next = PurchaseId::parse(&format!("pur_{}", self.draw())).unwrap();
        let credits = self.read();
        Books { standing: standing(), credits, allowance: Some(50), offer: Some(offer()), next }
    }

    /// Writes a change as the table does: all of it, or nothing when something it rests on is not so any more.
    fn write(&mut self, change: &Change) -> bool {
        let counted = &self.credits.counted;
        let Numbers { version, decided, count, holds, ledger } = &change.numbers();
        let is_read = *version == self.credits.version
            && self.holds_as_read(holds)
            && self.tail_as_read(ledger);
        let fits = count.available_min.is_none_or(|min| counted.available >= min)
            && count.included_max.is_none_or(|(month, max)| counted.included_in(month) <= max);
        let is_new = change.entry.as_ref().is_none_or(|entry| !self.ledger.contains_key(&entry.id));
        let reservation = change.reservation.as_ref();
        let same = reservation.is_none_or(|it| {
            self.reservations.get(&it.id).map_or(0, |known| known.version) == it.version
        });
        let purchase = change.purchase.as_ref();
        let bought = purchase.is_none_or(|it| {
            self.purchases.get(&it.id).map_or(0, |known| known.version) == it.version
        });
        if !(is_read && fits && is_new && same && bought) {
            return false;
        }
        let counted = &mut self.credits.counted;
        counted.available += count.available;
        counted.reserved += count.reserved;
        for (month, tokens) in &count.included {
            *counted.included.entry(*month).or_default() += tokens;
        }
        self.change_holds(holds);
        self.change_ledger(ledger);
        if decided.is_some() || self.credits.version == 0 {
            self.credits.decided = decided.clone().unwrap_or_default();
            self.credits.version += 1;
        }
        if let Some(entry) = &change.entry {
            self.ledger.insert(entry.id.clone(), entry.clone());
            self.committed.push((entry.id.clone(), self.credits.counted.balance()));
        }
        if let Some(it) = reservation {
            let version = it.version + 1;
            self.reservations.insert(it.id.clone(), Reservation { version, ..it.clone() });
        }
        if let Some(it) = purchase {
            let version = it.version + 1;
            self.purchases.insert(it.id.clone(), Purchase { version, ..it.clone() });
        }
        let kinds = change.journal.iter().map(|entry| entry.kind.as_str());
        self.journal.extend(kinds.filter_map(CreditsEvent::of_word));
        true
    }

    fn wish(&mut self) -> Wish {
        let id = format!("ded_{}", self.draw());
        let tokens = i64::try_from(self.rng.below(400)).unwrap() + 1;
        Wish { id, tokens, reason: None }
    }

    fn deduct(&mut self) {
        let (wish, books) = (self.wish(), self.books());
        let change = match books.deduct(&wish, self.now) {
            Ok(deduction) => Some(deduction.change),
            Err(short) => short.change.map(|change| *change),
        };
        let Some(change) = change else { return };
        if self.rng.below(3) == 0 {
            // Another one of the same moment, decided on the same books, comes first.
            let other = self.wish();
            if let Ok(deduction) = books.deduct(&other, self.now) {
                self.write(&deduction.change);
            }
        }
        if self.write(&change) {
            // The answer was lost: the same is sent again.
            assert!(change.entry.is_none() || !self.write(&change), "taken twice");
        }
    }

    fn reserve(&mut self) {
        let (wish, books) = (self.wish(), self.books());
        let held = i64::try_from(self.rng.below(50) * 3_600).unwrap() + 1;
        if let Ok((_, change)) = books.reserve(&wish, self.now.plus_seconds(held), self.now) {
            self.write(&change);
        }
    }

    fn end_reservation(&mut self) {
        let Some(reservation) = self.any(|world| world.reservations.values().cloned().collect())
        else {
            return;
        };
        let mut books = self.books();
        if self.rng.below(4) == 0 {
            // Another request was faster, and its clock too: this one's reservation may be over by then.
            let later = self.now;
            self.now = later.plus_seconds(i64::try_from(self.rng.below(7_200)).unwrap());
            self.deduct();
            self.now = later;
            if self.rng.below(2) == 0 {
                books = self.books();
            }
        }
        let tokens = i64::try_from(self.rng.below(400)).unwrap();
        let change = if self.rng.below(2) == 0 {
            books.settle(&reservation, tokens, self.now).ok().flatten().map(|it| it.change)
        } else {
            books.release(&reservation, self.now).ok().flatten()
        };
        if let Some(change) = change {
            self.write(&change);
            self.write(&change);
        }
    }

    fn any<T: Clone>(&mut self, all: impl Fn(&Self) -> Vec<T>) -> Option<T> {
        let all = all(self);
        let limit = u64::try_from(all.len()).unwrap();
        (limit > 0).then(|| all[usize::try_from(self.rng.below(limit)).unwrap()].clone())
    }

    fn set(&mut self) {
        let books = self.books();
        let enabled = self.rng.below(5) > 0;
        let threshold = i64::try_from(self.rng.below(300)).unwrap();
        let limit = Money::new(LIMIT, offer().price.currency);
        let settings = Settings { enabled, threshold, limit, pack: offer().pack };
        let change = books.set_recharge(settings, self.now);
        self.write(&change);
    }

    fn buy(&mut self) {
        let id = PurchaseId::parse(&format!("pur_{}", self.draw())).unwrap();
        let token = id.to_string();
        let intent = Intent::new(token.clone(), token, "c".to_owned(), self.now);
        let mut purchase = Purchase::new(How::Checkout, offer(), intent, id.clone());
        purchase.session = Some(SessionId::parse(&format!("cs_{id}")).unwrap());
        self.stripe.entry(id.clone()).or_default().page = true;
        self.purchases.insert(id, Purchase { version: 1, ..purchase });
    }

    fn look(&mut self) {
        self.card = self.rng.below(3);
        let id = PaymentMethodId::parse(&format!("pm_{}", self.card)).unwrap();
        let method = ChargeMethod { id, fingerprint: Some(self.card.to_string()) };
        let books = self.books();
        let change = books.resume(Some(&method), self.now).or_else(|| books.look(self.now));
        if let Some(change) = change {
            self.write(&change);
        }
    }

    fn step(&mut self) {
        match self.rng.below(14) {
            0..=3 => self.deduct(),
            4 => self.reserve(),
            5 => self.end_reservation(),
            6 => self.set(),
            7 => self.buy(),
            8 => self.charge(),
            9 => self.visit(),
            10 => self.reverse(),
            11 => self.go_on(),
            12 => self.look(),
            _ => {
                let seconds = self.rng.below(u64::try_from(3 * DAY_SECONDS).unwrap());
                self.now = self.now.plus_seconds(i64::try_from(seconds).unwrap());
            }
        }
        if self.rng.below(2) == 0
            && let Some((purchase, fact)) = self.any(|world| world.told.clone())
        {
            self.hear(&purchase, &fact);
        }
    }

    fn check(&self, seed: u64) {
        let counted = &self.credits.counted;
        let sum: i64 = self.ledger.values().map(|entry| entry.tokens).sum();
        assert_eq!(counted.balance(), sum, "seed {seed}: the balance is the sum of the entries");
        let taken: i64 = self.purchases.values().map(|it| it.taken).sum();
        assert!(counted.available + taken >= 0, "seed {seed}: deductions went below zero");
        let read = self.read();
        self.check_holds(seed, &read);
        self.check_ledger(seed);
        for (month, used) in &read.counted.included {
            assert!((0..=50).contains(used), "seed {seed}: {used} included tokens in {month}");
        }
        let decided = &self.credits.decided;
        let is_indexed = decided.charge.is_none() || decided.wake_at.is_some();
        assert!(is_indexed, "seed {seed}: an open charge is out of the index");
        for month in decided.spent.keys() {
            let used = decided.spent_in(*month) + decided.reserved_in(*month);
            assert!(used <= LIMIT, "seed {seed}: {used} in {month} passes the limit");
        }
        let flying: BTreeSet<_> = self
            .purchases
            .values()
            .filter(|it| it.how == How::Recharge && it.status == PurchaseStatus::Open)
            .map(|it| it.id.clone())
            .collect();
        assert!(flying.len() <= 1, "seed {seed}: {flying:?} are charged at once");
        assert!(self.stripe.values().all(|it| it.payments <= 2), "seed {seed}: charged again");
    }

    /// Everything is told, and every page's time is over: nothing may be left over.
    fn end(&mut self, seed: u64) {
        for _ in 0..3 {
            self.charge();
            self.offer();
            let open = self.stripe.iter().filter(|(_, known)| known.page).map(|(id, _)| id.clone());
            for id in open.collect::<Vec<_>>() {
                self.end_page(&id, SessionStatus::Expired, false, false);
            }
            for (purchase, fact) in self.told.clone() {
                self.hear(&purchase, &fact);
            }
        }
        assert_eq!(self.credits.decided.charge, None, "seed {seed}: a charge is stranded");
        for (id, known) in &self.stripe {
            let status = self.purchases[id].status;
            let is_granted = status == PurchaseStatus::Granted;
            assert_eq!(known.captured.is_some(), is_granted, "seed {seed}: {id} is {status:?}");
        }
        let granted = self.purchases.values().filter(|it| it.status == PurchaseStatus::Granted);
        for purchase in granted {
            let entry = &self.ledger[purchase.id.as_str()];
            assert_eq!(entry.tokens, offer().tokens, "seed {seed}");
        }
        let recharged = self
            .purchases
            .values()
            .filter(|it| it.how == How::Recharge && it.status == PurchaseStatus::Granted);
        let mut spent: BTreeMap<Month, i64> = BTreeMap::new();
        for purchase in recharged {
            *spent.entry(purchase.month).or_default() += purchase.offer.price.amount;
        }
        for (month, kept) in &self.credits.decided.spent {
            assert_eq!(spent.get(month), Some(kept), "seed {seed}: what was spent in {month}");
        }
        self.now = self.now.plus_seconds(30 * DAY_SECONDS);
        let last = self
            .books()
            .adjust(&Wish { id: "adj_last".to_owned(), tokens: 1, reason: None }, self.now);
        assert!(self.write(&last.unwrap().change));
        assert_eq!(self.credits.counted.reserved, 0, "seed {seed}: a reservation is stranded");
        assert_eq!(self.credits.holds.open, 0, "seed {seed}: a hold is stranded");
        self.check(seed);
    }
}

fn history(seed: u64) -> World {
    let mut world = World::new(seed);
    for _ in 0..STEPS {
        world.step();
        world.check(seed);
    }
    world.end(seed);
    world
}

/// Goal: whatever happens, told in whatever order and however often, the balance is the sum of its entries, the limit holds,
/// at most one charge is under way, what was paid is granted once, and nothing stays reserved.
#[test]
fn a_thousand_random_histories_keep_the_books() {
    let mut seen: BTreeSet<CreditsEvent> = BTreeSet::new();
    let mut recharged = 0;
    for seed in 0..HISTORIES {
        let world = history(seed);
        seen.extend(world.journal);
        let granted = world.purchases.values().filter(|it| it.status == PurchaseStatus::Granted);
        recharged += granted.filter(|it| it.how == How::Recharge).count();
    }
    // A walk that never comes by would prove nothing.
    let all = [
        CreditsEvent::Purchased,
        CreditsEvent::PurchaseFailed,
        CreditsEvent::TakenBack,
        CreditsEvent::Returned,
        CreditsEvent::RechargeSet,
        CreditsEvent::RechargeDeclined,
        CreditsEvent::RechargePaused,
        CreditsEvent::RechargeResumed,
        CreditsEvent::LimitReached,
    ];
    for event in all {
        assert!(seen.contains(&event), "{event:?} never happened");
    }
    assert!(recharged > 500, "only {recharged} packs were bought by auto-recharge");
}
