//! The table: load exactly the parts that a decision needs, commit what it decided, in one
//! transaction.
//!
//! [`keys`] is the whole table on one screen. The item modules say how each entity is kept.
//! [`Store::load`] and its kin read [`Part`]s; [`Store::commit`] and [`Store::keep`] write. There
//! is no rule of billing here.

pub mod advice;
pub mod answer;
pub mod attributes;
pub mod bill;
mod budget;
pub mod cancellation;
pub mod closing;
mod commit;
pub mod correction;
mod cost;
pub mod count;
pub mod credential;
pub mod credits;
pub mod dead_letter;
pub mod desk;
pub mod dispute;
pub mod due;
pub mod error;
pub mod event;
mod expression;
pub mod family;
pub mod intent;
pub mod invoice;
mod issued;
pub mod journal;
pub mod keys;
pub mod lease;
pub mod load;
pub mod loaded;
pub mod mail;
pub mod member;
mod on_file;
pub mod open;
pub mod opened;
mod parents;
pub mod part;
mod paying;
mod precondition;
pub mod preview;
pub mod price_change;
pub mod profile;
pub mod proof;
mod range;
pub mod read;
pub mod receipt;
mod refused;
pub mod search;
pub mod session;
mod share;
pub mod staff;
pub mod standing;
pub mod subscription;
mod transaction;
pub mod usage;
pub mod watch;
mod write;

use std::sync::Arc;

pub use error::StoreError;
pub use loaded::Loaded;
pub use part::Part;

/// The table. A clone is another handle on the same client.
#[derive(Debug, Clone)]
pub struct Store {
    client: aws_sdk_dynamodb::Client,
    table: String,
    /// Keys that were marked as used while this process is warm.
    uses: Arc<credential::Uses>,
    /// Requests of keys that this process counted.
    tallies: Arc<budget::Tallies>,
    /// Standings of parents that were read lately.
    parents: Arc<parents::Parents>,
}

impl Store {
    /// The table of that name.
    pub fn new(client: aws_sdk_dynamodb::Client, table: &str) -> Self {
        Self {
            client,
            table: table.to_owned(),
            uses: Arc::default(),
            tallies: Arc::default(),
            parents: Arc::default(),
        }
    }
}
