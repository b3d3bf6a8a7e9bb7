//! What price changes come to for one account: it is told, and its subscription gets the price of its next period.

use billing::account::{PendingChange, Standing};
use billing::decide::{Books, note};
use billing::fact::SubscriptionSnapshot;
use billing::ids::{AccountId, PriceId};
use billing::journal::{CauseKind, Entry};
use billing::price_change::{
    Notice, PriceChange, SWAP_SECONDS, Since, Stage, ahead, price_of_next_period,
};
use billing::time::Timestamp;
use invocation::Invocation;
use store::StoreError;
use stripe_client::Subscription;
use stripe_client::items::{Item, items};
use stripe_requests::request::subscription::{ItemChange, change_next_period};
use stripe_sync::Sync;

const TRIES_MAX: u32 = 6;
use tracing::info;

use crate::PriceChanges;
use crate::error::NotDone;

/// What is known of an account.
struct Known {
    account: AccountId,
    changes: Vec<PriceChange>,
    notices: Vec<Notice>,
}

impl PriceChanges {
    /// Everything for one account. Safe to run at any time, any number of times.
    pub(crate) async fn account(
        &self,
        invocation: &Invocation,
        id: &AccountId,
    ) -> Result<(), NotDone> {
        let Some(Books { standing, .. }) =
            self.store.books_of_subscriptions(invocation, id).await?
        else {
            return Ok(());
        };
        let changes = self.store.price_changes(invocation).await?;
        let notices = self.store.price_notices(invocation, id).await?;
        let mut known = Known { account: id.clone(), changes, notices };
        self.tell_withdrawals(invocation, &mut known).await?;
        let Some(live) = standing.live_subscription() else { return Ok(()) };
        let is_due = known.has_changes_of(live) && is_due(live, invocation.now);
        if !is_due && !known.has_news_for(live, invocation.now) {
            return Ok(());
        }
        // Who pays which price, Stripe alone knows.
        let Some(read) = self.stripe.subscription(invocation, &live.id).await? else {
            return Ok(());
        };
        let items = items(&read.body)?;
        self.tell(invocation, &mut known, &items).await?;
        if is_due { self.swap(invocation, &known, &standing, &read, &items).await } else { Ok(()) }
    }

    async fn tell_withdrawals(
        &self,
        invocation: &Invocation,
        known: &mut Known,
    ) -> Result<(), NotDone> {
        for notice in known.notices.clone().iter().filter(|notice| !notice.withdrawn) {
            let change = known.changes.iter().find(|change| change.id == notice.change);
            let withdrawn = |it: &&PriceChange| matches!(it.stage, Stage::Withdrawn { .. });
            let Some(change) = change.filter(withdrawn) else { continue };
            let told = Notice { withdrawn: true, ..notice.clone() };
            self.write(
                invocation,
                &known.account,
                change,
                change.withdrawal(invocation.now),
                &told,
            )
            .await?;
        }
        Ok(())
    }

