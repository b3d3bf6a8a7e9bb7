//! Facts: messages of Stripe about a customer, and the reasons to refuse one.

mod customer;
pub mod fact;
pub mod marks;
pub mod proof;
pub mod refusal;
