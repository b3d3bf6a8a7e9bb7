//! Where the upcoming invoice will stand at the end of the month (G4): with a lower and an upper
//! bound, and the day on which the account's alert is reached. It is shown, and it triggers
//! nothing.

use std::collections::BTreeMap;

use billing::money::Money;
use billing::month::{Day, Month};
use billing::time::Timestamp;
use billing::upcoming::{Outlook, Upcoming};
use billing::usage::Usage;
use billing::usage::forecast::{Horizon, expected};
use invocation::Invocation;
use store::{Loaded, Part};

use crate::{Facts, Forecast, ForecastError, parts};

/// Parts that an outlook rests on: those of the upcoming invoice and the alert.
pub fn outlook_parts(now: Timestamp) -> Vec<Part> {
    let mut parts = parts(now);
    parts.push(Part::Watch);
    parts
}

impl Forecast {
    /// Forecasts the upcoming invoice, and where it will stand at the end of the month. The
    /// [`outlook_parts`] were loaded. The days of four weeks are read in one more request.
    ///
    /// There is no outlook before the third day of a month, for a parent with usage of its
    /// sub-accounts, and where the invoice is in several currencies.
    ///
    /// # Errors
    /// [`ForecastError`].
    pub async fn outlook(
        &self,
        invocation: &Invocation,
        loaded: &Loaded,
    ) -> Result<(Upcoming, Option<Outlook>), ForecastError> {
        let now = invocation.now;
        let facts = self.all_facts(invocation, loaded).await?;
        let upcoming = facts.upcoming(&self.catalog, now)?;
        let [sum] = upcoming.sums.as_slice() else { return Ok((upcoming, None)) };
        let total = sum.total;
        let Some(horizon) = Horizon::of(now).filter(|_| facts.family.is_empty()) else {
            return Ok((upcoming, None));
        };

        let days = (Horizon::since(now), Day::of(now));
        let days = self.store.usage_between(invocation, &facts.standing.account, days).await?;
        let ahead = Ahead { forecast: self, facts: &facts, days: &days, now };
        let Some([lower, expected, upper]) = ahead.totals(horizon)? else {
            return Ok((upcoming, None));
        };
        let threshold = loaded.watch()?.threshold.map(|threshold| threshold.amount);
        let alert_reached_on = match threshold.filter(|it| it.currency == total.currency) {
            Some(threshold) if total.amount <= threshold.amount => {
                ahead.reaches(threshold, horizon)?
            }
            Some(_) | None => None,
        };
        Ok((upcoming, Some(Outlook { lower, expected, upper, alert_reached_on })))
    }
}

/// An account's month, looked at from a moment of it.
#[derive(Clone, Copy)]
struct Ahead<'a> {
    forecast: &'a Forecast,
    facts: &'a Facts,
    days: &'a BTreeMap<Day, Usage>,
    now: Timestamp,
}

impl Ahead<'_> {
    /// Totals at the lower bound, as expected, and at the upper bound.
    fn totals(self, horizon: Horizon) -> Result<Option<[Money; 3]>, ForecastError> {
        let catalog = &self.forecast.catalog;
        let allowances = catalog.allowances(self.facts.standing.plan());
        let Some([lower, expected, upper]) =
            expected(&self.facts.used, self.days, &allowances, horizon)
        else {
            return Ok(None);
        };
        let total = |used| {
            let upcoming = self.facts.upcoming_with(used, catalog, self.now)?;
            // Usage still to come may bring a second currency: then there is no single total.
            let [sum] = upcoming.sums.as_slice() else { return Ok::<_, ForecastError>(None) };
            Ok(Some(sum.total))
        };
        let all = (total(&lower)?, total(&expected)?, total(&upper)?);
        let (Some(lower), Some(expected), Some(upper)) = all else { return Ok(None) };
        Ok(Some([lower, expected, upper]))
    }

    /// The first day by whose end more than an amount is expected.
    fn reaches(self, threshold: Money, horizon: Horizon) -> Result<Option<Day>, ForecastError> {
        let end = Month::of(self.now).end();
        for day in horizon.days_ahead().take_while(|day| day.start() < end) {
            let totals = self.totals(horizon.until(day))?;
            if totals.is_some_and(|[_, expected, _]| expected.amount > threshold.amount) {
                return Ok(Some(day));
            }
        }
        Ok(None)
    }
}
