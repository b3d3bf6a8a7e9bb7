//! Invoicing a month's bill at Stripe, and the bills that nobody can be invoiced for.

use billing::bill::Bill;
use billing::month::Month;
use invocation::Invocation;
use runtime::telemetry::alarm;
use store::closing::Payer;
use stripe_requests::Refusal;
use stripe_sync::{Billed, Sync};
use tracing::error;

use crate::error::RunError;
use crate::{InvoiceRun, Outcome};

impl InvoiceRun {
    /// Invoices a bill, unless that was done.
    pub(crate) async fn invoice(
        &self,
        invocation: &Invocation,
        (known, month): (&Payer, Month),
        bill: Bill,
    ) -> Result<Outcome, RunError> {
        if !bill.is_open() && bill.refused.is_none() {
            return Ok(Outcome::Nothing);
        }
        let customer = known.profile.as_ref().and_then(|profile| profile.customer.as_ref());
        let Some(customer) = customer else {
            return Box::pin(self.without_customer(invocation, (known, month), bill)).await;
        };

        let sync = Sync { store: &self.store, stripe: &self.stripe, facts: &self.facts };
        let of = (&known.standing.account, customer);
        let rates = async || Ok(self.stripe.tax_rates(invocation, &self.catalog.tax_rates).await?);
        match Box::pin(sync.invoice_bill(invocation, of, bill, rates)).await? {
            Billed::Invoiced => Ok(Outcome::Invoiced),
            Billed::Refused(bill, refusal) => {
                let refused = Refused::of(&refusal);
                Box::pin(self.refuse(invocation, (known, month), *bill, refused)).await
            }
        }
    }

    /// An account that is still being opened will have a customer; one that is closed never will.
    async fn without_customer(
        &self,
        invocation: &Invocation,
        (known, month): (&Payer, Month),
        bill: Bill,
    ) -> Result<Outcome, RunError> {
        if known.standing.closed.is_none() {
            return Err(RunError::NoCustomer);
        }
        let gone = Refused::CustomerIsGone(RunError::NoCustomer.to_string());
        Box::pin(self.refuse(invocation, (known, month), bill, gone)).await
    }

    /// The bill keeps the reason why it is not invoiced, and leaves the index: another try each day
    /// helps nobody.
    async fn refuse(
        &self,
        invocation: &Invocation,
        (known, month): (&Payer, Month),
        bill: Bill,
        refused: Refused,
    ) -> Result<Outcome, RunError> {
        let account = &known.standing.account;
        let bill = bill.refused(refused.reason());
        let fresh = self.store.payer(invocation, account, month).await?;
        let standing = fresh.map_or_else(|| known.standing.clone(), |fresh| fresh.standing);

        self.store.refuse_bill(invocation, &standing, &bill).await?;

        match refused {
            Refused::CustomerIsGone(reason) => {
                error!(alarm = alarm::NOT_INVOICED, account.id = %account, reason,
                    "usage of account {account} in {month} cannot be invoiced any more: {reason}");
                Ok(Outcome::Lost)
            }
            Refused::ByStripe(reason) => Err(RunError::Refused(reason)),
        }
    }
}

/// Reason why a bill is not invoiced.
#[derive(Debug)]
enum Refused {
    /// The account has no customer any more: nobody can be invoiced.
    CustomerIsGone(String),
    /// Stripe refuses the invoice: an operator may correct that.
    ByStripe(String),
}

impl Refused {
    fn of(refusal: &Refusal) -> Self {
        let is_gone = refusal.param.as_deref() == Some("customer")
            && refusal.code.as_deref() == Some("resource_missing");
        let reason = refusal.to_string();
        if is_gone { Self::CustomerIsGone(reason) } else { Self::ByStripe(reason) }
    }

    fn reason(&self) -> &str {
        match self {
            Self::CustomerIsGone(reason) | Self::ByStripe(reason) => reason,
        }
    }
}
