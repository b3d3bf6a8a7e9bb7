//! A deduction: tokens are taken, first from what is included, then from credits, or not at all
//! (D12, D17).

use billing::credits::ledger::LedgerEntry;
use billing::credits::recharge::Verdict;
use billing::credits::{Books, Short, Wish};
use billing::ids::AccountId;
use billing::month::Month;
use invocation::Invocation;
use store::{Loaded, Part};
use stripe_sync::Interrupted;
use tracing::info;

use crate::Credits;
use crate::books::{may_use, parts, parts_for_try};
use crate::refused::{Insufficient, Refused, Tried};

impl Credits {
    /// Takes tokens, once for each id. `loaded` has [`parts`] and the ledger entry of that id.
    ///
    /// # Errors
    /// A refusal takes nothing; what is interrupted may be sent again under the same id.
    pub async fn deduct(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        wish: &Wish,
        loaded: Loaded,
    ) -> Tried<LedgerEntry> {
        let mut loaded = Some(loaded);
        invocation.retry(|| self.try_deduct(invocation, account, wish, loaded.take())).await
    }

    async fn try_deduct(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        wish: &Wish,
        first: Option<Loaded>,
    ) -> Tried<LedgerEntry> {
        let parts = parts(Some(Part::LedgerEntry(wish.id.clone())));
        let loaded = parts_for_try(&self.store, invocation, (account, parts), first).await?;
        if let Some(entry) = loaded.ledger_entry(&wish.id)? {
            let is_same = entry.asked() == wish.tokens && entry.reason == wish.reason;
            return if is_same { Ok(entry) } else { Err(Refused::OtherContent.into()) };
        }
        let books = self.books(invocation, &loaded).await?;

        may_use(&self.store, invocation, &books.standing).await?;
        let deduction = match books.deduct(wish, invocation.now) {
            Ok(deduction) => deduction,
            Err(short) => return Err(self.refuse(invocation, &books, (wish.tokens, short)).await),
        };

        self.commit(invocation, &books.standing, &deduction.change).await?;

        let (tokens, cost) = (wish.tokens, invocation.cost());
        info!(account.id = %account, write_units = cost.write_units,
            "took {tokens} tokens of account {account}: {cost}");
        let entry = deduction.change.entry;
        entry.ok_or_else(|| Interrupted::Missing(format!("the entry of deduction {}", wish.id)))
    }

    /// Refuses tokens that do not fit, with the consequence for auto-recharge committed.
    pub(crate) async fn refuse(
        &self,
        invocation: &Invocation,
        books: &Books,
        (tokens, short): (i64, Short),
    ) -> Interrupted<Refused> {
        match self.try_refuse(invocation, books, (tokens, short)).await {
            Ok(insufficient) => Refused::Insufficient(insufficient).into(),
            Err(interrupted) => interrupted,
        }
    }

    async fn try_refuse(
        &self,
        invocation: &Invocation,
        books: &Books,
        (tokens, short): (i64, Short),
    ) -> Tried<Insufficient> {
        let Short { included, available, change } = short;
        if let Some(change) = &change {
            self.commit(invocation, &books.standing, change).await?;
        }
        let begins = change.is_some_and(|change| change.purchase.is_some());
        let recharge =
            if begins { Verdict::Charging } else { books.verdict(available, invocation.now) };
        let month = Month::of(invocation.now);
        Ok(Insufficient { tokens, month, included, available, recharge })
    }
}
