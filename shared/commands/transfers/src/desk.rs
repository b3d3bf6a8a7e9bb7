//! The desk of staff: advice approved or rejected, receipts without advice, prepayments, and their
//! reversal (A14, A18, money rules 22 and 23).
//!
//! Everything here holds the account's lease: what is paid at Stripe is not changed there by
//! another request at the same time.

use apply::Applier;
use billing::account::Standing;
use billing::advice::{Advice, AdviceStatus, TransferRefusal, Verdict, account_of};
use billing::change::{Change, Write};
use billing::decide::Books;
use billing::desk::{self, Desk, Grace, GraceRefusal, NewReceipt, Received};
use billing::ids::{AccountId, InvoiceId};
use billing::money::Money;
use billing::month::Day;
use billing::receipt::{Receipt, Source};
use invocation::Invocation;
use store::{Store, StoreError};
use stripe_client::Stripe;
use stripe_sync::{Interrupted, Sync};
use tracing::info;

use crate::Failure;
use crate::advice::{books, drawn, new_id};

/// Transfers of accounts, in our books and at Stripe.
#[derive(Debug, Clone, Copy)]
pub struct TransferDesk<'a> {
    /// The table.
    pub store: &'a Store,
    /// Stripe.
    pub stripe: &'a Stripe,
    /// The way of every fact into the books.
    pub facts: &'a Applier,
}

/// Money that staff saw for an advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Fingerprint of the request's Idempotency-Key.
    pub request: Option<String>,
    /// Amount.
    pub received: Money,
    /// Day on which it came.
    pub received_on: Day,
    /// Words of staff.
    pub note: Option<String>,
}

/// Money without advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The money.
    pub approval: Approval,
    /// Origin: a transfer or a prepayment.
    pub source: Source,
    /// Reference of the transfer.
    pub reference: String,
    /// Invoices that it is for.
    pub invoices: Vec<InvoiceId>,
}

/// An advice with the receipt of its money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    /// The advice.
    pub advice: Advice,
    /// The receipt.
    pub receipt: Receipt,
}

impl Approved {
    /// An advice that was approved, on a desk.
    pub(crate) fn of(desk: &Desk, id: &str) -> Result<Self, Failure> {
        let advice = desk.advices.get(id).cloned();
        let receipt = advice.as_ref().and_then(|it| it.verdict.as_ref()?.receipt.clone());
        let receipt = receipt.and_then(|receipt| desk.receipts.get(&receipt).cloned());
        let approved = advice.zip(receipt);
        let (advice, receipt) = approved.ok_or_else(|| Failure::Missing(id.to_owned()))?;
        Ok(Self { advice, receipt })
    }
}

