//! Attempts to collect an invoice: which payment methods Stripe does not charge again, and the
//! reason why it makes no further attempt by itself (A13).

use crate::fact::{Collection, InvoiceStatus};
use crate::invoice::Invoice;
use crate::printed::{Method, Outcome, Payment};
use crate::time::Timestamp;

/// Codes after which Stripe charges the same payment method no more
/// (<https://docs.stripe.com/billing/revenue-recovery/smart-retries>).
const HARD_DECLINES: [&str; 9] = [
    "authentication_required",
    "highest_risk_level",
    "incorrect_number",
    "lost_card",
    "pickup_card",
    "revocation_of_all_authorizations",
    "revocation_of_authorization",
    "stolen_card",
    "transaction_not_allowed",
];
/// Kinds of payment methods that Stripe never charges again by itself.
const NEVER_RETRIED: [&str; 2] = ["amazon_pay", "cashapp"];
/// Country whose cards Stripe does not charge again by itself (RBI's rules).
const INDIA: &str = "IN";

/// The next attempt that Stripe makes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextAttempt {
    /// At that time.
    At(Timestamp),
    /// None, for a reason.
    None(NoAttempt),
    /// The invoice is not to be paid any more.
    Ended,
}

/// Reason why Stripe makes no further attempt by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoAttempt {
    /// The invoice is sent: the customer pays it.
    Sent,
    /// A payment is in progress.
    InProgress,
    /// Stripe gave the invoice up, or was told to.
    GivenUp,
    /// Collection by itself was switched off.
    Stopped,
    /// The last attempt failed in a way that a repeat cannot mend.
    Refused,
    /// The card was issued in India.
    IssuedInIndia,
    /// The payment method needs its owner each time.
    NeedsOwner,
    /// There is nothing on file to charge.
    NoMethod,
    /// All attempts of the schedule were made.
    Exhausted,
}

impl NoAttempt {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::Sent,
        Self::InProgress,
        Self::GivenUp,
        Self::Stopped,
        Self::Refused,
        Self::IssuedInIndia,
        Self::NeedsOwner,
        Self::NoMethod,
        Self::Exhausted,
    ];

    /// The contract's code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Sent => "invoice_is_sent",
            Self::InProgress => "payment_in_progress",
            Self::GivenUp => "collection_ended",
            Self::Stopped => "collection_stopped",
            Self::Refused => "payment_method_refused",
            Self::IssuedInIndia => "card_issued_in_india",
            Self::NeedsOwner => "payment_method_needs_owner",
            Self::NoMethod => "no_payment_method",
            Self::Exhausted => "attempts_exhausted",
        }
    }
}

/// True if a decline with that code is for good: the same payment method is not charged again.
pub fn is_hard(code: &str) -> bool {
    HARD_DECLINES.contains(&code)
}

/// The next attempt at an invoice. `last` is the latest attempt, where it was read at Stripe.
pub fn next_attempt(invoice: &Invoice, last: Option<&Payment>) -> NextAttempt {
    let Some(terms) = invoice.terms.as_ref().filter(|_| invoice.is_owed()) else {
        return NextAttempt::Ended;
    };
    let in_progress = last.is_some_and(|last| last.outcome == Outcome::Processing)
        || invoice.payments.processing_since().is_some();
    let reason = match terms.collection {
        _ if in_progress => NoAttempt::InProgress,
        Collection::Manual => NoAttempt::Sent,
        Collection::Automatic if invoice.status == Some(InvoiceStatus::Uncollectible) => {
            NoAttempt::GivenUp
        }
        Collection::Automatic if invoice.advance.is_stopped() => NoAttempt::Stopped,
        Collection::Automatic => match last {
            Some(last) => match for_good(last) {
                Some(reason) => reason,
                None => return planned(invoice, NoAttempt::Exhausted),
            },
            None => return planned(invoice, NoAttempt::NoMethod),
        },
    };
    NextAttempt::None(reason)
}

/// Reason, in an attempt, not to repeat it.
fn for_good(last: &Payment) -> Option<NoAttempt> {
    let of = |holds: fn(&Method) -> bool| last.method.as_ref().is_some_and(holds);
    let has_failed = match &last.outcome {
        Outcome::NeedsAction => return Some(NoAttempt::NeedsOwner),
        Outcome::Failed(code) if is_hard(code) => return Some(NoAttempt::Refused),
        Outcome::Failed(_) => true,
        Outcome::Paid | Outcome::Processing | Outcome::Canceled | Outcome::Untried => false,
    };
    if has_failed && of(|method| method.country.as_deref() == Some(INDIA)) {
        return Some(NoAttempt::IssuedInIndia);
    }
    if has_failed && of(|method| NEVER_RETRIED.contains(&method.kind.as_str())) {
        return Some(NoAttempt::NeedsOwner);
    }
    None
}

/// The attempt that Stripe planned. `otherwise` is the reason once there is none, and attempts were
/// made or not.
fn planned(invoice: &Invoice, otherwise: NoAttempt) -> NextAttempt {
    match invoice.attempts.next_at {
        Some(at) => NextAttempt::At(at),
        None => NextAttempt::None(otherwise),
    }
}

#[cfg(test)]
mod tests;
