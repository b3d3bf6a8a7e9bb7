//! A pause: another card ends it; and a payment that wants its holder gets a page on which it can be completed (money rule 28).

use billing::credits::purchase::{Purchase, PurchaseStatus};
use billing::credits::recharge::PauseReason;
use billing::payment::{PaymentNews, SessionStatus};
use catalog::sold::pack_lookup_key;
use invocation::Invocation;
use stripe_client::payments::NewPackSession;

use crate::{AutoRecharge, RechargeError, Step, Work};

impl AutoRecharge {
    /// Does what a pause waits for, if it can be done.
    pub(crate) async fn resume(
        &self,
        invocation: &Invocation,
        work: &Work<'_>,
    ) -> Result<Step, RechargeError> {
        let decided = &work.books.credits.decided;
        let Some(pause) = &decided.pause else { return Ok(Step::Again) };
        match pause.reason {
            PauseReason::Dispute => return Ok(Step::Done),
            PauseReason::Declined
            | PauseReason::NoPaymentMethod
            | PauseReason::AuthenticationRequired => {}
        }
        let Some(customer) = &work.customer else { return Ok(Step::Done) };
        let method = self.stripe.method_on_file(work.invocation, customer).await?;
        let is_other = method.as_ref().is_some_and(|it| pause.card.as_deref() != Some(it.card()));
        if let Some(charge) = &decided.charge {
            let purchase = self.purchase(invocation, work, &charge.purchase).await?;
            if purchase.status != PurchaseStatus::Open {
                return Ok(Step::Again);
            }
            return match &purchase.session {
                None => self.offer_page(invocation, work, purchase).await,
                // The page can be paid until it ends: only then may another card be charged.
                Some(_) => self.look_at_page(invocation, work, &purchase, is_other).await,
            };
        }
        self.decide(invocation, work, work.books.resume(method.as_ref(), work.invocation.now)).await
    }

    /// The failed payment is called off first, so that nobody can pay both.
    async fn offer_page(
        &self,
        invocation: &Invocation,
        work: &Work<'_>,
        mut purchase: Purchase,
    ) -> Result<Step, RechargeError> {
        let customer = work.customer.as_ref().ok_or(RechargeError::Missing("the customer"))?;
        if let Some(payment) = &purchase.payment {
            self.stripe.cancel_payment(work.invocation, payment).await?;
        }
        let key = pack_lookup_key(&purchase.offer.pack);
        let price = self.stripe.pack_price(work.invocation, &key).await?;
        let home = self.origins.first().ok_or(RechargeError::Missing("an origin to return to"))?;
        let new = NewPackSession {
            customer,
            account: work.account.as_str(),
            purchase: &purchase.id,
            price: &price.id,
            tax_rates: &self.stripe.tax_rates(work.invocation, &self.catalog.tax_rates).await?,
            success_url: &home,
            cancel_url: &home,
            expires_at: None,
        };
        let since = purchase.intent.made_since();
        let found =
            self.stripe.find_pack_session(work.invocation, customer, &purchase.id, since).await?;
        let session = if let Some(found) = found {
            found
        } else {
            let key = format!("{}-page", purchase.intent.idempotency_key());
            self.stripe.sell_pack(work.invocation, &new, key).await?
        };
        let PaymentNews::Session(told) = &session.fact.news else {
            return Err(RechargeError::Missing("a session"));
        };
        purchase.session = Some(told.id.clone());
        purchase.url.clone_from(&session.url);
        let url = session.url.unwrap_or_default();
        let change = work.books.credits.offer_page(&purchase, &url);
        self.decide(invocation, work, Some(change)).await?;
        Ok(Step::Done)
    }

    /// Reads the page's session, and settles it. With another card on file it is ended: then that one is charged.
    async fn look_at_page(
        &self,
        invocation: &Invocation,
        work: &Work<'_>,
        purchase: &Purchase,
        is_other: bool,
    ) -> Result<Step, RechargeError> {
        let Some(session) = &purchase.session else { return Ok(Step::Done) };
        let mut read = self.stripe.pack_session(work.invocation, session).await?;
        let is_open = match &read.fact.news {
            PaymentNews::Session(told) => told.status == SessionStatus::Open,
            PaymentNews::Payment(_) | PaymentNews::Refund(_) | PaymentNews::Dispute(_) => false,
        };
        if is_open && is_other {
            self.stripe.expire_session(work.invocation, session.as_str()).await?;
            read = self.stripe.pack_session(work.invocation, session).await?;
        }
        match self.hear(invocation, work, &read.fact).await? {
            Step::Again => Ok(Step::Again),
            // The same card, and a page that can still be paid: look again later.
            Step::Done => self
                .decide(invocation, work, work.books.resume(None, work.invocation.now))
                .await
                .map(|_| Step::Done),
        }
    }
}
