//! Cancellation blockers of an account, as the vendor reports and clears them (A7 to A9). Both set
//! a state: the same again changes nothing.

use billing::cancellation::{Blocker, BlockerCode, BlockerRefusal};
use billing::decide::{blocker_set, note};
use invocation::Invocation;
use store::{Part, Store};
use tracing::info;

use crate::{Failure, Subject};

/// Blockers of accounts, in a table.
#[derive(Debug, Clone, Copy)]
pub struct CancellationBlockers<'a> {
    /// The table.
    pub store: &'a Store,
}

/// A blocker as it shall be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetBlocker {
    /// Name of the blocker.
    pub code: BlockerCode,
    /// The blocker; none to clear it.
    pub blocker: Option<Blocker>,
}

impl CancellationBlockers<'_> {
    /// Parts that a subject needs.
    pub fn parts() -> Vec<Part> {
        vec![Part::Standing, Part::Blockers]
    }

    /// Reports or clears a blocker, unless it is so already.
    ///
    /// # Errors
    /// A rule refuses it, or the table failed.
    pub async fn set(
        &self,
        invocation: &Invocation,
        subject: &Subject,
        set: &SetBlocker,
    ) -> Result<(), Failure<BlockerRefusal>> {
        invocation.retry(|| self.try_to_set(invocation, subject, set)).await
    }

    async fn try_to_set(
        &self,
        invocation: &Invocation,
        subject: &Subject,
        SetBlocker { code, blocker }: &SetBlocker,
    ) -> Result<(), Failure<BlockerRefusal>> {
        let (account, now) = (&subject.account, invocation.now);
        let loaded = subject.parts(invocation, self.store, &Self::parts()).await?;
        let standing = loaded.standing()?.ok_or_else(|| Failure::NoAccount(account.clone()))?;

        let decided = blocker_set(&loaded.blockers()?, code, blocker.as_ref(), now);
        let Some((blockers, entry)) = decided.map_err(Failure::Refused)? else { return Ok(()) };

        let change = note(&standing, entry, now);
        self.store.save_blockers(invocation, &change, &blockers).await?;

        info!(account.id = %account, blocker = %code, "set blocker {code} of {account}");
        Ok(())
    }
}
