//! The subscription as it is now, and what its next renewal costs.

use billing::account::Standing;
use billing::fact::SubscriptionSnapshot;
use billing::money::Money;
use billing::plan_change::Target;
use billing::price_change::{Ahead, Announced, Part, Told};
use billing::time::Timestamp;
use invocation::Invocation;
use stripe_client::PlanPrices;
use stripe_requests::request::preview::preview_renewal;
use stripe_sync::Interrupted;
use tracing::{info, warn};

use crate::work::Work;
use crate::{Account, Plans};

/// A subscription to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Standing of the account, as it was committed.
    pub standing: Standing,
    /// Cost of the next renewal, without tax; none when there is none.
    pub next_renewal: Option<Money>,
    /// Time at which Stripe answered with that cost; none where it is the books'.
    pub previewed_at: Option<Timestamp>,
    /// Price changes of which the account was notified, and which its subscription does not pay
    /// yet.
    pub price_changes: Vec<Announced>,
}

/// Cost of a plan and of each seat.
struct Cost {
    plan: Money,
    seat: Option<Money>,
}

impl Plans {
    /// The subscription of an account.
    ///
    /// # Errors
    /// [`Interrupted`].
    pub async fn show(
        &self,
        invocation: &Invocation,
        account: Account,
    ) -> Result<Shown, Interrupted> {
        let Account { id, loaded } = account;
        let work = self.work(invocation, &id, Some(loaded), &[]).await?;
        let standing = work.standing()?;
        work.shown(standing).await
    }
}

