//! Home of the staff desk: what waits, and since when.

use billing::time::Timestamp;
use maud::{Markup, html};

use crate::staff::frame::{DeskSection, StaffFrame};
use crate::staff::search::field;
use crate::staff::transfers::age;

/// Values of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomePage {
    /// Lists that somebody must look at.
    pub waiting: Vec<Waiting>,
    /// Time up to which the books are proven to miss nothing of Stripe.
    pub proven_to: Option<Timestamp>,
}

/// A list that somebody must look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Name.
    pub name: &'static str,
    /// Address of the list, if it has a page.
    pub href: Option<&'static str>,
    /// Number of its items.
    pub count: usize,
    /// Time since which the oldest one waits.
    pub oldest: Option<Timestamp>,
}

impl HomePage {
    /// The page.
    pub fn page(&self, frame: &StaffFrame) -> String {
        let body = html! {
            h1 { "Staff desk" }
            section.card aria-label="Search" { (field("")) }
            section.card aria-labelledby="waiting" {
                h2 id="waiting" { "What waits" }
                (self.table(frame))
                p.soft {
                    @match self.proven_to {
                        Some(at) => {
                            "Our books are proven to miss nothing of Stripe until "
                            time datetime=(at) { (frame.say.instant(at)) } "."
                        },
                        None => "Our books were not compared with Stripe yet.",
                    }
                }
            }
        };
        frame.page(DeskSection::Home, "Staff desk", &body)
    }

    fn table(&self, frame: &StaffFrame) -> Markup {
        html! {
            div.table { table.rows {
                caption.hidden { "Lists with the number of items and the oldest one" }
                thead { tr { th { "List" } th { "Oldest" } th.amount { "Items" } } }
                tbody { @for list in &self.waiting { tr {
                    th scope="row" {
                        @match list.href {
                            Some(href) => a href=(href) { (list.name) },
                            None => (list.name),
                        }
                    }
                    td.second {
                        @match list.oldest {
                            Some(at) => { (age(at, frame.now)) ", since " (frame.say.instant(at)) },
                            None => "Nothing waits.",
                        }
                    }
                    td.amount { (list.count) }
                } } }
            } }
        }
    }
}
