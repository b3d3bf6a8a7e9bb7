//! Statement of account (F7), from our books alone.

use std::collections::{BTreeMap, BTreeSet};

use billing::account::Standing;
use billing::explain::per_currency;
use billing::ids::{AccountId, InvoiceId};
use billing::invoice::Invoice;
use billing::journal::Record;
use billing::journal::page::{Cursor, Recorded};
use billing::listing::Range;
use billing::money::TooLarge;
use billing::profile::Profile;
use billing::receipt::Receipt;
use billing::statement::{Books, InCurrency, statement};
use billing::subscription::Subscription;
use billing::time::Timestamp;
use invocation::Invocation;
use store::{Loaded, Part, Store, StoreError};

/// Most readings of an account that changes all the time.
const READINGS_MAX: usize = 4;
/// Most pages of the journal that a statement is made of.
const PAGES_MAX: usize = 20;
/// Records of a page of the journal.
const RECORDS_MAX: i32 = 250;

/// Makes statements of account.
#[derive(Debug, Clone, Copy)]
pub struct Statements<'a> {
    /// The table.
    pub store: &'a Store,
}

/// A statement of account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// The statement by currency.
    pub currencies: Vec<InCurrency>,
    /// Invoices that its movements name.
    pub invoices: BTreeMap<InvoiceId, Invoice>,
    /// Receipts of the account.
    pub receipts: BTreeMap<String, Receipt>,
}

/// Reason why there is no statement.
#[derive(Debug, thiserror::Error)]
pub enum NotStated {
    /// There is no such account.
    #[error("there is no account {0}")]
    NoAccount(AccountId),
    /// The journal has too many records since the beginning of the span.
    #[error("the journal has too many records since {0}")]
    TooLong(Timestamp),
    /// A sum does not fit.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The table failed, or the account changed during each reading.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An account at one version of its standing.
pub(crate) struct Read {
    pub(crate) standing: Standing,
    pub(crate) profile: Profile,
    /// Records since the beginning of the span, newest first.
    pub(crate) records: Vec<Record>,
    pub(crate) invoices: BTreeMap<InvoiceId, Invoice>,
    pub(crate) receipts: BTreeMap<String, Receipt>,
}

impl Read {
    /// Gives what was read as the books of a statement.
    pub(crate) fn with_books<T>(
        &self,
        make: impl FnOnce(Books<'_>) -> Result<T, TooLarge>,
    ) -> Result<T, TooLarge> {
        let Self { standing, profile, records, invoices, receipts } = self;
        let counted: BTreeSet<&InvoiceId> = standing.outstanding().map(|(id, _)| id).collect();
        let open = standing.open.keys();
        make(Books {
            records,
            invoices,
            receipts,
            outstanding: &per_currency(standing.outstanding().map(|(_, entry)| entry.remaining))?,
            prepaid: &profile.prepaid_sums(),
            uncounted: &open.filter(|id| !counted.contains(id)).cloned().collect(),
        })
    }
}

impl Statements<'_> {
    /// Parts that a statement needs.
    pub fn parts() -> Vec<Part> {
        vec![Part::Standing, Part::Profile]
    }

    /// The statement of a span.
    ///
    /// # Errors
    /// [`NotStated`].
    pub async fn state(
        &self,
        invocation: &Invocation,
        (account, loaded): (&AccountId, &Loaded),
        span: Range,
    ) -> Result<Stated, NotStated> {
        let read = self.read(invocation, (account, loaded), (span.from, PAGES_MAX)).await?;
        let currencies = read.with_books(|books| statement(books, span))?;
        let Read { invoices, receipts, .. } = read;
        Ok(Stated { currencies, invoices, receipts })
    }

    /// Reads the account until nothing changed it meanwhile: all is of one version of the standing.
    /// Of its journal at most so many pages are read.
    pub(crate) async fn read(
        &self,
        invocation: &Invocation,
        (account, loaded): (&AccountId, &Loaded),
        since: (Timestamp, usize),
    ) -> Result<Read, NotStated> {
        let no_account = || NotStated::NoAccount(account.clone());
        let mut first =
            (loaded.standing()?.ok_or_else(no_account)?, loaded.profile()?.ok_or_else(no_account)?);
        for _ in 0..READINGS_MAX {
            let (standing, profile) = first;
            let version = standing.version;
            let records = self.records(invocation, account, since).await?;
            let named: BTreeSet<InvoiceId> = records.iter().flat_map(invoices_in).collect();
            let read = Read {
                invoices: self.store.invoices_of(invocation, account, &named).await?,
                receipts: self.store.transfers(invocation, account).await?.receipts,
                standing: self.with_all_open(invocation, standing).await?,
                profile,
                records,
            };

            let again = self.store.load(invocation, account, &Self::parts()).await?;
            let standing = again.standing()?.ok_or_else(no_account)?;
            if standing.version == version {
                return Ok(read);
            }
            first = (standing, again.profile()?.ok_or_else(no_account)?);
        }
        Err(StoreError::Conflict.into())
    }

    async fn records(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (since, pages_max): (Timestamp, usize),
    ) -> Result<Vec<Record>, NotStated> {
        let mut records: Vec<Record> = Vec::new();
        for _ in 0..pages_max {
            let last = records.last();
            let before = last.map(|last| Cursor { at: last.at, sequence: last.sequence, skip: 0 });
            let (page, more) = self.store.journal(invocation, account, before, RECORDS_MAX).await?;
            records.extend(page);
            if !more || records.last().is_some_and(|last| last.at < since) {
                records.retain(|record| record.at >= since);
                return Ok(records);
            }
        }
        Err(NotStated::TooLong(since))
    }

    /// The standing with every open invoice: those that it does not list are read.
    async fn with_all_open(
        &self,
        invocation: &Invocation,
        standing: Standing,
    ) -> Result<Standing, StoreError> {
        if standing.more_open == 0 {
            return Ok(standing);
        }
        let invoices = self.store.invoices(invocation, &standing.account).await?;
        let books = self.store.books_of_subscriptions(invocation, &standing.account).await?;
        let subscriptions = books.map(|books| books.subscriptions).unwrap_or_default();
        let subscriptions: Vec<&Subscription> = subscriptions.values().collect();
        Ok(standing.with_all_open(&invoices, &subscriptions))
    }
}

/// Ids of invoices that a record is about.
fn invoices_in(record: &Record) -> impl Iterator<Item = InvoiceId> + '_ {
    let entries = record.entries.iter().map(|entry| Recorded::of(record, entry));
    entries.flat_map(|recorded| recorded.invoices().collect::<Vec<_>>())
}
