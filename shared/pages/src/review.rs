//! Review of a change of plan or seats: what it costs to the cent, before it is confirmed.

use billing::money::Money;
use billing::preview::Preview;
use billing::time::Timestamp;
use billing::usage::Exceeded;
use billing::words::Word;
use maud::{Markup, html};
use messages::Language;

use crate::form;
use crate::frame::{Frame, Section};

/// Values of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Plan, interval and seats as they will be.
    pub target: String,
    /// Plan, interval and seats as they are.
    pub current: String,
    /// The preview that is confirmed.
    pub preview: Preview,
    /// What the change leads to.
    pub effect: Effect,
    /// Tax in the amount that is charged at once.
    pub tax: Money,
    /// Lines of the invoice, without tax.
    pub lines: Vec<Line>,
    /// Cost of the next renewal, without tax.
    pub next_renewal: Option<Money>,
    /// Limits of the plan that use by now would pass.
    pub exceeded: Vec<Exceeded>,
    /// Amount that was shown before, where it is another now.
    pub stale: Option<Money>,
}

/// What a change leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Stripe's page, where it is paid.
    Checkout,
    /// It is in force at once.
    Now,
    /// It is in force from a moment on.
    At(Timestamp),
    /// It is in force already.
    Nothing,
}

/// A line of the invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Stripe's words.
    pub description: String,
    /// Amount.
    pub amount: Money,
    /// Period.
    pub period: (Timestamp, Timestamp),
}

impl Review {
    /// The page.
    pub fn page(&self, frame: &Frame) -> String {
        let say = frame.say;
        let body = html! {
            h1 { "Review the change" }
            @if let Some(before) = self.stale {
                section.errors role="alert" tabindex="-1" autofocus {
                    strong { "The cost has changed, and nothing was done." }
                    p { "Before: " (say.money(before)) ". Now: " (say.money(self.preview.due))
                        ". Please confirm the new amount." }
                }
            }
            section.card aria-label="The change" {
                dl.facts {
                    dt { "Now" } dd { (self.current) }
                    dt { "Then" } dd { strong { (self.target) } }
                    dt { "From" } dd { (self.from(say)) }
                    dt { "To pay now" } dd.number { strong { (say.money(self.preview.due)) }
                        @if self.tax.amount != 0 { " with " (say.money(self.tax)) " tax" } }
                    @if let Some(cost) = self.next_renewal {
                        dt { "Next renewal" } dd.number { (say.money(cost)) " before tax" }
                    }
                }
                @if !self.lines.is_empty() { (self.table(say)) }
                @for limit in &self.exceeded { (passed(limit, say)) }
                (self.confirm(frame))
                p { a href=(frame.path("plan")) { "Back, without a change" } }
            }
        };
        frame.page(Section::Plan, "Review the change", &body)
    }

    fn from(&self, say: Language) -> String {
        match self.effect {
            Effect::Checkout => "the moment of your payment".to_owned(),
            Effect::Now => "now".to_owned(),
            Effect::At(at) => format!("{}; nothing is charged or given back before", say.date(at)),
            Effect::Nothing => "it is so already".to_owned(),
        }
    }

    fn table(&self, say: Language) -> Markup {
        html! {
            div.table { table.rows {
                caption { "What is invoiced" }
                thead { tr { th { "For" } th { "Period" } th.amount { "Amount" } } }
                tbody { @for line in &self.lines {
                    tr {
                        td { (line.description) }
                        td.second { (say.period(line.period)) }
                        td.amount { (say.money(line.amount)) }
                    }
                } }
            } }
        }
    }

    fn confirm(&self, frame: &Frame) -> Markup {
        let say = frame.say;
        let due = say.money(self.preview.due);
        let name = match self.effect {
            Effect::Nothing => {
                return html! { p.note { "This is your plan now: there is nothing to change." } };
            }
            Effect::Checkout => "Continue to payment".to_owned(),
            Effect::Now if self.preview.due.amount > 0 => format!("Pay {due} and change now"),
            Effect::Now => "Change now".to_owned(),
            Effect::At(at) => format!("Change on {}", say.date(at)),
        };
        let target = &self.preview.target;
        html! {
            form method="post" action=(frame.path("plan")) {
                (form::key(&frame.key))
                (form::hidden("plan", &target.plan))
                (form::hidden("interval", target.interval.word()))
                (form::hidden("seats", &target.seats.to_string()))
                (form::hidden("preview", &self.preview.id))
                (form::hidden("due", &self.preview.due.amount.to_string()))
                button.first { (name) }
            }
            @if self.effect != Effect::Checkout {
                p.hint { "This amount holds until " (say.instant(self.preview.expires_at)) "." }
            }
        }
    }
}

fn passed(limit: &Exceeded, say: Language) -> Markup {
    html! {
        p.note { (limit.name) ": " (say.number(limit.used)) " are used, and this plan includes "
            (say.number(limit.included)) ". Beyond it answers come from the cache." }
    }
}
