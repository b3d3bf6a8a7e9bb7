//! A stateful Stripe in the process: its API, events, hosted pages and clock, without a network.
//!
//! The core does no input or output and reads no clock: [`Engine`] answers a request at a time that
//! it is told, [`Stripe::run_due`] does what falls due, and [`deliveries`] says what is to be sent
//! where. So the same seed and the same calls give the same ids, events and answers.
//!
//! Read in this order: [`engine`] is what happens to a request, [`wire`] its form and shape,
//! [`routes`] who answers it, [`call`] and [`error`] what a handler sees and says; [`stripe`] is
//! all that an account holds, [`shelf`] where objects stand, [`agenda`] what falls due. Then the
//! objects: [`customers`], [`prices`]; [`payment_intents`] with [`cards`]; [`invoices`],
//! [`credit_notes`]; [`subscriptions`], [`schedules`]; [`checkout`], [`portal`] and their
//! [`pages`]. [`events`] and [`deliveries`] tell of all that, [`versions`] in the words of older
//! versions, [`faults`] badly. [`server`] puts it on a port.
//!
//! It is not all of Stripe: what it does not act on it refuses (`ApiError::not_simulated`).

// Stripe's larger objects have more fields than `json!` takes by default.
#![recursion_limit = "256"]

/// Header by which a caller with a stopwatch of its own says how many milliseconds later than the
/// clock its request comes.
pub const LATE_HEADER: &str = "simulator-late-milliseconds";

pub mod agenda;
pub mod amounts;
pub mod call;
pub mod engine;
pub mod error;
pub mod expand;
pub mod faults;
pub mod field;
pub mod frozen;
pub mod idempotency;
pub mod ids;
pub mod kept;
pub mod list;
pub mod metadata;
pub mod rates;
pub mod routes;
pub mod settings;
pub mod shelf;
pub mod stripe;
pub mod told;
pub mod versions;
pub mod wire;

pub mod deliveries;
pub mod endpoints;
pub mod events;
pub mod events_api;
pub mod test_clocks;

pub mod account;
pub mod balance;
pub mod coupons;
pub mod customers;
pub mod prices;
pub mod products;
pub mod tax_ids;
pub mod tax_rates;

pub mod cards;
pub mod charges;
pub mod disputes;
pub mod payment_intents;
pub mod payment_methods;
pub mod payment_records;
pub mod refunds;
pub mod setup_intents;

pub mod credit_notes;
pub mod invoice_items;
pub mod invoice_payments;
pub mod invoices;
pub mod schedules;
pub mod subscriptions;

pub mod checkout;
pub mod documents;
pub mod pages;
pub mod pdf;
pub mod portal;

pub mod server;

#[cfg(test)]
mod testing;

pub use engine::{Answer, Asked, Engine};
pub use server::{Options, Running, Simulator, start};
pub use settings::Settings;
pub use stripe::Stripe;
