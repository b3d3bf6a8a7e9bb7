//! `GET /v1/accounts/{id}/credits`: the balance, what is included, and auto-recharge (D15).

use billing::credits::Books;
use billing::credits::recharge::{Decided, Settings};
use billing::money::Money;
use billing::month::Month;
use billing::time::Timestamp;
use billing::words::Word;
use catalog::Catalog;
use invocation::Invocation;
use runtime::{Problem, Request, Response};
use serde::Serialize;

use crate::Credits;

/// Spending limit of an account that has set none, in minor units: 50.00 (D13).
pub(crate) const LIMIT_MINOR_UNITS: i64 = 5_000;

#[derive(Debug, Serialize)]
struct View {
    balance: i64,
    reserved: i64,
    included: Included,
    auto_recharge: Recharge,
}

#[derive(Debug, Serialize)]
struct Included {
    allocation: Option<i64>,
    used: i64,
    resets_at: String,
}

/// Auto-recharge as the contract shows it.
#[derive(Debug, Serialize)]
pub(crate) struct Recharge {
    enabled: bool,
    threshold: i64,
    spending_limit: Money,
    pack: Option<String>,
    spent_this_period: Money,
    reserved: Money,
    resets_at: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_at: Option<String>,
}

impl Credits {
    pub(crate) async fn show(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let work = self.work(invocation, request, |_| Vec::new()).await?;
        let Books { credits, allowance, .. } = &work.books;
        let month = Month::of(invocation.now);
        let view = View {
            balance: credits.counted.balance(),
            reserved: credits.counted.reserved,
            included: Included {
                allocation: *allowance,
                used: credits.counted.included_in(month),
                resets_at: month.end().to_string(),
            },
            auto_recharge: recharge(&credits.decided, &self.catalog, invocation.now),
        };
        Ok(Response::json(200, &view))
    }
}

pub(crate) fn recharge(decided: &Decided, catalog: &Catalog, now: Timestamp) -> Recharge {
    let month = Month::of(now);
    let default = Settings {
        enabled: false,
        threshold: 0,
        limit: Money::new(LIMIT_MINOR_UNITS, catalog.credit_currency),
        pack: String::new(),
    };
    let settings = decided.settings.clone().unwrap_or(default);
    let money = |amount: i64| Money { amount, ..settings.limit };
    let pause = decided.pause.as_ref();
    let state = match (pause, &decided.charge) {
        (Some(_), _) => "paused",
        (None, Some(_)) => "charging",
        (None, None) => "idle",
    };
    Recharge {
        enabled: settings.enabled,
        threshold: settings.threshold,
        spending_limit: settings.limit,
        spent_this_period: money(decided.spent_in(month)),
        reserved: money(decided.reserved_in(month)),
        resets_at: month.end().to_string(),
        state,
        paused_reason: pause.map(|pause| pause.reason.word()),
        action_url: pause.and_then(|pause| pause.action_url.clone()),
        next_attempt_at: decided.not_before.filter(|at| now < *at).map(|at| at.to_string()),
        pack: Some(settings.pack).filter(|pack| !pack.is_empty()),
    }
}
