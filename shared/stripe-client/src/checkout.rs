//! Checkout sessions, as far as it is known from outside what became of them.

use invocation::Invocation;
use std::collections::BTreeMap;

use billing::ids::CustomerId;
use serde::Deserialize;
use stripe_requests::Bound;
use stripe_requests::request::ACCOUNT_METADATA;
use stripe_requests::request::checkout::{CONTENT_METADATA, expire_session, open_sessions};

use crate::preview::read;
use crate::{Stripe, StripeError};

/// A session that can still be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    /// Its id, `cs_...`.
    pub id: String,
    /// Its page.
    pub url: String,
    /// The fingerprint of what it sells, if we made it to sell a plan to that account.
    pub content: Option<String>,
}

#[derive(Deserialize)]
struct Session {
    id: String,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

impl Stripe {
    /// The sessions of a customer that can still be paid, the newest first, and by which an account
    /// buys a plan of ours.
    pub async fn open_sessions(
        &self,
        invocation: &Invocation,
        customer: &CustomerId,
        account: &str,
    ) -> Result<Vec<OpenSession>, StripeError> {
        let found = self
            .list(invocation, Bound::OF_A_CUSTOMER, |after| open_sessions(customer, after))
            .await?;
        let sessions = found.objects.iter().map(|object| read_session(object.get().as_bytes()));
        let sessions = sessions.collect::<Result<Vec<_>, _>>()?;
        let ours = sessions.into_iter().filter(|session| {
            let own = session.metadata.get(ACCOUNT_METADATA).is_some_and(|own| own == account);
            own && session.metadata.contains_key(CONTENT_METADATA)
        });
        Ok(ours.filter_map(Session::open).collect())
    }

    /// Ends a session: nobody can pay it any more. Whether it was still open does not matter.
    pub async fn expire_session(
        &self,
        invocation: &Invocation,
        id: &str,
    ) -> Result<(), StripeError> {
        match self.call(invocation, &expire_session(id)).await {
            Err(error) if error.is_refusal() => Ok(()),
            answered => answered.map(|_| ()),
        }
    }
}

impl Session {
    fn open(self) -> Option<OpenSession> {
        let Self { id, url, mut metadata } = self;
        Some(OpenSession { id, url: url?, content: metadata.remove(CONTENT_METADATA) })
    }
}

/// The session in an answer; nothing when it cannot be paid any more.
pub fn session(body: &[u8]) -> Result<Option<OpenSession>, StripeError> {
    Ok(read_session(body)?.open())
}

fn read_session(body: &[u8]) -> Result<Session, StripeError> {
    read(body, "a Checkout session")
}
