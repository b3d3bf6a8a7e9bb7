//! Credits that were unspent at the end of a month (F7).

use billing::credits::pages::LedgerPage;
use billing::ids::AccountId;
use billing::month::{Day, Month};
use billing::profile::Profile;
use invocation::Invocation;
use store::credits::Direction;
use store::{Part, Store, StoreError};

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
        let tail = credits.tail.page(credits.counted.balance());
        let balance = self.behind(invocation, account, (tail, credits.tail.paged), month).await?;
        Ok(Some((profile, balance)))
    }

    /// Balance behind the entries of a month and of those before it: of the newest page that has
    /// no later entry, and what pages with both kinds add.
    async fn behind(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (mut newest, mut last): (Option<LedgerPage>, u64),
        month: Month,
    ) -> Result<i64, StoreError> {
        let first_later_day = Day::of(month.end());
        let mut added: i64 = 0;
        loop {
            let page = match newest.take() {
                Some(page) => Some(page),
                None => self.page(invocation, account, last).await?,
            };
            let Some(page) = page else { return Ok(added) };
            last = last.min(page.first.saturating_sub(1));

            if page.days.1 < first_later_day {
                return Ok(page.balance.saturating_add(added));
            }
            if page.days.0 < first_later_day {
                let entries = self.store.ledger_entries(invocation, account, &page.ids).await?;
                let own = entries.iter().filter(|(entry, _)| entry.at < month.end());
                added = own.fold(added, |sum, (entry, _)| sum.saturating_add(entry.tokens));
            }
        }
    }

    /// The page with the last of the first so many entries.
    async fn page(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        last: u64,
    ) -> Result<Option<LedgerPage>, StoreError> {
        let newest = (Direction::Backwards, 1);
        let pages = self.store.ledger_pages(invocation, account, (1, last), newest).await?;
        Ok(pages.into_iter().next())
    }
}
