//! Terms of payment that staff set, made so at Stripe (A17).

use billing::account::Standing;
use billing::agreement::terms_differ;
use billing::fact::Collection;
use invocation::Invocation;
use stripe_requests::request::standing::set_collection;
use stripe_requests::request::subscription::Begins;

use crate::{Settled, Sync, SyncError};

/// Terms of payment that a subscription of the account begins with.
pub fn begins(standing: &Standing) -> Begins {
    match standing.collection {
        Collection::Manual => Begins::Sent { net_days: standing.net_days },
        Collection::Automatic => Begins::Charged,
    }
}

impl Sync<'_> {
    /// Makes a running subscription, as it was read just now, be paid as our books say. The
    /// standing as it is then.
    ///
    /// # Errors
    /// [`SyncError`]: what was done is done, and the same can be run again.
    pub async fn agree_on_terms(
        &self,
        invocation: &Invocation,
        settled: Settled,
    ) -> Result<Standing, SyncError> {
        let account = settled.standing().account.clone();
        let id = settled.read.snapshot.id.clone();

        let standing = if terms_differ(settled.standing(), &settled.read.snapshot) {
            // A phase of a schedule would bring the old terms back.
            let standing = settled.standing().clone();
            let standing = self.unschedule_of(invocation, standing, &settled.read).await?;
            let request = set_collection(&id, begins(&standing));
            let answered_at = Some(self.stripe.call(invocation, &request).await?.at);
            self.read_subscription(invocation, &account, &id, answered_at).await?.books.standing
        } else {
            settled.books.standing
        };

        if standing.pending.is_none() {
            return Ok(standing);
        }
        self.book(invocation, &account).await
    }
}
