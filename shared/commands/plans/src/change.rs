//! A change of plan, interval or seats (D3 to D5): as it was previewed, or as it is now.

use billing::ids::AccountId;
use billing::plan_change::{Decision, Offer, Target, decide};
use billing::preview::Preview;
use catalog::{Catalog, Sold};
use invocation::Invocation;
use runtime::Problem;
use runtime::input::{Idempotency, other_content};
use store::{Loaded, Part, StoreError, credential};
use stripe_client::preview::NotPaid;
use stripe_sync::{Interrupted, begin_intent};

use crate::now::{AtOnce, Outcome};
use crate::preview::Previewed;
use crate::quote::Quoting;
use crate::refusal::{field, refused};
use crate::renewal::Shown;
use crate::work::{Found, Work};
use crate::{Account, Plans};

/// Mark of a request whose change was at once.
const NOW: &str = "now";
/// Mark of any other request.
const OTHER: &str = "other";

/// A change as it was asked for.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The subscription as it is to be.
    pub target: Target,
    /// Preview whose cost the customer confirms.
    pub preview_id: Option<String>,
    /// Idempotency-Key of the request.
    pub idempotency: Option<Idempotency>,
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
pub fn change_parts(
    account: &AccountId,
    preview_id: Option<&str>,
    idempotency: Option<&Idempotency>,
) -> Vec<Part> {
    let mut parts = vec![Part::Standing, Part::Profile, Part::Intent(begin_intent(account))];
    parts.extend(preview_id.map(|id| Part::Preview(id.to_owned())));
    parts.extend(idempotency.map(|it| Part::Request(it.fingerprint.clone())));
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
        let mut loaded = Some(loaded);
        let tried = invocation
            .retry_conflicts(|| Box::pin(self.change_once(invocation, &id, loaded.take(), wish)));
        tried.await
    }

    async fn change_once(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        loaded: Option<Loaded>,
        wish: &Wish,
    ) -> Result<Changed, Interrupted> {
        let parts = change_parts(account, wish.preview_id.as_deref(), wish.idempotency.as_ref());
        let work = self.work(invocation, account, loaded, &parts).await?;
        work.change(wish).await
    }
}

impl Work<'_> {
    async fn change(&self, wish: &Wish) -> Result<Changed, Interrupted> {
        let before = self.remembered(wish)?;
        let found = self.find().await?;
        let decision = self.decided(&found, &wish.target)?;
        let confirmed = match self.confirmed(wish)? {
            Confirmed::Stale => return self.stale(&found, wish, decision).await,
            Confirmed::Holds(preview) => Some(preview),
            Confirmed::Unasked => None,
        };
        if before.is_none() {
            self.remember(wish, &decision).await?;
        }

        let was_now =
            before.as_deref() == Some(NOW) || confirmed.as_ref().is_some_and(|it| it.is_now);
        match decision {
            // It was asked for again: what is booked besides stays.
            Decision::Undo if was_now => self.finish(found).await,
            Decision::Undo => Box::pin(self.undo(found)).await.map(Changed::shown),
            Decision::Nothing => self.finish(found).await,
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
        let quote = self.quote(&found, &wish.target, quoting).await?;
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
            Decision::Checkout | Decision::Subscribe | Decision::Undo | Decision::Nothing => {
                self.finish(found).await
            }
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

    /// Mark of the request when it came before; a refusal when its key came with another body.
    fn remembered(&self, wish: &Wish) -> Result<Option<String>, Interrupted> {
        let Some(idempotency) = &wish.idempotency else { return Ok(None) };
        let before = self.loaded.request(&idempotency.fingerprint, self.invocation.now)?;
        match before {
            Some(before) if before.body != idempotency.body => Err(other_content().into()),
            before => Ok(before.map(|before| before.made)),
        }
    }

    /// Remembers the request by its key: so that a change at once that is repeated is not taken for
    /// one that takes a booking back. To do it again does nothing, so nothing else has to be
    /// remembered.
    async fn remember(&self, wish: &Wish, decision: &Decision) -> Result<(), Interrupted> {
        let Some(idempotency) = &wish.idempotency else { return Ok(()) };
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
        match store.remember_request(self.invocation, fingerprint, &request).await {
            // A twin of the request remembered it.
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
