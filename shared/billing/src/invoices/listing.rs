//! A list of an account's invoices: their order, and the filters that it takes (A15).
//!
//! Listed is what was finalized. A draft is not an invoice yet: what it will come to is part of the
//! upcoming one, and its amounts may still change. A deleted draft never was one.

use crate::fact::{InvoiceKind, InvoiceStatus};
use crate::ids::InvoiceId;
use crate::invoice::Invoice;
use crate::time::Timestamp;
use crate::words::Word;

/// Position of an invoice in the list: newest first by its creation, then by its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Time of its creation at Stripe.
    pub created: Timestamp,
    /// Stripe's id.
    pub id: InvoiceId,
}

/// Times of creation that are listed, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The earliest.
    pub from: Timestamp,
    /// The latest.
    pub to: Timestamp,
}

/// Status that is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WantedStatus {
    /// Finalized and unpaid.
    Open,
    /// Unpaid and given up by Stripe's collection.
    Uncollectible,
    /// Settled.
    Paid,
    /// Withdrawn.
    Void,
    /// Open or uncollectible: whatever is still to be paid.
    Unpaid,
}

impl Word for WantedStatus {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Open, "open"),
        (Self::Uncollectible, "uncollectible"),
        (Self::Paid, "paid"),
        (Self::Void, "void"),
        (Self::Unpaid, "unpaid"),
    ];
}

/// Filters of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Status, if only one is wanted.
    pub status: Option<WantedStatus>,
    /// Purpose, if only one is wanted.
    pub kind: Option<InvoiceKind>,
    /// Times of creation.
    pub range: Range,
}

impl Default for Range {
    fn default() -> Self {
        Self { from: Timestamp::MIN, to: Timestamp::MAX }
    }
}

impl Position {
    /// The place of an invoice; none while its terms are not known.
    pub fn of(invoice: &Invoice) -> Option<Self> {
        let created = invoice.terms.as_ref()?.created;
        Some(Self { created, id: invoice.id.clone() })
    }
}

impl Wanted {
    /// True if an invoice passes the filters of status and purpose. The range is the store's.
    pub fn has(&self, invoice: &Invoice) -> bool {
        let status = self.status.is_none_or(|wanted| is_in(wanted, invoice.status));
        let kind = self
            .kind
            .is_none_or(|wanted| invoice.terms.as_ref().is_some_and(|terms| terms.kind == wanted));
        status && kind
    }
}

fn is_in(wanted: WantedStatus, status: Option<InvoiceStatus>) -> bool {
    match status {
        Some(InvoiceStatus::Open) => {
            matches!(wanted, WantedStatus::Open | WantedStatus::Unpaid)
        }
        Some(InvoiceStatus::Uncollectible) => {
            matches!(wanted, WantedStatus::Uncollectible | WantedStatus::Unpaid)
        }
        Some(InvoiceStatus::Paid) => wanted == WantedStatus::Paid,
        Some(InvoiceStatus::Void) => wanted == WantedStatus::Void,
        Some(InvoiceStatus::Draft | InvoiceStatus::Deleted) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    fn invoice(status: InvoiceStatus) -> Invoice {
        let (id, currency) = (InvoiceId::parse("in_1"), Currency::parse("eur"));
        Invoice { status: Some(status), ..Invoice::unknown(id.unwrap(), currency.unwrap()) }
    }

    /// Goal: `unpaid` is whatever is still to be paid, and what is not finalized is in no filter.
    #[test]
    fn a_status_lists_what_it_says() {
        use InvoiceStatus::{Deleted, Draft, Open, Paid, Uncollectible, Void};
        for (wanted, expected) in [
            (WantedStatus::Open, vec![Open]),
            (WantedStatus::Uncollectible, vec![Uncollectible]),
            (WantedStatus::Paid, vec![Paid]),
            (WantedStatus::Void, vec![Void]),
            (WantedStatus::Unpaid, vec![Open, Uncollectible]),
        ] {
            let wanted = Wanted { status: Some(wanted), kind: None, range: Range::default() };
            let all = [Draft, Open, Uncollectible, Paid, Void, Deleted];
            let listed: Vec<_> =
                all.into_iter().filter(|status| wanted.has(&invoice(*status))).collect();
            assert_eq!(listed, expected, "{wanted:?}");
        }
    }
}
