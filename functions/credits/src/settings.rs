//! `PUT /v1/accounts/{id}/credits/auto-recharge`: when it buys, what, and for how much a month (D13).

use billing::credits::TOKENS_MAX;
use billing::credits::recharge::Settings;
use billing::money::Money;
use invocation::Invocation;
use runtime::input::{Checks, body};
use runtime::{Problem, Request, Response};
use serde::Deserialize;

use crate::Credits;
use crate::problem::{below_price, coded};
use crate::show::{LIMIT_MINOR_UNITS, recharge};

/// The highest spending limit, in minor units.
const LIMIT_MAX: i64 = 100_000_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    enabled: bool,
    threshold: i64,
    #[serde(default)]
    spending_limit: Option<Money>,
    pack: String,
}

impl Credits {
    pub(crate) async fn set_recharge(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let mut work = self.work(invocation, request, |_| Vec::new()).await?;
        let settings = self.settings(body(request)?)?;
        let mut decided = work.books.credits.decided.clone();
        self.write_until(&mut work, |work| {
            let mut books = work.books.clone();
            books.offer = self.catalog.pack(&settings.pack).map(catalog::Pack::offer);
            let change = books.set_recharge(settings.clone(), invocation.now);
            decided = change.decided.clone().unwrap_or_else(|| books.credits.decided.clone());
            Ok(change.decided.is_some().then_some(change))
        })
        .await?;
        Ok(Response::json(200, &recharge(&decided, &self.catalog, invocation.now)))
    }

    fn settings(&self, input: Input) -> Result<Settings, Problem> {
        let Input { enabled, threshold, spending_limit, pack } = input;
        let currency = self.catalog.credit_currency;
        let limit = spending_limit.unwrap_or(Money::new(LIMIT_MINOR_UNITS, currency));
        let mut checks = Checks::default();
        let detail = format!("A whole number of tokens from 0 to {TOKENS_MAX} is expected.");
        checks.expect((0..=TOKENS_MAX).contains(&threshold), "threshold", &detail);
        let sold = self.catalog.pack(&pack);
        checks.expect(sold.is_some(), "pack", "There is no such credit pack.");
        let detail = format!("Credits are sold in {}.", currency.as_str());
        checks.expect(limit.currency == currency, "spending_limit", &detail);
        let detail = format!("At most {} is expected.", Money::new(LIMIT_MAX, currency));
        checks.expect(limit.amount <= LIMIT_MAX, "spending_limit", &detail);
        checks.passed().map_err(coded)?;
        if let Some(sold) = sold.filter(|sold| limit.amount < sold.price.amount) {
            return Err(below_price(sold.price));
        }
        Ok(Settings { enabled, threshold, limit, pack })
    }
}
