//! Writing what follows from an account's standing as it is, whatever else happens to it meanwhile.

use billing::account::Standing;
use billing::decide::{Change, note};
use billing::ids::AccountId;
use billing::journal::{Cause, Entry};
use billing::time::Timestamp;
use store::{Cost, StoreError, keys};

use crate::{Sync, SyncError, TRIES_MAX};

impl Sync<'_> {
    /// Says something in the journal.
    pub async fn tell(
        &self,
        account: &AccountId,
        entry: &Entry,
        cause: &Cause,
        now: Timestamp,
        cost: &mut Cost,
    ) -> Result<(), SyncError> {
        let change = |standing: &Standing| Some(note(standing, entry.clone(), now));
        self.follow(account, change, cause, now, cost).await.map(|_| ())
    }

    /// Commits what follows from the standing, and decides again when that changed meanwhile. The standing as it is then;
    /// nothing when nothing followed, and was written.
    pub(crate) async fn follow(
        &self,
        account: &AccountId,
        follows: impl Fn(&Standing) -> Option<Change>,
        cause: &Cause,
        now: Timestamp,
        cost: &mut Cost,
    ) -> Result<Option<Standing>, SyncError> {
        for tries in 1..=TRIES_MAX {
            let item = self.store.get(keys::standing(account), cost).await?;
            let item = item.ok_or_else(|| SyncError::Missing(account.to_string()))?;
            let Some(change) = follows(&store::standing::read(&item)?) else { return Ok(None) };
            match self.store.commit(&change, cause, now, cost).await {
                Ok(()) => return Ok(Some(change.standing)),
                Err(StoreError::Lost) => self.settle.wait_before_try(tries).await,
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Lost.into())
    }
}
