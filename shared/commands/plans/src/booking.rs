//! Changes at the end of the period: fewer seats, a smaller plan, the cancellation (D4, D5, D7).

use billing::account::PendingChange;
use billing::cancellation::{Check, check};
use billing::ids::AccountId;
use billing::journal::{Kind, Value};
use billing::plan_change::Target;
use billing::time::Timestamp;
use invocation::Invocation;
use runtime::Problem;
use serde::Deserialize;
use store::{Loaded, Part};
use stripe_requests::request::subscription::{
    cancel_at_period_end, clear_cancel_at, end_subscription,
};
use stripe_sync::{Interrupted, Settled};
use tracing::info;

use crate::entries::wished;
use crate::refusal::no_subscription;
use crate::renewal::Shown;
use crate::work::{Found, Work};
use crate::{Account, Plans};

/// A cancellation that is only asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancellation {
    /// Every condition (A5 to A10).
    pub check: Check,
    /// Time at which the subscription would end; none where none runs.
    pub ends_at: Option<Timestamp>,
}

/// Parts that a cancellation needs.
pub fn cancellation_parts(now: Timestamp) -> Vec<Part> {
    let mut parts = Part::cancellation(now);
    parts.extend([Part::Lease, Part::Profile]);
    parts
}

impl Plans {
    /// Cancels the subscription at the end of its period.
    ///
    /// # Errors
    /// [`Interrupted`]: what was done is done, and the same request goes on from there.
    pub async fn cancel(
        &self,
        invocation: &Invocation,
        account: Account,
    ) -> Result<Shown, Interrupted> {
        let Account { id, loaded } = account;
        let lease = loaded.lease()?;
        let mut loaded = Some(loaded);
        let work = invocation
            .retry_conflicts(|| Box::pin(self.cancel_once(invocation, &id, loaded.take())));
        self.leased(invocation, (&id, lease), work).await
    }

    async fn cancel_once(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        loaded: Option<Loaded>,
    ) -> Result<Shown, Interrupted> {
        let parts = cancellation_parts(invocation.now);
        let work = self.work(invocation, account, loaded, &parts).await?;
        work.cancel().await
    }

    /// Checks a cancellation, and cancels nothing.
    ///
    /// # Errors
    /// [`Interrupted`].
    pub async fn check_cancellation(
        &self,
        invocation: &Invocation,
        account: Account,
    ) -> Result<Cancellation, Interrupted> {
        let Account { id, loaded } = account;
        self.work(invocation, &id, Some(loaded), &[]).await?.checked()
    }
}

impl Work<'_> {
    fn checked(&self) -> Result<Cancellation, Interrupted> {
        let standing = self.standing()?;
        let used = self.loaded.used(self.invocation.now)?;
        let limits = self.own.catalog.cancellation_limits();
        let known = &self.own.catalog.cancellation;
        let check = check((&standing, &used), &self.loaded.blockers()?, &limits, known);
        let ends_at = standing.live_subscription().map(|live| match live.suspension {
            Some(_) => self.invocation.now,
            None => live.period_end,
        });
        Ok(Cancellation { check, ends_at })
    }

    async fn cancel(&self) -> Result<Shown, Interrupted> {
        let Cancellation { check, ends_at } = self.checked()?;
        if ends_at.is_none() {
            return Err(no_subscription("cancel").into());
        }
        if !check.passes {
            return Err(Problem::not_cancellable(&check).into());
        }

        let mut settled = self.find().await?.running()?;
        if settled.read.snapshot.suspension.is_some() {
            // A paused period does not end.
            let request = end_subscription(&settled.read.snapshot.id);
            settled = self.set(settled, &request).await?;
        } else if !settled.read.snapshot.ends_by_period() {
            settled = self.void_pending(settled).await?;
            settled = self.take_back(settled).await?;
            settled = self.set_end(settled, End::WithPeriod).await?;
        }
        if let Some(customer) = self.profile()?.customer {
            self.close_pages(&customer).await?;
        }
        self.shown(settled.books.standing).await
    }

    /// Books a change, and makes Stripe's schedule of it.
    pub(crate) async fn at_period_end(
        &self,
        settled: Settled,
        pending: PendingChange,
    ) -> Result<Shown, Interrupted> {
        let settled = self.void_pending(settled).await?;
        let id = settled.read.snapshot.id.clone();
        let mut standing = settled.books.standing;
        if standing.pending.as_ref().is_none_or(|known| !known.is_same_as(&pending)) {
            let target = Target::booked(&pending);
            let entry = wished(Kind::ChangeBooked, Some(id.as_str()), &target, self.invocation.now);
            let entry = entry.with("effective_at", None, Some(Value::Time(pending.at)));
            standing.pending = Some(PendingChange { booked: false, ..pending });
            standing = self.commit(&standing, entry).await?;
        }

        let standing = self.make_booked(standing).await?;
        self.shown(standing).await
    }

    /// Takes a booked change back.
    pub(crate) async fn undo(&self, found: Found) -> Result<Shown, Interrupted> {
        let settled = self.void_pending(found.running()?).await?;
        let settled = self.take_back(settled).await?;
        let settled = self.read(&settled.read.snapshot.id, None).await?;
        self.shown(settled.books.standing).await
    }

    /// Sets at Stripe whether the subscription ends with its period.
    pub(crate) async fn set_end(&self, settled: Settled, end: End) -> Result<Settled, Interrupted> {
        let id = &settled.read.snapshot.id;
        let Flag { cancel_at_period_end: is_flagged } =
            serde_json::from_slice(&settled.read.body).map_err(|_| Problem::internal())?;
        let (request, what) = match end {
            End::WithPeriod => (cancel_at_period_end(id, true), "ends with its period"),
            End::Never if is_flagged => (cancel_at_period_end(id, false), "goes on"),
            End::Never => (clear_cancel_at(id), "goes on"),
        };
        let settled = self.set(settled, &request).await?;
        let account = self.account;
        info!(account.id = %account, "the subscription of {account} {what}");
        Ok(settled)
    }
}

/// Form in which the end of a subscription stands at Stripe: the flag, or a time alone.
#[derive(Deserialize)]
struct Flag {
    #[serde(default)]
    cancel_at_period_end: bool,
}

/// End of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// With the period that runs.
    WithPeriod,
    /// None.
    Never,
}
