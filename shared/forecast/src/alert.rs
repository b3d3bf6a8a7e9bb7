//! The amount that an alert judges: one metering month alone, before balance and prepayments
//! (requirements, "Alerts").

use billing::account::Standing;
use billing::money::Money;
use billing::month::Month;
use billing::upcoming::Upcoming;
use billing::usage::{Usage, Used};
use invocation::Invocation;
use store::Loaded;

use crate::{Facts, Forecast, ForecastError};

impl Forecast {
    /// Totals of the running month: its usage, and what still renews within it and on the first
    /// behind it. The account's [`crate::parts`] were loaded.
    ///
    /// # Errors
    /// [`ForecastError`]; also Stripe's, where its preview of the next renewal is not known: an
    /// alert does not rest on an approximation.
    pub async fn running_totals(
        &self,
        invocation: &Invocation,
        loaded: &Loaded,
    ) -> Result<Vec<Money>, ForecastError> {
        let mut facts = self.facts(invocation, loaded).await?;
        facts.previewed = self.previewed(invocation, &facts.standing).await?;
        Ok(totals(&facts.upcoming(&self.catalog, invocation.now)?))
    }

    /// Totals of the month before the running one, as it was at its last instant: its usage, closed
    /// or not, and the renewal on the first behind it by the books.
    ///
    /// # Errors
    /// [`ForecastError`].
    pub async fn ended_totals(
        &self,
        invocation: &Invocation,
        loaded: &Loaded,
    ) -> Result<Vec<Money>, ForecastError> {
        let month = crate::last_month(invocation.now);
        let facts = self.facts(invocation, loaded).await?;
        let lines = match loaded.bill(month)? {
            Some(bill) => {
                let account = &facts.standing.account;
                self.store.with_lines(invocation, account, bill).await?.lines
            }
            // Closed without a bill: the month costs nothing.
            None => self.unclosed(invocation, &facts, (month, loaded.usage(month)?)).await?,
        };

        let closed = Usage { closed: true, ..Usage::default() };
        let ended = Facts {
            standing: at_end(&facts.standing, month),
            used: Used { month: closed, ..Used::default() },
            unclosed: lines,
            ..facts
        };
        Ok(totals(&ended.upcoming(&self.catalog, month.end().plus_seconds(-1))?))
    }
}

/// The standing as it was at a month's last instant, as far as renewals go: a subscription that
/// renewed on the first behind the month had not renewed yet.
fn at_end(standing: &Standing, month: Month) -> Standing {
    let mut before = standing.clone();
    if let Some(subscription) = &mut before.subscription
        && subscription.period_start == month.end()
    {
        subscription.period_end = subscription.period_start;
    }
    before
}

fn totals(upcoming: &Upcoming) -> Vec<Money> {
    upcoming.sums.iter().map(|sum| sum.total).collect()
}
