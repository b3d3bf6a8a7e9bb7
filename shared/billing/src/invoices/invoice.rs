//! An invoice as we keep it: a lattice that facts only ever move up.
//!
//! What is still owed is computed from monotone parts (money rule 4): what was due at finalization,
//! the largest payment seen and the set of live credit notes; it is never copied from a snapshot.
//! So facts about an invoice may come in any order and any number of times, and give the same
//! invoice.

mod collecting;
mod holds;
mod links;

use std::collections::BTreeMap;

use crate::credit_note::{CREDIT_NOTES_MAX, CreditNote};
use crate::fact::{
    BillingReason, Collection, CreditNoteSnapshot, InvoiceEvent, InvoiceKind, InvoiceSnapshot,
    InvoiceStatus,
};
use crate::ids::{CreditNoteId, InvoiceId, SubscriptionId};
use crate::invoice_payment::{PROCESSING_SECONDS_MAX, PaymentShown, Payments};
use crate::money::Currency;
use crate::refusal::Refusal;
use crate::time::{DAY_SECONDS, Timestamp};

pub use self::collecting::{Advance, Attempts};
pub use self::holds::{Hold, Holding, Holds, STAFF};
pub use self::links::Links;

/// An invoice that is charged automatically and was never tried is overdue after this time, in
/// seconds (requirements, "Outstanding, overdue").
pub const UNTRIED_OVERDUE_SECONDS: i64 = 3 * DAY_SECONDS;
/// An invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    /// The version of the item that it was read from; 0 when there is none yet.
    pub version: u64,
    /// Stripe's id.
    pub id: InvoiceId,
    /// What its amounts are in.
    pub currency: Currency,
    /// Where it stands; nothing while only credit notes are known of it.
    pub status: Option<InvoiceStatus>,
    /// What was agreed at finalization.
    pub terms: Option<Terms>,
    /// The largest sum of payments seen since the latest one went back, in minor units.
    pub amount_paid: i64,
    /// Its payments, as far as it was read with them.
    pub payments: Payments,
    /// The time of the reading that showed the latest payment gone back.
    pub reversed_at: Option<Timestamp>,
    /// What is known of Stripe's attempts to collect it; forgotten when it has ended.
    pub attempts: Attempts,
    /// Collection by Stripe itself, as far as it was stopped; forgotten when it has ended.
    pub advance: Advance,
    /// A pause of its subscription's collection that is not ours made it uncollectible.
    pub is_given_up_by_pause: bool,
    /// Time at which it was paid or voided, at Stripe.
    pub ended_at: Option<Timestamp>,
    /// Every credit note about it.
    pub credit_notes: BTreeMap<CreditNoteId, CreditNote>,
    /// While it is owed: when that starts to matter.
    pub deadline: Option<Deadline>,
    /// Times in which payment advice holds off its disabling date, and money that waits for it.
    pub holds: Holds,
    /// Where it can be seen. Stripe makes new addresses all the time, so a new address alone is no
    /// change: these are the ones of the last fact that changed something.
    pub links: Links,
}

/// What was agreed at finalization, and stays so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The number that the customer sees.
    pub number: Option<String>,
    /// How it is collected.
    pub collection: Collection,
    /// Reason why it was made.
    pub reason: BillingReason,
    /// The subscription it belongs to.
    pub subscription: Option<SubscriptionId>,
    /// Marks of ours are on it or on its subscription.
    pub is_marked: bool,
    /// Time at which it was created.
    pub created: Timestamp,
    /// Time at which it was finalized.
    pub finalized_at: Timestamp,
    /// Time at which it is due, if it was sent.
    pub due_at: Option<Timestamp>,
    /// Purpose of the invoice.
    pub kind: InvoiceKind,
    /// Beginning and end of the period that it is for.
    pub period: Option<(Timestamp, Timestamp)>,
    /// Its total, in minor units.
    pub total: i64,
    /// Tax within the total, in minor units, where Stripe said so.
    pub tax: Option<i64>,
    /// What was due at finalization, in minor units: `amount_due +
    /// pre_payment_credit_notes_amount`, which stays the same from then on.
    pub due: i64,
}

/// Rules of an account by which its invoices become due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// From overdue to disabled, in seconds (A19).
    pub grace_seconds: i64,
    /// Time at which the account's customer was linked, if it was: the grace of an invoice that was
    /// late by then begins there.
    pub linked_at: Option<Timestamp>,
}

/// When an unpaid invoice starts to matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// Time from which it is overdue.
    pub overdue_at: Timestamp,
    /// Time from which it disables its account: fixed once it is overdue, so a later change of the
    /// grace period does not move it.
    pub disables_at: Timestamp,
    /// Time from which it would be overdue if no payment of it had ever been in progress.
    pub missed_at: Timestamp,
    /// Its grace, in seconds: fixed with the date above.
    pub grace_seconds: i64,
}

