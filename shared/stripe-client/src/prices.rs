//! What a plan costs who takes it now, and a pack of credits: Stripe's prices, by their lookup
//! keys.
//!
//! They are remembered for a few minutes while warm. A price that was announced (C2) is read
//! together with the one in force, and with the moment at which it takes over: so that moment is
//! kept to the second, whatever is remembered, and whenever the lookup key itself moves.

use invocation::Invocation;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use billing::ids::PriceId;
use billing::money::Money;
use billing::time::Timestamp;
use catalog::Interval;
use catalog::difference::Recurs;
use catalog::sold::{Part, PlanPriceKey};
use stripe_requests::Bound;
use stripe_requests::request::catalog::prices_by_lookup_key;
use stripe_wire::wire::Reason;

use crate::catalog::{PriceRead, price};
use crate::{Stripe, StripeError};

/// How long prices are remembered, in seconds.
pub const PRICES_SECONDS_MAX: i64 = 300;

/// What a plan costs for an interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanPrices {
    /// The plan itself.
    pub plan: PriceInForce,
    /// Each seat, where the plan has seats.
    pub seat: Option<PriceInForce>,
}

/// A price at Stripe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceInForce {
    /// Its id.
    pub id: PriceId,
    /// What a unit costs, without tax.
    pub amount: Money,
}

/// What was read lately, by the lookup key of the first of the prices that belong together.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<BTreeMap<String, Lately>>);

#[derive(Debug)]
struct Lately {
    prices: Vec<PriceRead>,
    at: Timestamp,
}

impl Known {
    fn of(&self, lookup_key: &str, now: Timestamp) -> Option<Vec<PriceRead>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Lately { prices, at } = known.get(lookup_key)?;
        let is_fresh = (*at..at.plus_seconds(PRICES_SECONDS_MAX)).contains(&now);
        is_fresh.then(|| prices.clone())
    }

    fn keep(&self, lookup_key: &str, prices: &[PriceRead], now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = Lately { prices: prices.to_vec(), at: now };
        known.insert(lookup_key.to_owned(), lately);
    }
}

impl Stripe {
    /// What a plan costs for a period that begins now. [`StripeError::NotPushed`] when Stripe does
    /// not sell it.
    pub async fn plan_prices(
        &self,
        invocation: &Invocation,
        plan: &str,
        interval: Interval,
    ) -> Result<PlanPrices, StripeError> {
        self.plan_prices_from(invocation, plan, interval, invocation.now).await
    }

    /// What a plan costs for a period that begins at a moment, now or later, by what was announced.
    pub async fn plan_prices_from(
        &self,
        invocation: &Invocation,
        plan: &str,
        interval: Interval,
        begins_at: Timestamp,
    ) -> Result<PlanPrices, StripeError> {
        let keys = [Part::Plan, Part::Seat].into_iter().flat_map(|part| {
            let key = PlanPriceKey::new(plan, interval, part);
            [key.lookup_key(), key.next_lookup_key()]
        });
        let prices = self.read_prices(invocation, &keys.collect::<Vec<_>>()).await?;
        let found = |part| {
            let key = PlanPriceKey::new(plan, interval, part);
            in_force(&prices, &key, begins_at)
        };
        let missing = || no_price(&PlanPriceKey::new(plan, interval, Part::Plan).lookup_key());
        let plan = found(Part::Plan).transpose()?.ok_or_else(missing)?;
        Ok(PlanPrices { plan, seat: found(Part::Seat).transpose()? })
    }

    /// What a pack of credits costs, by the lookup key of its price. [`StripeError::NotPushed`]
    /// when Stripe does not sell it.
    pub async fn pack_price(
        &self,
        invocation: &Invocation,
        lookup_key: &str,
    ) -> Result<PriceInForce, StripeError> {
        let prices = self.read_prices(invocation, &[lookup_key.to_owned()]).await?;
        let read = prices.first().ok_or_else(|| no_price(lookup_key))?;
        priced(read, read.there.recurs == Recurs::Never, lookup_key)
    }

    /// The active prices with these lookup keys, of now or of a few minutes ago.
    async fn read_prices(
        &self,
        invocation: &Invocation,
        keys: &[String],
    ) -> Result<Vec<PriceRead>, StripeError> {
        let first = keys.first().map(String::as_str).unwrap_or_default();
        if let Some(known) = self.prices.of(first, invocation.now) {
            return Ok(known);
        }
        let found = self.list(invocation, Bound::pages(1), |_| prices_by_lookup_key(keys)).await?;
        let prices = found.objects.iter().map(|object| price(object.get()));
        let prices: Vec<PriceRead> = prices.collect::<Result<_, _>>()?;
        // What is missing may be pushed any moment.
        if !prices.is_empty() {
            self.prices.keep(first, &prices, invocation.now);
        }
        Ok(prices)
    }
}

/// Nothing is sold under that lookup key.
pub fn no_price(lookup_key: &str) -> StripeError {
    StripeError::NotPushed(format!("price `{lookup_key}`"))
}

/// The price of a key that is in force at a moment: the announced one from its time on.
fn in_force(
    prices: &[PriceRead],
    key: &PlanPriceKey,
    at: Timestamp,
) -> Option<Result<PriceInForce, StripeError>> {
    let under = |lookup_key: String| {
        let mut prices = prices.iter();
        prices.find(|price| price.there.lookup_key.as_ref() == Some(&lookup_key))
    };
    let next = under(key.next_lookup_key());
    let next = next.filter(|next| next.effective_at.is_some_and(|from| from <= at));
    let read = next.or_else(|| under(key.lookup_key()))?;
    Some(checked(read, key))
}

fn checked(read: &PriceRead, key: &PlanPriceKey) -> Result<PriceInForce, StripeError> {
    let there = &read.there;
    let fits = there.recurs == Recurs::Each(key.interval) && there.part == Some(key.part);
    priced(read, fits, &key.lookup_key())
}

/// A price that charges something else than its key says would charge people wrongly.
fn priced(read: &PriceRead, fits: bool, lookup_key: &str) -> Result<PriceInForce, StripeError> {
    let there = &read.there;
    let id = PriceId::parse(&there.id).ok();
    let price = id.zip(there.amount).filter(|_| fits);
    price.map(|(id, amount)| PriceInForce { id, amount }).ok_or_else(|| StripeError::Unreadable {
        what: format!("the price {} ({lookup_key})", there.id),
        reason: Reason::Missing("unit_amount, recurring or metadata"),
    })
}
