//! Unpaid invoices of an account: what is owed, and what of that bears on its state.
//!
//! This is the one place that says what another product's invoices mean: they are owed and shown,
//! and make nobody overdue, disable nobody and keep nobody from cancelling.

use crate::account::{Bearing, OPEN_INVOICES_MAX, OpenInvoice, Owner, Standing};
use crate::fact::{BillingReason, Collection, InvoiceEvent, InvoiceSnapshot, SubscriptionStatus};
use crate::ids::{InvoiceId, SubscriptionId};
use crate::invoice::{Invoice, Rules};
use crate::money::Money;
use crate::subscription::Subscription;
use crate::time::Timestamp;

impl OpenInvoice {
    /// How the standing lists an invoice of that owner: nothing when it is not owed.
    pub fn of(invoice: &Invoice, owner: Owner) -> Option<Self> {
        let terms = invoice.terms.as_ref()?;
        let deadline = invoice.deadline?;
        Some(Self {
            remaining: Money::new(invoice.remaining(), invoice.currency),
            overdue_at: deadline.overdue_at,
            disables_at: deadline.disables_at,
            subscription: terms.subscription.clone(),
            owner,
            bearing: invoice.bearing(),
            journaled: None,
        })
    }

    /// How the standing lists an invoice in the place of an earlier listing of it.
    fn listing(invoice: &Invoice, owner: Owner, before: Option<&Self>) -> Option<Self> {
        let entry = Self::of(invoice, owner)?;
        Some(match before {
            Some(before) => entry.in_place_of(before),
            None => entry,
        })
    }
}

impl Owner {
    /// Owner of a subscription, if it is among these.
    fn among(id: &SubscriptionId, subscriptions: &[&Subscription]) -> Option<Self> {
        let known = subscriptions.iter().find(|one| one.snapshot.id == *id)?;
        Some(if known.snapshot.is_ours() { Self::Ours } else { Self::Foreign })
    }
}

impl Standing {
    /// Rules by which the account's invoices become due.
    pub fn rules(&self) -> Rules {
        Rules { grace_seconds: self.grace_seconds, linked_at: self.linked_at }
    }

    /// Owner of an invoice, by what is at hand: these subscriptions, and the standing.
    pub fn owner_of(&self, invoice: &Invoice, known: &[&Subscription]) -> Owner {
        let Some(terms) = &invoice.terms else { return Owner::Ours };
        let Some(subscription) = &terms.subscription else { return Owner::Ours };
        let listed = self.open.get(&invoice.id).map(|entry| entry.owner);
        let is_current = self.subscription.as_ref().is_some_and(|it| it.id == *subscription);
        if let Some(owner) = Owner::among(subscription, known) {
            return owner;
        }
        if terms.is_marked || is_current {
            return Owner::Ours;
        }
        listed.unwrap_or(Owner::Unknown)
    }

    /// True if the subscriptions must be read to say whose an invoice is: there are some, and it is
    /// not of the account's own.
    pub fn must_know_owner(&self, invoice: &Invoice) -> bool {
        let has_some = self.has_foreign || self.subscription.is_some();
        has_some && self.owner_of(invoice, &[]) == Owner::Unknown
    }

    /// Takes over whose the open invoices of these subscriptions are.
    pub(super) fn set_owners(&mut self, all: &[&Subscription]) {
        for entry in self.open.values_mut() {
            let Some(id) = &entry.subscription else { continue };
            entry.owner = Owner::among(id, all).unwrap_or(entry.owner);
        }
    }

    /// Lists an invoice as it is now, or takes it off. When `open` is full, the least urgent
    /// invoice is only counted.
    pub fn list(&mut self, invoice: &Invoice, owner: Owner) {
        let before = self.open.remove(&invoice.id);
        if let Some(entry) = OpenInvoice::listing(invoice, owner, before.as_ref()) {
            self.open.insert(invoice.id.clone(), entry);
        }
        self.count_beyond_limit();
    }

