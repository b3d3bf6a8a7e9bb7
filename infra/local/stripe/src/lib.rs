//! A stateful Stripe in the process: its API, events, hosted pages and clock, without a network.

pub mod error;
pub mod wire;
