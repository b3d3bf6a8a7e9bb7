//! Subscriptions (docs.stripe.com/api/subscriptions): periods, changes, prorations and their end.
//!
//! Both billing modes are simulated; `flexible` is the default since 2025-09-30.clover. Not
//! simulated, and refused: metered prices, automatic tax, thresholds, backdating, Connect. Nothing
//! is told as `invoice.upcoming`.

mod api;
mod cancel;
mod change;
mod create;
mod invoicing;
mod items;
mod items_api;
mod json;
mod lines;
pub(crate) mod period;
mod preview;
mod proration;
mod renewal;
mod resume;
mod standing;
mod trial;
mod update;

#[cfg(test)]
pub(crate) mod tests;

use billing::time::Timestamp;
use serde_json::{Map, Value};

use crate::coupons::Discount;
use crate::invoices::Collection;
use crate::metadata::Metadata;
use crate::shelf::Object;
use crate::stripe::Stripe;
use period::Period;
use serde::{Deserialize, Serialize};

pub use api::{ROUTES, of_customer};
pub use cancel::cancel;
pub use create::create;
pub(crate) use create::create_by_schedule;
pub(crate) use json::{billing_mode_json, tax_rates as tax_rates_json};
pub use renewal::period_due;
pub use standing::{InvoiceNews, incomplete_expires, invoice_changed};
pub use trial::trial_will_end;
pub(crate) use update::by_schedule::{
    change_by_schedule, end_by_schedule, foresee_update, keep_running, update_by_schedule,
};
pub(crate) use update::settings::refuse;
pub use update::{pending_update_expires, update};

/// Where a subscription stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SubscriptionStatus {
    /// Its first payment has not come.
    Incomplete,
    /// That payment did not come in time.
    IncompleteExpired,
    /// In its trial.
    Trialing,
    /// It runs.
    Active,
    /// It runs, and a renewal is not paid.
    PastDue,
    /// Collection has been given up.
    Unpaid,
    /// Its trial ended without a payment method.
    Paused,
    /// It is over.
    Canceled,
}

impl SubscriptionStatus {
    /// Stripe's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Incomplete => "incomplete",
            Self::IncompleteExpired => "incomplete_expired",
            Self::Trialing => "trialing",
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Unpaid => "unpaid",
            Self::Paused => "paused",
            Self::Canceled => "canceled",
        }
    }

    /// True if it is over for good.
    pub fn ended(self) -> bool {
        matches!(self, Self::Canceled | Self::IncompleteExpired)
    }
}

/// How prorations are worked out (docs.stripe.com/billing/subscriptions/billing-mode/compare).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BillingMode {
    /// Credits by the current price; a change of interval resets the anchor.
    Classic,
    /// Credits of what was billed; the anchor moves only when it is told to.
    Flexible,
}

/// What becomes of a subscription whose trial ends without a payment method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MissingPaymentMethod {
    /// It is invoiced all the same.
    CreateInvoice,
    /// It is cancelled.
    Cancel,
    /// It is paused.
    Pause,
}

/// What becomes of invoices that are made while collection is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PauseBehaviour {
    /// They stay drafts.
    KeepAsDraft,
    /// They are marked uncollectible.
    MarkUncollectible,
    /// They are made void.
    Void,
}

/// Collection is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseCollection {
    /// What becomes of its invoices.
    pub behaviour: PauseBehaviour,
    /// Until when; until it is unset when none.
    pub resumes_at: Option<Timestamp>,
}

/// A subscription.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Subscription {
    /// `sub_...`
    pub id: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// Whose.
    pub customer: String,
    /// ISO 4217, lower case.
    pub currency: String,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// What is subscribed to.
    pub items: Vec<SubscriptionItem>,
    /// Its billing cycle anchor: periods are counted from here.
    pub anchor: Timestamp,
    /// `billing_cycle_anchor_config`, as it was given.
    pub anchor_config: Value,
    /// How prorations are worked out.
    pub mode: BillingMode,
    /// How its invoices are collected.
    pub collection: Collection,
    /// The payment method of its invoices, before the customer's.
    pub default_payment_method: Option<String>,
    /// An old card of the customer's, used when there is no default payment method.
    pub default_source: Option<String>,
    /// True if a payment makes its method the default one.
    pub saves_payment_method: bool,
    /// Tax rates of its invoices.
    pub default_tax_rates: Vec<String>,
    /// Its latest trial.
    pub trial: Option<Period>,
    /// What becomes of it when a trial ends without a payment method.
    pub missing_payment_method: MissingPaymentMethod,
    /// True if it is over at the end of its period.
    pub cancel_at_period_end: bool,
    /// Time at which it will be over.
    pub cancel_at: Option<Timestamp>,
    /// Time at which its end was asked for.
    pub canceled_at: Option<Timestamp>,
    /// Time at which it was over.
    pub ended_at: Option<Timestamp>,
    /// `comment`, `feedback` and `reason`.
    pub cancellation: Map<String, Value>,
    /// What is taken off its invoices.
    pub discounts: Vec<Discount>,
    /// Whether collection is paused.
    pub pause: Option<PauseCollection>,
    /// A change that waits for its payment.
    pub pending_update: Option<PendingUpdate>,
    /// Time at which a caller paused it; none when the end of its trial did, or nothing.
    pub paused_at: Option<Timestamp>,
    /// The invoice that resumes it once it is paid.
    pub resumption: Option<String>,
    /// Its newest invoice.
    pub latest_invoice: Option<String>,
    /// The schedule that it follows.
    pub schedule: Option<String>,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
    /// What it only repeats.
    pub told: Map<String, Value>,
    /// Nothing of it is told yet: it is being made.
    pub quiet: bool,
}