impl TransferDesk<'_> {
    /// Approves what was received for an advice, and settles its invoices. The same request again
    /// finds what the first one did and does the rest.
    ///
    /// # Errors
    /// A rule refuses it; the table or Stripe failed: what is decided is decided.
    pub async fn approve(
        &self,
        invocation: &Invocation,
        id: &str,
        approval: &Approval,
    ) -> Result<Approved, Failure> {
        let account = known_account(id)?;
        let work = async {
            let (_, desk) = books(self.store, invocation, &account).await?;
            if receipt_of(&desk, id, approval.request.as_deref()).is_none() {
                let advice = undecided(&desk, id)?;
                self.read(invocation, &advice.invoices).await?;
                let received = received(invocation, (&account, approval))?;
                let decide = |books: &Books, desk: &Desk| {
                    desk::approve((books, desk), id, received.clone(), invocation.now)
                };
                self.decide(invocation, &account, decide).await?;
                info!(account.id = %account, advice.id = %id, "advice {id} of account {account} approved");
            }
            let desk = self.follow_held(invocation, &account).await?;
            Approved::of(&desk, id)
        };
        Box::pin(self.leased(invocation, &account, work)).await
    }

    /// Rejects an advice with a reason. One that was rejected before is answered as it is.
    ///
    /// # Errors
    /// A rule refuses it, or the table failed.
    pub async fn reject(
        &self,
        invocation: &Invocation,
        id: &str,
        note: &str,
    ) -> Result<Advice, Failure> {
        let account = known_account(id)?;
        let (_, desk) = books(self.store, invocation, &account).await?;
        let known = desk.advices.get(id).ok_or(Failure::Refused(TransferRefusal::Unknown))?;
        let before = known.verdict.as_ref().filter(|it| it.status == AdviceStatus::Rejected);
        if before.is_some_and(|it| it.note.as_deref() == Some(note)) {
            return Ok(known.clone());
        }

        let verdict = Verdict {
            status: AdviceStatus::Rejected,
            at: invocation.now,
            by: invocation.actor_id().to_owned(),
            note: Some(note.to_owned()),
            receipt: None,
        };
        let decide = |books: &Books, desk: &Desk| {
            desk::close((books, desk), id, verdict.clone(), invocation.now)
        };
        let change = self.decide(invocation, &account, decide).await?;
        info!(account.id = %account, advice.id = %id, "advice {id} of account {account} rejected");
        crate::advice::advice_of(&change, id)
    }

    /// Records money that came without advice, and settles invoices with it. The same request again
    /// finds what the first one did and does the rest.
    ///
    /// # Errors
    /// As [`TransferDesk::approve`].
    pub async fn record(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        found: &Found,
    ) -> Result<Receipt, Failure> {
        let id = new_id(invocation, account, found.approval.request.as_deref())?;
        let work = async {
            let (_, desk) = books(self.store, invocation, account).await?;
            match desk.receipts.get(&id) {
                Some(known) if !is_same(known, found) => {
                    return Err(Failure::Refused(TransferRefusal::KeyReused));
                }
                Some(_) => {}
                None => self.record_new(invocation, account, (&id, found)).await?,
            }
            let desk = self.follow_held(invocation, account).await?;
            desk.receipts.get(&id).cloned().ok_or_else(|| Failure::Missing(id.clone()))
        };
        Box::pin(self.leased(invocation, account, work)).await
    }

    async fn record_new(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (id, found): (&str, &Found),
    ) -> Result<(), Failure> {
        self.read(invocation, &found.invoices).await?;
        let received = received(invocation, (account, &found.approval))?;
        let new = NewReceipt {
            received: Received { id: id.to_owned(), ..received },
            source: found.source,
            reference: found.reference.clone(),
            invoices: found.invoices.clone(),
        };
        let decide =
            |books: &Books, desk: &Desk| desk::record((books, desk), new.clone(), invocation.now);
        self.decide(invocation, account, decide).await?;
        info!(account.id = %account, receipt.id = %id, "receipt {id} of account {account} recorded");
        Ok(())
    }

    /// Takes the unused rest of a prepayment out of the balance. One that is taken out is answered
    /// as it is.
    ///
    /// # Errors
    /// As [`TransferDesk::approve`].
    pub async fn reverse(&self, invocation: &Invocation, id: &str) -> Result<Receipt, Failure> {
        let account = known_account(id)?;
        let work = async {
            // What invoices used by now is known before the rest is taken out.
            let desk = self.follow_held(invocation, &account).await?;
            let known = desk.receipts.get(id).ok_or(Failure::Refused(TransferRefusal::Unknown))?;
            if known.reversed == 0 || known.left() > 0 {
                let decide =
                    |books: &Books, desk: &Desk| desk::reverse((books, desk), id, invocation.now);
                self.decide(invocation, &account, decide).await?;
            }
            let desk = self.follow_held(invocation, &account).await?;
            desk.receipts.get(id).cloned().ok_or_else(|| Failure::Missing(id.to_owned()))
        };
        Box::pin(self.leased(invocation, &account, work)).await
    }

    /// Gives an account a grace (F3). The books as they are then.
    ///
    /// # Errors
    /// A rule refuses it, or the table failed.
    pub async fn give_grace(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        grace: &Grace,
    ) -> Result<Standing, Interrupted<GraceRefusal>> {
        let given = invocation.retry(|| async {
            let found = self.store.desk(invocation, account).await?;
            let (books, desk) = found.ok_or_else(|| Interrupted::Missing(account.to_string()))?;
            let change = desk::give_grace((&books, &desk), grace, invocation.now);
            let change = change.map_err(Interrupted::Refused)?;
            Ok(self.store.commit(invocation, &change).await?)
        });
        Box::pin(given).await
    }

    /// Does what is to be done about an account's transfers, under its lease. Safe to run at any
    /// time, any number of times.
    ///
    /// # Errors
    /// The table or Stripe failed: the rest stays to be done.
    pub async fn follow(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<(), Failure> {
        let work = async { self.follow_held(invocation, account).await.map(drop) };
        Box::pin(self.leased(invocation, account, work)).await
    }

    /// Reads invoices at Stripe and settles what they are: a lost event must not make money a
    /// prepayment, or pay twice.
    async fn read(&self, invocation: &Invocation, invoices: &[InvoiceId]) -> Result<(), Failure> {
        for invoice in invoices {
            if let Some(fact) = self.stripe.invoice(invocation, invoice).await? {
                self.facts.apply(invocation, &fact).await?;
            }
        }
        Ok(())
    }

    /// Decides by the books as they are, and again after a conflict.
    pub(crate) async fn decide(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        decide: impl Fn(&Books, &Desk) -> Result<Change, TransferRefusal>,
    ) -> Result<Change, Failure> {
        let decided = invocation.retry_conflicts(|| async {
            let (books, desk) = books(self.store, invocation, account).await?;
            let change = decide(&books, &desk).map_err(Failure::Refused)?;
            commit(self.store, invocation, &change).await?;
            Ok(change)
        });
        Box::pin(decided).await
    }

    pub(crate) async fn leased<T>(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let sync = Sync { store: self.store, stripe: self.stripe, facts: self.facts };
        let known = sync.known_lease(invocation, account).await?;
        Box::pin(sync.leased(invocation, account, known, work)).await
    }
}

