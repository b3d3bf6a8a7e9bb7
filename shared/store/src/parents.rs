//! Standings of parents, remembered for a few seconds while a function is warm: each `access` of
//! 10,000 sub-accounts would read the same item.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use billing::account::Standing;
use billing::ids::AccountId;
use billing::time::Timestamp;
use invocation::Invocation;

use crate::error::StoreError;
use crate::{Store, keys, standing};

/// Age up to which a standing is taken from memory, in seconds (B10).
const REMEMBERED_SECONDS: i64 = 5;
/// Most standings that are remembered: all are forgotten when there are more.
const REMEMBERED_MAX: usize = 1_000;

/// Standings, and when each was read.
#[derive(Debug, Default)]
pub(crate) struct Parents(Mutex<HashMap<AccountId, (Timestamp, Standing)>>);

impl Parents {
    fn remembered(&self, parent: &AccountId, now: Timestamp) -> Option<Standing> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (read_at, standing) = known.get(parent)?;
        let fresh = *read_at <= now && now < read_at.plus_seconds(REMEMBERED_SECONDS);
        fresh.then(|| standing.clone())
    }

    fn remember(&self, standing: &Standing, now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED_MAX {
            known.clear();
        }
        known.insert(standing.account.clone(), (now, standing.clone()));
    }
}

impl Store {
    /// Standing of the parent that pays for an account now, at most five seconds old. Nothing,
    /// without a call, where the account pays on its own.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn paying_parent(
        &self,
        invocation: &Invocation,
        of: &Standing,
    ) -> Result<Option<Standing>, StoreError> {
        let now = invocation.now;
        let Some(parent) = of.family.paid_by(now) else { return Ok(None) };
        if let Some(remembered) = self.parents.remembered(parent, now) {
            return Ok(Some(remembered));
        }

        let items = self.batch(invocation, &[keys::standing(parent)]).await?;
        let read = items.first().map(standing::read).transpose()?;
        if let Some(standing) = &read {
            self.parents.remember(standing, now);
        }
        Ok(read)
    }
}
