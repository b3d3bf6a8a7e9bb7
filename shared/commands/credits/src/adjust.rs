//! An adjustment: staff grant credits or remove them, with a reason (F3).

use billing::credits::Wish;
use billing::credits::ledger::LedgerEntry;
use billing::ids::AccountId;
use invocation::Invocation;
use store::{Loaded, Part};
use stripe_sync::Interrupted;

use crate::Credits;
use crate::books::{parts, parts_for_try};
use crate::refused::{Refused, Tried};

impl Credits {
    /// Adds tokens, or removes them when the number is negative, once for each id. `loaded` has
    /// [`parts`] and the ledger entry of that id.
    ///
    /// # Errors
    /// A refusal adjusts nothing; what is interrupted may be sent again under the same id.
    pub async fn adjust(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        wish: &Wish,
        loaded: Loaded,
    ) -> Tried<LedgerEntry> {
        let mut loaded = Some(loaded);
        invocation.retry(|| self.try_adjust(invocation, account, wish, loaded.take())).await
    }

    async fn try_adjust(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        wish: &Wish,
        first: Option<Loaded>,
    ) -> Tried<LedgerEntry> {
        let parts = parts(Some(Part::LedgerEntry(wish.id.clone())));
        let loaded = parts_for_try(&self.store, invocation, (account, parts), first).await?;
        if let Some(entry) = loaded.ledger_entry(&wish.id)? {
            let is_same = entry.tokens == wish.tokens && entry.reason == wish.reason;
            return if is_same { Ok(entry) } else { Err(Refused::OtherContent.into()) };
        }
        let books = self.books(invocation, &loaded).await?;

        let available = books.credits.counted.available;
        let adjusted = books.adjust(wish, invocation.now);
        let change = adjusted.ok_or(Refused::MoreThanAvailable { available })?.change;

        self.commit(invocation, &books.standing, &change).await?;

        let entry = change.entry;
        entry.ok_or_else(|| Interrupted::Missing(format!("the entry of adjustment {}", wish.id)))
    }
}
