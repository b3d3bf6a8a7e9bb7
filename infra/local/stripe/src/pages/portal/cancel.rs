//! Cancelling a subscription, and taking that back.

use maud::html;
use serde_json::{Map, Value, json};

use super::super::inputs::{Errors, Input, refusal, select};
use super::super::{Form, Page, PageRequest, dates};
use super::{Done, Visit, home};
use crate::call::Params;
use crate::stripe::Stripe;
use crate::subscriptions::{self, BillingMode, Subscription};

/// Reasons, in Stripe's word and in a customer's.
const REASONS: [(&str, &str); 8] = [
    ("customer_service", "Customer service was less than expected"),
    ("low_quality", "Quality was less than expected"),
    ("missing_features", "Some features are missing"),
    ("other", "Another reason"),
    ("switched_service", "I switch to another service"),
    ("too_complex", "Using it was too hard"),
    ("too_expensive", "It is too expensive"),
    ("unused", "I do not use it enough"),
];

pub(super) fn get(stripe: &Stripe, visit: &Visit, id: &str) -> Option<Page> {
    let subscription = visit.subscription(stripe, id)?;
    let page = || page(stripe, visit, 200, subscription, None);
    visit.features.subscription_cancel.enabled.then(page)
}

fn page(
    stripe: &Stripe,
    visit: &Visit,
    status: u16,
    subscription: &Subscription,
    refused: Option<&str>,
) -> Page {
    let feature = &visit.features.subscription_cancel;
    let end = dates::day(subscription.period_end());
    let mut reasons = vec![("", "Choose, if you like")];
    reasons.extend(REASONS.into_iter().filter(|(word, _)| {
        feature.reasons.is_empty() || feature.reasons.iter().any(|known| known == word)
    }));
    let (typed, errors) = (Form::default(), Errors::default());
    let content = html! {
        section class="card" {
            h1 { "Cancel your plan" }
            @for item in &subscription.items { p { strong { (home::item_text(stripe, item)) } } }
            @if feature.mode == "immediately" {
                p { "It ends at once." }
            } @else {
                p { "You can use it until it ends on " (end) ". Nothing is charged after that." }
            }
            form class="form" method="post" action={ (visit.base) "/subscriptions/" (subscription.id) "/cancel" } {
                (refusal(refused))
                @if feature.asks_reason {
                    (select("feedback", "Why do you cancel?", &reasons, &typed, &errors))
                    (Input::text("comment", "What else should we know?", "off").show(&typed, &errors))
                }
                button type="submit" class="danger" { "Cancel plan" }
            }
            (visit.back())
        }
    };
    visit.page(status, "Cancel your plan", &content)
}

pub(super) fn post(
    stripe: &mut Stripe,
    visit: &Visit,
    id: &str,
    request: &PageRequest,
) -> Option<Page> {
    let feature = &visit.features.subscription_cancel;
    visit.subscription(stripe, id)?;
    if !feature.enabled {
        return None;
    }
    let mut said = Map::new();
    for name in ["feedback", "comment"] {
        let text = request.form.text(name);
        let known = name == "comment" || REASONS.iter().any(|(word, _)| *word == text);
        if feature.asks_reason && !text.is_empty() && known {
            said.insert(name.to_owned(), json!(text));
        }
    }
    let mut params = Map::new();
    if !said.is_empty() {
        params.insert("cancellation_details".to_owned(), Value::Object(said));
    }
    let result = if feature.mode == "immediately" {
        let prorates = feature.proration_behavior != "none";
        params.insert("prorate".to_owned(), json!(prorates));
        let invoices = feature.proration_behavior == "always_invoice";
        params.insert("invoice_now".to_owned(), json!(invoices));
        subscriptions::cancel(stripe, id, &Params(params))
    } else {
        // In flexible billing the portal sets the time, and leaves the flag.
        let subscription = visit.subscription(stripe, id)?;
        let (name, end) = match subscription.mode {
            BillingMode::Flexible => ("cancel_at", json!(subscription.period_end().0)),
            BillingMode::Classic => ("cancel_at_period_end", json!(true)),
        };
        params.insert(name.to_owned(), end);
        subscriptions::update(stripe, id, &Params(params))
    };
    match result {
        Ok(()) => Some(visit.done(Done::Canceled)),
        Err(error) => {
            let subscription = visit.subscription(stripe, id)?;
            Some(page(stripe, visit, 422, subscription, Some(&error.message)))
        }
    }
}

/// A cancellation at the period's end is taken back.
pub(super) fn renew(stripe: &mut Stripe, visit: &Visit, id: &str) -> Option<Page> {
    let subscription = visit.subscription(stripe, id)?;
    let ends = subscription.cancel_at.is_some();
    let (name, never) = if subscription.cancel_at_period_end {
        ("cancel_at_period_end", json!(false))
    } else {
        ("cancel_at", json!(""))
    };
    let mut params = Map::new();
    params.insert(name.to_owned(), never);
    let renewed = visit.features.subscription_cancel.enabled
        && ends
        && subscriptions::update(stripe, id, &Params(params)).is_ok();
    renewed.then(|| visit.done(Done::Renewed))
}
