//! Payments: those of invoices, and messages of Stripe about those for credits.

pub mod invoice_payment;
pub mod payment;
