//! Addresses of an invoice at Stripe.

use crate::fact::InvoiceSnapshot;

/// Stripe's pages about an invoice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// Where it can be paid.
    pub hosted_invoice_url: Option<String>,
    /// Its PDF.
    pub pdf_url: Option<String>,
}

impl Links {
    pub(super) fn learn(&mut self, told: &InvoiceSnapshot) {
        if told.hosted_invoice_url.is_some() {
            self.hosted_invoice_url.clone_from(&told.hosted_invoice_url);
        }
        if told.pdf_url.is_some() {
            self.pdf_url.clone_from(&told.pdf_url);
        }
    }
}
