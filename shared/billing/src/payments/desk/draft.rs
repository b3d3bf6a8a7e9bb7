//! A change of the desk in the making: what was read, and what is to be written.

use std::collections::{BTreeMap, BTreeSet};

use super::{Desk, next_look, owed};
use crate::advice::Advice;
use crate::change::{Change, Write};
use crate::decide::Books;
use crate::ids::InvoiceId;
use crate::invoice::Invoice;
use crate::journal::transfers::TransferEvent;
use crate::journal::{Entry, Kind, REASONS_MAX, Value};
use crate::money::{Currency, Money};
use crate::profile::Profile;
use crate::receipt::{PartState, Receipt};
use crate::subscription::Subscription;
use crate::time::Timestamp;

/// A change of the desk in the making.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    books: &'a Books,
    desk: Desk,
    invoices: BTreeMap<InvoiceId, Invoice>,
    changed_invoices: BTreeSet<InvoiceId>,
    changed_advices: BTreeSet<String>,
    changed_receipts: BTreeSet<String>,
    entries: Vec<Entry>,
}

impl<'a> Draft<'a> {
    pub(super) fn of(books: &'a Books, desk: &Desk) -> Self {
        Self {
            books,
            desk: desk.clone(),
            invoices: books.invoices.clone(),
            changed_invoices: BTreeSet::new(),
            changed_advices: BTreeSet::new(),
            changed_receipts: BTreeSet::new(),
            entries: Vec::new(),
        }
    }

    /// Says something, with the first of the invoices that it is about.
    pub(super) fn say(&mut self, mut entry: Entry, invoices: &[InvoiceId]) {
        let named = invoices.iter().take(REASONS_MAX);
        entry.because = named.map(|id| id.as_str().to_owned()).collect();
        self.entries.push(entry);
    }

    pub(super) fn put_invoice(&mut self, invoice: Invoice) {
        self.changed_invoices.insert(invoice.id.clone());
        self.invoices.insert(invoice.id.clone(), invoice);
    }

    pub(super) fn put_advice(&mut self, advice: Advice) {
        self.changed_advices.insert(advice.id.clone());
        self.desk.advices.insert(advice.id.clone(), advice);
    }

    pub(super) fn put_receipt(&mut self, receipt: Receipt) {
        self.changed_receipts.insert(receipt.id.clone());
        self.desk.receipts.insert(receipt.id.clone(), receipt);
    }

    /// Open invoices that are owed to us, oldest first.
    pub(super) fn open_in(&self, currency: Currency) -> Vec<&Invoice> {
        let owed = owed(self.books);
        let open = self.invoices.values().filter(|it| owed.contains(&it.id));
        let mut open: Vec<&Invoice> = open.filter(|it| it.currency == currency).collect();
        let age =
            |it: &&Invoice| (it.terms.as_ref().map(|terms| terms.finalized_at), it.id.clone());
        open.sort_by_key(age);
        open
    }

    /// Ends what an advice holds, but for some invoices.
    pub(super) fn release(&mut self, advice: &Advice, kept: &BTreeSet<InvoiceId>, now: Timestamp) {
        let rules = self.books.standing.rules();
        for id in advice.invoices.iter().filter(|id| !kept.contains(*id)) {
            if let Some(invoice) = self.invoices.get(id) {
                self.put_invoice(invoice.released_by(&advice.id, rules, now));
            }
        }
    }

    /// Takes a new receipt in. Money of others that waits for an invoice that it covers is paid
    /// with it.
    pub(super) fn take(&mut self, mut receipt: Receipt, now: Timestamp) {
        for invoice in receipt.paying() {
            self.pay_with_reserved(&invoice, now);
        }
        for part in receipt.parts.clone() {
            if part.state == PartState::Reserved {
                self.note_reserved(&receipt, &part.invoice, now);
            }
        }
        self.number(&mut receipt, now);
        self.put_receipt(receipt);
        self.count_reserved();
    }

    /// Pays an invoice with the money that waits for it.
    pub(super) fn pay_with_reserved(&mut self, invoice: &InvoiceId, now: Timestamp) {
        let waiting = self.desk.receipts.values();
        let waiting = waiting.filter(|it| it.sum_for(invoice, PartState::Reserved) > 0);
        for mut receipt in waiting.cloned().collect::<Vec<_>>() {
            receipt.move_parts(invoice, (PartState::Reserved, PartState::Paying), now);
            self.put_receipt(receipt);
        }
    }

