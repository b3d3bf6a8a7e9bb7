//! A pack is bought in Checkout, and granted when it is paid (D11).
//!
//! The purchase is in the table before Stripe is called, and its id is in the metadata of the
//! session and of its payment: every report of a payment names this purchase (money rule 24). A
//! customer who returns from Checkout makes the session be read at once: the credits are there
//! without waiting for the webhook, which then changes nothing.

use apply::Applier;
use billing::credits::Offer;
use billing::credits::purchase::{How, Purchase, PurchaseStatus};
use billing::ids::{AccountId, CustomerId, PurchaseId};
use billing::intent::Intent;
use billing::payment::PaymentNews;
use catalog::Catalog;
use catalog::sold::pack_lookup_key;
use credit_payments::apply_payment;
use invocation::Invocation;
use store::{Loaded, Part};
use stripe_client::Stripe;
use stripe_client::payments::{NewPackSession, PackSession};
use tracing::info;

use crate::books::{may_use, parts_for_try, standing};
use crate::refused::{Refused, Tried};

/// Commands about purchases in Checkout.
#[derive(Debug)]
pub struct Purchases {
    facts: Applier,
    stripe: Stripe,
    catalog: Catalog,
}

/// Addresses to which Checkout sends the customer back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnUrls {
    /// After the payment.
    pub success: String,
    /// Without a payment.
    pub cancel: String,
}

/// A purchase that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPurchase {
    /// Id of the purchase.
    pub id: PurchaseId,
    /// The pack as it is sold now.
    pub offer: Offer,
    /// Addresses to return to.
    pub return_urls: ReturnUrls,
    /// Fingerprint of the request: the same id with another one is refused.
    pub content: String,
}

/// Account and customer that buy.
#[derive(Debug, Clone, Copy)]
struct Buyer<'a> {
    account: &'a AccountId,
    customer: &'a CustomerId,
}

/// Parts that a purchase rests on: to be loaded with the caller's key.
pub fn purchase_parts(id: Option<PurchaseId>) -> Vec<Part> {
    let purchase = id.map(Part::Purchase);
    [Part::Standing, Part::Profile].into_iter().chain(purchase).collect()
}

impl Purchases {
    /// Commands on the table of an applier, and at Stripe.
    pub fn new(facts: Applier, stripe: Stripe, catalog: Catalog) -> Self {
        Self { facts, stripe, catalog }
    }

    /// Opens the Checkout page of a purchase, once for each id. `loaded` has the
    /// [`purchase_parts`].
    ///
    /// # Errors
    /// A refusal sells nothing; what is interrupted may be sent again under the same id.
    pub async fn buy(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        new: &NewPurchase,
        loaded: Loaded,
    ) -> Tried<Purchase> {
        may_use(self.facts.store(), invocation, &standing(&loaded)?).await?;
        let profile = loaded.profile()?.ok_or(Refused::NotFound("account"))?;
        let customer = profile.customer.ok_or(Refused::NoCustomer)?;
        let buyer = Buyer { account, customer: &customer };

        let mut loaded = Some(loaded);
        invocation.retry_conflicts(|| self.try_buy(invocation, buyer, new, loaded.take())).await
    }

    async fn try_buy(
        &self,
        invocation: &Invocation,
        buyer: Buyer<'_>,
        new: &NewPurchase,
        first: Option<Loaded>,
    ) -> Tried<Purchase> {
        let wanted = (buyer.account, purchase_parts(Some(new.id.clone())));
        let loaded = parts_for_try(self.facts.store(), invocation, wanted, first).await?;
        let purchase = match loaded.purchase(&new.id)? {
            Some(known) if known.intent.content != new.content => {
                return Err(Refused::OtherContent.into());
            }
            Some(known) if known.session.is_some() => return Ok(known),
            Some(known) => known,
            None => begin(invocation, new)?,
        };

        let sold = self.sell(invocation, buyer, purchase, &new.return_urls).await?;

        let account = buyer.account;
        info!(account.id = %account, purchase.id = %sold.id,
            "account {account} buys {} credits in Checkout", sold.offer.tokens);
        Ok(sold)
    }

