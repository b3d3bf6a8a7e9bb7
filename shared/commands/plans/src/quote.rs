//! The cost of a change (D6): to the cent what Stripe will charge at once, as of a moment that the
//! change then names too, and what the next renewal costs.

use billing::account::Standing;
use billing::fact::Interval;
use billing::money::{Currency, Money};
use billing::month::Month;
use billing::plan_change::{Decision, Target, unless_it_gives_back};
use billing::preview::Cost;
use billing::time::{DAY_SECONDS, Timestamp};
use stripe_client::items::priced_new;
use stripe_client::preview::{InvoicePreview, PreviewLine};
use stripe_requests::request::preview::{preview_change, preview_first};
use stripe_sync::Interrupted;

use crate::refusal::{is_paused, refused};
use crate::work::{Found, Work};

/// A decision whose cost is asked for, as of a moment.
#[derive(Debug, Clone)]
pub(crate) struct Quoting {
    pub(crate) decision: Decision,
    pub(crate) at: Timestamp,
}

/// Cost of a change.
#[derive(Debug, Clone)]
pub struct Quote {
    /// Outcome of the wish, Stripe's preview taken into account.
    pub decision: Decision,
    /// Moment from which the rest of the period was counted.
    pub at: Timestamp,
    /// Amount charged at once: with tax, less what the customer's balance covers.
    pub due: Money,
    /// Tax in that amount.
    pub tax: Money,
    /// Line by line, without tax.
    pub lines: Vec<PreviewLine>,
    /// Cost of the next renewal, without tax; none when there is none.
    pub next_renewal: Option<Money>,
    /// End of the time that is billed at once, if any is.
    billed_until: Option<Timestamp>,
}

impl Quote {
    /// The part of it that a confirmed preview is held against.
    pub(crate) fn cost(&self) -> Cost {
        Cost { due: self.due, is_now: self.changes_now() }
    }

    /// True if something changes at once.
    pub fn changes_now(&self) -> bool {
        match self.decision {
            Decision::Checkout | Decision::Subscribe | Decision::Resume | Decision::Now { .. } => {
                true
            }
            Decision::AtPeriodEnd(_) | Decision::Undo | Decision::Nothing => false,
        }
    }

    /// True if the wish is in force at once.
    pub fn is_now(&self) -> bool {
        match self.decision {
            Decision::Checkout
            | Decision::Subscribe
            | Decision::Resume
            | Decision::Now { .. }
            | Decision::Undo
            | Decision::Nothing => true,
            Decision::AtPeriodEnd(_) => false,
        }
    }
}

