//! Notices of price changes: what an account was notified of is written together with the journal's
//! entry, once.

use billing::decide::{Books, note};
use billing::ids::{AccountId, PriceId};
use billing::journal::{CauseKind, Entry};
use billing::price_change::{Notice, PriceChange, Stage, ahead};
use invocation::{Class, Classified, Invocation};
use store::StoreError;
use stripe_client::items::Item;
use tracing::info;

use crate::PriceChanges;
use crate::account::Known;
use crate::error::NotDone;

/// A notice that is to be written, with its entry in the journal.
struct NewNotice<'a> {
    account: &'a AccountId,
    entry: Entry,
    notice: &'a Notice,
}

impl PriceChanges {
    /// Withdraws every notice whose change was withdrawn, once.
    pub(crate) async fn notify_of_withdrawals(
        &self,
        invocation: &Invocation,
        known: &Known,
    ) -> Result<(), NotDone> {
        for notice in known.notices.iter().filter(|notice| !notice.withdrawn) {
            let change = known.changes.iter().find(|change| change.id == notice.change);
            let withdrawn = |it: &&PriceChange| matches!(it.stage, Stage::Withdrawn { .. });
            let Some(change) = change.filter(withdrawn) else { continue };

            let notice = &Notice { withdrawn: true, ..notice.clone() };
            let entry = change.withdrawal(invocation.now);
            self.write(invocation, NewNotice { account: &known.account, entry, notice }).await?;
        }
        Ok(())
    }

    /// Announces every change that leads on from a price that the account pays, once.
    pub(crate) async fn notify(
        &self,
        invocation: &Invocation,
        known: &mut Known,
        items: &[Item],
    ) -> Result<(), NotDone> {
        for price in items.iter().filter_map(|item| PriceId::parse(&item.price).ok()) {
            for change in ahead(&price, &known.changes) {
                if known.notices.iter().any(|notice| notice.change == change.id) {
                    continue;
                }

                let notice = Notice {
                    version: 0,
                    change: change.id.clone(),
                    told_at: invocation.now,
                    accepted_at: None,
                    withdrawn: false,
                };
                let (account, entry) = (&known.account, change.announcement(invocation.now));
                self.write(invocation, NewNotice { account, entry, notice: &notice }).await?;
                known.notices.push(notice);
            }
        }
        Ok(())
    }

    async fn write(&self, invocation: &Invocation, new: NewNotice<'_>) -> Result<(), NotDone> {
        let invocation = &invocation.part(CauseKind::Staff, new.notice.change.clone());
        Ok(invocation.retry(|| self.try_write(invocation, &new)).await?)
    }

    async fn try_write(
        &self,
        invocation: &Invocation,
        new: &NewNotice<'_>,
    ) -> Result<(), StoreError> {
        let NewNotice { account, entry, notice } = new;
        let books = self.store.books_of_subscriptions(invocation, account).await?;
        let Some(Books { standing, .. }) = books else { return Ok(()) };

        let noted = note(&standing, entry.clone(), invocation.now);
        let written = self.store.tell_of_price_change(invocation, &noted, notice).await;
        if let Err(error) = written {
            if error.class() == Class::Conflict && self.is_written(invocation, new).await? {
                return Ok(());
            }
            return Err(error);
        }

        info!(account.id = %account, "account {account} was notified of {}", notice.change);
        Ok(())
    }

    /// True if another invocation wrote the notice; a conflict may also come from any other change
    /// of the account.
    async fn is_written(
        &self,
        invocation: &Invocation,
        new: &NewNotice<'_>,
    ) -> Result<bool, StoreError> {
        let written = self.store.price_notices(invocation, new.account).await?;
        let same = written.iter().find(|it| it.change == new.notice.change);
        Ok(same.is_some_and(|it| it.withdrawn == new.notice.withdrawn))
    }
}
