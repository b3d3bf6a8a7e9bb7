//! Steps of an account's auto-recharge: each reads, takes one decision or makes one charge, and
//! commits.

use billing::credits::purchase::Purchase;
use billing::credits::{Books, Change};
use billing::ids::{AccountId, CustomerId, PurchaseId};
use catalog::Pack;
use invocation::Invocation;
use store::Part;

use crate::AutoRecharge;
use crate::error::RechargeError;

/// Most steps that one message takes: deciding, charging, and what follows from how that ended.
const STEPS_MAX: u32 = 12;

/// One account, as it was read.
pub(crate) struct Work {
    /// The account.
    pub(crate) account: AccountId,
    /// Its customer at Stripe.
    pub(crate) customer: Option<CustomerId>,
    /// True if tax rates take nothing from the customer.
    pub(crate) tax_exempt: bool,
    /// Its credits, and what decisions about them rest on.
    pub(crate) books: Books,
}

/// Outcome of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Something changed: another step may follow.
    Again,
    /// Nothing more is to be done now.
    Done,
}

impl AutoRecharge {
    /// Takes step after step, reading before each.
    pub(crate) async fn recharge(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<(), RechargeError> {
        for _ in 0..STEPS_MAX {
            // A step may call Stripe: it is repeated after a conflict alone.
            match Box::pin(invocation.retry_conflicts(|| self.step(invocation, account))).await? {
                Step::Done => return Ok(()),
                Step::Again => {}
            }
        }
        Err(RechargeError::TooManySteps)
    }

    /// Takes the next step: a charge that is under way, a pause that may end, or a decision.
    async fn step(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Step, RechargeError> {
        let Some(work) = self.read(invocation, account).await? else { return Ok(Step::Done) };

        let decided = &work.books.credits.decided;
        if let Some(charge) = decided.open_charge() {
            self.charge(invocation, &work, &charge.purchase).await
        } else if decided.pause.is_some() {
            self.resume(invocation, &work).await
        } else {
            self.commit(invocation, &work, work.books.look(invocation.now)).await
        }
    }

    /// Reads an account in one request. Nothing where there is no such account, or it never had
    /// credits.
    async fn read(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Option<Work>, RechargeError> {
        let parts = [Part::Standing, Part::Credits, Part::Profile];
        let loaded = self.store.load(invocation, account, &parts).await?;
        let (Some(standing), Some(profile), true) =
            (loaded.standing()?, loaded.profile()?, loaded.has_credits()?)
        else {
            return Ok(None);
        };
        let credits = self.store.credits(invocation, account, &loaded).await?;

        let settings = credits.decided.settings.as_ref();
        let pack = settings.and_then(|settings| self.catalog.pack(&settings.pack));
        let books = Books {
            allowance: self.catalog.credits_included(&standing, invocation.now),
            offer: pack.map(Pack::offer),
            next: next_purchase(invocation)?,
            standing,
            credits,
        };

        Ok(Some(Work {
            account: account.clone(),
            customer: profile.customer,
            tax_exempt: profile.details.tax_exempt,
            books,
        }))
    }

    /// Commits a decision, if there is one.
    pub(crate) async fn commit(
        &self,
        invocation: &Invocation,
        work: &Work,
        change: Option<Change>,
    ) -> Result<Step, RechargeError> {
        let Some(change) = change else { return Ok(Step::Done) };
        self.store.write_credits(invocation, &work.books.standing, &change).await?;
        Ok(Step::Again)
    }

    /// Reads a purchase that the credits name.
    pub(crate) async fn purchase(
        &self,
        invocation: &Invocation,
        work: &Work,
        id: &PurchaseId,
    ) -> Result<Purchase, RechargeError> {
        let found = self.store.purchase(invocation, &work.account, id).await?;
        found.map(|(_, _, purchase)| purchase).ok_or(RechargeError::Missing("a purchase"))
    }
}

/// Id of the purchase that a decision may begin.
fn next_purchase(invocation: &Invocation) -> Result<PurchaseId, RechargeError> {
    let token = invocation.entropy.token().map_err(|_| RechargeError::NoEntropy)?;
    PurchaseId::parse(&format!("pur_{token}")).map_err(|_| RechargeError::NoEntropy)
}
