//! A subscription, as `customer.subscription.*` events carry it
//! (docs.stripe.com/api/subscriptions/object).
//!
//! What moved between versions: since basil (2025-03-31) the paid period stands on each item; the
//! oldest shapes have a `plan` where the newer have a `price`, on the item or, for a subscription
//! to one plan, on the subscription itself together with its `quantity`. `billing_cycle_anchor`, an
//! object since endive, is not read.

use std::borrow::Cow;

use billing::fact::{Interval, SubscriptionSnapshot, SubscriptionStatus};
use billing::ids::{CustomerId, InvoiceId, SubscriptionId};
use billing::time::Timestamp;
use serde::Deserialize;

use super::object::Object;
use super::raw::{self, Raw, Reason, present};
use crate::event_type::SubscriptionEvent;

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Metadata<'a> {
    plan: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Items<'a> {
    data: Raw<'a>,
}

#[derive(Default, Clone, Copy, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Item<'a> {
    price: Raw<'a>,
    plan: Raw<'a>,
    quantity: Raw<'a>,
    current_period_start: Raw<'a>,
    current_period_end: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Price<'a> {
    id: Raw<'a>,
    lookup_key: Raw<'a>,
    recurring: Raw<'a>,
}

/// How often and on what ground a price is charged: `price.recurring`, and the old `plan` itself.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Recurring<'a> {
    id: Raw<'a>,
    interval: Raw<'a>,
    interval_count: Raw<'a>,
    usage_type: Raw<'a>,
}

/// Whose subscription it is, and how it stands after this event.
pub(super) fn read(
    event: SubscriptionEvent,
    subscription: &Object<'_>,
) -> Result<(CustomerId, SubscriptionSnapshot), Reason> {
    raw::expect_object(subscription.object, "subscription")?;
    let sold = Sold::find(subscription)?;
    let status = status(event, subscription.status)?;
    let (period_start, period_end) = period(subscription, &sold.item)?;
    let snapshot = SubscriptionSnapshot {
        id: present("id", subscription.id.id("id", SubscriptionId::parse)?)?,
        created: present("created", subscription.created.time("created")?)?,
        status,
        plan: plan(subscription, &sold)?,
        interval: sold.interval()?,
        seats: sold.item.quantity.count("quantity")?.unwrap_or(1),
        period_start,
        period_end,
        ends_at: ends_at(subscription, period_end)?,
        pending_invoice: pending_invoice(subscription, status)?,
    };
    Ok((raw::customer(subscription.customer)?, snapshot))
}

/// An unknown status is unreadable: access hangs on it.
fn status(event: SubscriptionEvent, raw: Raw<'_>) -> Result<SubscriptionStatus, Reason> {
    let shown = match &*present("status", raw.text("status")?)? {
        "incomplete" => SubscriptionStatus::Incomplete,
        "trialing" => SubscriptionStatus::Trialing,
        "active" => SubscriptionStatus::Active,
        "past_due" => SubscriptionStatus::PastDue,
        "unpaid" => SubscriptionStatus::Unpaid,
        "paused" => SubscriptionStatus::Paused,
        "canceled" => SubscriptionStatus::Canceled,
        "incomplete_expired" => SubscriptionStatus::IncompleteExpired,
        other => return Err(raw::unknown("status", other)),
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

/// The item that is the plan, with what it sells.
struct Sold<'a> {
    item: Item<'a>,
    price: Price<'a>,
    recurring: Recurring<'a>,
    plan: Recurring<'a>,
}

impl<'a> Sold<'a> {
    /// The first licensed item; the first of all, when each is metered; and what the subscription
    /// itself says, when it has none.
    fn find(subscription: &Object<'a>) -> Result<Self, Reason> {
        let items: Items<'_> = subscription.items.object("items")?.unwrap_or_default();
        let mut first = None;
        for item in items.data.list("items.data")? {
            let item = item.object("items.data[]")?.unwrap_or_default();
            let sold = Self::read(item)?;
            if !sold.is_metered()? {
                return Ok(sold);
            }
            first = first.or(Some(sold));
        }
        if let Some(metered) = first {
            return Ok(metered);
        }
        Self::read(Item {
            plan: subscription.plan,
            quantity: subscription.quantity,
            ..Item::default()
        })
    }

    fn read(item: Item<'a>) -> Result<Self, Reason> {
        let price: Price<'a> = item.price.object("price")?.unwrap_or_default();
        let recurring = price.recurring.object("price.recurring")?.unwrap_or_default();
        let plan = item.plan.object("plan")?.unwrap_or_default();
        Ok(Self { item, price, recurring, plan })
    }

    fn is_metered(&self) -> Result<bool, Reason> {
        let usage_type = match self.recurring.usage_type.text("price.recurring.usage_type")? {
            None => self.plan.usage_type.text("plan.usage_type")?,
            known => known,
        };
        Ok(usage_type.as_deref() == Some("metered"))
    }

    /// Nothing for an interval that we have no name for, such as three months.
    fn interval(&self) -> Result<Option<Interval>, Reason> {
        let recurring =
            if self.recurring.interval.is_null() { &self.plan } else { &self.recurring };
        if recurring.interval_count.integer("interval_count")?.unwrap_or(1) != 1 {
            return Ok(None);
        }
        Ok(match recurring.interval.text("interval")?.as_deref() {
            Some("day") => Some(Interval::Day),
            Some("week") => Some(Interval::Week),
            Some("month") => Some(Interval::Month),
            Some("year") => Some(Interval::Year),
            Some(_) | None => None,
        })
    }
}

/// `metadata.plan`, which we set ourselves; else the price's lookup key, else its id.
fn plan(subscription: &Object<'_>, sold: &Sold<'_>) -> Result<String, Reason> {
    let metadata: Metadata<'_> = subscription.metadata.object("metadata")?.unwrap_or_default();
    let names = [
        metadata.plan.text("metadata.plan")?,
        sold.price.lookup_key.text("price.lookup_key")?,
        sold.price.id.text("price.id")?,
        sold.plan.id.text("plan.id")?,
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

fn pending_invoice(
    subscription: &Object<'_>,
    status: SubscriptionStatus,
) -> Result<Option<InvoiceId>, Reason> {
    if subscription.pending_update.is_null() && status != SubscriptionStatus::Incomplete {
        return Ok(None);
    }
    (subscription.latest_invoice).reference("latest_invoice", InvoiceId::parse)
}
