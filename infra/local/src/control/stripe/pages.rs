//! Stripe's customers, what was sent to endpoints, faults, and the request log.

use maud::{Markup, html};

use super::super::frame::{badge, page};
use super::super::view::ClockView;
use super::super::words::{money, time};
use super::view::{CustomerRow, Overview, RequestRow, Sent};

/// Test cards by the name that Stripe gives their payment methods, and what they do.
const CARDS: [(&str, &str); 6] = [
    ("pm_card_visa", "4242 4242 4242 4242: works"),
    ("pm_card_chargeCustomerFail", "4000 0000 0000 0341: is declined when charged"),
    ("pm_card_authenticationRequired", "4000 0027 6000 3184: asks for authentication each time"),
    ("pm_card_authenticationRequiredOnSetup", "4000 0025 0000 3155: asks once"),
    ("pm_card_createDispute", "4000 0000 0000 0259: is disputed as fraud"),
    ("pm_card_in", "4000 0035 6000 0008: from India, never retried"),
];

/// A group of faults: its title, and the name and meaning of each.
type Group = (&'static str, &'static [(&'static str, &'static str)]);

/// What each fault is.
const FAULTS: [Group; 3] = [
    (
        "Events on their way",
        &[
            ("duplicate", "An event is delivered twice"),
            ("reorder", "An event is delivered after later ones"),
            ("drop", "A delivery is lost; Stripe tries again"),
            ("delay", "An event comes one to three days late"),
        ],
    ),
    (
        "Our calls to Stripe",
        &[
            ("api_error", "Stripe answers 500"),
            ("api_timeout", "Stripe neither hears nor answers"),
            ("api_rate_limit", "Stripe answers 429"),
            ("api_lost_response", "Stripe acts, and its answer is lost"),
        ],
    ),
    (
        "Our calls to AWS",
        &[
            ("throttle", "AWS throttles a call"),
            ("conflict", "Another transaction holds the item"),
            ("timeout_before", "A call times out without effect"),
            ("timeout_after_commit", "A call times out after it took effect"),
            ("crash", "The function ends in the middle"),
        ],
    ),
];

/// The page of all of it.
pub fn overview(view: &Overview) -> Markup {
    page(
        "Stripe, local",
        Some(&view.clock),
        &html! {
            section {
                h2 { "Customers" }
                form.row method="get" action="/_local/stripe" {
                    input type="search" name="q" value=(view.query) placeholder="Name, e-mail or id"
                        aria-label="Search customers";
                    button { "Search" }
                }
                (customers(view))
                details open[view.customers.is_empty() && view.query.is_empty()] {
                    summary { "New customer" }
                    form.fields method="post" action="/_local/stripe/customers" {
                        label { "Name" input name="name" required; }
                        label { "E-mail" input name="email" type="email" required; }
                        label { "Card" (cards(true)) }
                        button { "Create" }
                    }
                }
            }
            section {
                h2 { "Events out" }
                @if view.sent.is_empty() { p.quiet { "Nothing happened at Stripe yet that we listen to." } }
                @else { (sent(&view.sent)) }
            }
            section {
                h2 { "Faults" }
                p.quiet { "How probable each is, from 0 to 1. The same seed lets the same go wrong." }
                (faults(&view.faults))
            }
            section {
                h2 { "Stripe's API" }
                p { "At " code { (view.url) "/v1" } ", with any key that begins with " code { "sk_test_" }
                    ". What was asked: " a href="/_local/requests" { "requests" } ", and as JSON "
                    a href={ (view.url) "/_sim/exchanges.jsonl" } { "exchanges.jsonl" } "." }
            }
        },
    )
}

fn customers(view: &Overview) -> Markup {
    html! {
        @if view.customers.is_empty() {
            p.quiet { @if view.query.is_empty() { "There is none yet." } @else { "None has this in its name, e-mail or id." } }
        } @else {
            div.scroll { table {
                thead { tr { th { "Customer" } th { "Card" } th { "Subscriptions" }
                    th.number { "Open" } th { "Account" } } }
                tbody { @for row in &view.customers { (customer(row)) } }
            } }
            @if view.more > 0 { p.quiet { "And " (view.more) " more." } }
        }
    }
}

