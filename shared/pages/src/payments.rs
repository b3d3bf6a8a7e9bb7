//! Payments: what is charged, what is to be paid and how, transfers on their way, and what is
//! prepaid.

use billing::advice::{Advice, AdviceStatus};
use billing::money::Money;
use billing::on_file::{OnFile, Problem};
use billing::receipt::Receipt;
use catalog::BankAccount;
use maud::{Markup, html};
use messages::Language;

use crate::alone::button_form;
use crate::form::{self, Field, Ticked, tick};
use crate::frame::{Frame, Section};
use crate::invoices::Row;
use crate::overview::sums;

/// Beginning of the names of the boxes that name invoices.
pub const INVOICE_BOX: &str = "invoice-";

/// Values of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payments {
    /// What is on file.
    pub on_file: OnFile,
    /// Invoices that are to be paid, newest first.
    pub unpaid: Vec<Row>,
    /// Where transfers go.
    pub banks: Vec<BankAccount>,
    /// Advices of transfers, newest first.
    pub advices: Vec<Advice>,
    /// Prepayments, newest first.
    pub prepayments: Vec<Receipt>,
    /// What is prepaid and left, by currency.
    pub prepaid: Vec<Money>,
}

impl Payments {
    /// The page.
    pub fn page(&self, frame: &Frame) -> String {
        let body = html! {
            h1 { "Payments" }
            (self.method(frame))
            (self.owed(frame))
            (self.transfer(frame))
            @if !self.advices.is_empty() { (self.told(frame)) }
            (self.prepaid(frame.say))
        };
        frame.page(Section::Payments, "Payments", &body)
    }

    fn method(&self, frame: &Frame) -> Markup {
        let problem = self.on_file.problem(frame.now);
        html! {
            section.card aria-labelledby="method" {
                h2 id="method" { "Payment method" }
                @match &self.on_file.method {
                    Some(method) => p.big {
                        (method.brand.as_deref().unwrap_or(&method.kind))
                        @if let Some(last4) = &method.last4 { " ending in " (last4) }
                    },
                    None => p { "Nothing is on file. Add a card to be charged automatically." },
                }
                @if let Some((year, month)) = self.on_file.method.as_ref().and_then(|it| it.expires) {
                    p.soft { "Good through " (format!("{month:02}/{year}")) }
                }
                @if let Some(problem) = problem { p.note { (words(&problem, frame.say)) } }
                @if self.on_file.untried().is_some() {
                    p.note { "What is owed is being charged to it. This may take some time." }
                }
                div.actions {
                    (button_form(&frame.path("payment-method"), &frame.key, ("first",
                        if self.on_file.method.is_some() { "Manage payment" } else {
                            "Add a card" })))
                }
                p.hint { (frame.say.new_method()) }
            }
        }
    }

    fn owed(&self, frame: &Frame) -> Markup {
        let say = frame.say;
        html! {
            section.card aria-labelledby="owed" {
                h2 id="owed" { "To be paid" }
                @if self.unpaid.is_empty() { p { "Nothing is to be paid." } }
                @for row in &self.unpaid { (owed_one(row, frame)) }
                @if self.unpaid.len() > 1 {
                    @let all: Vec<Money> =
                        self.unpaid.iter().map(|it| it.money(it.invoice.remaining())).collect();
                    form method="post" action=(frame.path("payments/pay")) class="actions" {
                        (form::key(&frame.key))
                        (form::hidden("all", "yes"))
                        button.first { "Pay all, " (total(&all, say)) }
                    }
                }
            }
        }
    }

    fn transfer(&self, frame: &Frame) -> Markup {
        let trouble = frame.trouble.as_ref();
        html! {
            section.card aria-labelledby="transfer" {
                h2 id="transfer" { "Pay by bank transfer" }
                @for bank in &self.banks {
                    dl.facts {
                        dt { "In " (bank.currency.as_str().to_ascii_uppercase()) } dd { (bank.bank) }
                        dt { "Account holder" } dd { (bank.holder) }
                        dt { "Account" } dd.number { (bank.account) }
                        dt { "Bank code" } dd.number { (bank.bank_code) }
                        dt { "Reference" } dd { strong { (bank.reference) } }
                    }
                }
                @if self.unpaid.is_empty() {
                    p { "Once an invoice is to be paid, you can tell us here of a transfer for it." }
                } @else {
                    form method="post" action=(frame.path("payments/advice")) class="stack" {
                        (form::key(&frame.key))
                        fieldset {
                            legend { "You paid for" }
                            @for row in &self.unpaid {
                                (tick((&format!("{INVOICE_BOX}{}", row.invoice.id),
                                    &label(row, frame.say)), ticked(row, frame)))
                            }
                        }
                        div.fields {
                            (Field { name: "amount", label: "Amount", hint: "As you transferred it.",
                                ..Field::default() }.shown(trouble))
                            (Field { name: "paid_on", label: "Date", kind: "date",
                                hint: "Day of the transfer.", ..Field::default() }.shown(trouble))
                            (Field { name: "reference", label: "Reference",
                                hint: "As your bank has it.", ..Field::default() }.shown(trouble))
                        }
                        div.actions { button { "Tell of the transfer" } }
                        p.hint {
                            "It is checked within 48 hours. Meanwhile these invoices disable nothing, \
                                for ten days at most. What is more than they need becomes prepaid." }
                    }
                }
            }
        }
    }

