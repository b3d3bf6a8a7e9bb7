//! Disputes as they are kept for staff, beside what they do to credits (F6).
//!
//! Stripe names neither the customer nor the invoice in a dispute. So one of a payment that nobody
//! knows is looked up at Stripe, once: then the payment's link is kept, and later facts find it.

use apply::{Applier, ApplyError, Outcome};
use billing::change::Write;
use billing::decide::dispute_shown;
use billing::dispute::{Dispute, Paid, PaymentOwner};
use billing::ids::{AccountId, InvoiceId, PaymentIntentId, PurchaseId};
use billing::payment::{DisputeSnapshot, PaymentFact, PaymentNews};
use invocation::Invocation;
use store::profile::Link;

/// Outcome of a look for the owner of a disputed payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Looked {
    /// The payment is of an account here, which has the dispute now.
    Applied(Outcome),
    /// The payment is none of ours, or no dispute brought it up.
    NotOurs,
}

fn dispute_of(fact: &PaymentFact) -> Option<&DisputeSnapshot> {
    if let PaymentNews::Dispute(dispute) = &fact.news { Some(dispute) } else { None }
}

/// Keeps a dispute of a purchase. The journal tells of the tokens that it takes back.
pub(crate) async fn of_purchase(
    facts: &Applier,
    invocation: &Invocation,
    fact: &PaymentFact,
    (account, purchase): (&AccountId, &PurchaseId),
) -> Result<(), ApplyError> {
    let Some(shown) = dispute_of(fact) else { return Ok(()) };
    let store = facts.store();
    let known = store.dispute(invocation, account, &shown.id).await?;
    let known = known.and_then(|(_, known)| known);
    let paid = Paid::Purchase(purchase.clone());
    if let Some(after) = Dispute::after(known.as_ref(), shown, paid, fact.at) {
        store.keep(invocation, account, &[Write::Dispute(Box::new(after))]).await?;
    }
    Ok(())
}

/// Applies a fact about a payment of an invoice. Only disputes say something: a refund is told by
/// its invoice's credit notes.
pub(crate) async fn of_invoice(
    facts: &Applier,
    invocation: &Invocation,
    fact: &PaymentFact,
    (account, invoice): (AccountId, Option<InvoiceId>),
) -> Result<Outcome, ApplyError> {
    let Some(shown) = dispute_of(fact) else { return Ok(Outcome::Foreign) };
    keep(facts, invocation, (fact, shown), (account, invoice, None)).await
}

/// Keeps a dispute, with the journal's entry; and the payment's link, where it is new.
async fn keep(
    facts: &Applier,
    invocation: &Invocation,
    (fact, shown): (&PaymentFact, &DisputeSnapshot),
    (account, invoice, link): (AccountId, Option<InvoiceId>, Option<&PaymentIntentId>),
) -> Result<Outcome, ApplyError> {
    let store = facts.store();
    let Some((standing, known)) = store.dispute(invocation, &account, &shown.id).await? else {
        return Ok(Outcome::Foreign);
    };
    let paid = invoice.clone().map_or(Paid::Other, Paid::Invoice);
    let about = (&standing, known.as_ref());
    let change = dispute_shown(about, (shown, paid), fact.at, invocation.now);
    let Some(mut change) = change else { return Ok(Outcome::Unchanged(account)) };

    if let Some(payment) = link {
        change = change.with(Write::InvoicePaymentLink(payment.clone(), invoice));
    }
    store.commit(invocation, &change).await?;
    Ok(Outcome::Applied(account))
}

/// Applies the dispute of a payment that nobody knows, by what Stripe says of the payment.
///
/// # Errors
/// [`ApplyError`]: nothing is known to be written, and the same fact may be applied later.
pub async fn look_for_dispute(
    facts: &Applier,
    invocation: &Invocation,
    fact: &PaymentFact,
    owner: &PaymentOwner,
) -> Result<Looked, ApplyError> {
    let (Some(shown), Some(customer)) = (dispute_of(fact), &owner.customer) else {
        return Ok(Looked::NotOurs);
    };
    let account = match facts.account_of(invocation, customer).await {
        Ok(Link::Account(account)) => account,
        Ok(Link::Foreign { .. }) | Err(ApplyError::UnknownCustomer(_)) => {
            return Ok(Looked::NotOurs);
        }
        Err(error) => return Err(error),
    };
    let (payment, invoice) = (&shown.payment, &owner.invoice);
    let kept = invocation.retry(|| {
        let about = (account.clone(), invoice.clone(), Some(payment));
        keep(facts, invocation, (fact, shown), about)
    });
    kept.await.map(Looked::Applied)
}
