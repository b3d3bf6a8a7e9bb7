//! Pauses: another card ends one; and a payment that needs 3-D Secure gets a page on which it can
//! be completed (money rule 28).

use billing::credits::purchase::{Purchase, PurchaseStatus};
use billing::credits::recharge::PauseReason;
use billing::payment::{PaymentNews, SessionStatus};
use catalog::sold::pack_lookup_key;
use invocation::Invocation;
use stripe_client::payments::NewPackSession;

use crate::AutoRecharge;
use crate::error::RechargeError;
use crate::steps::{Step, Work};

/// Card on file, beside the one that a pause is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Card {
    /// No other card is on file: the card that was declined, or none.
    Same,
    /// Another card, which ends the pause.
    Other,
}

impl AutoRecharge {
    /// Ends a pause, if it can be ended.
    pub(crate) async fn resume(
        &self,
        invocation: &Invocation,
        work: &Work,
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
        let method = self.method_on_file(invocation, work, customer).await?;
        let is_other = method.as_ref().is_some_and(|it| pause.card.as_deref() != Some(it.card()));
        let card = if is_other { Card::Other } else { Card::Same };

        if let Some(charge) = &decided.charge {
            let purchase = self.purchase(invocation, work, &charge.purchase).await?;
            if purchase.status != PurchaseStatus::Open {
                return Ok(Step::Again);
            }
            return match &purchase.session {
                None => self.offer_page(invocation, work, purchase).await,
                // The page can be paid until it ends: only then may another card be charged.
                Some(_) => self.look_at_page(invocation, work, &purchase, card).await,
            };
        }

        self.commit(invocation, work, work.books.resume(method.as_ref(), invocation.now)).await
    }

    /// Offers a page for the failed payment, which is cancelled first, so that the customer cannot
    /// pay both.
    async fn offer_page(
        &self,
        invocation: &Invocation,
        work: &Work,
        mut purchase: Purchase,
    ) -> Result<Step, RechargeError> {
        let customer = work.customer.as_ref().ok_or(RechargeError::Missing("the customer"))?;
        if let Some(payment) = &purchase.payment {
            self.stripe.cancel_payment(invocation, payment).await?;
        }

        let key = pack_lookup_key(&purchase.offer.pack);
        let price = self.stripe.pack_price(invocation, &key).await?;
        let home = self.origins.first().ok_or(RechargeError::Missing("an origin to return to"))?;
        let new = NewPackSession {
            customer,
            account: work.account.as_str(),
            purchase: &purchase.id,
            price: &price.id,
            tax_rates: &self.stripe.tax_rates(invocation, &self.catalog.tax_rates).await?,
            success_url: &home,
            cancel_url: &home,
            expires_at: None,
        };

        let since = purchase.intent.made_since();
        let found =
            self.stripe.find_pack_session(invocation, customer, &purchase.id, since).await?;
        let session = if let Some(found) = found {
            found
        } else {
            let key = format!("{}-page", purchase.intent.idempotency_key());
            self.stripe.sell_pack(invocation, &new, key).await?
        };
        let PaymentNews::Session(snapshot) = &session.fact.news else {
            return Err(RechargeError::Missing("a session"));
        };

        purchase.session = Some(snapshot.id.clone());
        purchase.url.clone_from(&session.url);
        let url = session.url.unwrap_or_default();
        let change = work.books.credits.offer_page(&purchase, &url);
        self.commit(invocation, work, Some(change)).await?;
        Ok(Step::Done)
    }

    /// Reads the page's session, and applies it. With another card on file the page is ended: then
    /// that card is charged.
    async fn look_at_page(
        &self,
        invocation: &Invocation,
        work: &Work,
        purchase: &Purchase,
        card: Card,
    ) -> Result<Step, RechargeError> {
        let Some(session) = &purchase.session else { return Ok(Step::Done) };
        let mut read = self.stripe.pack_session(invocation, session).await?;
        let is_open = match &read.fact.news {
            PaymentNews::Session(session) => session.status == SessionStatus::Open,
            PaymentNews::Payment(_) | PaymentNews::Refund(_) | PaymentNews::Dispute(_) => false,
        };
        if is_open && card == Card::Other {
            self.stripe.expire_session(invocation, session.as_str()).await?;
            read = self.stripe.pack_session(invocation, session).await?;
        }

        match self.apply(invocation, &read.fact).await? {
            Step::Again => Ok(Step::Again),
            // The same card, and a page that can still be paid: look again later.
            Step::Done => self
                .commit(invocation, work, work.books.resume(None, invocation.now))
                .await
                .map(|_| Step::Done),
        }
    }
}
