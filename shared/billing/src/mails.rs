//! Mails: which entries of the journal are mailed, to whom, and what holds by the time of sending
//! (A22, C2, F1, F5, F6).
//!
//! A record of the journal with such an entry is pending until its mails are decided. They are made
//! from the facts of that moment: what no longer holds is superseded, and of several of one topic
//! the gravest is mailed.

mod kind;
mod log;
mod plan;
mod recipients;

pub use kind::{Audience, MailKind, Topic};
pub use log::{
    DOUBT_SECONDS, IN_PROGRESS_SECONDS, KEPT_SECONDS, Mail, MailStatus, Recipient, Step,
};
pub use plan::{Facts, Fate, Pending, Planned, Superseded, plan};
pub use recipients::{Addressed, recipients};

#[cfg(test)]
mod tests;
