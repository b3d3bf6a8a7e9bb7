//! `/billing/{id}/plan`: the plan, a change of it reviewed and confirmed, its end and its
//! continuation.

use auth::{NotAdmitted, Visitor};
use billing::account::Standing;
use billing::fact::Collection;
use billing::ids::AccountId;
use billing::plan_change::{Decision, Target};
use billing::resumption::{Resumption, resume};
use billing::usage::exceeded;
use billing::words::Word;
use invocation::Invocation;
use messages::page::Done;
use pages::alone::Waiting;
use pages::cancel::Cancel;
use pages::form::Trouble;
use pages::plan::{Plan, target_words};
use pages::review::{Effect, Line, Review};
use plans_commands::{Account, Changed, Previewed, Shown, Ways, Wish};
use runtime::{Problem, Request, Response};

use crate::answer::{html, see_other};
use crate::form::{number, text, typed};
use crate::overview::plan_in_force;
use crate::problem::{field, no_forecast, plans_failed};
use crate::seen::{Again, Seen, parts};
use crate::{Dashboard, LANGUAGE};

/// Looks of a waiting page, one every three seconds, for a minute.
const LOOKS_MAX: u32 = 20;

impl Dashboard {
    pub(crate) async fn plan(
        &self,
        invocation: &Invocation,
        request: &Request,
        again: Again,
    ) -> Result<Response, NotAdmitted> {
        let visitor = self.admit(invocation, request, plans_commands::parts()).await?;
        let seen = self.seen(invocation, &visitor, (request, again)).await?;
        let Visitor { account: id, caller, .. } = visitor;

        let account = Account { id: id.clone(), loaded: caller.loaded };
        let shown = Box::pin(self.plans.show(invocation, account)).await;
        let Shown { standing, next_renewal, .. } = shown.map_err(|it| plans_failed(it, &id))?;

        let live = standing.live_subscription();
        let kept = resume(&standing, live, invocation.now);
        let plan = Plan {
            current: plan_in_force(&standing, &self.catalog),
            id: live.map_or_else(|| standing.plan(), |live| &live.plan).to_owned(),
            next_renewal,
            terms: terms(&standing),
            can_be_kept: kept.is_ok_and(|kept| kept != Resumption::Nothing),
            can_be_ended: live.is_some_and(|live| live.ends_at.is_none()),
            catalog: self.catalog.clone(),
        };
        Ok(html(seen.status, plan.page(&seen.frame)))
    }

    /// What a change costs, shown before it is confirmed. A wish that cannot be is shown on the
    /// page of plans.
    pub(crate) async fn review(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let visitor = self.admit(invocation, request, plans_commands::preview_parts()).await?;
        let seen = self.seen(invocation, &visitor, (request, None)).await?;
        let used = visitor.caller.loaded.used(invocation.now);
        let used = used.map_err(|error| auth::problem(&error))?;
        let target = self.target(&request.query)?;
        let Visitor { account: id, caller, .. } = visitor;

        let account = Account { id: id.clone(), loaded: caller.loaded };
        let previewed = Box::pin(self.plans.preview(invocation, account, &target)).await;
        let previewed = previewed.map_err(|stopped| plans_failed(stopped, &id))?;

        let mut review = self.reviewed(&seen, &previewed);
        review.exceeded = exceeded(&self.catalog.allowances(&target.plan), &used);
        Ok(html(200, review.page(&seen.frame)))
    }

    /// The subscription that a form or an address wishes for.
    fn target(
        &self,
        typed: &std::collections::BTreeMap<String, String>,
    ) -> Result<Target, Problem> {
        let seats = if text(typed, "seats").is_empty() {
            None
        } else {
            let detail = "A whole number of seats is expected.";
            let seats = number(typed, "seats").and_then(|seats| u64::try_from(seats).ok());
            Some(seats.ok_or_else(|| field("seats", detail))?)
        };
        let wish = (text(typed, "plan"), text(typed, "interval"));
        plans_commands::target(&self.catalog, wish, seats)
    }

