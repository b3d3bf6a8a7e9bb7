//! Stripe's schedule of a booked change (money rule 15).
//!
//! Our standing says what is booked, and Stripe's schedule follows it: it is never changed, but
//! taken away and made anew from what is booked now. So a schedule of an earlier booking, or one
//! that a crash left half made, does no harm.

use billing::account::{PendingChange, Standing};
use billing::decide::Books;
use billing::ids::{AccountId, ScheduleId, SubscriptionId};
use billing::time::Timestamp;
use invocation::Invocation;
use store::StoreError;
use stripe_client::Subscription;
use stripe_client::items::{Wanted, changes, items, priced, priced_after};
use stripe_requests::request::schedule::{Phases, release_schedule, set_phases};

use crate::{Settled, Sync, SyncError};

impl Sync<'_> {
    /// Makes Stripe's schedule of the change that is booked, if one is: also when Stripe's is gone.
    /// Safe to run at any time. The standing as it is then.
    pub async fn book(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Standing, SyncError> {
        invocation.retry_conflicts(|| Box::pin(self.book_once(invocation, account))).await
    }

    async fn book_once(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Standing, SyncError> {
        let Books { standing, .. } = self.books(invocation, account).await?;
        let (Some(live), Some(_)) = (standing.live_subscription(), &standing.pending) else {
            return Ok(standing);
        };

        let id = live.id.clone();
        let Settled { read, books } =
            self.read_subscription(invocation, account, &id, None).await?;
        let Some(pending) = books.standing.pending.clone() else { return Ok(books.standing) };
        if pending.booked && read.snapshot.schedule.is_some() {
            return Ok(books.standing);
        }

        // One that is half made when this breaks off must not be taken for it.
        self.mark_unbooked(invocation, books.standing).await?;
        let made_at = self.make_schedule(invocation, &read, &pending).await?;
        if made_at.is_none() {
            return Ok(self.books(invocation, account).await?.standing);
        }
        let settled = self.read_subscription(invocation, account, &id, made_at).await?;
        self.mark_booked(invocation, settled.books.standing, &pending).await
    }

    /// Makes the schedule of a booked change of a subscription as it was read just now, in the
    /// place of whatever schedule it has. What is booked for a time that has come is left: it is in
    /// force, or too late. Answers with when Stripe said that it was made.
    pub async fn make_schedule(
        &self,
        invocation: &Invocation,
        read: &Subscription,
        pending: &PendingChange,
    ) -> Result<Option<Timestamp>, SyncError> {
        let snapshot = &read.snapshot;
        if let Some(schedule) = &snapshot.schedule {
            self.release_schedule(invocation, &snapshot.id, schedule).await?;
        }
        if pending.at <= invocation.now
            || snapshot.period_end != pending.at
            || !snapshot.status.is_live()
        {
            return Ok(None);
        }
        let own = items(&read.body)?;
        let stays = snapshot.plan == pending.plan && snapshot.interval == Some(pending.interval);
        let after = if stays {
            priced_after(&own, &changes(&own, Wanted::Seats(pending.seats)))
        } else {
            let interval = catalog::Interval::of(pending.interval)
                .ok_or_else(|| SyncError::Missing(format!("a price of `{}`", pending.plan)))?;
            let prices = self
                .stripe
                .plan_prices_from(invocation, &pending.plan, interval, pending.at)
                .await?;
            priced_after(&own, &changes(&own, Wanted::Plan(&prices, pending.seats)))
        };
        let schedule = self.stripe.create_schedule(invocation, &snapshot.id).await?;
        let phases = Phases {
            since: schedule.since,
            until: pending.at,
            before: &priced(&own),
            after: &after,
            interval: pending.interval,
            tax_rates: &schedule.tax_rates,
            discounts: &schedule.discounts,
        };
        let answer = self.stripe.call(invocation, &set_phases(&schedule.id, &phases)).await?;
        Ok(Some(answer.at))
    }

    /// Takes a subscription's schedule away, so that its items can be changed. What is booked stays
    /// so, and is said first to be without its schedule: so [`Sync::book`] makes it again, whatever
    /// breaks off.
    pub async fn unschedule(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        read: &Subscription,
    ) -> Result<(), SyncError> {
        if read.snapshot.schedule.is_none() {
            return Ok(());
        }
        let Books { standing, .. } = self.books(invocation, account).await?;
        self.unschedule_of(invocation, standing, read).await.map(|_| ())
    }

    /// The same with the standing at hand: lost when that changed meanwhile. The standing as it is
    /// then.
    pub async fn unschedule_of(
        &self,
        invocation: &Invocation,
        standing: Standing,
        read: &Subscription,
    ) -> Result<Standing, SyncError> {
        let Some(schedule) = &read.snapshot.schedule else { return Ok(standing) };
        let standing = self.mark_unbooked(invocation, standing).await?;
        self.release_schedule(invocation, &read.snapshot.id, schedule).await?;
        Ok(standing)
    }

    /// Takes a subscription's schedule away: the subscription stays as it is. One that is gone
    /// already is no matter.
    pub async fn release_schedule(
        &self,
        invocation: &Invocation,
        subscription: &SubscriptionId,
        schedule: &ScheduleId,
    ) -> Result<(), SyncError> {
        let refused = match self.stripe.call(invocation, &release_schedule(schedule)).await {
            Err(error) if error.is_refusal() => error,
            answered => return Ok(answered.map(|_| ())?),
        };
        let read = self.stripe.subscription(invocation, subscription).await?;
        let still = read.and_then(|read| read.snapshot.schedule);
        if still.as_ref() == Some(schedule) { Err(refused.into()) } else { Ok(()) }
    }

    /// Says in our books that Stripe's schedule of what is booked is to be made.
    async fn mark_unbooked(
        &self,
        invocation: &Invocation,
        standing: Standing,
    ) -> Result<Standing, SyncError> {
        let Some(pending) = standing.pending.clone().filter(|pending| pending.booked) else {
            return Ok(standing);
        };
        let pending = Some(PendingChange { booked: false, ..pending });
        let standing = Standing { pending, ..standing };
        self.store.keep_standing(invocation, &standing).await?;
        Ok(standing.committed())
    }

    /// Says in our books that Stripe has the schedule of what is booked, if that is still the same.
    async fn mark_booked(
        &self,
        invocation: &Invocation,
        standing: Standing,
        made: &PendingChange,
    ) -> Result<Standing, SyncError> {
        let same =
            |pending: &PendingChange| PendingChange { booked: made.booked, ..pending.clone() };
        match &standing.pending {
            Some(pending) if same(pending) != *made => Err(StoreError::Conflict.into()),
            Some(pending) if !pending.booked => {
                let pending = Some(PendingChange { booked: true, ..pending.clone() });
                let standing = Standing { pending, ..standing };
                self.store.keep_standing(invocation, &standing).await?;
                Ok(standing.committed())
            }
            Some(_) | None => Ok(standing),
        }
    }
}
