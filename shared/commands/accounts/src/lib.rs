//! Use cases of accounts: opening, billing details, members, keys, cancellation blockers and
//! sub-accounts, and reading them. Input value in, outcome value out, no HTTP.
//!
//! Each command is a struct of what it may use, with one method for each thing that it does. A
//! command that changes an account decides by a [`Subject`]: the account, with the parts that were
//! loaded together with the caller's key.

pub mod blockers;
pub mod details;
pub mod explain;
mod failure;
pub mod keys;
pub mod list;
pub mod members;
pub mod opening;
pub mod personal;
pub mod read;
pub mod rename;
pub mod search;
pub mod sub_accounts;
mod subject;

pub use failure::Failure;
pub use subject::Subject;
