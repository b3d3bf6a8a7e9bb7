//! Credits: the balance, packs to buy, auto-recharge, and the history.

use billing::credits::ledger::LedgerKind;
use billing::month::Month;
use billing::time::Timestamp;
use billing::words::Word;
use catalog::Pack;
use maud::{Markup, html};
use messages::Language;
use views::csv::{Cell, Extent, Table};

use crate::form;
use crate::frame::{Frame, Section};
use crate::recharge::Recharge;

/// Values of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credits {
    /// Credits that can be used.
    pub available: i64,
    /// Credits that jobs hold.
    pub reserved: i64,
    /// Tokens that the plan includes in the month; none for any number.
    pub included: Option<i64>,
    /// Tokens of those that are used or held.
    pub included_used: i64,
    /// The month.
    pub month: Month,
    /// Buying, for a role that may.
    pub buying: Option<Buying>,
}

/// What is bought, and how it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buying {
    /// Packs, from the smallest to the largest.
    pub packs: Vec<Pack>,
    /// Auto-recharge.
    pub recharge: Recharge,
    /// A page of the history, newest first.
    pub history: Vec<Row>,
    /// Address of the next page.
    pub older: Option<String>,
}

/// An entry of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Time.
    pub at: Timestamp,
    /// Kind.
    pub kind: LedgerKind,
    /// Credits added or taken.
    pub tokens: i64,
    /// Included tokens that were taken.
    pub included: i64,
    /// Purpose, in the vendor's words.
    pub reason: Option<String>,
    /// Balance behind the entry.
    pub balance: i64,
}

impl Credits {
    /// The page.
    pub fn page(&self, frame: &Frame) -> String {
        let body = html! {
            h1 { "Credits" }
            div.cards {
                (self.balance(frame.say))
                @if let Some(buying) = &self.buying { (buying.recharge.state(frame)) }
            }
            @if let Some(buying) = &self.buying {
                (buying.packs(frame))
                (buying.recharge.form(frame, &buying.packs))
                (buying.history(frame))
            }
        };
        frame.page(Section::Credits, "Credits", &body)
    }

    fn balance(&self, say: Language) -> Markup {
        html! {
            section.card aria-labelledby="balance" {
                h2 id="balance" { "Balance" }
                p.big { (say.number(self.available)) }
                @if self.available < 0 {
                    p {
                        "Below zero, because a payment for credits was taken back after they were \
                            used." }
                }
                dl.facts {
                    @if self.reserved > 0 { dt { "Held by jobs" } dd.number {
                        (say.number(self.reserved)) } }
                    dt { "In your plan" } dd {
                        @match self.included {
                            None => "any number each month",
                            Some(included) => {
                                (say.number(self.included_used)) " of " (say.number(included))
                                    " used in " (say.month(self.month))
                            },
                        }
                    }
                }
                p.hint { "What the plan includes is used first. Credits do not expire." }
            }
        }
    }
}

impl Buying {
    fn packs(&self, frame: &Frame) -> Markup {
        let say = frame.say;
        html! {
            section.stack aria-labelledby="packs" {
                h2 id="packs" { "Buy credits" }
                div class="cards three" { @for pack in &self.packs {
                    section.card aria-label=(pack.name) {
                        h3 { (pack.name) }
                        p.number { strong { (say.number(pack.tokens)) } " credits" }
                        @if let Some(price) = per_million(pack) { p.hint { (price) " for a million"
                            } }
                        form method="post" action=(frame.path("credits/purchases")) {
                            (form::key(&frame.key))
                            (form::hidden("pack", &pack.id))
                            button { "Buy for " (say.money(pack.price)) }
                        }
                    }
                } }
                p.hint {
                    "You pay on Stripe's page, with tax where it applies. The credits are here as \
                        soon as the payment is confirmed." }
            }
        }
    }

    fn history(&self, frame: &Frame) -> Markup {
        let say = frame.say;
        html! {
            section.card aria-labelledby="history" {
                h2 id="history" { "History" }
                @if self.history.is_empty() { p { "Nothing was bought or used yet." } } @else {
                    div.table { table.rows {
                        caption.hidden { "Credits bought and used, newest first" }
                        thead { tr { th { "What" } th { "When" } th.amount { "Credits" } th.amount {
                            "Balance" } } }
                        tbody { @for row in &self.history {
                            tr {
                                td { (say.ledger_kind(row.kind)) @if let Some(reason) = &row.reason
                                    { ": " (reason) }
                                    @if row.included > 0 { br; small { (say.number(row.included))
                                        " from the tokens of the plan" } } }
                                td.second { (say.instant(row.at)) }
                                td.amount { (say.number(row.tokens)) }
                                td class="amount third" { (say.number(row.balance)) }
                            }
                        } }
                    } }
                }
                @if let Some(older) = &self.older { p { a href=(older) { "Older entries" } } }
            }
        }
    }
}

/// The history as CSV, oldest first. A purpose that a spreadsheet could take for a formula begins
/// with an apostrophe. The last row says so where later ones are left out.
pub fn csv(rows: &[Row], extent: Extent) -> String {
    let header = ["at", "kind", "credits", "included", "balance", "purpose"];
    let row = |row: &Row| {
        [
            Cell::value(row.at),
            Cell::value(row.kind.word()),
            Cell::value(row.tokens),
            Cell::value(row.included),
            Cell::value(row.balance),
            Cell::text(row.reason.as_deref()),
        ]
    };
    let mut table = Table::of(header, rows.iter().map(row));
    table.close(extent, "Later entries are left out.");
    table.into_text()
}

/// Price of a million credits of a pack, exactly to the minor unit where it comes out even.
fn per_million(pack: &Pack) -> Option<String> {
    let tokens = i128::from(pack.tokens);
    let scaled = i128::from(pack.price.amount).checked_mul(1_000_000)?;
    let amount = scaled.checked_div(tokens)?;
    let about = if scaled.checked_rem(tokens)? == 0 { "" } else { "about " };
    let amount = i64::try_from(amount).ok()?;
    let price = billing::money::Money { amount, ..pack.price };
    Some(format!("{about}{}", Language::English.money(price)))
}
