//! An account read: its own page, its timeline, and the explanation of a number.

use std::collections::BTreeSet;
use std::convert::Infallible;

use billing::account::Standing;
use billing::explain::{self, Reason, per_currency};
use billing::ids::{AccountId, InvoiceId};
use billing::journal::page::{Cursor, Filter, Page, Recorded, Records, page};
use billing::money::{Currency, Money};
use billing::profile::Profile;
use billing::served::Served;
use billing::state::State;
use billing::time::Timestamp;
use billing::usage::{exceeded, over_limit};
use catalog::Catalog;
use invocation::Invocation;
use store::{Loaded, Part, Store, StoreError};

use crate::Failure;

/// Records of the journal that an explanation looks at.
const EXPLAIN_RECORDS_MAX: i32 = 500;

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

/// A number or state that can be explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// The account's state.
    State,
    /// Everything that is owed.
    Outstanding,
    /// The balance of credits.
    Credits,
    /// What is prepaid and left.
    PrepaidBalance,
}

/// A place in a timeline, and the entries from there that are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Place of the first entry; none for the newest.
    pub cursor: Option<Cursor>,
    /// Most entries.
    pub limit: usize,
    /// Entries that are asked for.
    pub filter: Filter,
}

/// A value, explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The value.
    pub value: Explainable,
    /// The entries that made it, oldest first.
    pub because: Vec<Recorded>,
    /// What would change it for the better.
    pub clears_by: Vec<Reason>,
    /// What the entries come to, where the value is a number of tokens.
    pub tokens_told: Option<i64>,
    /// Time of the oldest record that was looked at, if there are older ones.
    pub looked_back_to: Option<Timestamp>,
}

/// A value that can be explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Explainable {
    /// A state.
    State(State),
    /// Sums, one for each currency, and the account's currency where there are none.
    Sums(Vec<Money>, Option<Currency>),
    /// Tokens.
    Tokens(i64),
}

impl Accounts<'_> {
    /// Parts that a page of the account needs.
    pub fn parts(now: Timestamp) -> Vec<Part> {
        let used = Part::used(now).into_iter();
        used.chain([Part::Standing, Part::Profile]).collect()
    }

    /// Parts that an explanation needs.
    pub fn parts_to_explain(now: Timestamp) -> Vec<Part> {
        Self::parts(now).into_iter().chain([Part::Credits]).collect()
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

    /// The explanation of a value, of the account's loaded parts.
    ///
    /// # Errors
    /// There is no such account, a sum does not fit, or the table failed.
    pub async fn explain(
        &self,
        invocation: &Invocation,
        (account, loaded): (&AccountId, &Loaded),
        question: Question,
    ) -> Result<Explained, Failure<Infallible>> {
        let no_account = || Failure::NoAccount(account.clone());
        let standing = loaded.standing()?.ok_or_else(no_account)?;
        let profile = loaded.profile()?.ok_or_else(no_account)?;
        let journal = self.store.journal(invocation, account, None, EXPLAIN_RECORDS_MAX);
        let (records, more) = journal.await?;
        let mut tokens_told = None;

        let now = invocation.now;
        let (value, explanation) = match question {
            Question::State => {
                let mut explanation = explain::state(&standing, &records, now);
                let used = loaded.used(now)?;
                let parent = self.store.paying_parent(invocation, &standing).await?;
                let served = Served::new(&standing, parent.as_ref());
                let exceeded = exceeded(&self.catalog.allowances(served.plan()), &used);
                let over_limits = exceeded.iter().map(|exceeded| over_limit(exceeded, now));
                explanation.clears_by =
                    served.reasons(now).into_iter().chain(over_limits).collect();
                let state = served.state_at(now).limited_by(&exceeded);
                (Explainable::State(state), explanation)
            }
            Question::Outstanding => {
                let standing = with_all_open(invocation, self.store, standing).await?;
                let open = standing.outstanding();
                let open = open.map(|(id, it)| (id.clone(), it.remaining, it.overdue_at));
                let open: Vec<_> = open.collect();
                let sums = per_currency(open.iter().map(|(_, remaining, _)| *remaining))?;
                let currency = standing.currency.or(profile.details.currency);
                (Explainable::Sums(sums, currency), explain::outstanding(&open, &records))
            }
            Question::Credits => {
                let credits = self.store.credits(invocation, account, loaded).await?;
                let explanation = explain::credits(&credits.decided, &records);
                tokens_told = Some(explain::tokens(&explanation));
                (Explainable::Tokens(credits.counted.balance()), explanation)
            }
            Question::PrepaidBalance => {
                let currency = standing.currency.or(profile.details.currency);
                let sums = Explainable::Sums(profile.prepaid_sums(), currency);
                (sums, explain::prepaid(&records))
            }
        };

        let because = explanation.because.iter();
        let because: Vec<_> = because.map(|(record, entry)| Recorded::of(record, entry)).collect();
        let owed = explanation.clears_by.iter().filter_map(|it| it.invoice.as_ref());
        let owed = owed.map(|owed| owed.id.clone());
        let ids: BTreeSet<_> = because.iter().flat_map(Recorded::invoices).chain(owed).collect();
        let invoices = self.store.invoices_of(invocation, account, &ids).await?;

        let clears_by = explanation.clears_by.into_iter().map(|it| it.naming(&invoices));
        Ok(Explained {
            value,
            because: because.into_iter().map(|entry| entry.naming(&invoices)).collect(),
            clears_by: clears_by.collect(),
            tokens_told,
            looked_back_to: records.last().filter(|_| more).map(|record| record.at),
        })
    }
}

/// The standing with every open invoice: those that it does not list are read.
async fn with_all_open(
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
