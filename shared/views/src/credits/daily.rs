//! Credits by day.

use std::collections::BTreeMap;

use billing::month::{Day, Month};
use serde::Serialize;

/// Tokens that deductions took on each day of a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DailyView {
    /// The month, such as `2026-11`, by UTC.
    pub period: String,
    /// Tokens of all its days.
    pub used: i64,
    /// Each day that has begun, the first one first.
    pub days: Vec<DayView>,
}

/// Tokens that deductions took on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "TokensOfDayView"))]
pub struct DayView {
    /// The day, such as `2026-11-30`.
    pub day: String,
    /// Tokens, included ones too.
    pub used: i64,
}

impl DailyView {
    /// Of the days of a month.
    pub fn of(month: Month, used: &BTreeMap<Day, i64>) -> Self {
        let day = |(day, used): (&Day, &i64)| DayView { day: day.to_string(), used: *used };
        Self {
            period: month.to_string(),
            used: used.values().fold(0, |sum, used| sum.saturating_add(*used)),
            days: used.iter().map(day).collect(),
        }
    }
}