    fn reviewed(&self, seen: &Seen, previewed: &Previewed) -> Review {
        let Previewed { preview, quote, effective_at } = previewed;
        let target = &preview.target;
        let plan = self.catalog.plan(&target.plan);
        let name = plan.map_or(target.plan.as_str(), |plan| plan.name.as_str());
        let seats = plan.and_then(|plan| plan.seats_max).map(|_| target.seats);
        let lines = quote.lines.iter().map(|line| Line {
            description: line.description.clone(),
            amount: line.amount,
            period: line.period,
        });
        Review {
            target: target_words(name, target.interval, seats, LANGUAGE),
            current: plan_in_force(&seen.account.standing, &self.catalog).words(LANGUAGE),
            effect: match quote.decision {
                Decision::Checkout => Effect::Checkout,
                Decision::Subscribe | Decision::Resume | Decision::Undo | Decision::Now { .. } => {
                    Effect::Now
                }
                Decision::AtPeriodEnd(_) => Effect::At(*effective_at),
                Decision::Nothing => Effect::Nothing,
            },
            preview: preview.clone(),
            tax: quote.tax,
            lines: lines.collect(),
            next_renewal: quote.next_renewal,
            exceeded: Vec::new(),
            stale: None,
        }
    }

    pub(crate) async fn change_plan(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let typed = typed(request)?;
        let preview = Some(text(&typed, "preview").to_owned()).filter(|id| !id.is_empty());
        let parts = |account: &AccountId| plans_commands::change_parts(account, preview.as_deref());
        let visitor = auth::writing_visitor(invocation, &self.store, request, parts).await?;
        let Visitor { account: id, caller, .. } = visitor;
        let here = format!("{}/billing/{id}/plan", self.answers.origin(request));
        let ways = Ways { success_url: format!("{here}/waiting"), cancel_url: here };
        let target = self.target(&typed)?;
        let wish = Wish { target: target.clone(), preview_id: preview, ways: Ok(ways) };

        let account = Account { id: id.clone(), loaded: caller.loaded };
        let changed = Box::pin(self.plans.change(invocation, account, &wish)).await;

        match changed.map_err(|stopped| plans_failed(stopped, &id))? {
            Changed::Shown(shown) => {
                let live = shown.standing.live_subscription();
                let is_now = live.and_then(Target::of).is_some_and(|it| it == target);
                let done = if is_now { Done::PlanChanged } else { Done::ChangeBooked };
                Ok(see_other(&format!("/billing/{id}/plan?done={}", done.word())))
            }
            Changed::Checkout { url } => Ok(see_other(&url)),
            Changed::Declined(not_paid) => {
                let code = plans_commands::declined_code(&not_paid);
                let url = not_paid.hosted_invoice_url.filter(|_| not_paid.needs_action);
                let link = url.map(|url| ("Confirm the payment".to_owned(), url));
                let said = LANGUAGE.change_declined(code, not_paid.message.as_deref());
                let trouble = Trouble { link, ..Trouble::of(said) };
                self.plan_again(invocation, request, Some((402, trouble))).await
            }
            Changed::Stale(previewed) => {
                self.stale(invocation, request, (&typed, &previewed)).await
            }
        }
    }

    /// The page of plans, behind a form of it that did nothing.
    async fn plan_again(
        &self,
        invocation: &Invocation,
        request: &Request,
        again: Again,
    ) -> Result<Response, NotAdmitted> {
        let page = Request { route: "GET /billing/{id}/plan".to_owned(), ..request.clone() };
        Box::pin(self.plan(invocation, &page, again)).await
    }

    /// 409: the review again, with the amount as it is now beside the one that was confirmed.
    async fn stale(
        &self,
        invocation: &Invocation,
        request: &Request,
        (typed, previewed): (&pages::form::Typed, &Previewed),
    ) -> Result<Response, NotAdmitted> {
        let page = Request { route: "GET /billing/{id}/plan/review".to_owned(), ..request.clone() };
        let visitor = self.admit(invocation, &page, Vec::new()).await?;
        let seen = self.seen(invocation, &visitor, (&page, None)).await?;

        let mut review = self.reviewed(&seen, previewed);
        let currency = previewed.preview.due.currency;
        let before = text(typed, "due").parse().ok();
        review.stale = before.map(|amount| billing::money::Money::new(amount, currency));
        Ok(html(409, review.page(&seen.frame)))
    }

