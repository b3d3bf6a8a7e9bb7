//! One invoice: its status in a sentence, lines, tax, credit notes, payments, the customer as
//! printed, and ways to pay it.

use billing::attempt::NextAttempt;
use billing::credit_note::CreditNote;
use billing::fact::{Address, CreditNoteStatus, InvoiceStatus};
use billing::money::Money;
use billing::printed::{BillTo, Outcome, Payment, Printed, PrintedLine};
use maud::{Markup, html};
use messages::{Language, Wording};

use crate::frame::{Frame, Section};
use crate::invoices::{Row, kind_words};
use crate::payments::pay_form;

/// Lines that are shown at once.
const LINES: usize = 50;

/// Values of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneInvoice {
    /// The invoice with its dates.
    pub row: Row,
    /// What Stripe shows of it; none while Stripe does not answer.
    pub printed: Option<Printed>,
    /// The next attempt to collect it.
    pub next: NextAttempt,
}

impl OneInvoice {
    /// The page.
    pub fn page(&self, frame: &Frame) -> String {
        let say = frame.say;
        let number = self.row.number();
        let (tone, word) = self.row.status(frame.now);
        let body = html! {
            div.head { h1 { "Invoice " (number) } span class={ "badge " (tone) } { (word) } }
            (self.state(frame))
            @match &self.printed {
                Some(printed) => {
                    (lines(&printed.lines, say))
                    (payments(&printed.payments, say))
                    (bill_to(&printed.customer))
                },
                None => p.note {
                    "Stripe does not answer just now: lines and payments are shown again as soon \
                        as it does." },
            }
            (self.notes(say))
            p { a href=(frame.path("invoices")) { "All invoices" } }
        };
        frame.page(Section::Invoices, &format!("Invoice {number}"), &body)
    }

    fn state(&self, frame: &Frame) -> Markup {
        let say = frame.say;
        let invoice = &self.row.invoice;
        let links = &invoice.links;
        let remaining = self.row.money(invoice.remaining());
        html! {
            section.card aria-label="Status" {
                p.big { (say.money(self.row.money(invoice.terms.as_ref().map_or(0, |terms|
                    terms.total)))) }
                p { (self.sentence(say, frame)) }
                @if let Some(Wording { detail, clears_by }) = self.attempt(say) {
                    p { (detail) " " (clears_by) }
                }
                dl.facts {
                    @if let Some(terms) = &invoice.terms {
                        dt { "For" } dd { (kind_words(terms.kind)) @if let Some(period) =
                            terms.period { ", " (say.period(period)) } }
                        dt { "Issued" } dd { (say.date(terms.finalized_at)) }
                        @if let Some(tax) = terms.tax { dt { "Tax in it" } dd.number {
                            (say.money(self.row.money(tax))) } }
                    }
                    @if invoice.paid() > 0 { dt { "Paid" } dd.number {
                        (say.money(self.row.money(invoice.paid()))) } }
                    @if self.row.is_unpaid() { dt { "Left to pay" } dd.number { strong {
                        (say.money(remaining)) } } }
                }
                @if self.row.is_unpaid() { (pay_form(&self.row, frame)) }
                div.actions {
                    @if let Some(url) = &links.pdf_url { a.button href=(url) { "PDF" } }
                    @if let Some(url) = self.receipt() { a.button href=(url) { "Receipt" } }
                    a href=(frame.path("why?field=outstanding")) { "What is owed, and why" }
                }
            }
        }
    }

    fn receipt(&self) -> Option<&String> {
        let mut paid = self.printed.as_ref()?.payments.iter();
        paid.find_map(|payment| {
            payment.receipt_url.as_ref().filter(|_| payment.outcome == Outcome::Paid)
        })
    }

    fn sentence(&self, say: Language, frame: &Frame) -> String {
        let invoice = &self.row.invoice;
        let ended = invoice.ended_at.map(|at| say.date(at));
        match invoice.status {
            Some(InvoiceStatus::Paid) => match ended {
                Some(day) => format!("Paid on {day}."),
                None => "Paid.".to_owned(),
            },
            Some(InvoiceStatus::Void) => "Withdrawn: nothing is to be paid.".to_owned(),
            Some(InvoiceStatus::Open | InvoiceStatus::Uncollectible) => {
                let left = say.money(self.row.money(invoice.remaining()));
                match self.row.dates {
                    Some((overdue_at, disables_at)) if overdue_at <= frame.now => format!(
                        "{left} is overdue since {}. Without a payment the account is disabled on \
                                {}.",
                        say.date(overdue_at),
                        say.instant(disables_at)
                    ),
                    Some((overdue_at, _)) => {
                        format!("{left} is to be paid by {}.", say.date(overdue_at))
                    }
                    None => format!("{left} is to be paid."),
                }
            }
            Some(InvoiceStatus::Draft | InvoiceStatus::Deleted) | None => {
                "It is being drafted.".to_owned()
            }
        }
    }

