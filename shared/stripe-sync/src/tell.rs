//! Writing what follows from an account's standing as it is, whatever else happens to it meanwhile.

use billing::account::Standing;
use billing::decide::{Change, note};
use billing::ids::AccountId;
use billing::journal::Entry;
use invocation::Invocation;
use store::Part;

use crate::{Sync, SyncError};

impl Sync<'_> {
    /// Says something in the journal.
    pub async fn tell(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        entry: &Entry,
    ) -> Result<(), SyncError> {
        let change = |standing: &Standing| Some(note(standing, entry.clone(), invocation.now));
        self.follow(invocation, account, change).await.map(|_| ())
    }

    /// Commits what follows from the standing, and decides again when that changed meanwhile. The
    /// standing as it is then; nothing when nothing followed, and was written.
    pub(crate) async fn follow(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        follows: impl Fn(&Standing) -> Option<Change>,
    ) -> Result<Option<Standing>, SyncError> {
        invocation
            .retry_conflicts(|| async {
                let loaded = self.store.load(invocation, account, &[Part::Standing]).await?;
                let standing = loaded.standing()?;
                let standing = standing.ok_or_else(|| SyncError::Missing(account.to_string()))?;
                let Some(change) = follows(&standing) else { return Ok(None) };

                if change.entries.is_empty() && change.writes.is_empty() {
                    self.store.keep_standing(invocation, &change.standing).await?;
                } else {
                    self.store.commit(invocation, &change).await?;
                }
                Ok(Some(change.standing))
            })
            .await
    }
}
