//! Commands with a table and a Stripe in the process, and no gateway: input value in, outcome value
//! out, books looked at.
//!
//! A part of the e2e binary: a binary of their own would only cost another link.

mod accounts;
mod credits;
mod forecast;
mod plans;
mod usage;
mod worker;
