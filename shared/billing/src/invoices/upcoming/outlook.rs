//! Where an upcoming invoice will stand at the end of its month (G4).

use crate::money::Money;
use crate::month::Day;

/// Total of the upcoming invoice at the end of its month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outlook {
    /// Lower bound.
    pub lower: Money,
    /// What is expected.
    pub expected: Money,
    /// Upper bound.
    pub upper: Money,
    /// Day by whose end the account's alert is expected to be reached; none where it is not reached
    /// this month, is reached already, or there is no alert.
    pub alert_reached_on: Option<Day>,
}
