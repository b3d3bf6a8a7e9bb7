//! A value, explained by the entries that made it.

use billing::money::Money;
use billing::reason::OwedInvoice;
use billing::state::{Access, State};
use billing::words::Word;
use serde::Serialize;

use crate::access::ReasonView;
use crate::accounts::SumsView;
use crate::money::MoneyView;
use crate::timeline::EntryView;

/// A value, the entries that made it, and the conditions that would change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExplanationView {
    /// The value.
    pub value: ExplainedView,
    /// The entries, oldest first.
    pub because: Vec<EntryView>,
    /// The conditions.
    pub clears_by: Vec<ReasonView>,
    /// Parts that the value is the sum of, where it is a sum of unpaid invoices or of tokens.
    pub parts: Vec<PartView>,
    /// Time of the oldest entry that was looked at, where the journal has older ones: what they say
    /// is left out. Null where all of it was looked at.
    pub looked_back_to: Option<String>,
}

/// A part of a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "ExplainedPartView")
)]
pub struct PartView {
    /// `invoice`; of credits `granted` (bought, granted and taken back) and `used`; of the upcoming
    /// invoice `line`; of usage `day`, as it was reported, and `correction`; of one invoice `due`,
    /// `paid` and `credit_notes`.
    pub kind: &'static str,
    /// The part in words; the date of a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Id of the invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Number of the invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Money that the part comes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<MoneyView>,
    /// Tokens that the part comes to; below zero where it takes some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<i64>,
    /// Units that the part comes to; below zero where a correction takes some off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units: Option<i64>,
}

impl PartView {
    /// An unpaid invoice.
    pub fn of_invoice(owed: &OwedInvoice) -> Self {
        Self {
            id: Some(owed.id.to_string()),
            number: owed.number.clone(),
            amount: Some(owed.remaining.into()),
            ..Self::of_kind("invoice")
        }
    }

    /// A sum of money.
    pub fn of_money(kind: &'static str, label: String, amount: Money) -> Self {
        Self { label: Some(label), amount: Some(amount.into()), ..Self::of_kind(kind) }
    }

    /// So many units of a resource.
    pub fn of_units(kind: &'static str, label: String, units: i64) -> Self {
        Self { label: Some(label), units: Some(units), ..Self::of_kind(kind) }
    }

    fn of_kind(kind: &'static str) -> Self {
        Self { kind, label: None, id: None, number: None, amount: None, tokens: None, units: None }
    }

    /// So many tokens.
    pub fn of_tokens(kind: &'static str, tokens: i64) -> Self {
        Self { tokens: Some(tokens), ..Self::of_kind(kind) }
    }
}

/// A value that can be explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum ExplainedView {
    /// A state or an access.
    State(&'static str),
    /// Sums of money.
    Sums(SumsView),
    /// A number of credits.
    Credits(i64),
    /// Units of a resource.
    Units(u64),
}

impl ExplainedView {
    /// View of a state.
    pub fn of_state(state: State) -> Self {
        Self::State(state.word())
    }

    /// View of an access.
    pub fn of_access(access: Access) -> Self {
        Self::State(access.as_str())
    }
}
