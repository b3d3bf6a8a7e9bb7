//! The first paid plan, bought on Stripe's page (D3): one open session for an account, however
//! often it is asked for.

use billing::ids::{CustomerId, PaymentMethodId};
use billing::marks::NO_CARD;
use runtime::Problem;
use stripe_client::items::priced_new;
use stripe_requests::request::checkout::{NewSession, create_session};
use stripe_sync::Interrupted;
use tracing::info;

use crate::begin::content;
use crate::change::{Ways, Wish};
use crate::work::Work;

impl Work<'_> {
    /// Address of the page on which the customer pays.
    pub(crate) async fn checkout(&self, wish: &Wish) -> Result<String, Interrupted> {
        let customer = self.customer()?;
        let Ways { success_url, cancel_url } = wish.ways.clone()?;
        self.none_running(&customer).await?;
        // A page that could not be paid is refused here, as its preview is.
        self.first_invoice(&wish.target).await?;

        let card_before = self.default_card(&customer).await?;
        let card = card_before.as_ref().map_or(NO_CARD, PaymentMethodId::as_str);
        let content = content(&wish.target, &[&success_url, &cancel_url, card]);
        if let Some(open) = self.open_page(&customer, &content).await? {
            self.end_known_intent().await?;
            return Ok(open);
        }

        let intent = self.intent(&content).await?;
        let prices = self.prices(&wish.target, self.invocation.now).await?;
        let new = NewSession {
            customer: &customer,
            account: self.account.as_str(),
            intent: &intent.token,
            content: &content,
            card_before: card_before.as_ref(),
            items: &priced_new(&prices, wish.target.seats),
            anchor: self.own.catalog.anchor(&wish.target.plan, self.invocation.now),
            tax_rates: &self.tax_rates().await?,
            success_url: &success_url,
            cancel_url: &cancel_url,
        };
        let request = create_session(&new).with_idempotency_key(intent.idempotency_key());
        let answer = self.ask_once(&request, &intent).await?;
        let session = stripe_client::checkout::session(&answer.body)?;
        let checkout_url = session.ok_or_else(Problem::internal)?.url;

        self.done(&intent).await?;
        let account = self.account;
        info!(account.id = %account, "made a Checkout session for {account}");
        Ok(checkout_url)
    }

    /// The customer's default payment method: a page is made for it, so that the card which is paid
    /// with takes its place alone.
    async fn default_card(
        &self,
        customer: &CustomerId,
    ) -> Result<Option<PaymentMethodId>, Interrupted> {
        let customer = self.own.stripe.customer(self.invocation, customer).await?;
        Ok(customer.and_then(|customer| customer.payment_method))
    }

    /// The open page that sells this very content. Every other one is closed: what was wished for
    /// before cannot be bought any more, nor the same twice.
    async fn open_page(
        &self,
        customer: &CustomerId,
        content: &str,
    ) -> Result<Option<String>, Interrupted> {
        let stripe = &self.own.stripe;
        let open = stripe.open_sessions(self.invocation, customer, self.account.as_str()).await?;
        let mut same = None;
        for session in open {
            if same.is_none() && session.content.as_deref() == Some(content) {
                same = Some(session.url);
            } else {
                stripe.expire_session(self.invocation, &session.id).await?;
            }
        }
        Ok(same)
    }

    /// Closes every open page: what the customer was about to buy cannot be bought any more.
    pub(crate) async fn close_pages(&self, customer: &CustomerId) -> Result<(), Interrupted> {
        let stripe = &self.own.stripe;
        let open = stripe.open_sessions(self.invocation, customer, self.account.as_str()).await?;
        for session in open {
            stripe.expire_session(self.invocation, &session.id).await?;
        }
        Ok(())
    }
}
