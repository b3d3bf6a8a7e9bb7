//! Overview: the plan, what will be charged next, usage by now, credits, and what is owed.

use billing::account::{OpenInvoice, PendingChange};
use billing::fact::Interval;
use billing::ids::InvoiceId;
use billing::money::Money;
use billing::month::Month;
use billing::time::Timestamp;
use billing::upcoming::{Outlook, Upcoming};
use maud::{Markup, html};
use messages::Language;

use crate::bars::{self, Bar};
use crate::frame::{Frame, Section};

/// Values of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// The plan; none while a parent pays.
    pub plan: Option<PlanInForce>,
    /// Usage of every resource by now.
    pub bars: Vec<Bar>,
    /// The metering month.
    pub month: Month,
    /// Available credits and reserved ones.
    pub balance: i64,
    /// State of auto-recharge in a sentence.
    pub recharge: String,
    /// Money; none for a role that may not see it.
    pub money: Option<Charges>,
}

/// The plan in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanInForce {
    /// Name of the plan.
    pub name: String,
    /// Interval of the subscription.
    pub interval: Option<Interval>,
    /// Seats of a plan that has some.
    pub seats: Option<u64>,
    /// Time of the renewal, where there will be one.
    pub renews_at: Option<Timestamp>,
    /// End of the plan.
    pub ends_at: Option<Timestamp>,
    /// Booked change, with the name of its plan.
    pub pending: Option<(String, PendingChange)>,
}

/// Money of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charges {
    /// Everything that will be invoiced up to the next first of the month.
    pub upcoming: Upcoming,
    /// Where that will stand at the end of the month, where enough is known.
    pub outlook: Option<Outlook>,
    /// Unpaid invoices.
    pub owed: Vec<(InvoiceId, OpenInvoice)>,
}

impl Overview {
    /// The page.
    pub fn page(&self, frame: &Frame) -> String {
        let say = frame.say;
        let body = html! {
            div.head {
                h1 { "Overview" }
                span class={ "badge " (tone(frame)) } { (say.state(frame.state)) }
            }
            div.cards {
                @if let Some(money) = &self.money {
                    div.stack {
                        @if !money.owed.is_empty() { (money.unpaid(frame)) }
                        (money.next(frame))
                    }
                }
                div.stack {
                    @if let Some(plan) = &self.plan { (plan.card(frame)) }
                    (self.credits(frame))
                }
            }
            section.card aria-labelledby="usage" {
                div.head {
                    h2 id="usage" { "Usage in " (say.month(self.month)) }
                    a href=(frame.path("usage")) { "Day by day" }
                }
                (bars::all(&self.bars, say))
                p.hint { "What is counted by month starts again on " (say.date(self.month.end()))
                    "." }
            }
        };
        frame.page(Section::Overview, "Overview", &body)
    }

    fn credits(&self, frame: &Frame) -> Markup {
        html! {
            section.card aria-labelledby="credits" {
                div.head {
                    h2 id="credits" { "Credits" }
                    a href=(frame.path("credits")) { "History" }
                }
                p.big { (frame.say.number(self.balance)) }
                @if frame.sees_money() { p { "Auto-recharge: " (self.recharge) } }
            }
        }
    }
}

/// Colour of a state: it says no more than the word.
fn tone(frame: &Frame) -> &'static str {
    use billing::state::State;
    match frame.state {
        State::Terminated | State::Canceled | State::Disabled => "bad",
        State::Restricted | State::PastDue => "open",
        State::Active => "good",
    }
}

/// An interval as people say it.
pub fn every(interval: Interval) -> &'static str {
    match interval {
        Interval::Day => "daily",
        Interval::Week => "weekly",
        Interval::Month => "monthly",
        Interval::Year => "yearly",
    }
}

/// `1 seat`, `12 seats`.
pub fn seats(number: u64, say: Language) -> String {
    format!("{} {}", say.number(number), if number == 1 { "seat" } else { "seats" })
}

