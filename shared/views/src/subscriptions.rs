//! Subscriptions, previews of changes and visits to the billing portal as the contract shows them.

use billing::account::Standing;
use billing::cancellation::{Check, Condition};
use billing::fact::{Collection, Interval};
use billing::money::Money;
use billing::on_file::{OnFile, Problem};
use billing::price_change::{Announced, Part};
use billing::resumption::paused;
use billing::time::Timestamp;
use billing::words::Word;
use serde::Serialize;

use crate::access::ReasonView;
use crate::accounts::{PendingView, PeriodView};
use crate::money::MoneyView;
use crate::prices::AnnouncedPriceView;
use crate::upcoming::UpcomingView;

/// A subscription, with the cost of its next renewal.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SubscriptionView {
    plan: String,
    status: Option<&'static str>,
    interval: Option<&'static str>,
    seats: Option<u64>,
    period: Option<PeriodView>,
    /// Time of the renewal; null when there is none.
    renews_at: Option<String>,
    next_renewal: Option<MoneyView>,
    /// Time at which Stripe's preview of that cost was read, where Stripe adds to it what the books
    /// do not have, such as discounts, other items or prorations; null where it is the books'.
    next_renewal_as_of: Option<String>,
    /// The plan in force now, beside what is booked, and what it costs.
    current: CurrentView,
    pending_change: Option<PendingView>,
    /// Changes of the prices that it pays, announced and not applied yet: the soonest first. A
    /// change of plan that is booked ends them.
    price_changes: Vec<AnnouncedPriceView>,
    cancel_at_period_end: bool,
    ends_at: Option<String>,
    /// True while a change waits for the customer to authenticate its payment.
    payment_pending: bool,
    collection: &'static str,
    /// Reason why a paused subscription is paused, and what resumes it; null for any other. Its
    /// plan is not in force meanwhile.
    paused: Option<ReasonView>,
    /// Payment method on file; absent where there is none, and in answers to a change.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_method: Option<OnFileView>,
}

/// The plan in force, and what it costs.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CurrentView {
    /// Plan in force: the free one while a subscription is paused or not paid for yet.
    plan: String,
    /// Interval of the subscription in force; null without one.
    interval: Option<&'static str>,
    /// Seats of the subscription in force; null without one.
    seats: Option<u64>,
    /// Price of the plan itself for an interval, without tax; null without one.
    plan_amount: Option<MoneyView>,
    /// Price of each seat for an interval, without tax; null where seats have none.
    seat_amount: Option<MoneyView>,
}

/// The payment method on file.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OnFileView {
    /// Stripe's kind, such as `card` or `sepa_debit`.
    kind: String,
    /// Brand of a card.
    brand: Option<String>,
    /// Last four digits.
    last4: Option<String>,
    /// Month of a card's expiry, 1 to 12.
    exp_month: Option<u16>,
    /// Year of a card's expiry.
    exp_year: Option<u16>,
    /// What is wrong with it: `expired_card`, `authentication_required`, or the code of the decline
    /// with which it was last tried by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// True while what is owed is being tried with it. This may take some time.
    is_being_tried: bool,
}

impl OnFileView {
    /// View of what is on file at a moment; none where nothing is.
    pub fn of(on_file: &OnFile, now: Timestamp) -> Option<Self> {
        let method = on_file.method.clone()?;
        let problem = on_file.problem(now).map(|problem| match problem {
            Problem::Expired => "expired_card".to_owned(),
            Problem::NeedsOwner => "authentication_required".to_owned(),
            Problem::Declined(code) => code,
        });
        Some(Self {
            is_being_tried: on_file.untried().is_some(),
            exp_month: method.expires.map(|(_, month)| month),
            exp_year: method.expires.map(|(year, _)| year),
            kind: method.kind,
            brand: method.brand,
            last4: method.last4,
            problem,
        })
    }
}

/// Cost of a change before it is made.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PreviewView {
    /// Id that confirms the change at this cost.
    pub preview_id: String,
    /// Time until which the preview holds.
    pub expires_at: String,
    /// `now` or `period_end`.
    pub effective: &'static str,
    /// Time at which the change takes effect.
    pub effective_at: String,
    /// Money charged at once, with tax.
    pub due_now: MoneyView,
    /// Tax in that amount.
    pub tax: MoneyView,
    /// Cost of the next renewal, without tax; null when there is none.
    pub next_renewal: Option<MoneyView>,
    /// Lines of the invoice, without tax.
    pub lines: Vec<LineView>,
}

/// Line of a previewed invoice.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "PreviewLineView"))]
pub struct LineView {
    description: String,
    amount: MoneyView,
    period: PeriodView,
}

/// Page on which a first paid plan is bought.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CheckoutView {
    /// Address of Stripe's page.
    pub checkout_url: String,
}

