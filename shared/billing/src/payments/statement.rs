//! Statement of account (F7): what was owed and prepaid at the beginning of a span, what moved it,
//! and what is owed and prepaid at the end, for each currency.
//!
//! It comes from the journal, whose entries carry each change of what remains of an invoice and of
//! what is left of a prepayment. The closing of a span that reaches to now is what the account
//! shows as `outstanding` and `prepaid_balance`; earlier balances follow by taking off the
//! movements behind them. A movement counts at the time at which it was recorded, so the statement
//! of a past span stays as it is.

mod movements;
mod receivables;

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::InvoiceId;
use crate::invoice::Invoice;
use crate::journal::Record;
use crate::listing::Range;
use crate::money::{Currency, Money, TooLarge};
use crate::receipt::Receipt;
use crate::time::Timestamp;
use crate::words::Word;

pub use self::receivables::receivables;

/// Everything that a statement is made of, as it was read at one version of the standing.
#[derive(Debug, Clone, Copy)]
pub struct Books<'a> {
    /// Records of the journal since the beginning of the span, newest first.
    pub records: &'a [Record],
    /// Invoices that the records name.
    pub invoices: &'a BTreeMap<InvoiceId, Invoice>,
    /// Receipts of the account.
    pub receipts: &'a BTreeMap<String, Receipt>,
    /// Money that is owed now, one sum for each currency.
    pub outstanding: &'a [Money],
    /// Money that is prepaid now, one sum for each currency.
    pub prepaid: &'a [Money],
    /// Open invoices that do not count as outstanding, such as that of a pending change.
    pub uncounted: &'a BTreeSet<InvoiceId>,
}

/// Side of an account that a movement is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ledger {
    /// Money that is owed for invoices.
    Receivable,
    /// Money that is prepaid.
    Prepaid,
}

/// Kind of a movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moved {
    /// An invoice was issued: its total.
    Invoice,
    /// The customer's balance at Stripe took something off an invoice, or added to it, when it was
    /// issued.
    BalanceApplied,
    /// An invoice was paid, wholly or in part.
    Payment(Method),
    /// A payment went back.
    PaymentReturned,
    /// A credit note.
    CreditNote,
    /// A credit note was voided.
    CreditNoteVoided,
    /// Money of a paid invoice was given back with a credit note: refunded, put on the balance, or
    /// returned by the bank.
    Refund,
    /// An invoice was voided.
    Void,
    /// Money was prepaid.
    PrepaymentReceived,
    /// Invoices used prepaid money.
    PrepaymentApplied,
    /// Prepaid money was taken out of the balance.
    PrepaymentReversed,
}

/// Way in which an invoice was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Stripe collected it, or was told so there: by card or bank debit.
    Stripe,
    /// A bank transfer that staff matched.
    Transfer,
    /// A payment upfront.
    Prepayment,
}

/// A movement of what is owed or prepaid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// Time at which it happened.
    pub at: Timestamp,
    /// Time at which it was recorded.
    pub recorded_at: Timestamp,
    /// Kind.
    pub moved: Moved,
    /// Id of its invoice, or of the receipt of its prepayment.
    pub about: String,
    /// Money that is owed or prepaid more; less than zero for less.
    pub amount: Money,
}

/// A movement with the balance behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The movement.
    pub movement: Movement,
    /// Balance of its ledger.
    pub balance: Money,
}

/// One side of an account in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// Balance at the beginning.
    pub opening: Money,
    /// Movements, oldest first.
    pub lines: Vec<Line>,
    /// Balance at the end.
    pub closing: Money,
}

/// An account in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InCurrency {
    /// Currency.
    pub currency: Currency,
    /// Money that is owed.
    pub receivable: Balance,
    /// Money that is prepaid.
    pub prepaid: Balance,
}

impl Moved {
    /// Side of the account.
    pub fn ledger(self) -> Ledger {
        match self {
            Self::Invoice
            | Self::BalanceApplied
            | Self::Payment(_)
            | Self::PaymentReturned
            | Self::CreditNote
            | Self::CreditNoteVoided
            | Self::Refund
            | Self::Void => Ledger::Receivable,
            Self::PrepaymentReceived | Self::PrepaymentApplied | Self::PrepaymentReversed => {
                Ledger::Prepaid
            }
        }
    }

