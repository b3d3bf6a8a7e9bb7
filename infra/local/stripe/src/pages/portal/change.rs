//! Choosing another plan or number of seats.

use maud::{Markup, html};

use super::super::inputs::{Errors, Input, refusal};
use super::super::{Form, Page, PageRequest};
use super::{Visit, home};
use crate::stripe::Stripe;
use crate::subscriptions::{Subscription, SubscriptionItem};

pub(super) fn get(stripe: &Stripe, visit: &Visit, id: &str, request: &PageRequest) -> Option<Page> {
    let subscription = visit.subscription(stripe, id)?;
    let page = || page(stripe, visit, 200, subscription, &request.form, None);
    visit.features.subscription_update.enabled.then(page)
}

/// The one item of a subscription: others cannot be changed here.
pub(super) fn only_item(subscription: &Subscription) -> Option<&SubscriptionItem> {
    match subscription.items.as_slice() {
        [item] => Some(item),
        _ => None,
    }
}

pub(super) fn page(
    stripe: &Stripe,
    visit: &Visit,
    status: u16,
    subscription: &Subscription,
    typed: &Form,
    refused: Option<&str>,
) -> Page {
    let content = html! {
        section class="card" {
            h1 { "Update your plan" }
            (refusal(refused))
            @match only_item(subscription) {
                Some(item) => (choice(stripe, visit, subscription, item, typed)),
                None => p { "This subscription has several parts: ask us to change it." },
            }
            (visit.back())
        }
    };
    visit.page(status, "Update your plan", &content)
}

fn choice(
    stripe: &Stripe,
    visit: &Visit,
    subscription: &Subscription,
    item: &SubscriptionItem,
    typed: &Form,
) -> Markup {
    let update = &visit.features.subscription_update;
    let chosen = Some(typed.text("price")).filter(|price| !price.is_empty()).unwrap_or(&item.price);
    let offered = update.products.iter().flat_map(|product| &product.prices);
    let mut prices: Vec<&str> = offered.map(String::as_str).collect();
    if !update.allows("price") {
        prices.retain(|price| *price == item.price);
    }
    if !prices.contains(&item.price.as_str()) {
        prices.insert(0, &item.price);
    }
    let adjustable = update.products.iter().any(|product| product.quantity.is_some());
    let quantity = Input { kind: "number", ..Input::text("quantity", "How many", "off") };
    let mut typed = typed.clone();
    if typed.text("quantity").is_empty() {
        typed.set("quantity", &item.quantity.to_string());
    }
    let action = format!("{}/subscriptions/{}/confirm", visit.base, subscription.id);
    html! {
        p { (home::next(subscription)) }
        form class="form" method="get" action=(action) {
            div class="choices" {
                @for price in prices {
                    label class="choice" {
                        input type="radio" name="price" value=(price) checked[price == chosen];
                        span {
                            (home::price_text(stripe, price))
                            @if price == item.price { " " small { "current" } }
                        }
                    }
                }
            }
            @if update.allows("quantity") && adjustable {
                (quantity.show(&typed, &Errors::default()))
            }
            button type="submit" class="primary" { "Continue" }
        }
    }
}
