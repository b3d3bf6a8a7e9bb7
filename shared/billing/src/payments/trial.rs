//! What a new payment method is tried for (A11, money rule 10).

use crate::decide::Books;
use crate::desk::owed;
use crate::fact::{Collection, InvoiceStatus};
use crate::ids::InvoiceId;
use crate::invoice::Invoice;
use crate::time::Timestamp;

/// Invoices that a new payment method is tried for, the oldest first: what is owed to us and
/// charged by itself. Not what was taken out of collection or given up, what a transfer is reported
/// for, and what is being paid (money rule 10).
pub fn to_be_tried(books: &Books, now: Timestamp) -> Vec<InvoiceId> {
    let owed = owed(books);
    let mut invoices: Vec<&Invoice> = owed
        .iter()
        .filter_map(|id| books.invoices.get(id))
        .filter(|it| is_tried(it, now))
        .collect();
    invoices.sort_by_key(|it| (it.terms.as_ref().map(|terms| terms.created), it.id.clone()));
    invoices.into_iter().map(|it| it.id.clone()).collect()
}

fn is_tried(invoice: &Invoice, now: Timestamp) -> bool {
    let is_charged =
        invoice.terms.as_ref().is_some_and(|it| it.collection == Collection::Automatic);
    is_charged
        && invoice.status == Some(InvoiceStatus::Open)
        && !invoice.advance.is_stopped()
        && invoice.payments.processing_since().is_none()
        && invoice.holds.advised_until(now).is_none()
}
