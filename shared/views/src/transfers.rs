//! Money that comes outside of Stripe: advice of transfers, receipts and prepayments (A14, A18).

use billing::account::Standing;
use billing::advice::{Advice, LATE_SECONDS, Verdict};
use billing::ids::AccountId;
use billing::money::Money;
use billing::receipt::{Applied, Part, Receipt};
use billing::time::{DAY_SECONDS, Timestamp};
use billing::words::Word;
use catalog::BankAccount;
use serde::Serialize;

use crate::money::MoneyView;

/// Advice of a transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AdviceView {
    /// Id.
    pub id: String,
    /// `pending`, `approved`, `partially_approved`, `rejected`, `withdrawn`, `expired` or
    /// `returned`.
    pub status: &'static str,
    /// Invoices that the transfer is for.
    pub invoices: Vec<String>,
    /// Reference of the transfer.
    pub reference: String,
    /// Day on which the customer paid.
    pub paid_on: String,
    /// Amount.
    pub amount: MoneyView,
    /// The customer's note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Time of its submission.
    pub submitted_at: String,
    /// Time from which it is expired, unless it is decided by then.
    pub expires_at: String,
    /// Time until which its invoices disable nobody; null where they have no such time left.
    pub held_until: Option<String>,
    /// Staff's decision, or the customer's withdrawal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionView>,
}

/// What became of an advice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DecisionView {
    /// Time.
    pub at: String,
    /// Id of the request.
    pub by: String,
    /// Words of staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Receipt of the money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
}

/// Advice that was just submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SubmittedView {
    /// The advice.
    #[serde(flatten)]
    pub advice: AdviceView,
    /// Part of the amount that its invoices do not need: it will be prepaid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prepaid: Option<MoneyView>,
}

/// Advice that waits for staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WaitingView {
    /// Account.
    pub account: String,
    /// The advice.
    #[serde(flatten)]
    pub advice: AdviceView,
    /// Age in seconds.
    pub age_seconds: i64,
    /// True once it waits longer than it should.
    pub late: bool,
}

/// A receipt of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReceiptView {
    /// Id.
    pub id: String,
    /// `advice`, `transfer` or `prepayment`.
    pub source: &'static str,
    /// Reference of the transfer.
    pub reference: String,
    /// Day on which the money came.
    pub received_on: String,
    /// Amount.
    pub amount: MoneyView,
    /// Parts of it that are for invoices.
    pub parts: Vec<PartView>,
    /// Part of it that is prepaid, used or not.
    pub prepaid: MoneyView,
}

/// A part of a receipt that is for an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PartView {
    /// Invoice.
    pub invoice: String,
    /// Amount.
    pub amount: MoneyView,
    /// `reserved`, `paying`, `settled`, `returning` or `returned`.
    pub state: &'static str,
    /// Time since which it is so.
    pub at: String,
    /// Invoice that stands in the place of its own since the bank took the money back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<String>,
}

/// Advice that staff approved, with its receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ApprovedView {
    /// The advice.
    #[serde(flatten)]
    pub advice: AdviceView,
    /// The money.
    pub receipt: ReceiptView,
}

/// A prepayment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PrepaymentView {
    /// Id.
    pub id: String,
    /// Number on its receipt.
    pub number: String,
    /// Reference of the transfer.
    pub reference: String,
    /// Day on which the money came.
    pub received_on: String,
    /// Amount that came.
    pub amount: MoneyView,
    /// Amount that is left.
    pub remaining: MoneyView,
    /// Amount that staff took out again.
    pub reversed: MoneyView,
    /// Invoices that it settled, oldest first.
    pub applied: Vec<AppliedView>,
    /// The receipt: it is no tax invoice.
    pub receipt_text: String,
}

/// A use of a prepayment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AppliedView {
    /// Invoice; null for a debt of the balance.
    pub invoice: Option<String>,
    /// Amount.
    pub amount: MoneyView,
    /// Time.
    pub at: String,
}

/// Bank account that transfers go to (F10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BankDetailsView {
    /// Currency.
    pub currency: String,
    /// Holder of the account.
    pub holder: String,
    /// IBAN, or the number of the account.
    pub account: String,
    /// BIC, or the routing number.
    pub bank_code: String,
    /// Bank.
    pub bank: String,
    /// Reference that the customer is to give.
    pub reference: String,
}

impl BankDetailsView {
    /// View of a bank account.
    pub fn of(account: &BankAccount) -> Self {
        let BankAccount { currency, holder, account, bank_code, bank, reference } = account;
        Self {
            currency: currency.as_str().to_owned(),
            holder: holder.clone(),
            account: account.clone(),
            bank_code: bank_code.clone(),
            bank: bank.clone(),
            reference: reference.clone(),
        }
    }
}

