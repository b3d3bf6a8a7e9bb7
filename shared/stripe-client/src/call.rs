//! Calls, tried again where Stripe is busy or did not answer, and lists as streams of pages.
//!
//! A call is tried again only as long as it ends in time, and only if it cannot be done twice:
//! Stripe did nothing (429, a lock), or the request reads, deletes or has an idempotency key.

use std::time::Duration;

use billing::time::Timestamp;
use invocation::Invocation;
use stripe_requests::client::CALL_MILLISECONDS_MAX;
use stripe_requests::list::{Objects, Page};
use stripe_requests::{Answer, Bound, CallError, Request};

use crate::{Stripe, StripeError};

/// Most tries of one call.
pub const CALL_TRIES_MAX: u32 = 4;
/// Longest wait before the second try, in milliseconds. It doubles with every further try.
pub const FIRST_WAIT_MILLISECONDS_MAX: u64 = 500;

/// Pages of a list, each read when it is asked for.
#[derive(Debug)]
pub struct Pages<'a, P> {
    stripe: &'a Stripe,
    invocation: &'a Invocation,
    bound: Bound,
    page: P,
    read: usize,
    behind: Option<String>,
}

impl Stripe {
    /// Makes a call, and again while that helps.
    ///
    /// # Errors
    /// The error of the last try; [`StripeError::OutOfTime`] if none could end in time.
    pub async fn call(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Answer, StripeError> {
        if !has_time(invocation) {
            return Err(StripeError::OutOfTime);
        }
        // What changes at Stripe comes back as news of the account: behind this, what changed is
        // the request's own doing. Others wait for the lease.
        if let Some(precondition) = invocation.precondition().filter(|_| request.is_change()) {
            precondition.end();
        }

        let mut tries: u32 = 1;
        loop {
            let error = match self.call_once(invocation, request).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if !helps(&error, request) || tries >= CALL_TRIES_MAX {
                return Err(error);
            }

            wait(invocation, tries).await;
            // The error says more than that the time is over.
            if !has_time(invocation) {
                return Err(error);
            }
            tries = tries.saturating_add(1);
        }
    }

    /// Pages of a list, to be read one by one. `page` makes the request of the page behind an
    /// object.
    pub fn pages<'a, P: Fn(Option<&str>) -> Request>(
        &'a self,
        invocation: &'a Invocation,
        bound: Bound,
        page: P,
    ) -> Pages<'a, P> {
        Pages { stripe: self, invocation, bound, page, read: 0, behind: None }
    }

    /// Reads a whole list, page by page.
    ///
    /// # Errors
    /// Any of a call's; a list that goes on behind the bound is unreadable.
    pub async fn list(
        &self,
        invocation: &Invocation,
        bound: Bound,
        page: impl Fn(Option<&str>) -> Request,
    ) -> Result<Objects, StripeError> {
        let mut pages = self.pages(invocation, bound, page);
        let mut all = Objects::default();
        let mut at: Option<Timestamp> = None;
        while let Some(page) = pages.next().await? {
            all.at = *at.get_or_insert(page.at);
            all.objects.extend(page.objects);
        }
        Ok(all)
    }
}

impl<P: Fn(Option<&str>) -> Request> Pages<'_, P> {
    /// The next page; none behind the last.
    ///
    /// # Errors
    /// Any of a call's; a list that goes on behind the bound is unreadable.
    pub async fn next(&mut self) -> Result<Option<Page>, StripeError> {
        if self.read > 0 && self.behind.is_none() {
            return Ok(None);
        }
        self.bound.admits(self.read)?;

        let request = (self.page)(self.behind.as_deref());
        let page = Page::read(&self.stripe.call(self.invocation, &request).await?)?;
        self.read = self.read.saturating_add(1);
        self.behind.clone_from(&page.next);
        Ok(Some(page))
    }
}

/// True if the same call may succeed a moment later, and cannot be done twice by it.
fn helps(error: &StripeError, request: &Request) -> bool {
    match error {
        // What is replayed under an idempotency key is replayed once more.
        StripeError::Call(CallError::Busy(refusal)) => !refusal.replayed,
        StripeError::Call(CallError::NoAnswer(_)) => request.is_repeatable(),
        StripeError::Call(
            CallError::Failed(_)
            | CallError::Unauthorised(_)
            | CallError::Refused(_)
            | CallError::Unreadable(_),
        )
        | StripeError::Key(_)
        | StripeError::Unreadable { .. }
        | StripeError::NotPushed(_)
        | StripeError::OutOfTime => false,
    }
}

async fn wait(invocation: &Invocation, tries: u32) {
    let factor = 1_u64.checked_shl(tries.saturating_sub(1)).unwrap_or(1);
    let most = FIRST_WAIT_MILLISECONDS_MAX.saturating_mul(factor);
    invocation.pause(Duration::from_millis(most)).await;
}

fn has_time(invocation: &Invocation) -> bool {
    invocation.has_time_for(Duration::from_millis(CALL_MILLISECONDS_MAX))
}
