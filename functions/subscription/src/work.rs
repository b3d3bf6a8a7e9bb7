//! One request about one account, as far as it is.

use auth::{Admitted, admit_to_account, problem};
use billing::account::{PendingChange, Standing};
use billing::decide::note;
use billing::ids::{AccountId, CustomerId, InvoiceId};
use billing::journal::{Entry, Kind, Value};
use billing::money::Money;
use billing::plan_change::Target;
use billing::price_change::Told;
use billing::profile::Profile;
use billing::time::Timestamp;
use billing::words::Word;
use invocation::Invocation;
use runtime::{Problem, Request, Response};
use store::StoreError;
use store::keys::{self, Key};
use stripe_client::Subscription;
use stripe_client::items::{Wanted, changes, items};
use stripe_requests::request::subscription::{ItemChange, void_invoice};
use stripe_sync::{Interrupted, Sync};
use tracing::info;

use crate::Subscriptions;
use crate::view::SubscriptionView;

/// How often it is tried when the account changes meanwhile.
pub(crate) const TRIES_MAX: u32 = 5;

/// One request about one account.
#[derive(Debug)]
pub(crate) struct Work<'a> {
    pub(crate) own: &'a Subscriptions,
    pub(crate) account: AccountId,
    pub(crate) invocation: &'a Invocation,
    /// What was read with the request.
    pub(crate) admitted: Admitted,
}

/// What there is to change.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) standing: Standing,
    /// The subscription, if one runs, as it is at Stripe now.
    pub(crate) read: Option<Subscription>,
}

impl Subscriptions {
    /// Admits a request, and reads the account's standing and more of its items.
    pub(crate) async fn work<'a>(
        &'a self,
        invocation: &'a Invocation,
        request: &Request,
        more: impl FnOnce(&AccountId) -> Vec<Key>,
    ) -> Result<Work<'a>, Problem> {
        let items = |account: &AccountId| {
            let mut wanted = more(account);
            let standing = keys::standing(account);
            if !wanted.contains(&standing) {
                wanted.push(standing);
            }
            wanted
        };
        let (account, admitted) = admit_to_account(invocation, &self.store, request, items).await?;
        Ok(Work { own: self, account, invocation, admitted })
    }
}

