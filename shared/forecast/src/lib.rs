//! The upcoming invoice of an account: everything that will be invoiced up to the next first of the
//! month (A15).
//!
//! One request to the table; of an account with a subscription a second one, for its price notices;
//! and another while last month is not closed, because its plan may have been another. Of a
//! subscription that renews within the month Stripe's preview is read, once. Nothing here writes.

mod alert;
mod family;
mod outlook;
mod price;

use billing::account::Standing;
use billing::account::history::History;
use billing::bill::Bill;
use billing::closing::{Closing, Ended, FamilyCounts, NotClosed};
use billing::consolidated::AccountUsage;
use billing::fact::CustomerSnapshot;
use billing::family::Family;
use billing::money::{Money, TooLarge};
use billing::month::Month;
use billing::overage::Line;
use billing::price_change::Told;
use billing::time::Timestamp;
use billing::upcoming::{Known, Previewed, Upcoming};
use billing::usage::{Usage, Used};
use catalog::Catalog;
use invocation::{Class, Classified, Invocation};
use store::{Loaded, Part, Store, StoreError};
use stripe_client::preview::{InvoicePreview, PreviewLine};
use stripe_client::{Stripe, StripeError};
use stripe_requests::request::preview::preview_renewal;
use tracing::warn;

pub use outlook::outlook_parts;

/// Forecasts from that table and that catalog.
#[derive(Debug)]
pub struct Forecast {
    store: Store,
    catalog: Catalog,
    /// Stripe, where its preview of the next renewal is read too.
    stripe: Option<Stripe>,
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
    /// Stripe's preview of the next renewal is not known, and no approximation will do.
    #[error(transparent)]
    Stripe(#[from] StripeError),
}

impl Classified for ForecastError {
    fn class(&self) -> Class {
        match self {
            Self::NoAccount | Self::TooLarge(_) => Class::Never,
            Self::Store(error) => error.class(),
            Self::Stripe(error) => error.class(),
        }
    }
}

/// Facts that an upcoming invoice is made of.
#[derive(Debug)]
struct Facts {
    standing: Standing,
    details: CustomerSnapshot,
    used: Used,
    family: Vec<AccountUsage>,
    history: History,
    unclosed: Vec<Line>,
    bills: Vec<Bill>,
    notices: Told,
    previewed: Option<Previewed>,
}

impl Facts {
    /// The upcoming invoice at a moment.
    fn upcoming(&self, catalog: &Catalog, now: Timestamp) -> Result<Upcoming, ForecastError> {
        self.upcoming_with(&self.used, catalog, now)
    }

    /// The upcoming invoice if the account itself had used that.
    fn upcoming_with(
        &self,
        used: &Used,
        catalog: &Catalog,
        now: Timestamp,
    ) -> Result<Upcoming, ForecastError> {
        let known = Known {
            standing: &self.standing,
            used,
            family: &self.family,
            allowances: &catalog.allowances(self.standing.plan()),
            history: &self.history,
            unclosed: &self.unclosed,
            told: &self.notices,
            bills: &self.bills,
            balance: self.details.balance,
            balance_currency: self.details.currency,
            tax_rates: &catalog.taxes(),
            tax_exempt: self.details.tax_exempt,
            previewed: self.previewed.as_ref(),
        };
        let changes = &self.notices.changes;
        let offer = |plan: &str, interval, at| price::offer(catalog, (plan, interval), changes, at);
        Ok(Upcoming::of(known, offer, now)?)
    }
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

/// A preview as lines of an invoice, what discounts take off being one.
fn in_lines(preview: InvoicePreview) -> Previewed {
    let off = Money::new(preview.discount.amount.saturating_neg(), preview.discount.currency);
    let mut lines: Vec<Line> = preview
        .lines
        .into_iter()
        .map(|PreviewLine { description, amount, period, is_proration }| {
            let item = if is_proration { "proration" } else { "item" };
            Line::new(item, description, amount).within(period)
        })
        .collect();
    if off.amount != 0 {
        lines.push(Line::new("discount", "Discounts".to_owned(), off));
    }
    Previewed { lines, total: preview.without_tax, at: preview.at }
}

impl Forecast {
    /// Forecasts from that table and that catalog.
    pub fn new(store: Store, catalog: Catalog) -> Self {
        Self { store, catalog, stripe: None }
    }

    /// Forecasts that read Stripe's preview of the next renewal too: what Stripe adds to it is not
    /// in the table.
    #[must_use]
    pub fn with_stripe(self, stripe: Stripe) -> Self {
        Self { stripe: Some(stripe), ..self }
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
        let facts = self.all_facts(invocation, loaded).await?;
        facts.upcoming(&self.catalog, invocation.now)
    }

    /// Facts of the running month, with what is left of the last one and Stripe's preview.
    async fn all_facts(
        &self,
        invocation: &Invocation,
        loaded: &Loaded,
    ) -> Result<Facts, ForecastError> {
        let mut facts = self.facts(invocation, loaded).await?;
        self.add_ended(invocation, &mut facts, loaded).await?;
        facts.previewed =
            self.previewed(invocation, &facts.standing).await.unwrap_or_else(|error| {
                let account = &facts.standing.account;
                warn!(account.id = %account, reason = %error,
                "the next renewal of {account} is not previewed: {error}");
                None
            });
        Ok(facts)
    }

