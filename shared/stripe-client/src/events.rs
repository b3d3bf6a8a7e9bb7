//! Events, read again from Stripe's list of them.

use billing::time::Timestamp;
use invocation::Invocation;
use stripe_requests::list::Page;
use stripe_requests::request::events::events_since;

use crate::{Stripe, StripeError};

impl Stripe {
    /// A page of the events since a moment, newest first, behind one of them.
    ///
    /// # Errors
    /// Any of a call's.
    pub async fn events_since(
        &self,
        invocation: &Invocation,
        since: Timestamp,
        after: Option<&str>,
    ) -> Result<Page, StripeError> {
        let answer = self.call(invocation, &events_since(since, after)).await?;
        Ok(Page::read(&answer)?)
    }
}
