//! Stripe's events, read again and applied by the path of the webhook.

use apply::{Applied, ApplyError, Outcome};
use billing::ids::AccountId;
use billing::journal::CauseKind;
use billing::proof::{Difference, DifferenceKind, Proof, Window, is_late};
use credit_payments::apply_payment;
use invocation::Invocation;
use queue::reconcile::EventsPage;
use queue::{Envelope, EventRef, Letter, Message};
use store::StoreError;
use stripe_wire::wire::{EventMeta, Head, ParseError, Parsed, parse};
use tracing::debug;

use crate::Reconcile;
use crate::failure::ReconcileError;

impl Reconcile {
    /// Applies a page of events. The event that the next page begins behind; none behind the last:
    /// then the time of the reading is proven.
    pub(crate) async fn apply_page(
        &self,
        invocation: &Invocation,
        page: &EventsPage,
    ) -> Result<Option<String>, ReconcileError> {
        let after = page.after.as_deref();
        let read = self.stripe.events_since(invocation, page.since, after).await?;
        for event in read.objects.iter().rev() {
            self.apply(invocation, event.get()).await?;
        }

        if read.next.is_none() {
            let window = Window { since: page.since, until: page.until };
            self.prove(invocation, window).await?;
        }
        Ok(read.next)
    }

    async fn prove(&self, invocation: &Invocation, window: Window) -> Result<(), StoreError> {
        invocation
            .retry_conflicts(|| async {
                let known = self.store.proof(invocation).await?;
                let first = || Proof { proven_until: window.since, ..Proof::first(invocation.now) };
                let known = known.unwrap_or_else(first);
                let proven = known.after(window);
                if proven == known && known.version > 0 {
                    return Ok(());
                }
                self.store.keep_proof(invocation, &proven).await
            })
            .await
    }

    /// Applies an event, if it is one that we use.
    async fn apply(&self, invocation: &Invocation, text: &str) -> Result<(), ReconcileError> {
        let (event, letter) = match parse(text.as_bytes()) {
            Ok(Parsed::Fact { event, fact }) => (event, Letter::Fact(fact)),
            Ok(Parsed::Payment { event, fact }) => (event, Letter::Payment(fact)),
            Err(ParseError::Unreadable { head, .. }) => {
                return self.unreadable(invocation, &head).await;
            }
            // Nothing that we use; and what is no JSON is in no list that was read.
            Ok(Parsed::WithoutCustomer(_) | Parsed::Thin(_) | Parsed::Unused(_))
            | Err(ParseError::NotUtf8(_) | ParseError::NotJson(_)) => return Ok(()),
        };
        if event.livemode != self.live {
            return Ok(());
        }
        let part = &invocation.part(CauseKind::StripeEvent, event.id.to_string());
        let applied = match &letter {
            Letter::Fact(fact) => self.facts.apply(part, fact).await,
            Letter::Payment(fact) => apply_payment(&self.facts, part, fact).await,
            Letter::Unreadable(_) => return Ok(()),
        };

        match applied {
            Ok(applied) => {
                self.follow_up(&applied).await?;
                self.judge(part, &event, &applied).await
            }
            Err(error @ (ApplyError::UnknownCustomer(_) | ApplyError::UnknownPayment(_))) => {
                debug!(event.id = %event.id, reason = %error, "an event is handed to the retries");
                let message = Message::new(reference(&event), invocation.now, letter);
                let failed = Envelope::after_failure(message.after_unknown(), invocation.now);
                let delay = failed.retries.delay_seconds(|limit| invocation.entropy.below(limit));
                Ok(self.retries.send_later(&failed, delay).await?)
            }
            Err(error @ ApplyError::Store(_)) => Err(error.into()),
        }
    }

    /// Keeps an event that changed something as missed, unless it was merely on its way.
    async fn judge(
        &self,
        invocation: &Invocation,
        event: &EventMeta,
        applied: &Applied,
    ) -> Result<(), ReconcileError> {
        let (kind, account): (DifferenceKind, &AccountId) = match &applied.outcome {
            Outcome::Applied(account) => (DifferenceKind::EventMissed, account),
            // The journal has each refused fact once; an operator saw it then.
            Outcome::Refused(..) | Outcome::Unchanged(_) | Outcome::Foreign => return Ok(()),
        };
        if applied.is_doubt || !is_late(event.created, invocation.now) {
            return Ok(());
        }
        let difference = Difference {
            found_at: invocation.now,
            kind,
            account: Some(account.clone()),
            about: event.id.to_string(),
            event_type: event.event_type.as_str().to_owned(),
            happened_at: Some(event.created),
        };
        self.found(invocation, &difference).await
    }

    /// An event of a type that we use and cannot read. The overlap of two readings says it twice at
    /// most.
    async fn unreadable(&self, invocation: &Invocation, head: &Head) -> Result<(), ReconcileError> {
        if head.livemode.is_some_and(|livemode| livemode != self.live) {
            return Ok(());
        }
        let difference = Difference {
            found_at: invocation.now,
            kind: DifferenceKind::Unreadable,
            account: None,
            about: head.id.clone().unwrap_or_default(),
            event_type: head.event_type.clone().unwrap_or_default(),
            happened_at: head.created,
        };
        self.found(invocation, &difference).await
    }
}

fn reference(event: &EventMeta) -> EventRef {
    EventRef { id: event.id.to_string(), r#type: event.event_type.as_str().to_owned() }
}
