//! What a request for a new subscription says.

use billing::time::{DAY_SECONDS, Timestamp};
use serde_json::Value;

use crate::call::Params;
use crate::customers;
use crate::error::ApiError;
use crate::invoices::Collection;
use crate::stripe::Stripe;
use crate::subscriptions::items;
use crate::subscriptions::period::{self, Period};
use crate::subscriptions::update::settings;
use crate::subscriptions::{
    BillingMode, MissingPaymentMethod, Subscription, SubscriptionItem, SubscriptionStatus,
};

use super::first::First;

/// Longest trial, in days.
const TRIAL_DAYS_MAX: i64 = 730;

/// What is known to Stripe and would make a difference, but is not simulated.
const REFUSED: [&str; 8] = [
    "application_fee_percent",
    "backdate_start_date",
    "billing_schedules",
    "billing_thresholds",
    "customer_account",
    "on_behalf_of",
    "pending_invoice_item_interval",
    "transfer_data",
];

/// The subscription that a request describes, and how it begins.
pub fn read(stripe: &mut Stripe, params: &Params) -> Result<(Subscription, First), ApiError> {
    settings::refuse(params, &REFUSED)?;
    let customer = params.required("customer")?;
    customers::living(stripe, customer, "customer")?;
    let now = stripe.time_of(Some(customer));
    let list = params.list("items");
    if list.is_empty() {
        return Err(ApiError::missing("items"));
    }
    let changes = items::read(stripe, &list, "items")?;
    let mut own = Vec::new();
    for (place, change) in changes.iter().enumerate() {
        own.push(items::new_item(stripe, change, &format!("items[{place}]"), now)?);
    }
    let currency = currency(stripe, params, &own)?;
    customers::same_currency(stripe, customer, &currency)?;
    let mode = mode(params);
    items::check(stripe, &currency, mode == BillingMode::Flexible, &own)?;
    let mut subscription = blank(stripe, customer, now, currency, mode, own);
    settings::apply(stripe, &mut subscription, params)?;
    subscription.collection = collection(params)?;
    subscription.metadata = params.metadata();
    let begins = begins(stripe, &subscription, params, now)?;
    begins.apply(stripe, &mut subscription, now);
    let first = First::read(stripe, &subscription, params)?;
    Ok((subscription, first))
}

fn blank(
    stripe: &mut Stripe,
    customer: &str,
    now: Timestamp,
    currency: String,
    mode: BillingMode,
    items: Vec<SubscriptionItem>,
) -> Subscription {
    Subscription {
        id: stripe.ids.next("sub"),
        created: now,
        customer: customer.to_owned(),
        currency,
        status: SubscriptionStatus::Incomplete,
        items,
        anchor: now,
        anchor_config: Value::Null,
        mode,
        collection: Collection::Automatic,
        default_payment_method: None,
        default_source: None,
        saves_payment_method: false,
        default_tax_rates: Vec::new(),
        trial: None,
        missing_payment_method: MissingPaymentMethod::CreateInvoice,
        cancel_at_period_end: false,
        cancel_at: None,
        canceled_at: None,
        ended_at: None,
        cancellation: serde_json::Map::new(),
        pause: None,
        pending_update: None,
        discounts: Vec::new(),
        paused_at: None,
        resumption: None,
        latest_invoice: None,
        schedule: None,
        metadata: crate::metadata::Metadata::default(),
        told: serde_json::Map::new(),
        quiet: true,
    }
}

fn mode(params: &Params) -> BillingMode {
    let mode = params.within("billing_mode").unwrap_or_default();
    match mode.text("type") {
        Some("classic") => BillingMode::Classic,
        _ => BillingMode::Flexible,
    }
}

fn currency(
    stripe: &Stripe,
    params: &Params,
    items: &[SubscriptionItem],
) -> Result<String, ApiError> {
    if let Some(currency) = params.text("currency") {
        return Ok(currency.to_lowercase());
    }
    let price = items.first().and_then(|item| stripe.prices.get(&item.price));
    price.map(|price| price.currency.clone()).ok_or_else(|| ApiError::missing("items[0][price]"))
}

