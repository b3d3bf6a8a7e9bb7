//! A subscription, as `customer.subscription.*` events carry it
//! (docs.stripe.com/api/subscriptions/object).
//!
//! What moved between versions: since basil (2025-03-31) the paid period stands on each item; the
//! oldest shapes have a `plan` where the newer have a `price`, on the item or, for a subscription
//! to one plan, on the subscription itself together with its `quantity`. `billing_cycle_anchor`, an
//! object since endive, is not read.
//!
//! A plan that we sell has one item for the plan and, where it has seats, one for those: the
//! metadata of the price says which is which ([`PLAN_METADATA`], [`PART_METADATA`]).

mod sold;

use std::borrow::Cow;

use billing::fact::{
    Collection, Origin, Pause, SubscriptionSnapshot, SubscriptionStatus, Suspension,
};
use billing::ids::{CustomerId, InvoiceId, PaymentMethodId, ScheduleId, SubscriptionId};
use billing::tax::TaxRate;
use billing::time::Timestamp;
use serde::Deserialize;

use self::sold::{Item, Sold, is_there};
use super::object::Object;
use super::raw::{self, Raw, Reason, present};
use crate::event_type::SubscriptionEvent;

/// The key, in a price's metadata, of what it charges for.
pub const PART_METADATA: &str = "tollgate_part";
/// Where a tax rate says how much it is.
const PERCENTAGE: &str = "default_tax_rates.percentage";
/// The part of a plan that is charged once.
pub const PLAN_PART: &str = "plan";
/// The part of a plan that is charged for each seat.
pub const SEAT_PART: &str = "seat";

/// Metadata of a subscription.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Metadata<'a> {
    plan: Raw<'a>,
    tollgate_plan: Raw<'a>,
    tollgate_account: Raw<'a>,
    tollgate_intent: Raw<'a>,
    tollgate_pause: Raw<'a>,
    tollgate_card_before: Raw<'a>,
}

/// A fixed tax rate.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Rate<'a> {
    display_name: Raw<'a>,
    inclusive: Raw<'a>,
    percentage: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct StatusDetails<'a> {
    paused: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Paused<'a> {
    subscription: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct PausedBy<'a> {
    r#type: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct PauseCollection<'a> {
    behavior: Raw<'a>,
    resumes_at: Raw<'a>,
}

/// Whose subscription it is, and how it stands after this event.
pub(super) fn read(
    event: SubscriptionEvent,
    subscription: &Object<'_>,
) -> Result<(CustomerId, SubscriptionSnapshot), Reason> {
    raw::expect_object(subscription.object, "subscription")?;
    let sold = Sold::find(subscription)?;
    let metadata: Metadata<'_> = subscription.metadata.object("metadata")?.unwrap_or_default();
    let status = status(event, subscription)?;
    let (period_start, period_end) = period(subscription, &sold.plan.item)?;
    let snapshot = SubscriptionSnapshot {
        id: present("id", subscription.id.id("id", SubscriptionId::parse)?)?,
        created: present("created", subscription.created.time("created")?)?,
        status,
        suspension: suspension(status, subscription)?,
        origin: origin(&metadata, &sold)?,
        plan: plan(&metadata, &sold)?,
        interval: sold.interval()?,
        seats: sold.seats()?,
        period_start,
        period_end,
        ends_at: ends_at(subscription, period_end)?,
        pending_invoice: pending_invoice(subscription, status)?,
        fee: sold.fee()?,
        collection: collection(subscription.collection_method)?,
        net_days: subscription.days_until_due.count("days_until_due")?,
        pause: pause(subscription.pause_collection, &metadata)?,
        schedule: subscription.schedule.reference("schedule", ScheduleId::parse)?,
        payment_method: subscription
            .default_payment_method
            .reference("default_payment_method", PaymentMethodId::parse)?,
        card_moves: is_there(metadata.tollgate_card_before)?,
        tax_rates: tax_rates(subscription.default_tax_rates)?,
    };
    Ok((raw::customer(subscription.customer)?, snapshot))
}

/// The rates that come on top; what is within prices already changes no sum.
fn tax_rates(raw: Raw<'_>) -> Result<Vec<TaxRate>, Reason> {
    const FIELD: &str = "default_tax_rates";
    let mut rates = Vec::new();
    for rate in raw.list(FIELD)? {
        let rate: Rate<'_> = rate.object(FIELD)?.unwrap_or_default();
        if rate.inclusive.flag("default_tax_rates.inclusive")? == Some(true) {
            continue;
        }
        rates.push(TaxRate {
            percent: present(PERCENTAGE, rate.percentage.percent(PERCENTAGE)?)?,
            name: rate.display_name.owned("default_tax_rates.display_name")?.unwrap_or_default(),
        });
    }
    Ok(rates)
}

/// Behind an unknown word a subscription has ended when it says since when, and has the lowest
/// status else: what is known of it stands, because a live one never goes back to incomplete.
fn status(
    event: SubscriptionEvent,
    subscription: &Object<'_>,
) -> Result<SubscriptionStatus, Reason> {
    let shown = match &*present("status", subscription.status.text("status")?)? {
        "incomplete" => SubscriptionStatus::Incomplete,
        "trialing" => SubscriptionStatus::Trialing,
        "active" => SubscriptionStatus::Active,
        "past_due" => SubscriptionStatus::PastDue,
        "unpaid" => SubscriptionStatus::Unpaid,
        "paused" => SubscriptionStatus::Paused,
        "canceled" => SubscriptionStatus::Canceled,
        "incomplete_expired" => SubscriptionStatus::IncompleteExpired,
        other => {
            subscription.words.note("status", other);
            let ended_at = subscription.ended_at.time("ended_at")?;
            ended_at.map_or(SubscriptionStatus::Incomplete, |_| SubscriptionStatus::Canceled)
        }
    };
    Ok(match event {
        // `deleted` is sent when a subscription ends, whatever its object still says.
        SubscriptionEvent::Deleted => shown.max(SubscriptionStatus::Canceled),
        SubscriptionEvent::Created
        | SubscriptionEvent::Updated
        | SubscriptionEvent::Paused
        | SubscriptionEvent::Resumed
        | SubscriptionEvent::PendingUpdateApplied
        | SubscriptionEvent::PendingUpdateExpired
        | SubscriptionEvent::TrialWillEnd => shown,
    })
}

