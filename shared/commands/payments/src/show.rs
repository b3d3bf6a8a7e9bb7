//! One invoice: what our books have of it, and what Stripe shows of it (A15, D9).
//!
//! Without Stripe an invoice is shown from the books alone, and says so. With it, what Stripe says
//! of the invoice and the books do not have yet is applied first, as its event will be: whoever
//! comes back from Stripe's page finds it paid.

use apply::Applier;
use billing::account::Standing;
use billing::attempt::{NextAttempt, next_attempt};
use billing::decide::{Books, decide};
use billing::fact::Fact;
use billing::ids::{AccountId, InvoiceId};
use billing::invoice::Invoice;
use billing::printed::Printed;
use invocation::Invocation;
use std::collections::BTreeMap;
use store::{Loaded, Part, Store};
use stripe_client::Stripe;
use tracing::warn;

use crate::Failure;

/// Shows invoices.
#[derive(Debug, Clone, Copy)]
pub struct Shows<'a> {
    /// The table.
    pub store: &'a Store,
    /// Stripe.
    pub stripe: &'a Stripe,
    /// The way of every fact into the books.
    pub facts: &'a Applier,
}

/// An invoice as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The invoice of our books.
    pub invoice: Invoice,
    /// Standing of the account.
    pub standing: Standing,
    /// What Stripe shows of it; none while Stripe does not answer.
    pub printed: Option<Printed>,
    /// The next attempt that Stripe makes by itself.
    pub next: NextAttempt,
}

impl Shows<'_> {
    /// Parts that an invoice needs.
    pub fn parts(id: &InvoiceId) -> Vec<Part> {
        vec![Part::Standing, Part::Invoice(id.clone())]
    }

    /// An invoice as the books have it. `loaded` has the [`Self::parts`].
    ///
    /// # Errors
    /// There is no such account or invoice, or the table failed.
    pub fn of_books(
        (account, loaded): (&AccountId, &Loaded),
        id: &InvoiceId,
    ) -> Result<Shown, Failure> {
        let standing = loaded.standing()?.ok_or_else(|| Failure::NoAccount(account.clone()))?;
        let known = loaded.invoice(id)?.filter(|invoice| invoice.terms.is_some());
        let invoice = known.ok_or_else(|| Failure::NoInvoice(id.clone()))?;
        let next = next_attempt(&invoice, None);
        Ok(Shown { invoice, standing, printed: None, next })
    }

    /// Shows an invoice. `loaded` has the [`Self::parts`].
    ///
    /// # Errors
    /// There is no such account or invoice, or the table failed.
    pub async fn show(
        &self,
        invocation: &Invocation,
        (account, loaded): (&AccountId, &Loaded),
        id: &InvoiceId,
    ) -> Result<Shown, Failure> {
        let Shown { mut standing, mut invoice, .. } = Self::of_books((account, loaded), id)?;

        let read = match self.stripe.printed_invoice(invocation, id).await {
            Ok(read) => read,
            Err(error) => {
                warn!(account.id = %account, invoice.id = %id, reason = %error,
                    "invoice {id} is shown without Stripe: {error}");
                None
            }
        };
        let printed = match read {
            Some((fact, printed)) => {
                if is_news(&standing, &invoice, &fact, invocation) {
                    self.facts.apply(invocation, &fact).await?;
                    let parts = Self::parts(id);
                    let loaded = self.store.load(invocation, account, &parts).await?;
                    standing = loaded.standing()?.unwrap_or(standing);
                    invoice = loaded.invoice(id)?.unwrap_or(invoice);
                }
                Some(printed)
            }
            None => None,
        };

        let last = printed.as_ref().and_then(Printed::last_attempt);
        let next = next_attempt(&invoice, last);
        Ok(Shown { invoice, standing, printed, next })
    }
}

/// True unless the books have what a reading says.
fn is_news(standing: &Standing, invoice: &Invoice, fact: &Fact, invocation: &Invocation) -> bool {
    let books = Books {
        standing: standing.clone(),
        profile: None,
        invoices: BTreeMap::from([(invoice.id.clone(), invoice.clone())]),
        has_all_invoices: false,
        subscriptions: BTreeMap::new(),
        has_all_subscriptions: false,
    };
    decide(&books, fact, invocation.now) != Ok(None)
}
