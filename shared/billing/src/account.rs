//! The standing of an account: the small item that every decision about it reads and rewrites.
//!
//! It holds what an account's state follows from ([`crate::state`]), and no state: being past due or
//! disabled is computed from it and the time. Because every change rewrites it under its version,
//! it guards the sets that belong to the account (its invoices, its subscriptions, its journal).

pub mod authority;
pub mod details;
pub mod history;
pub mod member;
pub mod moments;
pub mod opening;
pub mod profile;
pub mod state;
pub mod tax_id;
pub mod transitions;

use std::collections::BTreeMap;

use crate::fact::{BillingReason, Collection, InvoiceEvent, InvoiceSnapshot, SubscriptionSnapshot};
use crate::ids::{AccountId, InvoiceId, SubscriptionId};
use crate::invoice::Invoice;
use crate::money::{Currency, Money};
use crate::price::Interval;
use crate::state::State;
use crate::subscription::Subscription;
use crate::time::Timestamp;
use crate::words::Word;
use moments::Moment;

/// Most open invoices that the standing lists; the rest is counted, and read when it matters. Keeps
/// the item under 1 KB.
pub const OPEN_INVOICES_MAX: usize = 5;
/// Longest grace period, in days.
pub const GRACE_DAYS_MAX: i64 = 365;
/// Most days in which a sent invoice is due.
pub const NET_DAYS_MAX: u32 = 365;
/// The plan of an account without a running subscription.
pub const FREE_PLAN: &str = "free";

/// What an account's state follows from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The version of the item that it was read from; 0 when there is none yet.
    pub version: u64,
    /// Whose it is.
    pub account: AccountId,
    /// The plan in force without a subscription.
    pub base_plan: String,
    /// From overdue to disabled, in seconds (A19); zero is legal.
    pub grace_seconds: i64,
    /// The account itself is closed.
    pub closed: Option<Closed>,
    /// The account's subscription, running or ended.
    pub subscription: Option<SubscriptionSnapshot>,
    /// The change of plan or seats that is booked for the end of the period (D4, D5): our word, which Stripe's
    /// schedule follows (money rule 15).
    pub pending: Option<PendingChange>,
    /// How its invoices are collected: staff alone make that manual (A17).
    pub collection: Collection,
    /// In how many days a sent invoice is due.
    pub net_days: u32,
    /// Staff set these terms, and Stripe follows them. Until then the terms of a subscription that
    /// was there before stand as they are.
    pub terms_set: bool,
    /// The journal says that the subscription's own payment method became the customer's (money rule 9), and the
    /// subscription still has it.
    pub payment_method_told: bool,
    /// Stripe has not made the customer yet, and may refuse to: there may be no such account in the end.
    pub opening: bool,
    /// What is owed, the most urgent invoices first to be kept.
    pub open: BTreeMap<InvoiceId, OpenInvoice>,
    /// How many more invoices are owed than `open` lists.
    pub more_open: u32,
    /// The currency that its invoices are in: the first in the alphabet if they are in several.
    pub currency: Option<Currency>,
    /// The latest payment, at Stripe, of an invoice that was past its disabling date by then. What was
    /// overdue at that time keeps the account disabled: see [`crate::state`].
    pub disabled_until: Option<Timestamp>,
    /// The last transition that the journal has.
    pub noticed: Noticed,
    /// The time of the last journal entry: the next one is not written under an earlier time.
    pub journal_at: Timestamp,
    /// What is due for the account is not looked at before this time, after a failure:
    /// [`Timestamp::MAX`] when an operator must look. Forgotten with the next change.
    pub retry_at: Option<Timestamp>,
}

/// A change of plan or seats that takes effect at the end of a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingChange {
    /// The plan from then on.
    pub plan: String,
    /// How often it renews from then on.
    pub interval: Interval,
    /// The seats from then on.
    pub seats: u64,
    /// When: the end of the period in which it was booked.
    pub at: Timestamp,
    /// Whether Stripe's schedule says so too. Until then it is to be made.
    pub booked: bool,
}

impl PendingChange {
    /// True if both book the same for the same time, whether Stripe's schedule says so yet or not.
    pub fn is_same_as(&self, other: &Self) -> bool {
        Self { booked: other.booked, ..self.clone() } == *other
    }
}

/// An account that was closed: it is not billed any more (C10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed {
    /// How.
    pub how: Closure,
    /// Since when.
    pub at: Timestamp,
}

/// How an account was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Closure {
    /// By staff, or because its Stripe customer was deleted.
    Canceled,
    /// By staff, for cause.
    Terminated,
}

impl Word for Closure {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Canceled, "canceled"), (Self::Terminated, "terminated")];
}

/// An invoice that is owed, as far as the account's state depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenInvoice {
    /// What is still to be paid.
    pub remaining: Money,
    /// From when it is overdue.
    pub overdue_at: Timestamp,
    /// From when it disables the account.
    pub disables_at: Timestamp,
    /// The subscription whose first payment, charged automatically, this is: it counts only when that
    /// subscription runs without it.
    pub first_of: Option<SubscriptionId>,
    /// The last of its moments that the journal has.
    pub journaled: Option<Moment>,
}

/// A state, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Noticed {
    /// Which.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
}

