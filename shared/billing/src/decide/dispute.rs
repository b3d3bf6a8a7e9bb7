//! A dispute of an invoice's payment: a case for staff, which changes no debt (money rule 29).

use crate::account::Standing;
use crate::change::{Change, Write};
use crate::dispute::{Dispute, Paid};
use crate::payment::DisputeSnapshot;
use crate::time::Timestamp;

use super::note;

/// Change that a fact about a dispute of an account's payment makes; none where it says what is
/// known.
pub fn dispute_shown(
    (standing, known): (&Standing, Option<&Dispute>),
    (shown, paid): (&DisputeSnapshot, Paid),
    at: Timestamp,
    now: Timestamp,
) -> Option<Change> {
    let after = Dispute::after(known, shown, paid, at)?;
    let change = note(standing, after.entry(known, at), now);
    Some(change.with(Write::Dispute(Box::new(after))))
}
