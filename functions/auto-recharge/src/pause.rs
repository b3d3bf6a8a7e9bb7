//! A pause: another card ends it; and a payment that wants its holder gets a page on which it can be completed (money rule 28).

use billing::credits::purchase::{Purchase, PurchaseStatus};
use billing::credits::recharge::PauseReason;
use billing::payment::{PaymentNews, SessionStatus};
use catalog::sold::pack_lookup_key;
use store::Cost;
use stripe_client::payments::NewPackSession;

use crate::{AutoRecharge, RechargeError, Step, Work};

impl AutoRecharge {
    /// Does what a pause waits for, if it can be done.
    pub(crate) async fn resume(&self, work: &Work, cost: &mut Cost) -> Result<Step, RechargeError> {
        let decided = &work.books.credits.decided;
        let Some(pause) = &decided.pause else { return Ok(Step::Again) };
        match pause.reason {
            PauseReason::Dispute => return Ok(Step::Done),
            PauseReason::Declined
            | PauseReason::NoPaymentMethod
            | PauseReason::AuthenticationRequired => {}
        }
        let Some(customer) = &work.customer else { return Ok(Step::Done) };
        let method = self.stripe.method_on_file(customer, work.now).await?;
        let is_other = method.as_ref().is_some_and(|it| pause.card.as_deref() != Some(it.card()));
        if let Some(charge) = &decided.charge {
            let purchase = self.purchase(work, &charge.purchase, cost).await?;
            if purchase.status != PurchaseStatus::Open {
                return Ok(Step::Again);
            }
            return match &purchase.session {
                None => self.offer_page(work, purchase, cost).await,
                // The page can be paid until it ends: only then may another card be charged.
                Some(_) => self.look_at_page(work, &purchase, is_other, cost).await,
            };
        }
        self.decide(work, work.books.resume(method.as_ref(), work.now), cost).await
    }

    /// The failed payment is called off first, so that nobody can pay both.
    async fn offer_page(
        &self,
        work: &Work,
        mut purchase: Purchase,
        cost: &mut Cost,
    ) -> Result<Step, RechargeError> {
        let customer = work.customer.as_ref().ok_or(RechargeError::Missing("the customer"))?;
        if let Some(payment) = &purchase.payment {
            self.stripe.cancel_payment(payment, work.now).await?;
        }
        let key = pack_lookup_key(&purchase.offer.pack);
        let price = self.stripe.pack_price(&key, work.now).await?;
        let home = self.origins.first().ok_or(RechargeError::Missing("an origin to return to"))?;
        let new = NewPackSession {
            customer,
            account: work.account.as_str(),
            purchase: &purchase.id,
            price: &price.id,
            tax_rates: &self.stripe.tax_rates(&self.catalog.tax_rates, work.now).await?,
            success_url: &home,
            cancel_url: &home,
            expires_at: None,
        };
        let since = purchase.intent.made_since();
        let found = self.stripe.find_pack_session(customer, &purchase.id, since, work.now).await?;
        let session = if let Some(found) = found {
            found
        } else {
            let key = format!("{}-page", purchase.intent.idempotency_key());
            self.stripe.sell_pack(&new, key, work.now).await?
        };
        let PaymentNews::Session(told) = &session.fact.news else {
            return Err(RechargeError::Missing("a session"));
        };
        purchase.session = Some(told.id.clone());
        purchase.url.clone_from(&session.url);
        let url = session.url.unwrap_or_default();
        let change = work.books.credits.offer_page(&purchase, &url);
        self.decide(work, Some(change), cost).await?;
        Ok(Step::Done)
    }

    /// Reads the page's session, and settles it. With another card on file it is ended: then that one is charged.
    async fn look_at_page(
        &self,
        work: &Work,
        purchase: &Purchase,
        is_other: bool,
        cost: &mut Cost,
    ) -> Result<Step, RechargeError> {
        let Some(session) = &purchase.session else { return Ok(Step::Done) };
        let mut read = self.stripe.pack_session(session, work.now).await?;
        let is_open = match &read.fact.news {
            PaymentNews::Session(told) => told.status == SessionStatus::Open,
            PaymentNews::Payment(_) | PaymentNews::Refund(_) | PaymentNews::Dispute(_) => false,
        };
        if is_open && is_other {
            self.stripe.expire_session(session.as_str(), work.now).await?;
            read = self.stripe.pack_session(session, work.now).await?;
        }
        match self.hear(work, &read.fact, cost).await? {
            Step::Again => Ok(Step::Again),
            // The same card, and a page that can still be paid: look again later.
            Step::Done => {
                self.decide(work, work.books.resume(None, work.now), cost).await.map(|_| Step::Done)
            }
        }
    }
}
