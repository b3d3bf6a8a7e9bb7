//! SQS: standard queues on the virtual clock, its JSON protocol, and the event source mappings that
//! hand messages to functions.

mod endpoint;
mod message;
mod pump;
mod queues;
#[cfg(test)]
mod tests;

pub use endpoint::serve;
pub use message::{Attribute, Message};
pub use pump::Pump;
pub use queues::{Depth, Kept, QueueError, Queues, Sent};
