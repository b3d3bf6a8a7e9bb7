//! Price changes for one account: it is notified, and its subscription gets the price of its next
//! period.

use billing::account::PendingChange;
use billing::decide::Books;
use billing::fact::SubscriptionSnapshot;
use billing::ids::{AccountId, PriceId};
use billing::price_change::{Notice, PriceChange, SWAP_SECONDS, Since, price_of_next_period};
use billing::time::Timestamp;
use invocation::Invocation;
use stripe_client::items::{Item, items};
use stripe_requests::request::subscription::{ItemChange, change_next_period};
use stripe_sync::{Settled, Sync};

use tracing::info;

use crate::PriceChanges;
use crate::error::NotDone;

/// An account with all price changes and what it was notified of.
pub(crate) struct Known {
    pub(crate) account: AccountId,
    pub(crate) changes: Vec<PriceChange>,
    pub(crate) notices: Vec<Notice>,
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
        self.notify_of_withdrawals(invocation, &known).await?;

        let Some(live) = standing.live_subscription() else { return Ok(()) };
        let is_due = known.has_changes_of(live) && is_due(live, invocation.now);
        if !is_due && !known.has_news_for(live, invocation.now) {
            return Ok(());
        }

        // Only Stripe knows who pays which price.
        let Some(read) = self.stripe.subscription(invocation, &live.id).await? else {
            return Ok(());
        };
        let items = items(&read.body)?;
        self.notify(invocation, &mut known, &items).await?;
        if !is_due {
            return Ok(());
        }
        let is_booked = standing.pending.as_ref().is_none_or(|pending| pending.booked);
        if is_booked && known.swaps(&read.snapshot, &items).is_empty() {
            return Ok(());
        }

        let sync = Sync { store: &self.store, stripe: &self.stripe, facts: &self.facts };
        let lease = sync.known_lease(invocation, id).await?;
        let subscription = &read.snapshot.id;
        let swap = async {
            // Another request may have changed the account before the lease was taken.
            let settled = sync.read_subscription(invocation, id, subscription, None).await?;
            self.swap(invocation, &known, &settled).await
        };
        Box::pin(sync.leased(invocation, id, lease, swap)).await
    }

    /// Gives the subscription the prices of the period that comes. A schedule would bring the old
    /// ones back: it is taken away, and made anew of what is booked.
    async fn swap(
        &self,
        invocation: &Invocation,
        known: &Known,
        settled: &Settled,
    ) -> Result<(), NotDone> {
        let (standing, read) = (settled.standing(), &settled.read);
        let (snapshot, items) = (&read.snapshot, items(&read.body)?);
        let leaves = standing.pending.as_ref().is_some_and(|it| leaves(snapshot, it));
        if leaves || snapshot.ends_at.is_some() || !is_due(snapshot, invocation.now) {
            return Ok(());
        }

        let (account, id) = (&known.account, &snapshot.id);
        let sync = Sync { store: &self.store, stripe: &self.stripe, facts: &self.facts };
        let swaps = known.swaps(snapshot, &items);
        if !swaps.is_empty() {
            sync.unschedule(invocation, account, read).await?;
            let changed_at =
                self.stripe.call(invocation, &change_next_period(id, &swaps)).await?.at;
            sync.read_subscription(invocation, account, id, Some(changed_at)).await?;
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

    /// True if its plan has any change: one that was withdrawn may have to be undone.
    fn has_changes_of(&self, live: &SubscriptionSnapshot) -> bool {
        self.of(live).any(|change| change.prices.is_some())
    }

    /// True if its plan has a change that the account was not told of, and that may be of a price
    /// that it pays: of one with such an amount. So who pays another is not read at Stripe again
    /// and again.
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
        let notices: Vec<Notice> = self.notices.iter().map(Notice::for_charging).collect();
        let swap = |item: &Item| {
            let price = PriceId::parse(&item.price).ok()?;
            let next = price_of_next_period(&price, &self.changes, &notices, since);
            let quantity = item.quantity.filter(|_| *next != price)?;
            let price = Some(next.as_str().to_owned());
            Some(ItemChange::Set { item: item.id.clone(), price, quantity })
        };
        items.iter().filter_map(swap).collect()
    }
}

/// True if the next period begins so soon that its prices are set.
fn is_due(live: &SubscriptionSnapshot, now: Timestamp) -> bool {
    now < live.period_end && live.period_end <= now.plus_seconds(SWAP_SECONDS)
}

/// True if the next period will be another plan's.
fn leaves(live: &SubscriptionSnapshot, pending: &PendingChange) -> bool {
    pending.plan != live.plan || Some(pending.interval) != live.interval
}
