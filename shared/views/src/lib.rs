//! Values of the HTTP contract, made from the outcomes of commands by pure functions.
//!
//! One module for each area. A view has codes and values, and no rule; where money is shown, it is
//! the kind for callers who may see prices.

pub mod access;
pub mod accounts;
pub mod alerts;
pub mod blockers;
pub mod corrections;
pub mod credits;
pub mod csv;
pub mod dead_letters;
pub mod disputes;
pub mod endpoints;
pub mod events;
pub mod explain;
pub mod exports;
pub mod families;
pub mod invoices;
pub mod keys;
pub mod mails;
pub mod members;
pub mod money;
pub mod personal;
pub mod plans;
pub mod prices;
pub mod product;
pub mod rejection;
pub mod requests;
pub mod sessions;
pub mod staff;
pub mod statement;
pub mod subscriptions;
pub mod timeline;
pub mod transfers;
pub mod upcoming;
pub mod usage;
