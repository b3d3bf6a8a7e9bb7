//! Terms of payment that staff set: charged or sent, and the days in which a sent invoice is due
//! (A17).
//!
//! Our books say it, and the running subscription follows. Invoices that are open stay as they are.

use billing::account::Standing;
use billing::fact::Collection;
use billing::ids::AccountId;
use billing::journal::{Entry, Kind, Value};
use billing::time::Timestamp;
use billing::words::Word;
use invocation::Invocation;
use runtime::Problem;
use serde::Deserialize;
use store::Loaded;
use stripe_requests::request::standing::set_collection;
use stripe_sync::{Interrupted, Settled};
use tracing::info;

use crate::work::Work;
use crate::{Account, Plans, parts};

/// Terms of payment of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Charged or sent.
    pub collection: Collection,
    /// Days in which a sent invoice is due; zero where none is sent.
    pub net_days: u32,
}

/// Terms of a subscription at Stripe, besides those in its snapshot.
#[derive(Deserialize)]
struct Days {
    #[serde(default)]
    days_until_due: Option<u32>,
}

impl Plans {
    /// Sets the terms of an account, and makes its running subscription follow. The standing as it
    /// is then.
    ///
    /// # Errors
    /// [`Interrupted`]: what was done is done, and the same request goes on from there.
    pub async fn set_terms(
        &self,
        invocation: &Invocation,
        account: Account,
        terms: Terms,
    ) -> Result<Standing, Interrupted> {
        let Account { id, loaded } = account;
        let mut loaded = Some(loaded);
        let tried = invocation.retry_conflicts(|| {
            Box::pin(self.set_terms_once(invocation, &id, loaded.take(), terms))
        });
        tried.await
    }

    async fn set_terms_once(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        loaded: Option<Loaded>,
        terms: Terms,
    ) -> Result<Standing, Interrupted> {
        let work = self.work(invocation, account, loaded, &parts()).await?;

        let mut standing = work.standing()?;
        if let Some(entry) = terms.after(&standing, invocation.now) {
            standing.collection = terms.collection;
            standing.net_days = terms.net_days;
            standing = work.commit(&standing, entry).await?;
        }

        let standing = match standing.live_subscription().map(|live| live.id.clone()) {
            Some(live) => work.agree_on_terms(work.read(&live, None).await?).await?,
            None => standing,
        };
        info!(account.id = %account, "invoices of {account} are {} from now on: {}",
            terms.collection.word(), invocation.cost());
        Ok(standing)
    }
}

impl Terms {
    /// Entry of the journal, if these are other terms than the account's.
    fn after(self, standing: &Standing, now: Timestamp) -> Option<Entry> {
        let before = Self { collection: standing.collection, net_days: standing.net_days };
        let word = |terms: Self| Some(Value::Text(terms.collection.word().to_owned()));
        let days = |terms: Self| Some(Value::Number(i64::from(terms.net_days)));
        (before != self).then(|| {
            Entry::new(now, Kind::TermsChanged, None)
                .with("collection", word(before), word(self))
                .with("net_days", days(before), days(self))
        })
    }
}

impl Work<'_> {
    /// Makes the running subscription be paid as our books say. The standing as it is then.
    pub(crate) async fn agree_on_terms(&self, settled: Settled) -> Result<Standing, Interrupted> {
        let standing = settled.standing();
        let Days { days_until_due } =
            serde_json::from_slice(&settled.read.body).map_err(|_| Problem::internal())?;
        let agrees = settled.read.snapshot.collection == Some(standing.collection)
            && match standing.collection {
                Collection::Manual => days_until_due == Some(standing.net_days),
                Collection::Automatic => true,
            };
        if agrees {
            return self.make_booked(settled.books.standing).await;
        }

        // A phase of a schedule would bring the old terms back.
        let settled = self.unschedule(settled).await?;
        let request = set_collection(&settled.read.snapshot.id, Self::begins(settled.standing()));
        let settled = self.set(settled, &request).await?;
        self.make_booked(settled.books.standing).await
    }
}