    pub(crate) async fn cancel_page(
        &self,
        invocation: &Invocation,
        request: &Request,
        again: Again,
    ) -> Result<Response, NotAdmitted> {
        let now = invocation.now;
        let mut more = plans_commands::cancellation_parts(now);
        more.extend(forecast::parts(now));
        let visitor = self.admit(invocation, request, more).await?;
        let seen = self.seen(invocation, &visitor, (request, again)).await?;
        let Visitor { account: id, caller, .. } = visitor;

        let upcoming = Box::pin(self.forecast.upcoming(invocation, &caller.loaded)).await;
        let upcoming = upcoming.map_err(|error| no_forecast(error, &id))?;
        let account = Account { id: id.clone(), loaded: caller.loaded };
        let checked = self.plans.check_cancellation(invocation, account).await;
        let checked = checked.map_err(|stopped| plans_failed(stopped, &id))?;

        let plan = plan_in_force(&seen.account.standing, &self.catalog).name;
        let (check, ends_at) = (checked.check, checked.ends_at);
        let page = Cancel { plan, check, ends_at, upcoming };
        Ok(html(seen.status, page.page(&seen.frame)))
    }

    pub(crate) async fn cancel_plan(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let parts = |_: &AccountId| plans_commands::cancellation_parts(invocation.now);
        let visitor = auth::writing_visitor(invocation, &self.store, request, parts).await?;
        let Visitor { account: id, caller, .. } = visitor;

        let account = Account { id: id.clone(), loaded: caller.loaded };
        let cancelled = Box::pin(self.plans.cancel(invocation, account)).await;
        cancelled.map_err(|stopped| plans_failed(stopped, &id))?;

        Ok(see_other(&format!("/billing/{id}/plan?done={}", Done::PlanEnds.word())))
    }

    pub(crate) async fn resume_plan(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let parts = |_: &AccountId| plans_commands::leased_parts();
        let visitor = auth::writing_visitor(invocation, &self.store, request, parts).await?;
        let Visitor { account: id, caller, .. } = visitor;

        let account = Account { id: id.clone(), loaded: caller.loaded };
        let resumed = Box::pin(self.plans.resume(invocation, account)).await;
        resumed.map_err(|stopped| plans_failed(stopped, &id))?;

        Ok(see_other(&format!("/billing/{id}/plan?done={}", Done::PlanKept.word())))
    }

    /// The page behind Checkout: it waits for Stripe's word for a minute.
    pub(crate) async fn plan_waiting(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let parts = |_: &AccountId| parts(invocation.now, Vec::new());
        let visitor = auth::visitor(invocation, &self.store, request, parts).await?;
        let standing = visitor.caller.standing()?;
        let here = format!("/billing/{}/plan", visitor.account);
        if standing.live_subscription().is_some() {
            return Ok(see_other(&format!("{here}?done={}", Done::PlanChanged.word())));
        }

        let waiting = Waiting {
            title: "Your payment is being confirmed".to_owned(),
            text: "Stripe tells us as soon as it is. You may leave this page: a mail will come."
                .to_owned(),
            again: next_look(request, &format!("{here}/waiting")),
            link: ("To the plan".to_owned(), here),
        };
        Ok(html(200, waiting.page()))
    }
}

/// Address of a waiting page's next look; none once a minute is over.
pub(crate) fn next_look(request: &Request, page: &str) -> Option<String> {
    let looks: u32 = request.query.get("look").and_then(|look| look.parse().ok()).unwrap_or(0);
    let next = looks.saturating_add(1);
    (next <= LOOKS_MAX).then(|| format!("{page}?look={next}"))
}

/// Payment terms in a sentence.
fn terms(standing: &Standing) -> String {
    let live = standing.live_subscription();
    match live.and_then(|live| live.collection).unwrap_or(standing.collection) {
        Collection::Automatic => "By the payment method on file, on the day".to_owned(),
        Collection::Manual => {
            format!("By invoice, within {} days", LANGUAGE.number(standing.net_days))
        }
    }
}
