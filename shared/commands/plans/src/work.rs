//! One try of a command about one account: reading, settling and committing, which all commands
//! have in common.

use std::sync::OnceLock;

use auth::there;
use billing::account::Standing;
use billing::decide::note;
use billing::ids::{AccountId, CustomerId, InvoiceId, SubscriptionId};
use billing::intent::Intent;
use billing::journal::Entry;
use billing::plan_change::Target;
use billing::price_change::Told;
use billing::profile::Profile;
use billing::time::Timestamp;
use invocation::Invocation;
use runtime::Problem;
use store::Loaded;
use stripe_client::items::{Wanted, changes, items};
use stripe_client::{PlanPrices, Subscription};
use stripe_requests::request::subscription::{ItemChange, void_invoice};
use stripe_sync::{Interrupted, Settled, Sync, begin_intent};

use crate::Plans;
use crate::entries::undone;
use crate::refusal::incomplete;

/// One try of a command.
#[derive(Debug)]
pub(crate) struct Work<'a> {
    pub(crate) own: &'a Plans,
    pub(crate) invocation: &'a Invocation,
    pub(crate) account: &'a AccountId,
    pub(crate) loaded: Loaded,
    /// Price changes that the account was notified of, once they are read.
    pub(crate) told: OnceLock<Told>,
}

/// The subscription that there is to change.
#[derive(Debug)]
pub(crate) enum Found {
    /// None runs.
    None(Box<Standing>),
    /// It runs, and the books are settled with it as it is at Stripe now.
    Running(Box<Settled>),
}

impl Found {
    pub(crate) fn standing(&self) -> &Standing {
        match self {
            Self::None(standing) => standing,
            Self::Running(settled) => settled.standing(),
        }
    }

    /// The running subscription. Without one the command was decided on what is not so any more.
    pub(crate) fn running(self) -> Result<Settled, Interrupted> {
        match self {
            Self::None(_) => Err(Interrupted::Conflict),
            Self::Running(settled) => Ok(*settled),
        }
    }
}