impl Invoice {
    /// An invoice of which nothing is known but its currency.
    pub fn unknown(id: InvoiceId, currency: Currency) -> Self {
        Self {
            version: 0,
            id,
            currency,
            status: None,
            terms: None,
            amount_paid: 0,
            payments: Payments::default(),
            reversed_at: None,
            attempts: Attempts::default(),
            advance: Advance::default(),
            is_given_up_by_pause: false,
            ended_at: None,
            credit_notes: BTreeMap::new(),
            deadline: None,
            holds: Holds::default(),
            links: Links::default(),
        }
    }

    /// The invoice after one more snapshot of it.
    pub fn after(
        known: Option<&Self>,
        event: InvoiceEvent,
        told: &InvoiceSnapshot,
        at: Timestamp,
        rules: Rules,
    ) -> Result<Self, Refusal> {
        let mut invoice =
            known.cloned().unwrap_or_else(|| Self::unknown(told.id.clone(), told.currency));
        if invoice.currency != told.currency {
            let known = invoice.currency;
            return Err(Refusal::OtherCurrency { id: told.id.clone(), known, told: told.currency });
        }
        invoice.status = Some(invoice.moved(told)?);
        if told.status.is_finalized() {
            invoice.agree(told, at)?;
            invoice.pay(told, at);
        }
        if invoice.has_ended() {
            invoice.attempts = Attempts::default();
            invoice.advance = Advance::default();
            let ended_at = told.status.has_ended().then(|| told.ended_at.unwrap_or(at));
            invoice.ended_at = earlier(invoice.ended_at, ended_at);
        } else if told.status.is_finalized() {
            invoice.attempts.learn(event, told, at);
            if event.is_a_failure() {
                invoice.payments.fail(at);
            }
            invoice.advance.learn(told, at);
            invoice.is_given_up_by_pause |= told.given_up_by_pause;
        }
        invoice.set_deadline(rules);
        Ok(invoice)
    }

    /// The invoice after one more fact about one of its credit notes. A note may come before its
    /// invoice: what is kept then waits for it.
    pub fn after_credit_note(
        known: Option<&Self>,
        told: &CreditNoteSnapshot,
        rules: Rules,
    ) -> Result<Self, Refusal> {
        let mut invoice =
            known.cloned().unwrap_or_else(|| Self::unknown(told.invoice.clone(), told.currency));
        if invoice.currency != told.currency {
            let known = invoice.currency;
            let id = told.invoice.clone();
            return Err(Refusal::OtherCurrency { id, known, told: told.currency });
        }
        let note = CreditNote::after(invoice.credit_notes.get(&told.id), told)?;
        invoice.credit_notes.insert(told.id.clone(), note);
        if invoice.credit_notes.len() > CREDIT_NOTES_MAX {
            return Err(Refusal::TooManyCreditNotes { invoice: invoice.id });
        }
        invoice.set_deadline(rules);
        Ok(invoice)
    }

    /// What is still to be paid, in minor units. Zero unless it is finalized and unpaid.
    pub fn remaining(&self) -> i64 {
        match (self.status, &self.terms) {
            (Some(InvoiceStatus::Open | InvoiceStatus::Uncollectible), Some(terms)) => {
                terms.due.saturating_sub(self.paid()).saturating_sub(self.credited()).max(0)
            }
            (
                None
                | Some(
                    InvoiceStatus::Draft
                    | InvoiceStatus::Open
                    | InvoiceStatus::Uncollectible
                    | InvoiceStatus::Paid
                    | InvoiceStatus::Void
                    | InvoiceStatus::Deleted,
                ),
                _,
            ) => 0,
        }
    }

    /// What is paid, in minor units.
    pub fn paid(&self) -> i64 {
        self.amount_paid.max(self.payments.paid())
    }

    /// What live credit notes take off the amount due, in minor units.
    pub fn credited(&self) -> i64 {
        self.credit_notes.values().fold(0, |sum: i64, note| sum.saturating_add(note.takes_off()))
    }

    /// True if it is finalized and unpaid: owed.
    pub fn is_owed(&self) -> bool {
        self.remaining() > 0
    }

    /// True if nothing can change what is owed any more: paid, void or deleted.
    pub fn has_ended(&self) -> bool {
        self.status.is_some_and(InvoiceStatus::has_ended)
    }

    /// Time at which its due date passed or an attempt failed: it is overdue from then on.
    pub fn missed_at(&self) -> Option<Timestamp> {
        match self.terms.as_ref()?.collection {
            Collection::Manual => self.terms.as_ref()?.due_at,
            Collection::Automatic => self.attempts.failed_at,
        }
    }

    /// Where the invoice stands with what it was told: the higher of the two, and two different
    /// ends contradict each other.
    fn moved(&self, told: &InvoiceSnapshot) -> Result<InvoiceStatus, Refusal> {
        let Some(known) = self.status else {
            return Ok(told.status);
        };
        let (low, high) = (known.min(told.status), known.max(told.status));
        let contradiction = match high {
            InvoiceStatus::Void => low == InvoiceStatus::Paid,
            // Only drafts can be deleted.
            InvoiceStatus::Deleted => low != InvoiceStatus::Draft && low != high,
            InvoiceStatus::Draft
            | InvoiceStatus::Open
            | InvoiceStatus::Uncollectible
            | InvoiceStatus::Paid => false,
        };
        if contradiction {
            return Err(Refusal::OtherEnd { id: told.id.clone(), known, told: told.status });
        }
        Ok(high)
    }

