//! Items of a subscription: the plan, its seats, and which of them are ours.

use billing::fact::{Fee, Interval};
use billing::money::Currency;
use serde::Deserialize;

use super::super::object::Object;
use super::super::raw::{Raw, Reason};
use super::SEAT_PART;

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct PriceMetadata<'a> {
    pub(super) tollgate_plan: Raw<'a>,
    pub(super) tollgate_part: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Items<'a> {
    data: Raw<'a>,
}

#[derive(Default, Clone, Copy, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Item<'a> {
    pub(super) price: Raw<'a>,
    pub(super) plan: Raw<'a>,
    pub(super) quantity: Raw<'a>,
    pub(super) current_period_start: Raw<'a>,
    pub(super) current_period_end: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Price<'a> {
    pub(super) id: Raw<'a>,
    pub(super) lookup_key: Raw<'a>,
    pub(super) recurring: Raw<'a>,
    pub(super) unit_amount: Raw<'a>,
    pub(super) currency: Raw<'a>,
    pub(super) metadata: Raw<'a>,
}

/// How often and on what ground a price is charged: `price.recurring`, and the old `plan` itself.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Recurring<'a> {
    pub(super) id: Raw<'a>,
    pub(super) interval: Raw<'a>,
    pub(super) interval_count: Raw<'a>,
    pub(super) usage_type: Raw<'a>,
    pub(super) amount: Raw<'a>,
    pub(super) currency: Raw<'a>,
}

/// What a subscription sells: the item that is the plan, and the one that is its seats.
pub(super) struct Sold<'a> {
    pub(super) plan: Part<'a>,
    pub(super) seats: Option<Part<'a>>,
}

/// One item with its price.
pub(super) struct Part<'a> {
    pub(super) item: Item<'a>,
    pub(super) price: Price<'a>,
    pub(super) recurring: Recurring<'a>,
    pub(super) plan: Recurring<'a>,
    pub(super) metadata: PriceMetadata<'a>,
}

impl<'a> Sold<'a> {
    /// The items of ours, in whatever position they stand. Without any, the first licensed item;
    /// the first of all, when each is metered; and what the subscription itself says, when it has
    /// none.
    pub(super) fn find(subscription: &Object<'a>) -> Result<Self, Reason> {
        let items: Items<'_> = subscription.items.object("items")?.unwrap_or_default();
        let (mut own, mut licensed, mut seats, mut first) = (None, None, None, None);
        for item in items.data.list("items.data")? {
            let part = Part::read(item.object("items.data[]")?.unwrap_or_default())?;
            if part.is_for_seats()? {
                seats = seats.or(Some(part));
            } else if part.is_ours()? {
                own = own.or(Some(part));
            } else if !part.is_metered()? {
                licensed = licensed.or(Some(part));
            } else {
                first = first.or(Some(part));
            }
        }
        let plan = match (own, seats.take()) {
            (Some(own), of_seats) => {
                seats = of_seats;
                Some(own)
            }
            // Of a plan of ours only the seats are left.
            (None, Some(of_seats)) => Some(of_seats),
            (None, None) => licensed.or(first),
        };
        if let Some(plan) = plan {
            return Ok(Self { plan, seats });
        }
        let item =
            Item { plan: subscription.plan, quantity: subscription.quantity, ..Item::default() };
        Ok(Self { plan: Part::read(item)?, seats })
    }

    /// How many seats. A plan without an item for them has as many as it has units.
    pub(super) fn seats(&self) -> Result<u64, Reason> {
        let part = self.seats.as_ref().unwrap_or(&self.plan);
        Ok(part.item.quantity.quantity("quantity")?.unwrap_or(1))
    }

    pub(super) fn interval(&self) -> Result<Option<Interval>, Reason> {
        self.plan.interval()
    }

    /// Nothing for a price that is not so much a unit, and where a plan without seats is sold
    /// several times: there each unit counts as a seat.
    pub(super) fn fee(&self) -> Result<Option<Fee>, Reason> {
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

    /// True if a mark of ours is on its price.
    pub(super) fn is_ours(&self) -> Result<bool, Reason> {
        Ok(is_there(self.metadata.tollgate_plan)? || is_there(self.metadata.tollgate_part)?)
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
    pub(super) fn interval(&self) -> Result<Option<Interval>, Reason> {
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

/// True if metadata has a value.
pub(super) fn is_there(raw: Raw<'_>) -> Result<bool, Reason> {
    Ok(raw.text("metadata")?.is_some_and(|value| !value.is_empty()))
}