    fn told(&self, frame: &Frame) -> Markup {
        let say = frame.say;
        html! {
            section.card aria-labelledby="told" {
                h2 id="told" { "Transfers that you told us of" }
                div.table { table.rows {
                    caption.hidden { "Transfers, newest first" }
                    thead { tr { th scope="col" { "Reference" } th scope="col" { "Told" }
                        th.amount scope="col" { "Amount" } th scope="col" { "State" } td {} } }
                    tbody { @for advice in &self.advices { (told_one(advice, frame, say)) } }
                } }
            }
        }
    }

    fn prepaid(&self, say: Language) -> Markup {
        html! {
            section.card aria-labelledby="prepaid" {
                h2 id="prepaid" { "Prepaid" }
                @if self.prepaid.is_empty() { p { "Nothing is prepaid." } } @else {
                    p.big { (sums(&self.prepaid, say)) }
                    p.soft { "It is used for the next invoices by itself." }
                }
                @for receipt in &self.prepayments {
                    @if let Some(number) = receipt.number {
                        @let name = format!("P-{number:04}");
                        details {
                            summary { (name) " of " (say.day(receipt.received_on)) ", "
                                (say.money(Money::new(receipt.left(), receipt.amount.currency)))
                                " left" }
                            p { (say.prepayment_receipt(&name, receipt)) }
                        }
                    }
                }
            }
        }
    }
}

fn told_one(advice: &Advice, frame: &Frame, say: Language) -> Markup {
    let status = advice.status_at(frame.now);
    let note = advice.verdict.as_ref().and_then(|verdict| verdict.note.as_deref());
    html! {
        tr {
            th scope="row" { (advice.reference) }
            td { (say.date(advice.submitted_at)) }
            td.amount { (say.money(advice.amount)) }
            td { (state(status)) @if let Some(note) = note { " " (note) }
                @if let Some(until) = advice.held_until.filter(|_| status ==
                    AdviceStatus::Pending) { " Held until " (say.date(until)) "." } }
            td { @if status == AdviceStatus::Pending {
                form method="post" action=(frame.path("payments/withdraw")) {
                    (form::key(&frame.key))
                    (form::hidden("advice", &advice.id))
                    button { "Withdraw" }
                }
            } }
        }
    }
}

fn owed_one(row: &Row, frame: &Frame) -> Markup {
    let say = frame.say;
    let (tone, word) = row.status(frame.now);
    html! {
        div.stack {
            div.head {
                a href=(frame.path(&format!("invoices/{}", row.invoice.id))) { (row.number()) }
                span class={ "badge " (tone) } { (word) }
            }
            p { strong.number { (say.money(row.money(row.invoice.remaining()))) }
                @if let Some(due) = row.due(say, frame.now) { ", " (due) } }
            (pay_form(row, frame))
        }
    }
}

/// The form that pays an invoice now. Where a transfer is reported, it asks once more.
pub(crate) fn pay_form(row: &Row, frame: &Frame) -> Markup {
    let say = frame.say;
    let reported = row.invoice.holds.advised_until(frame.now);
    let page = row.invoice.links.hosted_invoice_url.as_ref();
    html! {
        form method="post" action=(frame.path("payments/pay")) class="actions" {
            (form::key(&frame.key))
            (form::hidden("invoice", row.invoice.id.as_str()))
            @if let Some(until) = reported {
                p { "A transfer for this invoice is reported, and waited for until "
                    (say.date(until)) "." }
                (tick((&format!("confirm-{}", row.invoice.id),
                    "Pay it now all the same, and withdraw that"), Ticked::No))
            }
            button.first { "Pay " (say.money(row.money(row.invoice.remaining()))) }
            @if let Some(page) = page { a href=(page) { "Pay with another card" } }
        }
    }
}

fn label(row: &Row, say: Language) -> String {
    format!("{}, {}", row.number(), say.money(row.money(row.invoice.remaining())))
}

/// What was ticked before, if the form was refused.
fn ticked(row: &Row, frame: &Frame) -> Ticked {
    let name = format!("{INVOICE_BOX}{}", row.invoice.id);
    frame.trouble.as_ref().is_some_and(|trouble| trouble.typed.contains_key(&name)).into()
}

/// Sums by currency, of amounts that may repeat one.
fn total(all: &[Money], say: Language) -> String {
    let mut by_currency: Vec<Money> = Vec::new();
    for money in all {
        match by_currency.iter_mut().find(|sum| sum.currency == money.currency) {
            Some(sum) => sum.amount = sum.amount.saturating_add(money.amount),
            None => by_currency.push(*money),
        }
    }
    sums(&by_currency, say)
}

fn words(problem: &Problem, say: Language) -> String {
    match problem {
        Problem::Expired => "It has expired: what is charged to it fails.".to_owned(),
        Problem::Declined(code) => {
            format!("{} It was tried for what is owed.", say.declined(code))
        }
        Problem::NeedsOwner => {
            "Its bank wants you to be there for each payment: pay invoices here, or a year upfront \
             by bank transfer."
                .to_owned()
        }
    }
}

fn state(status: AdviceStatus) -> &'static str {
    match status {
        AdviceStatus::Pending => "Checked within 48 hours.",
        AdviceStatus::Expired => "Not found yet: it holds nothing any more.",
        AdviceStatus::Withdrawn => "Withdrawn.",
        AdviceStatus::Rejected => "Not found.",
        AdviceStatus::PartiallyApproved => "Received; a part is still to be paid.",
        AdviceStatus::Approved => "Received.",
        AdviceStatus::Returned => "Taken back by the bank.",
    }
}
