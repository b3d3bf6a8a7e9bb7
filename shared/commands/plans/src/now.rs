//! A change at once, on the card on file (D3, D5): the payment decides whether anything changes.
//!
//! A schedule is taken away before and made anew behind it, whatever becomes of the payment;
//! meanwhile our books say that it is still to be made, so that a crash in between loses no
//! booking.

use billing::account::{PendingChange, Standing};
use billing::fact::Collection;
use billing::journal::{Kind, Value};
use billing::plan_change::{Left, Target, left_after};
use billing::time::Timestamp;
use stripe_client::preview::NotPaid;
use stripe_client::{StripeError, Subscription};
use stripe_requests::Refusal;
use stripe_requests::request::subscription::{ItemChange, Unpaid, change_items};
use stripe_sync::{Interrupted, Settled};
use tracing::info;

use crate::entries::{undone, wished};
use crate::refusal::declined_code;
use crate::renewal::Shown;
use crate::work::Work;

/// A change at once.
#[derive(Debug)]
pub(crate) struct AtOnce<'a> {
    pub(crate) target: &'a Target,
    /// What is still booked afterwards.
    pub(crate) booking: Option<PendingChange>,
    /// Moment from which the rest of the period is counted.
    pub(crate) date: Timestamp,
}

/// Outcome of a change at once.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It was paid, and is in force.
    Paid(Box<Shown>),
    /// It was declined: nothing changed.
    Declined(NotPaid),
}

/// Answer of Stripe to a change.
enum Answered {
    /// It is in force: the subscription as Stripe answered.
    Made(Box<Subscription>),
    /// It is not paid: nothing changed.
    NotPaid(NotPaid),
}

impl Work<'_> {
    pub(crate) async fn at_once(
        &self,
        settled: Settled,
        change: AtOnce<'_>,
    ) -> Result<Outcome, Interrupted> {
        let settled = self.void_pending(settled).await?;
        let settled = self.unschedule(settled).await?;
        let changes = self.changes(&settled.read, change.target).await?;

        match self.update(&settled, &changes, change.date).await? {
            Answered::Made(answer) => {
                if settled.standing().pending.is_none() {
                    self.invocation.ends_with_next_commit();
                }
                let settled = self.sync().settle_answer(self.invocation, settled, *answer).await?;
                let standing = self.rebook(settled, change.booking.as_ref()).await?;
                let standing = self.make_booked(standing).await?;
                let (account, plan) = (self.account, &change.target.plan);
                info!(account.id = %account, "changed the subscription of {account} to {plan}");
                Ok(Outcome::Paid(Box::new(self.shown(standing).await?)))
            }
            Answered::NotPaid(not_paid) => {
                let id = &settled.read.snapshot.id;
                let code = Some(Value::Text(declined_code(&not_paid).to_owned()));
                let about = Some(id.as_str());
                let entry = wished(Kind::ChangeDeclined, about, change.target, self.invocation.now);
                self.tell(&entry.with("reason", None, code)).await?;
                let settled = self.read(id, None).await?;
                self.make_booked(settled.books.standing).await?;
                Ok(Outcome::Declined(not_paid))
            }
        }
    }

    /// Changes the items at Stripe. A payment that cannot be waited for, such as a bank debit,
    /// makes Stripe refuse the change while it is open (money rule 12).
    async fn update(
        &self,
        settled: &Settled,
        changes: &[ItemChange],
        date: Timestamp,
    ) -> Result<Answered, Interrupted> {
        let snapshot = &settled.read.snapshot;
        let first = match snapshot.collection.unwrap_or(settled.standing().collection) {
            Collection::Automatic => Unpaid::Pending,
            Collection::Manual => Unpaid::Sent,
        };
        let stripe = &self.own.stripe;
        let request = change_items(&snapshot.id, changes, date, first);
        let mut answer = stripe.call(self.invocation, &request).await;
        if first == Unpaid::Pending && answer.as_ref().is_err_and(cannot_wait) {
            let request = change_items(&snapshot.id, changes, date, Unpaid::Error);
            answer = stripe.call(self.invocation, &request).await;
        }
        let answer = match answer {
            Err(error) => match error.declined() {
                Some(refusal) => return Ok(Answered::NotPaid(not_paid(refusal))),
                None => return Err(error.into()),
            },
            Ok(answer) => answer,
        };

        let after = stripe_client::subscription::subscription(answer.body, answer.at)?;
        let Some(invoice) = &after.snapshot.pending_invoice else {
            return Ok(Answered::Made(Box::new(after)));
        };
        let why = stripe.not_paid(self.invocation, invoice).await?;
        if !why.needs_action {
            // One that is void or paid by now is told by its event: it is no reason to charge
            // again.
            match self.void(invoice).await {
                Err(Interrupted::Conflict) => {}
                voided_or_not => voided_or_not?,
            }
        }
        Ok(Answered::NotPaid(why))
    }

    /// Writes what is left of the booking after a change that was paid. An event of the change that
    /// another writer applied meanwhile is no reason to charge again: the books are read again, and
    /// the same is decided on them.
    async fn rebook(
        &self,
        settled: Settled,
        booking: Option<&PendingChange>,
    ) -> Result<Standing, Interrupted> {
        let id = settled.read.snapshot.id.clone();
        match self.rebook_once(settled.books.standing, id.as_str(), booking).await {
            Err(Interrupted::Conflict) => {
                let again = || async {
                    let standing = self.read(&id, None).await?.books.standing;
                    self.rebook_once(standing, id.as_str(), booking).await
                };
                self.invocation.retry_conflicts(again).await
            }
            rebooked_or_not => rebooked_or_not,
        }
    }

    async fn rebook_once(
        &self,
        mut standing: Standing,
        about: &str,
        booking: Option<&PendingChange>,
    ) -> Result<Standing, Interrupted> {
        let now = self.invocation.now;
        match left_after(standing.pending.as_ref(), booking) {
            Left::AsItIs => Ok(standing),
            Left::Undone(pending) => {
                standing.pending = None;
                self.commit(&standing, undone(about, &pending, now)).await
            }
            Left::Rebooked(booking) => {
                let target = Target::booked(&booking);
                standing.pending = Some(booking);
                let entry = wished(Kind::ChangeBooked, Some(about), &target, now);
                self.commit(&standing, entry).await
            }
        }
    }
}

/// True if Stripe says that changes of this subscription cannot wait for their payment.
fn cannot_wait(error: &StripeError) -> bool {
    let refusal = error.refusal().filter(|refusal| refusal.status != 402);
    let about = |text: &Option<String>| {
        text.as_deref().is_some_and(|text| {
            text.contains("payment_behavior") || text.contains("pending_if_incomplete")
        })
    };
    refusal.is_some_and(|refusal| about(&refusal.param) || about(&refusal.message))
}

/// Reason for which a payment failed, of Stripe's refusal.
pub(crate) fn not_paid(refusal: &Refusal) -> NotPaid {
    let code = refusal.decline_code.clone().or(refusal.code.clone());
    NotPaid {
        needs_action: code.as_deref().is_some_and(billing::decline::asks_for_action),
        code,
        message: refusal.message.clone(),
        hosted_invoice_url: None,
    }
}