impl PlanInForce {
    /// Name, interval and seats: `Team, monthly, 12 seats`.
    pub fn words(&self, say: Language) -> String {
        let interval = self.interval.map(|interval| every(interval).to_owned());
        let seats = self.seats.map(|number| seats(number, say));
        let parts = [Some(self.name.clone()), interval, seats];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// Interval and seats: `monthly, 12 seats`.
    fn terms(&self, say: Language) -> Option<String> {
        let interval = self.interval.map(|interval| every(interval).to_owned());
        let seats = self.seats.map(|number| seats(number, say));
        let parts: Vec<String> = [interval, seats].into_iter().flatten().collect();
        Some(parts.join(", ")).filter(|terms| !terms.is_empty())
    }

    /// What becomes of it, in sentences.
    pub fn future(&self, say: Language) -> Vec<String> {
        let renews = self.renews_at.map(|at| format!("Renews on {}.", say.date(at)));
        let ends = self.ends_at.map(|at| format!("Ends on {}.", say.last_day(at)));
        let booked = self.pending.as_ref().map(|(name, pending)| {
            let every = every(pending.interval);
            let seats = seats(pending.seats, say);
            format!("From {}: {name}, {every}, {seats}.", say.date(pending.at))
        });
        [renews, ends, booked].into_iter().flatten().collect()
    }

    fn card(&self, frame: &Frame) -> Markup {
        html! {
            section.card aria-labelledby="plan" {
                div.head {
                    h2 id="plan" { "Plan" }
                    @if frame.sees_money() { a href=(frame.path("plan")) { "Change plan or seats" }
                        }
                }
                p.big { (self.name) }
                @if let Some(terms) = self.terms(frame.say) { p { (terms) } }
                @for sentence in self.future(frame.say) { p { (sentence) } }
                @if self.interval.is_none() { p.soft { "No fee, and no end." } }
            }
        }
    }
}

/// Sums of money, one for each currency: never added up.
pub(crate) fn sums(all: &[Money], say: Language) -> String {
    all.iter().map(|sum| say.money(*sum)).collect::<Vec<_>>().join(" and ")
}

/// Where the total will stand at the end of a month. An outlook without a range says nothing new.
fn ahead(outlook: &Outlook, month: Month, say: Language) -> Markup {
    let Outlook { lower, expected, upper, alert_reached_on } = outlook;
    html! {
        @if lower != upper {
            p { "At this pace it will be " strong { (say.money(*expected)) } " on "
                (say.date(month.end())) ", most likely between " (say.money(*lower)) " and "
                (say.money(*upper)) ", before your balance. It is an estimate." }
        }
        @if let Some(day) = alert_reached_on {
            p { "Your alert is expected to be reached on " (say.date(day.start())) "." }
        }
    }
}

impl Charges {
    fn next(&self, frame: &Frame) -> Markup {
        let say = frame.say;
        let Upcoming { month, lines, sums: totals, tax_included, previewed_at } = &self.upcoming;
        let due: Vec<Money> = totals.iter().map(|sum| sum.amount_due).collect();
        let applied = totals.iter().filter(|sum| sum.credit_applied.amount != 0);
        html! {
            section.card aria-labelledby="next" {
                div.head {
                    h2 id="next" { "Next charge" }
                    a href=(frame.path("why?field=outstanding")) { "What is owed, and why" }
                }
                @if lines.is_empty() {
                    p { "Nothing is due by " (say.date(month.end())) " as things stand." }
                } @else {
                    p.big { (sums(&due, say)) }
                    p { "Up to " (say.date(month.end())) ", as things stand"
                        @if *tax_included { ", with tax." } @else { ", before tax." } }
                    div.table { table.rows {
                        caption.hidden { "Lines of the next charge" }
                        thead { tr { th { "For" } th.amount { "Amount" } } }
                        tbody { @for line in lines {
                            tr { td { (line.description) } td.amount { (say.money(line.amount)) } }
                        } }
                        tfoot { @for sum in applied {
                            tr { td { "From your balance" }
                                td.amount { (say.money(Money { amount:
                                    sum.credit_applied.amount.saturating_neg(), ..sum.credit_applied
                                    })) } }
                        } }
                    } }
                }
                @if let Some(outlook) = &self.outlook { (ahead(outlook, *month, say)) }
                @if let Some(at) = previewed_at {
                    p.hint { "With what Stripe adds to the renewal, as of " (say.instant(*at)) "." }
                }
            }
        }
    }

    fn unpaid(&self, frame: &Frame) -> Markup {
        let say = frame.say;
        html! {
            section.card aria-labelledby="owed" {
                h2 id="owed" { "To be paid" }
                div.table { table.rows {
                    caption.hidden { "Unpaid invoices" }
                    thead { tr { th { "Invoice" } th.amount { "Left to pay" } } }
                    tbody { @for (id, open) in &self.owed {
                        tr {
                            td { a href=(frame.path(&format!("invoices/{id}"))) { (id) } br; small { (due(open, frame)) } }
                            td.amount { (say.money(open.remaining)) }
                        }
                    } }
                } }
            }
        }
    }
}

fn due(open: &OpenInvoice, frame: &Frame) -> String {
    let say = frame.say;
    if open.overdue_at <= frame.now {
        format!("overdue since {}", say.date(open.overdue_at))
    } else {
        format!("by {}", say.date(open.overdue_at))
    }
}