    /// Lists every invoice of the account anew: what is needed when some were only counted.
    pub fn list_all<'a>(
        &mut self,
        invoices: impl IntoIterator<Item = &'a Invoice>,
        known: &[&Subscription],
    ) {
        let open = invoices.into_iter().filter_map(|it| self.entry_of(it, known)).collect();
        (self.open, self.more_open) = (open, 0);
        self.count_beyond_limit();
    }

    /// The same standing with every open invoice listed, however many: to be shown, never to be
    /// kept.
    #[must_use]
    pub fn with_all_open(&self, invoices: &[Invoice], known: &[&Subscription]) -> Self {
        let open = invoices.iter().filter_map(|it| self.entry_of(it, known)).collect();
        Self { open, more_open: 0, ..self.clone() }
    }

    fn entry_of(
        &self,
        invoice: &Invoice,
        known: &[&Subscription],
    ) -> Option<(InvoiceId, OpenInvoice)> {
        let (owner, before) = (self.owner_of(invoice, known), self.open.get(&invoice.id));
        Some((invoice.id.clone(), OpenInvoice::listing(invoice, owner, before)?))
    }

    fn count_beyond_limit(&mut self) {
        while self.open.len() > OPEN_INVOICES_MAX {
            let urgency = |(id, entry): &(&InvoiceId, &OpenInvoice)| {
                (!self.counts(id, entry), entry.disables_at, (*id).clone())
            };
            let Some(last) = self.open.iter().max_by_key(urgency).map(|(id, _)| id.clone()) else {
                return;
            };
            self.open.remove(&last);
            self.more_open = self.more_open.saturating_add(1);
        }
    }

    /// True if an open invoice is outstanding. The invoice of a pending plan change or of an
    /// incomplete subscription never is; the first payment of a subscription is only when that runs
    /// unpaid, as one that was started by a schedule does.
    pub fn owes(&self, id: &InvoiceId, entry: &OpenInvoice) -> bool {
        let current = self.subscription.as_ref();
        let pending = current.is_some_and(|current| current.pending_invoice.as_ref() == Some(id));
        let own = current.filter(|current| Some(&current.id) == entry.subscription.as_ref());
        let is_outstanding = match entry.bearing {
            Bearing::First => own.is_some_and(|own| match own.status {
                SubscriptionStatus::PastDue | SubscriptionStatus::Unpaid => true,
                SubscriptionStatus::Incomplete
                | SubscriptionStatus::Trialing
                | SubscriptionStatus::Active
                | SubscriptionStatus::Paused
                | SubscriptionStatus::Canceled
                | SubscriptionStatus::IncompleteExpired => false,
            }),
            Bearing::Full | Bearing::Stopped | Bearing::Paused => true,
        };
        !pending && is_outstanding
    }

    /// True if an open invoice is outstanding and our own. One whose subscription is not known yet
    /// is taken for another's while an own subscription runs.
    pub fn owes_us(&self, id: &InvoiceId, entry: &OpenInvoice) -> bool {
        let is_ours = match entry.owner {
            Owner::Ours => true,
            Owner::Unknown => self.live_subscription().is_none(),
            Owner::Foreign => false,
        };
        is_ours && self.owes(id, entry)
    }

    /// True if an open invoice bears on the account's state: it is outstanding, ours, and nobody
    /// took it out of collection.
    pub fn counts(&self, id: &InvoiceId, entry: &OpenInvoice) -> bool {
        let current = self.subscription.as_ref();
        let own = current.filter(|current| Some(&current.id) == entry.subscription.as_ref());
        let bears = match entry.bearing {
            Bearing::Full | Bearing::First => true,
            Bearing::Stopped => own.is_some_and(|own| !own.status.is_live()),
            Bearing::Paused => false,
        };
        bears && self.owes_us(id, entry)
    }

    /// Open invoices that are outstanding, another product's too, in order of their ids.
    pub fn outstanding(&self) -> impl Iterator<Item = (&InvoiceId, &OpenInvoice)> {
        self.open.iter().filter(|(id, entry)| self.owes(id, entry))
    }

    /// Open invoices of our own that are outstanding: these keep an account from cancelling.
    pub fn owed_to_us(&self) -> impl Iterator<Item = (&InvoiceId, &OpenInvoice)> {
        self.open.iter().filter(|(id, entry)| self.owes_us(id, entry))
    }

    /// Open invoices that bear on the account's state, in order of their ids.
    pub fn counting(&self) -> impl Iterator<Item = (&InvoiceId, &OpenInvoice)> {
        self.open.iter().filter(|(id, entry)| self.counts(id, entry))
    }

    /// Times from which an invoice is overdue and disables the account; none unless it is owed and
    /// bears on the account's state.
    pub fn dates_of(&self, invoice: &Invoice) -> Option<(Timestamp, Timestamp)> {
        let (id, entry) = self.entry_of(invoice, &[])?;
        self.counts(&id, &entry).then(|| (entry.overdue_at, self.disabling_at(&entry)))
    }

    /// True if an invoice, as Stripe shows it, changes nothing of what is listed as owed. An
    /// invoice whose deadline the books know better, by a failed attempt, counts as different: then
    /// the invoice itself is to be read.
    pub fn lists_as_shown(&self, shown: &InvoiceSnapshot, at: Timestamp) -> bool {
        let event = InvoiceEvent::Updated;
        let Ok(invoice) = Invoice::after(None, event, shown, at, self.rules()) else {
            return false;
        };
        let mut listed = self.clone();
        listed.list(&invoice, self.owner_of(&invoice, &[]));
        self.more_open == 0 && listed == *self
    }
}

impl Invoice {
    /// Effect that it can have on its account's state while it is unpaid.
    pub fn bearing(&self) -> Bearing {
        let first = self.terms.as_ref().is_some_and(|terms| {
            terms.reason == BillingReason::SubscriptionCreate
                && terms.collection == Collection::Automatic
                && terms.subscription.is_some()
        });
        if self.is_given_up_by_pause {
            Bearing::Paused
        } else if first {
            Bearing::First
        } else if self.advance.is_stopped() {
            Bearing::Stopped
        } else {
            Bearing::Full
        }
    }
}
