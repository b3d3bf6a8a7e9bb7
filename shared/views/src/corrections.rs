//! Corrections of counted usage, as staff see them.

use billing::usage::correction::Correction;
use serde::Serialize;

/// A correction of counted usage.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CorrectionView {
    id: String,
    /// Month whose counters it changed.
    period: String,
    resource: String,
    /// Units that it added; below zero where it took some off.
    quantity: i64,
    /// Units of the month before it.
    used_before: u64,
    /// Units of the month behind it.
    used: u64,
    /// Units by day; of a gauge the day on which its level was set.
    daily: Vec<CorrectedDayView>,
    reason: String,
    at: String,
}

/// A day's part of a correction.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CorrectedDayView {
    date: String,
    quantity: i64,
}

impl From<&Correction> for CorrectionView {
    fn from(correction: &Correction) -> Self {
        let daily = correction
            .days
            .iter()
            .map(|(day, quantity)| CorrectedDayView { date: day.to_string(), quantity: *quantity });
        Self {
            id: correction.id.clone(),
            period: correction.month.to_string(),
            resource: correction.resource.clone(),
            quantity: correction.quantity,
            used_before: correction.before,
            used: correction.after,
            daily: daily.collect(),
            reason: correction.reason.clone(),
            at: correction.at.to_string(),
        }
    }
}
