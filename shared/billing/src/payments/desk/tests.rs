//! The desk as a whole: stories, and a law over 10,000 random histories.

#![expect(clippy::arithmetic_side_effects, reason = "small numbers of tests")]

mod returned;
mod walk;

use std::collections::BTreeMap;

use super::*;
use crate::account::Standing;
use crate::change::Write;
use crate::fact::{BillingReason, Collection, InvoiceKind, InvoiceStatus};
use crate::ids::AccountId;
use crate::invoice::{Rules, Terms};
use crate::money::Currency;
use crate::profile::Profile;
use crate::receipt::PartState;
use crate::state::State;
use crate::time::DAY_SECONDS;

pub(super) const DAY: i64 = DAY_SECONDS;

/// An account's books and its desk, on which changes are made as the table would keep them.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub books: Books,
    pub desk: Desk,
    pub now: Timestamp,
    made: u64,
}

pub(super) fn eur(amount: i64) -> Money {
    Money::new(amount, Currency::parse("eur").unwrap())
}

pub(super) fn id(text: &str) -> InvoiceId {
    InvoiceId::parse(text).unwrap()
}

impl Account {
    pub(super) fn new() -> Self {
        let account = AccountId::parse("acme").unwrap();
        let now = Timestamp(1_000 * DAY);
        let books = Books {
            standing: Standing::new(account.clone(), "free", 14 * DAY, now),
            profile: Some(Profile::new(account, "Acme", now)),
            invoices: BTreeMap::new(),
            has_all_invoices: true,
            subscriptions: BTreeMap::new(),
            has_all_subscriptions: true,
        };
        Self { books, desk: Desk::default(), now, made: 0 }
    }

    /// A sent invoice that is due in so many days.
    pub(super) fn owe(&mut self, name: &str, due: i64, in_days: i64) {
        let mut invoice = Invoice::unknown(id(name), eur(0).currency);
        invoice.status = Some(InvoiceStatus::Open);
        invoice.terms = Some(Terms {
            number: None,
            collection: Collection::Manual,
            reason: BillingReason::Other,
            subscription: None,
            is_marked: true,
            created: self.now,
            finalized_at: self.now.plus_seconds(i64::try_from(self.books.invoices.len()).unwrap()),
            due_at: Some(self.now.plus_seconds(in_days * DAY)),
            kind: InvoiceKind::Manual,
            period: None,
            tax: None,
            total: due,
            due,
        });
        let invoice = invoice.released_by("", self.books.standing.rules(), self.now);
        self.keep_invoice(invoice);
    }

    fn keep_invoice(&mut self, invoice: Invoice) {
        self.books.invoices.insert(invoice.id.clone(), invoice);
        self.books.standing.list_all(self.books.invoices.values(), &[]);
    }

    /// The invoice is paid or voided, by whatever way.
    pub(super) fn end(&mut self, name: &str, status: InvoiceStatus) {
        let mut invoice = self.books.invoices[&id(name)].clone();
        invoice.status = Some(status);
        let invoice =
            invoice.released_by("", Rules { grace_seconds: 0, linked_at: None }, self.now);
        self.keep_invoice(invoice);
    }

    pub(super) fn keep(&mut self, change: Change) {
        self.books.standing = change.standing.committed();
        for write in change.writes {
            if let Write::Invoice(it) = write {
                self.books.invoices.insert(it.id.clone(), it);
            } else if let Write::Profile(it) = write {
                self.books.profile = Some(it);
            } else if let Write::Advice(it) = write {
                self.desk.advices.insert(it.id.clone(), *it);
            } else if let Write::Receipt(it) = write {
                self.desk.receipts.insert(it.id.clone(), *it);
            } else {
                panic!("the desk does not write {write:?}");
            }
        }
    }

    pub(super) fn advise(
        &mut self,
        invoices: &[&str],
        amount: i64,
        reference: &str,
    ) -> Result<String, TransferRefusal> {
        self.made += 1;
        let request = AdviceRequest {
            id: format!("acme.a{:05}", self.made),
            invoices: invoices.iter().map(|name| id(name)).collect(),
            reference: reference.to_owned(),
            paid_on: Day::of(self.now),
            amount: eur(amount),
            note: None,
        };
        let advice = request.id.clone();
        let rules = self.books.standing.rules();
        let holding = Holding { seconds_max: 10 * DAY, rules };
        let change = submit((&self.books, &self.desk), request, holding, self.now)?;
        self.keep(change);
        Ok(advice)
    }

    pub(super) fn received(&mut self, amount: i64) -> Received {
        self.made += 1;
        Received {
            id: format!("acme.r{:05}", self.made),
            request: None,
            token: "t".to_owned(),
            by: "staff".to_owned(),
            amount: eur(amount),
            received_on: Day::of(self.now),
            note: None,
        }
    }

    pub(super) fn approve(&mut self, advice: &str, amount: i64) -> Result<(), TransferRefusal> {
        let received = self.received(amount);
        let change = approve((&self.books, &self.desk), advice, received, self.now)?;
        self.keep(change);
        Ok(())
    }

