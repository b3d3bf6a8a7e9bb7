//! Wake times of accounts whose step failed: moved on in the index, so that no message waits for
//! what the sweep finds again anyway.

use billing::credits::wake::Wake;
use billing::ids::AccountId;
use invocation::Invocation;
use store::{Part, StoreError};
use tracing::debug;

use crate::AutoRecharge;

impl AutoRecharge {
    /// True if the sweep finds the account again soon. What keeps that from being known leaves the
    /// account to its message.
    pub(crate) async fn waits_in_index(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> bool {
        match self.moved_on(invocation, account).await {
            Ok(waits) => waits,
            Err(error) => {
                debug!(account.id = %account, reason = %error,
                    "left the wake time of account {account}: {error}");
                false
            }
        }
    }

    async fn moved_on(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<bool, StoreError> {
        let loaded = self.store.load(invocation, account, &[Part::Standing, Part::Credits]).await?;
        let Some(standing) = loaded.standing()? else { return Ok(false) };

        let credits = self.store.credits(invocation, account, &loaded).await?;
        match credits.wake_after_failure(invocation.now) {
            Wake::NotSwept => Ok(false),
            Wake::Soon => Ok(true),
            Wake::Moved(change) => {
                self.store.write_credits(invocation, &standing, &change).await?;
                Ok(true)
            }
        }
    }
}
