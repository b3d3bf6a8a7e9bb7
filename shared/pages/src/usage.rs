//! Usage of a month: a bar for each resource, its days as columns, and as a table.

use billing::month::{Day, Month};
use billing::usage::Kind;
use maud::{Markup, html};
use messages::Language;
use views::csv::{Cell, Table};

use crate::bars::{self, Bar, units};
use crate::chart::Chart;
use crate::frame::{Frame, Section};

/// Values of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// The month.
    pub month: Month,
    /// Months that can be chosen, the newest first.
    pub months: Vec<Month>,
    /// Every resource, with its days.
    pub resources: Vec<(Bar, Vec<(Day, u64)>)>,
    /// Id of the resource whose days are shown.
    pub resource: String,
    /// Name of the plan whose limits are shown; none while a parent pays.
    pub plan: Option<String>,
}

impl Usage {
    /// The page.
    pub fn page(&self, frame: &Frame) -> String {
        let say = frame.say;
        let bars: Vec<Bar> = self.resources.iter().map(|(bar, _)| bar.clone()).collect();
        let body = html! {
            h1 { "Usage" }
            form method="get" action=(frame.path("usage")) class="actions" {
                div.field {
                    label for="month" { "Month" }
                    select id="month" name="month" { @for month in &self.months {
                        option value=(month) selected[*month == self.month] { (say.month(*month)) }
                    } }
                }
                button { "Show" }
                a href={ (frame.path("usage.csv")) "?month=" (self.month) } { "Download as CSV" }
            }
            section.card aria-labelledby="all" {
                h2 id="all" {
                    (say.month(self.month))
                    @if let Some(plan) = &self.plan { ", as the plan " (plan) " has it" }
                }
                (bars::all(&bars, say))
            }
            (self.days(frame))
        };
        frame.page(Section::Usage, "Usage", &body)
    }

    fn days(&self, frame: &Frame) -> Markup {
        let say = frame.say;
        let chosen = self.resources.iter().find(|(bar, _)| bar.allowance.resource == self.resource);
        let chosen = chosen.or(self.resources.first());
        let Some((bar, days)) = chosen else { return html! {} };
        html! {
            section.card aria-labelledby="days" {
                h2 id="days" { (bar.allowance.name) " day by day" }
                nav.tabs aria-label="Resource" { @for (other, _) in &self.resources {
                    @let id = &other.allowance.resource;
                    a href={ (frame.path("usage")) "?month=" (self.month) "&resource=" (id) "#days"
                        }
                        aria-current=[(*id == bar.allowance.resource).then_some("true")] {
                            (other.allowance.name) }
                } }
                @if days.iter().all(|(_, used)| *used == 0) {
                    p { "None in " (say.month(self.month)) ". The app reports it as it is used." }
                } @else { (drawn(bar, days, say)) }
            }
        }
    }
}

fn drawn(bar: &Bar, days: &[(Day, u64)], say: Language) -> Markup {
    let allowance = &bar.allowance;
    let unit = units(&allowance.unit, 2);
    let title = match allowance.kind {
        Kind::Sum => format!("{} used on each day", allowance.name),
        Kind::Gauge => format!("{} held at the end of each day", allowance.name),
    };
    // Days of a sum add up to the limit; only a level can be held against it day by day.
    let limit = match allowance.kind {
        Kind::Gauge => allowance.included,
        Kind::Sum => None,
    };
    let chart = Chart { title: &title, unit: &unit, days, limit };
    html! {
        p.hint { (title) @if limit.is_some() { "; the dashed line is what is included" } "." }
        (chart.shown(say))
        details {
            summary { "The same as a table" }
            div.table { table {
                caption.hidden { (title) }
                thead { tr { th { "Day" } th.amount { (unit) } } }
                tbody { @for (day, used) in days {
                    tr { td { (say.day(*day)) } td.amount { (say.number(*used)) } }
                } }
            } }
        }
    }
}

/// Usage of a month as CSV: a row for each day and resource.
pub fn csv(resources: &[(Bar, Vec<(Day, u64)>)]) -> String {
    let mut table = Table::new(["day", "resource", "unit", "used"]);
    for (Bar { allowance, .. }, days) in resources {
        for (day, used) in days {
            let row = [
                Cell::value(day),
                Cell::value(&allowance.resource),
                Cell::text(Some(&allowance.unit)),
                Cell::value(used),
            ];
            table.push(&row);
        }
    }
    table.into_text()
}
