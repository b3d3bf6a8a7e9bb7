//! Prices that were negotiated for one account (F3): ordinary prices of the plan's product, marked
//! with the account. Their lookup key names account and amount, so that one price is found however
//! many the product has, and no other account ever gets it.

use invocation::Invocation;
use std::collections::BTreeMap;

use billing::ids::{AccountId, PriceId};
use billing::money::Money;
use catalog::Interval;
use catalog::difference::Recurs;
use catalog::sold::{Part, PlanPriceKey, Thing};
use serde::Deserialize;
use stripe_requests::Bound;
use stripe_requests::request::ACCOUNT_METADATA;
use stripe_requests::request::catalog::{NewPrice, Recurring, create_price, prices_by_lookup_key};
use stripe_wire::wire::{PART_METADATA, PLAN_METADATA, PLAN_PART, SEAT_PART};

use crate::catalog::price;
use crate::{PlanPrices, PriceInForce, Stripe, StripeError, other_object, text};

/// Beginning of the lookup keys of negotiated prices.
const NEGOTIATED: &str = "negotiated_";

/// What was negotiated for a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Negotiated<'a> {
    /// For whom.
    pub account: &'a AccountId,
    /// The plan.
    pub plan: &'a str,
    /// For how long it pays.
    pub interval: Interval,
    /// The plan itself, without tax.
    pub amount: Money,
    /// Each seat, where the plan has seats.
    pub seat_amount: Option<Money>,
}

impl Negotiated<'_> {
    /// What a price of a part is of.
    fn thing(&self, part: Part) -> Thing {
        PlanPriceKey::new(self.plan, self.interval, part).thing()
    }

    /// Lookup key of the price of a part at an amount: not one of the catalog's, which begin
    /// otherwise.
    fn lookup_key(&self, (part, amount): (Part, Money)) -> String {
        let Self { account, plan, interval, .. } = self;
        let (interval, part) = (interval.as_str(), part_mark(part));
        let Money { amount, currency } = amount;
        format!("{NEGOTIATED}{account}_{plan}_{interval}_{part}_{amount}{}", currency.as_str())
    }
}

fn part_mark(part: Part) -> &'static str {
    match part {
        Part::Plan => PLAN_PART,
        Part::Seat => SEAT_PART,
    }
}

#[derive(Deserialize)]
struct Marked {
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

impl Stripe {
    /// The prices of what was negotiated: found by their marks, or made. Whoever asks again finds
    /// them.
    pub async fn negotiated_prices(
        &self,
        invocation: &Invocation,
        negotiated: &Negotiated<'_>,
    ) -> Result<PlanPrices, StripeError> {
        let plan = (Part::Plan, negotiated.amount);
        let seat = negotiated.seat_amount.map(|amount| (Part::Seat, amount));
        let keys = [Some(plan), seat].into_iter().flatten();
        let keys: Vec<String> = keys.map(|sold| negotiated.lookup_key(sold)).collect();
        let page = |_: Option<&str>| prices_by_lookup_key(&keys);
        let found = self.list(invocation, Bound::pages(1), page).await?;
        let found: Vec<&str> = found.objects.iter().map(|object| object.get()).collect();

        let plan = self.negotiated(invocation, negotiated, plan, &found).await?;
        let seat = match seat {
            Some(seat) => Some(self.negotiated(invocation, negotiated, seat, &found).await?),
            None => None,
        };
        Ok(PlanPrices { plan, seat })
    }

    async fn negotiated(
        &self,
        invocation: &Invocation,
        negotiated: &Negotiated<'_>,
        (part, amount): (Part, Money),
        found: &[&str],
    ) -> Result<PriceInForce, StripeError> {
        for text in found {
            if let Some(id) = is(text, negotiated, (part, amount))? {
                return Ok(PriceInForce { id, amount });
            }
        }

        let lookup_key = negotiated.lookup_key((part, amount));
        let request = create_price(&NewPrice {
            product: &negotiated.thing(part).product_id(),
            amount,
            recurring: Some(match negotiated.interval {
                Interval::Month => Recurring::Month,
                Interval::Year => Recurring::Year,
            }),
            lookup_key: Some(&lookup_key),
            metadata: &[
                (PLAN_METADATA, negotiated.plan),
                (PART_METADATA, part_mark(part)),
                (ACCOUNT_METADATA, negotiated.account.as_str()),
            ],
        });
        let answer = self.call(invocation, &request).await?;
        let made = price(text(&answer.body)?)?;
        let id = PriceId::parse(&made.there.id).map_err(|_| other_object("a price"))?;
        Ok(PriceInForce { id, amount })
    }
}

/// The id of a price, if it is the one.
fn is(
    text: &str,
    negotiated: &Negotiated<'_>,
    (part, amount): (Part, Money),
) -> Result<Option<PriceId>, StripeError> {
    let there = price(text)?.there;
    let Marked { metadata } =
        serde_json::from_str(text).map_err(|_| other_object("the metadata of a price"))?;
    let account = metadata.get(ACCOUNT_METADATA).map(String::as_str);
    let fits = there.active
        && there.lookup_key == Some(negotiated.lookup_key((part, amount)))
        && there.of == Some(negotiated.thing(part))
        && there.part == Some(part)
        && there.recurs == Recurs::Each(negotiated.interval)
        && there.amount == Some(amount)
        && account == Some(negotiated.account.as_str());
    Ok(PriceId::parse(&there.id).ok().filter(|_| fits))
}