/// An item of a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionItem {
    /// `si_...`
    pub id: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// At which price.
    pub price: String,
    /// How many.
    pub quantity: i64,
    /// Its period: from and to.
    pub period: Period,
    /// Its own tax rates.
    pub tax_rates: Vec<String>,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
    /// What was billed for time of it that has not been taken back, oldest first.
    pub billed: Vec<Billed>,
}

/// Something that was billed for an item in advance: what credits take back, in flexible mode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Billed {
    /// At which price.
    pub price: String,
    /// How many.
    pub quantity: i64,
    /// Minor units, for the whole period.
    pub amount: i64,
    /// From and to.
    pub period: Period,
    /// Until when it has not been taken back.
    pub until: Timestamp,
    /// Its tax rates.
    pub tax_rates: Vec<String>,
    /// Where it stands.
    pub source: Source,
}

/// Where a bill stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// It will be the nth line of a change that is not yet billed.
    Planned(usize),
    /// An invoice item.
    InvoiceItem(String),
    /// A line of this invoice.
    Invoice(String),
}

/// A change that waits for its payment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PendingUpdate {
    /// What it changes.
    pub(crate) change: change::Change,
    /// The invoice that decides.
    pub invoice: String,
    /// Time at which it is discarded.
    pub expires_at: Timestamp,
    /// What was asked for, as `pending_update` shows it.
    pub(crate) shown: Map<String, Value>,
}

impl Subscription {
    /// Time at which the first of its items' periods ends.
    pub fn period_end(&self) -> Timestamp {
        self.items.iter().map(|item| item.period.1).min().unwrap_or(self.created)
    }

    /// Time at which the last of its items' periods began.
    pub fn period_start(&self) -> Timestamp {
        self.items.iter().map(|item| item.period.0).max().unwrap_or(self.created)
    }

    /// Where its trial ends, while it is in one.
    pub fn trial_end(&self) -> Option<Timestamp> {
        let trialing = self.status == SubscriptionStatus::Trialing;
        self.trial.filter(|_| trialing).map(|(_, end)| end)
    }
}

impl Object for Subscription {
    const KIND: &'static str = "subscription";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, stripe: &Stripe) -> Value {
        json::subscription(stripe, self)
    }
}

/// Changes a subscription and tells `customer.subscription.updated`, if anything of it shows.
pub(crate) fn alter(stripe: &mut Stripe, id: &str, change: impl FnOnce(&mut Subscription)) {
    let before = stripe.shown(|stripe| &stripe.subscriptions, id);
    let Some(subscription) = stripe.subscriptions.get_mut(id) else { return };
    change(subscription);
    let quiet = subscription.quiet;
    let after = stripe.shown(|stripe| &stripe.subscriptions, id);
    if !quiet {
        stripe.emit_update("customer.subscription.updated", &before, after);
    }
}

/// Puts down when it has to be looked at next.
pub(crate) fn wake(stripe: &mut Stripe, id: &str) {
    let Some(subscription) = stripe.subscriptions.get(id) else { return };
    if subscription.status.ended() {
        return;
    }
    let resumes = subscription.pause.and_then(|pause| pause.resumes_at);
    let times = [Some(subscription.period_end()), subscription.cancel_at, resumes];
    let customer = subscription.customer.clone();
    let now = stripe.time_of(Some(&customer));
    let next = times.into_iter().flatten().filter(|at| *at > now).min();
    if let Some(next) = next {
        let task = crate::agenda::Task::SubscriptionPeriod(id.to_owned());
        stripe.schedule(Some(&customer), next, task);
    }
}
