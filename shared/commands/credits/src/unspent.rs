//! Credits that were unspent at the end of a month (F7).

use billing::credits::pages::LedgerPage;
use billing::ids::AccountId;
use billing::month::{Day, Month};
use billing::profile::Profile;
use invocation::Invocation;
use store::credits::Direction;
use store::{Part, Store, StoreError};

use crate::beginning::beginning;

/// Most pages of the ledger that are read at once.
const PAGES_MAX: i32 = 50;

/// Reads unspent credits.
#[derive(Debug, Clone, Copy)]
pub struct Unspent<'a> {
    /// The table.
    pub store: &'a Store,
}

impl Unspent<'_> {
    /// Balance of an account at the end of a month, or now in one that is not over, with the
    /// account's profile; none where there is no such account.
    ///
    /// # Errors
    /// The table's.
    pub async fn at_end(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        month: Month,
    ) -> Result<Option<(Profile, i64)>, StoreError> {
        let parts = [Part::Standing, Part::Profile, Part::Credits];
        let loaded = self.store.load(invocation, account, &parts).await?;
        let Some(profile) = loaded.profile()? else { return Ok(None) };

        let credits = self.store.credits(invocation, account, &loaded).await?;
        let balance = credits.counted.balance();
        if month.end() > invocation.now {
            return Ok(Some((profile, balance)));
        }
        let ledger = (credits.tail.paged, credits.tail.page(balance));
        let balance = self.behind(invocation, account, ledger, month).await?;
        Ok(Some((profile, balance)))
    }

    /// Balance behind the entries of a month: that of a page before its last day, which is found by
    /// halves, and what the entries from there to the month's end add.
    async fn behind(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (on_pages, tail): (u64, Option<LedgerPage>),
        month: Month,
    ) -> Result<i64, StoreError> {
        let next_month = Month::of(month.end());
        let first_later_day = Day::of(month.end());
        let near = (next_month, on_pages);
        let mut first = beginning(self.store, invocation, account, near).await?;
        let mut before = self.balance_before(invocation, account, first).await?;

        let mut balance = before;
        loop {
            let forwards = (Direction::Forwards, PAGES_MAX);
            let range = (first, on_pages);
            let pages = self.store.ledger_pages(invocation, account, range, forwards).await?;
            let is_over = pages.is_empty();
            for page in pages.into_iter().chain(tail.clone().filter(|_| is_over)) {
                // Entries that were committed at once can be some seconds out of order.
                if page.days.0 > first_later_day {
                    return Ok(balance);
                }
                let own = self.tokens_of(invocation, account, (&page, before), month).await?;
                balance = balance.saturating_add(own);
                before = page.balance;
                first = page.first.saturating_add(1);
            }
            if is_over {
                return Ok(balance);
            }
        }
    }

    /// Tokens that a page's entries of a month, and of those before it, add. `before` is the balance
    /// in front of the page.
    async fn tokens_of(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (page, before): (&LedgerPage, i64),
        month: Month,
    ) -> Result<i64, StoreError> {
        let first_later_day = Day::of(month.end());
        if page.days.1 < first_later_day {
            return Ok(page.balance.saturating_sub(before));
        }
        if page.days.0 >= first_later_day {
            return Ok(0);
        }
        let entries = self.store.ledger_entries(invocation, account, &page.ids).await?;
        let own = entries.iter().filter(|(entry, _)| entry.at < month.end());
        Ok(own.fold(0_i64, |sum, (entry, _)| sum.saturating_add(entry.tokens)))
    }

    /// Balance in front of the page whose first entry has a number.
    async fn balance_before(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        first: u64,
    ) -> Result<i64, StoreError> {
        let newest = (Direction::Backwards, 1);
        let range = (1, first.saturating_sub(1));
        let pages = self.store.ledger_pages(invocation, account, range, newest).await?;
        Ok(pages.first().map_or(0, |page| page.balance))
    }
}
