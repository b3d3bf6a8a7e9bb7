//! Confirming another plan or number of seats: what it costs and when, and then the change itself,
//! now or at the period's end.

use maud::html;
use serde_json::{Map, Value, json};

use super::super::inputs::refusal;
use super::super::{Page, PageRequest, dates, money};
use super::{Done, FlowKind, Visit, change, home};
use crate::call::Params;
use crate::error::ApiError;
use crate::field;
use crate::prices::{Interval, Price};
use crate::routes;
use crate::stripe::Stripe;
use crate::subscriptions::{self, Subscription, SubscriptionItem, SubscriptionStatus};

/// A change that a customer may make.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    item: String,
    price: String,
    quantity: i64,
}

/// What cannot be chosen, for people.
type Refused = String;

pub(super) fn get(
    stripe: &mut Stripe,
    visit: &Visit,
    id: &str,
    request: &PageRequest,
) -> Option<Page> {
    let subscription = visit.subscription(stripe, id)?.clone();
    if !visit.features.subscription_update.enabled {
        return None;
    }
    Some(match wanted(stripe, visit, &subscription, request) {
        Ok(wanted) => page(stripe, visit, 200, &subscription, &wanted, None),
        Err(message) => {
            change::page(stripe, visit, 422, &subscription, &request.form, Some(&message))
        }
    })
}

pub(super) fn post(
    stripe: &mut Stripe,
    visit: &Visit,
    id: &str,
    request: &PageRequest,
) -> Option<Page> {
    let subscription = visit.subscription(stripe, id)?.clone();
    if !visit.features.subscription_update.enabled {
        return None;
    }
    let wanted = match wanted(stripe, visit, &subscription, request) {
        Ok(wanted) => wanted,
        Err(message) => {
            let form = &request.form;
            return Some(change::page(stripe, visit, 422, &subscription, form, Some(&message)));
        }
    };
    let (result, done) = if waits(stripe, visit, &subscription, &wanted) {
        (book(stripe, &subscription, &wanted), Done::Booked)
    } else {
        (subscriptions::update(stripe, id, &update(visit, &subscription, &wanted)), Done::Changed)
    };
    Some(match result {
        Ok(()) => visit.done(done),
        Err(error) => page(stripe, visit, 402, &subscription, &wanted, Some(&error.message)),
    })
}

/// What the customer chose, as far as the configuration and the flow allow it.
fn wanted(
    stripe: &Stripe,
    visit: &Visit,
    subscription: &Subscription,
    request: &PageRequest,
) -> Result<Wanted, Refused> {
    let several = "This subscription has several parts: ask us to change it.";
    let item = change::only_item(subscription).ok_or(several)?;
    let update = &visit.features.subscription_update;
    let asked = request.form.text("price");
    let price = if asked.is_empty() { item.price.as_str() } else { asked };
    let quantity = match request.form.text("quantity") {
        "" => item.quantity,
        text => text.parse().map_err(|_| "Enter a number.")?,
    };
    let wanted = Wanted { item: item.id.clone(), price: price.to_owned(), quantity };
    if let Some(FlowKind::SubscriptionUpdateConfirm { price, quantity, .. }) =
        visit.flow.as_ref().map(|flow| &flow.kind)
    {
        let own = Wanted {
            item: item.id.clone(),
            price: price.clone().unwrap_or_else(|| item.price.clone()),
            quantity: quantity.unwrap_or(item.quantity),
        };
        return if own == wanted { Ok(own) } else { Err("This cannot be chosen here.".into()) };
    }
    let moves = wanted.price != item.price;
    let counts = wanted.quantity != item.quantity;
    let offer = update.offer(&wanted.price);
    let within = offer.and_then(|offer| offer.quantity).is_some_and(|(least, most)| {
        wanted.quantity >= least && most.is_none_or(|most| wanted.quantity <= most)
    });
    match (moves, counts) {
        (false, false) => Err("Choose something else than what you have.".to_owned()),
        (true, _) if offer.is_none() || !update.allows("price") => {
            Err("This plan is not offered.".to_owned())
        }
        (_, true) if !update.allows("quantity") || !within => {
            Err("This number cannot be chosen.".to_owned())
        }
        _ if stripe.prices.get(&wanted.price).is_none_or(|price| !price.active) && moves => {
            Err("This plan is no longer offered.".to_owned())
        }
        _ => Ok(wanted),
    }
}

/// The parameters of the subscription's update.
fn update(visit: &Visit, subscription: &Subscription, wanted: &Wanted) -> Params {
    let feature = &visit.features.subscription_update;
    let item = json!({ "id": wanted.item, "price": wanted.price, "quantity": wanted.quantity });
    let mut params = Map::new();
    params.insert("items".to_owned(), json!([item]));
    params.insert("proration_behavior".to_owned(), json!(feature.proration_behavior));
    if feature.proration_behavior == "always_invoice" {
        // A card that is declined leaves everything as it was.
        params.insert("payment_behavior".to_owned(), json!("error_if_incomplete"));
    }
    if feature.billing_cycle_anchor.as_deref() == Some("now") {
        params.insert("billing_cycle_anchor".to_owned(), json!("now"));
    }
    let trial = subscription.status == SubscriptionStatus::Trialing;
    if trial && feature.trial_update_behavior == "end_trial" {
        params.insert("trial_end".to_owned(), json!("now"));
    }
    Params(params)
}