    /// Takes over what is paid. A payment that went back takes its money out of what was ever seen
    /// as paid; snapshots from before that do not bring it back.
    fn pay(&mut self, told: &InvoiceSnapshot, at: Timestamp) {
        if self.payments.learn(&told.payments, at) {
            self.amount_paid = told.amount_paid;
            self.reversed_at = self.reversed_at.max(Some(at));
        } else if self.reversed_at.is_none_or(|reversed_at| reversed_at <= at) {
            self.amount_paid = self.amount_paid.max(told.amount_paid);
        }
    }

    /// The invoice after one more word about one of its payments.
    #[must_use]
    pub fn after_payment(&self, shown: &PaymentShown, at: Timestamp, rules: Rules) -> Self {
        let mut invoice = self.clone();
        if !invoice.has_ended() {
            invoice.payments.learn(std::slice::from_ref(shown), at);
            invoice.set_deadline(rules);
        }
        invoice
    }

    /// True if its credit notes take off as much as Stripe says in the snapshot: then all are known.
    pub fn has_credit_notes_of(&self, read: &InvoiceSnapshot) -> bool {
        let known = self.credit_notes.values().map(CreditNote::takes_off);
        let sum = known.fold(0, i64::saturating_add);
        sum == read.pre_payment_credit_notes
    }

    /// Takes the terms from a finalized snapshot. Another amount due is refused while the invoice
    /// is unpaid; Stripe's word that it is paid or void stands whatever amount comes with it.
    fn agree(&mut self, told: &InvoiceSnapshot, at: Timestamp) -> Result<(), Refusal> {
        let due = told
            .amount_due
            .checked_add(told.pre_payment_credit_notes)
            .ok_or_else(|| Refusal::TooLarge { id: told.id.clone() })?;
        let finalized_at = told.finalized_at.unwrap_or(at);
        let Some(terms) = &mut self.terms else {
            self.terms = Some(Terms {
                number: told.number.clone(),
                collection: told.collection,
                reason: told.reason,
                subscription: told.subscription.clone(),
                is_marked: told.marked,
                created: told.created,
                finalized_at,
                due_at: told.due_at,
                kind: told.kind,
                period: told.period,
                total: told.total,
                tax: told.tax,
                due,
            });
            self.links.learn(told);
            return Ok(());
        };
        let settled = self.status.is_some_and(InvoiceStatus::has_ended);
        if terms.due != due && !settled {
            let (id, known) = (told.id.clone(), terms.due);
            return Err(Refusal::OtherAmount { id, known, told: due });
        }
        terms.is_marked |= told.marked;
        terms.finalized_at = terms.finalized_at.min(finalized_at);
        if terms.number.is_none() {
            terms.number.clone_from(&told.number);
        }
        self.links.learn(told);
        Ok(())
    }

    /// Computes when it is overdue and when it disables its account. The grace is fixed with the
    /// first date, and stays so unless that moves.
    fn set_deadline(&mut self, rules: Rules) {
        let missed_at = self.terms.as_ref().filter(|_| self.is_owed()).map(|terms| {
            let untried = terms.finalized_at.plus_seconds(UNTRIED_OVERDUE_SECONDS);
            match terms.collection {
                Collection::Manual => terms.due_at.unwrap_or(untried),
                Collection::Automatic => match (self.attempts.failed_at, self.attempts.tried_at) {
                    (Some(failed_at), _) => failed_at,
                    (None, Some(tried_at)) => tried_at.plus_seconds(PROCESSING_SECONDS_MAX),
                    (None, None) => untried,
                },
            }
        });
        self.deadline = missed_at.map(|missed_at| {
            let fixed = self.deadline.filter(|fixed| fixed.missed_at == missed_at);
            let grace_seconds = fixed.map_or(rules.grace_seconds, |fixed| fixed.grace_seconds);
            let (overdue_at, disables_at) = self.payments.dates(missed_at, grace_seconds);
            let from_link = rules.linked_at.map(|linked| linked.plus_seconds(grace_seconds));
            let disables_at = from_link.map_or(disables_at, |at| at.max(disables_at));
            let disables_at = self.holds.put_off(disables_at);
            Deadline { overdue_at, disables_at, missed_at, grace_seconds }
        });
    }
}

impl InvoiceStatus {
    /// True if nothing follows it.
    pub fn has_ended(self) -> bool {
        match self {
            Self::Paid | Self::Void | Self::Deleted => true,
            Self::Draft | Self::Open | Self::Uncollectible => false,
        }
    }

    /// True if the invoice has been finalized: its terms are agreed.
    pub fn is_finalized(self) -> bool {
        match self {
            Self::Open | Self::Uncollectible | Self::Paid | Self::Void => true,
            Self::Draft | Self::Deleted => false,
        }
    }
}

/// The earlier of two moments, where both are known.
fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
