//! An account read: its own page and its timeline.

use std::collections::BTreeSet;
use std::convert::Infallible;

use billing::account::Standing;
use billing::ids::{AccountId, InvoiceId};
use billing::journal::page::{Cursor, Filter, Page, Recorded, Records, page};
use billing::profile::Profile;
use billing::served::Served;
use billing::state::State;
use billing::time::Timestamp;
use billing::usage::exceeded;
use catalog::Catalog;
use invocation::Invocation;
use store::{Loaded, Part, Store, StoreError};

use crate::Failure;

/// Most reads of the journal for one page of a timeline.
const TIMELINE_PAGES_MAX: usize = 8;

/// Reads accounts.
#[derive(Debug, Clone, Copy)]
pub struct Accounts<'a> {
    /// The table.
    pub store: &'a Store,
    /// What is sold.
    pub catalog: &'a Catalog,
}

/// An account as it is.
#[derive(Debug, Clone)]
pub struct Account {
    /// The standing, with every open invoice.
    pub standing: Standing,
    /// The profile.
    pub profile: Profile,
    /// The state, in which usage counts too.
    pub state: State,
}

/// A place in a timeline, and the entries from there that are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Place of the first entry; none for the newest.
    pub cursor: Option<Cursor>,
    /// Most entries.
    pub limit: usize,
    /// Entries that are asked for.
    pub filter: Filter,
}

impl Accounts<'_> {
    /// Parts that a page of the account needs.
    pub fn parts(now: Timestamp) -> Vec<Part> {
        let used = Part::used(now).into_iter();
        used.chain([Part::Standing, Part::Profile]).collect()
    }

    /// The account, of its loaded parts. Invoices beyond those that the standing lists are read.
    ///
    /// # Errors
    /// There is no such account, or the table failed.
    pub async fn read(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        loaded: &Loaded,
    ) -> Result<Account, Failure<Infallible>> {
        let no_account = || Failure::NoAccount(account.clone());
        let standing = loaded.standing()?.ok_or_else(no_account)?;
        let profile = loaded.profile()?.ok_or_else(no_account)?;

        let used = loaded.used(invocation.now)?;
        let parent = self.store.paying_parent(invocation, &standing).await?;
        let served = Served::new(&standing, parent.as_ref());
        let exceeded = exceeded(&self.catalog.allowances(served.plan()), &used);
        let state = served.state_at(invocation.now).limited_by(&exceeded);

        let standing = with_all_open(invocation, self.store, standing).await?;
        Ok(Account { standing, profile, state })
    }

    /// An account that was opened just now, whose usage cannot count yet.
    ///
    /// # Errors
    /// The table's.
    pub async fn opened(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Account, Failure<Infallible>> {
        let no_account = || Failure::NoAccount(account.clone());
        let parts = [Part::Standing, Part::Profile];
        let loaded = self.store.load(invocation, account, &parts).await?;
        let standing = loaded.standing()?.ok_or_else(no_account)?;
        let profile = loaded.profile()?.ok_or_else(no_account)?;

        let standing = with_all_open(invocation, self.store, standing).await?;
        let state = standing.state_at(invocation.now);
        Ok(Account { standing, profile, state })
    }

    /// A page of the account's timeline.
    ///
    /// # Errors
    /// The table's.
    pub async fn timeline(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        Window { cursor, limit, filter }: Window,
    ) -> Result<Page, StoreError> {
        let (mut entries, mut next) = (Vec::new(), cursor);
        // A filter may leave little of each page: the page is short after some, and others follow.
        for _ in 0..TIMELINE_PAGES_MAX {
            let left = limit.saturating_sub(entries.len());
            // One more record than entries, because the first may be used up.
            let records_max = i32::try_from(left.saturating_add(1)).unwrap_or(i32::MAX);
            let (records, more) =
                self.store.journal(invocation, account, next, records_max).await?;
            let skip = next.map_or(0, |place| place.skip);
            let read = page(Records { all: &records, more }, skip, left);

            entries.extend(read.entries.into_iter().filter_map(|entry| filter.sees(entry)));
            next = read.next.filter(|place| !filter.ends_at(*place));
            if next.is_none() || entries.len() >= limit {
                break;
            }
        }

        let entries = self.named(invocation, account, entries).await?;
        Ok(Page { entries, next })
    }

    /// Entries with the numbers of their invoices, which are read for them.
    async fn named(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        entries: Vec<Recorded>,
    ) -> Result<Vec<Recorded>, StoreError> {
        let ids: BTreeSet<InvoiceId> = entries.iter().flat_map(Recorded::invoices).collect();
        let invoices = self.store.invoices_of(invocation, account, &ids).await?;
        Ok(entries.into_iter().map(|entry| entry.naming(&invoices)).collect())
    }
}

/// The standing with every open invoice: those that it does not list are read.
pub(crate) async fn with_all_open(
    invocation: &Invocation,
    store: &Store,
    standing: Standing,
) -> Result<Standing, StoreError> {
    if standing.more_open == 0 {
        return Ok(standing);
    }
    let invoices = store.invoices(invocation, &standing.account).await?;
    let books = store.books_of_subscriptions(invocation, &standing.account).await?;
    let subscriptions = books.map(|books| books.subscriptions).unwrap_or_default();
    Ok(standing.with_all_open(&invoices, &subscriptions.values().collect::<Vec<_>>()))
}
