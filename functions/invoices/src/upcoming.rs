//! `GET /v1/accounts/{id}/invoices/upcoming`: what will be invoiced up to the next first of the month, with its lines.
//!
//! One request to the table; of an account with a subscription a second one, for the price changes that it was told of; and
//! another while last month is not closed, because its plan may have been another.

use auth::{admit_to_account, problem};
use billing::account::Standing;
use billing::bill::{Closing, Ended};
use billing::fact::{Fee, Interval};
use billing::ids::AccountId;
use billing::money::{Money, TooLarge};
use billing::month::Month;
use billing::overage::Line;
use billing::price_change::{Part, PriceChange, Told, in_force};
use billing::time::Timestamp;
use billing::upcoming::{Known, Offer, Upcoming};
use billing::usage::Usage;
use catalog::Plan;
use catalog::sold::PlanPriceKey;
use invocation::Invocation;
use runtime::{Problem, Request, Response};
use serde::{Serialize, Serializer};
use store::StoreError;
use store::attributes::Attributes;
use store::keys::{self, Key};
use tracing::error;

use crate::Invoices;

/// The contract's answer.
#[derive(Debug, Serialize)]
struct Answer {
    lines: Vec<LineView>,
    total: Sums,
    credit_applied: Sums,
    amount_due: Sums,
    tax_included: bool,
    period: String,
}

#[derive(Debug, Serialize)]
struct LineView {
    description: String,
    amount: Money,
}

/// Money: one sum, or a list of them when more than one currency is in use.
#[derive(Debug)]
struct Sums(Vec<Money>);

impl Serialize for Sums {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(serializer),
            many => many.serialize(serializer),
        }
    }
}

impl Invoices {
    pub(crate) async fn upcoming(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let month = Month::of(invocation.now);
        let last = Month::of(month.start().plus_seconds(-1));
        let wanted = |account: &AccountId| {
            let used = store::usage::used_keys(account, invocation.now).into_iter();
            let ended = [keys::usage(account, last), keys::bill(account, last)];
            let own = [keys::standing(account), keys::profile(account)];
            used.chain(ended).chain(own).collect()
        };
        let (account, admitted) =
            admit_to_account(invocation, &self.store, request, wanted).await?;
        let standing = admitted.item("standing").ok_or_else(|| Problem::not_found("account"))?;
        let standing = store::standing::read(standing).map_err(|error| problem(&error))?;
        let profile = admitted.item("profile").map(store::profile::read).transpose();
        let profile = profile.map_err(|error| problem(&error))?;
        let bill = admitted.item("bill").map(store::bill::read).transpose();
        let bills: Vec<_> = bill.map_err(|error| problem(&error))?.into_iter().collect();
        let ended = keys::usage(&account, last);
        let (ended, items): (Vec<_>, Vec<_>) =
            admitted.items.into_iter().partition(|item| is_at(item, &ended));
        let used = store::usage::used(&items).map_err(|error| problem(&error))?;
        let ended = ended.first().map(store::usage::read).transpose();
        let unclosed = match ended.map_err(|error| problem(&error))? {
            Some(ended) if !ended.closed => {
                self.unclosed(invocation, &account, (last, ended)).await?
            }
            Some(_) | None => Vec::new(),
        };
        let told = self.told(invocation, &standing).await.map_err(|error| problem(&error))?;
        let details = profile.map(|profile| profile.details).unwrap_or_default();
        let known = Known {
            standing: &standing,
            used: &used,
            allowances: &self.catalog.allowances(standing.plan()),
            unclosed: &unclosed,
            told: &told,
            bills: &bills,
            balance: details.balance,
            balance_currency: details.currency,
            tax_rates: &self.catalog.taxes(),
            tax_exempt: details.tax_exempt,
        };
        let offer = |plan: &str, interval, at| self.offer(plan, interval, &told.changes, at);
        let upcoming = Upcoming::of(known, offer, invocation.now);
        let upcoming = upcoming.map_err(|error| too_large(&account, error))?;
        Ok(Response::json(200, &self.answer(upcoming)))
    }

