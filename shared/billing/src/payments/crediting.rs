//! Credit notes that staff give on finalized invoices (F3, E4).
//!
//! Before payment a note lowers what is due; what it credits beyond that was paid, and is given
//! back: to the customer's balance at Stripe unless staff say otherwise, because no money leaves
//! the vendor by that and the next invoice uses it up.

use crate::fact::{CreditNoteStatus, InvoiceStatus};
use crate::ids::InvoiceId;
use crate::invoice::Invoice;
use crate::money::{Currency, Money};
use crate::words::Word;

/// Longest text to the customer on a note, in characters.
pub const MEMO_CHARACTERS_MAX: usize = 500;
/// Most lines that one note credits.
pub const CREDITED_LINES_MAX: usize = 50;

/// Way in which paid money is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiveBack {
    /// To the customer's balance at Stripe, for the next invoice.
    CustomerBalance,
    /// To the card or account that paid.
    Refund,
    /// By the vendor, outside of Stripe.
    OutOfBand,
}

impl Word for GiveBack {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::CustomerBalance, "customer_balance"),
        (Self::Refund, "refund"),
        (Self::OutOfBand, "out_of_band"),
    ];
}

/// Reason of a note in Stripe's words, which are printed on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteReason {
    /// The invoice was made twice.
    Duplicate,
    /// The payment was fraudulent.
    Fraudulent,
    /// The customer changed an order.
    OrderChange,
    /// The product was not as it should be.
    ProductUnsatisfactory,
}

impl Word for NoteReason {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Duplicate, "duplicate"),
        (Self::Fraudulent, "fraudulent"),
        (Self::OrderChange, "order_change"),
        (Self::ProductUnsatisfactory, "product_unsatisfactory"),
    ];
}

/// What a note credits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credited {
    /// An amount, with its tax.
    Amount(Money),
    /// Lines of the invoice, without tax: Stripe adds each line's.
    Lines(Vec<CreditedLine>),
}

/// A line that a note credits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditedLine {
    /// Stripe's id of the line.
    pub line: String,
    /// Amount without tax; none for the whole line.
    pub amount: Option<Money>,
}

/// A note that staff ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteRequest {
    /// Id of the request's intent.
    pub id: String,
    /// Fingerprint of what is asked for.
    pub content: String,
    /// Invoice.
    pub invoice: InvoiceId,
    /// What is credited.
    pub credited: Credited,
    /// Way in which paid money is given back.
    pub give_back: GiveBack,
    /// Reason of staff.
    pub reason: String,
    /// Text to the customer.
    pub memo: Option<String>,
}

/// A line of an invoice as far as a note needs it, in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceLine {
    /// Stripe's id.
    pub id: String,
    /// Amount without the tax on top of it.
    pub amount: i64,
    /// Tax on top of it.
    pub tax_on_top: i64,
    /// True if a discount lowers it.
    pub is_discounted: bool,
}

/// Parts of a note, in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteParts {
    /// What it comes to, with tax.
    pub total: i64,
    /// What of it was paid, and is given back.
    pub after_payment: i64,
    /// Amounts without tax by line; none where an amount alone is credited.
    pub lines: Vec<(String, i64)>,
}

/// Reason why a note is not given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteRefusal {
    /// The account has no such invoice.
    #[error("there is no such invoice")]
    UnknownInvoice,
    /// The invoice is in another currency.
    #[error("the invoice is in {0}")]
    OtherCurrency(Currency),
    /// The invoice has no such line.
    #[error("the invoice has no line {0}")]
    UnknownLine(String),
    /// More of a line would be credited than it comes to.
    #[error("line {0} comes to less")]
    AboveLine(String),
    /// A discount lowers the line, so that an amount of it says too little.
    #[error("line {0} has a discount")]
    DiscountedLine(String),
    /// The invoice is a draft, void or deleted.
    #[error("the invoice cannot be credited")]
    NotCreditable(Option<InvoiceStatus>),
    /// A payment of the invoice is in progress: what it comes to is fixed.
    #[error("a payment of the invoice is in progress")]
    PaymentInProgress,
    /// More would be credited than is left to credit.
    #[error("only {0} can still be credited")]
    AboveCreditable(Money),
    /// The Idempotency-Key was used before, for another note.
    #[error("the key was used before, for another note")]
    KeyReused,
    /// Stripe does not do it, in its own words.
    #[error("Stripe refuses the note: {0}")]
    ByStripe(String),
}

