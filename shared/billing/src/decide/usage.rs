//! Counted usage, corrected.

use crate::account::Standing;
use crate::change::{Change, Write};
use crate::time::Timestamp;
use crate::usage::correction::Decided;

use super::note;

/// The change that a decided correction is.
pub fn usage_corrected(standing: &Standing, decided: Decided, now: Timestamp) -> Change {
    let Decided { corrected, entry } = decided;
    note(standing, entry, now).with(Write::UsageCorrected(Box::new(corrected)))
}
