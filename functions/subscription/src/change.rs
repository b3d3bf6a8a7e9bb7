//! `PUT .../subscription`: the change that is wished for, as it was previewed, or as it is now.

use billing::account::Standing;
use billing::plan_change::{Decision, Target, decide};
use invocation::Invocation;
use runtime::input::{Idempotency, body, idempotency, other_content};
use runtime::{Problem, Request, Response};
use serde::Serialize;
use store::preview::Preview;
use store::{credential, keys};

use crate::Subscriptions;
use crate::input::{Input, field, offers};
use crate::preview::{PreviewView, ended};
use crate::problem::{of_problem, refused};
use crate::quote::Quote;
use crate::work::{Found, TRIES_MAX, Work, unless_lost};
use stripe_sync::{Interrupted, begin_intent};

/// What is remembered of a request whose change is at once.
const NOW: &str = "now";
/// What is remembered of any other.
const OTHER: &str = "other";

/// 409, with what it costs now.
#[derive(Debug, Serialize)]
struct Stale {
    #[serde(flatten)]
    problem: Problem,
    preview: PreviewView,
}

/// A change as it was asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) input: Input,
    pub(crate) target: Target,
    idempotency: Option<Idempotency>,
}

impl Subscriptions {
    pub(crate) async fn change(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        // Whoever has no valid key is not told what is wrong with the body: so it is looked at first, and judged later.
        let input = body::<Input>(request);
        let preview_id = input.as_ref().ok().and_then(|input| input.preview_id.clone());
        let scope = request.path.get("id").cloned().unwrap_or_default();
        for tries in 1..=TRIES_MAX {
            let idempotency = idempotency(request, &scope, invocation.now);
            let mut work = self
                .work(invocation, request, |account| {
                    let mut wanted = vec![keys::profile(account)];
                    wanted.push(keys::intent(account, &begin_intent(account)));
                    wanted.extend(preview_id.as_ref().map(|id| keys::preview(account, id)));
                    let known = idempotency.as_ref().ok().and_then(Option::as_ref);
                    wanted.extend(known.map(|it| keys::request(&it.fingerprint)));
                    wanted
                })
                .await?;
            let input = input.clone()?;
            let target = input.target(&self.catalog)?;
            let asked = Asked { input, target, idempotency: idempotency? };
            match Box::pin(work.change(&asked)).await {
                Ok(response) => return Ok(response),
                Err(Interrupted::Conflict) => invocation.wait(tries).await,
                Err(stopped) => return Err(ended(stopped, &work.account)),
            }
        }
        Err(Interrupted::again())
    }
}

