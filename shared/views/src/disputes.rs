//! Disputes, as staff see them.

use billing::dispute::{Dispute, Paid};
use billing::ids::AccountId;
use serde::Serialize;

use crate::money::MoneyView;

/// A dispute of a payment.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DisputeView {
    /// Stripe's id.
    id: String,
    account: String,
    /// Disputed amount.
    amount: MoneyView,
    /// Stripe's word for the reason, such as `fraudulent`.
    reason: Option<String>,
    /// Stripe's word for where it stands, such as `needs_response`.
    status: &'static str,
    /// Time until which evidence is taken.
    due_by: Option<String>,
    opened_at: String,
    /// Stripe's id of the payment.
    payment: String,
    /// What the payment paid.
    paid: PaidView,
}

/// What a payment paid.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PaidView {
    /// `purchase` of credits, `invoice` or `other`.
    r#type: &'static str,
    /// Id of the purchase or of the invoice.
    id: Option<String>,
}

impl DisputeView {
    /// View of a dispute of an account.
    pub fn of(account: &AccountId, dispute: &Dispute) -> Self {
        let (kind, id) = match &dispute.paid {
            Paid::Purchase(id) => ("purchase", Some(id.to_string())),
            Paid::Invoice(id) => ("invoice", Some(id.to_string())),
            Paid::Other => ("other", None),
        };
        Self {
            id: dispute.id.to_string(),
            account: account.to_string(),
            amount: dispute.amount.into(),
            reason: dispute.reason.clone(),
            status: dispute.status_word(),
            due_by: dispute.due_by.map(|at| at.to_string()),
            opened_at: dispute.opened_at.to_string(),
            payment: dispute.payment.to_string(),
            paid: PaidView { r#type: kind, id },
        }
    }
}
