//! A change of plan, interval or seats (D3 to D5): as it was previewed, or as it is now.

use billing::ids::AccountId;
use billing::plan_change::{Decision, Offer, Target, decide};
use billing::preview::Preview;
use billing::request::{Remembered, Stage, Working};
use catalog::{Catalog, Sold};
use invocation::Invocation;
use runtime::Problem;
use store::{Loaded, Part, StoreError};
use stripe_client::preview::NotPaid;
use stripe_sync::{Interrupted, begin_intent};

use crate::now::{AtOnce, Outcome};
use crate::preview::Previewed;
use crate::quote::Quoting;
use crate::refusal::{field, refused};
use crate::renewal::Shown;
use crate::work::{Found, Work};
use crate::{Account, Plans, leased_parts};

/// A change as it was asked for.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The subscription as it is to be.
    pub target: Target,
    /// Preview whose cost the customer confirms.
    pub preview_id: Option<String>,
    /// Addresses behind Checkout; a problem where the request has none that are allowed.
    pub ways: Result<Ways, Problem>,
}

/// Addresses to which Checkout sends the customer back.
#[derive(Debug, Clone)]
pub struct Ways {
    /// Behind the payment.
    pub success_url: String,
    /// Without one.
    pub cancel_url: String,
}

/// Outcome of a wish.
#[derive(Debug)]
pub enum Changed {
    /// The subscription as it is now.
    Shown(Box<Shown>),
    /// The customer pays on this page of Stripe's.
    Checkout {
        /// Address of the page.
        url: String,
    },
    /// The payment was declined: nothing changed.
    Declined(NotPaid),
    /// The cost is not the previewed one: nothing changed.
    Stale(Box<Previewed>),
}

/// State of the preview that a wish names.
enum Confirmed {
    /// The wish names none.
    Unasked,
    /// It holds.
    Holds(Preview),
    /// It is gone or expired.
    Stale,
}

/// Parts that a change needs.
pub fn change_parts(account: &AccountId, preview_id: Option<&str>) -> Vec<Part> {
    let mut parts = leased_parts();
    parts.extend([Part::Profile, Part::Intent(begin_intent(account))]);
    parts.extend(preview_id.map(|id| Part::Preview(id.to_owned())));
    parts
}

impl Plans {
    /// Makes a change, or books it, or leads to the page on which it is bought.
    ///
    /// # Errors
    /// [`Interrupted`]: what was done is done, and the same wish goes on from there.
    pub async fn change(
        &self,
        invocation: &Invocation,
        account: Account,
        wish: &Wish,
    ) -> Result<Changed, Interrupted> {
        let Account { id, loaded } = account;
        let lease = loaded.lease()?;
        let mut loaded = Some(loaded);
        let work = invocation
            .retry_conflicts(|| Box::pin(self.change_once(invocation, &id, loaded.take(), wish)));
        self.leased(invocation, (&id, lease), work).await
    }

    async fn change_once(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        loaded: Option<Loaded>,
        wish: &Wish,
    ) -> Result<Changed, Interrupted> {
        let parts = change_parts(account, wish.preview_id.as_deref());
        let work = self.work(invocation, account, loaded, &parts).await?;
        work.change(wish).await
    }
}

