//! Everything that is owed is paid, invoice by invoice, each by the command that pays one.

use std::time::Duration;

use billing::attempt::is_hard;
use billing::ids::{AccountId, InvoiceId};
use billing::invoice::Invoice;
use billing::paying::{Ended, Refused};
use billing::printed::Outcome;
use invocation::Invocation;
use stripe_requests::request::paying::Presence;

use crate::{NewPayment, Payments, Tried, Unpaid};

/// Time that is left for a payment before another one begins.
const PAYMENT_TIME: Duration = Duration::from_secs(12);

/// An invoice of several that were to be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfAll {
    /// The invoice.
    pub invoice: InvoiceId,
    /// What became of it.
    pub became: Became,
}

/// Outcome of one invoice of a Pay all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Became {
    /// Its payment was tried.
    Tried(Ended),
    /// A rule refuses its payment.
    Refused(Refused),
    /// There is nothing on file to charge.
    NoMethod,
    /// It was not tried: the card was refused for good just before.
    Spared,
    /// It was not tried: no time was left for it.
    Later,
}

/// What became of everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PaidAll {
    /// Each invoice, the oldest first.
    pub results: Vec<OfAll>,
    /// True if something follows at Stripe from the books as they are then.
    pub differs_at_stripe: bool,
}

impl Payments<'_> {
    /// Pays invoices by what is on file: those that are named, or all that are owed to us, the
    /// oldest first. Each is one payment as [`Payments::pay`] makes it. Behind a card that was
    /// refused for good no other is tried.
    ///
    /// # Errors
    /// A named invoice is unknown ([`Refused::Unknown`]): then none is paid. Something failed: the
    /// same request goes on where it stopped.
    pub async fn pay_all(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        named: Option<&[InvoiceId]>,
    ) -> Result<PaidAll, Unpaid> {
        let mut paid = PaidAll::default();
        let mut ends_with = None;
        for invoice in self.wanted(invocation, account, named).await? {
            let became = match ends_with.clone() {
                Some(why) => why,
                None if !invocation.has_time_for(PAYMENT_TIME) => {
                    ends_with = Some(Became::Later);
                    Became::Later
                }
                None => {
                    let tried = self.pay_one(invocation, account, &invoice).await?;
                    paid.differs_at_stripe |= tried.differs_at_stripe;
                    ends_with = tried.ends_with;
                    tried.became
                }
            };
            paid.results.push(OfAll { invoice, became });
        }
        Ok(paid)
    }

    async fn pay_one(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        invoice: &InvoiceId,
    ) -> Result<One, Unpaid> {
        let loaded = self.store.load(invocation, account, &Self::parts(invoice)).await?;
        let new = NewPayment {
            invoice: invoice.clone(),
            method: None,
            presence: Presence::OnSession,
            new_method: None,
        };
        let one = |became, ends_with| One { became, ends_with, differs_at_stripe: false };
        match self.pay(invocation, (account, loaded), &new).await {
            Ok(tried) => Ok(One {
                ends_with: is_final(&tried).then_some(Became::Spared),
                differs_at_stripe: tried.differs_at_stripe,
                became: Became::Tried(tried.ended),
            }),
            Err(Unpaid::Refused(refused)) => Ok(one(Became::Refused(refused), None)),
            Err(Unpaid::NoMethod) => Ok(one(Became::NoMethod, Some(Became::NoMethod))),
            // Stripe's words are in the log, and the next invoice may be another case.
            Err(Unpaid::ByStripe(_) | Unpaid::Method(_)) => {
                Ok(one(Became::Tried(Ended::Refused), None))
            }
            Err(error @ (Unpaid::NoAccount(_) | Unpaid::Stripe(_) | Unpaid::Store(_))) => {
                Err(error)
            }
        }
    }

    /// The invoices that are to be paid, the oldest first.
    async fn wanted(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        named: Option<&[InvoiceId]>,
    ) -> Result<Vec<InvoiceId>, Unpaid> {
        let books = self.store.books_of_subscriptions(invocation, account).await?;
        let books = books.ok_or_else(|| Unpaid::NoAccount(account.clone()))?;
        let books = self.store.with_all_invoices(invocation, books).await?;

        let mut invoices: Vec<&Invoice> = if let Some(named) = named {
            let known = |id| books.invoices.get(id).ok_or(Unpaid::Refused(Refused::Unknown));
            named.iter().map(known).collect::<Result<_, _>>()?
        } else {
            let owed = billing::desk::owed(&books);
            owed.iter().filter_map(|id| books.invoices.get(id)).collect()
        };
        invoices.sort_by_key(|it| (it.terms.as_ref().map(|terms| terms.created), it.id.clone()));
        invoices.dedup_by_key(|it| it.id.clone());
        Ok(invoices.into_iter().map(|it| it.id.clone()).collect())
    }
}

/// One payment of several.
struct One {
    became: Became,
    /// What becomes of all that follow, where nothing is tried behind it.
    ends_with: Option<Became>,
    differs_at_stripe: bool,
}

/// True if the payment method is not charged again: the bank refused it for good, or wants its
/// owner.
pub(crate) fn is_final(tried: &Tried) -> bool {
    if !matches!(tried.ended, Ended::Declined(_)) {
        return false;
    }
    let last = tried.shown.printed.as_ref().and_then(|printed| printed.last_attempt());
    last.is_some_and(|last| match &last.outcome {
        Outcome::Failed(code) => is_hard(code),
        Outcome::NeedsAction => true,
        Outcome::Paid | Outcome::Processing | Outcome::Canceled | Outcome::Untried => false,
    })
}
