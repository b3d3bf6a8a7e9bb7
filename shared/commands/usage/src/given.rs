//! A correction of usage as staff typed it, checked field by field.

use billing::month::{Day, Month};
use billing::staff::REASON_CHARACTERS_MAX;
use billing::usage::correction::{CORRECTION_UNITS_MAX, CorrectionRequest};
use runtime::Problem;
use runtime::input::{Checks, NOT_PLAIN, is_plain};

/// Fields of a correction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenCorrection {
    /// Month, such as `2026-11`.
    pub period: String,
    /// Id of the resource.
    pub resource: String,
    /// Units to add; below zero to take off.
    pub quantity: i64,
    /// Reason.
    pub reason: String,
    /// Day, such as `2026-11-22`.
    pub day: Option<String>,
}

impl GivenCorrection {
    /// The correction, under its id, by a key or person.
    ///
    /// # Errors
    /// 422 with every wrong field.
    pub fn checked(self, (id, by): (String, &str)) -> Result<CorrectionRequest, Problem> {
        let Self { period, resource, quantity, reason, day } = self;
        let mut checks = Checks::default();
        let month = Month::parse(&period);
        checks.expect(month.is_ok(), "period", "A month is expected, such as `2026-11`.");
        let most = CORRECTION_UNITS_MAX;
        let fits = quantity != 0 && (most.saturating_neg()..=most).contains(&quantity);
        let detail = format!("A whole number other than 0, of at most {most}, is expected.");
        checks.expect_range(fits, "quantity", &detail);
        let most = REASON_CHARACTERS_MAX;
        let fits = !reason.trim().is_empty() && reason.chars().count() <= most;
        let detail = format!("A reason of 1 to {most} characters is expected, for the timeline.");
        checks.expect(fits, "reason", &detail);
        checks.expect(is_plain(&reason), "reason", NOT_PLAIN);
        let day = day.and_then(|day| {
            let parsed = Day::parse(&day).map_err(|_| "A day is expected, such as `2026-11-22`.");
            checks.parse(parsed, "day")
        });
        checks.passed()?;

        let month = month.map_err(|_| Problem::internal())?;
        Ok(CorrectionRequest { id, month, resource, quantity, day, reason, by: by.to_owned() })
    }
}
