//! Terms of payment that staff set: charged or sent, and the days in which a sent invoice is due
//! (A17).
//!
//! Our books say it, and the running subscription follows. Invoices that are open stay as they are.

use billing::account::Standing;
use billing::fact::Collection;
use billing::ids::AccountId;
use billing::journal::{Entry, Kind, Value};
use billing::terms::{Ground, may_be_sent_invoices};
use billing::time::Timestamp;
use billing::words::Word;
use catalog::Sold;
use invocation::Invocation;
use store::{Loaded, Part};
use stripe_sync::{Interrupted, Settled};
use tracing::info;

use crate::refusal::manual_refused;
use crate::work::Work;
use crate::{Account, Plans, leased_parts};

/// Terms of payment of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Charged or sent.
    pub collection: Collection,
    /// Days in which a sent invoice is due; zero where none is sent.
    pub net_days: u32,
}

/// Terms that staff set, with the ground that they name.
#[derive(Debug, Clone, Copy)]
struct Setting {
    terms: Terms,
    /// Staff's word that the account pays upfront.
    pays_upfront: bool,
}

/// Parts of the command that sets terms.
pub fn terms_parts() -> Vec<Part> {
    let mut parts = leased_parts();
    parts.push(Part::Profile);
    parts
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
        self.set(invocation, account, Setting { terms, pays_upfront: false }).await
    }

    /// Sets the terms of an account that pays upfront, by staff's word.
    ///
    /// # Errors
    /// As above.
    pub async fn set_terms_of_upfront_payer(
        &self,
        invocation: &Invocation,
        account: Account,
        terms: Terms,
    ) -> Result<Standing, Interrupted> {
        self.set(invocation, account, Setting { terms, pays_upfront: true }).await
    }

    async fn set(
        &self,
        invocation: &Invocation,
        account: Account,
        setting: Setting,
    ) -> Result<Standing, Interrupted> {
        let Account { id, loaded } = account;
        let lease = loaded.lease()?;
        let mut loaded = Some(loaded);
        let work = invocation
            .retry_conflicts(|| Box::pin(self.set_once(invocation, &id, loaded.take(), setting)));
        self.leased(invocation, (&id, lease), work).await
    }

    async fn set_once(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        loaded: Option<Loaded>,
        setting: Setting,
    ) -> Result<Standing, Interrupted> {
        let work = self.work(invocation, account, loaded, &terms_parts()).await?;
        let mut standing = work.standing()?;
        if !self.may_set(&work, &standing, setting)? {
            return Err(manual_refused().into());
        }

        let terms = setting.terms;
        let entry = setting.entry(&standing, invocation.now);
        let is_new = !standing.terms_set;
        (standing.collection, standing.net_days) = (terms.collection, terms.net_days);
        standing.terms_set = true;
        if let Some(entry) = entry {
            standing = work.commit(&standing, entry).await?;
        } else if is_new {
            self.store.keep_standing(invocation, &standing).await?;
            standing = standing.committed();
        }

        let standing = match standing.live_subscription().map(|live| live.id.clone()) {
            Some(live) => work.agree_on_terms(work.read(&live, None).await?).await?,
            None => standing,
        };
        // A page that was made under other terms is not payable any more.
        let customer = work.profile()?.customer.filter(|_| standing.closed.is_none());
        if let Some(customer) = customer {
            work.close_pages(&customer).await?;
        }
        info!(account.id = %account, "invoices of {account} are {} from now on: {}",
            terms.collection.word(), invocation.cost());
        Ok(standing)
    }

    /// True if the account may have those terms (A17).
    fn may_set(
        &self,
        work: &Work<'_>,
        standing: &Standing,
        setting: Setting,
    ) -> Result<bool, Interrupted> {
        if setting.terms.collection == Collection::Automatic {
            return Ok(true);
        }
        let Some(live) = standing.live_subscription() else { return Ok(true) };

        let plan = self.catalog.plan(&live.plan);
        let ground = if plan.is_some_and(|plan| plan.sold == Sold::ByStaff) {
            Some(Ground::NegotiatedPlan)
        } else if setting.pays_upfront {
            Some(Ground::PaysUpfront)
        } else if work.profile()?.partner {
            Some(Ground::Partner)
        } else {
            None
        };
        Ok(may_be_sent_invoices(Some(live), ground))
    }
}

impl Setting {
    /// Entry of the journal, if these are other terms than the account's.
    fn entry(self, standing: &Standing, now: Timestamp) -> Option<Entry> {
        let Self { terms, pays_upfront } = self;
        let before = Terms { collection: standing.collection, net_days: standing.net_days };
        let word = |terms: Terms| Some(Value::Text(terms.collection.word().to_owned()));
        let days = |terms: Terms| Some(Value::Number(i64::from(terms.net_days)));
        let upfront = pays_upfront.then(|| Value::Text("yes".to_owned()));
        (before != terms).then(|| {
            Entry::new(now, Kind::TermsChanged, None)
                .with("collection", word(before), word(terms))
                .with("net_days", days(before), days(terms))
                .with("upfront", None, upfront)
        })
    }
}

impl Work<'_> {
    /// Makes the running subscription be paid as our books say. The standing as it is then.
    pub(crate) async fn agree_on_terms(&self, settled: Settled) -> Result<Standing, Interrupted> {
        Ok(self.sync().agree_on_terms(self.invocation, settled).await?)
    }
}