    /// Forecasts the invoice behind the end of the running subscription, if it ends with its
    /// period: what was used and is not invoiced yet, and no renewal. None where no subscription
    /// runs, or its period ends in a later month. The [`parts`] were loaded.
    ///
    /// # Errors
    /// [`ForecastError`].
    pub async fn final_invoice(
        &self,
        invocation: &Invocation,
        loaded: &Loaded,
    ) -> Result<Option<Upcoming>, ForecastError> {
        let until = Month::of(invocation.now).end();
        let standing = loaded.standing()?.ok_or(ForecastError::NoAccount)?;
        let Some(live) = standing.live_subscription().filter(|live| live.period_end <= until)
        else {
            return Ok(None);
        };
        let ends_at = Some(live.period_end);

        let mut facts = self.facts(invocation, loaded).await?;
        self.add_ended(invocation, &mut facts, loaded).await?;
        facts.standing.pending = None;
        if let Some(subscription) = &mut facts.standing.subscription {
            subscription.ends_at = ends_at;
        }
        facts.upcoming(&self.catalog, invocation.now).map(Some)
    }

    /// Adds what of last month is not closed, or not invoiced.
    async fn add_ended(
        &self,
        invocation: &Invocation,
        facts: &mut Facts,
        loaded: &Loaded,
    ) -> Result<(), ForecastError> {
        let last = last_month(invocation.now);
        if let Some(bill) = loaded.bill(last)?.filter(Bill::is_open) {
            let account = &facts.standing.account;
            facts.bills = vec![self.store.with_lines(invocation, account, bill).await?];
        }
        facts.unclosed = self.unclosed(invocation, facts, (last, loaded.usage(last)?)).await?;
        Ok(())
    }

    /// Facts of the running month, without Stripe's preview and without months that have ended.
    async fn facts(
        &self,
        invocation: &Invocation,
        loaded: &Loaded,
    ) -> Result<Facts, ForecastError> {
        let standing = loaded.standing()?.ok_or(ForecastError::NoAccount)?;
        let history = self.history(invocation, loaded, &standing).await?;
        let notices = self.price_notices(invocation, &standing).await?;
        let (account, month) = (&standing.account, Month::of(invocation.now));
        let place = (account, &standing.family);
        let used = self.own_part(invocation, place, loaded.used(invocation.now)?).await?;
        Ok(Facts {
            family: self.family_usage(invocation, place, month).await?,
            details: loaded.profile()?.map(|profile| profile.details).unwrap_or_default(),
            used,
            unclosed: Vec::new(),
            bills: Vec::new(),
            previewed: None,
            standing,
            history,
            notices,
        })
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
        let is_parent = standing.family.as_parent().is_some();
        let is_unclosed = loaded.usage(last)?.map_or(is_parent, |ended| !ended.closed);
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

    /// Stripe's preview of the next renewal, if that is within the month.
    async fn previewed(
        &self,
        invocation: &Invocation,
        standing: &Standing,
    ) -> Result<Option<Previewed>, StripeError> {
        let until = Month::of(invocation.now).end();
        let Some((stripe, live)) = self.stripe.as_ref().zip(standing.renews_by(until)) else {
            return Ok(None);
        };
        let preview = stripe.preview(invocation, &preview_renewal(&live.id)).await?;
        Ok(Some(in_lines(preview)))
    }

    /// Lines of last month, unless it is closed. The levels of gauges that it began with are in its
    /// counters: the months before are closed, or an operator was called. A parent's month has
    /// counters once a sub-account has closed its own.
    async fn unclosed(
        &self,
        invocation: &Invocation,
        Facts { history, standing, .. }: &Facts,
        (last, counted): (Month, Option<Usage>),
    ) -> Result<Vec<Line>, ForecastError> {
        let place = (&standing.account, &standing.family);
        let counted = match counted {
            Some(counted) if counted.closed => return Ok(Vec::new()),
            Some(counted) => counted,
            None if standing.family.as_parent().is_some() => Usage::default(),
            None => return Ok(Vec::new()),
        };
        let shares = self.family_usage(invocation, place, last).await?;
        let payers = match &standing.family {
            Family::SubAccount(_) => {
                self.store.payers_in(invocation, &standing.account, last).await?
            }
            Family::Standard | Family::Parent(_) => None,
        };

        let books = self.store.books_of_subscriptions(invocation, &standing.account).await?;
        let Some(books) = books else { return Ok(Vec::new()) };

        let subscriptions: Vec<_> = books.subscriptions.into_values().collect();
        let (standing, months) = (&books.standing, [(last, counted)].into());
        let subscriptions = &subscriptions[..];
        let payers = payers.as_ref().map(|(payers, days)| (payers, days));
        let family = FamilyCounts { payers, shares: &shares };
        let ended = Ended { standing, subscriptions, months: &months, history, family };
        match Closing::of(ended, last, |plan| self.catalog.priced_allowances(plan)) {
            Ok(closing) => Ok(closing.map(|closing| closing.priced.lines).unwrap_or_default()),
            // The month-end run calls an operator, and closes nothing until then.
            Err(NotClosed::UnknownPlan(_)) => Ok(Vec::new()),
            Err(NotClosed::DaysDiffer(_)) => Err(StoreError::Conflict.into()),
            Err(NotClosed::TooLarge(error)) => Err(error.into()),
        }
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