    /// The next attempt, or the reason for which there is none.
    fn attempt(&self, say: Language) -> Option<Wording> {
        match self.next {
            NextAttempt::At(at) => Some(Wording {
                detail: format!("It is charged again on {}.", say.instant(at)),
                clears_by: "Paying it now, or another payment method until then.".to_owned(),
            }),
            NextAttempt::None(reason) => Some(say.no_attempt(reason)),
            NextAttempt::Ended => None,
        }
    }

    fn notes(&self, say: Language) -> Markup {
        let notes = &self.row.invoice.credit_notes;
        html! { @if !notes.is_empty() {
            section.card aria-labelledby="notes" {
                h2 id="notes" { "Credit notes" }
                ul.stack { @for (id, note) in notes {
                    li { code { (id) } ": " span.number { (say.money(self.row.money(amount(note))))
                        }
                        @if note.status == CreditNoteStatus::Void { ", withdrawn" } }
                } }
            }
        } }
    }
}

fn lines(all: &[PrintedLine], say: Language) -> Markup {
    let (first, rest) = all.split_at_checked(LINES).unwrap_or((all, &[]));
    html! {
        section.card aria-labelledby="lines" {
            h2 id="lines" { "What it is for" }
            (line_table(first, say))
            @if !rest.is_empty() { details {
                summary { (rest.len()) " more lines" }
                (line_table(rest, say))
            } }
        }
    }
}

fn amount(note: &CreditNote) -> i64 {
    note.pre_payment.saturating_add(note.post_payment)
}

fn line_table(lines: &[PrintedLine], say: Language) -> Markup {
    html! {
        div.table { table.rows {
            caption.hidden { "Lines" }
            thead { tr { th { "For" } th { "Period" } th.amount { "Quantity" } th.amount { "Amount"
                } } }
            tbody { @for line in lines {
                tr {
                    td { (line.description) @if line.tax != 0 { br; small { "with tax of "
                        (say.money(Money { amount: line.tax, ..line.amount })) " on top" } } }
                    td.second { (say.period(line.period)) }
                    td.amount.third { @if let Some(quantity) = line.quantity {
                        (say.number(quantity)) } }
                    td.amount { (say.money(line.amount)) }
                }
            } }
        } }
    }
}

fn payments(all: &[Payment], say: Language) -> Markup {
    let made: Vec<&Payment> = all.iter().filter(|it| it.outcome != Outcome::Untried).collect();
    html! { @if !made.is_empty() {
        section.card aria-labelledby="payments" {
            h2 id="payments" { "Payments" }
            div.table { table.rows {
                caption.hidden { "Payments and attempts" }
                thead { tr { th { "Method" } th { "When and how" } th.amount { "Amount" } } }
                tbody { @for payment in made { tr {
                    td { (method(payment)) }
                    td.second { (say.instant(payment.at)) ": " (outcome(payment, say)) }
                    td.amount { (say.money(payment.amount)) }
                } } }
            } }
        }
    } }
}

fn method(payment: &Payment) -> String {
    let Some(method) = &payment.method else { return "Payment".to_owned() };
    let name = method.brand.clone().unwrap_or_else(|| method.kind.replace('_', " "));
    match &method.last4 {
        Some(digits) => format!("{name} ending in {digits}"),
        None => name,
    }
}

fn outcome(payment: &Payment, say: Language) -> String {
    match &payment.outcome {
        Outcome::Paid => "paid".to_owned(),
        Outcome::Processing => "on its way".to_owned(),
        Outcome::NeedsAction => "waits for your confirmation".to_owned(),
        Outcome::Failed(code) => {
            say.declined(billing::decline::shown(billing::decline::Refusal::Code(code)))
        }
        Outcome::Canceled => "given up".to_owned(),
        Outcome::Untried => "not tried".to_owned(),
    }
}

fn bill_to(customer: &BillTo) -> Markup {
    let Address { line1, line2, postal_code, city, state, country } = &customer.address;
    let place = [postal_code, city].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
    let place = Some(place).filter(|place| !place.is_empty());
    let lines = [
        customer.name.clone(),
        line1.clone(),
        line2.clone(),
        place,
        state.clone(),
        country.clone(),
        customer.email.clone(),
    ];
    html! {
        section.card aria-labelledby="bill-to" {
            h2 id="bill-to" { "Billed to" }
            p { @for line in lines.into_iter().flatten() { (line) br; } }
            @for (kind, value) in &customer.tax_ids { p { (kind.replace('_', " ").to_uppercase())
                " " (value) } }
            @for (name, value) in &customer.custom_fields { p { (name) ": " (value) } }
            p.hint {
                "As it was when the invoice was issued. A later change of billing details does \
                    not alter it." }
        }
    }
}
