//! The whole cloud in one process, wired from template.yaml: an HTTP API, functions, an embedded
//! DynamoDB, SQS, Secrets Manager and a virtual clock, on ports of the machine itself.
//!
//! [`start`] gives tests a cloud of their own in a few milliseconds; the binary serves one to a
//! person. Functions are called with the JSON that Lambda would carry and use the real AWS SDK;
//! only what is behind the wire is replaced. It is not a model of AWS's latency, quotas or IAM
//! beyond the policies of the functions.

pub mod bootstrap;
pub mod clock;
mod cloud;
mod control;
pub mod deliveries;
mod demo;
mod directory;
mod door;
mod entry;
pub mod gate;
pub mod gateway;
mod handler;
mod keys;
pub mod outbox;
pub mod pool;
mod ports;
pub mod push;
mod running;
mod schedules;
mod secrets;
pub mod send;
mod sign;
mod snapshot;
pub mod sqs;
pub mod streams;
mod table;
mod tasks;
pub mod template;
#[cfg(test)]
mod tests;
pub mod timeline;
mod webhook;
mod world;
mod world_file;

pub use cloud::{Options, StartError};
pub use handler::HandlerError;
pub use ports::{PORT, Ports};
pub use running::{Running, start};
pub use table::TableError;
pub use world::WorldError;
pub use world_file::WorldFileError;
