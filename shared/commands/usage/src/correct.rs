//! Counted usage, corrected by staff before its month is invoiced (F3).
//!
//! A correction is made once for each id, in one transaction with the account's standing: a batch
//! or a month end that comes in between is a conflict, and the correction is decided again.

use std::collections::BTreeSet;

use billing::account::Standing;
use billing::decide::usage_corrected;
use billing::family::payers::{Payer, Payers};
use billing::ids::AccountId;
use billing::month::Month;
use billing::served::Served;
use billing::usage::correction::{
    Correction, CorrectionRefusal, CorrectionRequest, Invoiced, Limits, correct,
};
use catalog::Catalog;
use invocation::{Class, Classified, Invocation};
use store::correction::Correctable;
use store::{Part, Store, StoreError};
use tracing::info;

/// Corrections of counted usage.
#[derive(Debug, Clone, Copy)]
pub struct Corrections<'a> {
    /// The table.
    pub store: &'a Store,
    /// Plans, with what they include.
    pub catalog: &'a Catalog,
}

/// Reason why usage is not corrected.
#[derive(Debug, thiserror::Error)]
pub enum NotCorrected {
    /// There is no such account.
    #[error("there is no such account")]
    NoAccount,
    /// A rule refuses it.
    #[error(transparent)]
    Refused(CorrectionRefusal),
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Classified for NotCorrected {
    fn class(&self) -> Class {
        match self {
            // Usage was counted between two reads: they are made again.
            Self::Refused(CorrectionRefusal::Moving) => Class::Conflict,
            Self::NoAccount | Self::Refused(_) => Class::Never,
            Self::Store(error) => error.class(),
        }
    }
}

impl Corrections<'_> {
    /// Corrects counted usage, once for each id.
    ///
    /// # Errors
    /// A refusal corrects nothing; what is interrupted may be sent again under the same id.
    pub async fn correct(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        request: &CorrectionRequest,
    ) -> Result<Correction, NotCorrected> {
        let tried = invocation.retry(|| self.try_to_correct(invocation, account, request));
        let correction = Box::pin(tried).await?;
        info!(account.id = %account, correction.id = %request.id,
            "usage of account {account} in {} corrected", request.month);
        Ok(correction)
    }

    async fn try_to_correct(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        request: &CorrectionRequest,
    ) -> Result<Correction, NotCorrected> {
        let about = (request.month, request.id.as_str());
        let found = Box::pin(self.store.correctable(invocation, account, about)).await?;
        let found = found.filter(|found| !found.standing.opening);
        let found = found.ok_or(NotCorrected::NoAccount)?;
        if let Some(known) = &found.known {
            let is_same = known.is_of(request);
            let other = NotCorrected::Refused(CorrectionRefusal::OtherContent);
            return if is_same { Ok(known.clone()) } else { Err(other) };
        }
        self.must_be_open(invocation, &found, request.month).await?;

        let limits = self.limits(invocation, &found.standing).await?;
        let decided = correct((&found.standing, &found.counted), &limits, request, invocation.now);
        let decided = decided.map_err(NotCorrected::Refused)?;
        let correction = decided.corrected.correction.clone();
        let change = usage_corrected(&found.standing, decided, invocation.now);
        self.store.commit(invocation, &change).await?;
        Ok(correction)
    }

    /// Limits of the account, or of the parent that pays for it now.
    async fn limits(
        &self,
        invocation: &Invocation,
        standing: &Standing,
    ) -> Result<Limits, StoreError> {
        let parent = self.store.paying_parent(invocation, standing).await?;
        let served = Served::new(standing, parent.as_ref());
        Ok(Limits {
            allowances: self.catalog.allowances(served.plan()),
            deducted: self.catalog.credit_resource().map(|resource| resource.id.clone()),
            state: served.state_at(invocation.now),
        })
    }

    /// Refuses a closed month, and names its invoice.
    async fn must_be_open(
        &self,
        invocation: &Invocation,
        found: &Correctable,
        month: Month,
    ) -> Result<(), NotCorrected> {
        if !found.counted.month.as_ref().is_some_and(|usage| usage.closed) {
            return Ok(());
        }
        let own = found.standing.account.clone();
        let (payer, bill) =
            match (&found.bill, found.payers.as_ref().and_then(|it| parent(it, month))) {
                (Some(bill), _) => (own, Some(bill.clone())),
                (None, Some(parent)) => {
                    let parts = [Part::Bill(month)];
                    let loaded = self.store.load(invocation, &parent, &parts).await?;
                    let bill = loaded.bill(month)?;
                    (parent, bill)
                }
                (None, None) => return Err(NotCorrected::Refused(CorrectionRefusal::Closed)),
            };

        let invoice = bill.and_then(|bill| bill.invoice);
        let ids: BTreeSet<_> = invoice.clone().into_iter().collect();
        let known = self.store.invoices_of(invocation, &payer, &ids).await?;
        let number = invoice.as_ref().and_then(|id| known.get(id)?.terms.as_ref()?.number.clone());
        let invoiced = Invoiced { payer, invoice, number };
        Err(NotCorrected::Refused(CorrectionRefusal::Invoiced(Box::new(invoiced))))
    }
}

/// The latest parent that paid for a part of a month.
fn parent(payers: &Payers, month: Month) -> Option<AccountId> {
    let mut parents = payers.payers_in(month).into_iter().filter_map(|part| match part.payer {
        Payer::Parent(parent) => Some(parent),
        Payer::Own => None,
    });
    parents.next_back()
}