/// How its invoices are collected.
fn collection(params: &Params) -> Result<Collection, ApiError> {
    let days = params.integer("days_until_due");
    match (params.text("collection_method"), days) {
        (Some("send_invoice"), Some(days_until_due)) => Ok(Collection::Send { days_until_due }),
        (Some("send_invoice"), None) => {
            let message = "If you're setting `collection_method` to `send_invoice`, you must \
                           specify `days_until_due` or `due_date`.";
            Err(ApiError::invalid(message).param("days_until_due"))
        }
        (_, Some(_)) => {
            let message = "You can only set `days_until_due` if `collection_method` is set to \
                           `send_invoice`.";
            Err(ApiError::invalid(message).param("days_until_due"))
        }
        (_, None) => Ok(Collection::Automatic),
    }
}

/// When its periods begin and end at first.
struct Begins {
    anchor: Timestamp,
    config: Value,
    trial: Option<Period>,
    cancel_at: Option<Timestamp>,
    at_period_end: bool,
}

fn begins(
    stripe: &Stripe,
    subscription: &Subscription,
    params: &Params,
    now: Timestamp,
) -> Result<Begins, ApiError> {
    let trial = trial(params, now)?.map(|end| (now, end));
    let config = params.within("billing_cycle_anchor_config");
    let given = match (params.time("billing_cycle_anchor"), config) {
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: billing_cycle_anchor, \
                           billing_cycle_anchor_config.";
            return Err(ApiError::invalid(message).param("billing_cycle_anchor_config"));
        }
        (Some(at), None) => Some(checked_anchor(stripe, subscription, at, trial, now)?),
        (None, Some(config)) => Some(configured(stripe, subscription, &config, now)?),
        (None, None) => None,
    };
    let anchor = given.or(trial.map(|(_, end)| end)).unwrap_or(now);
    let config = params.get("billing_cycle_anchor_config").cloned().unwrap_or_default();
    let cancel_at = match params.get("cancel_at").and_then(Value::as_str) {
        Some(_) => return Err(ApiError::not_simulated("cancel_at")),
        None => params.time("cancel_at"),
    };
    if cancel_at.is_some_and(|at| at <= now) {
        return Err(ApiError::invalid("`cancel_at` must be in the future.").param("cancel_at"));
    }
    let at_period_end = params.flag("cancel_at_period_end") == Some(true);
    Ok(Begins { anchor, config, trial, cancel_at, at_period_end })
}

impl Begins {
    fn apply(self, stripe: &Stripe, subscription: &mut Subscription, now: Timestamp) {
        subscription.anchor = self.anchor;
        subscription.anchor_config = self.config;
        subscription.trial = self.trial;
        if self.trial.is_some() {
            subscription.status = SubscriptionStatus::Trialing;
        }
        for item in &mut subscription.items {
            let natural = items::cycle(stripe, self.anchor, item, now).1;
            let end = self.trial.map_or(natural, |(_, end)| end);
            item.period = (now, self.cancel_at.map_or(end, |at| end.min(at)));
        }
        subscription.cancel_at = self.cancel_at;
        if self.at_period_end {
            subscription.cancel_at_period_end = true;
            subscription.cancel_at = Some(subscription.period_end());
        }
        if subscription.cancel_at.is_some() {
            subscription.canceled_at = Some(now);
            let reason = Value::from("cancellation_requested");
            subscription.cancellation.insert("reason".to_owned(), reason);
        }
    }
}

/// Time at which its trial ends, if it has one.
fn trial(params: &Params, now: Timestamp) -> Result<Option<Timestamp>, ApiError> {
    if params.flag("trial_from_plan") == Some(true) {
        return Err(ApiError::not_simulated("trial_from_plan"));
    }
    let days = params.integer("trial_period_days");
    let end = match (params.time("trial_end"), days) {
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: trial_end, \
                           trial_period_days.";
            return Err(ApiError::invalid(message).param("trial_period_days"));
        }
        (Some(end), None) => Some(end),
        (None, Some(days)) if days > 0 => Some(now.plus_seconds(days.saturating_mul(DAY_SECONDS))),
        (None, _) => None,
    };
    let Some(end) = end else { return Ok(None) };
    settings::trial_within(end, now)?;
    Ok(Some(end))
}