    fn note_reserved(&mut self, receipt: &Receipt, invoice: &InvoiceId, now: Timestamp) {
        let amount = receipt.sum_for(invoice, PartState::Reserved);
        let amount = Value::Money(Money::new(amount, receipt.amount.currency));
        let entry =
            Entry::new(now, Kind::Transfer(TransferEvent::Reserved), Some(invoice.as_str()));
        self.say(entry.with("reserved", None, Some(amount)), std::slice::from_ref(invoice));
    }

    /// Gives a receipt with a prepayment its number, and says what is prepaid by it.
    pub(super) fn number(&mut self, receipt: &mut Receipt, now: Timestamp) {
        let before = self.desk.receipts.get(&receipt.id).map_or(0, |before| before.credit);
        if receipt.credit <= before {
            return;
        }
        let last = self.desk.receipts.values().filter_map(|it| it.number).max().unwrap_or(0);
        receipt.number = receipt.number.or(Some(last.saturating_add(1)));
        let prepaid = receipt.credit.saturating_sub(before);
        let prepaid = Value::Money(Money::new(prepaid, receipt.amount.currency));
        let entry = Entry::new(now, Kind::Transfer(TransferEvent::Prepaid), Some(&receipt.id))
            .with("reference", None, Some(Value::Text(receipt.reference.clone())))
            .with("prepaid", None, Some(prepaid));
        self.say(entry, &[]);
    }

    /// Counts the money that waits for each invoice anew.
    pub(super) fn count_reserved(&mut self) {
        // Also where no part waits any more.
        let waiting = self.invoices.values().filter(|invoice| invoice.holds.reserved != 0);
        let mut sums: BTreeMap<InvoiceId, i64> =
            waiting.map(|invoice| (invoice.id.clone(), 0)).collect();
        for part in self.desk.receipts.values().flat_map(|receipt| &receipt.parts) {
            let sum = sums.entry(part.invoice.clone()).or_default();
            if part.state == PartState::Reserved {
                *sum = sum.saturating_add(part.amount);
            }
        }
        for (id, sum) in sums {
            let invoice = self.invoices.get(&id).filter(|it| it.holds.reserved != sum);
            if let Some(invoice) = invoice.map(|invoice| invoice.with_reserved(sum)) {
                self.put_invoice(invoice);
            }
        }
    }

    pub(super) fn desk(&self) -> &Desk {
        &self.desk
    }

    /// True if nothing is to be written.
    pub(super) fn is_empty(&self) -> bool {
        self.changed_advices.is_empty()
            && self.changed_receipts.is_empty()
            && self.changed_invoices.is_empty()
    }

    /// The change: the standing lists every invoice as it is now, and says when somebody is to look
    /// again. What its dates make of the account's state is left to collections, which ask Stripe
    /// first (money rule 2).
    pub(super) fn conclude(self, now: Timestamp) -> Change {
        let mut standing = self.books.standing.clone();
        let subscriptions: Vec<&Subscription> = self.books.subscriptions.values().collect();
        standing.list_all(self.invoices.values(), &subscriptions);
        standing.desk_at = next_look(&self.desk, &self.invoices, now);
        standing.retry_at = None;
        if !self.entries.is_empty() {
            standing.journal_at = standing.journal_at.max(now);
        }

        let mut writes = Vec::new();
        let invoices = self.changed_invoices.iter().filter_map(|id| self.invoices.get(id));
        writes.extend(invoices.cloned().map(Write::Invoice));
        let advices = self.changed_advices.iter().filter_map(|id| self.desk.advices.get(id));
        writes.extend(advices.cloned().map(|it| Write::Advice(Box::new(it))));
        let receipts = self.changed_receipts.iter().filter_map(|id| self.desk.receipts.get(id));
        writes.extend(receipts.cloned().map(|it| Write::Receipt(Box::new(it))));
        if let Some(profile) = &self.books.profile {
            let prepaid = prepaid(&self.desk);
            if profile.prepaid != prepaid {
                writes.push(Write::Profile(Profile { prepaid, ..profile.clone() }));
            }
        }
        Change { standing, writes, entries: self.entries }
    }
}

/// What is prepaid and left, by currency. Currencies without any are left out.
fn prepaid(desk: &Desk) -> BTreeMap<Currency, i64> {
    let mut sums: BTreeMap<Currency, i64> = BTreeMap::new();
    for receipt in desk.receipts.values() {
        let sum = sums.entry(receipt.amount.currency).or_default();
        *sum = sum.saturating_add(receipt.left().max(0));
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}
