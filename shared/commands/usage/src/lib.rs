//! Use cases of metered usage: count a batch, read a month. Input value in, outcome value out, no
//! HTTP.
//!
//! A batch is counted once, by its `batch_id`: a batch that was interrupted or not answered is sent
//! again and goes on where it stopped. `billing::metering` decides what an event adds to which
//! counters. Nothing here calls Stripe.

mod batch;
mod correct;
mod count;
mod error;
mod given;
mod progress;
mod read;

use catalog::Catalog;
use store::Store;

pub use batch::{Batch, Reported};
pub use correct::{Corrections, NotCorrected};
pub use count::{Counted, RejectedEvent};
pub use error::CountError;
pub use given::GivenCorrection;
pub use read::{Read, month_parts};

/// Commands about metered usage.
#[derive(Debug)]
pub struct Metering {
    store: Store,
    catalog: Catalog,
}

impl Metering {
    /// Commands on that table, with the limits of that catalog.
    pub fn new(store: Store, catalog: Catalog) -> Self {
        Self { store, catalog }
    }
}