    pub(super) fn verdict(&self, status: AdviceStatus) -> Verdict {
        let (by, note) = ("r".to_owned(), Some("No such money.".to_owned()));
        Verdict { status, at: self.now, by, note, receipt: None }
    }

    pub(super) fn close(
        &mut self,
        advice: &str,
        status: AdviceStatus,
    ) -> Result<(), TransferRefusal> {
        let change = close((&self.books, &self.desk), advice, self.verdict(status), self.now)?;
        self.keep(change);
        Ok(())
    }

    pub(super) fn take_back(&mut self, advice: &str) -> Result<(), TransferRefusal> {
        let verdict = self.verdict(AdviceStatus::Returned);
        let change = take_back((&self.books, &self.desk), advice, verdict, self.now)?;
        self.keep(change);
        Ok(())
    }

    /// Does the next step, as Stripe would answer when nothing else happens. False without one.
    pub(super) fn step(&mut self) -> bool {
        let Some(step) = next(&self.desk, &self.books.invoices, self.now) else { return false };
        let at = (&self.books, &self.desk);
        let change = match step {
            Step::Expire(id) => expired(at, &id, self.now).unwrap(),
            Step::Free(invoice) => freed(at, &invoice, self.now),
            Step::Pay { invoice, .. } => {
                let known = &self.books.invoices[&invoice];
                let (remaining, has_ended) = (known.remaining(), known.has_ended());
                if !has_ended {
                    self.end(invoice.as_str(), InvoiceStatus::Paid);
                }
                let paid = Ended::PaidOutside(Some(remaining));
                let ended = if has_ended { Ended::Otherwise } else { paid };
                settle((&self.books, &self.desk), &invoice, ended, self.now)
            }
            Step::Credit(receipt) => credited(at, &receipt, self.now),
            Step::Reverse(receipt) => reversed(at, &receipt, self.now),
            Step::Replace { invoice, .. } => {
                let number = self.books.invoices.len();
                let replacement = format!("in_{number:03}r");
                let amount = replacing(at, &invoice).amount();
                self.owe(&replacement, amount, i64::from(REPLACEMENT_NET_DAYS));
                let at = (&self.books, &self.desk);
                replaced(at, (&invoice, &id(&replacement)), self.now)
            }
            Step::Stop(invoice) => stopped(at, &invoice, IsAtStripe::Yes, self.now),
            Step::GoOn(invoice) => stopped(at, &invoice, IsAtStripe::No, self.now),
        };
        self.keep(change);
        true
    }

    pub(super) fn settle_all(&mut self) {
        for _ in 0..200 {
            if !self.step() {
                return;
            }
        }
        panic!("steps come to no end: {:?}", next(&self.desk, &self.books.invoices, self.now));
    }

    pub(super) fn pass(&mut self, days: i64) {
        self.now = self.now.plus_seconds(days * DAY);
    }

    pub(super) fn state(&self) -> State {
        self.books.standing.state_at(self.now)
    }

    pub(super) fn status(&self, advice: &str) -> AdviceStatus {
        self.desk.advices[advice].status_at(self.now)
    }

    pub(super) fn sum(&self, state: PartState) -> i64 {
        self.desk.receipts.values().map(|receipt| receipt.sum(state)).sum()
    }

    pub(super) fn left(&self) -> i64 {
        self.desk.receipts.values().map(Receipt::left).sum()
    }
}

/// Goal: while advice is pending its invoice disables nobody; rejection ends that at once, and an
/// advice behind the date reactivates nobody.
#[test]
fn pending_advice_holds_and_rejection_ends_it_at_once() {
    let mut acme = Account::new();
    acme.owe("in_1", 100, 0);
    acme.pass(13);
    let advice = acme.advise(&["in_1"], 100, "one").unwrap();
    acme.pass(5);
    assert_eq!(acme.state(), State::PastDue, "held since the day before");

    acme.close(&advice, AdviceStatus::Rejected).unwrap();

    assert_eq!(acme.state(), State::Disabled);
    acme.advise(&["in_1"], 100, "two").unwrap();
    assert_eq!(acme.state(), State::Disabled, "advice never reactivates");
}

/// Goal: advices chained for 60 days hold off the date for ten days in all.
#[test]
fn chained_advice_holds_for_ten_days_in_all() {
    let mut acme = Account::new();
    acme.owe("in_1", 100, 0);
    acme.pass(10);
    let (mut disabled_on, mut before) = (None, None);
    for nth in 0..60 {
        let advice = acme.advise(&["in_1"], 100, &format!("ref {nth}")).unwrap();
        acme.now = acme.now.plus_seconds(3_600);
        if let Some(before) = before.replace(advice) {
            acme.close(&before, AdviceStatus::Withdrawn).unwrap();
        }
        acme.now = acme.now.plus_seconds(DAY - 3_600);
        if disabled_on.is_none() && acme.state() == State::Disabled {
            disabled_on = Some(10 + nth + 1);
        }
    }
    assert_eq!(disabled_on, Some(20), "ten days from the first advice on");
}

