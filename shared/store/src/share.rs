//! Counts of a sub-account's month that its parent pays for, as items in the parent's partition.
//!
//! A sub-account's closing adds one, and in the same transaction counts it on the parent's month
//! and puts that month into the index. The parent's closing rests on that count: so no share is
//! left out, and none is added to a month that is closed.

use std::collections::BTreeMap;

use billing::family::listed::ListedSubAccount;
use billing::family::payers::Payers;
use billing::ids::AccountId;
use billing::month::{Day, Month};
use billing::usage::Usage;
use invocation::Invocation;

use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::expression::Expression;
use crate::keys;
use crate::transaction::{Condition, Transaction};
use crate::usage::{LEVEL, SHARES, SINCE, SUM};

/// Sub-accounts that one request of a list reads.
const LISTED_MAX: i32 = 1_000;

/// Adds the share of an account's month to a month of its parent.
pub(crate) fn add(
    transaction: &mut Transaction,
    (parent, billed): (&AccountId, Month),
    (account, month): (&AccountId, Month),
    usage: &Usage,
) {
    let mut item = Writer::item(keys::share(parent, billed, account, month), "share", 1)
        .text("of", account.as_str());
    for (resource, sum) in &usage.sums {
        item = item.number(&format!("{SUM}{resource}"), *sum);
    }
    for (resource, held) in &usage.held {
        item = item.number(&format!("{LEVEL}{resource}"), held.level);
        item = item.number(&format!("{SINCE}{resource}"), held.at.0);
    }
    transaction.put(item.done(), Condition::New);

    let mut expression = Expression::new(keys::usage(parent, billed));
    expression.begin("usage", Some(&billed.to_string()));
    expression.set_due(&keys::bill_due(parent, billed));
    expression.add_number(SHARES, 1);
    transaction.update(expression);
}

fn read(item: &Attributes) -> Result<(AccountId, Usage), StoreError> {
    let account = Reader::new(item).word("of", |id| AccountId::parse(id).ok())?;
    Ok((account, crate::usage::read(item)?))
}

impl Store {
    /// Shares that are billed with a month of a parent, and how many closings left them. An account
    /// whose earlier month came too late for that month's own bill has the sum of both.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn shares(
        &self,
        invocation: &Invocation,
        parent: &AccountId,
        billed: Month,
    ) -> Result<(BTreeMap<AccountId, Usage>, u64), StoreError> {
        let prefix = keys::shares(billed);
        let mut shares: BTreeMap<AccountId, Usage> = BTreeMap::new();
        let mut number = 0_u64;
        for item in self.all_with_prefix(invocation, parent, &prefix).await? {
            let (account, usage) = read(&item)?;
            shares.entry(account).or_default().add(&usage);
            number = number.saturating_add(1);
        }
        Ok((shares, number))
    }

    /// The first month of a parent from one on that is not closed, and whether it has shares.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn first_open_month(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        from: Month,
    ) -> Result<(Month, bool), StoreError> {
        let (first, last) =
            (keys::usage(account, from).sk, keys::usage(account, Month::of(invocation.now)).sk);
        let partition = keys::account_partition(account);
        let items = self.all_between(invocation, &partition, &first, &last).await?;
        let months = items.iter().map(|item| {
            let month =
                Reader::new(item).word(crate::expression::ON, |it| Month::parse(it).ok())?;
            Ok((month, crate::usage::read(item)?))
        });
        let months: BTreeMap<Month, Usage> = months.collect::<Result<_, StoreError>>()?;

        let mut open = from;
        while months.get(&open).is_some_and(|usage| usage.closed) {
            open = Month::of(open.end());
        }
        let has_shares = months.get(&open).is_some_and(|usage| usage.shares > 0);
        Ok((open, has_shares))
    }

    /// Sub-accounts for which a parent pays on some day of a month.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn paid_sub_accounts(
        &self,
        invocation: &Invocation,
        parent: &AccountId,
        month: Month,
    ) -> Result<Vec<ListedSubAccount>, StoreError> {
        let mut paid: Vec<ListedSubAccount> = Vec::new();
        let mut behind: Option<AccountId> = None;
        loop {
            let (page, more) =
                self.sub_accounts(invocation, parent, behind.as_ref(), LISTED_MAX).await?;
            behind = page.last().map(|last| last.id.clone());
            paid.extend(page.into_iter().filter(|listed| listed.is_paid_in(month)));
            if !more || behind.is_none() {
                return Ok(paid);
            }
        }
    }

    /// Those accounts that have counters of a month, or of the one before it, which may go on in
    /// it, and have not closed them.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn not_closed(
        &self,
        invocation: &Invocation,
        accounts: impl IntoIterator<Item = &AccountId>,
        month: Month,
    ) -> Result<Vec<AccountId>, StoreError> {
        let accounts: Vec<&AccountId> = accounts.into_iter().collect();
        let before = Month::of(month.start().plus_seconds(-1));
        let both = |account: &AccountId| [before, month].map(|month| keys::usage(account, month));
        let keys: Vec<_> = accounts.iter().flat_map(|account| both(account)).collect();
        let items = self.batch_all(invocation, &keys).await?;

        let mut open = Vec::new();
        for account in accounts {
            for key in both(account) {
                if items.usage(&key)?.is_some_and(|usage| !usage.closed) {
                    open.push(account.clone());
                    break;
                }
            }
        }
        Ok(open)
    }

    /// Payers of a sub-account, with the counters of a month's days where its payer changed in it.
    /// Nothing of an account that never was a sub-account.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn payers_in(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        month: Month,
    ) -> Result<Option<(Payers, BTreeMap<Day, Usage>)>, StoreError> {
        let items = self.batch(invocation, &[keys::payers(account)]).await?;
        let Some(payers) = items.first().map(crate::family::read_payers).transpose()? else {
            return Ok(None);
        };
        let changed = payers.payers_in(month).len() > 1;
        let days = if changed {
            self.usage_days(invocation, account, month).await?
        } else {
            BTreeMap::new()
        };
        Ok(Some((payers, days)))
    }
}
