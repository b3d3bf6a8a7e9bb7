//! The first paid plan, bought on Stripe's page (D3): one open session for an account, whatever is asked for how often.

use runtime::{Problem, Response};
use serde::Serialize;
use stripe_client::items::priced_new;
use stripe_requests::request::checkout::{NewSession, create_session};
use stripe_sync::Interrupted;
use tracing::info;

use crate::begin::content;
use crate::change::Asked;
use crate::work::Work;

/// 202: the customer pays there.
#[derive(Debug, Serialize)]
struct ToCheckout {
    checkout_url: String,
}

impl Work<'_> {
    pub(crate) async fn checkout(&mut self, asked: &Asked) -> Result<Response, Interrupted> {
        let customer = self.customer()?;
        let ways = asked.input.ways(&self.own.origins)?;
        self.none_running(&customer).await?;
        let content = content(&asked.target, &[&ways.success_url, &ways.cancel_url]);
        let (account, stripe) = (self.account.clone(), &self.own.stripe);
        let open = stripe.open_sessions(self.invocation, &customer, account.as_str()).await?;
        let mut same = None;
        for session in open {
            if same.is_none() && session.content.as_ref() == Some(&content) {
                same = Some(session.url);
            } else {
                // What was wished for before can not be bought any more, nor the same twice.
                stripe.expire_session(self.invocation, &session.id).await?;
            }
        }
        if let Some(checkout_url) = same {
            self.end_intent().await?;
            return Ok(Response::json(202, &ToCheckout { checkout_url }));
        }
        let intent = self.intent(&content).await?;
        let prices = self.prices(&asked.target, self.invocation.now).await?;
        let tax_rates = self.tax_rates().await?;
        let new = NewSession {
            customer: &customer,
            account: account.as_str(),
            intent: &intent.token,
            content: &content,
            items: &priced_new(&prices, asked.target.seats),
            anchor: self.own.catalog.anchor(&asked.target.plan, self.invocation.now),
            tax_rates: &tax_rates,
            success_url: &ways.success_url,
            cancel_url: &ways.cancel_url,
        };
        let request = create_session(&new).with_idempotency_key(intent.idempotency_key());
        let answer = self.ask_once(&request, &intent).await?;
        let session = stripe_client::checkout::session(&answer.body)?;
        let checkout_url = session.ok_or_else(Problem::internal)?.url;
        self.done(&intent).await?;
        info!(account.id = %account, "made a Checkout session for {account}");
        Ok(Response::json(202, &ToCheckout { checkout_url }))
    }
}
