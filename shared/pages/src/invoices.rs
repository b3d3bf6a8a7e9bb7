//! Invoices: the upcoming one first, then what was issued, newest first.

use billing::fact::{InvoiceKind, InvoiceStatus};
use billing::invoice::Invoice;
use billing::listing::WantedStatus;
use billing::money::Money;
use billing::time::Timestamp;
use billing::upcoming::Upcoming;
use billing::words::Word;
use maud::{Markup, html};
use messages::Language;
use views::csv::{Cell, Extent, Table};

use crate::frame::{Frame, Section};
use crate::overview::sums;

/// Values of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoices {
    /// What will be invoiced up to the next first of the month.
    pub upcoming: Upcoming,
    /// Issued invoices, newest first.
    pub rows: Vec<Row>,
    /// Status that is listed.
    pub status: Option<WantedStatus>,
    /// Purpose that is listed.
    pub kind: Option<InvoiceKind>,
    /// Address of older ones.
    pub older: Option<String>,
}

/// An issued invoice, with the dates by which the account's state follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The invoice.
    pub invoice: Invoice,
    /// Times from which it is overdue and disables the account; none unless it can.
    pub dates: Option<(Timestamp, Timestamp)>,
}

impl Row {
    pub(crate) fn money(&self, amount: i64) -> Money {
        Money::new(amount, self.invoice.currency)
    }

    /// Number as printed, or Stripe's id.
    pub(crate) fn number(&self) -> String {
        let printed = self.invoice.terms.as_ref().and_then(|terms| terms.number.clone());
        printed.unwrap_or_else(|| self.invoice.id.to_string())
    }

    pub(crate) fn is_unpaid(&self) -> bool {
        match self.invoice.status {
            Some(InvoiceStatus::Open | InvoiceStatus::Uncollectible) => true,
            Some(
                InvoiceStatus::Paid
                | InvoiceStatus::Void
                | InvoiceStatus::Draft
                | InvoiceStatus::Deleted,
            )
            | None => false,
        }
    }

    /// Status: its colour and its word.
    pub(crate) fn status(&self, now: Timestamp) -> (&'static str, &'static str) {
        let is_overdue = self.dates.is_some_and(|(overdue_at, _)| overdue_at <= now);
        match self.invoice.status {
            Some(InvoiceStatus::Paid) => ("good", "Paid"),
            Some(InvoiceStatus::Void) => ("", "Withdrawn"),
            Some(InvoiceStatus::Open | InvoiceStatus::Uncollectible) if is_overdue => {
                ("bad", "Overdue")
            }
            Some(InvoiceStatus::Open) => ("open", "To be paid"),
            Some(InvoiceStatus::Uncollectible) => ("open", "Unpaid"),
            Some(InvoiceStatus::Draft | InvoiceStatus::Deleted) | None => ("", "Draft"),
        }
    }

    /// When it is due, or since when it is overdue.
    pub(crate) fn due(&self, say: Language, now: Timestamp) -> Option<String> {
        if !self.is_unpaid() {
            return None;
        }
        let (overdue_at, _) = self.dates?;
        Some(if overdue_at <= now {
            format!("overdue since {}", say.date(overdue_at))
        } else {
            format!("due by {}", say.date(overdue_at))
        })
    }
}

/// Purpose of an invoice.
pub(crate) fn kind_words(kind: InvoiceKind) -> &'static str {
    match kind {
        InvoiceKind::Subscription => "Plan",
        InvoiceKind::Usage => "Usage",
        InvoiceKind::Manual => "By hand",
        InvoiceKind::Credits => "Credits",
    }
}

const STATUSES: [(&str, &str); 4] =
    [("", "All"), ("unpaid", "To be paid"), ("paid", "Paid"), ("void", "Withdrawn")];

impl Invoices {
    /// The page.
    pub fn page(&self, frame: &Frame) -> String {
        let body = html! {
            h1 { "Invoices" }
            (self.coming(frame))
            (self.filters(frame))
            section.card aria-labelledby="issued" {
                h2 id="issued" { "Issued" }
                @if self.rows.is_empty() { p {
                    "None here. An invoice is issued when a plan renews, when seats are added, \
                        and for usage beyond the plan at the end of a month." } }
                @else { (table(&self.rows, frame)) }
                @if let Some(older) = &self.older { p { a href=(older) { "Older invoices" } } }
            }
        };
        frame.page(Section::Invoices, "Invoices", &body)
    }

