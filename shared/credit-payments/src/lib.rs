//! Settling what Stripe tells of payments for credits: load, decide, commit, and again when somebody else was faster.
//!
//! Like `apply`, for facts about purchases: the webhook, the retry worker, whoever charges and whoever comes back from Checkout all go
//! through here, so that a purchase is granted once, wherever its payment is told. A crate of its own, because only those
//! may change credits.

use apply::{Outcome, Settle, Settled, Unsettled};
use billing::decide::{note, refuse_note};
use billing::ids::{AccountId, CustomerId, PurchaseId};
use billing::journal::Cause;
use billing::payment::{PaymentFact, PaymentNews};
use billing::time::Timestamp;
use store::Cost;
use store::profile::Link;

/// Whose purchase a fact is about.
enum Buyer {
    Ours(AccountId, PurchaseId),
    Foreign,
}

/// Settles one fact about a payment for credits. Safe to call any number of times, by any number of callers at once,
/// whatever became of earlier calls.
pub async fn settle_payment(
    settle: &Settle,
    fact: &PaymentFact,
    cause: &Cause,
    now: Timestamp,
    cost: &mut Cost,
) -> Result<Settled, Unsettled> {
    let mut tries: u32 = 0;
    loop {
        tries = tries.saturating_add(1);
        match try_once(settle, fact, cause, now, cost).await {
            Err(Unsettled::Store(error)) => settle.wait_after(error, tries).await?,
            Err(unknown) => return Err(unknown),
            Ok(outcome) => {
                // What a page was paid with is on file from then on, whichever of its events comes first.
                let is_of_a_page =
                    matches!(fact.news, PaymentNews::Session(_) | PaymentNews::Payment(_));
                let may_pay_otherwise = is_of_a_page && matches!(outcome, Outcome::Applied(_));
                return Ok(Settled { outcome, is_to_do: false, may_pay_otherwise });
            }
        }
    }
}

async fn try_once(
    settle: &Settle,
    fact: &PaymentFact,
    cause: &Cause,
    now: Timestamp,
    cost: &mut Cost,
) -> Result<Outcome, Unsettled> {
    let store = settle.store();
    let Buyer::Ours(account, id) = buyer(settle, fact, now, cost).await? else {
        return Ok(Outcome::Foreign);
    };
    let Some((standing, credits, purchase)) = store.purchase(&account, &id, cost).await? else {
        // Another stack's, of the same customer: ours are kept before Stripe hears of them.
        return Ok(Outcome::Foreign);
    };
    match credits.told(&purchase, fact, now) {
        Ok(None) => Ok(Outcome::Unchanged(account)),
        Ok(Some(change)) => {
            store.write_credits(&standing, &change, (cause, now), cost).await?;
            Ok(Outcome::Applied(account))
        }
        Err(refusal) => {
            if !store.was_refused(&account, &cause.id, cost).await? {
                let entry = refuse_note(fact.at, fact.about(), &refusal);
                let change = note(&standing, entry, now);
                store.commit_refused(&change, cause, now, cost).await?;
            }
            Ok(Outcome::Refused(account, refusal))
        }
    }
}

/// Whose purchase it is: sessions and payments name customer and purchase, refunds and disputes only the payment.
async fn buyer(
    settle: &Settle,
    fact: &PaymentFact,
    now: Timestamp,
    cost: &mut Cost,
) -> Result<Buyer, Unsettled> {
    let payment = match &fact.news {
        PaymentNews::Session(session) => {
            return buyer_of(settle, (&session.customer, &session.purchase), now, cost).await;
        }
        PaymentNews::Payment(payment) => {
            return buyer_of(settle, (&payment.customer, &payment.purchase), now, cost).await;
        }
        PaymentNews::Refund(refund) => &refund.payment,
        PaymentNews::Dispute(dispute) => &dispute.payment,
    };
    let store = settle.store();
    match store.payment_link(payment, cost).await? {
        Some(link) => Ok(Buyer::Ours(link.account, link.purchase)),
        None => Err(Unsettled::UnknownPayment(payment.clone())),
    }
}

async fn buyer_of(
    settle: &Settle,
    (customer, purchase): (&CustomerId, &PurchaseId),
    now: Timestamp,
    cost: &mut Cost,
) -> Result<Buyer, Unsettled> {
    match settle.account_of(customer, now, cost).await? {
        Link::Account(account) => Ok(Buyer::Ours(account, purchase.clone())),
        Link::Foreign { .. } => Ok(Buyer::Foreign),
    }
}
