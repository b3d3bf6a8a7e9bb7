//! What an invoice shows besides the amounts that our books keep: its lines, its payments and the
//! customer as printed. Read at Stripe when somebody looks (A15, D9), and kept nowhere.

use crate::fact::Address;
use crate::money::Money;
use crate::time::Timestamp;

/// Everything that Stripe shows of one invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// Lines, in the order of the invoice.
    pub lines: Vec<PrintedLine>,
    /// Payments, the newest first.
    pub payments: Vec<Payment>,
    /// The customer as it was when the invoice was finalized.
    pub customer: BillTo,
    /// Time of the reading, by Stripe's clock.
    pub at: Timestamp,
}

/// A line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedLine {
    /// Text of the line.
    pub description: String,
    /// Amount before tax that comes on top.
    pub amount: Money,
    /// Quantity, where the line has one.
    pub quantity: Option<i64>,
    /// Price of one, in minor units with decimals, where the line has one.
    pub unit_amount: Option<String>,
    /// Tax on the line, in minor units.
    pub tax: i64,
    /// Beginning and end of what it is for.
    pub period: (Timestamp, Timestamp),
    /// True for a part of a period that was changed.
    pub is_proration: bool,
}

/// The customer as printed on an invoice: a later change of billing details does not alter it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BillTo {
    /// Company or person.
    pub name: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Postal address.
    pub address: Address,
    /// Kind and value of each tax id.
    pub tax_ids: Vec<(String, String)>,
    /// Name and value of each further field, such as a purchase order.
    pub custom_fields: Vec<(String, String)>,
}

/// A payment of an invoice, or the latest attempt to make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Time of the payment, or of its latest attempt.
    pub at: Timestamp,
    /// Amount paid, or to be paid.
    pub amount: Money,
    /// Outcome.
    pub outcome: Outcome,
    /// Payment method, as far as Stripe shows it.
    pub method: Option<Method>,
    /// Stripe's page of the receipt.
    pub receipt_url: Option<String>,
}

/// Outcome of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The money is there.
    Paid,
    /// It is in progress, as a bank debit is for days.
    Processing,
    /// The payer has to authenticate it.
    NeedsAction,
    /// It failed, with Stripe's or the bank's code.
    Failed(String),
    /// It was given up.
    Canceled,
    /// Nothing was tried yet.
    Untried,
}

/// A payment method without its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// Stripe's kind, such as `card` or `sepa_debit`; `outside` for a payment outside of Stripe.
    pub kind: String,
    /// Brand of a card.
    pub brand: Option<String>,
    /// Last four digits.
    pub last4: Option<String>,
    /// Country of the issuing bank, two letters.
    pub country: Option<String>,
}

impl Printed {
    /// The latest attempt to pay the invoice, whatever came of it.
    pub fn last_attempt(&self) -> Option<&Payment> {
        let tried = self.payments.iter().filter(|payment| match payment.outcome {
            Outcome::Paid | Outcome::Processing | Outcome::NeedsAction | Outcome::Failed(_) => true,
            Outcome::Canceled | Outcome::Untried => false,
        });
        tried.max_by_key(|payment| payment.at)
    }
}

impl Outcome {
    /// The contract's word, without the code.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Processing => "processing",
            Self::NeedsAction => "authentication_required",
            Self::Failed(_) => "failed",
            Self::Canceled => "canceled",
            Self::Untried => "untried",
        }
    }
}
