//! Work under the lease of an account (`billing::lease`): taken before the first call to Stripe,
//! ended behind the last commit.
//!
//! The lease is ended on every way out but a crash; then it expires. A holder that takes over an
//! expired one reads the subscription once more when its own work is done: the last call of the
//! interrupted holder may have taken effect only then.

use billing::ids::AccountId;
use billing::journal::CauseKind;
use billing::lease::{Applicant, Kind, Lease, NotLeased, Taking, take};
use billing::request::{Repetition, Stage};
use invocation::{Claim, Invocation};
use store::{Part, StoreError};
use tracing::warn;

use crate::{Sync, SyncError};

/// Random bytes in the name of a holder without an Idempotency-Key.
const HOLDER_BYTES: usize = 12;

impl Sync<'_> {
    /// Awaits work under the lease of an account: it begins once the lease is taken. `known` is the
    /// lease as it was read just now; one that was taken since is not to be had.
    ///
    /// # Errors
    /// [`SyncError::NotLeased`] while another change is at work; else those of the work.
    pub async fn leased<T, E: From<SyncError>>(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        known: Option<Lease>,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let applicant = applicant(invocation)?;
        let taking = take(known.as_ref(), &applicant, invocation.now).map_err(SyncError::from)?;
        let Taking { lease, is_takeover } = taking;
        let lease = match self.store.keep_lease(invocation, account, &lease).await {
            Ok(lease) => lease,
            Err(StoreError::Conflict) => {
                return Err(SyncError::from(NotLeased::InProgress).into());
            }
            Err(error) => return Err(SyncError::from(error).into()),
        };
        invocation.holds(account.clone(), lease);

        let mut done = Box::pin(work).await;
        if is_takeover && done.is_ok() {
            done = match self.read_again(invocation, account).await {
                Ok(()) => done,
                Err(error) => Err(error.into()),
            };
        }

        self.end_lease(invocation, account).await;
        done
    }

    /// The lease of an account, to be taken.
    pub async fn known_lease(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Option<Lease>, SyncError> {
        Ok(self.store.load(invocation, account, &[Part::Lease]).await?.lease()?)
    }

    /// Reads the running subscription and settles it.
    async fn read_again(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<(), SyncError> {
        let books = self.books(invocation, account).await?;
        if let Some(live) = books.standing.live_subscription() {
            self.read_subscription(invocation, account, &live.id, None).await?;
        }
        Ok(())
    }

    /// Ends the lease that is held, unless it ended with the last commit.
    async fn end_lease(&self, invocation: &Invocation, account: &AccountId) {
        let Some(lease) = invocation.lets_go() else { return };
        if let Err(error) = self.store.keep_lease(invocation, account, &lease.ended()).await {
            warn!(account.id = %account, reason = %error,
                "could not end the lease of account {account}, which expires: {error}");
        }
    }
}

/// The applicant that an invocation is: its request by the Idempotency-Key, or a new one.
fn applicant(invocation: &Invocation) -> Result<Applicant, SyncError> {
    if let Some(Claim { fingerprint, repetition, remembered, goes_on, .. }) = invocation.claim()
        && *repetition == Repetition::Leased
    {
        let kind = match remembered.stage {
            Stage::Working(working) if *goes_on => Kind::GoesOn { began_at: working.rests_on },
            Stage::Working(_) | Stage::Answered(_) => Kind::Request,
        };
        return Ok(Applicant { holder: fingerprint.clone(), kind });
    }
    let drawn = invocation.entropy.hex(HOLDER_BYTES);
    let holder = drawn.map_err(|error| StoreError::Unavailable(error.to_string()))?;
    let kind = match invocation.cause().kind {
        CauseKind::Api | CauseKind::Staff => Kind::Request,
        CauseKind::StripeEvent | CauseKind::Schedule => Kind::Worker,
    };
    Ok(Applicant { holder, kind })
}
