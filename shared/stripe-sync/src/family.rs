//! Billing models of sub-accounts that have begun: parent and sub-account learn of it together.

use billing::account::Standing;
use billing::decide::family::{Pair, model_begun};
use billing::ids::AccountId;
use billing::time::Timestamp;
use invocation::Invocation;
use store::Part;

use crate::{Sync, SyncError};

/// True if a booked billing model has begun that the journal does not tell of yet.
pub(crate) fn has_begun(standing: &Standing, now: Timestamp) -> bool {
    let booked = standing.family.as_sub_account().and_then(|place| place.booked);
    booked.is_some_and(|booked| booked.at <= now)
}

impl Sync<'_> {
    /// Tells the journals of a sub-account and of its parent that a booked billing model has begun.
    /// Safe to run at any time.
    pub(crate) async fn begin_model(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<(), SyncError> {
        invocation.retry_conflicts(|| self.begin_model_once(invocation, account)).await
    }

    async fn begin_model_once(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<(), SyncError> {
        let missing = || SyncError::Missing(format!("the family of {account}"));
        let own = self.store.load(invocation, account, &[Part::Standing, Part::Payers]).await?;
        let (sub_account, payers) = own.standing()?.zip(own.payers()?).ok_or_else(missing)?;
        let place = sub_account.family.as_sub_account().ok_or_else(missing)?;
        let parts = [Part::Standing, Part::SubAccount(account.clone())];
        let loaded = self.store.load(invocation, &place.parent, &parts).await?;
        let listed = loaded.sub_account(account)?;
        let (parent, listed) = loaded.standing()?.zip(listed).ok_or_else(missing)?;

        let pair = Pair { parent: &parent, sub_account: &sub_account, listed: &listed };
        if let Some(change) = model_begun(pair, &payers, invocation.now) {
            self.store.commit_both(invocation, &change.sub_account, &change.parent).await?;
        }
        Ok(())
    }
}
