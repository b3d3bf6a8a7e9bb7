//! The standing of an account: the small item that every decision about it reads and rewrites.
//!
//! The standing has the facts from which [`crate::state`] computes an account's state. The state
//! itself is not kept: being past due or disabled follows from those facts and the time. Every
//! change rewrites the standing under its version, so it guards the account's invoices,
//! subscriptions and journal.

pub mod api_key;
pub mod authority;
pub mod banner;
pub mod dead_letter;
pub mod details;
pub mod family;
pub mod history;
pub mod member;
pub mod moments;
pub mod opening;
mod owed;
pub mod pages;
pub mod profile;
pub mod search;
pub mod session;
pub mod staff;
pub mod state;
pub mod tax_id;
pub mod transitions;

use std::collections::BTreeMap;

use crate::fact::{Collection, SubscriptionSnapshot};
use crate::ids::{AccountId, InvoiceId, SubscriptionId};
use crate::journal::Entry;
use crate::money::{Currency, Money};
use crate::price::Interval;
use crate::state::State;
use crate::subscription::Subscription;
use crate::time::Timestamp;
use crate::voided::VoidedRenewal;
use crate::words::Word;
use family::Family;
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
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Standing {
    /// The version of the item that it was read from; 0 when there is none yet.
    pub version: u64,
    /// Whose it is.
    pub account: AccountId,
    /// Its family: alone, a parent, or a sub-account.
    pub family: Family,
    /// The plan in force without a subscription.
    pub base_plan: String,
    /// From overdue to disabled, in seconds (A19); zero is legal.
    pub grace_seconds: i64,
    /// Time at which its customer was linked with what it had at Stripe: an invoice that was late
    /// by then has the whole grace from that moment on. None for a customer that was made for the
    /// account.
    pub linked_at: Option<Timestamp>,
    /// The account itself is closed.
    pub closed: Option<Closed>,
    /// The account's subscription to a plan of ours, running or ended.
    pub subscription: Option<SubscriptionSnapshot>,
    /// Its customer has, or had, subscriptions of other products.
    pub has_foreign: bool,
    /// It runs a subscription that was bought twice.
    pub has_doubles: bool,
    /// The change of plan or seats that is booked for the end of the period (D4, D5): our word,
    /// which Stripe's schedule follows (money rule 15).
    pub pending: Option<PendingChange>,
    /// How its invoices are collected: staff alone make that manual (A17).
    pub collection: Collection,
    /// In how many days a sent invoice is due.
    pub net_days: u32,
    /// Staff set these terms, and Stripe follows them. Until then the terms of a subscription that
    /// was there before stand as they are.
    pub terms_set: bool,
    /// The journal says that the subscription's own payment method became the customer's (money
    /// rule 9), and the subscription still has it.
    pub payment_method_told: bool,
    /// Stripe has not made the customer yet, and may refuse to: there may be no such account in the
    /// end.
    pub opening: bool,
    /// What is owed, the most urgent invoices first to be kept.
    pub open: BTreeMap<InvoiceId, OpenInvoice>,
    /// How many more invoices are owed than `open` lists.
    pub more_open: u32,
    /// The currency that its invoices are in: the first in the alphabet if they are in several.
    pub currency: Option<Currency>,
    /// The latest payment, at Stripe, of an invoice that was past its disabling date by then. What
    /// was overdue at that time keeps the account disabled: see [`crate::state`].
    pub disabled_until: Option<Timestamp>,
    /// The latest renewal that was voided while the account was disabled, until the rest of its
    /// period is invoiced or over.
    pub voided: Option<VoidedRenewal>,
    /// The last transition that the journal has.
    pub noticed: Noticed,
    /// The time of the last journal entry: the next one is not written under an earlier time.
    pub journal_at: Timestamp,
    /// Number of the last journal entry: entries count from 1. Those that an account had before
    /// they were numbered are not counted.
    pub journal_entries: u64,
    /// The time at which something is to be done about its transfers ([`crate::desk`]).
    pub desk_at: Option<Timestamp>,
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
    /// True if Stripe's schedule says so too. Until then it is to be made.
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
    /// Staff closed it, so its subscription is ended by us; a deleted customer's ends by itself.
    pub ends_subscription: bool,
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
    /// Time from which it is overdue.
    pub overdue_at: Timestamp,
    /// Time from which it disables the account.
    pub disables_at: Timestamp,
    /// The subscription that it is of; none for an invoice beside subscriptions.
    pub subscription: Option<SubscriptionId>,
    /// Whose that subscription is.
    pub owner: Owner,
    /// Effect that it can have on the account's state.
    pub bearing: Bearing,
    /// The last of its moments that the journal has.
    pub journaled: Option<Moment>,
}