impl Work<'_> {
    async fn change(&self, wish: &Wish) -> Result<Changed, Interrupted> {
        let found = self.find().await?;
        let decision = self.decided_again(&found, &wish.target)?;
        let confirmed = match self.confirmed(wish)? {
            Confirmed::Stale => return self.stale(&found, wish, decision).await,
            Confirmed::Holds(preview) => Some(preview),
            Confirmed::Unasked => None,
        };
        self.mark_kept_booking(&decision).await?;

        let was_now = self.has_kept_booking() || confirmed.as_ref().is_some_and(|it| it.is_now);
        match decision {
            // It was asked for again: what is booked besides stays.
            Decision::Undo if was_now => self.finish(found).await,
            Decision::Undo => Box::pin(self.undo(found)).await.map(Changed::shown),
            Decision::Nothing => self.finish(found).await,
            Decision::Resume => {
                Ok(match Box::pin(self.unpause(found.running()?, Some(&wish.target))).await? {
                    Outcome::Paid(shown) => Changed::Shown(shown),
                    Outcome::Declined(not_paid) => Changed::Declined(not_paid),
                })
            }
            Decision::Checkout => {
                Ok(Changed::Checkout { url: Box::pin(self.checkout(wish)).await? })
            }
            Decision::Subscribe => {
                let standing = Box::pin(self.subscribe(&wish.target)).await?;
                self.shown(standing).await.map(Changed::shown)
            }
            Decision::AtPeriodEnd(_) | Decision::Now { .. } => {
                Box::pin(self.make(found, wish, decision, confirmed)).await
            }
        }
    }

    /// Makes or books a change, if it costs what was confirmed.
    async fn make(
        &self,
        found: Found,
        wish: &Wish,
        decision: Decision,
        confirmed: Option<Preview>,
    ) -> Result<Changed, Interrupted> {
        let Found::Running(settled) = &found else { return Err(Interrupted::Conflict) };
        let at = confirmed.as_ref().map_or(self.invocation.now, |preview| preview.at);
        let begun = settled.read.snapshot.period_start;
        if confirmed.as_ref().is_some_and(|preview| !preview.is_of_period(begun)) {
            return self.stale(&found, wish, decision).await;
        }
        let quoting = Quoting { decision: decision.clone(), at };
        let quote = self.quote_at_once(&found, &wish.target, quoting).await?;
        if confirmed.is_some_and(|preview| !preview.agrees(quote.cost())) {
            return self.stale(&found, wish, decision).await;
        }

        match quote.decision {
            Decision::AtPeriodEnd(pending) => {
                Box::pin(self.at_period_end(found.running()?, pending)).await.map(Changed::shown)
            }
            Decision::Now { booking } => {
                let change = AtOnce { target: &wish.target, booking, date: at };
                let outcome = Box::pin(self.at_once(found.running()?, change)).await?;
                Ok(match outcome {
                    Outcome::Paid(shown) => Changed::Shown(shown),
                    Outcome::Declined(not_paid) => Changed::Declined(not_paid),
                })
            }
            Decision::Checkout
            | Decision::Subscribe
            | Decision::Resume
            | Decision::Undo
            | Decision::Nothing => self.finish(found).await,
        }
    }

    /// Nothing is to be changed: an earlier request's work that was left undone is done.
    async fn finish(&self, found: Found) -> Result<Changed, Interrupted> {
        let standing = match found {
            Found::None(standing) => *standing,
            Found::Running(settled) => self.void_pending(*settled).await?.books.standing,
        };
        let standing = self.make_booked(standing).await?;
        self.shown(standing).await.map(Changed::shown)
    }

    /// What becomes of a wish. Behind an interruption, a subscription that ends may have got what
    /// was wished already.
    fn decided_again(&self, found: &Found, target: &Target) -> Result<Decision, Interrupted> {
        let goes_on = self.invocation.claim().is_some_and(|claim| claim.goes_on);
        let is_in_force = found.standing().live_subscription().and_then(Target::of);
        if goes_on && is_in_force.as_ref() == Some(target) && found.standing().pending.is_none() {
            return Ok(Decision::Nothing);
        }
        self.decided(found, target)
    }

    /// What becomes of a wish.
    pub(crate) fn decided(&self, found: &Found, target: &Target) -> Result<Decision, Interrupted> {
        let (standing, now) = (found.standing(), self.invocation.now);
        let decision = decide(standing, target, &offers(&self.own.catalog), now);
        Ok(decision.map_err(|refusal| refused(&refusal, standing, now))?)
    }

    fn confirmed(&self, wish: &Wish) -> Result<Confirmed, Interrupted> {
        let Some(id) = &wish.preview_id else { return Ok(Confirmed::Unasked) };
        let Some(preview) = self.loaded.preview(id)? else { return Ok(Confirmed::Stale) };
        if preview.target != wish.target {
            let detail = "That preview is of another change.";
            return Err(Problem::invalid(vec![field("preview_id", detail)]).into());
        }
        let is_fresh = preview.is_fresh(self.invocation.now);
        Ok(if is_fresh { Confirmed::Holds(preview) } else { Confirmed::Stale })
    }

    /// The cost as it is now, as a preview to confirm.
    async fn stale(
        &self,
        found: &Found,
        wish: &Wish,
        decision: Decision,
    ) -> Result<Changed, Interrupted> {
        let quoting = Quoting { decision, at: self.invocation.now };
        let quote = self.quote(found, &wish.target, quoting).await?;
        let preview = self.keep_preview(found.standing(), &wish.target, quote).await?;
        Ok(Changed::Stale(Box::new(preview)))
    }

    /// True behind an interruption, if the change was decided to be at once over a booking: then to
    /// find it in force is no wish to take that booking back.
    fn has_kept_booking(&self) -> bool {
        let claim = self.invocation.claim().filter(|claim| claim.goes_on);
        let stage = claim.map(|claim| &claim.remembered.stage);
        matches!(stage, Some(Stage::Working(working)) if working.leaves_booking)
    }

    /// Marks a request with an Idempotency-Key whose change is at once and leaves the booking.
    async fn mark_kept_booking(&self, decision: &Decision) -> Result<(), Interrupted> {
        let keeps = matches!(decision, Decision::Now { booking: Some(_) });
        let Some(claim) = self.invocation.claim() else { return Ok(()) };
        let Stage::Working(working) = &claim.remembered.stage else { return Ok(()) };
        if !keeps {
            return Ok(());
        }

        let stage = Stage::Working(Working { leaves_booking: true, ..*working });
        let marked = Remembered { stage, ..claim.remembered.clone() };
        let store = &self.own.store;
        match store.remember_attempt(self.invocation, &claim.fingerprint, &marked).await {
            // The attempt was taken for interrupted: the lease says who goes on.
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Changed {
    fn shown(shown: Shown) -> Self {
        Self::Shown(Box::new(shown))
    }
}

/// Plans as they are sold, in the words of the rules that decide a change.
fn offers(catalog: &Catalog) -> Vec<Offer> {
    let offers = catalog.plans.iter().map(|plan| Offer {
        plan: plan.id.clone(),
        intervals: plan.prices.iter().map(|price| price.interval.into()).collect(),
        seats_max: plan.seats_max.map(u64::from),
        is_public: match plan.sold {
            Sold::ToAll => true,
            Sold::ByStaff | Sold::NotAnyMore => false,
        },
    });
    offers.collect()
}