impl Standing {
    /// The standing of a new account.
    pub fn new(account: AccountId, base_plan: &str, grace_seconds: i64, now: Timestamp) -> Self {
        Self {
            version: 0,
            account,
            base_plan: base_plan.to_owned(),
            grace_seconds,
            closed: None,
            subscription: None,
            pending: None,
            collection: Collection::Automatic,
            net_days: 0,
            terms_set: false,
            payment_method_told: false,
            opening: false,
            open: BTreeMap::new(),
            more_open: 0,
            currency: None,
            disabled_until: None,
            noticed: Noticed { state: State::Active, since: now },
            journal_at: now,
            retry_at: None,
        }
    }

    /// The plan in force: the running subscription's, else the base plan.
    pub fn plan(&self) -> &str {
        self.live_subscription().map_or(&self.base_plan, |subscription| &subscription.plan)
    }

    /// The subscription, if it runs.
    pub fn live_subscription(&self) -> Option<&SubscriptionSnapshot> {
        self.subscription.as_ref().filter(|subscription| subscription.status.is_live())
    }

    /// Takes over the account's subscription from all of its subscriptions.
    pub fn set_subscription<'a>(&mut self, all: impl IntoIterator<Item = &'a Subscription>) {
        let current = Subscription::current(all).map(|current| current.snapshot.clone());
        let own = |it: &Option<SubscriptionSnapshot>| it.as_ref()?.payment_method.clone();
        self.payment_method_told &= own(&self.subscription) == own(&current);
        self.subscription = current;
    }

    /// Lists an invoice as it is now, or takes it off. When `open` is full, the least urgent invoice
    /// is only counted.
    pub fn list(&mut self, invoice: &Invoice) {
        let before = self.open.remove(&invoice.id);
        if let Some(entry) = OpenInvoice::listing(invoice, before.as_ref()) {
            self.open.insert(invoice.id.clone(), entry);
        }
        self.count_beyond_limit();
    }

    /// Lists every invoice of the account anew: what is needed when some were only counted.
    pub fn list_all<'a>(&mut self, invoices: impl IntoIterator<Item = &'a Invoice>) {
        let listed = std::mem::take(&mut self.open);
        let listing = |invoice: &Invoice| {
            let entry = OpenInvoice::listing(invoice, listed.get(&invoice.id))?;
            Some((invoice.id.clone(), entry))
        };
        let open = invoices.into_iter().filter_map(listing).collect();

        (self.open, self.more_open) = (open, 0);
        self.count_beyond_limit();
    }

    /// The same standing with every open invoice listed, however many: to be shown, never to be kept.
    #[must_use]
    pub fn with_all_open(&self, invoices: &[Invoice]) -> Self {
        let entry = |invoice: &Invoice| Some((invoice.id.clone(), OpenInvoice::of(invoice)?));
        let open = invoices.iter().filter_map(entry).collect();
        Self { open, more_open: 0, ..self.clone() }
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

    /// Whether an open invoice counts as outstanding. The invoice of a pending plan change or of an
    /// incomplete subscription never does; the first payment of a subscription counts only when that
    /// runs unpaid, as one that was started by a schedule does.
    pub fn counts(&self, id: &InvoiceId, entry: &OpenInvoice) -> bool {
        use crate::fact::SubscriptionStatus::{
            Active, Canceled, Incomplete, IncompleteExpired, PastDue, Paused, Trialing, Unpaid,
        };
        let current = self.subscription.as_ref();
        let pending = current.is_some_and(|current| current.pending_invoice.as_ref() == Some(id));
        let counts_as_first = |first_of: &SubscriptionId| {
            current.filter(|current| current.id == *first_of).is_some_and(|current| {
                match current.status {
                    PastDue | Unpaid => true,
                    Incomplete | Trialing | Active | Paused | Canceled | IncompleteExpired => false,
                }
            })
        };
        !pending && entry.first_of.as_ref().is_none_or(counts_as_first)
    }

    /// The standing as it is read back once it is committed.
    #[must_use]
    pub fn committed(self) -> Self {
        Self { version: self.version.saturating_add(1), ..self }
    }

    /// True if an invoice, as Stripe shows it, changes nothing of what is listed as owed. An invoice whose deadline the
    /// books know better, by a failed attempt, counts as different: then the invoice itself is to be read.
    pub fn lists_as_shown(&self, shown: &InvoiceSnapshot, at: Timestamp) -> bool {
        let event = InvoiceEvent::Updated;
        let Ok(invoice) = Invoice::after(None, event, shown, at, self.grace_seconds) else {
            return false;
        };
        let mut listed = self.clone();
        listed.list(&invoice);
        self.more_open == 0 && listed == *self
    }

    /// The open invoices that count, in order of their ids.
    pub fn counting(&self) -> impl Iterator<Item = (&InvoiceId, &OpenInvoice)> {
        self.open.iter().filter(|(id, entry)| self.counts(id, entry))
    }
}

impl OpenInvoice {
    /// How the standing lists an invoice in the place of an earlier listing of it.
    fn listing(invoice: &Invoice, before: Option<&Self>) -> Option<Self> {
        let entry = Self::of(invoice)?;
        Some(match before {
            Some(before) => entry.in_place_of(before),
            None => entry,
        })
    }

    /// How the standing lists an invoice: nothing when it is not owed.
    pub fn of(invoice: &Invoice) -> Option<Self> {
        let terms = invoice.terms.as_ref()?;
        let deadline = invoice.deadline?;
        let is_first = terms.reason == BillingReason::SubscriptionCreate
            && terms.collection == crate::fact::Collection::Automatic;
        Some(Self {
            remaining: Money::new(invoice.remaining(), invoice.currency),
            overdue_at: deadline.overdue_at,
            disables_at: deadline.disables_at,
            first_of: terms.subscription.clone().filter(|_| is_first),
            journaled: None,
        })
    }
}
