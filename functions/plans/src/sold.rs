//! `GET /v1/plans` and `GET /v1/credit-packs`: what a new customer pays now, and what was announced.

use invocation::Invocation;
use std::collections::BTreeMap;

use auth::{admit, problem};
use billing::money::Money;
use billing::price_change::{PriceChange, Stage, in_force};
use billing::time::Timestamp;
use catalog::sold::{Part, PlanPriceKey};
use catalog::{Interval, Plan, PlanPrice, Renews, Sold};
use runtime::{Problem, Request, Response};
use serde::Serialize;

use crate::Plans;

/// A plan, as the contract shows it.
#[derive(Debug, Serialize)]
struct PlanView<'a> {
    id: &'a str,
    name: &'a str,
    prices: Vec<PriceView>,
    /// Units of each resource that may be used without being refused or restricted; null without a limit.
    limits: BTreeMap<&'a str, Option<u64>>,
    /// Units of each resource that a month includes; null for any number.
    included: BTreeMap<&'a str, Option<u64>>,
    seats: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    seats_max: Option<u32>,
    /// Only staff can give it to an account.
    staff_only: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    renews: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct PriceView {
    interval: &'static str,
    amount: Money,
    #[serde(skip_serializing_if = "Option::is_none")]
    seat_amount: Option<Money>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    announced: Vec<AnnouncedView>,
}

/// A change that was announced: one of the two amounts is another from then on.
#[derive(Debug, Serialize)]
struct AnnouncedView {
    effective_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Money>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seat_amount: Option<Money>,
}

#[derive(Debug, Serialize)]
struct PackView<'a> {
    id: &'a str,
    name: &'a str,
    tokens: u64,
    price: Money,
}

impl Plans {
    pub(crate) async fn plans(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        admit(invocation, &self.store, request, Vec::new()).await?;
        let changes = self.store.price_changes(invocation).await;
        let changes = changes.map_err(|error| problem(&error))?;
        let plans = self.catalog.plans.iter().filter(|plan| plan.sold != Sold::NotAnyMore);
        let plans: Vec<PlanView<'_>> =
            plans.map(|plan| view(plan, &changes, invocation.now)).collect();
        Ok(Response::json(200, &plans))
    }

    pub(crate) async fn packs(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        admit(invocation, &self.store, request, Vec::new()).await?;
        let packs = self.catalog.packs.iter().map(|pack| PackView {
            id: &pack.id,
            name: &pack.name,
            tokens: pack.tokens,
            price: pack.price,
        });
        Ok(Response::json(200, &packs.collect::<Vec<_>>()))
    }
}

fn view<'a>(plan: &'a Plan, changes: &[PriceChange], now: Timestamp) -> PlanView<'a> {
    let renews = match plan.renews {
        Renews::OnTheFirst => "on_the_first",
        Renews::OnTheDay => "on_the_day",
    };
    let terms = || plan.terms.iter();
    PlanView {
        id: &plan.id,
        name: &plan.name,
        prices: plan.prices.iter().map(|price| price_view(plan, price, changes, now)).collect(),
        limits: terms().map(|terms| (terms.resource.as_str(), terms.limit())).collect(),
        included: terms().map(|terms| (terms.resource.as_str(), terms.included)).collect(),
        seats: plan.seats_max.is_some(),
        seats_max: plan.seats_max,
        staff_only: match plan.sold {
            Sold::ByStaff => true,
            Sold::ToAll | Sold::NotAnyMore => false,
        },
        renews: (!plan.prices.is_empty()).then_some(renews),
    }
}

fn price_view(
    plan: &Plan,
    price: &PlanPrice,
    changes: &[PriceChange],
    now: Timestamp,
) -> PriceView {
    let interval: Interval = price.interval;
    let key = |part| PlanPriceKey::new(&plan.id, interval, part).lookup_key();
    let now_of = |amount, part| in_force(amount, &key(part), changes, now);
    let announced = [Part::Plan, Part::Seat].into_iter().flat_map(|part| {
        let key = key(part);
        let is_ahead = move |change: &&PriceChange| {
            change.price == key && change.stage == Stage::Announced && now < change.effective_at
        };
        changes.iter().filter(is_ahead).map(move |change| AnnouncedView {
            effective_at: change.effective_at.to_string(),
            amount: (part == Part::Plan).then_some(change.to),
            seat_amount: (part == Part::Seat).then_some(change.to),
        })
    });
    PriceView {
        interval: interval.as_str(),
        amount: now_of(price.amount, Part::Plan),
        seat_amount: price.seat_amount.map(|amount| now_of(amount, Part::Seat)),
        announced: announced.collect(),
    }
}
