//! Faults of Stripe's side, seeded: what goes wrong with requests, and with deliveries of events.

use crate::error::ApiError;
use crate::ids::Ids;

/// What goes wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It is refused before anything happens.
    Refused(ApiError),
    /// It takes effect, and its answer is lost.
    Lost,
}

/// Faults, and the stream that they are drawn from.
#[derive(Debug, Clone)]
pub struct Faults {
    draw: Ids,
}

impl Faults {
    /// None, until they are set.
    pub fn new(seed: u64) -> Self {
        Self { draw: Ids::new(seed ^ 0x5eed) }
    }

    /// What goes wrong with the next request.
    pub fn for_request(&mut self) -> Option<Trouble> {
        None
    }
}
