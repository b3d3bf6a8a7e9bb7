//! Calls to Stripe: requests out, raw objects and named errors back.
//!
//! Read in this order: [`request`] makes the requests, by async-stripe's builders, which pin the
//! API version; [`client`] sends one and says what came of it; [`error`] says whether waiting
//! helps; [`list`] follows the pages of a list.
//!
//! It reads no object: what Stripe answers is handed on as the bytes that Stripe wrote, for
//! `stripe-wire` to read like an event's. It keeps no key (each call is given one), tries nothing
//! twice (the caller knows what is safe to repeat) and opens no connection of its own: calls go
//! through the HTTP client of the AWS SDK, which in local mode is the gate.

pub mod client;
pub mod error;
pub mod key;
pub mod list;
pub mod request;

#[cfg(test)]
mod tests;

pub use client::{Answer, Client};
pub use error::{CallError, Refusal};
pub use key::ApiKey;
pub use list::Bound;
pub use request::Request;
