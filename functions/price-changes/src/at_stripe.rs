//! A price change at Stripe: the new price beside the old one, in its place from its time on, or
//! gone.

use billing::ids::PriceId;
use billing::price_change::{PriceChange, Prices, Stage};
use catalog::sold::PlanPriceKey;
use invocation::Invocation;
use stripe_client::catalog::{PriceRead, announced_price, price};
use stripe_client::no_price;
use stripe_requests::Bound;
use stripe_requests::request::catalog::{name_price, prices_by_lookup_key, retire_price};
use tracing::info;

use crate::PriceChanges;
use crate::error::NotDone;

/// For so long, in seconds, Stripe answers the same to a price that is to be made: longer than two
/// runs at once take, and short enough that an error of Stripe's, which it repeats too, does not
/// last.
const REPEATED_SECONDS: i64 = 3_600;

impl PriceChanges {
    /// Does at Stripe what a change says by now.
    pub(crate) async fn at_stripe(
        &self,
        invocation: &Invocation,
        change: PriceChange,
    ) -> Result<(), NotDone> {
        // A price that the catalog does not have any more stays as it is.
        let Some((key, _)) = self.catalog.priced(&change.price) else { return Ok(()) };
        match change.stage {
            Stage::Announced => {
                let change = self.made(invocation, change, &key).await?;
                self.in_force(invocation, change).await
            }
            Stage::InForce => Ok(()),
            Stage::Withdrawn { .. } => self.retired(invocation, &change, &key).await,
        }
    }

    /// The change with its price at Stripe.
    async fn made(
        &self,
        invocation: &Invocation,
        mut change: PriceChange,
        key: &PlanPriceKey,
    ) -> Result<PriceChange, NotDone> {
        if change.prices.is_some() {
            return Ok(change);
        }
        let (current, next) = self.found(invocation, key).await?;
        let current = current.ok_or_else(|| no_price(&key.lookup_key()))?;
        if current.there.amount != Some(change.from) {
            let there = current.there.amount;
            let there = there.map_or_else(|| "something else".to_owned(), |it| it.to_string());
            let (price, from) = (change.price, change.from);
            return Err(NotDone::OtherAmount { price, there, from });
        }
        let next = next.filter(|next| next.change.as_ref() == Some(&change.id));
        let next = if let Some(next) = next {
            next
        } else {
            let hour = invocation.now.0.div_euclid(REPEATED_SECONDS);
            let once = format!("price-change-{}-{hour}", change.id);
            let request = announced_price(&change, key, &current.there, once);
            let answer = self.stripe.call(invocation, &request).await?;
            price(&String::from_utf8_lossy(&answer.body))?
        };
        let prices = Prices { from: id(&current)?, to: id(&next)? };
        info!("{} is at Stripe: {} from {}", change.price, change.to, change.effective_at);
        change.prices = Some(prices);
        self.store.keep_price_change(invocation, &change).await?;
        change.version = change.version.saturating_add(1);
        Ok(change)
    }

    /// From its time on the lookup key finds the new price. Who asked for it by then got it by its
    /// time already.
    async fn in_force(
        &self,
        invocation: &Invocation,
        mut change: PriceChange,
    ) -> Result<(), NotDone> {
        let Some(prices) = change.prices.clone().filter(|_| change.effective_at <= invocation.now)
        else {
            return Ok(());
        };
        self.stripe.call(invocation, &name_price(prices.to.as_str(), &change.price)).await?;
        change.stage = Stage::InForce;
        info!("{} is {} from now on", change.price, change.to);
        Ok(self.store.end_price_change(invocation, &change).await?)
    }

    /// Nobody can have the new price any more.
    async fn retired(
        &self,
        invocation: &Invocation,
        change: &PriceChange,
        key: &PlanPriceKey,
    ) -> Result<(), NotDone> {
        // Also one that was made without our books hearing of it.
        let (_, next) = self.found(invocation, key).await?;
        if let Some(next) = next.filter(|next| next.change.as_ref() == Some(&change.id)) {
            self.stripe.call(invocation, &retire_price(&next.there.id)).await?;
            info!("the change of {} to {} is withdrawn at Stripe", change.price, change.to);
        }
        Ok(())
    }

    /// The active prices under a key: the one in force and the announced one.
    async fn found(
        &self,
        invocation: &Invocation,
        key: &PlanPriceKey,
    ) -> Result<(Option<PriceRead>, Option<PriceRead>), NotDone> {
        let keys = [key.lookup_key(), key.next_lookup_key()];
        let found =
            self.stripe.list(invocation, Bound::pages(1), |_| prices_by_lookup_key(&keys)).await?;
        let (mut current, mut next) = (None, None);
        for object in &found.objects {
            let read = price(object.get())?;
            let under = |key: &str| read.there.lookup_key.as_deref() == Some(key);
            if under(&key.lookup_key()) {
                current = Some(read);
            } else if under(&key.next_lookup_key()) {
                next = Some(read);
            }
        }
        Ok((current, next))
    }
}

fn id(read: &PriceRead) -> Result<PriceId, NotDone> {
    let id = PriceId::parse(&read.there.id);
    Ok(id.map_err(|_| no_price(&read.there.id))?)
}
