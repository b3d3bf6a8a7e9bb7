//! Sub-accounts as their parent manages them: listed, renamed, moved between billing models (B7,
//! B11), and their usage (B9).
//!
//! A change is one transaction over both accounts, each under its standing's version.

use std::collections::BTreeMap;

use billing::account::Standing;
use billing::decide::family::{BothChange, ModelBooking, Pair, model_booked, sub_account_renamed};
use billing::family::listed::ListedSubAccount;
use billing::family::payers::Payers;
use billing::family::{BillingModel, FamilyRefusal};
use billing::ids::AccountId;
use billing::month::Month;
use billing::profile::Profile;
use billing::time::Timestamp;
use billing::usage::Usage;
use invocation::Invocation;
use store::{Loaded, Part, Store, StoreError};
use tracing::info;

use crate::{Failure, Subject};

/// Sub-accounts of parents, in a table.
#[derive(Debug, Clone, Copy)]
pub struct SubAccounts<'a> {
    /// The table.
    pub store: &'a Store,
}

/// Place in a list of sub-accounts, and the number of them from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The last sub-account of the page before.
    pub behind: Option<AccountId>,
    /// Most sub-accounts.
    pub limit: usize,
}

/// Sub-accounts of one page, and whether more follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The sub-accounts, in order of their ids.
    pub sub_accounts: Vec<ListedSubAccount>,
    /// True if more follow.
    pub is_more: bool,
}

/// Usage of one sub-account in a month, and the latest levels of its gauges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageOf {
    /// The sub-account.
    pub listed: ListedSubAccount,
    /// Counters of the month.
    pub counted: Usage,
}

/// A parent and one of its sub-accounts, as they are loaded for one try.
struct Both {
    parent: Standing,
    listed: ListedSubAccount,
    sub_account: Standing,
    profile: Profile,
    payers: Payers,
}

impl Both {
    fn pair(&self) -> Pair<'_> {
        Pair { parent: &self.parent, sub_account: &self.sub_account, listed: &self.listed }
    }
}

impl SubAccounts<'_> {
    /// Parts of the parent that a change of one sub-account needs.
    pub fn parts(id: &AccountId) -> Vec<Part> {
        vec![Part::Standing, Part::SubAccount(id.clone())]
    }

    /// A page of a parent's sub-accounts.
    ///
    /// # Errors
    /// The table's.
    pub async fn list(
        &self,
        invocation: &Invocation,
        parent: &AccountId,
        Window { behind, limit }: &Window,
    ) -> Result<Listed, StoreError> {
        let limit = i32::try_from(*limit).unwrap_or(i32::MAX);
        let page = self.store.sub_accounts(invocation, parent, behind.as_ref(), limit).await?;
        Ok(Listed { sub_accounts: page.0, is_more: page.1 })
    }

    /// Usage of the sub-accounts of a page.
    ///
    /// # Errors
    /// The table's.
    pub async fn usage(
        &self,
        invocation: &Invocation,
        listed: Vec<ListedSubAccount>,
        month: Month,
    ) -> Result<Vec<UsageOf>, StoreError> {
        let parts = vec![Part::Usage(month), Part::Gauges];
        let wanted: Vec<(AccountId, Vec<Part>)> =
            listed.iter().map(|it| (it.id.clone(), parts.clone())).collect();
        let mut loaded = self.store.load_all(invocation, &wanted).await?;

        let usage = listed.into_iter().map(|listed| {
            let counted = counted(loaded.remove(&listed.id), month, invocation.now)?;
            Ok(UsageOf { listed, counted })
        });
        usage.collect()
    }

    /// Gives a sub-account another name.
    ///
    /// # Errors
    /// A rule refuses it, or the table failed.
    pub async fn rename(
        &self,
        invocation: &Invocation,
        subject: &Subject,
        (id, name): (&AccountId, &str),
    ) -> Result<ListedSubAccount, Failure<FamilyRefusal>> {
        invocation
            .retry_conflicts(|| async {
                let both = self.both(invocation, subject, id).await?;
                let renamed = sub_account_renamed(both.pair(), &both.profile, name, invocation.now);
                if let Some(change) = renamed.map_err(Failure::Refused)? {
                    self.commit(invocation, &change).await?;
                }
                Ok(ListedSubAccount { name: name.to_owned(), ..both.listed })
            })
            .await
    }

    /// Books another billing model for a sub-account. Returns its cut line.
    ///
    /// # Errors
    /// A rule refuses it, or the table failed.
    pub async fn book_model(
        &self,
        invocation: &Invocation,
        subject: &Subject,
        (id, model): (&AccountId, BillingModel),
    ) -> Result<Timestamp, Failure<FamilyRefusal>> {
        invocation
            .retry_conflicts(|| async {
                let both = self.both(invocation, subject, id).await?;
                let booked = model_booked(both.pair(), &both.payers, model, invocation.now);
                let ModelBooking { effective_at, changes } = booked.map_err(Failure::Refused)?;
                if let Some(changes) = changes {
                    self.commit(invocation, &changes).await?;
                    info!(account.id = %id,
                        "booked another payer of {id} for {effective_at}");
                }
                Ok(effective_at)
            })
            .await
    }

    async fn commit(&self, invocation: &Invocation, change: &BothChange) -> Result<(), StoreError> {
        self.store.commit_both(invocation, &change.parent, &change.sub_account).await
    }

    /// The parent by what was loaded with the caller's key, and the sub-account.
    async fn both(
        &self,
        invocation: &Invocation,
        subject: &Subject,
        id: &AccountId,
    ) -> Result<Both, Failure<FamilyRefusal>> {
        let unknown = || Failure::Refused(FamilyRefusal::Unknown);
        let account = &subject.account;
        let loaded = subject.parts(invocation, self.store, &Self::parts(id)).await?;
        let parent = loaded.standing()?.ok_or_else(|| Failure::NoAccount(account.clone()))?;
        let listed = loaded.sub_account(id)?.ok_or_else(unknown)?;

        let parts = [Part::Standing, Part::Profile, Part::Payers];
        let loaded = self.store.load(invocation, id, &parts).await?;
        let sub_account = loaded.standing()?.ok_or_else(unknown)?;
        let profile = loaded.profile()?.ok_or_else(unknown)?;
        let payers = loaded.payers()?.ok_or_else(unknown)?;
        Ok(Both { parent, listed, sub_account, profile, payers })
    }
}

/// Counters of a month with the levels that gauges have in it. An earlier month's levels are those
/// that were reported in it.
fn counted(loaded: Option<Loaded>, month: Month, now: Timestamp) -> Result<Usage, StoreError> {
    let Some(loaded) = loaded else { return Ok(Usage::default()) };
    let mut counted = loaded.usage(month)?.unwrap_or_default();
    if month == Month::of(now) {
        let latest = loaded.gauges()?.unwrap_or_default();
        let held: BTreeMap<_, _> = latest.held.into_iter().collect();
        counted.held.extend(held);
    }
    Ok(counted)
}
