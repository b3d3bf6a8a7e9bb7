//! The control page. A page is a pure function of a value, escaped by type, and works without
//! script.

use maud::{Markup, html};

use super::account_page::{Billing, sections};
use super::frame::{badge, page};
use super::view::{AccountPage, AccountRow, Change, Entry, Explanation, Overview, QueueView};
use super::words::{milliseconds, money, owed, time};
use crate::deliveries::Delivery;
use crate::gate::{Call, Outcome};

/// Deliveries on the first page.
const DELIVERIES_SHOWN: usize = 60;

/// The first page.
pub fn overview(view: &Overview) -> Markup {
    page(
        "Tollgate, local",
        Some(&view.clock),
        &html! {
            section {
                h2 { "Accounts" }
                (accounts(&view.accounts))
            }
            section {
                h2 { "Queues" }
                div.cards { @for queue in &view.queues { (card(queue)) } }
                @for queue in &view.queues { (messages(queue)) }
            }
            section {
                h2 { "Events in" }
                (deliveries(&view.deliveries))
            }
            section {
                h2 { "Addresses and keys" }
                dl {
                    @for (name, value) in &view.access { dt { (name) } dd { code { (value) } } }
                }
                p.quiet { "As JSON: " a href="/_local/info" { "/_local/info" } "." }
            }
        },
    )
}

/// The page of one account.
pub fn account(view: &AccountPage, billing: &Billing) -> Markup {
    let row = &view.row;
    let account = &row.account;
    let name = if account.name.is_empty() { &row.id } else { &account.name };
    page(
        name,
        Some(&view.clock),
        &html! {
            p { a href="/_local/" { "← Overview" } }
            section {
                h2 { (name) " " (badge(&account.state)) }
                dl {
                    dt { "Account" } dd { code { (row.id) } }
                    dt { "Access" } dd { (badge(&row.access)) }
                    dt { "Plan" } dd { (account.plan.as_deref().unwrap_or("–")) }
                    dt { "Outstanding" } dd { (owed(&account.outstanding)) }
                    @if let Some(date) = &account.disables_on {
                        dt { @if account.state == "disabled" { "Disabled since" } @else { "Disables on" } }
                        dd { (time(date)) }
                    }
                    @if let Some(customer) = &account.stripe_customer_id {
                        dt { "Stripe customer" } dd { a href={ "/_local/stripe/customers/" (customer) } { code { (customer) } } }
                    }
                }
            }
            (sections(billing))
            div.columns {
                (explanation("Why this state", &view.state))
                (explanation("Why this sum", &view.outstanding))
            }
            section {
                h2 { "Timeline" }
                @if view.timeline.is_empty() { p.quiet { "Nothing happened yet." } }
                ol.timeline { @for entry in &view.timeline { (self::entry(entry)) } }
            }
        },
    )
}

/// The page to which Checkout returns where a purchase names no page of its own.
pub fn thanks() -> Markup {
    page(
        "Thank you",
        None,
        &html! {
            section {
                h2 { "Thank you" }
                p { "You are back from Stripe's page. A payment that went through there arrives by a webhook." }
                p { a href="/_local/" { "To the control page" } }
            }
        },
    )
}

/// The calls of one invocation.
pub fn invocation(id: u64, calls: &[Call]) -> Markup {
    let title = format!("Invocation {id}");
    page(
        &title,
        None,
        &html! {
            p { a href="/_local/" { "← Overview" } }
            section {
                h2 { (title) }
                @if calls.is_empty() { p.quiet { "It made no call that is still known." } }
                @else {
                    div.scroll { table {
                        thead { tr { th { "#" } th { "Time" } th { "Function" } th { "Call" }
                            th { "Outcome" } th { "Cost" } } }
                        tbody { @for call in calls { tr {
                            td { (call.nth) }
                            td { (time(&call.at.to_string())) }
                            td { (call.function) }
                            td { code { (call.operation) } }
                            td { (outcome(call.outcome)) }
                            td { (call.cost) }
                        } } }
                    } }
                }
            }
        },
    )
}

fn accounts(rows: &[AccountRow]) -> Markup {
    html! {
        @if rows.is_empty() { p.quiet { "No account was made yet: " code { "POST /v1/accounts" } "." } }
        @else {
            div.scroll { table {
                thead { tr { th { "Account" } th { "State" } th { "Access" } th { "Plan" }
                    th.number { "Outstanding" } th { "Disables on" } } }
                tbody { @for row in rows { tr {
                    td { a href={ "/_local/accounts/" (row.id) } {
                        @if row.account.name.is_empty() { (row.id) } @else { (row.account.name) }
                    } }
                    td { (badge(&row.account.state)) }
                    td { (badge(&row.access)) }
                    td { (row.account.plan.as_deref().unwrap_or("–")) }
                    td.number { (owed(&row.account.outstanding)) }
                    td { @if let Some(date) = &row.account.disables_on { (time(date)) } }
                } } }
            } }
        }
    }
}

