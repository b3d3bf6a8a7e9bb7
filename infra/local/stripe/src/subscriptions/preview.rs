//! `POST /v1/invoices/create_preview`: the invoice that a change, a renewal or a new subscription
//! would make.
//!
//! It is worked out on a copy of the account by the very code that makes it, so that with the same
//! `proration_date` it equals to the cent what is billed then.

use serde_json::{Value, json};

use super::change::{self, Change};
use super::create::{self, planned};
use super::invoicing::{self, Occasion, instant};
use super::update::{extras, read, settings};
use super::{Subscription, SubscriptionStatus, proration, renewal};
use crate::call::{Call, Params};
use crate::customers;
use crate::error::ApiError;
use crate::invoices::{self, Line, NewInvoice};
use crate::stripe::Stripe;

/// Stripe's `billing_reason` of a preview.
const REASON: &str = "upcoming";
/// What is known to Stripe and would make a difference, but is not simulated.
const REFUSED: [&str; 5] =
    ["customer_account", "customer_details", "discounts", "on_behalf_of", "schedule_details"];
const REFUSED_DETAILS: [&str; 4] = ["billing_schedules", "pause", "resume_at", "start_date"];

/// `POST /v1/invoices/create_preview`.
pub fn create_preview(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    preview(stripe, &call.params)
}

/// The invoice that it shows.
pub fn preview(stripe: &Stripe, params: &Params) -> Result<Value, ApiError> {
    settings::refuse(params, &REFUSED)?;
    let details = params.within("subscription_details").unwrap_or_default();
    settings::refuse(&details, &REFUSED_DETAILS).map_err(within_details)?;
    let mut scratch = stripe.clone();
    let stripe = &mut scratch;
    let mode = match params.text("preview_mode") {
        Some("recurring") => PreviewMode::Recurring,
        _ => PreviewMode::Next,
    };
    let subscription = subscription(stripe, params)?;
    let first = crate::schedules::first_phase(stripe, params.text("schedule"));
    let mut new = match subscription {
        Some(subscription) => of_subscription(stripe, subscription, &details, mode)?,
        None if first.is_some() => of_new(stripe, &first.unwrap_or_default())?,
        None if details.has("items") => of_new(stripe, &as_create(params, &details)?)?,
        None => of_customer(stripe, params)?,
    };
    new.lines.extend(more_lines(stripe, &new, params)?);
    new.billing_reason = REASON;
    if new.lines.is_empty() && new.items.is_empty() {
        return Err(nothing(&new.customer));
    }
    let mut shown = invoices::preview(stripe, &new);
    let date = details.get("proration_date").cloned();
    if let (Some(date), Some(of)) = (date, shown.pointer_mut("/parent/subscription_details")) {
        of["subscription_proration_date"] = date;
    }
    Ok(shown)
}

/// What a preview shows of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PreviewMode {
    /// Its next invoice.
    Next,
    /// What it bills each period, without anything that is billed once.
    Recurring,
}

fn nothing(customer: &str) -> ApiError {
    let message = format!("No upcoming invoices for customer: {customer}");
    let error = ApiError::invalid(message).code("invoice_upcoming_none");
    ApiError { status: 404, ..error }
}

fn within_details(mut error: ApiError) -> ApiError {
    if let Some(param) = error.param {
        let (name, rest) = param.split_at(param.find('[').unwrap_or(param.len()));
        error.param = Some(format!("subscription_details[{name}]{rest}"));
    }
    error
}

/// The subscription that is named, by itself or by its schedule.
fn subscription(stripe: &Stripe, params: &Params) -> Result<Option<Subscription>, ApiError> {
    let named = match (params.text("subscription"), params.text("schedule")) {
        (Some(id), _) => Some(stripe.subscriptions.given(id, "subscription")?),
        (None, Some(id)) => {
            let schedule = stripe.schedules.given(id, "schedule")?;
            let Some(subscription) = &schedule.subscription else { return Ok(None) };
            Some(stripe.subscriptions.given(subscription, "schedule")?)
        }
        (None, None) => None,
    };
    if let (Some(named), Some(customer)) = (named, params.text("customer"))
        && named.customer != customer
    {
        let message =
            format!("The subscription {} does not belong to the customer {customer}.", named.id);
        return Err(ApiError::invalid(message).param("subscription"));
    }
    Ok(named.cloned())
}

/// The next invoice of a subscription, with a change that is asked for.
fn of_subscription(
    stripe: &mut Stripe,
    subscription: Subscription,
    details: &Params,
    mode: PreviewMode,
) -> Result<NewInvoice, ApiError> {
    if subscription.status.ended() || subscription.status == SubscriptionStatus::Paused {
        return Err(nothing(&subscription.customer));
    }
    let mut next = subscription;
    let change = changed(stripe, &mut next, details).map_err(within_details)?;
    if details.flag("cancel_now") == Some(true) {
        return Ok(of_end(stripe, &next));
    }
    if change.invoices && mode == PreviewMode::Next {
        return Ok(of_change(stripe, next, &change));
    }
    change.adopt(&mut next);
    if mode == PreviewMode::Next {
        invoicing::write(stripe, &mut next, change.lines, true);
    }
    Ok(of_renewal(stripe, next, mode))
}