impl Work<'_> {
    /// A standing to be shown, with the cost of its next renewal.
    pub(crate) async fn shown(&self, standing: Standing) -> Result<Shown, Interrupted> {
        let own = self.next_renewal(&standing).await?;
        let previewed = self.previewed(&standing).await?;
        let next_renewal = previewed.map(|(total, _)| total).or(own);
        let previewed_at = previewed.map(|(_, at)| at);
        let price_changes = self.announced(&standing).await?;
        let (account, cost) = (self.account, self.invocation.cost());
        info!(account.id = %account, "answered for the subscription of {account}: {cost}");
        Ok(Shown { standing, next_renewal, previewed_at, price_changes })
    }

    /// Price changes ahead of a subscription that renews at its prices: [`Self::next_renewal`] has
    /// read them.
    async fn announced(&self, standing: &Standing) -> Result<Vec<Announced>, Interrupted> {
        let keeps_prices = |live: &&SubscriptionSnapshot| {
            let pending = standing.pending.as_ref().map(Target::booked);
            live.ends_at.is_none()
                && live.status.is_in_force()
                && live.fee.is_some()
                && pending.is_none_or(|target| target.keeps_prices_of(live))
        };
        match standing.live_subscription().filter(keeps_prices) {
            Some(live) => Ok(self.told_of_prices().await?.ahead_of(live)),
            None => Ok(Vec::new()),
        }
    }

    /// Cost of the next renewal by Stripe's preview, without tax, and when Stripe answered: where
    /// that is another than the books have at the prices that Stripe has now. Discounts, items
    /// beside ours, pending items and prorations are not in the books. While Stripe does not
    /// answer, or does not preview it, the books alone are shown.
    async fn previewed(
        &self,
        standing: &Standing,
    ) -> Result<Option<(Money, Timestamp)>, Interrupted> {
        let goes_on = |live: &&SubscriptionSnapshot| live.ends_at.is_none();
        let is_at_stripe = standing.pending.as_ref().is_none_or(|pending| pending.booked);
        let live = standing.renews_by(Timestamp::MAX).filter(goes_on).filter(|_| is_at_stripe);
        let Some(live) = live else { return Ok(None) };
        let preview = self.own.stripe.preview(self.invocation, &preview_renewal(&live.id)).await;
        let preview = match preview {
            Ok(preview) => preview,
            Err(error) => {
                let account = self.account;
                warn!(account.id = %account, reason = %error,
                    "the next renewal of {account} is not previewed: {error}");
                return Ok(None);
            }
        };
        let at_stripe = match &standing.pending {
            Some(_) => self.next_renewal(standing).await?,
            None => live.fee.and_then(|fee| fee.renewal(live.seats).ok()),
        };
        let differs = at_stripe != Some(preview.without_tax);
        Ok(differs.then_some((preview.without_tax, preview.at)))
    }

    /// Cost of the next renewal by the books, without tax; none when there is none.
    pub(crate) async fn next_renewal(
        &self,
        standing: &Standing,
    ) -> Result<Option<Money>, Interrupted> {
        let renews =
            |live: &&SubscriptionSnapshot| live.ends_at.is_none() && live.status.is_in_force();
        let live = standing.live_subscription().filter(renews);
        let Some(live) = live else { return Ok(None) };
        if let Some(pending) = &standing.pending {
            return self.renewal(standing, &Target::booked(pending), pending.at).await;
        }
        let fee = self.told_of_prices().await?.fee(live, live.period_end);
        Ok(fee.and_then(|fee| fee.renewal(live.seats).ok()))
    }

    /// Cost of a renewal, without tax: at the prices that the subscription has or was told to have
    /// by then, when it stays on its plan and interval, else at Stripe's of a moment, and at the
    /// catalog's while Stripe cannot be asked.
    pub(crate) async fn renewal(
        &self,
        standing: &Standing,
        target: &Target,
        at: Timestamp,
    ) -> Result<Option<Money>, Interrupted> {
        let stays = standing.live_subscription().filter(|live| target.keeps_prices_of(live));
        if let Some(live) = stays.filter(|live| live.fee.is_some()) {
            let fee = self.told_of_prices().await?.fee(live, live.period_end);
            return Ok(fee.and_then(|fee| fee.renewal(target.seats).ok()));
        }

        let sold = self.prices(target, at).await.ok().map(Cost::of_prices);
        let cost = sold.or_else(|| self.listed(target));
        Ok(cost.and_then(|cost| cost.of(target.seats)))
    }

    /// Cost of the renewal behind a change at once, without tax: of another plan, or of another
    /// interval, at its prices of now and what was announced of them.
    pub(crate) async fn renewal_of_change(
        &self,
        standing: &Standing,
        target: &Target,
        at: Timestamp,
    ) -> Result<Option<Money>, Interrupted> {
        let stays = standing.live_subscription().filter(|live| target.keeps_prices_of(live));
        if stays.is_some_and(|live| live.fee.is_some()) {
            return self.renewal(standing, target, at).await;
        }

        let now = self.invocation.now;
        let in_force = self.prices(target, now).await.ok().map(Cost::of_prices);
        let Some(in_force) = in_force.or_else(|| self.listed(target)) else { return Ok(None) };
        let store = &self.own.store;
        let notices = store.price_notices(self.invocation, self.account).await?;
        let told = Told { changes: store.price_changes(self.invocation).await?, notices };
        let ahead = Ahead { plan: &target.plan, interval: target.interval, now, renews_at: at };
        let cost = Cost {
            plan: ahead.amount(Part::Plan, in_force.plan, &told),
            seat: in_force.seat.map(|seat| ahead.amount(Part::Seat, seat, &told)),
        };
        Ok(cost.of(target.seats))
    }

    /// Cost of a plan by the catalog.
    fn listed(&self, target: &Target) -> Option<Cost> {
        let plan = self.own.catalog.plan(&target.plan)?;
        let price = plan.price(catalog::Interval::of(target.interval)?)?;
        Some(Cost { plan: price.amount, seat: price.seat_amount })
    }

    /// Price changes that the account was told of (C2), read once.
    async fn told_of_prices(&self) -> Result<&Told, Interrupted> {
        if let Some(told) = self.told.get() {
            return Ok(told);
        }
        let told = self.own.store.told_of_price_changes(self.invocation, self.account).await?;
        Ok(self.told.get_or_init(|| told))
    }
}

impl Cost {
    fn of_prices(prices: PlanPrices) -> Self {
        Self { plan: prices.plan.amount, seat: prices.seat.map(|seat| seat.amount) }
    }

    fn of(self, seats: u64) -> Option<Money> {
        let seats = i64::try_from(seats).ok()?;
        let of_seats = match self.seat {
            Some(seat) => seat.amount.checked_mul(seats)?,
            None => 0,
        };
        self.plan.plus(of_seats).ok()
    }
}
