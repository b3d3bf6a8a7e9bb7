//! What all pages share: the head, the note that no money moves, and the page for what is not
//! there.

use maud::{DOCTYPE, Markup, html};

use super::Page;

/// A page with its content.
pub fn page(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="same-origin";
                title { (title) }
                link rel="stylesheet" href="/style.css";
            }
            body {
                p class="simulator" { strong { "Simulator" } " No real money moves here, and no card is charged." }
                (content)
            }
        }
    }
}

/// A page that says one thing, and where to go on.
pub fn message(title: &str, text: &str, on: Option<(&str, &str)>) -> Page {
    let content = html! {
        main class="narrow" {
            section class="card" {
                h1 { (title) }
                p { (text) }
                @if let Some((url, label)) = on { p { a class="button" href=(url) { (label) } } }
            }
        }
    };
    Page::html(200, page(title, &content))
}

/// 404.
pub fn not_found() -> Page {
    let content = html! {
        main class="narrow" {
            h1 { "There is nothing here" }
            p { "This link is wrong, or what it led to is no longer there." }
        }
    };
    Page::html(404, page("Not found", &content))
}