    fn coming(&self, frame: &Frame) -> Markup {
        let say = frame.say;
        let due: Vec<Money> = self.upcoming.sums.iter().map(|sum| sum.amount_due).collect();
        html! {
            section.card aria-labelledby="coming" {
                div.head {
                    h2 id="coming" { "Upcoming" }
                    a href=(frame.path("")) { "Line by line" }
                }
                @if due.is_empty() { p { "Nothing is due by " (say.date(self.upcoming.month.end()))
                    " as things stand." } }
                @else { p { strong.number { (sums(&due, say)) } " up to "
                    (say.date(self.upcoming.month.end())) ", as things stand." } }
            }
        }
    }

    fn filters(&self, frame: &Frame) -> Markup {
        let status = self.status.map_or("", Word::word);
        let kind = self.kind.map_or("", Word::word);
        html! {
            form method="get" action=(frame.path("invoices")) class="actions" {
                div.field { label for="status" { "Status" }
                    select id="status" name="status" { @for (value, name) in STATUSES {
                        option value=(value) selected[value == status] { (name) }
                    } } }
                div.field { label for="kind" { "For" }
                    select id="kind" name="kind" {
                        option value="" selected[kind.is_empty()] { "Everything" }
                        @for (value, word) in InvoiceKind::WORDS {
                            option value=(word) selected[*word == kind] { (kind_words(*value)) }
                        }
                    } }
                button { "Show" }
                a href={ (frame.path("invoices.csv")) "?status=" (status) "&kind=" (kind) } {
                    "Download as CSV" }
            }
        }
    }
}

fn table(rows: &[Row], frame: &Frame) -> Markup {
    let say = frame.say;
    html! {
        div.table { table.rows {
            caption.hidden { "Issued invoices, newest first" }
            thead { tr { th { "Invoice" } th { "Date and purpose" } th { "Status" } th.amount {
                "Total" } th.amount { "Left to pay" } } }
            tbody { @for row in rows {
                @let (tone, word) = row.status(frame.now);
                @let total = row.invoice.terms.as_ref().map_or(0, |terms| terms.total);
                @let left = row.invoice.remaining();
                @let is_plain = left == 0 || left == total;
                tr {
                    td { a href=(frame.path(&format!("invoices/{}", row.invoice.id))) {
                        (row.number()) } }
                    td.second {
                        @if let Some(terms) = &row.invoice.terms {
                            (say.date(terms.created)) ", " (kind_words(terms.kind))
                            @if let Some(due) = row.due(say, frame.now) { ", " (due) }
                        }
                    }
                    td.state { span class={ "badge " (tone) } { (word) } }
                    td.amount { (say.money(row.money(total))) }
                    td.amount.left.plain[is_plain] { (say.money(row.money(left))) }
                }
            } }
        } }
    }
}

/// Invoices as CSV, newest first. A number that a spreadsheet could take for a formula begins with
/// an apostrophe. The last row says so where older ones are left out.
pub fn csv(rows: &[Row], extent: Extent) -> String {
    let header = [
        "id",
        "number",
        "created",
        "kind",
        "status",
        "currency",
        "total",
        "paid",
        "left_to_pay",
        "overdue_at",
    ];
    let row = |row: &Row| {
        let Row { invoice, dates, .. } = row;
        let terms = invoice.terms.as_ref()?;
        Some([
            Cell::value(&invoice.id),
            Cell::text(terms.number.as_deref()),
            Cell::value(terms.created),
            Cell::value(terms.kind.word()),
            Cell::value(invoice.status.map_or("", Word::word)),
            Cell::value(invoice.currency.as_str()),
            Cell::value(terms.total),
            Cell::value(invoice.paid()),
            Cell::value(invoice.remaining()),
            Cell::optional(dates.filter(|_| row.is_unpaid()).map(|(at, _)| at)),
        ])
    };
    let mut table = Table::of(header, rows.iter().filter_map(row));
    table.close(extent, "Older invoices are left out.");
    table.into_text()
}
