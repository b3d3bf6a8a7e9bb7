//! A law: whatever comes in whatever order, money in = settled + reserved + being paid + returned +
//! prepaid (used, left, reversed), to the cent; and nobody is disabled while advice holds.

use super::*;

const HISTORIES: u64 = 10_000;
const STEPS: u64 = 24;

/// Numbers by splitmix64: the same seed gives the same history.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }

    fn amount(&mut self) -> i64 {
        i64::try_from(self.below(200) + 1).unwrap()
    }

    fn one_of<T: Clone>(&mut self, all: &[T]) -> Option<T> {
        if all.is_empty() {
            return None;
        }
        let count = u64::try_from(all.len()).unwrap();
        Some(all[usize::try_from(self.below(count)).unwrap()].clone())
    }
}

/// One random act. `taken` is the money that the desk took over so far, in cents.
#[expect(clippy::too_many_lines, reason = "a table: one arm for each act")]
fn act(acme: &mut Account, random: &mut Random, taken: &mut i64) {
    let open: Vec<String> = owed(&acme.books).iter().map(ToString::to_string).collect();
    let all: Vec<String> = acme.books.invoices.keys().map(ToString::to_string).collect();
    let advices: Vec<String> = acme.desk.advices.keys().cloned().collect();
    let receipts: Vec<String> = acme.desk.receipts.keys().cloned().collect();
    match random.below(16) {
        0 | 1 => {
            let name = format!("in_{:03}", acme.books.invoices.len());
            let days = i64::try_from(random.below(20)).unwrap();
            acme.owe(&name, random.amount(), days);
        }
        // Whole, part, over, with one of ten references; of an invoice that may be paid by now.
        2..=4 => {
            let names = [random.one_of(&open), random.one_of(&all)];
            let mut names: Vec<String> = names.into_iter().flatten().collect();
            names.dedup();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let reference = format!("ref {}", random.below(10));
            if !names.is_empty() {
                let _ = acme.advise(&names, random.amount(), &reference);
            }
        }
        // Another amount than was advised; also of one that is decided, or expired.
        5 | 6 => {
            if let Some(advice) = random.one_of(&advices) {
                let amount = random.amount();
                if acme.approve(&advice, amount).is_ok() {
                    *taken += amount;
                }
            }
        }
        7 => {
            let status = [AdviceStatus::Rejected, AdviceStatus::Withdrawn];
            if let (Some(advice), Some(status)) = (random.one_of(&advices), random.one_of(&status))
            {
                let _ = acme.close(&advice, status);
            }
        }
        8 => {
            let sources = [Source::Transfer, Source::Prepayment];
            let amount = random.amount();
            let new = NewReceipt {
                received: acme.received(amount),
                source: random.one_of(&sources).unwrap(),
                reference: format!("receipt {}", random.below(10)),
                invoices: random.one_of(&all).iter().map(|name| id(name)).collect(),
            };
            if let Ok(change) = record((&acme.books, &acme.desk), new, acme.now) {
                acme.keep(change);
                *taken += amount;
            }
        }
        9 => {
            let receipt = random.one_of(&receipts).unwrap_or_default();
            if let Ok(change) = reverse((&acme.books, &acme.desk), &receipt, acme.now) {
                acme.keep(change);
            }
        }
        10 => {
            let ends = [InvoiceStatus::Paid, InvoiceStatus::Void];
            if let (Some(name), Some(end)) = (random.one_of(&open), random.one_of(&ends)) {
                acme.end(&name, end);
            }
        }
        // Of one that was decided or not; with what is on its way settled before, or not.
        12 | 13 => {
            let came = advices.iter().filter(|id| acme.status(id) == AdviceStatus::Approved);
            let came: Vec<String> = came.cloned().collect();
            let any = if random.below(3) == 0 { &advices } else { &came };
            if let Some(advice) = random.one_of(any) {
                if random.below(3) > 0 {
                    acme.settle_all();
                }
                let _ = acme.take_back(&advice);
            }
        }
        11 => acme.pass(i64::try_from(random.below(6)).unwrap()),
        _ => drop(acme.step()),
    }
}

