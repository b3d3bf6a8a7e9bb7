//! Invoices as the contract shows them (A13, A15, D9).

use billing::account::Standing;
use billing::credit_note::CreditNote;
use billing::decline::{self, Refusal};
use billing::fact::CreditNoteStatus;
use billing::ids::CreditNoteId;
use billing::invoice::{Invoice, Terms};
use billing::money::Money;
use billing::printed::{BillTo, Method, Outcome, Payment, Printed, PrintedLine};
use billing::time::Timestamp;
use billing::words::Word;
use serde::Serialize;

use crate::access::ReasonView;
use crate::accounts::{AddressView, PeriodView};
use crate::money::MoneyView;

/// An invoice in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InvoiceView {
    /// Stripe's id.
    pub id: String,
    /// `subscription`, `usage`, `manual` or `credits`.
    pub kind: &'static str,
    /// Number that is printed on it.
    pub number: Option<String>,
    /// `open`, `paid`, `void` or `uncollectible`.
    pub status: &'static str,
    /// Time of its creation: the list is in this order.
    pub created: String,
    /// Time at which it became final.
    pub finalized_at: String,
    /// Time at which a sent invoice is due.
    pub due_at: Option<String>,
    /// Time since which it is overdue; null while it is not, and for one that makes nobody overdue.
    pub overdue_since: Option<String>,
    /// Time at which it disables the account unless it is paid, or did.
    pub disables_on: Option<String>,
    /// Time at which it was paid or voided.
    pub ended_at: Option<String>,
    /// `automatic` for one that is charged, `manual` for one that is sent.
    pub collection: &'static str,
    /// Period that it is for.
    pub period: Option<PeriodView>,
    /// Total, with tax.
    pub total: MoneyView,
    /// Tax within the total; null where it is not known.
    pub tax: Option<MoneyView>,
    /// Amount to be paid in all: the total less balance and the credit notes before payment.
    pub amount_due: MoneyView,
    /// Amount that was paid.
    pub amount_paid: MoneyView,
    /// Amount that is still to be paid.
    pub amount_remaining: MoneyView,
    /// Credit notes about it.
    pub credit_notes: Vec<CreditNoteView>,
    /// Stripe's page of the invoice.
    pub hosted_invoice_url: Option<String>,
    /// Its PDF.
    pub pdf_url: Option<String>,
}

/// A credit note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CreditNoteView {
    /// Stripe's id.
    pub id: String,
    /// Amount in all.
    pub amount: MoneyView,
    /// `pre_payment` lowers what is due, `post_payment` gives back what was paid, `mixed` is both.
    pub r#type: &'static str,
    /// Stripe's word for the reason.
    pub reason: Option<String>,
    /// `issued` or `void`.
    pub status: &'static str,
}

/// One invoice, with all that is shown of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FullInvoiceView {
    /// What a list shows of it.
    #[serde(flatten)]
    pub invoice: InvoiceView,
    /// Lines; null while Stripe does not answer, as the three that follow.
    pub lines: Option<Vec<LineView>>,
    /// Payments that were made, are in progress or failed, the newest first.
    pub payments: Option<Vec<PaymentView>>,
    /// The customer as printed.
    pub customer: Option<CustomerView>,
    /// Latest attempt to pay it; null where none was made.
    pub last_attempt: Option<PaymentView>,
    /// Stripe's page of the receipt.
    pub receipt_url: Option<String>,
    /// Time of Stripe's next attempt.
    pub next_attempt_at: Option<String>,
    /// Reason why Stripe makes no further attempt; null where one comes, and once it has ended.
    pub no_further_attempt: Option<ReasonView>,
    /// `stripe`, or `books` while Stripe does not answer.
    pub source: &'static str,
    /// Time at which Stripe was read.
    pub as_of: Option<String>,
}

/// A payment that is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PaymentStatusView {
    /// `processing`.
    pub status: &'static str,
}

/// What became of invoices that were to be paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PaidAllView {
    /// Each invoice, the oldest first.
    pub results: Vec<PaidOneView>,
}