impl Work<'_> {
    async fn change(&mut self, asked: &Asked) -> Result<Response, Interrupted> {
        let before = self.remembered(asked)?;
        let found = self.find().await?;
        let offers = offers(&self.own.catalog);
        let decision = decide(&found.standing, &asked.target, &offers, self.invocation.now)
            .map_err(|refusal| refused(&refusal, &found.standing, self.invocation.now))?;
        let Some(told) = self.told(asked)? else {
            return self.stale(&found, asked, decision).await;
        };
        if before.is_none() {
            self.remember(asked, &decision).await?;
        }
        let was_now = before.as_deref() == Some(NOW) || told.as_ref().is_some_and(|it| it.is_now);
        match decision {
            // It was asked for again: what is booked besides stays.
            Decision::Undo if was_now => self.finish(&found).await,
            Decision::Undo => self.undo(&found).await,
            Decision::Nothing => self.finish(&found).await,
            Decision::Checkout => self.checkout(asked).await,
            Decision::Subscribe => self.subscribe(asked).await,
            Decision::AtPeriodEnd(_) | Decision::Now { .. } => {
                let at = told.as_ref().map_or(self.invocation.now, |told| told.at);
                let within = found.read.as_ref().is_none_or(|it| at >= it.snapshot.period_start);
                if !within {
                    return self.stale(&found, asked, decision).await;
                }
                let quote = self.quote(&found, &asked.target, decision.clone(), at).await?;
                let same =
                    |told: &Preview| told.due == quote.due && told.is_now == quote.changes_now();
                if told.is_some_and(|told| !same(&told)) {
                    return self.stale(&found, asked, decision).await;
                }
                Box::pin(self.make(found, asked, quote)).await
            }
        }
    }

    async fn make(
        &mut self,
        found: Found,
        asked: &Asked,
        quote: Quote,
    ) -> Result<Response, Interrupted> {
        match quote.decision {
            Decision::AtPeriodEnd(pending) => self.at_period_end(&found, pending).await,
            Decision::Now { booking } => {
                Box::pin(self.at_once(found, asked, booking, quote.at)).await
            }
            Decision::Checkout | Decision::Subscribe | Decision::Undo | Decision::Nothing => {
                self.finish(&found).await
            }
        }
    }

    /// There is nothing to change; what a request before this one left undone is done.
    async fn finish(&mut self, found: &Found) -> Result<Response, Interrupted> {
        if let Some(read) = &found.read
            && self.void_pending(read).await?
        {
            self.read(&read.snapshot.id, None).await?;
        }
        self.make_booked(&found.standing).await?;
        self.answer(200).await
    }

    /// Sees to it that Stripe has the schedule of what is booked.
    pub(crate) async fn make_booked(&mut self, standing: &Standing) -> Result<(), Interrupted> {
        if standing.pending.is_none() {
            return Ok(());
        }
        let booked = self.sync().book(self.invocation, &self.account).await;
        booked?;
        Ok(())
    }

    /// What was previewed: the inner none when nothing was, the outer when it does not hold any more.
    #[expect(clippy::option_option, reason = "two different absences, told apart at once")]
    fn told(&self, asked: &Asked) -> Result<Option<Option<Preview>>, Interrupted> {
        if asked.input.preview_id.is_none() {
            return Ok(Some(None));
        }
        let Some(item) = self.admitted.item("preview") else { return Ok(None) };
        let preview = store::preview::read(item)?;
        if preview.target != asked.target {
            let detail = "That preview is of another change.";
            return Err(Problem::invalid(vec![field("preview_id", detail)]).into());
        }
        Ok(Some(Some(preview))
            .filter(|it| it.as_ref().is_some_and(|it| it.expires_at > self.invocation.now)))
    }

    /// 409 `preview_stale`, with what it costs now.
    async fn stale(
        &mut self,
        found: &Found,
        asked: &Asked,
        decision: Decision,
    ) -> Result<Response, Interrupted> {
        let quote = self.quote(found, &asked.target, decision, self.invocation.now).await?;
        let preview = self.keep(&found.standing, &asked.target, &quote).await?;
        let detail = "What the change costs is not what was previewed, or the preview is too old. Nothing changed: \
                      please confirm the new preview.";
        let problem = Problem::new(409, "preview_stale", detail);
        Ok(of_problem(409, &Stale { problem, preview }))
    }

    /// What was remembered of this request; a refusal when its key came with another body before.
    fn remembered(&self, asked: &Asked) -> Result<Option<String>, Interrupted> {
        let (Some(idempotency), Some(item)) = (&asked.idempotency, self.admitted.item("request"))
        else {
            return Ok(None);
        };
        let before = credential::read_request(item)?;
        if before.expires_at <= self.invocation.now {
            return Ok(None);
        }
        if before.body != idempotency.body {
            return Err(other_content().into());
        }
        Ok(Some(before.made))
    }

    /// Remembers the request by its key: so that whoever repeats a change at once is not taken for somebody who takes a
    /// booking back. To do it again does nothing, so nothing else has to be remembered.
    async fn remember(&mut self, asked: &Asked, decision: &Decision) -> Result<(), Interrupted> {
        let Some(idempotency) = &asked.idempotency else { return Ok(()) };
        let made = match decision {
            Decision::Now { .. } => NOW,
            Decision::Checkout
            | Decision::Subscribe
            | Decision::AtPeriodEnd(_)
            | Decision::Undo
            | Decision::Nothing => OTHER,
        };
        let request = credential::Request {
            body: idempotency.body.clone(),
            made: made.to_owned(),
            expires_at: idempotency.expires_at,
        };
        let (fingerprint, store) = (&idempotency.fingerprint, &self.own.store);
        let kept = store.remember_request(self.invocation, fingerprint, &request).await;
        unless_lost(kept)
    }
}