/// True if a change waits for the period's end: what the configuration says of less money or
/// shorter intervals.
fn waits(stripe: &Stripe, visit: &Visit, subscription: &Subscription, wanted: &Wanted) -> bool {
    let Some(item) = change::only_item(subscription) else { return false };
    let price = |id: &str| stripe.prices.get(id);
    let (Some(from), Some(to)) = (price(&item.price), price(&wanted.price)) else { return false };
    let conditions = &visit.features.subscription_update.at_period_end;
    conditions.iter().any(|condition| match condition.as_str() {
        "decreasing_item_amount" => to.amount(wanted.quantity) < from.amount(item.quantity),
        "shortening_interval" => days(to) < days(from),
        _ => false,
    })
}

/// About how long a price's interval is.
fn days(price: &Price) -> i64 {
    price.recurring.map_or(0, |recurring| {
        let days: i64 = match recurring.interval {
            Interval::Day => 1,
            Interval::Week => 7,
            Interval::Month => 30,
            Interval::Year => 365,
        };
        days.saturating_mul(recurring.count)
    })
}

/// Books a change for the period's end, by a schedule.
fn book(stripe: &mut Stripe, subscription: &Subscription, wanted: &Wanted) -> Result<(), ApiError> {
    let schedule = if let Some(schedule) = &subscription.schedule {
        stripe.shown(|stripe| &stripe.schedules, schedule)
    } else {
        let asked = json!({ "from_subscription": subscription.id });
        routes::post(stripe, "/v1/subscription_schedules", &asked)?
    };
    let id = field::text(&schedule, "/id").unwrap_or_default();
    let start = field::of(&schedule, "/current_phase/start_date");
    let item = |price: &str, quantity: i64, rates: &[String]| {
        let mut item = json!({ "price": price, "quantity": quantity });
        if !rates.is_empty() {
            field::set(&mut item, "tax_rates", rates);
        }
        item
    };
    let now: Vec<Value> = subscription
        .items
        .iter()
        .map(|known: &SubscriptionItem| item(&known.price, known.quantity, &known.tax_rates))
        .collect();
    let rates = subscription.items.first().map_or(&[][..], |known| &known.tax_rates);
    let then = item(&wanted.price, wanted.quantity, rates);
    let phases = json!([
        { "start_date": start, "end_date": subscription.period_end().0, "items": now },
        { "items": [then], "proration_behavior": "none" },
    ]);
    let asked = json!({ "phases": phases, "end_behavior": "release" });
    routes::post(stripe, &format!("/v1/subscription_schedules/{id}"), &asked).map(|_| ())
}

fn page(
    stripe: &mut Stripe,
    visit: &Visit,
    status: u16,
    subscription: &Subscription,
    wanted: &Wanted,
    refused: Option<&str>,
) -> Page {
    let cost = cost(stripe, visit, subscription, wanted);
    let from = subscription.items.first().map(|item| home::item_text(stripe, item));
    let to = home::price_text(stripe, &wanted.price);
    let to = if wanted.quantity == 1 { to } else { format!("{} × {to}", wanted.quantity) };
    let action = format!("{}/subscriptions/{}/confirm", visit.base, subscription.id);
    let content = html! {
        section class="card" {
            h1 { "Confirm your update" }
            (refusal(refused))
            dl class="facts" {
                @if let Some(from) = from { dt { "Now" } dd { (from) } }
                dt { "Then" } dd { strong { (to) } }
            }
            p { (cost) }
            form method="post" action=(action) {
                input type="hidden" name="price" value=(wanted.price);
                input type="hidden" name="quantity" value=(wanted.quantity);
                button type="submit" class="primary" { "Confirm" }
            }
            (visit.back())
        }
    };
    visit.page(status, "Confirm your update", &content)
}

/// What a change costs, and when.
fn cost(
    stripe: &mut Stripe,
    visit: &Visit,
    subscription: &Subscription,
    wanted: &Wanted,
) -> String {
    let end = dates::day(subscription.period_end());
    if waits(stripe, visit, subscription, wanted) {
        return format!("It changes on {end}, when your period ends. Nothing is due now.");
    }
    let behaviour = visit.features.subscription_update.proration_behavior.as_str();
    let mut details = update(visit, subscription, wanted).0;
    details.remove("payment_behavior");
    let asked = json!({ "subscription": subscription.id, "subscription_details": details });
    let preview = routes::post(stripe, "/v1/invoices/create_preview", &asked);
    let due = preview.ok().and_then(|preview| field::integer(&preview, "/amount_due"));
    let due = due.map(|due| money::text(due, &subscription.currency));
    match (behaviour, due) {
        ("always_invoice", Some(due)) => format!("{due} is due now."),
        ("create_prorations", Some(due)) => {
            format!("The difference is on your next invoice of {end}: {due}.")
        }
        _ => format!("Your next invoice of {end} has the new price."),
    }
}
