//! Use cases of prices: an announced change of a price (C2). Input value in, outcome value out, no
//! HTTP.
//!
//! A crate of its own beside those of subscriptions: it calls the queue and never Stripe. The
//! function `price-changes` does what follows from a change.

use billing::announcement::{
    Announcement, AskedChange, CatalogPrice, PriceChangeRefusal, announcement,
};
use billing::fact::Interval;
use billing::money::Money;
use billing::price_change::{PriceChange, Stage};
use billing::time::Timestamp;
use catalog::sold::PlanPriceKey;
use catalog::{AMOUNT_MAX, Catalog};
use invocation::Invocation;
use invocation::entropy::NoEntropy;
use queue::price_change::{PriceMessage, PriceMessages};
use queue::send::SendError;
use runtime::input::Idempotency;
use store::credential::Request;
use store::{Loaded, Part, Store, StoreError};
use tracing::{info, warn};

/// Random bytes in the id of a change.
const ID_BYTES: usize = 8;

/// Price changes, in a table.
#[derive(Debug, Clone, Copy)]
pub struct PriceChanges<'a> {
    /// The table.
    pub store: &'a Store,
    /// The queue of what follows from a change.
    pub messages: &'a PriceMessages,
    /// What is sold.
    pub catalog: &'a Catalog,
}

/// A change to be announced.
#[derive(Debug, Clone)]
pub struct Announce {
    /// The lookup key of the price.
    pub price: String,
    /// The change.
    pub asked: AskedChange,
}

/// Reason why a command on price changes did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A rule refuses the command.
    #[error(transparent)]
    Refused(PriceChangeRefusal),
    /// The table failed, or another writer was faster.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The change is kept, and the queue did not take it: the same request again, or the schedule,
    /// hands it on.
    #[error(transparent)]
    NotQueued(#[from] SendError),
    /// No randomness is to be had.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
}

impl PriceChanges<'_> {
    /// Parts that an announcement needs: the use of its Idempotency-Key.
    pub fn parts(idempotency: Option<&Idempotency>) -> Vec<Part> {
        idempotency.map(|it| Part::Request(it.fingerprint.clone())).into_iter().collect()
    }

    /// Every change, old ones too, in order of their ids.
    ///
    /// # Errors
    /// The table's.
    pub async fn all(&self, invocation: &Invocation) -> Result<Vec<PriceChange>, StoreError> {
        self.store.price_changes(invocation).await
    }

    /// The change that the same request announced before, if it did.
    ///
    /// # Errors
    /// The Idempotency-Key was used with another body, or the table failed.
    pub async fn announced_before(
        &self,
        invocation: &Invocation,
        idempotency: Option<&Idempotency>,
        loaded: &Loaded,
    ) -> Result<Option<PriceChange>, Failure> {
        let Some(idempotency) = idempotency else { return Ok(None) };
        let before = loaded.request(&idempotency.fingerprint, invocation.now)?;
        let Some(before) = before else { return Ok(None) };
        if before.body != idempotency.body {
            return Err(Failure::Refused(PriceChangeRefusal::IdempotencyKeyReused));
        }

        let known = self.all(invocation).await?.into_iter().find(|it| it.id == before.made);
        if let Some(change) = &known {
            self.hand_on(change).await?;
        }
        Ok(known)
    }

    /// Announces a change, or finds the same one announced; hands on what follows.
    ///
    /// # Errors
    /// A rule refuses it, or the table or the queue failed.
    pub async fn announce(
        &self,
        invocation: &Invocation,
        announce: &Announce,
        idempotency: Option<&Idempotency>,
    ) -> Result<PriceChange, Failure> {
        let changes = self.all(invocation).await?;
        let priced = self.catalog.priced(&announce.price);
        let price = priced.as_ref().map(|(key, amount)| CatalogPrice {
            lookup_key: key.lookup_key(),
            amount: *amount,
            amount_max: AMOUNT_MAX,
        });

        let decided = announcement(&announce.asked, price.as_ref(), &changes, invocation.now);
        let decided = decided.map_err(|it| Failure::Refused(PriceChangeRefusal::Wrong(it)))?;

        let change = match (decided, priced) {
            (Announcement::Known(change), _) => change,
            (Announcement::New { from, to, effective_at }, Some((key, _))) => {
                let change = drawn(invocation, key, (from, to), effective_at)?;
                self.begin(invocation, &change, idempotency).await?;
                change
            }
            (Announcement::New { .. }, None) => {
                return Err(Failure::Refused(PriceChangeRefusal::Unknown));
            }
        };

        self.hand_on(&change).await?;
        Ok(change)
    }

    /// Withdraws a change that is not in force yet; hands on what follows.
    ///
    /// # Errors
    /// A rule refuses it, or the table or the queue failed.
    pub async fn withdraw(
        &self,
        invocation: &Invocation,
        id: &str,
    ) -> Result<PriceChange, Failure> {
        let known = self.all(invocation).await?.into_iter().find(|change| change.id == id);
        let known = known.ok_or(Failure::Refused(PriceChangeRefusal::Unknown))?;

        let withdrawn = known.withdrawn(invocation.now).map_err(Failure::Refused)?;
        if withdrawn != known {
            self.store.end_price_change(invocation, &withdrawn).await?;
            info!("staff withdrew the change of {} to {}", withdrawn.price, withdrawn.to);
        }

        self.hand_on(&withdrawn).await?;
        Ok(withdrawn)
    }

    async fn begin(
        &self,
        invocation: &Invocation,
        change: &PriceChange,
        idempotency: Option<&Idempotency>,
    ) -> Result<(), StoreError> {
        let request = idempotency.map(|it| {
            let (body, made) = (it.body.clone(), change.id.clone());
            (it.fingerprint.as_str(), Request { body, made, expires_at: it.expires_at })
        });
        let request = request.as_ref().map(|(fingerprint, request)| (*fingerprint, request));
        self.store.begin_price_change(invocation, change, request).await?;

        let PriceChange { price, to, effective_at, .. } = change;
        info!("staff announced {price}: {to} from {effective_at}");
        Ok(())
    }

    /// Lets what follows from a change be done at once. If the queue is not to be had, the same
    /// request again hands it on, and the schedule does without.
    async fn hand_on(&self, change: &PriceChange) -> Result<(), SendError> {
        let sent = self.messages.send(&PriceMessage::Change(change.id.clone())).await;
        sent.inspect_err(|error| {
            warn!(reason = %error, "the change of {} was not handed on: {error}", change.price);
        })
    }
}

fn drawn(
    invocation: &Invocation,
    key: PlanPriceKey,
    (from, to): (Money, Money),
    effective_at: Timestamp,
) -> Result<PriceChange, NoEntropy> {
    let id = invocation.entropy.hex(ID_BYTES)?;
    Ok(PriceChange {
        version: 0,
        id: format!("pc_{id}"),
        price: key.lookup_key(),
        plan: key.plan,
        interval: Interval::from(key.interval),
        part: key.part,
        from,
        to,
        effective_at,
        announced_at: invocation.now,
        stage: Stage::Announced,
        prices: None,
    })
}
