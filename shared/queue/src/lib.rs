//! Messages of the queues, and their sending.
//!
//! A message names an account, a month or a page of a walk, and the function that takes it looks
//! what is to be done by then; so a message that comes twice, late or for nothing does no harm.
//! Only the retry queue carries facts: parsed ones, because the worker does not verify again. A
//! dead letter has the same body as any message, with its reason beside it, so that SQS's own
//! redrive is the way back.

pub mod account;
pub mod alert;
pub mod bills;
pub mod delivery;
pub mod envelope;
pub mod notify;
pub mod page;
pub mod price_change;
pub mod publish;
pub mod reconcile;
pub mod retries;
pub mod send;

pub use envelope::{EventRef, Letter, Message, Unreadable};
pub use page::Page;
pub use retries::{Envelope, Retries};
pub use send::{Bodies, DeadLetters, Queue, SendError};