    /// Name in the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::BalanceApplied => "balance_applied",
            Self::Payment(_) => "payment",
            Self::PaymentReturned => "payment_returned",
            Self::CreditNote => "credit_note",
            Self::CreditNoteVoided => "credit_note_voided",
            Self::Refund => "refund",
            Self::Void => "void",
            Self::PrepaymentReceived => "prepayment_received",
            Self::PrepaymentApplied => "prepayment_applied",
            Self::PrepaymentReversed => "prepayment_reversed",
        }
    }

    /// Way of a payment.
    pub fn method(self) -> Option<Method> {
        if let Self::Payment(method) = self { Some(method) } else { None }
    }
}

impl Word for Method {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Stripe, "stripe"), (Self::Transfer, "transfer"), (Self::Prepayment, "prepayment")];
}

impl Balance {
    /// Sum of its movements of a kind.
    ///
    /// # Errors
    /// [`TooLarge`].
    pub fn sum(&self, is_of_it: impl Fn(Moved) -> bool) -> Result<Money, TooLarge> {
        let zero = Money::new(0, self.opening.currency);
        let lines = self.lines.iter().filter(|line| is_of_it(line.movement.moved));
        lines.map(|line| line.movement.amount.amount).try_fold(zero, Money::plus)
    }
}

/// Statement of an account for a span, by currency. Currencies in which nothing moved and nothing
/// is owed or prepaid are left out.
///
/// # Errors
/// [`TooLarge`].
pub fn statement(books: Books<'_>, span: Range) -> Result<Vec<InCurrency>, TooLarge> {
    let movements = movements::all(books);
    let sums = books.outstanding.iter().chain(books.prepaid).map(|sum| sum.currency);
    let moved = movements.iter().map(|movement| movement.amount.currency);
    let currencies: BTreeSet<Currency> = sums.chain(moved).collect();

    let in_currency = |currency: Currency| {
        let own: Vec<&Movement> =
            movements.iter().filter(|it| it.amount.currency == currency).collect();
        let now = |sums: &[Money]| {
            let own = sums.iter().find(|sum| sum.currency == currency);
            own.copied().unwrap_or(Money::new(0, currency))
        };
        Ok(InCurrency {
            currency,
            receivable: balance((&own, Ledger::Receivable), now(books.outstanding), span)?,
            prepaid: balance((&own, Ledger::Prepaid), now(books.prepaid), span)?,
        })
    };
    let all: Result<Vec<InCurrency>, TooLarge> = currencies.into_iter().map(in_currency).collect();
    Ok(all?.into_iter().filter(|it| !it.receivable.is_empty() || !it.prepaid.is_empty()).collect())
}

/// One side of an account: its balance now, and all movements since the beginning of the span,
/// oldest first.
fn balance(
    (movements, ledger): (&[&Movement], Ledger),
    now: Money,
    span: Range,
) -> Result<Balance, TooLarge> {
    let own = movements.iter().filter(|it| it.moved.ledger() == ledger);
    let (within, behind): (Vec<&&Movement>, Vec<&&Movement>) =
        own.partition(|it| it.recorded_at <= span.to);
    let less = |from: Money, movements: &[&&Movement]| {
        let amounts = movements.iter().map(|it| it.amount.amount.checked_neg().ok_or(TooLarge));
        amounts.into_iter().try_fold(from, |sum, amount| sum.plus(amount?))
    };
    let closing = less(now, &behind)?;
    let opening = less(closing, &within)?;

    let mut running = opening;
    let mut lines = Vec::new();
    for movement in within {
        running = running.plus(movement.amount.amount)?;
        lines.push(Line { movement: (*movement).clone(), balance: running });
    }
    Ok(Balance { opening, lines, closing })
}

impl Balance {
    fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.opening.amount == 0 && self.closing.amount == 0
    }
}

#[cfg(test)]
mod tests;
