//! The ledger with the balance behind each entry (D15, D16), in the order of commits: order and
//! balance of an entry never change once they are shown.

use billing::credits::ledger::LedgerEntry;
use billing::credits::pages::{LedgerPage, balances};
use billing::ids::AccountId;
use billing::journal::Cause;
use billing::month::{Day, Month};
use invocation::Invocation;
use store::Loaded;
use store::credits::Direction;

use crate::Credits;
use crate::beginning::beginning;
use crate::refused::Tried;

/// Most pages that one request to the table reads.
const PAGES_MAX: i32 = 50;

/// An entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Number of the entry; the first of the ledger is 1.
    pub number: u64,
    /// The entry.
    pub entry: LedgerEntry,
    /// Cause of the entry.
    pub cause: Cause,
    /// Balance of the account behind the entry.
    pub balance_after: i64,
}

impl Credits {
    /// Lists at most `limit` entries, the newest first: those before a number, or the newest of
    /// all. Says whether older ones follow. `loaded` has the [`crate::parts`].
    ///
    /// # Errors
    /// There is no such account, or the table failed.
    pub async fn ledger(
        &self,
        invocation: &Invocation,
        loaded: &Loaded,
        (before, limit): (Option<u64>, usize),
    ) -> Tried<(Vec<Listed>, bool)> {
        let (account, _, tail) = self.end_of_ledger(invocation, loaded).await?;
        let before = before.unwrap_or(u64::MAX);
        let mut listed = Vec::new();
        let mut next = before;
        if let Some(page) = tail.filter(|page| page.first < before) {
            next = page.first;
            listed.extend(self.entries(invocation, &account, page).await?.into_iter().rev());
        }
        listed.retain(|it| it.number < before);

        while listed.len() <= limit && next > 1 {
            let range = (1, next.saturating_sub(1));
            let backwards = (Direction::Backwards, PAGES_MAX);
            let pages = self.store.ledger_pages(invocation, &account, range, backwards).await?;
            let Some(last) = pages.last() else { break };
            next = last.first;
            for page in pages {
                if listed.len() <= limit {
                    let entries = self.entries(invocation, &account, page).await?;
                    listed.extend(entries.into_iter().rev().filter(|it| it.number < before));
                }
            }
        }

        let more = listed.len() > limit;
        listed.truncate(limit);
        Ok((listed, more))
    }

    /// Lists at most `limit` entries from a number on, the oldest first, of one month or of all.
    /// Says whether later ones follow. `loaded` has the [`crate::parts`].
    ///
    /// # Errors
    /// There is no such account, or the table failed.
    pub async fn statement(
        &self,
        invocation: &Invocation,
        loaded: &Loaded,
        (month, from, limit): (Option<Month>, u64, usize),
    ) -> Tried<(Vec<Listed>, bool)> {
        let (account, on_pages, tail) = self.end_of_ledger(invocation, loaded).await?;
        let mut first = from.max(1);
        if let Some(month) = month {
            first =
                first.max(beginning(&self.store, invocation, &account, (month, on_pages)).await?);
        }
        let is_wanted = |it: &Listed| {
            it.number >= from && month.is_none_or(|month| Month::of(it.entry.at) == month)
        };

        let mut listed = Vec::new();
        // The page that has the first entry may begin before it.
        let mut next = self.page_of(invocation, &account, first).await?.unwrap_or(first);
        while listed.len() <= limit {
            let forwards = (Direction::Forwards, PAGES_MAX);
            let pages =
                self.store.ledger_pages(invocation, &account, (next, on_pages), forwards).await?;
            let Some(last) = pages.last() else { break };
            next = last.first.saturating_add(1);
            let is_behind = month.is_some_and(|month| last.days.0 > Day::of(month.end()));
            for page in pages {
                if listed.len() <= limit {
                    let entries = self.entries(invocation, &account, page).await?;
                    listed.extend(entries.into_iter().filter(is_wanted));
                }
            }
            if is_behind {
                break;
            }
        }
        if let Some(page) = tail.filter(|_| listed.len() <= limit) {
            let entries = self.entries(invocation, &account, page).await?;
            listed.extend(entries.into_iter().filter(is_wanted));
        }

        let more = listed.len() > limit;
        listed.truncate(limit);
        Ok((listed, more))
    }

    /// The number of entries on pages, and the others as a page with the balance of now.
    async fn end_of_ledger(
        &self,
        invocation: &Invocation,
        loaded: &Loaded,
    ) -> Tried<(AccountId, u64, Option<LedgerPage>)> {
        let account = crate::books::standing(loaded)?.account;
        let credits = self.store.credits(invocation, &account, loaded).await?;
        let page = credits.tail.page(credits.counted.balance());
        Ok((account, credits.tail.paged, page))
    }

    /// The entries of a page, the oldest first.
    async fn entries(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        page: LedgerPage,
    ) -> Tried<Vec<Listed>> {
        let entries = self.store.ledger_entries(invocation, account, &page.ids).await?;
        let tokens: Vec<i64> = entries.iter().map(|(entry, _)| entry.tokens).collect();

        let behind = balances(&tokens, page.balance).into_iter();
        let listed = (page.first..).zip(entries.into_iter().zip(behind));
        let listed = listed.map(|(number, ((entry, cause), balance_after))| Listed {
            number,
            entry,
            cause,
            balance_after,
        });
        Ok(listed.collect())
    }

    /// Number of the first entry of the page that has an entry of that number, if it is on a page.
    async fn page_of(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        number: u64,
    ) -> Tried<Option<u64>> {
        let newest = (Direction::Backwards, 1);
        let pages = self.store.ledger_pages(invocation, account, (1, number), newest).await?;
        Ok(pages.first().map(|page| page.first))
    }
}
