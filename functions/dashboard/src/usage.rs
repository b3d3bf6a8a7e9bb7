//! `/billing/{id}/usage` and its CSV.

use auth::{NotAdmitted, Visitor};
use billing::month::Month;
use billing::usage::monthly::ResourceUsage;
use invocation::Invocation;
use pages::bars::Bar;
use pages::usage::Usage;
use runtime::{Problem, Request, Response};
use usage_commands::month_parts;

use crate::Dashboard;
use crate::answer::html;
use crate::overview::plan_in_force;

/// Months that can be chosen.
const MONTHS: usize = 12;

impl Dashboard {
    pub(crate) async fn usage(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let month = month(invocation, request)?;
        let visitor = self.admit(invocation, request, month_parts(month)).await?;
        let seen = self.seen(invocation, &visitor, (request, None)).await?;

        let resources = Box::pin(self.used(invocation, &visitor, month)).await?;

        let page = Usage {
            month,
            months: months(invocation),
            resources,
            resource: request.query.get("resource").cloned().unwrap_or_default(),
            plan: seen
                .frame
                .payer
                .is_none()
                .then(|| plan_in_force(&seen.account.standing, &self.catalog).name),
        };
        Ok(html(200, page.page(&seen.frame)))
    }

    pub(crate) async fn usage_csv(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let month = month(invocation, request)?;
        let visitor = self.admit(invocation, request, month_parts(month)).await?;

        let resources = Box::pin(self.used(invocation, &visitor, month)).await?;

        let name = format!("{}-usage-{month}.csv", visitor.account);
        Ok(Response::csv(&name, pages::usage::csv(&resources)))
    }

    async fn used(
        &self,
        invocation: &Invocation,
        visitor: &Visitor,
        month: Month,
    ) -> Result<Vec<(Bar, Vec<(billing::month::Day, u64)>)>, Problem> {
        let (standing, loaded) = (visitor.caller.standing()?, &visitor.caller.loaded);
        let used = self.metering.read(invocation, &standing, month, loaded).await;
        let used = used.map_err(|error| auth::problem(&error))?;

        let credit = self.catalog.credit_resource().map(|resource| resource.id.as_str());
        let resources =
            used.resources.into_iter().map(|ResourceUsage { allowance, used, daily, .. }| {
                let takes_credits = credit == Some(allowance.resource.as_str());
                (Bar { allowance, used, takes_credits }, daily)
            });
        Ok(resources.collect())
    }
}

/// The month that is asked for, or this one.
fn month(invocation: &Invocation, request: &Request) -> Result<Month, Problem> {
    match request.query.get("month") {
        None => Ok(Month::of(invocation.now)),
        Some(text) => Month::parse(text).map_err(|_| Problem::not_found("month")),
    }
}

/// Months that can be chosen, the newest first.
fn months(invocation: &Invocation) -> Vec<Month> {
    let mut months = vec![Month::of(invocation.now)];
    while months.len() < MONTHS {
        let Some(last) = months.last() else { break };
        months.push(Month::of(last.start().plus_seconds(-1)));
    }
    months
}