/// The most seconds that a trial may last.
pub const TRIAL_SECONDS_MAX: i64 = TRIAL_DAYS_MAX * DAY_SECONDS;

/// An anchor that a caller gives lies within one period from now, or from the end of the trial.
fn checked_anchor(
    stripe: &Stripe,
    subscription: &Subscription,
    anchor: Timestamp,
    trial: Option<Period>,
    now: Timestamp,
) -> Result<Timestamp, ApiError> {
    let from = trial.map_or(now, |(_, end)| end);
    if anchor < now {
        let message = "`billing_cycle_anchor` cannot be in the past.";
        return Err(ApiError::invalid(message).param("billing_cycle_anchor"));
    }
    let every = subscription.items.iter().filter_map(|item| items::recurring(stripe, item));
    let Some(latest) = every.map(|every| period::after(from, every)).min() else {
        return Ok(anchor);
    };
    if anchor > latest {
        let message = format!(
            "`billing_cycle_anchor` cannot be later than next natural billing date ({}) for plan",
            latest.0
        );
        return Err(ApiError::invalid(message).param("billing_cycle_anchor"));
    }
    Ok(anchor)
}

/// The anchor of `billing_cycle_anchor_config`: the first boundary that really is on that day, so
/// that the 31st is an anchor on a 31st (docs.stripe.com/billing/subscriptions/billing-cycle).
fn configured(
    stripe: &Stripe,
    subscription: &Subscription,
    config: &Params,
    now: Timestamp,
) -> Result<Timestamp, ApiError> {
    let every = subscription.items.first().and_then(|item| items::recurring(stripe, item));
    let months = every.map_or(1, |every| match every.interval {
        crate::prices::Interval::Month => every.count.max(1),
        crate::prices::Interval::Year => every.count.max(1).saturating_mul(12),
        crate::prices::Interval::Day | crate::prices::Interval::Week => 0,
    });
    let wrong = |name: &str| {
        let name = format!("billing_cycle_anchor_config[{name}]");
        ApiError::invalid(format!("Invalid {name}.")).param(name)
    };
    let day = config.integer("day_of_month").filter(|day| (1..=31).contains(day));
    let (Some(day), true) = (day, months > 0) else { return Err(wrong("day_of_month")) };
    let at = period::moment(now);
    let part = |name: &str, usual: u8| {
        config.integer(name).map_or(Ok(usual), |given| u8::try_from(given).map_err(|_| wrong(name)))
    };
    let (hour, minute, second) =
        (part("hour", at.hour())?, part("minute", at.minute())?, part("second", at.second())?);
    let of_day = time::Time::from_hms(hour, minute, second).map_err(|_| wrong("hour"))?;
    let first = time::Date::from_calendar_date(at.year(), at.month(), 1)
        .map_err(|_| wrong("day_of_month"))?;
    let first = Timestamp(first.with_time(of_day).assume_utc().unix_timestamp());
    let month = config.integer("month");
    // At most two rounds of the calendar until a month has the day.
    for later in 0..=48 {
        let step = if month.is_some() { later } else { months.saturating_mul(later) };
        let start = period::moment(period::plus_months(first, step));
        let fits = month.is_none_or(|wanted| i64::from(u8::from(start.month())) == wanted);
        let date = u8::try_from(day).ok().and_then(|day| start.replace_day(day).ok());
        let begun = |date: time::OffsetDateTime| Timestamp(date.unix_timestamp());
        if let Some(date) = date.filter(|date| fits && begun(*date) >= now) {
            return Ok(begun(date));
        }
    }
    Err(wrong("day_of_month"))
}