/// Who ends the suspension of a paused subscription. Before endive only the end of a trial without
/// a payment method paused one; a reason that is not known is the vendor's.
fn suspension(
    status: SubscriptionStatus,
    subscription: &Object<'_>,
) -> Result<Option<Suspension>, Reason> {
    const TYPE: &str = "status_details.paused.subscription.type";
    if status != SubscriptionStatus::Paused {
        return Ok(None);
    }
    let details: StatusDetails<'_> =
        subscription.status_details.object("status_details")?.unwrap_or_default();
    let paused: Paused<'_> = details.paused.object("status_details.paused")?.unwrap_or_default();
    let by: PausedBy<'_> =
        paused.subscription.object("status_details.paused.subscription")?.unwrap_or_default();
    Ok(Some(match by.r#type.text(TYPE)?.as_deref() {
        None
        | Some(
            "trial_end_without_payment_method" | "first_payment_failure" | "final_payment_failure",
        ) => Suspension::ForPayment,
        Some("pause_requested" | "system") => Suspension::ByVendor,
        Some(other) => {
            subscription.words.note(TYPE, other);
            Suspension::ByVendor
        }
    }))
}

/// Evidence that it is ours: a price of ours, or a mark of ours on the subscription.
fn origin(metadata: &Metadata<'_>, sold: &Sold<'_>) -> Result<Origin, Reason> {
    if is_there(metadata.tollgate_account)? && is_there(metadata.tollgate_intent)? {
        return Ok(Origin::Bought);
    }
    if sold.plan.is_ours()?
        || is_there(metadata.tollgate_plan)?
        || is_there(metadata.tollgate_account)?
    {
        return Ok(Origin::Sold);
    }
    Ok(if is_there(metadata.plan)? { Origin::Named } else { Origin::Foreign })
}

/// The plan that the price's metadata names, which follows whatever changes the price; else the one
/// that the subscription's own metadata names, else the price's lookup key, else its id.
fn plan(metadata: &Metadata<'_>, sold: &Sold<'_>) -> Result<String, Reason> {
    let names = [
        sold.plan.metadata.tollgate_plan.text("price.metadata.tollgate_plan")?,
        metadata.tollgate_plan.text("metadata.tollgate_plan")?,
        metadata.plan.text("metadata.plan")?,
        sold.plan.price.lookup_key.text("price.lookup_key")?,
        sold.plan.price.id.text("price.id")?,
        sold.plan.plan.id.text("plan.id")?,
    ];
    let chosen = names.into_iter().flatten().find(|name| !name.is_empty());
    present("items.data[].price", chosen.map(Cow::into_owned))
}

/// The item's period since basil, the subscription's before.
fn period(subscription: &Object<'_>, item: &Item<'_>) -> Result<(Timestamp, Timestamp), Reason> {
    const START: &str = "current_period_start";
    const END: &str = "current_period_end";
    let start = match item.current_period_start.time(START)? {
        None => subscription.current_period_start.time(START)?,
        known => known,
    };
    let end = match item.current_period_end.time(END)? {
        None => subscription.current_period_end.time(END)?,
        known => known,
    };
    Ok((present(START, start)?, present(END, end)?))
}

/// A date of its own wins over the end of the period; Stripe sets both to the same where both are.
fn ends_at(subscription: &Object<'_>, period_end: Timestamp) -> Result<Option<Timestamp>, Reason> {
    let at_period_end =
        (subscription.cancel_at_period_end).flag("cancel_at_period_end")?.unwrap_or(false);
    let cancel_at = subscription.cancel_at.time("cancel_at")?;
    Ok(cancel_at.or(at_period_end.then_some(period_end)))
}

/// Pause of collection, by who made it: ours is `void` without an end, and carries our mark. What
/// differs from that was made, or changed, by somebody else.
fn pause(raw: Raw<'_>, metadata: &Metadata<'_>) -> Result<Option<Pause>, Reason> {
    let is_marked = is_there(metadata.tollgate_pause)?;
    let Some(pause) = raw.object::<PauseCollection<'_>>("pause_collection")? else {
        return Ok(is_marked.then_some(Pause::MarkLeft));
    };
    let behavior = pause.behavior.text("pause_collection.behavior")?;
    let is_void = behavior.as_deref() == Some("void") && pause.resumes_at.is_null();
    Ok(Some(if is_void && is_marked { Pause::Ours } else { Pause::Foreign }))
}

/// Nothing for a way of collecting that we have no name for.
fn collection(raw: Raw<'_>) -> Result<Option<Collection>, Reason> {
    Ok(match raw.text("collection_method")?.as_deref() {
        Some("charge_automatically") => Some(Collection::Automatic),
        Some("send_invoice") => Some(Collection::Manual),
        Some(_) | None => None,
    })
}

fn pending_invoice(
    subscription: &Object<'_>,
    status: SubscriptionStatus,
) -> Result<Option<InvoiceId>, Reason> {
    if subscription.pending_update.is_null() && status != SubscriptionStatus::Incomplete {
        return Ok(None);
    }
    (subscription.latest_invoice).reference("latest_invoice", InvoiceId::parse)
}
