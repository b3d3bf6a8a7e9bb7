//! A subscription as a fact tells it, and the evidence that it, or its pause, is ours.

use serde::{Deserialize, Serialize};

use crate::fact::Collection;
use crate::ids::{InvoiceId, PaymentMethodId, ScheduleId, SubscriptionId};
use crate::price::{Fee, Interval};
use crate::tax_rate::TaxRate;
use crate::time::Timestamp;
use crate::words::Word;

/// A subscription as Stripe showed it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SubscriptionSnapshot {
    /// Stripe's id.
    pub id: SubscriptionId,
    /// Time at which it was created: the newer of two live subscriptions is the account's.
    pub created: Timestamp,
    /// Its status then.
    pub status: SubscriptionStatus,
    /// Who ends the suspension of one that is paused; none of any other.
    pub suspension: Option<Suspension>,
    /// Evidence that it sells a plan of ours.
    pub origin: Origin,
    /// What it sells: the plan that its price's metadata names, else its own metadata, else the
    /// price's lookup key, else the price's id.
    pub plan: String,
    /// How often it renews.
    pub interval: Option<Interval>,
    /// The quantity of the item whose price is for seats, else that of its first licensed item.
    pub seats: u64,
    /// Start of the paid period.
    pub period_start: Timestamp,
    /// End of the paid period: the renewal date.
    pub period_end: Timestamp,
    /// Time at which it will end, if a cancellation is booked (`cancel_at_period_end` or
    /// `cancel_at`).
    pub ends_at: Option<Timestamp>,
    /// The invoice that a pending update or an incomplete subscription waits for: it never counts
    /// as outstanding.
    pub pending_invoice: Option<InvoiceId>,
    /// What it charges at each renewal; nothing when Stripe's prices are of a kind that we do not
    /// sell by.
    #[serde(default)]
    pub fee: Option<Fee>,
    /// How it is collected; nothing in messages that were queued before this was read.
    #[serde(default)]
    pub collection: Option<Collection>,
    /// Days in which its invoices are due, where they are sent.
    #[serde(default)]
    pub net_days: Option<u32>,
    /// Pause of its collection (`pause_collection`), if there is one.
    pub pause: Option<Pause>,
    /// The schedule that will change it at the end of the period.
    #[serde(default)]
    pub schedule: Option<ScheduleId>,
    /// Its own payment method, which goes before the customer's (money rule 9).
    #[serde(default)]
    pub payment_method: Option<PaymentMethodId>,
    /// It was bought in our Checkout, and its payment method is not the customer's yet.
    pub card_moves: bool,
    /// The fixed tax rates that come on top of what it charges (C1).
    #[serde(default)]
    pub tax_rates: Vec<TaxRate>,
}

/// Evidence that a subscription sells a plan of ours, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// None: it belongs to another product of the same customer.
    Foreign,
    /// Its metadata has a `plan`, as that of a subscription from before the link may have.
    Named,
    /// A price of ours is among its items, or a mark of ours in its metadata.
    Sold,
    /// It was bought or begun through us: its metadata names the account and the intent.
    Bought,
}

impl Word for Origin {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Foreign, "foreign"),
        (Self::Named, "named"),
        (Self::Sold, "sold"),
        (Self::Bought, "bought"),
    ];
}

impl Origin {
    /// True if we sell it, and not only by the name of its plan.
    pub fn is_sold(self) -> bool {
        match self {
            Self::Sold | Self::Bought => true,
            Self::Foreign | Self::Named => false,
        }
    }
}

/// Who ends the suspension of a paused subscription: `status_details.paused.subscription.type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Suspension {
    /// The customer, with a payment method: a trial ended, or a payment failed, without one that
    /// can be charged.
    ForPayment,
    /// The vendor's people, who paused it.
    ByVendor,
}

impl Word for Suspension {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::ForPayment, "payment"), (Self::ByVendor, "vendor")];
}

/// Pause of a subscription's collection, by who made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pause {
    /// Tollgate: behaviour `void`, no end, and our mark in the metadata.
    Ours,
    /// The vendor's people, or another program: never changed or removed by us.
    Foreign,
    /// Nobody any more: collection goes on, and only our mark is left.
    MarkLeft,
}

impl Word for Pause {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Ours, "ours"), (Self::Foreign, "foreign"), (Self::MarkLeft, "mark_left")];
}

impl Pause {
    /// True while renewals are not collected.
    pub fn holds(self) -> bool {
        match self {
            Self::Ours | Self::Foreign => true,
            Self::MarkLeft => false,
        }
    }
}

impl SubscriptionSnapshot {
    /// True if it sells a plan of ours.
    pub fn is_ours(&self) -> bool {
        match self.origin {
            Origin::Bought | Origin::Sold | Origin::Named => true,
            Origin::Foreign => false,
        }
    }

    /// True while its renewals are made and not collected.
    pub fn collection_is_paused(&self) -> bool {
        self.pause.is_some_and(Pause::holds)
    }
}

/// Stripe's subscription statuses, as far as a rule asks; ended ones last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStatus {
    /// The first payment has not come yet (for up to 23 hours).
    Incomplete,
    /// In a trial.
    Trialing,
    /// Paid up.
    Active,
    /// A renewal is unpaid.
    PastDue,
    /// Renewals are made but not collected.
    Unpaid,
    /// Suspended: no service and no invoices, until it is resumed.
    Paused,
    /// Over: canceled.
    Canceled,
    /// Over: the first payment never came.
    IncompleteExpired,
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
