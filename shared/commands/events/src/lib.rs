//! Use cases of events out (G5): an account's journal published, the feed read, and events
//! delivered to the vendor's endpoints.

pub mod deliver;
pub mod endpoints;
pub mod feed;
pub mod publish;
