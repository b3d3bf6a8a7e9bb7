//! Statement of account (F7).

use std::collections::BTreeMap;

use billing::ids::InvoiceId;
use billing::invoice::Invoice;
use billing::listing::Range;
use billing::money::TooLarge;
use billing::receipt::Receipt;
use billing::statement::{Balance, InCurrency, Ledger, Line, Method, Moved};
use billing::time::Timestamp;
use billing::words::Word;
use serde::Serialize;

use crate::money::MoneyView;

/// A statement of account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatementView {
    /// Id of the account.
    pub account: String,
    /// First second of the span.
    pub from: String,
    /// Last second of the span.
    pub to: String,
    /// One part for each currency in which something is owed, prepaid or moved.
    pub currencies: Vec<StatementInCurrencyView>,
}

/// A statement of account in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatementInCurrencyView {
    /// Currency.
    pub currency: String,
    /// Money owed at the beginning.
    pub opening: MoneyView,
    /// Totals of invoices that were issued.
    pub invoices: MoneyView,
    /// Change of invoices by the customer's balance, which prepayments fill; less than zero where
    /// it paid for them.
    pub balance_applied: MoneyView,
    /// Credit notes less those that were voided: less than zero.
    pub credit_notes: MoneyView,
    /// Payments by method, less than zero.
    pub payments: Vec<PaidByView>,
    /// Payments that went back.
    pub payments_returned: MoneyView,
    /// Money of paid invoices that was given back with a credit note.
    pub refunds: MoneyView,
    /// Invoices that were voided: less than zero.
    pub voided: MoneyView,
    /// Money owed at the end.
    pub closing: MoneyView,
    /// Money that is prepaid.
    pub prepaid: PrepaidView,
    /// Movements of what is owed and of what is prepaid, oldest first.
    pub movements: Vec<MovementView>,
}

/// Payments by one method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PaidByView {
    /// `stripe` (by card or bank debit), `transfer` or `prepayment`.
    pub method: &'static str,
    /// Sum.
    pub amount: MoneyView,
}

/// Prepaid money within a span.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PrepaidView {
    /// Money prepaid at the beginning.
    pub opening: MoneyView,
    /// Money that came.
    pub received: MoneyView,
    /// Money that invoices used: less than zero.
    pub applied: MoneyView,
    /// Money that was taken out of the balance: less than zero.
    pub reversed: MoneyView,
    /// Money prepaid at the end.
    pub closing: MoneyView,
}

/// A movement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MovementView {
    /// Time at which it happened.
    pub at: String,
    /// Time at which it was recorded, by which the span counts.
    pub recorded_at: String,
    /// `receivable` or `prepaid`.
    pub ledger: &'static str,
    /// Kind: `invoice`, `payment`, `credit_note` and others.
    pub kind: &'static str,
    /// Way of a payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<&'static str>,
    /// Id of the invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice: Option<String>,
    /// Number of the invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Id of the prepayment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prepayment: Option<String>,
    /// Reference of the prepayment's transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Money that is owed or prepaid more; less than zero for less.
    pub amount: MoneyView,
    /// Balance of the ledger behind it.
    pub balance: MoneyView,
}

/// Names of the things that movements are about.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// Invoices.
    pub invoices: &'a BTreeMap<InvoiceId, Invoice>,
    /// Receipts.
    pub receipts: &'a BTreeMap<String, Receipt>,
}

impl StatementView {
    /// View of a statement.
    ///
    /// # Errors
    /// [`TooLarge`].
    pub fn of(
        account: String,
        (span, now): (Range, Timestamp),
        currencies: &[InCurrency],
        named: Named<'_>,
    ) -> Result<Self, TooLarge> {
        let currencies = currencies.iter().map(|it| StatementInCurrencyView::of(it, named));
        Ok(Self {
            account,
            from: span.from.to_string(),
            to: span.to.min(now).to_string(),
            currencies: currencies.collect::<Result<_, _>>()?,
        })
    }
}

impl StatementInCurrencyView {
    fn of(statement: &InCurrency, named: Named<'_>) -> Result<Self, TooLarge> {
        let owed = &statement.receivable;
        let sum = |kinds: &[Moved]| owed.sum(|moved| kinds.contains(&moved)).map(MoneyView::from);
        let paid_by = |method: Method| {
            let amount = owed.sum(|moved| moved.method() == Some(method))?;
            Ok::<_, TooLarge>(PaidByView { method: method.word(), amount: amount.into() })
        };
        let methods = [Method::Stripe, Method::Transfer, Method::Prepayment];
        let payments: Vec<PaidByView> =
            methods.into_iter().map(paid_by).collect::<Result<_, _>>()?;
        let lines = owed.lines.iter().chain(&statement.prepaid.lines);
        let mut lines: Vec<&Line> = lines.collect();
        lines.sort_by_key(|line| line.movement.recorded_at);

        Ok(Self {
            currency: statement.currency.to_string(),
            opening: owed.opening.into(),
            invoices: sum(&[Moved::Invoice])?,
            balance_applied: sum(&[Moved::BalanceApplied])?,
            credit_notes: sum(&[Moved::CreditNote, Moved::CreditNoteVoided])?,
            payments,
            payments_returned: sum(&[Moved::PaymentReturned])?,
            refunds: sum(&[Moved::Refund])?,
            voided: sum(&[Moved::Void])?,
            closing: owed.closing.into(),
            prepaid: PrepaidView::of(&statement.prepaid)?,
            movements: lines.into_iter().map(|line| MovementView::of(line, named)).collect(),
        })
    }
}

impl PrepaidView {
    fn of(prepaid: &Balance) -> Result<Self, TooLarge> {
        let sum = |kind: Moved| prepaid.sum(|moved| moved == kind).map(MoneyView::from);
        Ok(Self {
            opening: prepaid.opening.into(),
            received: sum(Moved::PrepaymentReceived)?,
            applied: sum(Moved::PrepaymentApplied)?,
            reversed: sum(Moved::PrepaymentReversed)?,
            closing: prepaid.closing.into(),
        })
    }
}

impl MovementView {
    fn of(Line { movement, balance }: &Line, named: Named<'_>) -> Self {
        let invoice = InvoiceId::parse(&movement.about).ok();
        let invoice = invoice.and_then(|id| named.invoices.get(&id));
        let receipt = named.receipts.get(&movement.about);
        let ledger = movement.moved.ledger();
        Self {
            at: movement.at.to_string(),
            recorded_at: movement.recorded_at.to_string(),
            ledger: match ledger {
                Ledger::Receivable => "receivable",
                Ledger::Prepaid => "prepaid",
            },
            kind: movement.moved.as_str(),
            method: movement.moved.method().map(Word::word),
            invoice: (ledger == Ledger::Receivable).then(|| movement.about.clone()),
            number: invoice.and_then(|invoice| invoice.terms.as_ref()?.number.clone()),
            prepayment: (ledger == Ledger::Prepaid).then(|| movement.about.clone()),
            reference: receipt.map(|receipt| receipt.reference.clone()),
            amount: movement.amount.into(),
            balance: (*balance).into(),
        }
    }
}
