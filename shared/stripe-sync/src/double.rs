//! Two subscriptions of one account, because two Checkout pages were paid: one wish broke off after
//! its page was made, and another made a second. The older stays; the newer ends at once, and what
//! was paid for it becomes the customer's balance.
//!
//! Only what was bought through us is ended: whoever was a customer before may well have two
//! subscriptions.

use billing::ids::AccountId;
use billing::journal::{Entry, Kind, Value};
use billing::subscription::Subscription;
use invocation::Invocation;
use stripe_requests::request::subscription::cancel_subscription;
use tracing::warn;

use crate::{Sync, SyncError};

/// What the journal says.
const REASON: &str = "bought twice: ended at once, and what was paid for it is credit";

impl Sync<'_> {
    /// Ends every running subscription of an account but the oldest, if it was bought through us.
    pub(crate) async fn end_doubles(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<(), SyncError> {
        let books = self.books(invocation, account).await?;
        for id in Subscription::doubles(books.subscriptions.values()) {
            let Some(read) = self.stripe.subscription(invocation, &id).await? else { continue };
            let is_ours =
                stripe_client::subscription::was_bought_for(&read.body, account.as_str())?;
            if !is_ours || !read.snapshot.status.is_live() {
                continue;
            }
            let told_at = Some(self.stripe.call(invocation, &cancel_subscription(&id)).await?.at);
            warn!(account.id = %account, subscription.id = %id, "{account} had bought twice: ended {id}");
            self.read_subscription(invocation, account, &id, told_at).await?;
            let reason = Some(Value::Text(REASON.to_owned()));
            let entry = Entry::new(invocation.now, Kind::SubscriptionChanged, Some(id.as_str()));
            self.tell(invocation, account, &entry.with("reason", None, reason)).await?;
        }
        Ok(())
    }
}
