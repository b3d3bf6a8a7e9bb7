//! Plan: what there is, and every plan that can be chosen, side by side.

use billing::fact::Interval;
use billing::money::Money;
use catalog::{Beyond, Catalog, Plan as Sold, PlanPrice, Resource, Sold as SoldTo, Terms};
use maud::{Markup, html};
use messages::Language;

use crate::alone::button_form;
use crate::bars::units;
use crate::form;
use crate::frame::{Frame, Section};
use crate::overview::{PlanInForce, seats};

/// Values of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The plan in force.
    pub current: PlanInForce,
    /// Id of the plan in force.
    pub id: String,
    /// Cost of the next renewal, without tax.
    pub next_renewal: Option<Money>,
    /// Payment terms in a sentence.
    pub terms: String,
    /// True if the subscription was paused or ends, or a change is booked: it can be kept as it is.
    pub can_be_kept: bool,
    /// True while a subscription runs that can be ended.
    pub can_be_ended: bool,
    /// Everything that is sold.
    pub catalog: Catalog,
}

impl Plan {
    /// The page.
    pub fn page(&self, frame: &Frame) -> String {
        let shown = self.catalog.plans.iter().filter(|plan| self.is_shown(plan));
        let body = html! {
            h1 { "Plan" }
            (self.now(frame))
            section.stack aria-labelledby="compare" {
                h2 id="compare" { "Compare and choose" }
                p.soft {
                    "You see exactly what a change costs before you confirm it. Prices are before \
                        tax." }
                div class="cards three" { @for plan in shown { (self.column(plan, frame)) } }
            }
        };
        frame.page(Section::Plan, "Plan", &body)
    }

    /// A plan that is not sold any more is shown to who has it.
    fn is_shown(&self, plan: &Sold) -> bool {
        match plan.sold {
            SoldTo::ToAll | SoldTo::ByStaff => true,
            SoldTo::NotAnyMore => plan.id == self.id,
        }
    }

    fn now(&self, frame: &Frame) -> Markup {
        let say = frame.say;
        let undo = if self.current.pending.is_some() {
            "Take the booked change back"
        } else {
            "Keep the plan"
        };
        html! {
            section.card aria-labelledby="now" {
                h2 id="now" { (self.current.words(say)) }
                dl.facts {
                    @if let Some(cost) = self.next_renewal {
                        dt { "Next renewal" } dd.number { (say.money(cost)) " before tax" }
                    }
                    @for sentence in self.current.future(say) { dt { "Then" } dd { (sentence) } }
                    dt { "Payment" } dd { (self.terms) }
                }
                div.actions {
                    @if self.can_be_kept {
                        (button_form(&frame.path("plan/resume"), &frame.key, ("first", undo)))
                    }
                    (button_form(&frame.path("payment-method"), &frame.key, ("", "Manage payment")))
                    @if self.can_be_ended { a href=(frame.path("plan/cancel")) { "End the plan" } }
                }
            }
        }
    }

    fn column(&self, plan: &Sold, frame: &Frame) -> Markup {
        let say = frame.say;
        let is_current = plan.id == self.id;
        html! {
            section.card aria-label=(plan.name) {
                div.head {
                    h3 { (plan.name) }
                    @if is_current { span class="badge good" { "Your plan" } }
                }
                @if plan.prices.is_empty() { p { "Free of charge" } }
                ul { @for price in &plan.prices { li { (priced(price, say)) } } }
                ul.stack { @for terms in &plan.terms {
                    @if let Some(resource) = self.catalog.resource(&terms.resource) {
                        li { (included(terms, resource, say))
                            @for line in tiers(terms, resource, &self.catalog, say) { br; small {
                                (line) } } }
                    }
                } }
                @match plan.sold {
                    SoldTo::ToAll => (self.choose(plan, frame)),
                    SoldTo::ByStaff => p.soft {
                        "Prices are agreed with you: please contact support." },
                    SoldTo::NotAnyMore => p.soft { "Not sold any more. You can keep it." },
                }
            }
        }
    }

