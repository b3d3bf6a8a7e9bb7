//! The check of an alert: the amount of each month that is to be judged, and one commit that
//! notifies the account (A22).

use billing::alerts::{Alerted, Judged, Verdict, months, verdict};
use billing::change::Write;
use billing::decide::note_all;
use billing::ids::AccountId;
use billing::month::Month;
use forecast::{Forecast, ForecastError};
use invocation::{Class, Classified, Invocation};
use store::{Part, Store, StoreError};

/// Checks of alerts.
#[derive(Debug, Clone, Copy)]
pub struct Checks<'a> {
    /// The table.
    pub store: &'a Store,
    /// Upcoming invoices, with Stripe's preview.
    pub forecast: &'a Forecast,
}

/// Reason why an alert is not checked now.
#[derive(Debug, thiserror::Error)]
pub enum CheckFailure {
    /// The table failed, or another writer was faster.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The amount is not known.
    #[error(transparent)]
    Forecast(#[from] ForecastError),
}

impl Classified for CheckFailure {
    fn class(&self) -> Class {
        match self {
            Self::Store(error) => error.class(),
            Self::Forecast(error) => error.class(),
        }
    }
}

impl Checks<'_> {
    /// Checks the alert of an account, as a walk of that month asked for it. Returns what the
    /// account is notified of by this check.
    ///
    /// # Errors
    /// [`CheckFailure`]: nothing was written, or another check wrote it.
    pub async fn check(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        walked: Month,
    ) -> Result<Vec<Alerted>, CheckFailure> {
        let try_once = async || self.try_once(invocation, account, walked).await;
        invocation.retry_conflicts(try_once).await
    }

    async fn try_once(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        walked: Month,
    ) -> Result<Vec<Alerted>, CheckFailure> {
        let now = invocation.now;
        let mut parts = forecast::parts(now);
        parts.push(Part::Watch);
        let loaded = self.store.load(invocation, account, &parts).await?;
        let (watch, standing) = (loaded.watch()?, loaded.standing()?);
        let Some(standing) = standing else { return Ok(Vec::new()) };

        let mut judged = Vec::new();
        for month in months(&watch, walked, now) {
            let totals = if month < Month::of(now) {
                self.forecast.ended_totals(invocation, &loaded).await?
            } else {
                self.forecast.running_totals(invocation, &loaded).await?
            };
            judged.push(Judged { month, totals });
        }

        // The time of the journal's record, by which its mails are found.
        let recorded_at = standing.journal_at.max(now);
        match verdict(&watch, &judged, recorded_at) {
            Verdict::Nothing => Ok(Vec::new()),
            Verdict::Judged(watch) => {
                self.store.keep(invocation, account, &[Write::Watch(watch)]).await?;
                Ok(Vec::new())
            }
            Verdict::Exceeded(watch, alerted) => {
                let entries = alerted.iter().map(Alerted::entry).collect();
                let change = note_all(&standing, entries, now)
                    .with(Write::Watch(watch))
                    .with_all(alerted.iter().cloned().map(Write::Alerted));
                self.store.commit(invocation, &change).await?;
                Ok(alerted)
            }
        }
    }
}