    /// Announces every change that leads on from a price that the account pays, once.
    async fn tell(
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
                let (withdrawn, told_at) = (false, invocation.now);
                let told = Notice { version: 0, change: change.id.clone(), told_at, withdrawn };
                self.write(
                    invocation,
                    &known.account,
                    change,
                    change.announcement(invocation.now),
                    &told,
                )
                .await?;
                known.notices.push(told);
            }
        }
        Ok(())
    }

    async fn write(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        change: &PriceChange,
        entry: Entry,
        notice: &Notice,
    ) -> Result<(), NotDone> {
        let invocation = &invocation.part(CauseKind::Staff, change.id.clone());
        for tries in 1..=TRIES_MAX {
            let books = self.store.books_of_subscriptions(invocation, account).await?;
            let Some(Books { standing, .. }) = books else { return Ok(()) };
            let noted = note(&standing, entry.clone(), invocation.now);
            let told = self.store.tell_of_price_change(invocation, &noted, notice);
            match told.await {
                Ok(()) => {
                    info!(account.id = %account, "account {account} was told of {}", change.id);
                    return Ok(());
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
            // Somebody else told it, or changed something else.
            let told = self.store.price_notices(invocation, account).await?;
            let same = |it: &&Notice| it.change == notice.change;
            if told.iter().find(same).is_some_and(|it| it.withdrawn == notice.withdrawn) {
                return Ok(());
            }
            invocation.wait(tries).await;
        }
        Err(StoreError::Conflict.into())
    }

    /// Gives the subscription the prices of the period that comes. A schedule would bring the old ones back: it is taken
    /// away, and made anew of what is booked.
    async fn swap(
        &self,
        invocation: &Invocation,
        known: &Known,
        standing: &Standing,
        read: &Subscription,
        items: &[Item],
    ) -> Result<(), NotDone> {
        let snapshot = &read.snapshot;
        let leaves = standing.pending.as_ref().is_some_and(|it| leaves(snapshot, it));
        if leaves || snapshot.ends_at.is_some() || !is_due(snapshot, invocation.now) {
            return Ok(());
        }
        let (account, id) = (&known.account, &snapshot.id);
        let sync = Sync { store: &self.store, stripe: &self.stripe, facts: &self.facts };
        let swaps = known.swaps(snapshot, items);
        if !swaps.is_empty() {
            sync.unschedule(invocation, account, read).await?;
            let told_at = self.stripe.call(invocation, &change_next_period(id, &swaps)).await?.at;
            sync.read_subscription(invocation, account, id, Some(told_at)).await?;
            info!(account.id = %account, "{id} of account {account} has the prices of its next period");
        }
        if standing.pending.is_some() {
            sync.book(invocation, account).await?;
        }
        Ok(())
    }
}

impl Known {
    fn of<'a>(&'a self, live: &'a SubscriptionSnapshot) -> impl Iterator<Item = &'a PriceChange> {
        let same = |it: &&PriceChange| it.plan == live.plan && Some(it.interval) == live.interval;
        self.changes.iter().filter(same)
    }

    /// Whether its plan has any change: one that was withdrawn may have to be undone.
    fn has_changes_of(&self, live: &SubscriptionSnapshot) -> bool {
        self.of(live).any(|change| change.prices.is_some())
    }

    /// Whether its plan has a change that the account was not told of, and that may be of a price that it pays: of one with
    /// such an amount. So who pays another is not read at Stripe again and again.
    fn has_news_for(&self, live: &SubscriptionSnapshot, now: Timestamp) -> bool {
        self.of(live).any(|change| {
            let told = self.notices.iter().any(|notice| notice.change == change.id);
            let may_pay = live.fee.is_none_or(|fee| {
                let mut same = self.of(live).filter(|it| it.part == change.part);
                same.any(|it| fee.amount(it.part) == Some(it.from.amount))
            });
            change.prices.is_some() && change.is_at_work(now) && !told && may_pay
        })
    }

    /// The items that are to have another price in the next period.
    fn swaps(&self, snapshot: &SubscriptionSnapshot, items: &[Item]) -> Vec<ItemChange> {
        let since = Since { created: snapshot.created, renews_at: snapshot.period_end };
        let swap = |item: &Item| {
            let price = PriceId::parse(&item.price).ok()?;
            let next = price_of_next_period(&price, &self.changes, &self.notices, since);
            let quantity = item.quantity.filter(|_| *next != price)?;
            let price = Some(next.as_str().to_owned());
            Some(ItemChange::Set { item: item.id.clone(), price, quantity })
        };
        items.iter().filter_map(swap).collect()
    }
}

/// Whether the next period begins so soon that its prices are set.
fn is_due(live: &SubscriptionSnapshot, now: Timestamp) -> bool {
    now < live.period_end && live.period_end <= now.plus_seconds(SWAP_SECONDS)
}

/// Whether the next period will be another plan's.
fn leaves(live: &SubscriptionSnapshot, pending: &PendingChange) -> bool {
    pending.plan != live.plan || Some(pending.interval) != live.interval
}
