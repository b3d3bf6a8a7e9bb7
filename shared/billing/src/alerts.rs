//! Spend alerts: the threshold of an account, and what it was notified of once a period (A21, A22).
//!
//! One [`Watch`] for each account holds both, so that a decision rests on one item. A check judges
//! the running metering month alone: its usage, and what still renews within it and on the first
//! behind it, before balance and prepayments. The first check behind midnight still judges the
//! month that ended, under its own name; from then on that month counts for nothing.

mod check;
mod watch;

pub use check::{Judged, Verdict, due, months, verdict};
pub use watch::{AlertRefusal, Alerted, THRESHOLD_MAX, Threshold, Watch, WatchKind, threshold};

#[cfg(test)]
mod tests;
