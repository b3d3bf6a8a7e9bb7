//! One of Stripe's customers: cards, subscriptions, invoices.

use maud::{Markup, html};

use super::super::frame::{self, badge};
use super::super::words::{money, owed, time};
use super::pages::{account, cards, open};
use super::view::{CustomerPage, InvoiceRow, SubscriptionRow};

/// The page.
pub fn page(view: &CustomerPage) -> Markup {
    let row = &view.row;
    let name = if row.name.is_empty() { &row.id } else { &row.name };
    frame::page(
        name,
        Some(&view.clock),
        &html! {
            p { a href="/_local/stripe" { "← Stripe" } }
            section {
                h2 { (name) }
                dl {
                    dt { "Customer" } dd { code { (row.id) } }
                    dt { "E-mail" } dd { (row.email) }
                    dt { "Account" } dd { (account(row)) }
                    dt { "Open" } dd { (open(row)) }
                    dt { "Balance" } dd { (owed(&view.balance)) }
                }
            }
            section { h2 { "Invoices" } (invoices(view)) }
            div.columns {
                section { h2 { "Subscriptions" } (subscriptions(view)) }
                section { h2 { "Payment methods" } (methods(view)) }
            }
        },
    )
}

fn invoices(view: &CustomerPage) -> Markup {
    html! {
        @if view.invoices.is_empty() { p.quiet { "There is none yet." } }
        @else {
            div.scroll { table {
                thead { tr { th { "Invoice" } th { "State" } th.number { "Total" }
                    th.number { "To pay" } th { "Made" } th { "Due or tried again" } th {} } }
                tbody { @for row in &view.invoices { (invoice(row)) } }
            } }
        }
        details {
            summary { "Send an invoice" }
            form.fields method="post" action={ "/_local/stripe/customers/" (view.row.id) "/invoice" } {
                label { "Amount" input name="amount" value="49.00" required inputmode="decimal"; }
                label { "Currency" input name="currency" value="eur" required pattern="[a-z]{3}"; }
                label { "For" input name="description" value="Consulting"; }
                label { "Days until due" input name="days_until_due" type="number" min="0" max="365" value="14"; }
                button { "Send" }
            }
        }
    }
}

fn invoice(row: &InvoiceRow) -> Markup {
    let actions: &[(&str, &str)] = match row.status.as_str() {
        "draft" => &[("finalize", "Finalize")],
        "open" => &[
            ("pay", "Charge"),
            ("pay_outside", "Paid outside"),
            ("void", "Void"),
            ("mark_uncollectible", "Give up"),
        ],
        "uncollectible" => &[("pay", "Charge"), ("pay_outside", "Paid outside"), ("void", "Void")],
        _ => &[],
    };
    html! { tr {
        td { @if row.number.is_empty() { span.quiet { "no number yet" } } @else { strong { (row.number) } }
            br; code.quiet { (row.id) } }
        td { (badge(&row.status)) }
        td.number { (money(&row.total)) }
        td.number { (owed(&row.remaining)) }
        td { (time(&row.created)) }
        td { @if let Some(at) = row.next_try.as_ref().or(row.due.as_ref()) { (time(at)) } }
        td { div.row {
            @if let Some(url) = &row.hosted { a.button href=(url) { @if row.status == "open" { "Pay page" } @else { "Page" } } }
            @if let Some(url) = &row.pdf { a.button href=(url) { "PDF" } }
            @for (action, label) in actions {
                form method="post" action={ "/_local/stripe/invoices/" (row.id) "/" (action) } {
                    button { (label) }
                }
            }
        } }
    } }
}

fn subscriptions(view: &CustomerPage) -> Markup {
    html! {
        @if view.subscriptions.is_empty() { p.quiet { "There is none yet." } }
        @for row in &view.subscriptions { (subscription(row)) }
        @if view.prices.is_empty() {
            p.quiet { "Make a price to subscribe to: " code { "POST /v1/prices" } "." }
        } @else {
            details {
                summary { "Subscribe" }
                form.fields method="post" action={ "/_local/stripe/customers/" (view.row.id) "/subscription" } {
                    label { "Price" select name="price" {
                        @for (id, title) in &view.prices { option value=(id) { (title) } }
                    } }
                    label { "Quantity" input name="quantity" type="number" min="1" value="1"; }
                    label { "Days until due" input name="days_until_due" type="number" min="1" max="365"
                        placeholder="charged at once"; }
                    button { "Subscribe" }
                }
            }
        }
    }
}

fn subscription(row: &SubscriptionRow) -> Markup {
    html! { div.item {
        p { (badge(&row.status)) " " @for item in &row.items { strong { (item) } " " } }
        p.quiet { code { (row.id) } @if !row.period_end.is_empty() && !row.is_over {
            @if row.ends_then { " ends " } @else { " renews " } (time(&row.period_end))
        } }
        @if !row.is_over {
            form.row method="post" action={ "/_local/stripe/subscriptions/" (row.id) "/cancel" } {
                @if !row.ends_then { button name="when" value="later" { "Cancel at the period's end" } }
                button name="when" value="now" { "Cancel now" }
            }
        }
    } }
}

fn methods(view: &CustomerPage) -> Markup {
    html! {
        @if view.methods.is_empty() { p.quiet { "There is none yet." } }
        @for method in &view.methods {
            p { strong { (method.title) } " " @if method.is_default { span.badge.good { "default" } }
                br; code.quiet { (method.id) } }
        }
        details {
            summary { "Add a test card" }
            form.fields method="post" action={ "/_local/stripe/customers/" (view.row.id) "/card" } {
                label { "Card" (cards(false)) }
                button { "Add" }
            }
        }
    }
}