/// Owner of the subscription that an invoice is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// Tollgate. An invoice without a subscription counts like ours.
    Ours,
    /// Not known yet: the subscription's own event has not come.
    Unknown,
    /// Another product.
    Foreign,
}

impl Word for Owner {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Ours, "ours"), (Self::Unknown, "u"), (Self::Foreign, "x")];
}

/// Effect that an unpaid invoice can have on its account's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearing {
    /// It makes the account overdue, and disables it.
    Full,
    /// The same, once its subscription runs without it: it is that subscription's first payment,
    /// charged automatically.
    First,
    /// None while its subscription runs: collection by itself was stopped after finalization. When
    /// a subscription ends, Stripe stops it too, and then it counts.
    Stopped,
    /// None: a pause that was not ours made it uncollectible.
    Paused,
}

impl Word for Bearing {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Full, "full"), (Self::First, "f"), (Self::Stopped, "s"), (Self::Paused, "p")];
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
            family: Family::Standard,
            base_plan: base_plan.to_owned(),
            grace_seconds,
            linked_at: None,
            closed: None,
            subscription: None,
            has_foreign: false,
            has_doubles: false,
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
            voided: None,
            noticed: Noticed { state: State::Active, since: now },
            journal_at: now,
            journal_entries: 0,
            desk_at: None,
            retry_at: None,
        }
    }

    /// The plan in force: the running subscription's, else the base plan. A paused subscription has
    /// none in force.
    pub fn plan(&self) -> &str {
        let live = self.live_subscription().filter(|live| live.status.is_in_force());
        live.map_or(&self.base_plan, |subscription| &subscription.plan)
    }

    /// The subscription, if it runs.
    pub fn live_subscription(&self) -> Option<&SubscriptionSnapshot> {
        self.subscription.as_ref().filter(|subscription| subscription.status.is_live())
    }

    /// Takes over the account's subscription from all of its customer's, and to whom each open
    /// invoice belongs.
    pub fn set_subscription(&mut self, all: &[&Subscription]) {
        let current = Subscription::current(all.iter().copied());
        let current = current.map(|current| current.snapshot.clone());
        let own = |it: &Option<SubscriptionSnapshot>| it.as_ref()?.payment_method.clone();
        self.payment_method_told &= own(&self.subscription) == own(&current);
        self.subscription = current;
        self.has_foreign = all.iter().any(|one| !one.snapshot.is_ours());
        self.has_doubles = !Subscription::doubles(all.iter().copied()).is_empty();
        self.set_owners(all);
    }

    /// Notes that something may be to be done about the account's transfers, by then.
    pub fn look_at_desk(&mut self, now: Timestamp) {
        self.desk_at = Some(self.desk_at.map_or(now, |at| at.min(now)));
    }

    /// The standing as it is read back once it is committed.
    #[must_use]
    pub fn committed(self) -> Self {
        Self { version: self.version.saturating_add(1), ..self }
    }

    /// The standing as it is read back once it is committed with entries of the journal: each entry
    /// has the next number.
    #[must_use]
    pub fn committed_with(self, entries: &[Entry]) -> Self {
        let more = u64::try_from(entries.len()).unwrap_or(u64::MAX);
        let journal_entries = self.journal_entries.saturating_add(more);
        Self { journal_entries, ..self.committed() }
    }
}
