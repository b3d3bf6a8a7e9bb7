//! Customer balance transactions: the ledger of what a customer has in credit or owes (docs.stripe.com/billing/customer/balance).

use billing::time::Timestamp;
use serde_json::{Value, json};

use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// What it answers.
pub const ROUTES: &[Route] = &[];

/// An entry of a customer's ledger. It never changes.
#[derive(Debug, Clone)]
pub struct BalanceTransaction {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Whose.
    pub customer: String,
    /// Minor units: negative gives the customer credit, positive takes it.
    pub amount: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// The customer's balance after it.
    pub ending_balance: i64,
    /// Why.
    pub reason: BalanceReason,
    /// The invoice that it is about.
    pub invoice: Option<String>,
    /// The credit note that it is about.
    pub credit_note: Option<String>,
}

impl Object for BalanceTransaction {
    const KIND: &'static str = "customer_balance_transaction";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, _stripe: &Stripe) -> Value {
        json!({ "id": self.id })
    }
}

/// Stripe's `type` of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BalanceReason {
    /// By the API.
    Adjustment,
    /// An invoice took or gave it when it became final.
    AppliedToInvoice,
    /// A void invoice gave it back.
    UnappliedFromInvoice,
    /// A credit note gave it.
    CreditNote,
    /// What was due of an invoice is too little to be charged: it is owed with the next one.
    InvoiceTooSmall,
    /// More was paid than was due.
    InvoiceOverpaid,
}

/// Moves a customer's balance and puts an entry into the ledger; tells of the customer's update. Answers with
/// the entry's id.
pub fn adjust(
    stripe: &mut Stripe,
    customer: &str,
    amount: i64,
    currency: &str,
    reason: BalanceReason,
    invoice: Option<&str>,
    credit_note: Option<&str>,
) -> String {
    let _ = (stripe, customer, amount, currency, reason, invoice, credit_note);
    String::new()
}
