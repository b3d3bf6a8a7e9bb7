//! A customer's advice of a transfer: submitted, taken back, listed (A18).

use billing::advice::{Advice, AdviceRequest, AdviceStatus, TransferRefusal, Verdict, transfer_id};
use billing::change::Change;
use billing::decide::Books;
use billing::desk::{self, Desk};
use billing::ids::{AccountId, InvoiceId};
use billing::invoice::Holding;
use billing::money::Money;
use billing::month::Day;
use billing::receipt::Payable;
use invocation::Invocation;
use store::{Store, StoreError};
use tracing::info;

use crate::Failure;

/// Random bytes in the id of an advice whose request has no Idempotency-Key.
pub(crate) const ID_BYTES: usize = 10;
/// Characters of a key's fingerprint in an id.
pub(crate) const ID_CHARACTERS: usize = 20;

/// Advices of accounts, in a table.
#[derive(Debug, Clone, Copy)]
pub struct Advices<'a> {
    /// The table.
    pub store: &'a Store,
    /// Longest time for which advice holds an invoice in its whole life, in seconds.
    pub held_seconds: i64,
}

/// Advice as it is submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAdvice {
    /// Fingerprint of the request's Idempotency-Key.
    pub request: Option<String>,
    /// Invoices that the transfer is for.
    pub invoices: Vec<InvoiceId>,
    /// Reference of the transfer.
    pub reference: String,
    /// Day on which the customer paid.
    pub paid_on: Day,
    /// Amount of the transfer.
    pub amount: Money,
    /// A note to staff.
    pub note: Option<String>,
}

/// Advice that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// The advice.
    pub advice: Advice,
    /// Minor units beyond what its invoices need: they will be prepaid.
    pub beyond: i64,
}

impl Advices<'_> {
    /// Takes an advice. The same request again finds what the first one made.
    ///
    /// # Errors
    /// A rule refuses it, or the table failed.
    pub async fn submit(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        new: &NewAdvice,
    ) -> Result<Submitted, Failure> {
        let id = new_id(invocation, account, new.request.as_deref())?;
        let request = AdviceRequest {
            id: id.clone(),
            invoices: new.invoices.clone(),
            reference: new.reference.clone(),
            paid_on: new.paid_on,
            amount: new.amount,
            note: new.note.clone(),
        };
        let submitted =
            invocation.retry(|| self.try_to_submit(invocation, account, &request)).await?;

        info!(account.id = %account, advice.id = %id, "advice {id} of a transfer of account {account}");
        Ok(submitted)
    }

    async fn try_to_submit(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        request: &AdviceRequest,
    ) -> Result<Submitted, Failure> {
        let (books, desk) = books(self.store, invocation, account).await?;
        if let Some(known) = desk.advices.get(&request.id) {
            if !known.is_for_same(request) {
                return Err(Failure::Refused(TransferRefusal::KeyReused));
            }
            return Ok(Submitted { advice: known.clone(), beyond: beyond(&books, known) });
        }

        let holding = Holding { seconds_max: self.held_seconds, rules: books.standing.rules() };
        let change = desk::submit((&books, &desk), request.clone(), holding, invocation.now);
        let change = change.map_err(Failure::Refused)?;
        self.store.commit(invocation, &change).await?;

        let advice = advice_of(&change, &request.id)?;
        Ok(Submitted { beyond: beyond(&books, &advice), advice })
    }

    /// Takes an advice back. One that was taken back before is answered as it is.
    ///
    /// # Errors
    /// A rule refuses it, or the table failed.
    pub async fn withdraw(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        id: &str,
    ) -> Result<Advice, Failure> {
        let withdrawn = invocation.retry(|| self.try_to_withdraw(invocation, account, id)).await?;
        info!(account.id = %account, advice.id = %id, "advice {id} of account {account} was taken back");
        Ok(withdrawn)
    }

    async fn try_to_withdraw(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        id: &str,
    ) -> Result<Advice, Failure> {
        let (books, desk) = books(self.store, invocation, account).await?;
        let known = desk.advices.get(id).ok_or(Failure::Refused(TransferRefusal::Unknown))?;
        if known.status_at(invocation.now) == AdviceStatus::Withdrawn {
            return Ok(known.clone());
        }

        let verdict = Verdict {
            status: AdviceStatus::Withdrawn,
            at: invocation.now,
            by: invocation.actor_id().to_owned(),
            note: None,
            receipt: None,
        };
        let change = desk::close((&books, &desk), id, verdict, invocation.now);
        let change = change.map_err(Failure::Refused)?;
        self.store.commit(invocation, &change).await?;
        advice_of(&change, id)
    }

    /// Takes back every advice of the account that waits and names an invoice: it is paid in
    /// another way. How many there were.
    ///
    /// # Errors
    /// The table failed.
    pub async fn withdraw_for(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        invoice: &InvoiceId,
    ) -> Result<usize, Failure> {
        let mut withdrawn: usize = 0;
        for advice in self.list(invocation, account).await? {
            let waits = advice.status_at(invocation.now) == AdviceStatus::Pending;
            if !waits || !advice.invoices.contains(invoice) {
                continue;
            }
            match self.withdraw(invocation, account, &advice.id).await {
                // Staff decided meanwhile.
                Ok(_) | Err(Failure::Refused(TransferRefusal::Decided(_))) => {}
                Err(failure) => return Err(failure),
            }
            withdrawn = withdrawn.saturating_add(1);
        }
        Ok(withdrawn)
    }

    /// All advices of an account, newest first.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn list(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Vec<Advice>, StoreError> {
        let desk = self.store.transfers(invocation, account).await?;
        let mut all: Vec<Advice> = desk.advices.into_values().collect();
        all.sort_by(|one, other| (other.submitted_at, &other.id).cmp(&(one.submitted_at, &one.id)));
        Ok(all)
    }
}

/// Books and desk of an account.
pub(crate) async fn books(
    store: &Store,
    invocation: &Invocation,
    account: &AccountId,
) -> Result<(Books, Desk), Failure> {
    let found = store.desk(invocation, account).await?;
    found.ok_or_else(|| Failure::Missing(account.to_string()))
}

/// Id of what a request makes: the same request makes the same.
pub(crate) fn new_id(
    invocation: &Invocation,
    account: &AccountId,
    request: Option<&str>,
) -> Result<String, Failure> {
    let rest = match request {
        Some(fingerprint) => fingerprint.chars().take(ID_CHARACTERS).collect(),
        None => drawn(invocation)?,
    };
    Ok(transfer_id(account, &rest))
}

pub(crate) fn drawn(invocation: &Invocation) -> Result<String, Failure> {
    let drawn = invocation.entropy.hex(ID_BYTES);
    drawn.map_err(|error| Failure::Store(StoreError::Unavailable(error.to_string())))
}

/// An advice as a change writes it.
pub(crate) fn advice_of(change: &Change, id: &str) -> Result<Advice, Failure> {
    let found = change.writes.iter().find_map(|write| {
        if let billing::change::Write::Advice(advice) = write {
            Some(advice.as_ref().clone()).filter(|advice| advice.id == id)
        } else {
            None
        }
    });
    found.ok_or_else(|| Failure::Missing(id.to_owned()))
}

/// Minor units of an advice beyond what its invoices need.
fn beyond(books: &Books, advice: &Advice) -> i64 {
    let named = advice.invoices.iter().filter_map(|id| books.invoices.get(id));
    let missing = named.fold(0_i64, |sum, it| sum.saturating_add(Payable::of(it).missing));
    advice.amount.amount.saturating_sub(missing).max(0)
}
