//! Payments: messages of Stripe about them.

pub mod payment;
