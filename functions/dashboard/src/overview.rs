//! `GET /billing/{id}`.

use auth::NotAdmitted;
use billing::account::Standing;
use billing::month::Month;
use catalog::Catalog;
use invocation::Invocation;
use pages::bars::Bar;
use pages::overview::{Charges, Overview, PlanInForce};
use runtime::{Problem, Request, Response};
use store::{Loaded, Part};

use crate::answer::html;
use crate::problem::{credits_failed, no_forecast};
use crate::seen::{Again, Seen};
use crate::{Dashboard, LANGUAGE};

impl Dashboard {
    pub(crate) async fn overview(
        &self,
        invocation: &Invocation,
        request: &Request,
        again: Again,
    ) -> Result<Response, NotAdmitted> {
        let now = invocation.now;
        let mut more = forecast::outlook_parts(now);
        more.push(Part::Tokens(Month::of(now)));
        let visitor = self.admit(invocation, request, more).await?;
        let (account, loaded) = (&visitor.account, &visitor.caller.loaded);
        let seen = self.seen(invocation, &visitor, (request, again)).await?;

        let standing = &seen.account.standing;
        let verdict = self.credits.prospect(invocation, loaded).await;
        let verdict = verdict.map_err(|error| credits_failed(error, account))?;
        let settings = seen.credits.credits.decided.settings.as_ref();
        let threshold = settings.map_or(0, |settings| settings.threshold);
        let money = if seen.frame.sees_money() {
            let outlook = Box::pin(self.forecast.outlook(invocation, loaded)).await;
            let (upcoming, outlook) = outlook.map_err(|error| no_forecast(error, account))?;
            let owed = standing.outstanding().map(|(id, open)| (id.clone(), open.clone()));
            Some(Charges { upcoming, outlook, owed: owed.collect() })
        } else {
            None
        };

        let Seen { frame, status, credits, .. } = &seen;
        let overview = Overview {
            plan: frame.payer.is_none().then(|| plan_in_force(standing, &self.catalog)),
            bars: self.bars(standing, loaded, &seen)?,
            month: Month::of(now),
            balance: credits.credits.counted.available,
            recharge: LANGUAGE.verdict(&verdict, threshold),
            money,
        };
        Ok(html(*status, overview.page(frame)))
    }

    /// Use of every resource by now. What takes credits is counted by deductions, of which the
    /// credits know those of the month that the plan includes.
    fn bars(&self, standing: &Standing, loaded: &Loaded, seen: &Seen) -> Result<Vec<Bar>, Problem> {
        let now = seen.frame.now;
        let used = loaded.used(now).map_err(|error| auth::problem(&error))?;
        let month = Month::of(now);
        let tokens = loaded.tokens(month).map_err(|error| auth::problem(&error))?;
        let tokens: i64 = tokens.values().fold(0, |sum, day| sum.saturating_add(*day));
        let credit = self.catalog.credit_resource().map(|resource| resource.id.as_str());
        let allowances = self.catalog.allowances(standing.plan()).into_iter();
        let bars = allowances.map(|allowance| {
            let takes_credits = credit == Some(allowance.resource.as_str());
            let used = if takes_credits {
                u64::try_from(tokens).unwrap_or(0)
            } else {
                used.of(&allowance)
            };
            Bar { allowance, used, takes_credits }
        });
        Ok(bars.collect())
    }
}

/// The plan in force, with what becomes of it.
pub(crate) fn plan_in_force(standing: &Standing, catalog: &Catalog) -> PlanInForce {
    let name = |id: &str| catalog.plan(id).map_or_else(|| id.to_owned(), |plan| plan.name.clone());
    let live = standing.live_subscription();
    let id = live.map_or_else(|| standing.plan(), |live| live.plan.as_str());
    let has_seats = catalog.plan(id).is_some_and(|plan| plan.seats_max.is_some());
    let renews = live.filter(|live| live.ends_at.is_none() && live.status.is_in_force());
    let pending = standing.pending.clone();
    PlanInForce {
        name: name(id),
        interval: live.and_then(|live| live.interval),
        seats: live.filter(|_| has_seats).map(|live| live.seats),
        renews_at: renews.filter(|_| pending.is_none()).map(|live| live.period_end),
        ends_at: live.and_then(|live| live.ends_at),
        pending: pending.map(|pending| (name(&pending.plan), pending)),
    }
}
