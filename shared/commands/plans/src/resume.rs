//! Taking a cancellation or a booked change back (D7).

use billing::ids::AccountId;
use billing::resumption::{NotResumed, Resumption, resume};
use invocation::Invocation;
use runtime::Problem;
use store::Loaded;
use stripe_sync::Interrupted;

use crate::booking::End;
use crate::refusal::{closed, no_subscription};
use crate::renewal::Shown;
use crate::work::{Found, Work};
use crate::{Account, Plans, leased_parts};

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
            Ok(Resumption::Nothing) => self.shown(found.running()?.books.standing).await,
        }
    }

    fn not_resumed(&self, refusal: NotResumed, found: &Found) -> Problem {
        match refusal {
            NotResumed::NoSubscription => no_subscription("resume"),
            NotResumed::State(_) => {
                let what = "subscription can not be changed";
                let problem = closed(found.standing(), self.invocation.now, what);
                problem.unwrap_or_else(Problem::internal)
            }
        }
    }
}