fn changed(
    stripe: &mut Stripe,
    next: &mut Subscription,
    details: &Params,
) -> Result<Change, ApiError> {
    settings::apply(stripe, next, details)?;
    let asked = read::asked(stripe, next, details)?;
    read::cancelling(next, &asked, details)?;
    Ok(change::propose(stripe, next, &asked))
}

/// The invoice that a change makes at once.
fn of_change(stripe: &mut Stripe, mut next: Subscription, change: &Change) -> NewInvoice {
    change.adopt(&mut next);
    let (own, direct) = invoicing::write(stripe, &mut next, change.lines.clone(), false);
    change::invoice(stripe, &next, change, direct, own, false)
}

/// The invoice of an end now, with what is left credited.
fn of_end(stripe: &mut Stripe, next: &Subscription) -> NewInvoice {
    let now = stripe.time_of(Some(&next.customer));
    let mut own = Vec::new();
    for item in &next.items {
        let (mut item, end) = (item.clone(), item.period.1);
        for line in proration::credits(stripe, next, &mut item, now, end) {
            own.push(crate::invoice_items::create(stripe, &next.customer, &next.currency, line));
        }
    }
    let occasion = Occasion {
        reason: REASON,
        period: instant(now),
        by_itself: false,
        takes_pending: true,
        decides: false,
    };
    invoicing::new_invoice(stripe, next, Vec::new(), own, occasion)
}

/// The invoice of the next renewal.
fn of_renewal(stripe: &mut Stripe, mut next: Subscription, mode: PreviewMode) -> NewInvoice {
    let at = next.period_end();
    let ended = (next.period_start(), at);
    let ends = next.cancel_at.is_some_and(|end| end <= at);
    if !ends {
        crate::schedules::foresee(stripe, &mut next, at);
    }
    let mut lines = if ends { Vec::new() } else { renewal::advance(stripe, &mut next, at) };
    if next.status == SubscriptionStatus::Trialing {
        next.status = SubscriptionStatus::Active;
    }
    if mode == PreviewMode::Recurring {
        lines.retain(|line| !line.proration);
    }
    let mut occasion = renewal::occasion(&next, ended);
    occasion.takes_pending = mode == PreviewMode::Next;
    invoicing::new_invoice(stripe, &next, lines, Vec::new(), occasion)
}

/// The parameters of the subscription that a preview describes.
fn as_create(params: &Params, details: &Params) -> Result<Params, ApiError> {
    let mut asked = details.clone();
    asked.0.remove("proration_date");
    asked.0.insert("customer".to_owned(), json!(params.required("customer")?));
    asked.0.extend(params.get("currency").map(|it| ("currency".to_owned(), it.clone())));
    // An object here since endive, where a new subscription takes the time itself.
    let anchor = details.within("billing_cycle_anchor");
    if let Some(at) = anchor.and_then(|anchor| anchor.get("timestamp").cloned()) {
        asked.0.insert("billing_cycle_anchor".to_owned(), at);
    }
    Ok(asked)
}

/// The first invoice of a subscription that is not there yet.
fn of_new(stripe: &mut Stripe, asked: &Params) -> Result<NewInvoice, ApiError> {
    let (mut subscription, prorates) = create::described(stripe, asked).map_err(within_details)?;
    let lines = planned(stripe, &mut subscription, prorates);
    let now = subscription.created;
    let occasion = Occasion {
        reason: REASON,
        period: instant(now),
        by_itself: false,
        takes_pending: true,
        decides: false,
    };
    let (own, direct) = invoicing::write(stripe, &mut subscription, lines, false);
    Ok(invoicing::new_invoice(stripe, &subscription, direct, own, occasion))
}

/// What is pending for a customer, without a subscription.
fn of_customer(stripe: &Stripe, params: &Params) -> Result<NewInvoice, ApiError> {
    let id = params.required("customer")?;
    let customer = customers::living(stripe, id, "customer")?;
    let currency = params
        .text("currency")
        .map(str::to_lowercase)
        .or_else(|| customer.currency.clone())
        .unwrap_or_else(|| stripe.settings.currency.clone());
    let now = stripe.time_of(Some(id));
    Ok(NewInvoice {
        customer: id.to_owned(),
        items: crate::invoice_items::pending(stripe, id, &currency, None),
        currency,
        billing_reason: REASON,
        collection: invoices::Collection::Automatic,
        auto_advance: false,
        subscription: None,
        lines: Vec::new(),
        period: instant(now),
        default_payment_method: None,
        default_tax_rates: Vec::new(),
        discounts: Vec::new(),
        pending_update: false,
        metadata: crate::metadata::Metadata::default(),
        told: serde_json::Map::new(),
    })
}

/// `invoice_items`: what the preview is to show besides.
fn more_lines(
    stripe: &mut Stripe,
    new: &NewInvoice,
    params: &Params,
) -> Result<Vec<Line>, ApiError> {
    let mut lines = Vec::new();
    for (place, item) in params.list("invoice_items").iter().enumerate() {
        lines.push(extras::previewed(stripe, new, item, place)?);
    }
    Ok(lines)
}
