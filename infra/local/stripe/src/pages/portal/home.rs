//! The portal's first page: subscriptions, payment methods, details and invoices.

use maud::{Markup, html};

use super::super::methods::{self, SavedMethod};
use super::super::{Page, PageRequest, dates, document, links, money};
use super::{Visit, said};
use crate::documents::{self, Tone};
use crate::field;
use crate::invoices::{Invoice, InvoiceStatus};
use crate::prices::Recurring;
use crate::shelf::Object;
use crate::stripe::Stripe;
use crate::subscriptions::{Subscription, SubscriptionItem, SubscriptionStatus};

/// Invoices that are listed.
const INVOICES_MAX: usize = 24;

pub(super) fn show(stripe: &Stripe, visit: &Visit, request: &PageRequest) -> Page {
    let content = html! {
        @if let Some(done) = said(request) { p class="said" role="status" { (done.says()) } }
        @if let Some(headline) = &visit.headline { p { (headline) } }
        (subscriptions(stripe, visit))
        (payment_methods(visit, &methods::of_customer(stripe, &visit.customer)))
        (details(stripe, visit))
        @if visit.features.invoice_history { (invoices(stripe, visit)) }
    };
    visit.page(200, "Billing", &content)
}

fn subscriptions(stripe: &Stripe, visit: &Visit) -> Markup {
    let own = stripe.subscriptions.iter().rev().filter(|subscription| {
        subscription.customer == visit.customer
            && !subscription.status.ended()
            && subscription.status != SubscriptionStatus::Incomplete
    });
    let own: Vec<&Subscription> = own.collect();
    html! {
        section class="card" {
            div class="head" { h2 { "Current plan" } }
            @if own.is_empty() { p class="hint" { "There is no subscription." } }
            @for subscription in own { (subscription_entry(stripe, visit, subscription)) }
        }
    }
}

fn subscription_entry(stripe: &Stripe, visit: &Visit, subscription: &Subscription) -> Markup {
    let (text, tone) = standing(subscription);
    let path = format!("{}/subscriptions/{}", visit.base, subscription.id);
    let ends = subscription.cancel_at_period_end || subscription.cancel_at.is_some();
    html! {
        div class="entry" {
            div {
                @for item in &subscription.items { p { strong { (item_text(stripe, item)) } } }
                p { (document::stamp(text, tone)) " " (next(subscription)) }
            }
            div class="actions" {
                @if visit.features.subscription_update.enabled && !ends {
                    a class="button" href={ (path) "/update" } { "Update plan" }
                }
                @if visit.features.subscription_cancel.enabled {
                    @if ends {
                        form method="post" action={ (path) "/renew" } {
                            button { "Don't cancel" }
                        }
                    } @else {
                        a class="button" href={ (path) "/cancel" } { "Cancel plan" }
                    }
                }
            }
        }
    }
}

/// Such as `5 × Team plan, €9.80 per month`.
pub(super) fn item_text(stripe: &Stripe, item: &SubscriptionItem) -> String {
    let name = price_text(stripe, &item.price);
    if item.quantity == 1 { name } else { format!("{} × {name}", item.quantity) }
}

/// Such as `Team plan, €9.80 per month`.
pub(super) fn price_text(stripe: &Stripe, id: &str) -> String {
    let Some(price) = stripe.prices.get(id) else { return String::new() };
    let product = stripe.products.get(&price.product);
    let name = product.map_or("", |product| product.name.as_str());
    let unit = price.unit_amount.map(|unit| money::exact(unit, &price.currency));
    let every = price.recurring.map_or_else(String::new, Recurring::text);
    match unit {
        Some(unit) => format!("{name}, {unit} {every}"),
        None => format!("{name}, {every}"),
    }
}

/// A word for where a subscription stands.
fn standing(subscription: &Subscription) -> (&'static str, Tone) {
    match subscription.status {
        SubscriptionStatus::Trialing => ("Trial", Tone::Good),
        SubscriptionStatus::Active if subscription.cancel_at.is_some() => ("Ends", Tone::Faded),
        SubscriptionStatus::Active => ("Active", Tone::Good),
        SubscriptionStatus::PastDue | SubscriptionStatus::Unpaid => ("Past due", Tone::Open),
        SubscriptionStatus::Paused => ("Paused", Tone::Open),
        SubscriptionStatus::Incomplete
        | SubscriptionStatus::IncompleteExpired
        | SubscriptionStatus::Canceled => ("Ended", Tone::Faded),
    }
}

