//! A change at once, on the card on file (D3, D5). Whether it is paid decides whether anything changes.
//!
//! A schedule is taken away before and made anew behind it, whatever becomes of the payment; meanwhile our books say that it
//! is still to be made, so that a crash in between loses no booking.

use billing::account::{PendingChange, Standing};
use billing::fact::Collection;
use billing::journal::{Kind, Value};
use billing::plan_change::Target;
use billing::time::Timestamp;
use runtime::Response;
use stripe_client::preview::NotPaid;
use stripe_client::{StripeError, Subscription};
use stripe_requests::request::subscription::{ItemChange, Unpaid, change_items};
use stripe_sync::Interrupted;
use tracing::info;

use crate::change::Asked;
use crate::problem::{code_of, declined, not_paid};
use crate::work::{Found, Work, entry, undone};

/// What became of a change at Stripe.
enum Outcome {
    /// It is in force; that was true then.
    Made(Timestamp),
    /// It is not paid: nothing changed.
    NotPaid(NotPaid),
}

impl Work<'_> {
    pub(crate) async fn at_once(
        &mut self,
        found: Found,
        asked: &Asked,
        booking: Option<PendingChange>,
        date: Timestamp,
    ) -> Result<Response, Interrupted> {
        let Found { standing, read } = found;
        let Some(read) = read else { return Err(Interrupted::Conflict) };
        if self.void_pending(&read).await? {
            self.read(&read.snapshot.id, None).await?;
        }
        self.unschedule(&standing, &read).await?;
        let changes = self.changes(&read, &asked.target).await?;
        match self.update(&standing, &read, &changes, date).await? {
            Outcome::Made(at) => {
                let id = &read.snapshot.id;
                self.read(id, Some(at)).await?;
                self.rebook(id.as_str(), booking.as_ref()).await?;
                let standing = self.reload().await?;
                self.make_booked(&standing).await?;
                let (account, plan) = (&self.account, &asked.target.plan);
                info!(account.id = %account, "changed the subscription of {account} to {plan}");
                self.answer(200).await
            }
            Outcome::NotPaid(not_paid) => {
                self.say_declined(&read, &asked.target, &not_paid).await?;
                self.read(&read.snapshot.id, None).await?;
                self.make_booked(&standing).await?;
                Ok(declined(&not_paid))
            }
        }
    }

    /// Takes the schedule away, and says in our books first that it is to be made again.
    async fn unschedule(
        &mut self,
        standing: &Standing,
        read: &Subscription,
    ) -> Result<(), Interrupted> {
        let Some(schedule) = &read.snapshot.schedule else { return Ok(()) };
        if let Some(pending) = standing.pending.as_ref().filter(|pending| pending.booked) {
            let mut now = self.reload().await?;
            if now.pending.as_ref() != Some(pending) {
                return Err(Interrupted::Conflict);
            }
            now.pending = Some(PendingChange { booked: false, ..pending.clone() });
            self.own.store.keep_standing(self.invocation, &now).await?;
        }
        Ok(self.sync().release_schedule(self.invocation, &read.snapshot.id, schedule).await?)
    }

    /// Changes the items at Stripe. What can not wait for its payment, such as a bank debit, is refused without
    /// one (money rule 12).
    async fn update(
        &mut self,
        standing: &Standing,
        read: &Subscription,
        changes: &[ItemChange],
        date: Timestamp,
    ) -> Result<Outcome, Interrupted> {
        let collection = read.snapshot.collection.unwrap_or(standing.collection);
        let first = match collection {
            Collection::Automatic => Unpaid::Pending,
            Collection::Manual => Unpaid::Sent,
        };
        let (stripe, id) = (&self.own.stripe, &read.snapshot.id);
        let mut answer =
            stripe.call(self.invocation, &change_items(id, changes, date, first)).await;
        if first == Unpaid::Pending && answer.as_ref().is_err_and(can_not_wait) {
            let request = change_items(id, changes, date, Unpaid::Error);
            answer = stripe.call(self.invocation, &request).await;
        }
        let answer = match answer {
            Err(error) => match error.declined() {
                Some(refusal) => return Ok(Outcome::NotPaid(not_paid(refusal))),
                None => return Err(error.into()),
            },
            Ok(answer) => answer,
        };
        let after = stripe_client::subscription::subscription(answer.body, answer.at)?;
        let Some(invoice) = &after.snapshot.pending_invoice else {
            return Ok(Outcome::Made(after.at));
        };
        let why = stripe.not_paid(self.invocation, invoice).await?;
        if !why.needs_action {
            // One that is void or paid by now is told by its event: it is no reason to charge again.
            match self.void(invoice).await {
                Err(Interrupted::Conflict) => {}
                voided_or_not => voided_or_not?,
            }
        }
        Ok(Outcome::NotPaid(why))
    }

    /// What is left of the booking after a change that was paid.
    async fn rebook(
        &mut self,
        about: &str,
        booking: Option<&PendingChange>,
    ) -> Result<(), Interrupted> {
        let mut standing = self.reload().await?;
        let Some(pending) = standing.pending.clone() else { return Ok(()) };
        let asked = |pending: &PendingChange| Target::booked(pending);
        match booking {
            None => {
                standing.pending = None;
                self.commit(&standing, undone(about, &pending, self.invocation.now)).await
            }
            Some(booking) if asked(booking) != asked(&pending) => {
                standing.pending = Some(PendingChange { booked: false, ..booking.clone() });
                let entry = entry(Kind::ChangeBooked, about, &asked(booking), self.invocation.now);
                self.commit(&standing, entry).await
            }
            Some(_) => Ok(()),
        }
    }

    async fn say_declined(
        &mut self,
        read: &Subscription,
        target: &Target,
        not_paid: &NotPaid,
    ) -> Result<(), Interrupted> {
        let code = Some(Value::Text(code_of(not_paid).to_owned()));
        let entry =
            entry(Kind::ChangeDeclined, read.snapshot.id.as_str(), target, self.invocation.now);
        self.tell(&entry.with("reason", None, code)).await
    }
}

/// Whether Stripe says that this subscription's changes can not wait for their payment.
fn can_not_wait(error: &StripeError) -> bool {
    let refusal = error.refusal().filter(|refusal| refusal.status != 402);
    let about = |text: &Option<String>| {
        text.as_deref().is_some_and(|text| {
            text.contains("payment_behavior") || text.contains("pending_if_incomplete")
        })
    };
    refusal.is_some_and(|refusal| about(&refusal.param) || about(&refusal.message))
}