/// What became of one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PaidOneView {
    /// Stripe's id.
    pub invoice: String,
    /// `paid`, `processing`, `declined`, `refused`, or `not_tried` behind a card that was refused
    /// for good or without time left.
    pub status: &'static str,
    /// Reason why it is not paid.
    pub code: Option<&'static str>,
}

/// A line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "InvoiceLineView"))]
pub struct LineView {
    /// Text of the line.
    pub description: String,
    /// Amount before tax.
    pub amount: MoneyView,
    /// Quantity.
    pub quantity: Option<i64>,
    /// Price of one, in minor units with decimals.
    pub unit_amount: Option<String>,
    /// Tax on the line.
    pub tax: MoneyView,
    /// What it is for.
    pub period: PeriodView,
    /// True for a part of a period that was changed.
    pub proration: bool,
}

/// A payment of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PaymentView {
    /// Time of the payment, or of its latest attempt.
    pub at: String,
    /// Amount paid, or to be paid.
    pub amount: MoneyView,
    /// `paid`, `processing`, `authentication_required`, `failed`, `canceled` or `untried`.
    pub status: &'static str,
    /// Code of a failure, such as `insufficient_funds`.
    pub code: Option<&'static str>,
    /// A sentence about a failure.
    pub detail: Option<String>,
    /// Payment method.
    pub method: Option<MethodView>,
    /// Stripe's page of the receipt.
    pub receipt_url: Option<String>,
}

/// A payment method without its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MethodView {
    /// `card`, `sepa_debit` and others of Stripe's kinds; `outside` for a payment outside of
    /// Stripe.
    pub kind: String,
    /// Brand of a card.
    pub brand: Option<String>,
    /// Last four digits.
    pub last4: Option<String>,
}

/// A customer as printed on an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomerView {
    /// Company or person.
    pub name: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Postal address.
    pub address: AddressView,
    /// Tax ids.
    pub tax_ids: Vec<PrintedTaxIdView>,
    /// Further fields, such as a purchase order.
    pub custom_fields: Vec<CustomFieldView>,
}

/// A tax id as printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PrintedTaxIdView {
    /// Stripe's type, such as `eu_vat`.
    pub r#type: String,
    /// The number.
    pub value: String,
}

/// A further field as printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomFieldView {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

/// Makes a sentence of the code of a decline.
pub type Declined = fn(&str) -> String;

impl InvoiceView {
    /// An invoice of an account; none while its terms are not known.
    pub fn of(invoice: &Invoice, standing: &Standing, now: Timestamp) -> Option<Self> {
        let terms = invoice.terms.as_ref()?;
        let money = |amount: i64| MoneyView::from(Money::new(amount, invoice.currency));
        let dates = standing.dates_of(invoice);
        let overdue = dates.filter(|(overdue_at, _)| *overdue_at <= now);
        Some(Self {
            id: invoice.id.to_string(),
            kind: terms.kind.word(),
            number: terms.number.clone(),
            status: invoice.status.map_or("open", Word::word),
            created: terms.created.to_string(),
            finalized_at: terms.finalized_at.to_string(),
            due_at: terms.due_at.map(|at| at.to_string()),
            overdue_since: overdue.map(|(at, _)| at.to_string()),
            disables_on: overdue.map(|(_, at)| at.to_string()),
            ended_at: invoice.ended_at.map(|at| at.to_string()),
            collection: terms.collection.word(),
            period: terms.period.map(period),
            total: money(terms.total),
            tax: terms.tax.map(money),
            amount_due: money(due(invoice, terms)),
            amount_paid: money(invoice.paid()),
            amount_remaining: money(invoice.remaining()),
            credit_notes: invoice
                .credit_notes
                .iter()
                .map(|(id, note)| credit_note(id, note, money))
                .collect(),
            hosted_invoice_url: invoice.links.hosted_invoice_url.clone(),
            pdf_url: invoice.links.pdf_url.clone(),
        })
    }
}