/// Outcome of a cancellation that is only asked about.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DryRunView {
    passes: bool,
    conditions: Vec<ConditionView>,
    /// Every unmet condition.
    reasons: Vec<ReasonView>,
    /// Time at which the subscription would end; null without one.
    ends_at: Option<String>,
    /// Invoice behind that end, as far as it is known now: what was used by now and is not invoiced
    /// yet, and no renewal. Null without a subscription, and where it ends in a later month.
    final_invoice: Option<UpcomingView>,
}

/// Condition of a cancellation.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConditionView {
    code: String,
    met: bool,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    clears_by: Option<String>,
}

/// A visit to the billing portal.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VisitView {
    /// Address that lets its holder in: it is answered, and neither kept nor logged.
    pub url: String,
    /// Sentence to show beside it: what a new card is used for, and that this may take some time
    /// (A11).
    pub notice: String,
}

impl SubscriptionView {
    /// View of the subscription of an account, with the cost of its next renewal.
    pub fn of(standing: &Standing, next_renewal: Option<Money>) -> Self {
        let live = standing.live_subscription();
        let renews = live.filter(|live| live.ends_at.is_none() && live.status.is_in_force());
        let collection = live.and_then(|live| live.collection).unwrap_or(standing.collection);
        Self {
            plan: live.map_or_else(|| standing.plan(), |live| &live.plan).to_owned(),
            status: live.map(|live| live.status.word()),
            interval: live.and_then(|live| live.interval).map(Interval::word),
            seats: live.map(|live| live.seats),
            period: live.map(PeriodView::of_subscription),
            renews_at: renews.map(|live| live.period_end.to_string()),
            next_renewal: next_renewal.map(MoneyView::from),
            next_renewal_as_of: None,
            current: CurrentView::of(standing),
            pending_change: standing.pending.as_ref().map(PendingView::of),
            price_changes: Vec::new(),
            cancel_at_period_end: live.is_some_and(|live| live.ends_at == Some(live.period_end)),
            ends_at: live.and_then(|live| live.ends_at).map(|at| at.to_string()),
            payment_pending: live.is_some_and(|live| live.pending_invoice.is_some()),
            collection: Collection::word(collection),
            paused: live.and_then(paused).map(ReasonView::from),
            payment_method: None,
        }
    }
}

impl SubscriptionView {
    /// The same with the time at which Stripe's preview of the next renewal was read.
    #[must_use]
    pub fn previewed_at(self, at: Option<Timestamp>) -> Self {
        Self { next_renewal_as_of: at.map(|at| at.to_string()), ..self }
    }
}

impl SubscriptionView {
    /// The same with the price changes that are ahead of it.
    #[must_use]
    pub fn with_price_changes(self, changes: &[Announced]) -> Self {
        Self { price_changes: changes.iter().map(AnnouncedPriceView::of).collect(), ..self }
    }
}

impl CurrentView {
    fn of(standing: &Standing) -> Self {
        let live = standing.live_subscription().filter(|live| live.status.is_in_force());
        let fee = live.and_then(|live| live.fee);
        let amount = |part: Part| {
            let fee = fee?;
            Some(MoneyView::from(Money::new(fee.amount(part)?, fee.currency)))
        };
        Self {
            plan: standing.plan().to_owned(),
            interval: live.and_then(|live| live.interval).map(Interval::word),
            seats: live.map(|live| live.seats),
            plan_amount: amount(Part::Plan),
            seat_amount: amount(Part::Seat),
        }
    }
}

impl SubscriptionView {
    /// The same with what is on file.
    #[must_use]
    pub fn with_payment_method(self, payment_method: Option<OnFileView>) -> Self {
        Self { payment_method, ..self }
    }
}

impl LineView {
    /// View of a line.
    pub fn of(description: &str, amount: Money, period: (Timestamp, Timestamp)) -> Self {
        Self {
            description: description.to_owned(),
            amount: amount.into(),
            period: PeriodView::of(period),
        }
    }
}

impl DryRunView {
    /// View of a check, of the time at which the subscription would end, and of its last invoice.
    pub fn of(
        check: &Check,
        ends_at: Option<Timestamp>,
        final_invoice: Option<UpcomingView>,
    ) -> Self {
        Self {
            passes: check.passes,
            conditions: check.conditions.iter().map(ConditionView::of).collect(),
            reasons: check.reasons().into_iter().map(ReasonView::from).collect(),
            ends_at: ends_at.map(|at| at.to_string()),
            final_invoice,
        }
    }
}

impl ConditionView {
    fn of(condition: &Condition) -> Self {
        let Condition { code, met, detail, clears_by } = condition.clone();
        Self { code, met, detail, clears_by }
    }
}
