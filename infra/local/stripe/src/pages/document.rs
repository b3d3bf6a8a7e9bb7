//! A document on a page: the same value that a PDF prints.

use maud::{Markup, html};

use crate::documents::{Document, Stamp, Tone};

/// A stamp.
pub fn stamp(text: &str, tone: Tone) -> Markup {
    let tone = match tone {
        Tone::Good => "good",
        Tone::Open => "open",
        Tone::Faded => "faded",
    };
    html! { span class={ "stamp " (tone) } { (text) } }
}

/// The document's head: what it is, where it stands, who it is for.
pub fn head(document: &Document) -> Markup {
    html! {
        div class="head" {
            h1 { (document.title) " " (document.number) }
            @if let Some(Stamp { text, tone }) = &document.stamp { (stamp(text, *tone)) }
        }
        dl class="facts" {
            @for (label, text) in &document.facts { dt { (label) } dd { (text) } }
        }
        div class="letter" {
            div { h3 { "From" } @for line in &document.seller { p { (line) } } }
            div { h3 { "To" } @for line in &document.customer { p { (line) } } }
        }
        @if let Some(description) = &document.description { p class="prose" { (description) } }
    }
}

/// Its lines and how they add up.
pub fn body(document: &Document) -> Markup {
    let taxed = document.lines.iter().any(|line| line.tax.is_some());
    html! {
        div class="table" {
            table {
                thead {
                    tr {
                        th { "Description" }
                        th class="number" { "Quantity" }
                        th class="number" { "Unit price" }
                        @if taxed { th class="number" { "Tax" } }
                        th class="number" { "Amount" }
                    }
                }
                tbody {
                    @for line in &document.lines {
                        tr {
                            td {
                                (line.description)
                                @if let Some(period) = &line.period { small { (period) } }
                            }
                            td class="number" { @if let Some(quantity) = line.quantity { (quantity) } }
                            td class="number" { (line.unit_price.as_deref().unwrap_or_default()) }
                            @if taxed { td class="number" { (line.tax.as_deref().unwrap_or_default()) } }
                            td class="number" { (line.amount) }
                        }
                    }
                }
            }
        }
        dl class="sums" {
            @for sum in &document.sums {
                div class=[sum.strong.then_some("strong")] {
                    dt { (sum.label) }
                    dd class="number" { (sum.amount) }
                }
            }
        }
        @if let Some(footer) = &document.footer { p class="hint prose" { (footer) } }
    }
}