impl NoteRequest {
    /// Stripe's reason, where staff's is one of its words.
    pub fn stripes_reason(&self) -> Option<NoteReason> {
        NoteReason::of_word(&self.reason)
    }
}

/// Parts of a note on an invoice as the books have it. `lines` are the invoice's, where some are
/// credited.
///
/// # Errors
/// [`NoteRefusal`].
pub fn note_parts(
    invoice: Option<&Invoice>,
    credited: &Credited,
    lines: &[InvoiceLine],
) -> Result<NoteParts, NoteRefusal> {
    let invoice = invoice.ok_or(NoteRefusal::UnknownInvoice)?;
    let terms = match (invoice.status, &invoice.terms) {
        (
            Some(InvoiceStatus::Open | InvoiceStatus::Uncollectible | InvoiceStatus::Paid),
            Some(terms),
        ) => terms,
        (status, _) => return Err(NoteRefusal::NotCreditable(status)),
    };
    if invoice.is_owed() && invoice.payments.processing_since().is_some() {
        return Err(NoteRefusal::PaymentInProgress);
    }

    let currency = invoice.currency;
    let (total, lines) = match credited {
        Credited::Amount(money) => (in_currency(*money, currency)?, Vec::new()),
        Credited::Lines(wanted) => of_lines(wanted, lines, currency)?,
    };
    let left = terms.total.saturating_sub(noted(invoice)).max(0);
    if total > left {
        return Err(NoteRefusal::AboveCreditable(Money::new(left, currency)));
    }
    let after_payment = total.saturating_sub(invoice.remaining()).max(0);
    Ok(NoteParts { total, after_payment, lines })
}

/// What live notes of an invoice come to, before payment and after.
fn noted(invoice: &Invoice) -> i64 {
    let live = invoice.credit_notes.values().filter(|it| it.status == CreditNoteStatus::Issued);
    live.fold(0, |sum: i64, note| {
        sum.saturating_add(note.pre_payment).saturating_add(note.post_payment)
    })
}

fn in_currency(money: Money, currency: Currency) -> Result<i64, NoteRefusal> {
    if money.currency == currency {
        Ok(money.amount)
    } else {
        Err(NoteRefusal::OtherCurrency(currency))
    }
}

/// Amounts of the credited lines, and what they come to with tax: each line's tax in proportion,
/// rounded half up as Stripe does. Stripe refuses a note whose parts do not add up to its own sum.
fn of_lines(
    wanted: &[CreditedLine],
    lines: &[InvoiceLine],
    currency: Currency,
) -> Result<(i64, Vec<(String, i64)>), NoteRefusal> {
    let (mut total, mut amounts) = (0_i64, Vec::new());
    for CreditedLine { line: id, amount } in wanted {
        let line = lines.iter().find(|it| it.id == *id);
        let line = line.ok_or_else(|| NoteRefusal::UnknownLine(id.clone()))?;
        if line.is_discounted {
            return Err(NoteRefusal::DiscountedLine(id.clone()));
        }
        let amount = amount.map_or(Ok(line.amount), |money| in_currency(money, currency))?;
        if amount > line.amount || amount <= 0 {
            return Err(NoteRefusal::AboveLine(id.clone()));
        }
        total = total.saturating_add(amount).saturating_add(tax_of(line, amount));
        amounts.push((id.clone(), amount));
    }
    Ok((total, amounts))
}

fn tax_of(line: &InvoiceLine, amount: i64) -> i64 {
    let (tax, whole) = (i128::from(line.tax_on_top), i128::from(line.amount.max(1)));
    let doubled = tax.saturating_mul(amount.into()).saturating_mul(2).saturating_add(whole);
    let rounded = doubled.checked_div(whole.saturating_mul(2)).unwrap_or(0);
    i64::try_from(rounded).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
