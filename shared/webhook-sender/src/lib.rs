//! Events sent to the vendor's endpoints: signed as Standard Webhooks has it, over https to public
//! addresses alone.
//!
//! The address that is checked is the one that is connected to: the client's own resolver drops
//! every address that is not public. Redirects are not followed. Of an answer only the status is
//! read: the receiver's text is never in memory, in a log or in the table.

mod client;
mod resolver;
mod signature;

pub use client::{Letter, Sender};
pub use resolver::PublicOnly;
pub use signature::{SecretError, new_secret, signatures};
