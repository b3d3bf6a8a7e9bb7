//! Families at the month's end: who pays for a sub-account's month, and what a parent pays for.
//!
//! A parent's month is priced when every sub-account that it pays for on some day of it has closed
//! it. Those that have not are closed here while they are few; more of them become messages, and
//! the parent's own message comes again.

use std::collections::BTreeMap;

use billing::closing::FamilyCounts;
use billing::consolidated::AccountUsage;
use billing::family::Family as Place;
use billing::family::payers::Payers;
use billing::ids::AccountId;
use billing::month::{Day, Month};
use billing::usage::Usage;
use invocation::Invocation;
use queue::bills::{BillMessage, Payer as PayerMessage};
use store::StoreError;
use store::closing::Payer;
use tracing::warn;

use crate::InvoiceRun;
use crate::error::RunError;

/// Most sub-accounts that a parent's own run closes.
const CLOSED_HERE_MAX: usize = 10;
/// Most sub-accounts that a parent's run sends as messages: the next run sends what is left.
const SENT_MAX: usize = 2_000;

/// Least delay of a parent's message behind the first share of its month, in seconds: most
/// sub-accounts close theirs meanwhile.
const WAKE_SECONDS: u64 = 120;
/// Numbers of steps, and seconds of each, over which those messages are spread: several
/// sub-accounts may see no share before theirs.
const WAKE_STEPS: (u64, u64) = (8, 30);

/// Family of an account whose month is closed.
#[derive(Debug, Default)]
pub(crate) struct Family {
    /// Sub-accounts that must close the month first.
    pub open: Vec<AccountId>,
    payers: Option<(Payers, BTreeMap<Day, Usage>)>,
    shares: Vec<AccountUsage>,
}

impl Family {
    /// Counts of the family that the closing writes.
    pub(crate) fn counts(&self) -> FamilyCounts<'_> {
        FamilyCounts {
            payers: self.payers.as_ref().map(|(payers, days)| (payers, days)),
            shares: &self.shares,
        }
    }
}

impl InvoiceRun {
    /// Reads the family of an account; nothing, without a call, of a standard account.
    pub(crate) async fn family(
        &self,
        invocation: &Invocation,
        known: &Payer,
        month: Month,
    ) -> Result<Family, RunError> {
        let account = &known.standing.account;
        let shares = known.months.get(&month).map_or(0, |usage| usage.shares);
        match &known.standing.family {
            Place::Standard if shares == 0 => Ok(Family::default()),
            Place::Standard | Place::Parent(_) => {
                self.family_of_parent(invocation, (account, month), shares).await
            }
            Place::SubAccount(_) => {
                let payers = self.store.payers_in(invocation, account, month).await?;
                Ok(Family { payers, ..Family::default() })
            }
        }
    }

    /// The sub-accounts of a parent: those that have not closed the month, or what all used.
    async fn family_of_parent(
        &self,
        invocation: &Invocation,
        (parent, month): (&AccountId, Month),
        counted: u64,
    ) -> Result<Family, RunError> {
        let listed = self.store.paid_sub_accounts(invocation, parent, month).await?;
        let ids = listed.iter().map(|listed| &listed.id);
        let open = self.store.not_closed(invocation, ids, month).await?;
        if !open.is_empty() {
            return Ok(Family { open, ..Family::default() });
        }

        let (shares, number) = self.store.shares(invocation, parent, month).await?;
        if number != counted {
            return Err(StoreError::Conflict.into());
        }
        let mut names: BTreeMap<AccountId, String> =
            listed.into_iter().map(|listed| (listed.id, listed.name)).collect();
        let shares = shares.into_iter().map(|(account, usage)| {
            let name = names.remove(&account).unwrap_or_else(|| account.to_string());
            AccountUsage { account, name, usage }
        });
        Ok(Family { shares: shares.collect(), ..Family::default() })
    }

    /// Puts a parent on the queue whose month got its first share. If that fails, the next day's
    /// run finds the parent in the index.
    pub(crate) async fn wake(&self, account: &AccountId, (parent, month): (&AccountId, Month)) {
        let (steps, seconds) = WAKE_STEPS;
        let sum = account.as_str().bytes().fold(0_u64, |sum, byte| sum.wrapping_add(byte.into()));
        let step = sum.checked_rem(steps).unwrap_or(0).saturating_mul(seconds);

        let message = BillMessage::Payer(PayerMessage::new(parent.clone(), month));
        let delay_seconds = WAKE_SECONDS.saturating_add(step);
        if let Err(error) = self.worker.send_later(&message, delay_seconds).await {
            warn!(account.id = %parent, reason = %error,
                "could not put account {parent} on the queue: {error}");
        }
    }

    /// Closes a month of sub-accounts whose parent waits for them.
    pub(crate) async fn close_sub_accounts(
        &self,
        invocation: &Invocation,
        accounts: Vec<AccountId>,
        month: Month,
    ) -> Result<(), RunError> {
        if accounts.len() <= CLOSED_HERE_MAX {
            for account in &accounts {
                Box::pin(self.close(invocation, account, month)).await?;
            }
            return Ok(());
        }

        let open = accounts.len();
        let messages = accounts.into_iter().take(SENT_MAX);
        let messages =
            messages.map(|account| BillMessage::Payer(PayerMessage::new(account, month)));
        self.worker.send_all(&messages.collect::<Vec<_>>()).await?;
        Err(RunError::SubAccounts(open))
    }
}