impl FullInvoiceView {
    /// The same with what Stripe shows of the invoice.
    pub fn of(
        invoice: InvoiceView,
        printed: Option<&Printed>,
        next: (Option<Timestamp>, Option<ReasonView>),
        declined: Declined,
    ) -> Self {
        let payments = |printed: &Printed| {
            let all = printed.payments.iter().filter(|payment| payment.outcome != Outcome::Untried);
            all.map(|payment| PaymentView::of(payment, declined)).collect::<Vec<_>>()
        };
        let last = printed.and_then(Printed::last_attempt);
        let last = last.map(|payment| PaymentView::of(payment, declined));
        let receipt = printed.and_then(|printed| {
            let mut paid = printed.payments.iter().filter(|it| it.outcome == Outcome::Paid);
            paid.find_map(|payment| payment.receipt_url.clone())
        });
        Self {
            invoice,
            lines: printed.map(|printed| printed.lines.iter().map(LineView::from).collect()),
            payments: printed.map(payments),
            customer: printed.map(|printed| CustomerView::from(&printed.customer)),
            last_attempt: last,
            receipt_url: receipt,
            next_attempt_at: next.0.map(|at| at.to_string()),
            no_further_attempt: next.1,
            source: if printed.is_some() { "stripe" } else { "books" },
            as_of: printed.map(|printed| printed.at.to_string()),
        }
    }
}

impl PaymentView {
    /// A payment, with a sentence about its failure.
    pub fn of(payment: &Payment, declined: Declined) -> Self {
        let code = match &payment.outcome {
            Outcome::Failed(code) => Some(decline::shown(Refusal::Code(code))),
            Outcome::NeedsAction => Some(decline::shown(Refusal::NeedsAction)),
            Outcome::Paid | Outcome::Processing | Outcome::Canceled | Outcome::Untried => None,
        };
        Self {
            at: payment.at.to_string(),
            amount: payment.amount.into(),
            status: payment.outcome.word(),
            code,
            detail: code.map(declined),
            method: payment.method.as_ref().map(MethodView::from),
            receipt_url: payment.receipt_url.clone(),
        }
    }
}

/// Amount to be paid in all, in minor units: never below zero, and never below what was paid.
fn due(invoice: &Invoice, terms: &Terms) -> i64 {
    terms.due.saturating_sub(invoice.credited()).max(0)
}

pub(crate) fn credit_note(
    id: &CreditNoteId,
    note: &CreditNote,
    money: impl Fn(i64) -> MoneyView,
) -> CreditNoteView {
    let kind = match (note.pre_payment, note.post_payment) {
        (_, 0) => "pre_payment",
        (0, _) => "post_payment",
        (_, _) => "mixed",
    };
    CreditNoteView {
        id: id.to_string(),
        amount: money(note.pre_payment.saturating_add(note.post_payment)),
        r#type: kind,
        reason: note.reason.clone(),
        status: match note.status {
            CreditNoteStatus::Issued => "issued",
            CreditNoteStatus::Void => "void",
        },
    }
}

fn period((start, end): (Timestamp, Timestamp)) -> PeriodView {
    PeriodView { start: start.to_string(), end: end.to_string() }
}

impl From<&PrintedLine> for LineView {
    fn from(line: &PrintedLine) -> Self {
        Self {
            description: line.description.clone(),
            amount: line.amount.into(),
            quantity: line.quantity,
            unit_amount: line.unit_amount.clone(),
            tax: Money::new(line.tax, line.amount.currency).into(),
            period: period(line.period),
            proration: line.is_proration,
        }
    }
}

impl From<&Method> for MethodView {
    fn from(method: &Method) -> Self {
        let Method { kind, brand, last4, .. } = method.clone();
        Self { kind, brand, last4 }
    }
}

impl From<&BillTo> for CustomerView {
    fn from(customer: &BillTo) -> Self {
        let BillTo { name, email, address, tax_ids, custom_fields } = customer.clone();
        let tax_ids = tax_ids.into_iter().map(|(r#type, value)| PrintedTaxIdView { r#type, value });
        let custom_fields =
            custom_fields.into_iter().map(|(name, value)| CustomFieldView { name, value });
        Self {
            name,
            email,
            address: address.into(),
            tax_ids: tax_ids.collect(),
            custom_fields: custom_fields.collect(),
        }
    }
}