impl Work<'_> {
    /// Standing as it was loaded with the caller's key.
    pub(crate) fn standing(&self) -> Result<Standing, Problem> {
        there(self.loaded.standing(), "account")
    }

    /// Profile as it was loaded.
    pub(crate) fn profile(&self) -> Result<Profile, Problem> {
        there(self.loaded.profile(), "account")
    }

    /// The account's customer at Stripe, by its profile.
    pub(crate) fn customer(&self) -> Result<CustomerId, Problem> {
        self.profile()?.customer.ok_or_else(incomplete)
    }

    /// Intent by which the account gets its first paid plan, as it was loaded.
    pub(crate) fn known_intent(&self) -> Result<Option<Intent>, Interrupted> {
        Ok(self.loaded.intent(&begin_intent(self.account))?)
    }

    pub(crate) fn sync(&self) -> Sync<'_> {
        let Plans { store, stripe, facts, .. } = self.own;
        Sync { store, stripe, facts }
    }

    /// The account's subscription as Stripe has it now, settled. Without one nothing is read.
    pub(crate) async fn find(&self) -> Result<Found, Interrupted> {
        let standing = self.standing()?;
        let Some(live) = standing.live_subscription() else {
            return Ok(Found::None(Box::new(standing)));
        };

        let settled = self.read(&live.id, None).await?;
        let live = settled.standing().live_subscription();
        if live.is_some_and(|live| live.id == settled.read.snapshot.id) {
            return Ok(Found::Running(Box::new(settled)));
        }
        Ok(Found::None(Box::new(settled.books.standing)))
    }

    /// Reads a subscription at Stripe and settles it. `told_at` is when Stripe answered the call
    /// that changed it.
    pub(crate) async fn read(
        &self,
        id: &SubscriptionId,
        told_at: Option<Timestamp>,
    ) -> Result<Settled, Interrupted> {
        let sync = self.sync();
        Ok(sync.read_subscription(self.invocation, self.account, id, told_at).await?)
    }

    /// Makes a call that changes a subscription, and settles the answer.
    pub(crate) async fn set(
        &self,
        settled: Settled,
        request: &stripe_requests::Request,
    ) -> Result<Settled, Interrupted> {
        let answer = self.own.stripe.call(self.invocation, request).await?;
        let answer = stripe_client::subscription::subscription(answer.body, answer.at)?;
        Ok(self.sync().settle_answer(self.invocation, settled, answer).await?)
    }

    /// Writes a standing with its entry in the journal: lost when the standing changed since it was
    /// read. The standing as it is then.
    pub(crate) async fn commit(
        &self,
        standing: &Standing,
        entry: Entry,
    ) -> Result<Standing, Interrupted> {
        let change = note(standing, entry, self.invocation.now);
        Ok(self.own.store.commit(self.invocation, &change).await?)
    }

    /// Writes an entry into the journal, whatever else happens meanwhile.
    pub(crate) async fn tell(&self, entry: &Entry) -> Result<(), Interrupted> {
        Ok(self.sync().tell(self.invocation, self.account, entry).await?)
    }

    /// Voids the invoice that an earlier change waits for, if one does: there is one wish at a
    /// time. The subscription as it is then, or as it was.
    pub(crate) async fn void_pending(&self, settled: Settled) -> Result<Settled, Interrupted> {
        let Some(invoice) = &settled.read.snapshot.pending_invoice else { return Ok(settled) };
        self.void(invoice).await?;
        self.read(&settled.read.snapshot.id, None).await
    }

    /// Voids an invoice. One that was paid or voided meanwhile cannot be: look again.
    pub(crate) async fn void(&self, invoice: &InvoiceId) -> Result<(), Interrupted> {
        match self.own.stripe.call(self.invocation, &void_invoice(invoice)).await {
            Err(error) if error.is_refusal() => Err(Interrupted::Conflict),
            answered => Ok(answered.map(|_| ())?),
        }
    }

    /// Takes a booking back: Stripe's schedule first, so that what is undone in our books cannot
    /// happen. A schedule whose change is in force already goes too.
    pub(crate) async fn take_back(&self, settled: Settled) -> Result<Settled, Interrupted> {
        let snapshot = &settled.read.snapshot;
        if let Some(schedule) = &snapshot.schedule {
            self.sync().release_schedule(self.invocation, &snapshot.id, schedule).await?;
        }

        let mut standing = settled.standing().clone();
        let Some(pending) = standing.pending.take() else { return Ok(settled) };
        let entry = undone(snapshot.id.as_str(), &pending, self.invocation.now);
        let standing = self.commit(&standing, entry).await?;
        Ok(settled.with(standing))
    }

    /// Takes the schedule away so that the subscription can be changed. What is booked stays
    /// booked.
    pub(crate) async fn unschedule(&self, settled: Settled) -> Result<Settled, Interrupted> {
        let standing = settled.standing().clone();
        let sync = self.sync();
        let standing = sync.unschedule_of(self.invocation, standing, &settled.read).await?;
        Ok(settled.with(standing))
    }

    /// Sees to it that Stripe has the schedule of what is booked, if anything is. The standing as
    /// it is then.
    pub(crate) async fn make_booked(&self, standing: Standing) -> Result<Standing, Interrupted> {
        if standing.pending.is_none() {
            return Ok(standing);
        }
        Ok(self.sync().book(self.invocation, self.account).await?)
    }

    /// Settles a subscription that runs at Stripe and that our books do not know yet, and looks
    /// again then.
    pub(crate) async fn none_running(&self, customer: &CustomerId) -> Result<(), Interrupted> {
        let sync = self.sync();
        let running = sync.settle_running(self.invocation, self.account, customer).await?;
        if running { Err(Interrupted::Conflict) } else { Ok(()) }
    }

    /// Changes to the items of a subscription that make it the target.
    pub(crate) async fn changes(
        &self,
        read: &Subscription,
        target: &Target,
    ) -> Result<Vec<ItemChange>, Interrupted> {
        let own = items(&read.body)?;
        if target.keeps_prices_of(&read.snapshot) {
            return Ok(changes(&own, Wanted::Seats(target.seats)));
        }
        let prices = self.prices(target, self.invocation.now).await?;
        Ok(changes(&own, Wanted::Plan(&prices, target.seats)))
    }

    /// Prices of a plan for periods from a moment on.
    pub(crate) async fn prices(
        &self,
        target: &Target,
        from: Timestamp,
    ) -> Result<PlanPrices, Interrupted> {
        let interval = catalog::Interval::of(target.interval).ok_or_else(Problem::internal)?;
        let stripe = &self.own.stripe;
        Ok(stripe.plan_prices_from(self.invocation, &target.plan, interval, from).await?)
    }

    /// Tax rates that come on top of what is sold now.
    pub(crate) async fn tax_rates(&self) -> Result<Vec<String>, Interrupted> {
        let sold = &self.own.catalog.tax_rates;
        Ok(self.own.stripe.tax_rates(self.invocation, sold).await?)
    }
}
