//! The items of a subscription, and what a change of plan or seats makes of them.
//!
//! A plan has one item, and where it has seats another for those. Who stays on a plan and its
//! interval keeps the prices of both, older and negotiated ones too. What a customer that came from
//! elsewhere has besides is left alone.

use serde::Deserialize;
use stripe_requests::request::subscription::{ItemChange, Priced};
use stripe_wire::wire::{PART_METADATA, PLAN_METADATA, PLAN_PART, Reason, SEAT_PART};

use crate::{PlanPrices, StripeError, text};

/// An item of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its id, `si_...`.
    pub id: String,
    /// At which price.
    pub price: String,
    /// How many; nothing for a metered price.
    pub quantity: Option<u64>,
    /// What it charges for.
    pub part: ItemPart,
}

/// What an item charges for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemPart {
    /// The plan, at a price of ours: once.
    Plan,
    /// The plan, at a price of somebody else's: as often as there are seats.
    PlanBySeat,
    /// Seats.
    Seats,
    /// Something else.
    Other,
}

/// What a subscription is to be.
#[derive(Debug, Clone, Copy)]
pub enum Wanted<'a> {
    /// The same plan at the same prices, with so many seats.
    Seats(u64),
    /// Another plan or interval, at these prices, with so many seats.
    Plan(&'a PlanPrices, u64),
}

#[derive(Deserialize)]
struct Body {
    items: List,
}

#[derive(Deserialize)]
struct List {
    data: Vec<Raw>,
}

#[derive(Deserialize)]
struct Raw {
    id: String,
    quantity: Option<u64>,
    price: Price,
}

#[derive(Deserialize)]
struct Price {
    id: String,
    #[serde(default)]
    metadata: std::collections::BTreeMap<String, String>,
}

impl Raw {
    fn is_for_seats(&self) -> bool {
        self.price.part() == Some(SEAT_PART)
    }
}

impl Price {
    fn part(&self) -> Option<&str> {
        self.metadata.get(PART_METADATA).map(String::as_str)
    }

    /// True if a mark of ours is on it.
    fn is_ours(&self) -> bool {
        [PLAN_METADATA, PART_METADATA].iter().any(|mark| self.metadata.contains_key(*mark))
    }
}

/// The items in an answer that is a subscription.
pub fn items(body: &[u8]) -> Result<Vec<Item>, StripeError> {
    let body: Body =
        serde_json::from_str(text(body)?).map_err(|error| StripeError::Unreadable {
            what: "the items of the subscription".to_owned(),
            reason: Reason::Shape(error),
        })?;
    // Where an item of ours is the plan, no other one is taken for it.
    let sells_ours = body.items.data.iter().any(|raw| raw.price.is_ours() && !raw.is_for_seats());
    let mut has_plan = false;
    let items = body.items.data.into_iter().map(|raw| {
        let is_other = raw.quantity.is_none() || has_plan || sells_ours && !raw.price.is_ours();
        let part = match raw.price.part() {
            Some(SEAT_PART) => ItemPart::Seats,
            _ if is_other => ItemPart::Other,
            Some(PLAN_PART) => ItemPart::Plan,
            Some(_) | None => ItemPart::PlanBySeat,
        };
        has_plan |= matches!(part, ItemPart::Plan | ItemPart::PlanBySeat);
        Item { id: raw.id, price: raw.price.id, quantity: raw.quantity, part }
    });
    Ok(items.collect())
}

/// What is to be done to the items, so that they are what is wanted.
pub fn changes(items: &[Item], wanted: Wanted<'_>) -> Vec<ItemChange> {
    let own = |parts: &[ItemPart]| items.iter().find(|item| parts.contains(&item.part));
    let becomes = |item: &Item, price: Option<String>, quantity| ItemChange::Set {
        item: item.id.clone(),
        price,
        quantity,
    };
    let seats_item = own(&[ItemPart::Seats]);
    let (prices, seats) = match wanted {
        Wanted::Seats(seats) => {
            let item = seats_item.or_else(|| own(&[ItemPart::PlanBySeat]));
            return item.map(|item| becomes(item, None, seats)).into_iter().collect();
        }
        Wanted::Plan(prices, seats) => (prices, seats),
    };
    let price = prices.plan.id.as_str().to_owned();
    let plan = match own(&[ItemPart::Plan, ItemPart::PlanBySeat]) {
        Some(item) => becomes(item, Some(price), 1),
        None => ItemChange::Add(Priced { price, quantity: Some(1) }),
    };
    let seat = prices.seat.as_ref().map(|seat| seat.id.as_str().to_owned());
    let seats = match (seats_item, seat) {
        (Some(item), Some(price)) => Some(becomes(item, Some(price), seats)),
        (None, Some(price)) => Some(ItemChange::Add(Priced { price, quantity: Some(seats) })),
        (Some(item), None) => Some(ItemChange::Remove(item.id.clone())),
        (None, None) => None,
    };
    [Some(plan), seats].into_iter().flatten().collect()
}

/// The items as they are.
pub fn priced(items: &[Item]) -> Vec<Priced> {
    let priced = |item: &Item| Priced { price: item.price.clone(), quantity: item.quantity };
    items.iter().map(priced).collect()
}

/// The items as they are after changes.
pub fn priced_after(items: &[Item], changes: &[ItemChange]) -> Vec<Priced> {
    let kept = items.iter().filter_map(|item| {
        let change = changes.iter().find(|change| match change {
            ItemChange::Set { item: id, .. } | ItemChange::Remove(id) => *id == item.id,
            ItemChange::Add(_) => false,
        });
        match change {
            Some(ItemChange::Set { price, quantity, .. }) => Some(Priced {
                price: price.clone().unwrap_or_else(|| item.price.clone()),
                quantity: Some(*quantity),
            }),
            Some(ItemChange::Remove(_)) => None,
            Some(ItemChange::Add(_)) | None => {
                Some(Priced { price: item.price.clone(), quantity: item.quantity })
            }
        }
    });
    let added = changes.iter().filter_map(|change| match change {
        ItemChange::Add(priced) => Some(priced.clone()),
        ItemChange::Set { .. } | ItemChange::Remove(_) => None,
    });
    kept.chain(added).collect()
}

/// The items of a subscription that begins.
pub fn priced_new(prices: &PlanPrices, seats: u64) -> Vec<Priced> {
    let plan = Priced { price: prices.plan.id.as_str().to_owned(), quantity: Some(1) };
    let seats = prices
        .seat
        .as_ref()
        .map(|seat| Priced { price: seat.id.as_str().to_owned(), quantity: Some(seats) });
    [Some(plan), seats].into_iter().flatten().collect()
}
