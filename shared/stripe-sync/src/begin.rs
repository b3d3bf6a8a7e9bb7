//! What keeps an account from getting two first paid plans, whoever begins one: the customer by
//! Checkout, or we.
//!
//! There is one intent for an account. Its token goes into Stripe's idempotency key, so that twins
//! of a request, and whoever repeats it, make one thing; another wish draws another token. What is
//! at Stripe is looked at behind the intent: what an intent that is done has made is found there.

use billing::ids::{AccountId, CustomerId};
use billing::intent::{Intent, IntentStatus};
use billing::time::Timestamp;
use invocation::Invocation;
use runtime::key::fingerprint;
use store::StoreError;
use stripe_requests::request::subscriptions;
use stripe_requests::{Answer, Bound, Request};

use crate::{Sync, SyncError};

/// The id of the intent by which an account gets its first paid plan.
pub fn begin_intent(account: &AccountId) -> String {
    fingerprint(format!("first paid plan\n{account}").as_bytes())
}

/// True if an intent for a wish is under way: then whatever it makes is made by its key.
pub fn is_under_way(intent: &Intent, content: &str, now: Timestamp) -> bool {
    let open = intent.status == IntentStatus::Open && intent.content == content;
    open && !intent.must_look_first(now)
}

impl Sync<'_> {
    /// The intent of a wish: the one that is under way, if it is for the same, else another in its
    /// place. Lost when somebody else has put one there meanwhile.
    pub async fn intent(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        known: Option<Intent>,
        content: &str,
    ) -> Result<Intent, SyncError> {
        let version = known.as_ref().map_or(0, |known| known.version);
        if let Some(intent) = known.filter(|known| is_under_way(known, content, invocation.now)) {
            return Ok(intent);
        }
        let none =
            |error: invocation::entropy::NoEntropy| StoreError::Unavailable(error.to_string());
        let token = invocation.entropy.token().map_err(none)?;
        let new = Intent::new(begin_intent(account), token, content.to_owned(), invocation.now);
        let intent = Intent { version, ..new };
        self.store.keep_intent(invocation, account, &intent, None).await?;
        Ok(Intent { version: version.saturating_add(1), ..intent })
    }

    /// Makes a call under an intent's key. What Stripe would only repeat under that key is not
    /// asked for again under it.
    pub async fn ask_once(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        request: &Request,
        intent: &Intent,
    ) -> Result<Answer, SyncError> {
        let error = match self.stripe.call(invocation, request).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        if error.would_be_repeated() || error.is_refusal() {
            self.end_intent(invocation, account, &intent.after_failure()).await?;
        }
        Err(error.into())
    }

    /// Keeps how an intent ended. Whoever has another wish meanwhile has another intent, and that
    /// stays.
    pub async fn end_intent(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        ended: &Intent,
    ) -> Result<(), SyncError> {
        match self.store.keep_intent(invocation, account, ended, None).await {
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// True if Stripe has a running subscription of ours of a customer, such as one that was bought
    /// a moment ago: it is settled then. Those of other products are left alone.
    pub async fn settle_running(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        customer: &CustomerId,
    ) -> Result<bool, SyncError> {
        let page = |after: Option<&str>| subscriptions(customer, after);
        let found = self.stripe.list(invocation, Bound::OF_A_CUSTOMER, page).await?;
        for object in &found.objects {
            let body = object.get().as_bytes().to_vec();
            let read = stripe_client::subscription::subscription(body, found.at)?;
            if read.snapshot.is_ours() && read.snapshot.status.is_live() {
                let id = &read.snapshot.id;
                self.read_subscription(invocation, account, id, None).await?;
                return Ok(true);
            }
        }
        Ok(false)
    }
}
