//! What a request says of phases: when they begin and end, and what the subscription has in them.

use billing::time::Timestamp;
use serde_json::Value;

use super::{Phase, PhaseItem};
use crate::call::Params;
use crate::error::ApiError;
use crate::prices::{self, Interval, Recurring};
use crate::stripe::Stripe;
use crate::subscriptions::{self, Subscription, period};

/// Most current and future phases (docs.stripe.com/billing/subscriptions/subscription-schedules).
const PHASES_MAX: usize = 10;
/// What is known to Stripe and would make a difference, but is not simulated.
const REFUSED: [&str; 5] =
    ["application_fee_percent", "billing_thresholds", "discounts", "on_behalf_of", "transfer_data"];

/// Reads `phases`. The first begins at `start` unless it says otherwise.
pub fn read(
    stripe: &mut Stripe,
    list: &[Params],
    start: Timestamp,
    now: Timestamp,
) -> Result<Vec<Phase>, ApiError> {
    if list.is_empty() {
        return Err(ApiError::missing("phases"));
    }
    if list.len() > PHASES_MAX {
        let message = format!("A schedule can have at most {PHASES_MAX} current or future phases.");
        return Err(ApiError::invalid(message).param("phases"));
    }
    let mut phases: Vec<Phase> = Vec::new();
    for (place, params) in list.iter().enumerate() {
        let at = format!("phases[{place}]");
        let begins = phases.last().map_or(start, |phase| phase.end);
        let given = moment(params, "start_date", now).unwrap_or(begins);
        if given != begins {
            let message = if place == 0 {
                "You cannot modify the start date of the current phase.".to_owned()
            } else {
                format!(
                    "The start date of phase {place} has to be the end date of the phase before it."
                )
            };
            return Err(ApiError::invalid(message).param(format!("{at}[start_date]")));
        }
        phases.push(read_one(stripe, params, begins, now, &at)?);
    }
    Ok(phases)
}

fn read_one(
    stripe: &mut Stripe,
    params: &Params,
    start: Timestamp,
    now: Timestamp,
    at: &str,
) -> Result<Phase, ApiError> {
    subscriptions::refuse(params, &REFUSED).map_err(|error| inside(error, at))?;
    let mut items = Vec::new();
    for (place, item) in params.list("items").iter().enumerate() {
        items.push(read_item(stripe, item, &format!("{at}[items][{place}]"))?);
    }
    let first = items.first().and_then(|item: &PhaseItem| stripe.prices.get(&item.price));
    let Some(first) = first else { return Err(ApiError::missing(&format!("{at}[items]"))) };
    let (currency, usual) = (first.currency.clone(), first.recurring);
    for rate in params.texts("default_tax_rates") {
        crate::tax_rates::usable(stripe, &rate, &format!("{at}[default_tax_rates]"))?;
    }
    let duration = params.within("duration").and_then(|duration| {
        Some(Recurring {
            interval: Interval::named(duration.text("interval")?)?,
            count: duration.integer("interval_count").unwrap_or(1),
            metered: false,
        })
    });
    let end = match (moment(params, "end_date", now), duration) {
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: duration, end_date.";
            return Err(ApiError::invalid(message).param(format!("{at}[duration]")));
        }
        (Some(end), None) => end,
        (None, duration) => duration.or(usual).map_or(start, |every| period::after(start, every)),
    };
    if end <= start {
        let message = "The end date of a phase has to be after its start date.";
        return Err(ApiError::invalid(message).param(format!("{at}[end_date]")));
    }
    let whole = params.flag("trial") == Some(true);
    let trial_end = moment(params, "trial_end", now).or_else(|| whole.then_some(end));
    Ok(Phase { start, end, currency, items, trial_end, params: params.clone() })
}

fn read_item(stripe: &mut Stripe, params: &Params, at: &str) -> Result<PhaseItem, ApiError> {
    for refused in ["billing_thresholds", "discounts"] {
        if params.within(refused).is_some() || !params.list(refused).is_empty() {
            return Err(ApiError::not_simulated(&format!("{at}[{refused}]")));
        }
    }
    let price = match params.within("price_data") {
        Some(data) => prices::inline(stripe, &data, &format!("{at}[price_data]"))?,
        None => params
            .text("price")
            .or_else(|| params.text("plan"))
            .map(str::to_owned)
            .ok_or_else(|| ApiError::missing(&format!("{at}[price]")))?,
    };
    let known = prices::standing(stripe, &price, &format!("{at}[price]"))?;
    match known.recurring {
        Some(every) if every.metered => {
            return Err(ApiError::not_simulated(&format!("{at}[price]")));
        }
        Some(_) => {}
        None => {
            let message = "The price specified is set to `type=one_time` but this field only \
                           accepts prices with `type=recurring`.";
            return Err(ApiError::invalid(message).param(format!("{at}[price]")));
        }
    }
    for rate in params.texts("tax_rates") {
        crate::tax_rates::usable(stripe, &rate, &format!("{at}[tax_rates]"))?;
    }
    Ok(PhaseItem {
        price,
        quantity: params.integer("quantity").unwrap_or(1),
        tax_rates: params.texts("tax_rates"),
        metadata: params.within("metadata").unwrap_or_default().0,
    })
}

/// A time, or `now`.
pub fn moment(params: &Params, name: &str, now: Timestamp) -> Option<Timestamp> {
    match params.get(name) {
        Some(Value::String(word)) if word == "now" => Some(now),
        _ => params.time(name),
    }
}

fn inside(mut error: ApiError, at: &str) -> ApiError {
    error.param = error.param.map(|param| format!("{at}[{param}]"));
    error
}

/// The phase that a subscription is in: its current period, with what it has now.
pub fn of_subscription(subscription: &Subscription) -> Phase {
    let items = subscription.items.iter().map(|item| PhaseItem {
        price: item.price.clone(),
        quantity: item.quantity,
        tax_rates: item.tax_rates.clone(),
        metadata: serde_json::Map::new(),
    });
    Phase {
        start: subscription.period_start(),
        end: subscription.period_end(),
        currency: subscription.currency.clone(),
        items: items.collect(),
        trial_end: subscription.trial_end(),
        params: Params::default(),
    }
}