/// Goal: a part waits and is shown, its rest pays the invoice with it, and what is over is prepaid.
#[test]
fn two_parts_pay_an_invoice_and_the_rest_is_prepaid() {
    let mut acme = Account::new();
    acme.owe("in_1", 100, 0);
    acme.pass(20);
    let first = acme.advise(&["in_1"], 100, "one").unwrap();
    acme.approve(&first, 60).unwrap();
    acme.settle_all();
    assert_eq!(acme.status(&first), AdviceStatus::PartiallyApproved);
    assert_eq!((acme.sum(PartState::Reserved), acme.state()), (60, State::Disabled));
    assert_eq!(acme.books.invoices[&id("in_1")].holds.reserved, 60);

    let second = acme.advise(&["in_1"], 45, "two").unwrap();
    acme.approve(&second, 45).unwrap();
    acme.settle_all();

    assert_eq!(acme.status(&second), AdviceStatus::Approved);
    assert_eq!((acme.sum(PartState::Settled), acme.left()), (100, 5));
    assert_eq!(acme.state(), State::Active);
    assert_eq!(acme.books.profile.unwrap().prepaid.values().copied().collect::<Vec<_>>(), [5]);
}

/// Goal: an invoice that is paid otherwise meanwhile turns the money into a prepayment, whether the
/// money waited, was about to pay, or comes later (money rule 23).
#[test]
fn money_for_an_invoice_that_is_paid_meanwhile_is_prepaid() {
    let mut waits = Account::new();
    waits.owe("in_1", 100, 0);
    let advice = waits.advise(&["in_1"], 100, "one").unwrap();
    let mut late = waits.clone();
    let mut pays = waits.clone();

    waits.approve(&advice, 60).unwrap();
    waits.end("in_1", InvoiceStatus::Paid);
    waits.settle_all();
    pays.approve(&advice, 100).unwrap();
    pays.end("in_1", InvoiceStatus::Paid);
    pays.settle_all();
    late.end("in_1", InvoiceStatus::Void);
    late.approve(&advice, 100).unwrap();
    late.settle_all();

    for (acme, left) in [(waits, 60), (pays, 100), (late, 100)] {
        assert_eq!((acme.left(), acme.sum(PartState::Settled)), (left, 0));
        assert!(acme.desk.receipts.values().all(Receipt::adds_up));
    }
}

/// Goal: each wrong advice is refused with its reason.
#[test]
fn wrong_advice_is_refused() {
    let mut acme = Account::new();
    acme.owe("in_1", 100, 0);
    acme.owe("in_paid", 50, 0);
    acme.end("in_paid", InvoiceStatus::Paid);
    let first = acme.advise(&["in_1"], 100, "RF 18").unwrap();

    assert_eq!(acme.advise(&["in_1"], 100, "rf-18"), Err(TransferRefusal::ReferenceUsed(first)));
    let paid = acme.advise(&["in_paid"], 50, "x");
    assert_eq!(paid, Err(TransferRefusal::NotPayable(id("in_paid"))));
    let foreign = acme.advise(&["in_other"], 50, "x");
    assert_eq!(foreign, Err(TransferRefusal::UnknownInvoice(id("in_other"))));
    let received =
        Received { received_on: Day::of(acme.now.plus_seconds(DAY)), ..acme.received(1) };
    let new = NewReceipt {
        received,
        source: Source::Transfer,
        reference: "y".to_owned(),
        invoices: Vec::new(),
    };
    let ahead = record((&acme.books, &acme.desk), new, acme.now);
    assert!(matches!(ahead, Err(TransferRefusal::DatedAhead(_))), "{ahead:?}");
}

/// Goal: an upfront payment settles what is open, oldest first, before anything is prepaid (A14).
#[test]
fn a_prepayment_settles_what_is_open_first() {
    let mut acme = Account::new();
    acme.owe("in_b", 100, 0);
    acme.owe("in_a", 40, 0);
    let new = NewReceipt {
        received: acme.received(1_000),
        source: Source::Prepayment,
        reference: "year".to_owned(),
        invoices: Vec::new(),
    };
    let change = record((&acme.books, &acme.desk), new, acme.now).unwrap();
    acme.keep(change);
    acme.settle_all();

    assert_eq!((acme.sum(PartState::Settled), acme.left()), (140, 860));
    let receipt = acme.desk.receipts.values().next().unwrap().clone();
    assert_eq!(receipt.number, Some(1));
    let settled: Vec<&str> = receipt.parts.iter().map(|part| part.invoice.as_str()).collect();
    assert_eq!(settled, ["in_b", "in_a"], "oldest first");

    let change = reverse((&acme.books, &acme.desk), &receipt.id, acme.now).unwrap();
    acme.keep(change);
    acme.settle_all();
    assert_eq!(acme.left(), 0);
    let again = reverse((&acme.books, &acme.desk), &receipt.id, acme.now);
    assert_eq!(again.err(), Some(TransferRefusal::UsedUp));
}
