//! The ledger with the balance behind each entry (D15, D16). The balance is worked out on reading,
//! so nothing that is stored can disagree with it.

use billing::credits::ledger::LedgerEntry;
use billing::ids::AccountId;
use billing::journal::Cause;
use invocation::Invocation;

use crate::Credits;
use crate::refused::Tried;

/// An entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The entry.
    pub entry: LedgerEntry,
    /// Cause of the entry.
    pub cause: Cause,
    /// Balance of the account behind the entry.
    pub balance_after: i64,
}

/// Position in the ledger, between two entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerPosition {
    /// Balance of the account behind the next older entry.
    pub balance: i64,
    /// Key of the next newer entry; none at the newest end.
    pub behind: Option<String>,
}

impl Credits {
    /// Lists at most `limit` entries from a place on, the newest first, and the place where more
    /// follow. The newest place has the balance of now.
    ///
    /// # Errors
    /// A failure of the table.
    pub async fn ledger(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        from: LedgerPosition,
        limit: i32,
    ) -> Tried<(Vec<Listed>, Option<LedgerPosition>)> {
        let LedgerPosition { mut balance, behind } = from;
        let page = self.store.ledger(invocation, account, behind.as_deref(), limit).await?;

        let listed = page.entries.into_iter().map(|(entry, cause)| {
            let balance_after = balance;
            balance = balance.saturating_sub(entry.tokens);
            Listed { entry, cause, balance_after }
        });
        let listed = listed.collect();
        let next = page.next.map(|behind| LedgerPosition { balance, behind: Some(behind) });
        Ok((listed, next))
    }

    /// Lists all entries, the oldest first.
    ///
    /// # Errors
    /// A failure of the table.
    pub async fn whole_ledger(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Tried<Vec<Listed>> {
        let mut balance: i64 = 0;
        let entries = self.store.whole_ledger(invocation, account).await?;

        let listed = entries.into_iter().map(|(entry, cause)| {
            balance = balance.saturating_add(entry.tokens);
            Listed { entry, cause, balance_after: balance }
        });
        Ok(listed.collect())
    }
}
