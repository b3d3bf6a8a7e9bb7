//! A receipt: money that came outside of Stripe, and what became of every cent of it (A14, A18,
//! money rules 21 to 23).
//!
//! It is one entity for advice that was approved, for a transfer without advice and for a
//! prepayment. Its amount is the sum of its parts for invoices (reserved, being paid, settled) and
//! of what went to the customer's balance (used by invoices, left, reversed). No rule here makes or
//! loses a cent: [`Receipt::adds_up`].

use std::collections::BTreeSet;

use crate::ids::InvoiceId;
use crate::intent::{Intent, IntentStatus};
use crate::invoice::Invoice;
use crate::money::Money;
use crate::month::Day;
use crate::time::Timestamp;
use crate::words::Word;

/// Origin of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Payment advice that staff approved.
    Advice,
    /// A transfer that staff found without advice.
    Transfer,
    /// A payment upfront, for what is open and for what will come (A14).
    Prepayment,
}

impl Word for Source {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Advice, "advice"), (Self::Transfer, "transfer"), (Self::Prepayment, "prepayment")];
}

/// State of a part of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartState {
    /// It does not cover its invoice, and waits for the rest (money rule 22).
    Reserved,
    /// With other parts it covers its invoice, which is to be marked as paid at Stripe.
    Paying,
    /// The invoice was paid by it.
    Settled,
    /// The bank took it back after the invoice was paid, which is to be replaced at Stripe.
    Returning,
    /// The bank took it back: it settled nothing, or its invoice is replaced.
    Returned,
}

impl Word for PartState {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Reserved, "reserved"),
        (Self::Paying, "paying"),
        (Self::Settled, "settled"),
        (Self::Returning, "returning"),
        (Self::Returned, "returned"),
    ];
}

/// Part of a receipt that is for an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The invoice.
    pub invoice: InvoiceId,
    /// Minor units.
    pub amount: i64,
    /// State.
    pub state: PartState,
    /// Time since which it is in that state.
    pub since: Timestamp,
    /// Invoice that stands for its own since the bank took the money back.
    pub replacement: Option<InvoiceId>,
}

/// Use of the balance by an invoice, as Stripe's ledger has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The invoice; none for any other use.
    pub invoice: Option<InvoiceId>,
    /// Minor units.
    pub amount: i64,
    /// Time.
    pub at: Timestamp,
}

/// Money that came outside of Stripe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Version of the item that it was read from; 0 when there is none yet.
    pub version: u64,
    /// Id: begins with that of its account.
    pub id: String,
    /// Fingerprint of the Idempotency-Key of the request that recorded it.
    pub request: Option<String>,
    /// Origin.
    pub source: Source,
    /// Number of the prepayment in it; none while all of it is for invoices.
    pub number: Option<u64>,
    /// Reference of the transfer.
    pub reference: String,
    /// Day on which the money came.
    pub received_on: Day,
    /// Amount.
    pub amount: Money,
    /// Time at which it was recorded.
    pub recorded_at: Timestamp,
    /// Parts for invoices.
    pub parts: Vec<Part>,
    /// Minor units that go to the customer's balance at Stripe.
    pub credit: i64,
    /// Minor units of them that are there.
    pub credited: i64,
    /// Minor units of them that are on their way there: frozen, under the key of the moment.
    pub crediting: i64,
    /// Uses of the balance by invoices.
    pub applied: Vec<Applied>,
    /// Minor units of the balance that were taken out again: reversed by staff, or returned.
    pub reversed: i64,
    /// Minor units that are on their way out of the balance: frozen.
    pub reversing: i64,
    /// Minor units that invoices had used when the bank took the money back: the balance owes them.
    pub claimed: i64,
    /// Minor units of them that are not in the balance yet: frozen.
    pub claiming: i64,
    /// Calls at Stripe: token and attempt.
    pub intent: Intent,
}

/// An invoice that money can be for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payable {
    /// Id.
    pub id: InvoiceId,
    /// Minor units that remain to be paid on it and that no money waits for.
    pub missing: i64,
}

