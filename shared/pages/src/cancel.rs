//! Ending the plan: every condition with its state, the day, and what is still invoiced.

use billing::cancellation::{Check, Condition};
use billing::time::Timestamp;
use billing::upcoming::Upcoming;
use maud::{Markup, html};

use crate::alone::button_form;
use crate::frame::{Frame, Section};
use crate::overview::sums;

/// Values of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancel {
    /// Name of the plan that ends.
    pub plan: String,
    /// Every condition.
    pub check: Check,
    /// Moment at which the plan would end; none without a subscription.
    pub ends_at: Option<Timestamp>,
    /// What will be invoiced up to the next first of the month.
    pub upcoming: Upcoming,
}

impl Cancel {
    /// The page.
    pub fn page(&self, frame: &Frame) -> String {
        let body = html! {
            h1 { "End the plan" }
            @match self.ends_at {
                None => div class="card stack" {
                    p { "There is no paid plan to end." }
                    p { a href=(frame.path("plan")) { "Back to the plan" } }
                },
                Some(at) => {
                    (self.conditions(frame))
                    (self.outcome(frame, at))
                },
            }
        };
        frame.page(Section::Plan, "End the plan", &body)
    }

    fn conditions(&self, frame: &Frame) -> Markup {
        html! {
            section.card aria-labelledby="conditions" {
                h2 id="conditions" { "Before the plan can end" }
                ul.checks { @for condition in &self.check.conditions {
                    li {
                        @if condition.met { span class="badge good" { "Met" } }
                        @else { span class="badge open" { "Open" } }
                        div {
                            p { (condition.detail) }
                            @if let Some(clears_by) = &condition.clears_by { p.soft { (clears_by) }
                                }
                            @if let Some((name, href)) = place(condition, frame) { p { a href=(href)
                                { (name) } } }
                        }
                    }
                } }
            }
        }
    }

    fn outcome(&self, frame: &Frame, at: Timestamp) -> Markup {
        let say = frame.say;
        let due: Vec<_> = self.upcoming.sums.iter().map(|sum| sum.amount_due).collect();
        let day = say.last_day(at);
        html! {
            section.card aria-labelledby="outcome" {
                h2 id="outcome" { "What happens" }
                dl.facts {
                    dt { "Until " (day) } dd { (self.plan)
                        " goes on in full. Usage until then is invoiced." }
                    dt { "From then on" } dd { "The Free plan holds. Data and invoices stay." }
                    dt { "Still to be invoiced" } dd.number {
                        @if due.is_empty() { "Nothing, as things stand" } @else { (sums(&due, say))
                            " as things stand" }
                    }
                }
                @if self.check.passes {
                    (button_form(&frame.path("plan/cancel"), &frame.key, ("ends",
                        &format!("End {} on {day}", self.plan))))
                } @else {
                    p.note { "The plan can be ended as soon as every condition above is met." }
                }
                p { a href=(frame.path("plan")) { "Keep the plan" } }
            }
        }
    }
}

/// Page on which a condition that is not met is settled.
fn place(condition: &Condition, frame: &Frame) -> Option<(&'static str, String)> {
    match condition.code.as_str() {
        _ if condition.met => None,
        "unpaid_invoices" => Some(("See what is owed", frame.path("invoices?status=unpaid"))),
        "over_free_plan" => Some(("See usage", frame.path("usage"))),
        _ => None,
    }
}
