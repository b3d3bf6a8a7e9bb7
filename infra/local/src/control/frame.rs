//! What all pages share: the head, the clock, and the way from one to the other.

use maud::{DOCTYPE, Markup, html};

use super::view::ClockView;
use super::words::time;

/// Where one can go: path and name.
const PLACES: [(&str, &str); 4] = [
    ("/_local/", "Tollgate"),
    ("/_local/stripe", "Stripe"),
    ("/_local/requests", "Requests"),
    ("/_local/outbox", "Mails"),
];

/// A page.
pub fn page(title: &str, clock: Option<&ClockView>, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="stylesheet" href="/_local/style.css";
            }
            body {
                header { div.bar {
                    h1 { a href="/_local/" { "Tollgate" } span.quiet { " local" } }
                    nav { @for (path, name) in PLACES { a href=(path) { (name) } } }
                    @if let Some(clock) = clock { (clock_bar(clock)) }
                } }
                main { (body) }
            }
        }
    }
}

fn clock_bar(clock: &ClockView) -> Markup {
    html! {
        form.clock method="post" action="/_local/clock" {
            span { (time(&clock.now)) }
            @if clock.frozen { (badge("frozen")) }
            @for (length, label) in [("1h", "+1 hour"), ("1d", "+1 day"), ("1mo", "+1 month")] {
                button name="advance" value=(length) { (label) }
            }
        }
    }
}

/// A word with the colour of what it means.
pub fn badge(word: &str) -> Markup {
    let tone = match word {
        "applied" | "active" | "full" | "paid" | "delivered" | "succeeded" | "trialing" => "good",
        "unchanged" | "ignored" | "frozen" | "draft" | "void" | "paused" | "under_way" => "calm",
        "queued" | "past_due" | "cached_only" | "restricted" | "open" | "waiting"
        | "incomplete" | "resent" => "watch",
        "" => "none",
        _ => "bad",
    };
    html! { span class={ "badge " (tone) } { (word.replace('_', " ")) } }
}
