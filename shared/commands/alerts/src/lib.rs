//! Use cases of spend alerts: the threshold of an account, and the check that notifies it once a
//! month. Input value in, outcome value out, no HTTP.

pub mod check;
pub mod threshold;
