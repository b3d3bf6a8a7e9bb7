//! Use cases of events out (G5): an account's journal published, and the feed read.

pub mod feed;
pub mod publish;
