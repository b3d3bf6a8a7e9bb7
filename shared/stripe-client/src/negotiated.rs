//! Prices that were negotiated for one account (F3): ordinary prices of the plan's product, marked
//! with the account, and without a lookup key, so that nobody else ever gets them.

use invocation::Invocation;
use std::collections::BTreeMap;

use billing::ids::{AccountId, PriceId};
use billing::money::Money;
use catalog::Interval;
use catalog::difference::Recurs;
use catalog::sold::{Part, Thing};
use serde::Deserialize;
use stripe_requests::request::ACCOUNT_METADATA;
use stripe_requests::request::catalog::{NewPrice, Recurring, create_price, prices_of};
use stripe_wire::wire::{PART_METADATA, PLAN_METADATA, PLAN_PART, SEAT_PART};

use crate::catalog::price;
use crate::{PlanPrices, PriceInForce, Stripe, StripeError, other_object, text};

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
        let product = Thing::Plan(negotiated.plan.to_owned()).product_id();
        let page = |after: Option<&str>| prices_of(&product, after);
        let known = self.list(invocation, page).await?;
        let known: Vec<&str> = known.objects.iter().map(|object| object.get()).collect();
        let plan =
            self.negotiated(invocation, negotiated, Part::Plan, negotiated.amount, &known).await?;
        let seat = match negotiated.seat_amount {
            Some(amount) => {
                Some(self.negotiated(invocation, negotiated, Part::Seat, amount, &known).await?)
            }
            None => None,
        };
        Ok(PlanPrices { plan, seat })
    }

    async fn negotiated(
        &self,
        invocation: &Invocation,
        negotiated: &Negotiated<'_>,
        part: Part,
        amount: Money,
        known: &[&str],
    ) -> Result<PriceInForce, StripeError> {
        for text in known {
            if let Some(id) = is(text, negotiated, part, amount)? {
                return Ok(PriceInForce { id, amount });
            }
        }
        let part = match part {
            Part::Plan => PLAN_PART,
            Part::Seat => SEAT_PART,
        };
        let request = create_price(&NewPrice {
            product: &Thing::Plan(negotiated.plan.to_owned()).product_id(),
            amount,
            recurring: Some(match negotiated.interval {
                Interval::Month => Recurring::Month,
                Interval::Year => Recurring::Year,
            }),
            lookup_key: None,
            metadata: &[
                (PLAN_METADATA, negotiated.plan),
                (PART_METADATA, part),
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
    part: Part,
    amount: Money,
) -> Result<Option<PriceId>, StripeError> {
    let there = price(text)?.there;
    let Marked { metadata } =
        serde_json::from_str(text).map_err(|_| other_object("the metadata of a price"))?;
    let account = metadata.get(ACCOUNT_METADATA).map(String::as_str);
    let fits = there.active
        && there.lookup_key.is_none()
        && there.of == Some(Thing::Plan(negotiated.plan.to_owned()))
        && there.part == Some(part)
        && there.recurs == Recurs::Each(negotiated.interval)
        && there.amount == Some(amount)
        && account == Some(negotiated.account.as_str());
    Ok(PriceId::parse(&there.id).ok().filter(|_| fits))
}
