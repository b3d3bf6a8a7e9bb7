//! Use cases of mails: an account's pending entries are mailed, and its log is read and sent again.
//! Input value in, outcome value out, no HTTP.

mod known;
pub mod log;
pub mod notify;
