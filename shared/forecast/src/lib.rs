//! The upcoming invoice of an account: everything that will be invoiced up to the next first of the
//! month (A15).
//!
//! One request to the table; of an account with a subscription a second one, for its price notices;
//! and another while last month is not closed, because its plan may have been another. Nothing here
//! calls Stripe or writes.

mod price;

use billing::account::Standing;
use billing::account::history::History;
use billing::bill::{Closing, Ended};
use billing::money::TooLarge;
use billing::month::Month;
use billing::overage::Line;
use billing::price_change::Told;
use billing::time::Timestamp;
use billing::upcoming::{Known, Upcoming};
use billing::usage::Usage;
use catalog::Catalog;
use invocation::Invocation;
use store::{Loaded, Part, Store, StoreError};

/// Forecasts from that table and that catalog.
#[derive(Debug)]
pub struct Forecast {
    store: Store,
    catalog: Catalog,
}

/// Reason why there is no forecast.
#[derive(Debug, thiserror::Error)]
pub enum ForecastError {
    /// There is no such account.
    #[error("there is no such account")]
    NoAccount,
    /// The amounts do not add up.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Parts that a forecast rests on: to be loaded in one request, with the caller's key where there
/// is one.
pub fn parts(now: Timestamp) -> Vec<Part> {
    let last = last_month(now);
    let mut parts = Part::used(now);
    parts.extend([Part::Usage(last), Part::Bill(last), Part::Standing, Part::Profile]);
    parts
}

fn last_month(now: Timestamp) -> Month {
    Month::of(Month::of(now).start().plus_seconds(-1))
}

impl Forecast {
    /// Forecasts from that table and that catalog.
    pub fn new(store: Store, catalog: Catalog) -> Self {
        Self { store, catalog }
    }

    /// Forecasts the upcoming invoice of the account whose [`parts`] were loaded.
    ///
    /// # Errors
    /// [`ForecastError`].
    pub async fn upcoming(
        &self,
        invocation: &Invocation,
        loaded: &Loaded,
    ) -> Result<Upcoming, ForecastError> {
        let (now, last) = (invocation.now, last_month(invocation.now));
        let standing = loaded.standing()?.ok_or(ForecastError::NoAccount)?;
        let details = loaded.profile()?.map(|profile| profile.details).unwrap_or_default();
        let bills: Vec<_> = loaded.bill(last)?.into_iter().collect();
        let used = loaded.used(now)?;
        let history = self.history(invocation, loaded, &standing).await?;
        let unclosed = match loaded.usage(last)?.filter(|ended| !ended.closed) {
            Some(ended) => self.unclosed(invocation, &history, &standing, (last, ended)).await?,
            None => Vec::new(),
        };
        let notices = self.price_notices(invocation, &standing).await?;

        let known = Known {
            standing: &standing,
            used: &used,
            allowances: &self.catalog.allowances(standing.plan()),
            history: &history,
            unclosed: &unclosed,
            told: &notices,
            bills: &bills,
            balance: details.balance,
            balance_currency: details.currency,
            tax_rates: &self.catalog.taxes(),
            tax_exempt: details.tax_exempt,
        };
        let changes = &notices.changes;
        let offer =
            |plan: &str, interval, at| price::offer(&self.catalog, (plan, interval), changes, at);
        Ok(Upcoming::of(known, offer, now)?)
    }

    /// States of the account since the earliest month that a line may be for. The journal is read
    /// only where they matter: last month is not closed, or the account is not served now.
    async fn history(
        &self,
        invocation: &Invocation,
        loaded: &Loaded,
        standing: &Standing,
    ) -> Result<History, StoreError> {
        let (now, last) = (invocation.now, last_month(invocation.now));
        let is_unclosed = loaded.usage(last)?.is_some_and(|ended| !ended.closed);
        let month = Month::of(now);
        let (since, until) = if is_unclosed {
            (last.start(), last.end())
        } else {
            (month.start(), now.plus_seconds(1))
        };

        let records = if History::is_in_journal(standing, since, until) {
            self.store.journal_since(invocation, &standing.account, since).await?
        } else {
            Vec::new()
        };
        Ok(History::of(standing, &records, now))
    }

    /// Lines of last month, which is not closed. The levels of gauges that it began with are in its
    /// counters: the months before are closed, or an operator was called.
    async fn unclosed(
        &self,
        invocation: &Invocation,
        history: &History,
        standing: &Standing,
        (last, counted): (Month, Usage),
    ) -> Result<Vec<Line>, ForecastError> {
        let books = self.store.books_of_subscriptions(invocation, &standing.account).await?;
        let Some(books) = books else { return Ok(Vec::new()) };

        let subscriptions: Vec<_> = books.subscriptions.into_values().collect();
        let (standing, months) = (&books.standing, [(last, counted)].into());
        let subscriptions = &subscriptions[..];
        let ended = Ended { standing, subscriptions, months: &months, history };
        let closing = Closing::of(ended, last, |plan| self.catalog.allowances(plan))?;
        Ok(closing.map(|closing| closing.lines).unwrap_or_default())
    }

    /// Price changes that the account was notified of, and all of them when another plan is booked
    /// (C2).
    async fn price_notices(
        &self,
        invocation: &Invocation,
        standing: &Standing,
    ) -> Result<Told, StoreError> {
        if standing.live_subscription().is_none() {
            return Ok(Told::default());
        }
        let told = self.store.told_of_price_changes(invocation, &standing.account).await?;
        if standing.pending.is_none() || !told.notices.is_empty() {
            return Ok(told);
        }
        Ok(Told { changes: self.store.price_changes(invocation).await?, ..told })
    }
}