    /// Finds a purchase. One whose page can still be paid is read at Stripe first, and granted if
    /// it is paid. `loaded` has the [`purchase_parts`].
    ///
    /// # Errors
    /// Stripe or the table failed: the same request again looks again.
    pub async fn find(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        id: &PurchaseId,
        loaded: Loaded,
    ) -> Tried<Purchase> {
        let missing = || Refused::NotFound("purchase");
        let known = loaded.purchase(id)?.ok_or_else(missing)?;
        let open = Some(known.status).filter(|status| *status == PurchaseStatus::Open);
        let Some(session) = open.and(known.session.as_ref()) else { return Ok(known) };

        let read = self.stripe.pack_session(invocation, session).await?;
        apply_payment(&self.facts, invocation, &read.fact).await?;

        let store = self.facts.store();
        let loaded = store.load(invocation, account, &[Part::Purchase(id.clone())]).await?;
        Ok(loaded.purchase(id)?.ok_or_else(missing)?)
    }

    /// Lists every purchase of an account, the newest first.
    ///
    /// # Errors
    /// The table failed.
    pub async fn purchases(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Tried<Vec<Purchase>> {
        let store = self.facts.store();
        let mut purchases = store.purchases(invocation, account).await?;
        purchases.sort_by_key(|it| std::cmp::Reverse((it.intent.begun_at, it.id.clone())));
        Ok(purchases)
    }

    /// Sells a purchase: kept in the table first, then its page is made at Stripe, once.
    async fn sell(
        &self,
        invocation: &Invocation,
        buyer: Buyer<'_>,
        mut purchase: Purchase,
        return_urls: &ReturnUrls,
    ) -> Tried<Purchase> {
        if purchase.version == 0 {
            purchase = self.keep(invocation, buyer, &purchase).await?;
        }
        let key = pack_lookup_key(&purchase.offer.pack);
        let price = self.stripe.pack_price(invocation, &key).await?;
        let (at_stripe, in_catalog) = (price.amount, purchase.offer.price);
        if at_stripe != in_catalog {
            let differs = Refused::PriceDiffers { lookup_key: key, at_stripe, in_catalog };
            return Err(differs.into());
        }

        let found = self.session_of_an_earlier_attempt(invocation, buyer, &mut purchase).await?;
        let session = if let Some(found) = found {
            Ok(found)
        } else {
            let new = NewPackSession {
                customer: buyer.customer,
                account: buyer.account.as_str(),
                purchase: &purchase.id,
                price: &price.id,
                tax_rates: &self.stripe.tax_rates(invocation, &self.catalog.tax_rates).await?,
                success_url: &return_urls.success,
                cancel_url: &return_urls.cancel,
                expires_at: None,
            };
            self.stripe.sell_pack(invocation, &new, purchase.intent.idempotency_key()).await
        };
        let session = match session {
            Ok(session) => session,
            Err(error) => {
                if error.would_be_repeated() {
                    purchase.intent = purchase.intent.after_failure();
                    self.keep(invocation, buyer, &purchase).await?;
                }
                return Err(error.into());
            }
        };

        let PackSession { fact, url } = session;
        let PaymentNews::Session(snapshot) = fact.news else {
            return Err(Refused::NotASession.into());
        };
        purchase.session = Some(snapshot.id);
        purchase.url = url;
        self.keep(invocation, buyer, &purchase).await
    }

    /// Looks for the session that an earlier attempt may have made, if its idempotency key is too
    /// old to rely on. Without one, the next attempt is begun.
    async fn session_of_an_earlier_attempt(
        &self,
        invocation: &Invocation,
        buyer: Buyer<'_>,
        purchase: &mut Purchase,
    ) -> Tried<Option<PackSession>> {
        if !purchase.intent.must_look_first(invocation.now) {
            return Ok(None);
        }

        let (customer, since) = (buyer.customer, purchase.intent.made_since());
        let stripe = &self.stripe;
        let found = stripe.find_pack_session(invocation, customer, &purchase.id, since).await?;
        if found.is_none() {
            purchase.intent = purchase.intent.next_attempt(invocation.now);
            *purchase = self.keep(invocation, buyer, purchase).await?;
        }
        Ok(found)
    }

    async fn keep(
        &self,
        invocation: &Invocation,
        buyer: Buyer<'_>,
        purchase: &Purchase,
    ) -> Tried<Purchase> {
        let store = self.facts.store();
        Ok(store.keep_purchase(invocation, buyer.account, purchase).await?)
    }
}

fn begin(invocation: &Invocation, new: &NewPurchase) -> Result<Purchase, Refused> {
    // Drawn, not derived: two stacks on one Stripe account may have accounts, and callers, of the
    // same names.
    let token = invocation.entropy.token().map_err(|_| Refused::NoId)?;
    let intent = Intent::new(new.id.to_string(), token, new.content.clone(), invocation.now);
    Ok(Purchase::new(How::Checkout, new.offer.clone(), intent, new.id.clone()))
}