    /// A plan without a price is chosen by ending the one in force.
    fn choose(&self, plan: &Sold, frame: &Frame) -> Markup {
        if plan.prices.is_empty() {
            return html! { @if self.can_be_ended && plan.id != self.id {
                p { a href=(frame.path("plan/cancel")) { "Go back to " (plan.name) } }
            } };
        }

        let own = plan.id == self.id;
        let number = self.current.seats.unwrap_or(1).to_string();
        let interval = self.current.interval.map_or("month", word);
        let name = format!("{}-interval", plan.id);
        html! {
            form method="get" action=(frame.path("plan/review")) class="stack" {
                (form::hidden("plan", &plan.id))
                div.field {
                    label for=(name) { "Billed" }
                    select id=(name) name="interval" {
                        @for price in &plan.prices {
                            @let value = price.interval.as_str();
                            option value=(value) selected[value == interval] { (billed(value)) }
                        }
                    }
                }
                @if plan.seats_max.is_some() {
                    div.field {
                        label for={ (plan.id) "-seats" } { "Seats" }
                        input type="number" min="1" id={ (plan.id) "-seats" } name="seats"
                            value=(number) inputmode="numeric";
                    }
                }
                button { @if own { "Review a change" } @else { "Review " (plan.name) } }
            }
        }
    }
}

fn billed(interval: &str) -> &'static str {
    if interval == "year" { "Yearly" } else { "Monthly" }
}

fn word(interval: Interval) -> &'static str {
    match interval {
        Interval::Year => "year",
        Interval::Day | Interval::Week | Interval::Month => "month",
    }
}

fn priced(price: &PlanPrice, say: Language) -> String {
    let per = match price.interval {
        catalog::Interval::Month => "a month",
        catalog::Interval::Year => "a year",
    };
    let plan = format!("{} {per}", say.money(price.amount));
    match price.seat_amount {
        Some(seat) => format!("{plan} and {} a seat", say.money(seat)),
        None => plan,
    }
}

fn included(terms: &Terms, resource: &Resource, say: Language) -> String {
    match terms.included {
        None => format!("{}: any number", resource.name),
        Some(number) => {
            let unit = units(&resource.unit, number);
            let rule = match terms.beyond {
                Beyond::Nothing => "",
                Beyond::Refuse => ", more is refused",
                Beyond::Restrict => ", then answers from the cache",
                Beyond::Priced(_) => ", then billed",
                Beyond::Credits => ", then credits",
            };
            format!("{}: {} {unit}{rule}", resource.name, say.number(number))
        }
    }
}

/// Prices of use beyond the included, a line for each step.
fn tiers(terms: &Terms, resource: &Resource, catalog: &Catalog, say: Language) -> Vec<String> {
    let Beyond::Priced(tiers) = &terms.beyond else { return Vec::new() };
    let code = catalog.currency.as_str().to_ascii_uppercase();
    let decimals = catalog.currency.decimals();
    let lines = tiers.iter().map(|tier| {
        let mut amount = tier.unit_amount;
        let scale = amount.scale().saturating_add(decimals);
        // Minor units with decimals, as units of the currency: only the point moves.
        let moved = amount.set_scale(scale);
        let amount = if moved.is_ok() { amount.normalize() } else { tier.unit_amount };
        let unit = &resource.unit;
        match tier.up_to {
            Some(last) => {
                format!("{amount} {code} for each {unit} up to {} more", say.number(last))
            }
            None => format!("{amount} {code} for each {unit} beyond"),
        }
    });
    lines.collect()
}

/// Plan, interval and seats of a change: `Team, yearly, 12 seats`.
pub fn target_words(name: &str, interval: Interval, number: Option<u64>, say: Language) -> String {
    let every = crate::overview::every(interval);
    match number {
        Some(number) => format!("{name}, {every}, {}", seats(number, say)),
        None => format!("{name}, {every}"),
    }
}
