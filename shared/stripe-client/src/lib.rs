//! Asking Stripe: calls with the key as it is now, and answers as facts.
//!
//! Here the two that may not know each other meet: `stripe-requests` makes the call and hands on
//! the bytes, `stripe-wire` reads them as it reads an event's object. So a fact is the same whether
//! Stripe told it unasked or was asked, and settles by the same path. Nothing is written here.

mod call;
pub mod catalog;
pub mod checkout;
pub mod credit;
mod customer;
pub mod disputes;
mod error;
mod events;
pub mod given_credit;
mod invoice;
pub mod items;
mod method;
pub mod negotiated;
pub mod paying;
pub mod payments;
pub mod portal;
pub mod preview;
mod prices;
mod printed;
mod pull;
pub mod schedule;
pub mod subscription;
mod tax;
pub mod transfer;

use invocation::Invocation;
use prices::Known;
use runtime::environment::{STRIPE_ACCOUNT, STRIPE_API_URL, STRIPE_KEY_SECRET_ID, STRIPE_MODE};
use runtime::secrets::{Remembered, SecretList};
use runtime::{EnvironmentError, Host};
use stripe_requests::{Answer, ApiKey, CallError, Client, Request};
use stripe_wire::wire::Reason;
use tax::KnownRates;

pub use call::{CALL_TRIES_MAX, FIRST_WAIT_MILLISECONDS_MAX, Pages};
pub use customer::{Customer, tax_id};
pub use error::{KeyError, StripeError};
pub use invoice::ReadInvoice;
pub use prices::{PRICES_SECONDS_MAX, PlanPrices, PriceInForce, no_price};
pub use pull::CustomerObjects;
pub use subscription::Subscription;

/// Stripe, as this stack may use it.
#[derive(Debug)]
pub struct Stripe {
    client: Client,
    keys: Remembered<ApiKey, KeyError>,
    live: bool,
    prices: Known,
    rates: KnownRates,
}

impl Stripe {
    /// By the environment of a function. The key is read when it is first needed: what never calls
    /// Stripe works without one.
    pub fn new(host: &Host) -> Result<Self, EnvironmentError> {
        let environment = &host.environment;
        let url = environment.get(STRIPE_API_URL)?;
        let account = environment.find(STRIPE_ACCOUNT);
        let secret_id = environment.get(STRIPE_KEY_SECRET_ID)?;
        let secret = SecretList::new(host.secrets_manager()?, secret_id);
        Ok(Self {
            client: Client::new(host.http.clone(), host.sleep.clone(), url, account),
            keys: Remembered::new(secret, newest),
            live: environment.is_live(STRIPE_MODE)?,
            prices: Known::default(),
            rates: KnownRates::default(),
        })
    }

    /// Makes a call, once. When Stripe does not take the key it may have been rolled: then the
    /// secret is read again and the call made once more.
    async fn call_once(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Answer, StripeError> {
        let key = self.key(invocation).await?;
        invocation.meter().called_stripe();
        let refused = match self.client.call(request, &key).await {
            Err(error @ CallError::Unauthorised(_)) => error,
            answered => return Ok(answered?),
        };

        match self.newer_key(invocation).await {
            Some(key) => {
                invocation.meter().called_stripe();
                Ok(self.client.call(request, &key).await?)
            }
            None => Err(refused.into()),
        }
    }

    async fn newer_key(&self, invocation: &Invocation) -> Option<ApiKey> {
        self.keys.reread(invocation.now).await.filter(|key| self.is_ours(key))
    }

    /// The key, of this stack's mode: one of the other mode would touch other people's money, or
    /// only play with ours. One that was put right meanwhile is found.
    async fn key(&self, invocation: &Invocation) -> Result<ApiKey, StripeError> {
        let key = self.keys.current(invocation.now).await?;
        if self.is_ours(&key) {
            return Ok(key);
        }
        self.newer_key(invocation).await.ok_or_else(|| KeyError::OtherMode.into())
    }

    fn is_ours(&self, key: &ApiKey) -> bool {
        key.is_live() == self.live
    }
}

fn newest(values: &[String]) -> Result<ApiKey, KeyError> {
    let newest = values.first().ok_or(KeyError::None)?;
    Ok(ApiKey::parse(newest)?)
}

/// The text of an answer.
fn text(body: &[u8]) -> Result<&str, StripeError> {
    str::from_utf8(body).map_err(|_| StripeError::Unreadable {
        what: "the whole".to_owned(),
        reason: Reason::NotText("the whole of it"),
    })
}

/// An answer that is another object than was asked for.
fn other_object(what: &str) -> StripeError {
    StripeError::Unreadable { what: what.to_owned(), reason: Reason::Missing("object") }
}
