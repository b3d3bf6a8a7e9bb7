//! Bodies of requests, as they are read: a field of another type, or one that nobody knows, is
//! refused.
//!
//! Their rules are checked where they are used.

pub mod accounts;
pub mod alerts;
pub mod credits;
pub mod events;
pub mod invoices;
pub mod prices;
pub mod sessions;
pub mod staff;
pub mod subscriptions;
pub mod transfers;
