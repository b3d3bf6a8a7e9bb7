//! All accounts, page by page, newest first.

use std::convert::Infallible;

use billing::state::State;
use billing::usage::exceeded;
use invocation::Invocation;
use store::opened::Opened;
use store::{Loaded, StoreError};

use crate::Failure;
use crate::read::{Account, Accounts};

/// A page of accounts.
#[derive(Debug, Clone)]
pub struct AccountPage {
    /// The accounts, newest first; their standings list at most the invoices that are kept there.
    pub accounts: Vec<Account>,
    /// Place of the last account that was looked at, if older ones follow.
    pub end: Option<Opened>,
}

impl Accounts<'_> {
    /// A page of at most `limit` accounts before a place, newest first. A state filters the page,
    /// so it may be short, or empty, while others follow.
    ///
    /// # Errors
    /// The table's.
    pub async fn list_accounts(
        &self,
        invocation: &Invocation,
        (before, limit): (Option<&Opened>, usize),
        state: Option<State>,
    ) -> Result<AccountPage, Failure<Infallible>> {
        let (opened, more) = self.store.accounts_opened(invocation, before, limit).await?;
        let wanted = opened.iter().map(|it| (it.account.clone(), Self::parts(invocation.now)));
        let wanted: Vec<_> = wanted.collect();

        let all = self.store.load_all(invocation, &wanted).await?;

        let mut accounts = Vec::new();
        for loaded in opened.iter().filter_map(|it| all.get(&it.account)) {
            let listed = self.listed(invocation, loaded)?;
            accounts.extend(listed.filter(|it| state.is_none_or(|state| it.state == state)));
        }
        Ok(AccountPage { accounts, end: opened.last().filter(|_| more).cloned() })
    }

    /// A listed account; none for one whose opening was taken back since the index was written.
    pub(crate) fn listed(
        &self,
        invocation: &Invocation,
        loaded: &Loaded,
    ) -> Result<Option<Account>, StoreError> {
        let (Some(standing), Some(profile)) = (loaded.standing()?, loaded.profile()?) else {
            return Ok(None);
        };

        let used = loaded.used(invocation.now)?;
        let exceeded = exceeded(&self.catalog.allowances(standing.plan()), &used);
        let state = standing.state_at(invocation.now).limited_by(&exceeded);
        Ok(Some(Account { standing, profile, state }))
    }
}
