//! The retry queue: what travels in it, how it is sent, and how a batch is answered.
//!
//! The queue carries the parsed fact, not the webhook's bytes: the worker does not verify again. What a
//! message is about, such as when its event was verified, travels in its envelope. A dead letter
//! has the same body as any message, with its reason beside it, so that SQS's own redrive is the
//! way back.

pub mod account;
pub mod batch;
pub mod bills;
pub mod envelope;
pub mod price_change;
pub mod send;

pub use envelope::{EventRef, Letter, Message, Unreadable};
pub use send::{Queues, SendError};