/// Grace of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GraceView {
    /// Days from overdue to disabled.
    pub grace_days: i64,
    /// Time at which the account is disabled unless it pays, if something is overdue.
    pub disables_on: Option<String>,
}

impl GraceView {
    /// View of an account's grace.
    pub fn of(standing: &Standing, now: Timestamp) -> Self {
        Self {
            grace_days: standing.grace_seconds.div_euclid(DAY_SECONDS),
            disables_on: standing.disables_on(now).map(|at| at.to_string()),
        }
    }
}

impl AdviceView {
    /// View of an advice at a moment.
    pub fn of(advice: &Advice, now: Timestamp) -> Self {
        Self {
            id: advice.id.clone(),
            status: advice.status_at(now).word(),
            invoices: advice.invoices.iter().map(ToString::to_string).collect(),
            reference: advice.reference.clone(),
            paid_on: advice.paid_on.to_string(),
            amount: advice.amount.into(),
            note: advice.note.clone(),
            submitted_at: advice.submitted_at.to_string(),
            expires_at: advice.expires_at.to_string(),
            held_until: advice.held_until.map(|at| at.to_string()),
            decision: advice.verdict.as_ref().map(DecisionView::of),
        }
    }
}

impl DecisionView {
    fn of(verdict: &Verdict) -> Self {
        Self {
            at: verdict.at.to_string(),
            by: verdict.by.clone(),
            note: verdict.note.clone(),
            receipt: verdict.receipt.clone(),
        }
    }
}

impl SubmittedView {
    /// View of an advice with the minor units that its invoices do not need.
    pub fn of(advice: &Advice, beyond: i64, now: Timestamp) -> Self {
        let beyond = Money::new(beyond, advice.amount.currency);
        let prepaid = Some(beyond).filter(|it| it.amount > 0).map(MoneyView::from);
        Self { advice: AdviceView::of(advice, now), prepaid }
    }
}

impl WaitingView {
    /// View of an advice that waits.
    pub fn of(account: &AccountId, advice: &Advice, now: Timestamp) -> Self {
        let age_seconds = now.0.saturating_sub(advice.submitted_at.0);
        Self {
            account: account.to_string(),
            advice: AdviceView::of(advice, now),
            age_seconds,
            late: age_seconds > LATE_SECONDS,
        }
    }
}

impl ReceiptView {
    /// View of a receipt.
    pub fn of(receipt: &Receipt) -> Self {
        let money = |amount: i64| Money::new(amount, receipt.amount.currency).into();
        let part = |part: &Part| PartView {
            invoice: part.invoice.to_string(),
            amount: money(part.amount),
            state: part.state.word(),
            at: part.since.to_string(),
            replaced_by: part.replacement.as_ref().map(ToString::to_string),
        };
        Self {
            id: receipt.id.clone(),
            source: receipt.source.word(),
            reference: receipt.reference.clone(),
            received_on: receipt.received_on.to_string(),
            amount: receipt.amount.into(),
            parts: receipt.parts.iter().map(part).collect(),
            prepaid: money(receipt.credit),
        }
    }
}

impl PrepaymentView {
    /// View of the prepayment in a receipt, with the text of its receipt; none where it has none.
    pub fn of(receipt: &Receipt, text: impl Fn(&str, &Receipt) -> String) -> Option<Self> {
        let number = format!("P-{:04}", receipt.number?);
        let money = |amount: i64| Money::new(amount, receipt.amount.currency).into();
        let applied = |it: &Applied| AppliedView {
            invoice: it.invoice.as_ref().map(ToString::to_string),
            amount: money(it.amount),
            at: it.at.to_string(),
        };
        let whole = receipt.settles_as_prepayment();
        let settled = whole.iter().map(|part| AppliedView {
            invoice: Some(part.invoice.to_string()),
            amount: money(part.amount),
            at: part.since.to_string(),
        });
        let at_once = whole.iter().fold(0_i64, |sum, part| sum.saturating_add(part.amount));
        Some(Self {
            id: receipt.id.clone(),
            reference: receipt.reference.clone(),
            received_on: receipt.received_on.to_string(),
            amount: money(receipt.credit.saturating_add(at_once)),
            remaining: money(receipt.left()),
            reversed: money(receipt.reversed),
            applied: settled.chain(receipt.applied.iter().map(applied)).collect(),
            receipt_text: text(&number, receipt),
            number,
        })
    }
}
