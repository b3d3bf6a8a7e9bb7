//! `GET /v1/accounts/{id}/usage`: what was used in a metering month, day by day, and what the plan allows.

use invocation::Invocation;
use std::collections::BTreeMap;

use auth::{admit_to_account, problem};
use billing::ids::AccountId;
use billing::month::{Day, Month};
use billing::time::Timestamp;
use billing::usage::{self, Allowance, Held, Kind};
use runtime::problem::FieldProblem;
use runtime::{Problem, Request, Response};
use serde::Serialize;
use store::keys;

use crate::Usage;

/// The contract's answer.
#[derive(Debug, Serialize)]
struct Answer {
    period: String,
    resets_at: String,
    resources: Vec<ResourceView>,
}

#[derive(Debug, Serialize)]
struct ResourceView {
    id: String,
    name: String,
    unit: String,
    kind: &'static str,
    used: u64,
    limit: Option<u64>,
    included: Option<u64>,
    level: &'static str,
    daily: Vec<DayView>,
}

#[derive(Debug, Serialize)]
struct DayView {
    date: String,
    used: u64,
}

/// What was counted in a month, as far as it is needed.
struct Counted {
    /// The month's own sums and levels.
    month: usage::Usage,
    days: BTreeMap<Day, usage::Usage>,
    /// The levels that the month began with.
    before: BTreeMap<String, Held>,
}

impl Usage {
    pub(crate) async fn read(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let period = request.query.get("period");
        let asked = period.map_or_else(|| Ok(Month::of(invocation.now)), |text| Month::parse(text));
        // A month that can not be read is complained of once the caller is known.
        let month = asked.as_ref().map_or_else(|_| Month::of(invocation.now), |month| *month);
        let wanted = |account: &_| {
            vec![keys::standing(account), keys::usage(account, month), keys::gauges(account)]
        };
        let (account, admitted) =
            admit_to_account(invocation, &self.store, request, wanted).await?;
        let standing = admitted.item("standing").ok_or_else(|| Problem::not_found("account"))?;
        let standing = store::standing::read(standing).map_err(|error| problem(&error))?;
        asked.map_err(|error| wrong_period(error.to_string()))?;
        if month > Month::of(invocation.now) {
            return Err(wrong_period(format!("{month} has not begun.")));
        }
        let usage = |entity: &str| {
            let read = admitted.item(entity).map(store::usage::read).transpose();
            read.map(Option::unwrap_or_default).map_err(|error| problem(&error))
        };
        let (counted, latest) = (usage("usage")?, usage("gauges")?);
        let counted = self.counted(invocation, &account, month, counted, latest).await?;
        let allowances = self.catalog.allowances(standing.plan());
        Ok(Response::json(
            200,
            &Answer {
                period: month.to_string(),
                resets_at: month.end().to_string(),
                resources: allowances
                    .into_iter()
                    .map(|it| counted.view(it, month, invocation.now))
                    .collect(),
            },
        ))
    }

    /// The days; and the levels that the month began with. Those are the latest, unless they were reported since: then
    /// earlier months tell.
    async fn counted(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        month: Month,
        counted: usage::Usage,
        latest: usage::Usage,
    ) -> Result<Counted, Problem> {
        let is_older = |held: &Held| held.at < month.start();
        let (mut before, newer): (BTreeMap<_, _>, BTreeMap<_, _>) =
            latest.held.into_iter().partition(|(_, held)| is_older(held));
        let days = self.store.usage_days(invocation, account, month);
        let last = Month::of(month.start().plus_seconds(-1));
        let months = async {
            if newer.is_empty() || last == month {
                return Ok(BTreeMap::new());
            }
            self.store.usage_months(invocation, account, last).await
        };
        let (days, months) = tokio::join!(days, months);
        let (days, months) =
            (days.map_err(|error| problem(&error))?, months.map_err(|error| problem(&error))?);
        // Later months replace what earlier ones say.
        before.extend(months.into_values().flat_map(|usage| usage.held));
        Ok(Counted { month: counted, days, before })
    }
}

impl Counted {
    fn view(&self, allowance: Allowance, month: Month, now: Timestamp) -> ResourceView {
        let resource = &allowance.resource;
        let mut level = self.before.get(resource).map_or(0, |held| held.level);
        let daily = month.days_until(now).map(|day| {
            let usage = self.days.get(&day);
            let used = match allowance.kind {
                Kind::Sum => usage.map_or(0, |usage| usage.sum(resource)),
                Kind::Gauge => {
                    level = usage
                        .and_then(|usage| usage.held.get(resource))
                        .map_or(level, |it| it.level);
                    level
                }
            };
            DayView { date: day.to_string(), used }
        });
        let daily = daily.collect();
        let used = match allowance.kind {
            Kind::Sum => self.month.sum(resource),
            Kind::Gauge => self.month.held.get(resource).map_or(level, |held| held.level),
        };
        ResourceView {
            kind: match allowance.kind {
                Kind::Sum => "sum",
                Kind::Gauge => "gauge",
            },
            used,
            limit: allowance.limit(),
            included: allowance.included,
            level: allowance.level(used).as_str(),
            daily,
            id: allowance.resource,
            name: allowance.name,
            unit: allowance.unit,
        }
    }
}

fn wrong_period(detail: String) -> Problem {
    Problem::invalid(vec![FieldProblem { field: "period".to_owned(), detail }])
}