/// What comes next.
pub(super) fn next(subscription: &Subscription) -> String {
    let end = dates::day(subscription.cancel_at.unwrap_or_else(|| subscription.period_end()));
    let booked = if subscription.schedule.is_some() { ", with a change" } else { "" };
    if subscription.cancel_at_period_end || subscription.cancel_at.is_some() {
        format!("Ends on {end}.")
    } else if subscription.status == SubscriptionStatus::Trialing {
        format!("The trial ends on {end}{booked}.")
    } else {
        format!("Renews on {end}{booked}.")
    }
}

fn payment_methods(visit: &Visit, own: &[SavedMethod]) -> Markup {
    let allowed = visit.features.payment_method_update;
    let path = format!("{}/payment_methods", visit.base);
    html! {
        section class="card" {
            div class="head" {
                h2 { "Payment methods" }
                @if allowed { a class="button" href=(path) { "Add payment method" } }
            }
            @if own.is_empty() { p class="hint" { "There is no payment method." } }
            @for method in own {
                div class="entry" {
                    div {
                        p { (method.label) }
                        @if !method.expires.is_empty() { p { "Expires " (method.expires) } }
                    }
                    div class="actions" {
                        @if method.is_default {
                            (document::stamp("Default", Tone::Good))
                        } @else if allowed {
                            form method="post" action={ (path) "/" (method.id) "/default" } {
                                button class="quiet" { "Make default" }
                            }
                            form method="post" action={ (path) "/" (method.id) "/remove" } {
                                button class="quiet" { "Remove" }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn details(stripe: &Stripe, visit: &Visit) -> Markup {
    let customer = stripe.customers.get(&visit.customer);
    let shown = customer.map(|customer| customer.json(stripe)).unwrap_or_default();
    let text = |pointer: &str| field::text(&shown, pointer);
    let tax_ids = stripe.tax_ids.iter().filter(|tax_id| tax_id.customer == visit.customer);
    let tax_ids = tax_ids.map(|it| documents::tax_id(&it.json(stripe))).collect::<Vec<_>>();
    let address = documents::address(field::of(&shown, "/address"));
    html! {
        section class="card" {
            div class="head" {
                h2 { "Billing details" }
                @if visit.features.customer_update {
                    a class="button" href={ (visit.base) "/details" } { "Update details" }
                }
            }
            dl class="facts" {
                @for (label, text) in [
                    ("Name", text("/name")), ("Email", text("/email")), ("Phone", text("/phone")),
                ] {
                    @if let Some(text) = text { dt { (label) } dd { (text) } }
                }
                @if !address.is_empty() { dt { "Address" } dd { (address.join(", ")) } }
                @for tax_id in tax_ids { dt { "Tax id" } dd { (tax_id) } }
            }
        }
    }
}

fn invoices(stripe: &Stripe, visit: &Visit) -> Markup {
    let own = stripe.invoices.iter().rev().filter(|invoice| {
        invoice.customer == visit.customer && invoice.status != InvoiceStatus::Draft
    });
    let own: Vec<&Invoice> = own.take(INVOICES_MAX).collect();
    html! {
        section class="card" {
            div class="head" { h2 { "Invoices" } }
            @if own.is_empty() { p class="hint" { "There is no invoice." } }
            @else {
                div class="table" {
                    table {
                        thead {
                            tr { th { "Invoice" } th class="number" { "Amount" } th { "" } th { "" } }
                        }
                        tbody { @for invoice in own { (invoice_row(stripe, invoice)) } }
                    }
                }
            }
        }
    }
}

fn invoice_row(stripe: &Stripe, invoice: &Invoice) -> Markup {
    let shown = invoice.json(stripe);
    let total = field::integer(&shown, "/total").unwrap_or(0);
    let (text, tone) = match invoice.status {
        InvoiceStatus::Draft => ("Draft", Tone::Faded),
        InvoiceStatus::Open => ("Open", Tone::Open),
        InvoiceStatus::Paid => ("Paid", Tone::Good),
        InvoiceStatus::Void => ("Void", Tone::Faded),
        InvoiceStatus::Uncollectible => ("Uncollectible", Tone::Faded),
    };
    html! {
        tr {
            td {
                a href=(links::invoice("", &invoice.id)) {
                    (invoice.number.as_deref().unwrap_or("Invoice"))
                }
                small { (dates::short_day(invoice.created)) }
            }
            td class="number" { (money::text(total, &invoice.currency)) }
            td { (document::stamp(text, tone)) }
            td { a href=(links::invoice_pdf("", &invoice.id)) { "PDF" } }
        }
    }
}