/// Commits a change; one that has nothing for the journal writes no record.
pub(crate) async fn commit(
    store: &Store,
    invocation: &Invocation,
    change: &Change,
) -> Result<(), StoreError> {
    if !change.entries.is_empty() {
        return store.commit(invocation, change).await.map(drop);
    }
    let mut writes = change.writes.clone();
    writes.push(Write::Standing(change.standing.clone()));
    store.keep(invocation, &change.standing.account, &writes).await
}

pub(crate) fn known_account(id: &str) -> Result<AccountId, Failure> {
    account_of(id).ok_or(Failure::Refused(TransferRefusal::Unknown))
}

/// Receipt that a request made for an advice.
fn receipt_of<'a>(desk: &'a Desk, id: &str, request: Option<&str>) -> Option<&'a Receipt> {
    let verdict = desk.advices.get(id)?.verdict.as_ref()?;
    let receipt = desk.receipts.get(verdict.receipt.as_ref()?)?;
    Some(receipt).filter(|it| it.request.is_some() && it.request.as_deref() == request)
}

fn undecided<'a>(desk: &'a Desk, id: &str) -> Result<&'a Advice, Failure> {
    let advice = desk.advices.get(id).ok_or(Failure::Refused(TransferRefusal::Unknown))?;
    match advice.verdict.as_ref().filter(|it| !it.status.is_undecided()) {
        Some(verdict) => Err(Failure::Refused(TransferRefusal::Decided(Box::new(verdict.clone())))),
        None => Ok(advice),
    }
}

fn received(
    invocation: &Invocation,
    (account, approval): (&AccountId, &Approval),
) -> Result<Received, Failure> {
    Ok(Received {
        id: new_id(invocation, account, approval.request.as_deref())?,
        request: approval.request.clone(),
        token: drawn(invocation)?,
        by: invocation.actor_id().to_owned(),
        amount: approval.received,
        received_on: approval.received_on,
        note: approval.note.clone(),
    })
}

fn is_same(known: &Receipt, found: &Found) -> bool {
    known.amount == found.approval.received
        && known.reference == found.reference
        && known.source == found.source
        && known.received_on == found.approval.received_on
}
