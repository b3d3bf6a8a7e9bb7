//! What takes effect at the end of the period: fewer seats, a smaller plan, the end; and taking that back (D4, D5, D7).

use billing::account::PendingChange;
use billing::journal::{Kind, Value};
use billing::plan_change::Target;
use billing::state::State;
use invocation::Invocation;
use runtime::{Problem, Request, Response};
use serde::Serialize;
use store::cancellation::{check_keys, checked};
use stripe_client::Subscription;
use stripe_requests::request::subscription::cancel_at_period_end;
use stripe_sync::Interrupted;
use tracing::info;

use crate::Subscriptions;
use crate::preview::ended;
use crate::problem::of_state;
use crate::work::{Found, TRIES_MAX, Work, entry, undone};

/// What a cancellation would come to.
#[derive(Debug, Serialize)]
struct DryRun<'a> {
    #[serde(flatten)]
    check: &'a billing::cancellation::Check,
    /// Every unmet condition.
    reasons: Vec<billing::explain::Reason>,
    /// When the subscription would end; nothing without one.
    ends_at: Option<String>,
}

impl Subscriptions {
    /// `DELETE .../subscription`.
    pub(crate) async fn cancel(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let dry_run = request.query.get("dry_run").is_some_and(|value| value == "true");
        for tries in 1..=TRIES_MAX {
            let mut work = self
                .work(invocation, request, |account| check_keys(account, invocation.now))
                .await?;
            match work.cancel(dry_run).await {
                Ok(response) => return Ok(response),
                Err(Interrupted::Conflict) => invocation.wait(tries).await,
                Err(stopped) => return Err(ended(stopped, &work.account)),
            }
        }
        Err(Interrupted::again())
    }

    /// `POST .../subscription/resume`.
    pub(crate) async fn resume(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        for tries in 1..=TRIES_MAX {
            let mut work = self.work(invocation, request, |_| Vec::new()).await?;
            match work.resume().await {
                Ok(response) => return Ok(response),
                Err(Interrupted::Conflict) => invocation.wait(tries).await,
                Err(stopped) => return Err(ended(stopped, &work.account)),
            }
        }
        Err(Interrupted::again())
    }
}

impl Work<'_> {
    /// Books a change, and makes Stripe's schedule of it.
    pub(crate) async fn at_period_end(
        &mut self,
        found: &Found,
        pending: PendingChange,
    ) -> Result<Response, Interrupted> {
        let Found { standing, read: Some(read) } = found else { return Err(Interrupted::Conflict) };
        if self.void_pending(read).await? {
            self.read(&read.snapshot.id, None).await?;
            return Err(Interrupted::Conflict);
        }
        let target = Target::booked(&pending);
        let known = standing.pending.as_ref();
        if known.is_none_or(|known| Target::booked(known) != target || known.at != pending.at) {
            let mut booked = standing.clone();
            let at = Some(Value::Time(pending.at));
            booked.pending = Some(PendingChange { booked: false, ..pending });
            let entry =
                entry(Kind::ChangeBooked, read.snapshot.id.as_str(), &target, self.invocation.now);
            self.commit(&booked, entry.with("effective_at", None, at)).await?;
        }
        let standing = self.reload().await?;
        self.make_booked(&standing).await?;
        self.answer(200).await
    }

    /// Takes a booked change back: Stripe's schedule first, so that what is undone in our books can not happen.
    pub(crate) async fn undo(&mut self, found: &Found) -> Result<Response, Interrupted> {
        let Some(read) = &found.read else { return Err(Interrupted::Conflict) };
        self.void_pending(read).await?;
        self.take_back(found, read).await?;
        self.read(&read.snapshot.id, None).await?;
        self.answer(200).await
    }

    async fn take_back(&mut self, found: &Found, read: &Subscription) -> Result<(), Interrupted> {
        let snapshot = &read.snapshot;
        let Some(pending) = &found.standing.pending else { return Ok(()) };
        if let Some(schedule) = &snapshot.schedule {
            self.sync().release_schedule(self.invocation, &snapshot.id, schedule).await?;
        }
        let mut standing = found.standing.clone();
        standing.pending = None;
        self.commit(&standing, undone(snapshot.id.as_str(), pending, self.invocation.now)).await
    }

    async fn cancel(&mut self, dry_run: bool) -> Result<Response, Interrupted> {
        let limits = self.own.catalog.cancellation_limits();
        let checked = checked(&self.admitted.items, &limits)?;
        let (standing, check) = checked.ok_or_else(|| Problem::not_found("account"))?;
        let ends_at = standing.live_subscription().map(|live| live.period_end);
        if dry_run {
            let ends_at = ends_at.map(|at| at.to_string());
            let answer = DryRun { check: &check, reasons: check.reasons(), ends_at };
            return Ok(Response::json(200, &answer));
        }
        if ends_at.is_none() {
            let detail = "The account has no subscription to cancel.";
            return Err(Problem::new(409, "no_subscription", detail).into());
        }
        if !check.passes {
            return Err(Problem::not_cancellable(&check).into());
        }
        let found = self.find().await?;
        let Some(read) = &found.read else { return Err(Interrupted::Conflict) };
        if read.snapshot.ends_at.is_some() {
            return self.answer(202).await;
        }
        self.void_pending(read).await?;
        self.take_back(&found, read).await?;
        self.unmanage(read).await?;
        self.set_end(read, true).await?;
        self.answer(202).await
    }

    /// A schedule keeps a subscription from being cancelled (money rule 15): also one whose change is in force already.
    async fn unmanage(&mut self, read: &Subscription) -> Result<(), Interrupted> {
        let again = self.read(&read.snapshot.id, None).await?;
        if let Some(schedule) = &again.snapshot.schedule {
            self.sync().release_schedule(self.invocation, &read.snapshot.id, schedule).await?;
        }
        Ok(())
    }

    async fn set_end(&mut self, read: &Subscription, ends: bool) -> Result<(), Interrupted> {
        let id = &read.snapshot.id;
        let answer = self.own.stripe.call(self.invocation, &cancel_at_period_end(id, ends)).await?;
        let account = &self.account;
        let what = if ends { "ends with its period" } else { "goes on" };
        info!(account.id = %account, "the subscription of {account} {what}");
        self.read(id, Some(answer.at)).await?;
        Ok(())
    }

    async fn resume(&mut self) -> Result<Response, Interrupted> {
        let found = self.find().await?;
        match found.standing.state_at(self.invocation.now) {
            state @ (State::Terminated | State::Canceled | State::Disabled) => {
                return Err(of_state(state, &found.standing, self.invocation.now).into());
            }
            State::Restricted | State::PastDue | State::Active => {}
        }
        let Some(read) = &found.read else {
            let detail = "The account has no subscription to resume.";
            return Err(Problem::new(409, "no_subscription", detail).into());
        };
        if found.standing.pending.is_some() {
            return self.undo(&found).await;
        }
        if read.snapshot.ends_at == Some(read.snapshot.period_end) {
            self.set_end(read, false).await?;
        }
        self.answer(200).await
    }
}
