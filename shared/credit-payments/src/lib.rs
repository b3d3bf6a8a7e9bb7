//! Applying a fact about a payment for credits: load, decide, commit, and again after a conflict
//! with another writer.
//!
//! The counterpart of `apply` for purchases: the webhook, the retry worker, auto-recharge and the
//! customer's return from Checkout all apply payment facts here, so that a purchase is granted
//! once, whichever of them comes first. A crate of its own, because only these five functions may
//! change credits.

mod disputes;

use apply::{Applied, Applier, ApplyError, Outcome};
use billing::decide::{note, refuse_note};
use billing::ids::{AccountId, CustomerId, InvoiceId, PurchaseId};
use billing::payment::{PaymentFact, PaymentNews};
use invocation::Invocation;
use store::credits::PaymentLink;
use store::profile::Link;

pub use disputes::{Looked, look_for_dispute};

/// Owner of the purchase that a fact is about.
enum Buyer {
    Ours(AccountId, PurchaseId),
    /// The payment paid an invoice of the account, or something else that is no purchase.
    OfInvoice(AccountId, Option<InvoiceId>),
    Foreign,
}

/// Applies one fact about a payment for credits. Safe to call any number of times, by any number of
/// callers at once, whatever became of earlier calls.
///
/// # Errors
/// [`ApplyError`]: nothing is known to be written, and the same fact may be applied later.
pub async fn apply_payment(
    facts: &Applier,
    invocation: &Invocation,
    fact: &PaymentFact,
) -> Result<Applied, ApplyError> {
    let outcome = invocation.retry(|| try_once(facts, invocation, fact)).await?;

    // A method that paid on a Checkout page is on file from then on, whichever of the page's events
    // comes first.
    let is_of_a_page = matches!(fact.news, PaymentNews::Session(_) | PaymentNews::Payment(_));
    let payment_method_may_differ = is_of_a_page && matches!(outcome, Outcome::Applied(_));
    Ok(Applied {
        outcome,
        differs_at_stripe: false,
        payment_moved: None,
        payment_method_may_differ,
        is_doubt: false,
    })
}

async fn try_once(
    facts: &Applier,
    invocation: &Invocation,
    fact: &PaymentFact,
) -> Result<Outcome, ApplyError> {
    let store = facts.store();
    let (account, id) = match buyer(facts, invocation, fact).await? {
        Buyer::Ours(account, id) => (account, id),
        Buyer::OfInvoice(account, invoice) => {
            return disputes::of_invoice(facts, invocation, fact, (account, invoice)).await;
        }
        Buyer::Foreign => return Ok(Outcome::Foreign),
    };
    let Some((standing, credits, purchase)) = store.purchase(invocation, &account, &id).await?
    else {
        // Another stack's purchase for the same customer: ours are kept before Stripe is called.
        return Ok(Outcome::Foreign);
    };

    disputes::of_purchase(facts, invocation, fact, (&account, &id)).await?;
    match credits.told(&purchase, fact, invocation.now) {
        Ok(None) => Ok(Outcome::Unchanged(account)),
        Ok(Some(change)) => {
            store.write_credits(invocation, &standing, &change).await?;
            Ok(Outcome::Applied(account))
        }
        Err(refusal) => {
            if !store.was_refused(invocation, &account, invocation.cause_id()).await? {
                let entry = refuse_note(fact.at, fact.about(), &refusal);
                let change = note(&standing, entry, invocation.now);
                store.commit_refused(invocation, &change).await?;
            }
            Ok(Outcome::Refused(account, refusal))
        }
    }
}

/// Finds the owner: sessions and payments name customer and purchase, refunds and disputes only the
/// payment.
async fn buyer(
    facts: &Applier,
    invocation: &Invocation,
    fact: &PaymentFact,
) -> Result<Buyer, ApplyError> {
    let payment = match &fact.news {
        PaymentNews::Session(session) => {
            return buyer_of(facts, invocation, &session.customer, &session.purchase).await;
        }
        PaymentNews::Payment(payment) => {
            return buyer_of(facts, invocation, &payment.customer, &payment.purchase).await;
        }
        PaymentNews::Refund(refund) => &refund.payment,
        PaymentNews::Dispute(dispute) => &dispute.payment,
    };

    match facts.store().payment_link(invocation, payment).await? {
        Some(PaymentLink::Purchase(account, purchase)) => Ok(Buyer::Ours(account, purchase)),
        Some(PaymentLink::Invoice(account, invoice)) => Ok(Buyer::OfInvoice(account, invoice)),
        // Of an invoice's payment nothing but its dispute says anything here.
        Some(PaymentLink::Foreign { .. }) if is_dispute(fact) => {
            Err(ApplyError::UnknownPayment(payment.clone()))
        }
        Some(PaymentLink::Foreign { .. }) => Ok(Buyer::Foreign),
        None => Err(ApplyError::UnknownPayment(payment.clone())),
    }
}

fn is_dispute(fact: &PaymentFact) -> bool {
    matches!(fact.news, PaymentNews::Dispute(_))
}

async fn buyer_of(
    facts: &Applier,
    invocation: &Invocation,
    customer: &CustomerId,
    purchase: &PurchaseId,
) -> Result<Buyer, ApplyError> {
    match facts.account_of(invocation, customer).await? {
        Link::Account(account) => Ok(Buyer::Ours(account, purchase.clone())),
        Link::Foreign { .. } => Ok(Buyer::Foreign),
    }
}