impl Work<'_> {
    /// Asks Stripe for the cost of a change, with the renewal behind it.
    pub(crate) async fn quote(
        &self,
        found: &Found,
        target: &Target,
        quoting: Quoting,
    ) -> Result<Quote, Interrupted> {
        let quote = self.quote_at_once(found, target, quoting).await?;
        let decided = (&quote.decision, quote.billed_until);
        let next_renewal = self.renewal_after(found.standing(), target, decided).await?;
        Ok(Quote { next_renewal, ..quote })
    }

    /// Asks Stripe for what a change costs at once.
    pub(crate) async fn quote_at_once(
        &self,
        found: &Found,
        target: &Target,
        quoting: Quoting,
    ) -> Result<Quote, Interrupted> {
        let (standing, Quoting { decision, at }) = (found.standing(), quoting);
        if decision == Decision::Resume {
            // Stripe previews nothing of what is paused.
            return Err(is_paused(standing).into());
        }
        let invoice = match (&decision, found) {
            (Decision::Now { .. }, Found::Running(settled)) => {
                let changes = self.changes(&settled.read, target).await?;
                let request = preview_change(&settled.read.snapshot.id, &changes, at);
                Some(self.own.stripe.preview(self.invocation, &request).await?)
            }
            (Decision::Checkout | Decision::Subscribe, _) => {
                Some(self.first_invoice(target).await?)
            }
            (
                Decision::Now { .. }
                | Decision::AtPeriodEnd(_)
                | Decision::Resume
                | Decision::Undo
                | Decision::Nothing,
                _,
            ) => None,
        };
        let total = invoice.as_ref().map(|invoice| invoice.total.amount);
        let decision = unless_it_gives_back(decision, standing, target, total)
            .map_err(|refusal| refused(&refusal, standing, self.invocation.now))?;
        let billed_until = invoice.as_ref().and_then(InvoicePreview::ends);
        let next_renewal = None;
        let quote =
            |due, tax, lines| Quote { decision, at, due, tax, lines, next_renewal, billed_until };
        if let Some(invoice) = invoice.filter(|invoice| invoice.total.amount >= 0) {
            let InvoicePreview { due, total, without_tax, lines, .. } = invoice;
            let tax = total.amount.saturating_sub(without_tax.amount);
            return Ok(quote(due, Money::new(tax, total.currency), lines));
        }
        let nothing = Money::new(0, self.currency(standing, target)?);
        Ok(quote(nothing, nothing, Vec::new()))
    }

    /// First invoice of a plan that is bought now, by Stripe's preview.
    pub(crate) async fn first_invoice(
        &self,
        target: &Target,
    ) -> Result<InvoicePreview, Interrupted> {
        let prices = self.prices(target, self.invocation.now).await?;
        let items = priced_new(&prices, target.seats);
        let request = preview_first(
            &self.customer()?,
            &items,
            self.own.catalog.anchor(&target.plan, self.invocation.now),
            &self.tax_rates().await?,
        );
        Ok(self.own.stripe.preview(self.invocation, &request).await?)
    }

    async fn renewal_after(
        &self,
        standing: &Standing,
        target: &Target,
        (decision, billed_until): (&Decision, Option<Timestamp>),
    ) -> Result<Option<Money>, Interrupted> {
        let ends = standing.live_subscription().is_some_and(|live| live.ends_at.is_some());
        match decision {
            _ if ends => Ok(None),
            Decision::Now { booking: Some(booking) } | Decision::AtPeriodEnd(booking) => {
                self.renewal(standing, &Target::booked(booking), booking.at).await
            }
            Decision::Nothing => self.next_renewal(standing).await,
            // A buyer is shown the prices that were announced: they hold from the first renewal on.
            Decision::Checkout | Decision::Subscribe => {
                let first = billed_until.unwrap_or_else(|| self.first_renewal(target));
                self.renewal(standing, target, first).await
            }
            Decision::Now { booking: None } | Decision::Resume | Decision::Undo => {
                let live = standing.live_subscription().map(|live| live.period_end);
                let at = billed_until.or(live).unwrap_or(self.invocation.now);
                self.renewal_of_change(standing, target, at).await
            }
        }
    }

    /// First renewal of a plan that is bought now.
    fn first_renewal(&self, target: &Target) -> Timestamp {
        let month = Month::of(self.invocation.now);
        let month_seconds = month.end().0.saturating_sub(month.start().0);
        let seconds = match target.interval {
            Interval::Day => DAY_SECONDS,
            Interval::Week => DAY_SECONDS.saturating_mul(7),
            Interval::Month => month_seconds,
            Interval::Year => DAY_SECONDS.saturating_mul(365),
        };
        let anchor = self.own.catalog.anchor(&target.plan, self.invocation.now);
        anchor.unwrap_or_else(|| self.invocation.now.plus_seconds(seconds))
    }

    fn currency(&self, standing: &Standing, target: &Target) -> Result<Currency, Interrupted> {
        let fee = standing.live_subscription().and_then(|live| live.fee);
        let plan = self.own.catalog.plan(&target.plan);
        let listed = plan.and_then(|plan| plan.prices.first()).map(|price| price.amount.currency);
        let currency = fee.map(|fee| fee.currency).or(listed).or(standing.currency);
        Ok(currency.ok_or_else(runtime::Problem::internal)?)
    }
}
