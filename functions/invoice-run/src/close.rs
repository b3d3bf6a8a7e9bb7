//! Closing a month of an account: from then on nothing is counted to it, and its bill says what it
//! costs.

use std::collections::BTreeMap;

use billing::account::history::History;
use billing::bill::Bill;
use billing::closing::{Closing, Ended};
use billing::ids::AccountId;
use billing::metering::taken_until;
use billing::month::Month;
use invocation::Invocation;
use store::closing::Payer;

use crate::InvoiceRun;
use crate::error::RunError;
use crate::family::Family;

/// A closed month.
#[derive(Debug)]
pub(crate) struct Closed {
    /// The account, as it was read.
    pub known: Payer,
    /// Bill of the month, if something is invoiced.
    pub bill: Option<Bill>,
}

/// Outcome of one step on the way to a closed month.
#[derive(Debug)]
enum Step {
    /// There is nothing to close: no such account, nothing counted, or closed before at no cost.
    Nothing,
    /// An earlier month was closed: the account is to be read again.
    Earlier,
    /// Sub-accounts that the account pays for have not closed this month.
    SubAccounts(Vec<AccountId>, Month),
    /// The month is closed.
    Closed(Box<Closed>),
}

impl InvoiceRun {
    /// Closes a month, those before it first, because levels of gauges go on from month to month.
    /// Nothing when there is no such account, or nothing was counted in that month, or it still
    /// takes usage.
    pub(crate) async fn close(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        month: Month,
    ) -> Result<Option<Closed>, RunError> {
        if invocation.now < taken_until(month, self.catalog.late_usage_seconds()) {
            return Ok(None);
        }

        loop {
            match Box::pin(invocation.retry(|| self.close_next(invocation, account, month))).await?
            {
                Step::Nothing => return Ok(None),
                Step::Earlier => {}
                Step::SubAccounts(accounts, month) => {
                    self.close_sub_accounts(invocation, accounts, month).await?;
                }
                Step::Closed(closed) => return Ok(Some(*closed)),
            }
        }
    }

    /// Reads the account, and closes its earliest month up to that one.
    async fn close_next(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        month: Month,
    ) -> Result<Step, RunError> {
        let Some(known) = self.store.payer(invocation, account, month).await? else {
            return Ok(Step::Nothing);
        };
        if known.bill.is_some() {
            let bill = known.bill.clone();
            return Ok(Step::Closed(Box::new(Closed { known, bill })));
        }
        let unclosed = known.months.range(..=month).find(|(_, usage)| !usage.closed);
        let Some((&next, _)) = unclosed else { return Ok(Step::Nothing) };

        let family = self.family(invocation, &known, next).await?;
        if !family.open.is_empty() {
            return Ok(Step::SubAccounts(family.open, next));
        }
        let bill = self.close_one(invocation, (&known, &family), next).await?;
        if next == month {
            return Ok(Step::Closed(Box::new(Closed { known, bill })));
        }
        Ok(Step::Earlier)
    }

    async fn close_one(
        &self,
        invocation: &Invocation,
        (known, family): (&Payer, &Family),
        month: Month,
    ) -> Result<Option<Bill>, RunError> {
        let Payer { standing, subscriptions, months, .. } = known;
        let records = if History::is_in_journal(standing, month.start(), month.end()) {
            let account = &standing.account;
            self.store.journal_since(invocation, account, month.start()).await?
        } else {
            Vec::new()
        };
        let history = &History::of(standing, &records, invocation.now);
        let ended = Ended { standing, subscriptions, months, history, family: family.counts() };
        let closing = Closing::of(ended, month, |plan| self.catalog.priced_allowances(plan))?;
        // It was found unclosed in what is passed on here.
        let Some(closing) = closing else { return Ok(None) };
        let bill = closing.priced.bill(standing, invocation.entropy.token()?, invocation.now);
        // Without any rates nothing has to be found at Stripe.
        let tax_rates = self.catalog.tax_rates.is_empty().then(Vec::new);
        let bill = bill.map(|bill| Bill { tax_rates, ..bill });

        let (mut billed, mut due) = (BTreeMap::new(), Vec::new());
        for (parent, _) in closing.closed.shares.iter().filter(|(_, usage)| !usage.is_empty()) {
            let (open, has_shares) = self.store.first_open_month(invocation, parent, month).await?;
            billed.insert(parent.clone(), open);
            if !has_shares {
                due.push((parent.clone(), open));
            }
        }
        let resources = self.catalog.resources.iter().map(|resource| resource.id.clone());
        let written = (&closing, bill.as_ref());
        self.store
            .close_month(invocation, standing, written, (&billed, resources.collect()))
            .await?;
        for (parent, month) in due {
            self.wake(&standing.account, (&parent, month)).await;
        }

        Ok(bill.map(|bill| Bill { version: 1, ..bill }))
    }
}
