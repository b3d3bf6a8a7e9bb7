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

use std::borrow::Cow;

use billing::fact::{Collection, Fee, Interval, SubscriptionSnapshot, SubscriptionStatus};
use billing::ids::{CustomerId, InvoiceId, PaymentMethodId, ScheduleId, SubscriptionId};
use billing::money::Currency;
use billing::tax::TaxRate;
use billing::time::Timestamp;
use serde::Deserialize;

use super::object::Object;
use super::raw::{self, Raw, Reason, present};
use crate::event_type::SubscriptionEvent;

/// The key, in a price's metadata, of the plan that it is a price of.
pub const PLAN_METADATA: &str = "tollgate_plan";
/// The key, in a price's metadata, of what it charges for.
pub const PART_METADATA: &str = "tollgate_part";
/// Where a tax rate says how much it is.
const PERCENTAGE: &str = "default_tax_rates.percentage";
/// The part of a plan that is charged once.
pub const PLAN_PART: &str = "plan";
/// The part of a plan that is charged for each seat.
pub const SEAT_PART: &str = "seat";

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Metadata<'a> {
    plan: Raw<'a>,
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
struct Pause<'a> {
    behavior: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct PriceMetadata<'a> {
    tollgate_plan: Raw<'a>,
    tollgate_part: Raw<'a>,
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
    unit_amount: Raw<'a>,
    currency: Raw<'a>,
    metadata: Raw<'a>,
}

/// How often and on what ground a price is charged: `price.recurring`, and the old `plan` itself.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Recurring<'a> {
    id: Raw<'a>,
    interval: Raw<'a>,
    interval_count: Raw<'a>,
    usage_type: Raw<'a>,
    amount: Raw<'a>,
    currency: Raw<'a>,
}

/// Whose subscription it is, and how it stands after this event.
pub(super) fn read(
    event: SubscriptionEvent,
    subscription: &Object<'_>,
) -> Result<(CustomerId, SubscriptionSnapshot), Reason> {
    raw::expect_object(subscription.object, "subscription")?;
    let sold = Sold::find(subscription)?;
    let status = status(event, subscription)?;
    let (period_start, period_end) = period(subscription, &sold.plan.item)?;
    let snapshot = SubscriptionSnapshot {
        id: present("id", subscription.id.id("id", SubscriptionId::parse)?)?,
        created: present("created", subscription.created.time("created")?)?,
        status,
        plan: plan(subscription, &sold)?,
        interval: sold.interval()?,
        seats: sold.seats()?,
        period_start,
        period_end,
        ends_at: ends_at(subscription, period_end)?,
        pending_invoice: pending_invoice(subscription, status)?,
        fee: sold.fee()?,
        collection: collection(subscription.collection_method)?,
        net_days: subscription.days_until_due.count("days_until_due")?,
        paused: paused(subscription.pause_collection)?,
        schedule: subscription.schedule.reference("schedule", ScheduleId::parse)?,
        payment_method: subscription
            .default_payment_method
            .reference("default_payment_method", PaymentMethodId::parse)?,
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

/// What a subscription sells: the item that is the plan, and the one that is its seats.
struct Sold<'a> {
    plan: Part<'a>,
    seats: Option<Part<'a>>,
}

/// One item with its price.
struct Part<'a> {
    item: Item<'a>,
    price: Price<'a>,
    recurring: Recurring<'a>,
    plan: Recurring<'a>,
    metadata: PriceMetadata<'a>,
}

impl<'a> Sold<'a> {
    /// The first licensed item that is not for seats; the first of all, when each is metered; and
    /// what the subscription itself says, when it has none.
    fn find(subscription: &Object<'a>) -> Result<Self, Reason> {
        let items: Items<'_> = subscription.items.object("items")?.unwrap_or_default();
        let (mut licensed, mut seats, mut first) = (None, None, None);
        for item in items.data.list("items.data")? {
            let part = Part::read(item.object("items.data[]")?.unwrap_or_default())?;
            if part.is_for_seats()? {
                seats = seats.or(Some(part));
            } else if !part.is_metered()? {
                licensed = licensed.or(Some(part));
            } else {
                first = first.or(Some(part));
            }
        }
        if let Some(plan) = licensed.or(first) {
            return Ok(Self { plan, seats });
        }
        let item =
            Item { plan: subscription.plan, quantity: subscription.quantity, ..Item::default() };
        Ok(Self { plan: Part::read(item)?, seats })
    }

    /// How many seats. A plan without an item for them has as many as it has units.
    fn seats(&self) -> Result<u64, Reason> {
        let part = self.seats.as_ref().unwrap_or(&self.plan);
        Ok(part.item.quantity.quantity("quantity")?.unwrap_or(1))
    }

    fn interval(&self) -> Result<Option<Interval>, Reason> {
        self.plan.interval()
    }

    /// Nothing for a price that is not so much a unit, and where a plan without seats is sold
    /// several times: there each unit counts as a seat.
    fn fee(&self) -> Result<Option<Fee>, Reason> {
        let Some(currency) = self.plan.currency()? else { return Ok(None) };
        let Some(unit_amount) = self.plan.unit_amount()? else { return Ok(None) };
        Ok(match &self.seats {
            None if self.seats()? == 1 => {
                Some(Fee { currency, plan_amount: unit_amount, seat_amount: None })
            }
            None => Some(Fee { currency, plan_amount: 0, seat_amount: Some(unit_amount) }),
            Some(seats) => match seats.unit_amount()? {
                None => None,
                seat_amount => Some(Fee { currency, plan_amount: unit_amount, seat_amount }),
            },
        })
    }
}

impl<'a> Part<'a> {
    fn read(item: Item<'a>) -> Result<Self, Reason> {
        let price: Price<'a> = item.price.object("price")?.unwrap_or_default();
        let recurring = price.recurring.object("price.recurring")?.unwrap_or_default();
        let plan = item.plan.object("plan")?.unwrap_or_default();
        let metadata = price.metadata.object("price.metadata")?.unwrap_or_default();
        Ok(Self { item, price, recurring, plan, metadata })
    }

    fn is_for_seats(&self) -> Result<bool, Reason> {
        let part = self.metadata.tollgate_part.text("price.metadata.tollgate_part")?;
        Ok(part.as_deref() == Some(SEAT_PART))
    }

    fn unit_amount(&self) -> Result<Option<i64>, Reason> {
        match self.price.unit_amount.amount("price.unit_amount")? {
            None => self.plan.amount.amount("plan.amount"),
            known => Ok(known),
        }
    }

    fn currency(&self) -> Result<Option<Currency>, Reason> {
        match self.price.currency.currency("price.currency")? {
            None => self.plan.currency.currency("plan.currency"),
            known => Ok(known),
        }
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

/// The plan that the price's metadata names, which follows whatever changes the price; else
/// `metadata.plan`, else the price's lookup key, else its id.
fn plan(subscription: &Object<'_>, sold: &Sold<'_>) -> Result<String, Reason> {
    let metadata: Metadata<'_> = subscription.metadata.object("metadata")?.unwrap_or_default();
    let names = [
        sold.plan.metadata.tollgate_plan.text("price.metadata.tollgate_plan")?,
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

/// Whether renewals are voided, which is how we pause them. Other ways are a person's, and are left
/// alone.
fn paused(raw: Raw<'_>) -> Result<bool, Reason> {
    let pause: Pause<'_> = raw.object("pause_collection")?.unwrap_or_default();
    Ok(pause.behavior.text("pause_collection.behavior")?.as_deref() == Some("void"))
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
