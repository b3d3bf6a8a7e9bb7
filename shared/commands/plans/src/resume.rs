//! Taking a cancellation or a booked change back (D7), and resuming what is paused for want of a
//! payment method.

use billing::fact::{InvoiceSnapshot, News};
use billing::ids::AccountId;
use billing::plan_change::Target;
use billing::resumption::{NotResumed, Resumption, resume};
use invocation::Invocation;
use runtime::Problem;
use store::Loaded;
use stripe_client::preview::NotPaid;
use stripe_requests::request::subscription::{change_next_period, resume_subscription};
use stripe_sync::{Interrupted, Settled};
use tracing::info;

use crate::booking::End;
use crate::now::{Outcome, not_paid};
use crate::refusal::{closed, is_paused, no_subscription, not_resumed};
use crate::renewal::Shown;
use crate::work::{Found, Work};
use crate::{Account, Plans, leased_parts};

/// Nothing is on file that could be charged.
fn untried() -> NotPaid {
    NotPaid { code: None, message: None, needs_action: false, hosted_invoice_url: None }
}

impl Plans {
    /// Takes a cancellation or a booked change back.
    ///
    /// # Errors
    /// [`Interrupted`]: what was done is done, and the same request goes on from there.
    pub async fn resume(
        &self,
        invocation: &Invocation,
        account: Account,
    ) -> Result<Shown, Interrupted> {
        let Account { id, loaded } = account;
        let lease = loaded.lease()?;
        let mut loaded = Some(loaded);
        let work = invocation
            .retry_conflicts(|| Box::pin(self.resume_once(invocation, &id, loaded.take())));
        self.leased(invocation, (&id, lease), work).await
    }

    async fn resume_once(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        loaded: Option<Loaded>,
    ) -> Result<Shown, Interrupted> {
        let work = self.work(invocation, account, loaded, &leased_parts()).await?;
        work.resume().await
    }
}

impl Work<'_> {
    async fn resume(&self) -> Result<Shown, Interrupted> {
        let found = self.find().await?;
        let live = match &found {
            Found::None(_) => None,
            Found::Running(settled) => Some(&settled.read.snapshot),
        };
        match resume(found.standing(), live, self.invocation.now) {
            Err(refusal) => Err(self.not_resumed(refusal, &found).into()),
            Ok(Resumption::Undo) => self.undo(found).await,
            Ok(Resumption::GoOn) => {
                let settled = self.set_end(found.running()?, End::Never).await?;
                self.shown(settled.books.standing).await
            }
            Ok(Resumption::Unpause) => {
                match Box::pin(self.unpause(found.running()?, None)).await? {
                    Outcome::Paid(shown) => Ok(*shown),
                    Outcome::Declined(not_paid) => Err(not_resumed(&not_paid).into()),
                }
            }
            Ok(Resumption::Nothing) => self.shown(found.running()?.books.standing).await,
        }
    }

    /// Resumes a subscription that is paused for want of a payment method, as the target where one
    /// is given: nothing is pro rata of the time without service, and the rest of the running
    /// period is paid at once. Without that payment it stays paused.
    pub(crate) async fn unpause(
        &self,
        settled: Settled,
        target: Option<&Target>,
    ) -> Result<Outcome, Interrupted> {
        if !self.can_be_charged(&settled).await? {
            return Ok(Outcome::Declined(untried()));
        }
        let settled = self.as_target(settled, target).await?;

        let id = settled.read.snapshot.id.clone();
        let request = resume_subscription(&id);
        let settled = match self.set(settled, &request).await {
            Err(Interrupted::Stripe(error)) => match error.declined() {
                Some(refusal) => return Ok(Outcome::Declined(not_paid(refusal))),
                None => return Err(Interrupted::Stripe(error)),
            },
            settled => settled?,
        };
        if settled.read.snapshot.suspension.is_none() {
            let (account, standing) = (self.account, settled.books.standing);
            info!(account.id = %account, "resumed the paused subscription of {account}");
            return Ok(Outcome::Paid(Box::new(self.shown(standing).await?)));
        }
        self.still_paused(&settled).await
    }

    /// True if the subscription or its customer has a payment method.
    async fn can_be_charged(&self, settled: &Settled) -> Result<bool, Interrupted> {
        if settled.read.snapshot.payment_method.is_some() {
            return Ok(true);
        }
        let customer = self.own.stripe.customer(self.invocation, &settled.read.customer).await?;
        Ok(customer.is_some_and(|customer| customer.payment_method.is_some()))
    }

    /// The subscription with the items of a target, nothing charged.
    async fn as_target(
        &self,
        settled: Settled,
        target: Option<&Target>,
    ) -> Result<Settled, Interrupted> {
        let is_it = |target: &&Target| Target::of(&settled.read.snapshot).as_ref() != Some(*target);
        let Some(target) = target.filter(is_it) else { return Ok(settled) };
        let changes = self.changes(&settled.read, target).await?;
        let request = change_next_period(&settled.read.snapshot.id, &changes);
        self.set(settled, &request).await
    }

    /// The payment of a resumption failed: its invoice is voided, and the subscription stays
    /// paused.
    async fn still_paused(&self, settled: &Settled) -> Result<Outcome, Interrupted> {
        let latest = settled.read.latest_invoice.as_ref().map(|fact| &fact.news);
        let Some(News::Invoice { snapshot: InvoiceSnapshot { id: invoice, .. }, .. }) = latest
        else {
            return Ok(Outcome::Declined(untried()));
        };
        let why = self.own.stripe.not_paid(self.invocation, invoice).await?;
        if !why.needs_action {
            match self.void(invoice).await {
                // Void or paid by now: its event tells.
                Err(Interrupted::Conflict) => {}
                voided_or_not => voided_or_not?,
            }
        }
        Ok(Outcome::Declined(why))
    }

    fn not_resumed(&self, refusal: NotResumed, found: &Found) -> Problem {
        match refusal {
            NotResumed::NoSubscription => no_subscription("resume"),
            NotResumed::PausedByVendor => is_paused(found.standing()),
            NotResumed::State(_) => {
                let what = "subscription cannot be changed";
                let problem = closed(found.standing(), self.invocation.now, what);
                problem.unwrap_or_else(Problem::internal)
            }
        }
    }
}