fn check(acme: &Account, taken: i64, seed: u64) {
    for receipt in acme.desk.receipts.values() {
        assert!(receipt.adds_up(), "seed {seed}: {receipt:?}");
    }
    let parts: i64 =
        <PartState as crate::words::Word>::WORDS.iter().map(|(state, _)| acme.sum(*state)).sum();
    let receipts = acme.desk.receipts.values();
    let prepaid = receipts.map(|it| it.left() + it.used() + it.reversed + it.reversing);
    assert_eq!(parts + prepaid.sum::<i64>(), taken, "seed {seed}: money in is where it is shown");

    let shown: i64 = acme.books.profile.as_ref().unwrap().prepaid.values().sum();
    assert_eq!(shown, acme.left(), "seed {seed}: the account shows what is left");
    for invoice in acme.books.invoices.values() {
        let waiting: i64 = acme
            .desk
            .receipts
            .values()
            .map(|it| it.sum_for(&invoice.id, PartState::Reserved))
            .sum();
        assert_eq!(invoice.holds.reserved, waiting, "seed {seed}: {}", invoice.id);
        assert!(invoice.holds.held_seconds(Timestamp::MAX) <= 10 * DAY, "seed {seed}");
        let paid = [PartState::Settled, PartState::Returning];
        let paid_by = |it: &Receipt| paid.map(|state| it.sum_for(&invoice.id, state));
        let settled: i64 = acme.desk.receipts.values().flat_map(paid_by).sum();
        let due = invoice.terms.as_ref().map_or(0, |terms| terms.due);
        assert!(settled == 0 || settled == due, "seed {seed}: {} is paid once", invoice.id);
    }
    if let Some(live) = acme.books.standing.open.iter().find(|(id, _)| {
        let invoice = &acme.books.invoices[*id];
        let first = invoice.holds.all.first();
        let in_time = first.is_some_and(|first| {
            invoice.deadline.is_some_and(|it| first.since < it.missed_at.plus_seconds(14 * DAY))
        });
        let is_alone = acme.books.standing.open.len() == 1 && invoice.holds.all.len() == 1;
        in_time && is_alone && invoice.holds.live_until(acme.now).is_some()
    }) {
        assert_ne!(acme.state(), State::Disabled, "seed {seed}: {live:?} is held");
    }
}

#[test]
fn money_in_is_settled_reserved_or_prepaid_to_the_cent() {
    let (mut settled, mut reserved, mut prepaid, mut refused) = (0, 0, 0, 0);
    let (mut returned, mut replaced) = (0, 0);
    for seed in 0..HISTORIES {
        let (mut acme, mut random, mut taken) = (Account::new(), Random(seed), 0);
        for _ in 0..STEPS {
            act(&mut acme, &mut random, &mut taken);
            check(&acme, taken, seed);
        }
        acme.settle_all();
        check(&acme, taken, seed);
        for state in [PartState::Paying, PartState::Returning] {
            assert_eq!(acme.sum(state), 0, "seed {seed}: nothing is left undone");
        }
        returned += i64::from(acme.sum(PartState::Returned) > 0);
        let parts = acme.desk.receipts.values().flat_map(|it| &it.parts);
        replaced += i64::from(parts.filter(|it| it.replacement.is_some()).count() > 0);
        settled += i64::from(acme.sum(PartState::Settled) > 0);
        reserved += i64::from(acme.sum(PartState::Reserved) > 0);
        prepaid += i64::from(acme.left() > 0);
        refused += i64::from(
            acme.desk.advices.values().any(|it| it.status_at(acme.now) == AdviceStatus::Rejected),
        );
    }
    for (what, count) in [
        ("settled", settled),
        ("reserved", reserved),
        ("prepaid", prepaid),
        ("rejected", refused),
        ("returned", returned),
        ("replaced", replaced),
    ] {
        assert!(count > 500, "only {count} histories have money {what}");
    }
}
