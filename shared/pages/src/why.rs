//! Why a value is what it is: the entries that made it, and what would change it.

use billing::journal::page::Recorded;
use billing::reason::Reason;
use maud::html;

use crate::frame::{Frame, Section};
use crate::timeline::entries;

/// Values of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The question: what the value is of.
    pub title: &'static str,
    /// The value in words.
    pub value: String,
    /// Entries that made it, oldest first.
    pub because: Vec<Recorded>,
    /// What would change it for the better.
    pub clears_by: Vec<Reason>,
}

impl Why {
    /// The page.
    pub fn page(&self, frame: &Frame) -> String {
        let body = html! {
            h1 { (self.title) }
            section.card aria-label="Value" {
                p.big { (self.value) }
                @for reason in &self.clears_by {
                    p { (reason.detail) br; span.soft { "Changes by: " (reason.clears_by) } }
                }
            }
            section.card aria-labelledby="because" {
                h2 id="because" { "Because" }
                @if self.because.is_empty() { p { "Nothing in the timeline led to it: it began so."
                    } }
                (entries(&self.because, frame.say))
            }
            p { a href=(frame.path("timeline")) { "The whole timeline" } }
        };
        frame.page(Section::Timeline, self.title, &body)
    }
}
