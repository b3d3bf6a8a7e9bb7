//! Alerts: the amount of the upcoming invoice from which the account's people get a mail, beside
//! the invoices of the past, and the mails that went out.

use billing::alerts::Alerted;
use billing::money::{Currency, Money};
use billing::time::Timestamp;
use billing::upcoming::Upcoming;
use maud::{Markup, html};
use messages::Language;

use crate::alone::button_form;
use crate::form::{self, Field};
use crate::frame::{Frame, Section};
use crate::recharge::plain;

/// Width of an invoice's bar in its own units.
const WIDTH: i64 = 300;

/// Values of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alerts {
    /// The amount; none without an alert.
    pub threshold: Option<Money>,
    /// Currency of a new amount.
    pub currency: Currency,
    /// What will be invoiced up to the next first of the month.
    pub upcoming: Upcoming,
    /// Latest invoices, newest first.
    pub recent: Vec<Past>,
    /// Notifications, newest first.
    pub history: Vec<Alerted>,
}

/// An invoice of the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// Stripe's id.
    pub id: String,
    /// Number as printed, or the id.
    pub number: String,
    /// Time of its creation.
    pub created: Timestamp,
    /// Total.
    pub total: Money,
}

impl Alerts {
    /// The page.
    pub fn page(&self, frame: &Frame) -> String {
        let body = html! {
            h1 { "Alerts" }
            (self.alert(frame))
            (self.past(frame))
            (self.sent(frame.say))
        };
        frame.page(Section::Alerts, "Alerts", &body)
    }

    fn currency(&self) -> Currency {
        self.threshold.map_or(self.currency, |threshold| threshold.currency)
    }

    fn alert(&self, frame: &Frame) -> Markup {
        let say = frame.say;
        let trouble = frame.trouble.as_ref();
        let currency = self.currency();
        let code = currency.as_str().to_ascii_uppercase();
        let value = self.threshold.map(plain).unwrap_or_default();
        let so_far = self.upcoming.sums.iter().find(|sum| sum.total.currency == currency);
        html! {
            section.card aria-labelledby="alert" {
                h2 id="alert" { "When the next invoice grows" }
                p {
                    @match self.threshold {
                        Some(threshold) => {
                            "You get one mail a month, as soon as the upcoming invoice is above "
                            strong.number { (say.money(threshold)) } "."
                        },
                        None => "No alert is set: the upcoming invoice grows without a mail.",
                    }
                }
                @if let Some(sum) = so_far { p.soft { "The upcoming invoice is at "
                    (say.money(sum.total)) " now." } }
                form method="post" action=(frame.path("alerts")) class="actions" {
                    (form::key(&frame.key))
                    (form::hidden("currency", currency.as_str()))
                    (Field { name: "amount", label: &format!("Send a mail above, in {code}"), value:
                        &value, ..Field::default() }.shown(trouble))
                    button.first { "Save the alert" }
                }
                @if self.threshold.is_some() {
                    (button_form(&frame.path("alerts/remove"), &frame.key, ("",
                        "Remove the alert")))
                }
                p.hint {
                    "Nothing is stopped by it. Who gets the mail is set by each member under \
                        Settings." }
            }
        }
    }

    fn past(&self, frame: &Frame) -> Markup {
        let say = frame.say;
        let threshold = self.threshold;
        html! {
            section.card aria-labelledby="past" {
                h2 id="past" { "The latest invoices" }
                @if self.recent.is_empty() { p { "None was issued yet." } } @else {
                    div.table { table.rows {
                        caption.hidden { "The latest invoices beside the alert" }
                        thead { tr { th { "Invoice" } th { span.hidden { "Beside the alert" } }
                            th.amount { "Total" } } }
                        tbody { @for past in &self.recent { tr {
                            td { a href=(frame.path(&format!("invoices/{}", past.id))) {
                                (past.number) } br; small { (say.date(past.created)) } }
                            td.second { (self.beside(past)) }
                            td.amount { (say.money(past.total))
                                @if threshold.is_some_and(|it| it.currency == past.total.currency &&
                                    past.total.amount > it.amount) {
                                    br; small { "above the alert" }
                                } }
                        } } }
                    } }
                }
            }
        }
    }

    /// The total as a bar, with the alert as a line.
    fn beside(&self, past: &Past) -> Markup {
        let line = self.threshold.filter(|it| it.currency == past.total.currency);
        let line = line.map_or(0, |threshold| threshold.amount);
        let all = self.recent.iter().map(|it| it.total.amount);
        let scale = all.max().unwrap_or(0).max(line).max(1);
        let wide = |amount: i64| {
            let scaled = i128::from(amount.max(0)).saturating_mul(i128::from(WIDTH));
            scaled.checked_div(i128::from(scale)).unwrap_or(0)
        };
        html! {
            svg.bar viewBox={ "0 0 " (WIDTH) " 14" } preserveAspectRatio="none" aria-hidden="true" {
                rect.included x="0" y="0" width=(wide(past.total.amount)) height="14" {}
                @if line > 0 { rect.over x=(wide(line).saturating_sub(2)) y="0" width="2"
                    height="14" {} }
            }
        }
    }

    fn sent(&self, say: Language) -> Markup {
        html! {
            section.card aria-labelledby="sent" {
                h2 id="sent" { "Alerts so far" }
                @if self.history.is_empty() { p { "None yet." } } @else {
                    div.table { table.rows {
                        caption.hidden { "Alerts so far, newest first" }
                        thead { tr { th { "Month" } th { "When, and the alert then" } th.amount {
                            "Upcoming invoice then" } } }
                        tbody { @for alerted in &self.history { tr {
                            td { (say.month(alerted.month)) }
                            td.second { (say.instant(alerted.at)) ", above "
                                (say.money(alerted.threshold)) }
                            td.amount { (say.money(alerted.amount)) }
                        } } }
                    } }
                }
            }
        }
    }
}