    /// The lines of last month, which is not closed. Levels of gauges that it began with are in it: those before it are
    /// closed, or somebody was called.
    async fn unclosed(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (last, counted): (Month, Usage),
    ) -> Result<Vec<Line>, Problem> {
        let books = self.store.books_of_subscriptions(invocation, account).await;
        let Some(books) = books.map_err(|error| problem(&error))? else { return Ok(Vec::new()) };
        let subscriptions: Vec<_> = books.subscriptions.into_values().collect();
        let (standing, months) = (&books.standing, [(last, counted)].into());
        let ended = Ended { standing, subscriptions: &subscriptions, months: &months };
        let closing = Closing::of(ended, last, |plan| self.catalog.allowances(plan));
        let closing = closing.map_err(|error| too_large(account, error))?;
        Ok(closing.map(|closing| closing.lines).unwrap_or_default())
    }

    /// Of which price changes the account was told, and all of them when it is to have another plan (C2).
    async fn told(&self, invocation: &Invocation, standing: &Standing) -> Result<Told, StoreError> {
        if standing.live_subscription().is_none() {
            return Ok(Told::default());
        }
        let told = self.store.told_of_price_changes(invocation, &standing.account).await?;
        if standing.pending.is_none() || !told.notices.is_empty() {
            return Ok(told);
        }
        Ok(Told { changes: self.store.price_changes(invocation).await?, ..told })
    }

    /// What a plan costs from a moment on: by the catalog, unless a price change has overtaken it.
    fn offer(
        &self,
        plan: &str,
        interval: Interval,
        changes: &[PriceChange],
        at: Timestamp,
    ) -> Offer {
        let interval = catalog::Interval::of(interval);
        let known = self.catalog.plan(plan);
        Offer {
            name: known.map_or(plan, |known| &known.name).to_owned(),
            fee: known
                .zip(interval)
                .and_then(|(known, interval)| fee(known, interval, changes, at)),
        }
    }

    fn answer(&self, upcoming: Upcoming) -> Answer {
        let Upcoming { month, lines, sums, tax_included } = upcoming;
        let none = Money::new(0, self.catalog.currency);
        let all = |of: fn(&billing::upcoming::Sum) -> Money| {
            if sums.is_empty() { Sums(vec![none]) } else { Sums(sums.iter().map(of).collect()) }
        };
        Answer {
            total: all(|sum| sum.total),
            credit_applied: all(|sum| sum.credit_applied),
            amount_due: all(|sum| sum.amount_due),
            tax_included,
            period: month.to_string(),
            lines: lines
                .into_iter()
                .map(|Line { description, amount, .. }| LineView { description, amount })
                .collect(),
        }
    }
}

fn fee(
    plan: &Plan,
    interval: catalog::Interval,
    changes: &[PriceChange],
    at: Timestamp,
) -> Option<Fee> {
    let price = plan.price(interval)?;
    let by_then = |amount: Money, part: Part| {
        let key = PlanPriceKey::new(&plan.id, interval, part).lookup_key();
        in_force(amount, &key, changes, at).amount
    };
    Some(Fee {
        currency: price.amount.currency,
        plan_amount: by_then(price.amount, Part::Plan),
        seat_amount: price.seat_amount.map(|amount| by_then(amount, Part::Seat)),
    })
}

/// Whether that is an item's sort key; all are of one account.
fn is_at(item: &Attributes, key: &Key) -> bool {
    item.get(keys::SK).and_then(|sk| sk.as_s().ok()) == Some(&key.sk)
}

fn too_large(account: &AccountId, error: TooLarge) -> Problem {
    error!(account.id = %account, reason = %error,
        "could not tell the upcoming invoice of account {account}: {error}");
    Problem::internal()
}
