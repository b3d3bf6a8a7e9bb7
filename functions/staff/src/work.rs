//! One request about one account, as far as it is.

use auth::{admit_to_account, problem};
use billing::account::{PendingChange, Standing};
use billing::decide::{Write, note};
use billing::fact::Collection;
use billing::ids::{AccountId, CustomerId, SubscriptionId};
use billing::intent::Intent;
use billing::journal::{Entry, Kind, Value};
use billing::profile::Profile;
use billing::time::Timestamp;
use billing::words::Word;
use invocation::Invocation;
use runtime::{Problem, Request};
use store::keys;
use stripe_client::Subscription;
use stripe_requests::request::subscription::Begins;
use stripe_sync::{Interrupted, Sync, begin_intent};

use crate::Staff;

/// How often it is tried when the account changes meanwhile.
pub(crate) const TRIES_MAX: u32 = 5;

/// One request about one account.
#[derive(Debug)]
pub(crate) struct Work<'a> {
    pub(crate) own: &'a Staff,
    pub(crate) account: AccountId,
    pub(crate) invocation: &'a Invocation,
    pub(crate) standing: Standing,
    pub(crate) profile: Profile,
    /// By which its first paid plan is made.
    pub(crate) intent: Option<Intent>,
}

impl Staff {
    /// Admits a request, and reads its account.
    pub(crate) async fn work<'a>(
        &'a self,
        invocation: &'a Invocation,
        request: &Request,
    ) -> Result<Work<'a>, Problem> {
        let items = |account: &AccountId| {
            let intent = keys::intent(account, &begin_intent(account));
            vec![keys::standing(account), keys::profile(account), intent]
        };
        let (account, admitted) = admit_to_account(invocation, &self.store, request, items).await?;
        let item =
            |entity: &str| admitted.item(entity).ok_or_else(|| Problem::not_found("account"));
        let standing = store::standing::read(item("standing")?).map_err(|error| problem(&error))?;
        let profile = store::profile::read(item("profile")?).map_err(|error| problem(&error))?;
        let intent = admitted.item("intent").map(store::intent::read).transpose();
        let intent = intent.map_err(|error| problem(&error))?;
        Ok(Work { own: self, account, invocation, standing, profile, intent })
    }
}

impl Work<'_> {
    pub(crate) fn sync(&self) -> Sync<'_> {
        let Staff { store, stripe, facts, .. } = self.own;
        Sync { store, stripe, facts }
    }

    pub(crate) fn customer(&self) -> Result<CustomerId, Problem> {
        self.profile.customer.clone().ok_or_else(|| {
            let detail = "The account has no customer at Stripe yet: the request that opened it is to be repeated.";
            Problem::new(409, "account_incomplete", detail)
        })
    }

    /// How the account's invoices are paid, by our books.
    pub(crate) fn begins(&self) -> Begins {
        match self.standing.collection {
            Collection::Manual => Begins::Sent { net_days: self.standing.net_days },
            Collection::Automatic => Begins::Charged,
        }
    }

    /// Reads the account again.
    pub(crate) async fn reload(&mut self) -> Result<(), Interrupted> {
        let books = self.own.store.books_of_customer(self.invocation, &self.account).await?;
        let books = books.ok_or_else(|| Problem::not_found("account"))?;
        self.standing = books.standing;
        self.profile = books.profile.ok_or_else(|| Problem::not_found("account"))?;
        Ok(())
    }

    /// Writes the account as it is in the hand, with what the journal says of it. Lost when it changed since it was read.
    pub(crate) async fn commit(&mut self, entry: Entry) -> Result<(), Interrupted> {
        let change = note(&self.standing, entry, self.invocation.now);
        self.own.store.commit(self.invocation, &change).await?;
        self.reload().await
    }

    /// The same, with the profile.
    pub(crate) async fn commit_profile(&mut self, entry: Entry) -> Result<(), Interrupted> {
        let change = note(&self.standing, entry, self.invocation.now);
        let change = change.with(Write::Profile(self.profile.clone()));
        self.own.store.commit(self.invocation, &change).await?;
        self.reload().await
    }

    /// Reads a subscription at Stripe and settles it. `told_at` is when Stripe answered the call that changed it.
    pub(crate) async fn read(
        &mut self,
        id: &SubscriptionId,
        told_at: Option<Timestamp>,
    ) -> Result<Subscription, Interrupted> {
        let sync = self.sync();
        let read = sync.read_subscription(self.invocation, &self.account, id, told_at).await;
        let read = read?;
        self.reload().await?;
        Ok(read)
    }

    /// Takes a subscription's schedule away, so that it can be changed. What is booked stays so, and is said first to be
    /// without its schedule.
    pub(crate) async fn unschedule(&mut self, read: &Subscription) -> Result<(), Interrupted> {
        let Some(schedule) = &read.snapshot.schedule else { return Ok(()) };
        if let Some(pending) = self.standing.pending.clone().filter(|pending| pending.booked) {
            self.standing.pending = Some(PendingChange { booked: false, ..pending });
            self.own.store.keep_standing(self.invocation, &self.standing).await?;
            self.reload().await?;
        }
        Ok(self.sync().release_schedule(self.invocation, &read.snapshot.id, schedule).await?)
    }

    /// Makes the schedule again of what is booked, if anything is.
    pub(crate) async fn book(&mut self) -> Result<(), Interrupted> {
        let sync = self.sync();
        let booked = sync.book(self.invocation, &self.account).await;
        booked?;
        self.reload().await
    }

    /// Takes back what is booked: staff set something else.
    pub(crate) async fn take_back(&mut self, read: &Subscription) -> Result<(), Interrupted> {
        if let Some(schedule) = &read.snapshot.schedule {
            self.sync().release_schedule(self.invocation, &read.snapshot.id, schedule).await?;
        }
        let Some(pending) = self.standing.pending.take() else { return Ok(()) };
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        let id = read.snapshot.id.as_str();
        let entry = Entry::new(self.invocation.now, Kind::ChangeUndone, Some(id))
            .with("plan", text(&pending.plan), None)
            .with("interval", text(pending.interval.word()), None);
        self.commit(entry).await
    }
}
