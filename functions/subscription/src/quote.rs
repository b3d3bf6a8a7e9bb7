//! What a change comes to (D6): to the cent what Stripe will charge at once, as of a moment that the change then names too,
//! and what the next renewal costs.

use billing::account::Standing;
use billing::fact::Interval;
use billing::money::{Currency, Money};
use billing::month::Month;
use billing::plan_change::{Decision, Target, unless_it_gives_back};
use billing::time::{DAY_SECONDS, Timestamp};
use stripe_client::items::priced_new;
use stripe_client::preview::{InvoicePreview, PreviewLine};
use stripe_requests::request::preview::{preview_change, preview_first};
use stripe_sync::Interrupted;

use crate::problem::refused;
use crate::work::{Found, Work};

/// What a change comes to.
#[derive(Debug, Clone)]
pub(crate) struct Quote {
    /// What becomes of the wish, Stripe's preview taken into account.
    pub(crate) decision: Decision,
    /// As of when time was counted.
    pub(crate) at: Timestamp,
    /// What is charged at once: with tax, less what the customer's balance covers.
    pub(crate) due: Money,
    /// The tax in it.
    pub(crate) tax: Money,
    /// Line by line, without tax.
    pub(crate) lines: Vec<PreviewLine>,
    /// What the next renewal costs, without tax; nothing when there is none.
    pub(crate) next_renewal: Option<Money>,
}

impl Quote {
    /// Whether something changes at once.
    pub(crate) fn changes_now(&self) -> bool {
        match self.decision {
            Decision::Checkout | Decision::Subscribe | Decision::Now { .. } => true,
            Decision::AtPeriodEnd(_) | Decision::Undo | Decision::Nothing => false,
        }
    }

    /// Whether it is in force at once.
    pub(crate) fn is_now(&self) -> bool {
        match self.decision {
            Decision::Checkout
            | Decision::Subscribe
            | Decision::Now { .. }
            | Decision::Undo
            | Decision::Nothing => true,
            Decision::AtPeriodEnd(_) => false,
        }
    }
}

impl Work<'_> {
    /// What a change comes to as of a moment.
    pub(crate) async fn quote(
        &self,
        found: &Found,
        target: &Target,
        decision: Decision,
        at: Timestamp,
    ) -> Result<Quote, Interrupted> {
        let Found { standing, read } = found;
        let invoice = match (&decision, read) {
            (Decision::Now { .. }, Some(read)) => {
                let changes = self.changes(read, target).await?;
                let request = preview_change(&read.snapshot.id, &changes, at);
                Some(self.own.stripe.preview(self.invocation, &request).await?)
            }
            (Decision::Checkout | Decision::Subscribe, _) => {
                Some(self.first_invoice(target).await?)
            }
            (
                Decision::Now { .. }
                | Decision::AtPeriodEnd(_)
                | Decision::Undo
                | Decision::Nothing,
                _,
            ) => None,
        };
        let total = invoice.as_ref().map(|invoice| invoice.total.amount);
        let decision = unless_it_gives_back(decision, standing, target, total)
            .map_err(|refusal| refused(&refusal, standing, self.invocation.now))?;
        let next_renewal = self.renewal_after(standing, target, &decision).await?;
        let quote = |due, tax, lines| Quote { decision, at, due, tax, lines, next_renewal };
        if let Some(invoice) = invoice.filter(|invoice| invoice.total.amount >= 0) {
            let InvoicePreview { due, total, without_tax, lines } = invoice;
            let tax = total.amount.saturating_sub(without_tax.amount);
            return Ok(quote(due, Money::new(tax, total.currency), lines));
        }
        let nothing = Money::new(0, self.currency(standing, target)?);
        Ok(quote(nothing, nothing, Vec::new()))
    }

    async fn first_invoice(&self, target: &Target) -> Result<InvoicePreview, Interrupted> {
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
        decision: &Decision,
    ) -> Result<Option<Money>, Interrupted> {
        let ends = standing.live_subscription().is_some_and(|live| live.ends_at.is_some());
        match decision {
            _ if ends => Ok(None),
            Decision::Now { booking: Some(booking) } | Decision::AtPeriodEnd(booking) => {
                self.renewal(standing, &Target::booked(booking), booking.at).await
            }
            Decision::Nothing => self.next_renewal(standing).await,
            // Whoever buys is shown what was announced: it holds from the first renewal on.
            Decision::Checkout | Decision::Subscribe => {
                self.renewal(standing, target, self.first_renewal(target)).await
            }
            Decision::Now { booking: None } | Decision::Undo => {
                self.renewal(standing, target, self.invocation.now).await
            }
        }
    }

    /// When a plan that is bought now renews for the first time.
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