impl Work<'_> {
    /// The standing as it was read with the request.
    pub(crate) fn standing(&self) -> Result<Standing, Problem> {
        let item = self.admitted.item("standing").ok_or_else(|| Problem::not_found("account"))?;
        store::standing::read(item).map_err(|error| problem(&error))
    }

    /// The account's customer at Stripe, by its profile.
    pub(crate) fn customer(&self) -> Result<CustomerId, Problem> {
        let item = self.admitted.item("profile").ok_or_else(|| Problem::not_found("account"))?;
        let profile: Profile = store::profile::read(item).map_err(|error| problem(&error))?;
        profile.customer.ok_or_else(|| {
            let detail = "The account has no customer at Stripe yet: the request that opened it is to be repeated.";
            Problem::new(409, "account_incomplete", detail)
        })
    }

    pub(crate) fn sync(&self) -> Sync<'_> {
        let Subscriptions { store, stripe, facts, .. } = self.own;
        Sync { store, stripe, facts }
    }

    /// The account's subscription as Stripe has it now, settled. Without one nothing is read.
    pub(crate) async fn find(&mut self) -> Result<Found, Interrupted> {
        let standing = self.standing()?;
        let Some(live) = standing.live_subscription() else {
            return Ok(Found { standing, read: None });
        };
        let read = self.read(&live.id, None).await?;
        let standing = self.reload().await?;
        let is_live = standing.live_subscription().is_some_and(|live| live.id == read.snapshot.id);
        Ok(Found { standing, read: Some(read).filter(|_| is_live) })
    }

    /// Reads a subscription at Stripe and settles it. `told_at` is when Stripe answered the call that changed it.
    pub(crate) async fn read(
        &mut self,
        id: &billing::ids::SubscriptionId,
        told_at: Option<Timestamp>,
    ) -> Result<Subscription, Interrupted> {
        let read = self.sync();
        let read = read.read_subscription(self.invocation, &self.account, id, told_at);
        let read = read.await;
        Ok(read?)
    }

    /// The standing as it is in the table now.
    pub(crate) async fn reload(&mut self) -> Result<Standing, Interrupted> {
        let item = self.own.store.get(self.invocation, keys::standing(&self.account)).await?;
        let item = item.ok_or_else(|| Problem::not_found("account"))?;
        Ok(store::standing::read(&item)?)
    }

    /// Writes a standing with what the journal says of it. Lost when it changed since it was read.
    pub(crate) async fn commit(
        &mut self,
        standing: &Standing,
        entry: Entry,
    ) -> Result<(), Interrupted> {
        let change = note(standing, entry, self.invocation.now);
        self.own.store.commit(self.invocation, &change).await?;
        Ok(())
    }

    /// Says something in the journal, whatever else happens meanwhile.
    pub(crate) async fn tell(&mut self, entry: &Entry) -> Result<(), Interrupted> {
        let sync = self.sync();
        let told = sync.tell(self.invocation, &self.account, entry).await;
        Ok(told?)
    }

    /// Makes the invoice void that an earlier change waits for: there is one wish at a time. Whether anything was: then the
    /// subscription is to be read again.
    pub(crate) async fn void_pending(&mut self, read: &Subscription) -> Result<bool, Interrupted> {
        match &read.snapshot.pending_invoice {
            None => Ok(false),
            Some(invoice) => self.void(invoice).await.map(|()| true),
        }
    }

    /// Makes an invoice void. One that was paid, or made void, meanwhile can not be: look again.
    pub(crate) async fn void(&mut self, invoice: &InvoiceId) -> Result<(), Interrupted> {
        match self.own.stripe.call(self.invocation, &void_invoice(invoice)).await {
            Err(error) if error.is_refusal() => Err(Interrupted::Conflict),
            answered => Ok(answered.map(|_| ())?),
        }
    }

    /// What is to be done to the items of a subscription.
    pub(crate) async fn changes(
        &self,
        read: &Subscription,
        target: &Target,
    ) -> Result<Vec<ItemChange>, Interrupted> {
        let own = items(&read.body)?;
        if stays(read, target) {
            return Ok(changes(&own, Wanted::Seats(target.seats)));
        }
        let prices = self.prices(target, self.invocation.now).await?;
        Ok(changes(&own, Wanted::Plan(&prices, target.seats)))
    }

    /// What a plan costs for periods from a moment on.
    pub(crate) async fn prices(
        &self,
        target: &Target,
        from: Timestamp,
    ) -> Result<stripe_client::PlanPrices, Interrupted> {
        let interval = catalog::Interval::of(target.interval).ok_or_else(Problem::internal)?;
        let stripe = &self.own.stripe;
        Ok(stripe.plan_prices_from(self.invocation, &target.plan, interval, from).await?)
    }

    /// The tax rates that come on top of what is sold now.
    pub(crate) async fn tax_rates(&self) -> Result<Vec<String>, Interrupted> {
        let sold = &self.own.catalog.tax_rates;
        Ok(self.own.stripe.tax_rates(self.invocation, sold).await?)
    }

    /// 200 with the subscription as it is now.
    pub(crate) async fn answer(&mut self, status: u16) -> Result<Response, Interrupted> {
        let standing = self.reload().await?;
        let next_renewal = self.next_renewal(&standing).await?;
        let (account, cost) = (&self.account, self.invocation.cost());
        info!(account.id = %account, "answered for the subscription of {account}: {cost}");
        Ok(Response::json(status, &SubscriptionView::of(&standing, next_renewal)))
    }

    /// What the next renewal costs, without tax; nothing when there is none.
    pub(crate) async fn next_renewal(
        &self,
        standing: &Standing,
    ) -> Result<Option<Money>, Interrupted> {
        let live = standing.live_subscription().filter(|live| live.ends_at.is_none());
        let Some(live) = live else { return Ok(None) };
        if let Some(pending) = &standing.pending {
            return self.renewal(standing, &Target::booked(pending), pending.at).await;
        }
        let fee = self.told_of_prices().await?.fee(live, live.period_end);
        Ok(fee.and_then(|fee| fee.renewal(live.seats).ok()))
    }

    /// What a renewal costs, without tax: at the prices that the subscription has or was told to have by then, when it
    /// stays on its plan and interval, else at Stripe's of a moment, and at the catalog's while Stripe can not be asked.
    pub(crate) async fn renewal(
        &self,
        standing: &Standing,
        target: &Target,
        at: Timestamp,
    ) -> Result<Option<Money>, Interrupted> {
        let live = standing.live_subscription();
        let stays =
            live.filter(|it| it.plan == target.plan && it.interval == Some(target.interval));
        if let Some(live) = stays.filter(|live| live.fee.is_some()) {
            let fee = self.told_of_prices().await?.fee(live, live.period_end);
            return Ok(fee.and_then(|fee| fee.renewal(target.seats).ok()));
        }
        let prices = self.prices(target, at).await;
        let sold = prices.ok().map(|it| (it.plan.amount, it.seat.map(|seat| seat.amount)));
        Ok(sold.or_else(|| self.listed(target)).and_then(|(plan, seat)| {
            let seats = i64::try_from(target.seats).ok()?;
            plan.plus(seat.map_or(Some(0), |seat| seat.amount.checked_mul(seats))?).ok()
        }))
    }

    /// What the catalog says that a plan costs, and a seat.
    fn listed(&self, target: &Target) -> Option<(Money, Option<Money>)> {
        let plan = self.own.catalog.plan(&target.plan)?;
        let price = plan.price(catalog::Interval::of(target.interval)?)?;
        Some((price.amount, price.seat_amount))
    }

    /// Of which price changes the account was told (C2).
    async fn told_of_prices(&self) -> Result<Told, Interrupted> {
        Ok(self.own.store.told_of_price_changes(self.invocation, &self.account).await?)
    }
}

/// Whether a subscription stays on its plan and interval: then it keeps its prices.
pub(crate) fn stays(read: &Subscription, target: &Target) -> bool {
    read.snapshot.plan == target.plan && read.snapshot.interval == Some(target.interval)
}

/// An entry about a change, with what was wished for.
pub(crate) fn entry(kind: Kind, about: &str, target: &Target, now: Timestamp) -> Entry {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    Entry::new(now, kind, Some(about))
        .with("plan", None, text(&target.plan))
        .with("interval", None, text(target.interval.word()))
        .with("seats", None, i64::try_from(target.seats).ok().map(Value::Number))
}

/// An entry about a booking that is taken back.
pub(crate) fn undone(about: &str, pending: &PendingChange, now: Timestamp) -> Entry {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    Entry::new(now, Kind::ChangeUndone, Some(about))
        .with("plan", text(&pending.plan), None)
        .with("interval", text(pending.interval.word()), None)
        .with("seats", i64::try_from(pending.seats).ok().map(Value::Number), None)
}

/// A lost race is no error of the table's.
pub(crate) fn unless_lost(kept: Result<(), StoreError>) -> Result<(), Interrupted> {
    match kept {
        Err(StoreError::Conflict) => Ok(()),
        kept_or_not => Ok(kept_or_not?),
    }
}
