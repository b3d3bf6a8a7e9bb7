//! The words in which our enums are written: into the table, the API and the journal.
//!
//! A word is for ever: items that carry it are never rewritten only because a name got better.

use crate::account::Closure;
use crate::fact::{
    BillingReason, Collection, CreditNoteStatus, Interval, InvoiceStatus, SubscriptionStatus,
};
use crate::intent::IntentStatus;
use crate::price_change::Part;
use crate::state::State;

/// An enum that is written as a word. `as_str` and `parse` are each other's inverse.
pub trait Word: Copy + PartialEq + 'static {
    /// Every value with its word.
    const WORDS: &'static [(Self, &'static str)];

    /// The word of a value.
    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(value, _)| *value == self).map_or("unknown", |(_, word)| word)
    }

    /// The value of a word.
    fn of_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, known)| *known == word).map(|(value, _)| *value)
    }
}

impl Word for InvoiceStatus {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Draft, "draft"),
        (Self::Open, "open"),
        (Self::Uncollectible, "uncollectible"),
        (Self::Paid, "paid"),
        (Self::Void, "void"),
        (Self::Deleted, "deleted"),
    ];
}

impl Word for Part {
    const WORDS: &'static [(Self, &'static str)] = &[(Self::Plan, "plan"), (Self::Seat, "seat")];
}

impl Word for SubscriptionStatus {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Incomplete, "incomplete"),
        (Self::Trialing, "trialing"),
        (Self::Active, "active"),
        (Self::PastDue, "past_due"),
        (Self::Unpaid, "unpaid"),
        (Self::Paused, "paused"),
        (Self::Canceled, "canceled"),
        (Self::IncompleteExpired, "incomplete_expired"),
    ];
}

impl Word for CreditNoteStatus {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Issued, "issued"), (Self::Void, "void")];
}

impl Word for Collection {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Automatic, "automatic"), (Self::Manual, "manual")];
}

impl Word for BillingReason {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::SubscriptionCreate, "subscription_create"),
        (Self::SubscriptionUpdate, "subscription_update"),
        (Self::Subscription, "subscription"),
        (Self::Other, "other"),
    ];
}

impl Word for Interval {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Day, "day"), (Self::Week, "week"), (Self::Month, "month"), (Self::Year, "year")];
}

impl Word for State {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Terminated, "terminated"),
        (Self::Canceled, "canceled"),
        (Self::Disabled, "disabled"),
        (Self::Restricted, "restricted"),
        (Self::PastDue, "past_due"),
        (Self::Active, "active"),
    ];
}

impl Word for Closure {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Canceled, "canceled"), (Self::Terminated, "terminated")];
}

impl Word for IntentStatus {
    const WORDS: &'static [(Self, &'static str)] = &[(Self::Open, "open"), (Self::Done, "done")];
}