fn customer(row: &CustomerRow) -> Markup {
    html! { tr {
        td {
            a href={ "/_local/stripe/customers/" (row.id) } {
                @if row.name.is_empty() { (row.id) } @else { (row.name) }
            }
            br; span.quiet { (row.email) }
        }
        td.nowrap { @if row.card.is_empty() { "–" } @else { (row.card) } }
        td { @for status in &row.subscriptions { (badge(status)) " " } }
        td.number { (open(row)) }
        td { (account(row)) }
    } }
}

/// What is open; a dash when nothing is.
pub fn open(row: &CustomerRow) -> String {
    let nothing = row.open.as_array().is_none_or(Vec::is_empty);
    if nothing { "–".to_owned() } else { money(&row.open) }
}

/// The account that a customer is linked to.
pub fn account(row: &CustomerRow) -> Markup {
    html! {
        @match &row.account {
            Some(account) => a href={ "/_local/accounts/" (account) } { (account) },
            None => span.quiet { "not linked" },
        }
    }
}

/// A choice of test cards.
pub fn cards(or_none: bool) -> Markup {
    html! {
        select name="card" {
            @for (token, title) in CARDS { option value=(token) { (title) } }
            @if or_none { option value="" { "none" } }
        }
    }
}

fn sent(rows: &[Sent]) -> Markup {
    html! {
        div.scroll { table {
            thead { tr { th { "Event" } th { "State" } th { "Tries" } th { "Next" } th {} } }
            tbody { @for row in rows { tr {
                td { strong { (row.kind) } br; code.quiet { (row.event) }
                    @if let Some(url) = &row.elsewhere { br; span.quiet { "to " (url) } } }
                td { (badge(row.state)) }
                td { @for (at, outcome) in &row.attempts { div { (time(at)) " " (outcome) } } }
                td { @if let Some(next) = &row.next { (time(next)) } }
                td {
                    form method="post" action={ "/_local/deliveries/" (row.event) "/resend" } {
                        button { "Resend" }
                    }
                }
            } } }
        } }
    }
}

fn faults(set: &[(&'static str, String)]) -> Markup {
    let value = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
    html! {
        form method="post" action="/_local/faults" {
            div.faults { @for (title, group) in FAULTS { fieldset {
                legend { (title) }
                @for (name, what) in group {
                    label { span { (what) br; code.quiet { (name) } }
                        input name=(name) type="number" min="0" max="1" step="0.01"
                            inputmode="decimal" value=[value(name)];
                    }
                }
            } } }
            div.row {
                label.inline { "Seed " input name="seed" type="number" min="0" step="1" value="0"; }
                button { "Set" }
                button name="clear" value="yes" { "All off" }
            }
        }
    }
}

/// What Stripe did not do.
pub fn refused(message: &str) -> Markup {
    page(
        "Stripe refused",
        None,
        &html! {
            section {
                h2 { "Stripe refused" }
                p { (message) }
                p { a href="/_local/stripe" { "← Stripe" } }
            }
        },
    )
}

/// The request log, newest first.
pub fn requests((clock, rows): &(ClockView, Vec<RequestRow>)) -> Markup {
    page(
        "Requests to Stripe",
        Some(clock),
        &html! {
            section {
                h2 { "Requests to Stripe" }
                p.quiet { "From functions and other programs, newest first; not what was done on these pages." }
                @if rows.is_empty() { p.quiet { "There was none yet." } }
                @for row in rows { (request(row)) }
            }
        },
    )
}

fn request(row: &RequestRow) -> Markup {
    let tone = if row.status < 400 { "good" } else { "bad" };
    html! {
        details.request {
            summary {
                (time(&row.at)) " " strong { (row.method) } " " code { (row.path) } " "
                span class={ "badge " (tone) } { (row.status) } " " (badge(row.note))
            }
            @if row.request != "{}" { h3 { "Parameters" } pre { (row.request) } }
            h3 { "Answer" } pre { (row.answer) }
        }
    }
}
