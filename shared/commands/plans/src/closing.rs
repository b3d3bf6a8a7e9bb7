//! Accounts that staff close or terminate (C10).
//!
//! Our books say it first, in one commit; the running subscription ends at Stripe behind that, by
//! this request or by collections. What was used up to then is invoiced by the month-end run.

use billing::account::{Closure, Standing};
use billing::decide::{ClosingRefusal, account_closed};
use billing::ids::AccountId;
use billing::words::Word;
use invocation::Invocation;
use runtime::Problem;
use store::Loaded;
use stripe_sync::Interrupted;
use tracing::info;

use crate::{Account, Plans, leased_parts};

/// An account that is to be closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// For cause, or because it is over.
    pub how: Closure,
    /// Reason in the words of staff.
    pub reason: String,
}

impl Plans {
    /// Closes an account, and ends its subscription. The standing as it is then.
    ///
    /// # Errors
    /// [`Interrupted`]: what was done is done, and the same request goes on from there.
    pub async fn close(
        &self,
        invocation: &Invocation,
        account: Account,
        closing: &Closing,
    ) -> Result<Standing, Interrupted> {
        let Account { id, loaded } = account;
        let lease = loaded.lease()?;
        let mut loaded = Some(loaded);
        let work = invocation
            .retry_conflicts(|| Box::pin(self.close_once(invocation, &id, loaded.take(), closing)));
        self.leased(invocation, (&id, lease), work).await
    }

    async fn close_once(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        loaded: Option<Loaded>,
        Closing { how, reason }: &Closing,
    ) -> Result<Standing, Interrupted> {
        let work = self.work(invocation, account, loaded, &leased_parts()).await?;
        let mut standing = work.standing()?;

        let decided = account_closed(&standing, *how, reason, invocation.now);
        if let Some(change) = decided.map_err(refused)? {
            standing = self.store.commit(invocation, &change).await?;
            info!(account.id = %account, "account {account} is {} by staff", how.word());
        }

        let Some(live) = standing.live_subscription().map(|live| live.id.clone()) else {
            return Ok(standing);
        };
        work.sync().end_subscription(invocation, account, &live).await?;
        let loaded = self.store.load(invocation, account, &leased_parts()).await?;
        Ok(loaded.standing()?.unwrap_or(standing))
    }
}

/// 409: the account is closed otherwise.
fn refused(ClosingRefusal::Closed(how): ClosingRefusal) -> Problem {
    let detail = format!("The account is {} already.", how.word());
    Problem::new(409, "account_terminated", detail)
}
