//! Reading an account's transfers: its whole books, with every advice and receipt.

use billing::advice::account_of;
use billing::decide::Books;
use billing::desk::Desk;
use billing::ids::AccountId;
use billing::time::Timestamp;
use invocation::Invocation;

use crate::attributes::{Attributes, Reader};
use crate::due::{Entries, PageEnd};
use crate::error::StoreError;
use crate::{Store, advice, keys, receipt};

impl Store {
    /// Books of an account with every invoice, every subscription and the profile, and all its
    /// advices and receipts. The standing is read first: its version guards all of them. Nothing
    /// when there is no such account.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn desk(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Option<(Books, Desk)>, StoreError> {
        let Some(books) = self.books_of_customer(invocation, account).await? else {
            return Ok(None);
        };
        let books = self.with_all_invoices(invocation, books).await?;
        let items = self.all_with_prefix(invocation, account, keys::TRANSFERS).await?;
        Ok(Some((books, desk(&items)?)))
    }

    /// All advices and receipts of an account.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn transfers(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Desk, StoreError> {
        desk(&self.all_with_prefix(invocation, account, keys::TRANSFERS).await?)
    }

    /// Ids of advices that staff have not decided, oldest first, with their accounts: a page of the
    /// index.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn advices_due(
        &self,
        invocation: &Invocation,
        after: Option<PageEnd>,
    ) -> Result<Entries<(AccountId, String)>, StoreError> {
        let page = self.page(invocation, keys::ADVICES_DUE, keys::ALL_DUE, after).await?;
        let found = page.found.iter().filter_map(|key| {
            let id = key.sk.strip_prefix(keys::ADVICES)?;
            Some((account_of(id)?, id.to_owned()))
        });
        Ok(Entries { found: found.collect(), end: page.end })
    }
}

impl Store {
    /// The oldest advice that waits for staff since that moment, or longer.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn advice_late(
        &self,
        invocation: &Invocation,
        since: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let until = keys::after_due(since);
        let range = (keys::ALL_DUE.0, until.as_str());
        let page = self.page(invocation, keys::ADVICES_DUE, range, None).await?;
        let oldest = page.found.first().and_then(|key| key.sk.strip_prefix(keys::ADVICES));
        Ok(oldest.map(str::to_owned))
    }
}

fn desk(items: &[Attributes]) -> Result<Desk, StoreError> {
    let mut desk = Desk::default();
    for item in items {
        match Reader::new(item).text(keys::ENTITY)? {
            "advice" => {
                let advice = advice::read(item)?;
                desk.advices.insert(advice.id.clone(), advice);
            }
            "receipt" => {
                let receipt = receipt::read(item)?;
                desk.receipts.insert(receipt.id.clone(), receipt);
            }
            _ => {}
        }
    }
    Ok(desk)
}
