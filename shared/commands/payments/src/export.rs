//! A month of all accounts for the vendor's bookkeeping (F7), account by account.

use std::collections::{BTreeMap, BTreeSet};

use billing::ids::{AccountId, InvoiceId};
use billing::invoice::Invoice;
use billing::listing::Range;
use billing::money::Money;
use billing::profile::Profile;
use billing::receipt::Receipt;
use billing::statement::{InCurrency, receivables, statement};
use invocation::Invocation;
use store::opened::Opened;
use store::{Store, StoreError};

use crate::statement::{NotStated, Read, Statements};

/// Most pages of one account's journal: 50,000 records since the beginning of the span. An export is
/// for every account, the busiest too.
const PAGES_MAX: usize = 200;

/// Reads accounts for exports.
#[derive(Debug, Clone, Copy)]
pub struct Exports<'a> {
    /// The table.
    pub store: &'a Store,
}

/// An account in a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// Its profile now.
    pub profile: Profile,
    /// Its statement by currency.
    pub currencies: Vec<InCurrency>,
    /// Invoices that were owed at the end of the span, with the money owed.
    pub receivables: BTreeMap<InvoiceId, Money>,
    /// Invoices that the statement or the receivables name.
    pub invoices: BTreeMap<InvoiceId, Invoice>,
    /// Its receipts.
    pub receipts: BTreeMap<String, Receipt>,
}

impl Exports<'_> {
    /// At most `limit` accounts that were opened before a place, newest first, and whether older
    /// ones follow.
    ///
    /// # Errors
    /// The table's.
    pub async fn accounts(
        &self,
        invocation: &Invocation,
        before: Option<&Opened>,
        limit: usize,
    ) -> Result<(Vec<Opened>, bool), StoreError> {
        self.store.accounts_opened(invocation, before, limit).await
    }

    /// An account in a span; none for one whose opening was taken back.
    ///
    /// # Errors
    /// [`NotStated`].
    pub async fn account(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        span: Range,
    ) -> Result<Option<Exported>, NotStated> {
        let statements = Statements { store: self.store };
        let loaded = self.store.load(invocation, account, &Statements::parts()).await?;
        let since = (span.from, PAGES_MAX);
        let read = match statements.read(invocation, (account, &loaded), since).await {
            Ok(read) => read,
            Err(NotStated::NoAccount(_)) => return Ok(None),
            Err(error) => return Err(error),
        };

        let currencies = read.with_books(|books| statement(books, span))?;
        let owed = read.standing.outstanding();
        let owed = owed.map(|(id, entry)| (id.clone(), entry.remaining)).collect();
        let receivables = read.with_books(|books| receivables(books, owed, span.to))?;
        let Read { mut invoices, profile, receipts, .. } = read;

        let others = receivables.keys().filter(|id| !invoices.contains_key(*id));
        let others: BTreeSet<InvoiceId> = others.cloned().collect();
        invoices.extend(self.store.invoices_of(invocation, account, &others).await?);
        Ok(Some(Exported { profile, currencies, receivables, invoices, receipts }))
    }
}