fn deliveries(deliveries: &[Delivery]) -> Markup {
    html! {
        @if deliveries.is_empty() {
            p.quiet { "No event came in yet: " code { "cargo run -p local -- send FILE" } "." }
        } @else {
            div.scroll { table {
                thead { tr { th { "Time" } th { "Event" } th { "Outcome" } th.number { "Status" }
                    th { "Cost" } th.number { "Calls" } th.number { "Took" } th {} } }
                tbody { @for delivery in deliveries.iter().take(DELIVERIES_SHOWN) { (one(delivery)) } }
            } }
            @if deliveries.len() > DELIVERIES_SHOWN {
                p.quiet { "The newest " (DELIVERIES_SHOWN) " of " (deliveries.len()) ". All: "
                    a href="/_local/deliveries" { "/_local/deliveries" } "." }
            }
        }
    }
}

fn one(delivery: &Delivery) -> Markup {
    let kind = if delivery.event_type.is_empty() { "unreadable" } else { &delivery.event_type };
    html! {
        tr {
            td { (time(&delivery.at.0.to_string())) }
            td { strong { (kind) } br; code.quiet { (delivery.event_id) } }
            td { (badge(&delivery.outcome)) }
            td.number { (delivery.status) }
            td.nowrap { (delivery.cost) }
            td.number { a href={ "/_local/invocations/" (delivery.invocation) } { (delivery.calls) } }
            td.number { (milliseconds(delivery.microseconds)) }
            td {
                @if !delivery.event_id.is_empty() {
                    form method="post" action={ "/_local/deliveries/" (delivery.event_id) "/resend" } {
                        button { "Resend" }
                    }
                }
            }
        }
    }
}

fn card(queue: &QueueView) -> Markup {
    html! {
        div.card {
            h3 { (queue.name) }
            dl.numbers {
                div { dd { (queue.visible) } dt { @if queue.holds_dead_letters { "dead letters" } @else { "visible" } } }
                div { dd { (queue.in_flight) } dt { "in flight" } }
                div { dd { (queue.delayed) } dt { "delayed" } }
            }
            @if queue.holds_dead_letters && queue.visible > 0 {
                form method="post" action={ "/_local/queues/" (queue.name) "/redrive" } {
                    button { "Redrive all" }
                }
            }
        }
    }
}

fn messages(queue: &QueueView) -> Markup {
    html! {
        @if !queue.messages.is_empty() {
            h3 { "In " (queue.name) }
            div.scroll { table {
                thead { tr { th { "Sent" } th { "Visible from" } th.number { "Receives" }
                    th { "Reason" } th { "Message" } } }
                tbody { @for message in &queue.messages { tr {
                    td { (time(&message.sent_at)) }
                    td { (time(&message.visible_at)) }
                    td.number { (message.receives) }
                    td { (message.reason.as_deref().unwrap_or("–")) }
                    td { details { summary { code { (message.id) } } pre { (message.excerpt) } } }
                } } }
            } }
        }
    }
}

fn explanation(title: &str, explanation: &Explanation) -> Markup {
    html! {
        section {
            h2 { (title) }
            p.value { (owed(&explanation.value)) }
            @if !explanation.because.is_empty() {
                p.quiet { "Because, oldest first:" }
                ol { @for entry in &explanation.because {
                    li { (entry.summary) " " span.quiet { (time(&entry.at)) } }
                } }
            }
            @for clears in &explanation.clears_by {
                div.clears {
                    p { (clears.detail) }
                    p.quiet { "Cleared by: " (clears.clears_by) }
                }
            }
        }
    }
}

fn entry(entry: &Entry) -> Markup {
    html! {
        li {
            div.when { (time(&entry.at)) }
            div {
                p { strong { (entry.summary) } }
                @if !entry.changes.is_empty() { ul.changes {
                    @for change in &entry.changes { li { (self::change(change)) } }
                } }
                p.quiet { (entry.kind) " · " (entry.cause.r#type) " " code { (entry.cause.id) } }
            }
        }
    }
}

fn change(change: &Change) -> Markup {
    html! {
        (change.field) ": "
        @if !change.before.is_null() { del { (money(&change.before)) } " → " }
        ins { (money(&change.after)) }
    }
}

fn outcome(outcome: Outcome) -> Markup {
    match outcome {
        Outcome::Answered(status) => html! { (status) },
        Outcome::Denied => badge("denied"),
        Outcome::Faulted(fault) => badge(&format!("{fault:?}")),
        Outcome::Unreachable => badge("unreachable"),
        Outcome::OutOfTime => badge("out of time"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_is_escaped() {
        let row = AccountRow { id: "<script>".to_owned(), ..AccountRow::default() };
        let view = Overview { accounts: vec![row], ..Overview::default() };
        let page = overview(&view).into_string();
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("&lt;script&gt;"), "{page}");
    }
}
