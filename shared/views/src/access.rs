//! Access of an account: what the data plane may let it do (C11).

use billing::reason::{OwedInvoice, Reason};
use billing::state::{Access, State};
use billing::time::Timestamp;
use billing::words::Word;
use serde::Serialize;

use crate::money::MoneyView;

/// Access of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccessView {
    /// `full`, `cached_only` or `none`.
    pub access: &'static str,
    /// State of the account.
    pub state: &'static str,
    /// Conditions that hold the account back, or soon will.
    pub reasons: Vec<ReasonView>,
    /// Next moment at which the access changes by itself; null when none is known.
    pub valid_until: Option<String>,
    /// Number of the account's last journal entry: of two answers, the one with the greater number
    /// is the newer. It does not move for usage, nor when time alone changes the access.
    pub sequence: u64,
}

/// One condition that holds an account back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReasonView {
    /// Stable code.
    pub code: String,
    /// A sentence for a person.
    pub detail: String,
    /// The change that would clear the condition.
    pub clears_by: String,
    /// Invoice that the condition is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice: Option<OwedView>,
}

/// An unpaid invoice that a condition is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OwedView {
    /// Id of the invoice.
    pub id: String,
    /// What remains to be paid.
    pub amount_remaining: MoneyView,
    /// Time from which it is overdue.
    pub due_at: String,
    /// Number that is printed on it; in explanations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Page on which it can be paid; in explanations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pay_url: Option<String>,
}

impl AccessView {
    /// Access of an account in a state, with the reasons of both, the next moment at which it
    /// changes by itself, and the number of the last journal entry.
    pub fn of(
        (access, state): (Access, State),
        reasons: Vec<Reason>,
        valid_until: Option<Timestamp>,
        sequence: u64,
    ) -> Self {
        Self {
            access: access.as_str(),
            state: state.word(),
            reasons: reasons.into_iter().map(ReasonView::from).collect(),
            valid_until: valid_until.map(|at| at.to_string()),
            sequence,
        }
    }
}

impl From<Reason> for ReasonView {
    fn from(Reason { code, detail, clears_by, invoice }: Reason) -> Self {
        Self { code, detail, clears_by, invoice: invoice.map(OwedView::from) }
    }
}

impl From<OwedInvoice> for OwedView {
    fn from(owed: OwedInvoice) -> Self {
        let OwedInvoice { id, remaining, due_at, number, pay_url } = owed;
        Self {
            id: id.to_string(),
            amount_remaining: remaining.into(),
            due_at: due_at.to_string(),
            number,
            pay_url,
        }
    }
}