/// Money, dealt out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allocation {
    /// Invoices that are covered, with the minor units that were missing.
    pub whole: Vec<(InvoiceId, i64)>,
    /// The invoice that is covered in part, with its minor units.
    pub part: Option<(InvoiceId, i64)>,
    /// Minor units that are left: they are prepaid.
    pub rest: i64,
}

/// Deals money out: to the invoices that it names, oldest first, the last of them perhaps in part;
/// then to others that it covers whole, oldest first. All in minor units of one currency.
pub fn allocate(amount: i64, named: &[Payable], others: &[Payable]) -> Allocation {
    let mut dealt = Allocation { rest: amount, ..Allocation::default() };
    for invoice in named {
        if dealt.rest >= invoice.missing {
            dealt.cover(invoice);
        } else if dealt.rest > 0 && dealt.part.is_none() {
            dealt.part = Some((invoice.id.clone(), dealt.rest));
            dealt.rest = 0;
        }
    }
    for invoice in others {
        if dealt.rest < invoice.missing {
            break;
        }
        dealt.cover(invoice);
    }
    dealt
}

impl Allocation {
    fn cover(&mut self, invoice: &Payable) {
        self.whole.push((invoice.id.clone(), invoice.missing));
        self.rest = self.rest.saturating_sub(invoice.missing);
    }
}

impl Payable {
    /// An invoice that is owed.
    pub fn of(invoice: &Invoice) -> Self {
        let missing = invoice.remaining().saturating_sub(invoice.holds.reserved).max(0);
        Self { id: invoice.id.clone(), missing }
    }
}

impl Receipt {
    /// Takes over how its money was dealt out.
    pub fn deal(&mut self, dealt: &Allocation, now: Timestamp) {
        let part = |(invoice, amount): &(InvoiceId, i64), state| Part {
            invoice: invoice.clone(),
            amount: *amount,
            state,
            since: now,
            replacement: None,
        };
        self.parts.extend(dealt.whole.iter().map(|it| part(it, PartState::Paying)));
        self.parts.extend(dealt.part.iter().map(|it| part(it, PartState::Reserved)));
        self.add_credit(dealt.rest);
    }

    /// Invoices that it is to pay.
    pub fn paying(&self) -> BTreeSet<InvoiceId> {
        let paying = self.parts.iter().filter(|part| part.state == PartState::Paying);
        paying.map(|part| part.invoice.clone()).collect()
    }

    /// Minor units of its parts in a state.
    pub fn sum(&self, state: PartState) -> i64 {
        let parts = self.parts.iter().filter(|part| part.state == state);
        parts.fold(0, |sum, part| sum.saturating_add(part.amount))
    }

    /// Minor units of its parts for an invoice in a state.
    pub fn sum_for(&self, invoice: &InvoiceId, state: PartState) -> i64 {
        let parts =
            self.parts.iter().filter(|part| part.invoice == *invoice && part.state == state);
        parts.fold(0, |sum, part| sum.saturating_add(part.amount))
    }

    /// Minor units of the balance that invoices used.
    pub fn used(&self) -> i64 {
        self.applied.iter().fold(0, |sum, use_of| sum.saturating_add(use_of.amount))
    }

    /// Parts that a payment upfront settled at once: those of other receipts are for the invoices
    /// that they name.
    pub fn settles_as_prepayment(&self) -> Vec<&Part> {
        match self.source {
            Source::Prepayment => self.parts.iter().collect(),
            Source::Advice | Source::Transfer => Vec::new(),
        }
    }

    /// Minor units that are prepaid and neither used nor taken out.
    pub fn left(&self) -> i64 {
        let gone = self.used().saturating_add(self.reversed).saturating_add(self.reversing);
        self.credit.saturating_sub(gone)
    }

