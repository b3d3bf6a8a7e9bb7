//! `POST .../subscription/preview` and `GET .../subscription`: what a change would cost, and what there is.

use billing::money::Money;
use billing::plan_change::{Target, decide};
use invocation::Invocation;
use runtime::input::body;
use runtime::telemetry::alarm;
use runtime::{Problem, Request, Response};
use serde::Serialize;
use store::keys;
use store::preview::Preview;
use stripe_client::preview::PreviewLine;
use stripe_sync::Interrupted;

use crate::Subscriptions;
use crate::input::{Input, offers};
use crate::problem::{refused, unasked};
use crate::quote::Quote;
use crate::work::{TRIES_MAX, Work};

/// How long a preview holds, in seconds.
pub(crate) const PREVIEW_SECONDS: i64 = 900;
/// How many random bytes make a preview's id.
const ID_BYTES: usize = 12;

#[derive(Debug, Serialize)]
pub(crate) struct PreviewView {
    preview_id: String,
    expires_at: String,
    effective: &'static str,
    effective_at: String,
    due_now: Money,
    tax: Money,
    next_renewal: Option<Money>,
    lines: Vec<LineView>,
}

#[derive(Debug, Serialize)]
struct LineView {
    description: String,
    amount: Money,
    period: PeriodView,
}

#[derive(Debug, Serialize)]
struct PeriodView {
    start: String,
    end: String,
}

impl Subscriptions {
    pub(crate) async fn show(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let mut work = self.work(invocation, request, |_| Vec::new()).await?;
        let account = work.account.clone();
        work.answer(200).await.map_err(|stopped| ended(stopped, &account))
    }

    pub(crate) async fn preview(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        for tries in 1..=TRIES_MAX {
            let profile = |account: &_| vec![keys::profile(account)];
            let mut work = self.work(invocation, request, profile).await?;
            let target = body::<Input>(request)?.target(&self.catalog)?;
            match work.previewed(&target).await {
                Ok(view) => return Ok(Response::json(200, &view)),
                Err(Interrupted::Conflict) => invocation.wait(tries).await,
                Err(stopped) => return Err(ended(stopped, &work.account)),
            }
        }
        Err(Interrupted::again())
    }
}

impl Work<'_> {
    async fn previewed(&mut self, target: &Target) -> Result<PreviewView, Interrupted> {
        let found = self.find().await?;
        let offers = offers(&self.own.catalog);
        let decision = decide(&found.standing, target, &offers, self.invocation.now)
            .map_err(|refusal| refused(&refusal, &found.standing, self.invocation.now))?;
        let quote = self.quote(&found, target, decision, self.invocation.now).await?;
        self.keep(&found.standing, target, &quote).await
    }

    /// Keeps what somebody is told, and says it.
    pub(crate) async fn keep(
        &mut self,
        standing: &billing::account::Standing,
        target: &Target,
        quote: &Quote,
    ) -> Result<PreviewView, Interrupted> {
        let id = self.invocation.entropy.hex(ID_BYTES).map_err(|_| Problem::unavailable())?;
        let preview = Preview {
            id: format!("pv_{id}"),
            target: target.clone(),
            at: quote.at,
            due: quote.due,
            is_now: quote.changes_now(),
            expires_at: self.invocation.now.plus_seconds(PREVIEW_SECONDS),
        };
        self.own.store.keep_preview(self.invocation, &self.account, &preview).await?;
        let ends = standing.live_subscription().map_or(self.invocation.now, |live| live.period_end);
        let (effective, effective_at) =
            if quote.is_now() { ("now", self.invocation.now) } else { ("period_end", ends) };
        Ok(PreviewView {
            preview_id: preview.id,
            expires_at: preview.expires_at.to_string(),
            effective,
            effective_at: effective_at.to_string(),
            due_now: quote.due,
            tax: quote.tax,
            next_renewal: quote.next_renewal,
            lines: quote.lines.iter().map(LineView::of).collect(),
        })
    }
}

impl LineView {
    fn of(line: &PreviewLine) -> Self {
        let (start, end) = line.period;
        Self {
            description: line.description.clone(),
            amount: line.amount,
            period: PeriodView { start: start.to_string(), end: end.to_string() },
        }
    }
}

/// The answer of a try that ended.
pub(crate) fn ended(stopped: Interrupted, account: &billing::ids::AccountId) -> Problem {
    let refused = stopped.problem(account, alarm::NOT_CALLABLE);
    refused.unwrap_or_else(|error| unasked(&error, account))
}
