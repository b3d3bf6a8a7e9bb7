//! What a request says of items: which there are to be, at which price and how many.

use billing::time::Timestamp;

use super::period::{self, Period};
use super::{Subscription, SubscriptionItem};
use crate::call::Params;
use crate::error::ApiError;
use crate::metadata::Metadata;
use crate::prices::{self, Price, Recurring};
use crate::stripe::Stripe;

/// Most items of a subscription (docs.stripe.com/billing/subscriptions/quantities).
const ITEMS_MAX: usize = 20;

/// What is to become of one item.
#[derive(Debug, Clone)]
pub struct ItemChange {
    /// The item that there is; none for a new one.
    pub item: Option<String>,
    /// At which price, where that is said.
    pub price: Option<String>,
    /// How many, where that is said.
    pub quantity: Option<i64>,
    /// It goes.
    pub deleted: bool,
    /// Its own tax rates, where they are said.
    pub tax_rates: Option<Vec<String>>,
    /// What is said of it besides.
    pub params: Params,
}

/// Reads `items`, named so in errors. Nothing is checked against a subscription.
pub fn read(stripe: &mut Stripe, list: &[Params], name: &str) -> Result<Vec<ItemChange>, ApiError> {
    let mut changes = Vec::new();
    for (place, params) in list.iter().enumerate() {
        changes.push(read_one(stripe, params, &format!("{name}[{place}]"))?);
    }
    Ok(changes)
}

/// Reads one item of a request; `name` is where it stands in the request, or nothing at its top.
pub fn read_one(stripe: &mut Stripe, params: &Params, name: &str) -> Result<ItemChange, ApiError> {
    let within = |field: &str| match name {
        "" => field.to_owned(),
        name => format!("{name}[{field}]"),
    };
    for refused in ["billing_thresholds", "current_trial", "discounts"] {
        if params.within(refused).is_some() || !params.list(refused).is_empty() {
            return Err(ApiError::not_simulated(&within(refused)));
        }
    }
    if params.integer("quantity").is_some_and(|quantity| quantity < 0) {
        let message = "This value must be greater than or equal to 0.";
        return Err(ApiError::invalid(message)
            .code("parameter_invalid_integer")
            .param(within("quantity")));
    }
    for rate in params.texts("tax_rates") {
        crate::tax_rates::usable(stripe, &rate, &within("tax_rates"))?;
    }
    Ok(ItemChange {
        item: params.text("id").map(str::to_owned),
        price: read_price(stripe, params, &within)?,
        quantity: params.integer("quantity"),
        deleted: params.flag("deleted") == Some(true),
        tax_rates: params.has("tax_rates").then(|| params.texts("tax_rates")),
        params: params.clone(),
    })
}

fn read_price(
    stripe: &mut Stripe,
    params: &Params,
    within: &dyn Fn(&str) -> String,
) -> Result<Option<String>, ApiError> {
    if let Some(data) = params.within("price_data") {
        return prices::inline(stripe, &data, &within("price_data")).map(Some);
    }
    let named = ["price", "plan"].into_iter().find_map(|name| Some((name, params.text(name)?)));
    let Some((name, id)) = named else { return Ok(None) };
    let price = prices::usable(stripe, id, &within(name))?;
    match price.recurring {
        Some(every) if every.metered => Err(ApiError::not_simulated(&within(name))),
        Some(_) => Ok(Some(id.to_owned())),
        None => {
            let message = "The price specified is set to `type=one_time` but this field only \
                           accepts prices with `type=recurring`.";
            Err(ApiError::invalid(message).param(within(name)))
        }
    }
}

/// A new item, whose period begins and ends later.
pub fn new_item(
    stripe: &mut Stripe,
    change: &ItemChange,
    name: &str,
    now: Timestamp,
) -> Result<SubscriptionItem, ApiError> {
    let Some(price) = change.price.clone() else {
        return Err(ApiError::missing(&format!("{name}[price]")));
    };
    let mut metadata = Metadata::default();
    metadata.update(&change.params);
    Ok(SubscriptionItem {
        id: stripe.ids.next("si"),
        created: now,
        price,
        quantity: change.quantity.unwrap_or(1),
        period: (now, now),
        tax_rates: change.tax_rates.clone().unwrap_or_default(),
        metadata,
        billed: Vec::new(),
    })
}

/// Checks that items can stand together in a subscription of this currency.
pub fn check(
    stripe: &Stripe,
    currency: &str,
    flexible: bool,
    items: &[SubscriptionItem],
) -> Result<(), ApiError> {
    if items.is_empty() {
        let message = "A subscription must have at least one active plan. To cancel a \
                       subscription, please use the cancel API endpoint on /v1/subscriptions.";
        return Err(ApiError::invalid(message));
    }
    if items.len() > ITEMS_MAX {
        let message = format!("A subscription can have at most {ITEMS_MAX} items.");
        return Err(ApiError::invalid(message).param("items"));
    }
    let prices: Vec<&Price> =
        items.iter().filter_map(|item| stripe.prices.get(&item.price)).collect();
    if let Some(other) = prices.iter().find(|price| price.currency != currency) {
        let message = format!(
            "The price specified supports currencies of `{}`. This doesn't match the expected \
             currency: `{currency}`.",
            other.currency
        );
        return Err(ApiError::invalid(message).param("items[0][price]"));
    }
    for (place, item) in items.iter().enumerate() {
        if items.iter().take(place).any(|earlier| earlier.price == item.price) {
            let message = format!(
                "Cannot add multiple subscription items with the same plan: {}",
                item.price
            );
            return Err(ApiError::invalid(message).param("items"));
        }
    }
    let intervals: Vec<Recurring> = prices.iter().filter_map(|price| price.recurring).collect();
    let together = match intervals.split_first() {
        Some((first, rest)) if !flexible => rest.iter().all(|one| period::alike(*first, *one)),
        _ => period::aligned(&intervals),
    };
    if together {
        return Ok(());
    }
    let message = "Currency and interval fields must match across all plans on this subscription.";
    Err(ApiError::invalid(message).param("items"))
}

/// How an item's price recurs.
pub fn recurring(stripe: &Stripe, item: &SubscriptionItem) -> Option<Recurring> {
    stripe.prices.get(&item.price)?.recurring
}

/// The period that an item has with an anchor at an instant.
pub fn cycle(stripe: &Stripe, anchor: Timestamp, item: &SubscriptionItem, at: Timestamp) -> Period {
    recurring(stripe, item).map_or((at, at), |every| period::cycle(anchor, every, at))
}

/// The item that a request names.
pub fn named<'a>(
    subscription: &'a Subscription,
    id: &str,
    param: &str,
) -> Result<&'a SubscriptionItem, ApiError> {
    subscription
        .items
        .iter()
        .find(|item| item.id == id)
        .ok_or_else(|| ApiError::no_such("subscription item", id, param))
}
