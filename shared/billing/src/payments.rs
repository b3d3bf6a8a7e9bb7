//! Payments: those of invoices, messages of Stripe about those for credits, and money that comes
//! outside of Stripe.

pub mod advice;
pub mod attempt;
pub mod crediting;
pub mod desk;
pub mod dispute;
pub mod invoice_payment;
pub mod on_file;
pub mod paying;
pub mod payment;
pub mod prepaid;
pub mod receipt;
pub mod statement;
pub mod trial;
