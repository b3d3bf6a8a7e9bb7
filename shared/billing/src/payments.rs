//! Payments: those of invoices, and messages of Stripe about those for credits.

pub mod attempt;
pub mod invoice_payment;
pub mod paying;
pub mod payment;