    /// True if its parts add up to its amount, to the cent, and none is negative.
    pub fn adds_up(&self) -> bool {
        let parts = self.parts.iter().try_fold(0_i64, |sum, part| sum.checked_add(part.amount));
        let sum = parts.and_then(|parts| parts.checked_add(self.credit));
        let is_positive = self.parts.iter().all(|part| part.amount > 0) && self.credit >= 0;
        sum == Some(self.amount.amount) && is_positive && self.left() >= 0
    }

    /// True if something of it is still to be done at Stripe.
    pub fn is_open(&self) -> bool {
        let pays = |state| state == PartState::Paying || state == PartState::Returning;
        let has_parts = self.parts.iter().any(|part| pays(part.state));
        has_parts || self.credit > self.credited || self.taking() > 0
    }

    /// Moves every part for an invoice that is in one state to another one.
    pub fn move_parts(
        &mut self,
        invoice: &InvoiceId,
        (from, to): (PartState, PartState),
        now: Timestamp,
    ) {
        for part in &mut self.parts {
            if part.invoice == *invoice && part.state == from {
                (part.state, part.since) = (to, now);
            }
        }
    }

    /// Turns up to so many minor units of its parts for an invoice in a state into a prepayment:
    /// the invoice needs them no more. The minor units that were turned.
    pub fn turn(&mut self, invoice: &InvoiceId, state: PartState, amount: i64) -> i64 {
        let mut left = amount;
        for part in &mut self.parts {
            if part.invoice == *invoice && part.state == state {
                let turned = part.amount.min(left);
                part.amount = part.amount.saturating_sub(turned);
                left = left.saturating_sub(turned);
            }
        }
        self.parts.retain(|part| part.amount > 0);
        let turned = amount.saturating_sub(left);
        self.add_credit(turned);
        turned
    }

    /// Adds minor units to what goes to the balance. What is under way there stays as it is.
    fn add_credit(&mut self, amount: i64) {
        self.credit = self.credit.saturating_add(amount);
        self.freeze_credit();
    }

    /// Freezes what is to go to the balance next, unless something is under way.
    fn freeze_credit(&mut self) {
        if self.crediting == 0 {
            self.crediting = self.credit.saturating_sub(self.credited);
        }
        if self.is_open() {
            self.intent.status = IntentStatus::Open;
        }
    }

    /// What was under way to the balance is there.
    pub fn credit_made(&mut self) {
        self.credited = self.credited.saturating_add(self.crediting);
        self.crediting = 0;
        self.freeze_credit();
    }

    /// Freezes the unused rest of the prepayment, to be taken out of the balance. Minor units.
    pub fn reverse(&mut self) -> i64 {
        let left = self.left().max(0);
        self.reversing = self.reversing.saturating_add(left);
        left
    }

    /// The bank took the money back: what waits for an invoice is gone, what paid one is to be
    /// charged anew, and what is prepaid goes out of the balance, used or not.
    pub fn take_back(&mut self, now: Timestamp) {
        for part in &mut self.parts {
            let next = match part.state {
                PartState::Reserved => PartState::Returned,
                PartState::Settled => PartState::Returning,
                PartState::Paying | PartState::Returning | PartState::Returned => continue,
            };
            (part.state, part.since) = (next, now);
        }
        self.reverse();
        self.claiming = self.used();
        self.intent = Intent { status: IntentStatus::Open, ..self.intent.next_attempt(now) };
    }

    /// Minor units that are on their way out of the balance.
    pub fn taking(&self) -> i64 {
        self.reversing.saturating_add(self.claiming)
    }

    /// What was under way out of the balance is out.
    pub fn reversal_made(&mut self) {
        self.reversed = self.reversed.saturating_add(self.reversing);
        self.reversing = 0;
        self.claimed = self.claimed.saturating_add(self.claiming);
        self.claiming = 0;
    }

    /// Key under which Stripe does a step of it once.
    pub fn key_of(&self, step: &str) -> String {
        format!("{}-{step}", self.intent.idempotency_key())
    }
}

#[cfg(test)]
mod tests;
