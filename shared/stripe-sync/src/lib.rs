//! Our books and Stripe, brought together: what Stripe has is read and settled, and what we decided
//! is done there.
//!
//! [`Sync::read_subscription`] reads a subscription again after a call that changed it, or when
//! events could not say in what order they happened; [`Sync::read_customer`] does the same for what
//! invoices print. [`Sync::invoice_bill`] makes the invoice of a bill.
//! [`Sync::converge`] does at Stripe what follows from an account's state. All are
//! safe to run at any time, any number of times: they look first, and change only what is not so
//! yet.

mod begin;
mod bill;
mod converge;
mod customer;
mod double;
mod error;
mod family;
mod interrupted;
mod lease;
mod read;
mod rest;
mod schedule;
mod tell;
mod terms;

use apply::Applier;
use store::Store;
use stripe_client::Stripe;

pub use begin::{begin_intent, is_under_way};
pub use bill::Billed;
pub use converge::Converged;
pub use error::SyncError;
pub use interrupted::{Interrupted, refusal, refused_by_stripe};
pub use read::Settled;
pub use terms::begins;

/// An account's books and Stripe, as a function has them in its hands.
#[derive(Debug, Clone, Copy)]
pub struct Sync<'a> {
    /// The table.
    pub store: &'a Store,
    /// Stripe.
    pub stripe: &'a Stripe,
    /// The way of every fact into the books.
    pub facts: &'a Applier,
}
