//! Closing a month of an account: from then on nothing is counted to it, and its bill says what it costs.

use billing::bill::{Bill, Closing, Ended};
use billing::ids::AccountId;
use billing::metering::taken_until;
use billing::month::Month;
use invocation::Invocation;
use store::StoreError;
use store::closing::Payer;

use crate::{InvoiceRun, RunError};

/// How often it is tried when something changes meanwhile.
const TRIES_MAX: u32 = 6;

/// A closed month.
#[derive(Debug)]
pub(crate) struct Closed {
    /// What is known of the account.
    pub known: Payer,
    /// What is invoiced, if anything.
    pub bill: Option<Bill>,
}

impl InvoiceRun {
    /// Closes a month, those before it first, because levels of gauges go on from month to month. Nothing when there is no such
    /// account, or nothing was counted in that month, or it still takes usage.
    pub(crate) async fn close(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        month: Month,
    ) -> Result<Option<Closed>, RunError> {
        if invocation.now < taken_until(month, self.catalog.late_usage_seconds()) {
            return Ok(None);
        }
        let mut tries: u32 = 0;
        loop {
            let Some(known) = self.store.payer(invocation, account, month).await? else {
                return Ok(None);
            };
            if known.bill.is_some() {
                let bill = known.bill.clone();
                return Ok(Some(Closed { known, bill }));
            }
            let unclosed = known.months.range(..=month).find(|(_, usage)| !usage.closed);
            let Some((&next, _)) = unclosed else {
                // Closed before, at no cost; or never counted.
                return Ok(None);
            };
            match self.close_one(invocation, &known, next).await {
                Ok(bill) if next == month => return Ok(Some(Closed { known, bill })),
                // An earlier month: the account is to be read again.
                Ok(_) => tries = 0,
                Err(RunError::Store(StoreError::Conflict)) if tries < TRIES_MAX => {
                    tries = tries.saturating_add(1);
                    invocation.wait(tries).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn close_one(
        &self,
        invocation: &Invocation,
        known: &Payer,
        month: Month,
    ) -> Result<Option<Bill>, RunError> {
        let Payer { standing, subscriptions, months, .. } = known;
        let ended = Ended { standing, subscriptions, months };
        let closing = Closing::of(ended, month, |plan| self.catalog.allowances(plan))?;
        // It was found unclosed in what is passed on here.
        let Some(closing) = closing else { return Ok(None) };
        let bill = closing.bill(standing, invocation.entropy.token()?, invocation.now);
        let resources = self.catalog.resources.iter().map(|resource| resource.id.clone());
        let written = (&closing, bill.as_ref());
        self.store.close_month(invocation, standing, written, resources.collect()).await?;
        Ok(bill.map(|bill| Bill { version: 1, ..bill }))
    }
}
