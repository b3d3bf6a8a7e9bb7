//! `/v1/accounts/{id}/credits/purchases`: a pack is bought in Checkout, and granted when it is paid (D11).
//!
//! The purchase is in the table before Stripe is asked, and its id is in the metadata of the session and of its payment; so
//! whatever tells that it is paid tells of this one (money rule 24). Whoever comes back from Checkout and asks for the purchase makes
//! us look at Stripe at once: the credits are there without waiting for the webhook, which then changes nothing.

use auth::problem;
use billing::credits::Offer;
use billing::credits::purchase::{How, Purchase, PurchaseStatus};
use billing::ids::{AccountId, CustomerId, PurchaseId};
use billing::intent::Intent;
use billing::payment::PaymentNews;
use billing::words::Word;
use catalog::sold::pack_lookup_key;
use credit_payments::apply_payment;
use invocation::Invocation;
use runtime::input::{Checks, body, other_content};
use runtime::key::fingerprint;
use runtime::{Problem, Request, Response};
use serde::{Deserialize, Serialize};
use store::keys;
use stripe_client::payments::{NewPackSession, PackSession};
use stripe_sync::Interrupted;
use tracing::{error, info};

use crate::Credits;
use crate::books::{TRIES_MAX, Work};
use crate::deduct::keyed_id;
use crate::problem::{closed, coded, ended, unasked};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    pack: String,
    #[serde(default)]
    success_url: Option<String>,
    #[serde(default)]
    cancel_url: Option<String>,
}

/// Where people go from Checkout.
struct Ways {
    success_url: String,
    cancel_url: String,
}

/// A purchase as the contract shows it.
#[derive(Debug, Serialize)]
struct PurchaseView {
    id: String,
    status: &'static str,
    pack: String,
    tokens: i64,
    price: billing::money::Money,
    checkout_url: Option<String>,
}

impl Credits {
    pub(crate) async fn buy(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let id = match keyed_id(request, "pur", invocation.now) {
            Ok(Some(id)) => PurchaseId::parse(&id).map_err(|_| Problem::internal()),
            Ok(None) => self.draw(invocation),
            Err(wrong) => Err(wrong),
        };
        let keys = |account: &AccountId| {
            let mut keys = vec![keys::profile(account)];
            keys.extend(id.iter().map(|id| keys::purchase(account, id)));
            keys
        };
        let mut work = self.work(invocation, request, keys).await?;
        let id = id?;
        let (offer, ways) = self.asked(body(request)?)?;
        let content = fingerprint(request.body.as_deref().unwrap_or_default());
        closed(&work.books.standing, invocation.now)?;
        let customer = customer(&work)?;
        for tries in 1..=TRIES_MAX {
            let known = purchase(&work)?;
            let purchase = match known {
                Some(known) if known.intent.content != content => return Err(other_content()),
                Some(known) if known.session.is_some() => return Ok(shown(201, &known)),
                Some(known) => known,
                None => self.begin(invocation, &id, &offer, &content)?,
            };
            match self.sell(&mut work, purchase, &customer, &ways).await {
                Ok(sold) => {
                    info!(account.id = %work.account, purchase.id = %sold.id,
                        "account {} buys {} credits in Checkout", work.account, sold.offer.tokens);
                    return Ok(shown(201, &sold));
                }
                Err(Interrupted::Conflict) => {
                    work.invocation.wait(tries).await;
                    self.reload(&mut work).await?;
                }
                Err(interrupted) => return Err(ended(interrupted, &work.account)),
            }
        }
        Err(Interrupted::again())
    }

    /// A purchase; one whose page can be paid is looked at first.
    pub(crate) async fn bought(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let id = request.path.get("purchase_id").map(String::as_str).unwrap_or_default();
        let id = PurchaseId::parse(id);
        let keys = |account: &AccountId| id.iter().map(|id| keys::purchase(account, id)).collect();
        let mut work = self.work(invocation, request, keys).await?;
        let missing = || Problem::not_found("purchase");
        let known = purchase(&work)?.ok_or_else(missing)?;
        let session = known.session.as_ref().filter(|_| known.status == PurchaseStatus::Open);
        if let Some(session) = session {
            let told = self.stripe.pack_session(invocation, session).await;
            let told = told.map_err(|error| unasked(&error, &work.account))?;
            let settled = apply_payment(&self.facts, work.invocation, &told.fact).await;
            settled.map_err(|_| Interrupted::again())?;
            self.reload(&mut work).await?;
        }
        Ok(shown(200, &purchase(&work)?.ok_or_else(missing)?))
    }

    fn asked(&self, input: Input) -> Result<(Offer, Ways), Problem> {
        let mut checks = Checks::default();
        let pack = self.catalog.pack(&input.pack);
        checks.expect(pack.is_some(), "pack", "There is no such credit pack.");
        let mut way = |name: &str, given: Option<String>| match given {
            Some(url) if self.origins.allow(&url) => url,
            Some(_) => {
                checks.expect(false, name, "It does not begin with an origin that is allowed.");
                String::new()
            }
            None => self.origins.first().unwrap_or_else(|| {
                checks.expect(false, name, "An address to go back to is expected.");
                String::new()
            }),
        };
        let success_url = way("success_url", input.success_url);
        let cancel_url = way("cancel_url", input.cancel_url);
        checks.passed().map_err(coded)?;
        let offer = pack.map(catalog::Pack::offer).ok_or_else(Problem::internal)?;
        Ok((offer, Ways { success_url, cancel_url }))
    }

    fn begin(
        &self,
        invocation: &Invocation,
        id: &PurchaseId,
        offer: &Offer,
        content: &str,
    ) -> Result<Purchase, Problem> {
        // Drawn, not derived: two stacks on one Stripe account may have accounts, and callers, of the same names.
        let token = invocation.entropy.token().map_err(|_| Problem::internal())?;
        let intent = Intent::new(id.to_string(), token, content.to_owned(), invocation.now);
        Ok(Purchase::new(How::Checkout, offer.clone(), intent, id.clone()))
    }

    /// The purchase with its page: kept first, then made at Stripe, once.
    async fn sell(
        &self,
        work: &mut Work<'_>,
        mut purchase: Purchase,
        customer: &CustomerId,
        ways: &Ways,
    ) -> Result<Purchase, Interrupted> {
        let invocation = work.invocation;
        if purchase.version == 0 {
            purchase = self.keep(work, &purchase).await?;
        }
        let key = pack_lookup_key(&purchase.offer.pack);
        let price = self.stripe.pack_price(invocation, &key).await?;
        if price.amount != purchase.offer.price {
            error!(alarm = runtime::telemetry::alarm::NOT_CALLABLE, pack = %purchase.offer.pack,
                "Stripe sells {key} at {}, and the catalog at {}: push the catalog", price.amount, purchase.offer.price);
            return Err(Interrupted::Refused(Problem::internal()));
        }
        let found = self.find(work, &mut purchase, customer).await?;
        let session = if let Some(found) = found {
            Ok(found)
        } else {
            let new = NewPackSession {
                customer,
                account: work.account.as_str(),
                purchase: &purchase.id,
                price: &price.id,
                tax_rates: &self.stripe.tax_rates(invocation, &self.catalog.tax_rates).await?,
                success_url: &ways.success_url,
                cancel_url: &ways.cancel_url,
                expires_at: None,
            };
            self.stripe.sell_pack(invocation, &new, purchase.intent.idempotency_key()).await
        };
        let session = match session {
            Ok(session) => session,
            Err(error) if error.would_be_repeated() => {
                purchase.intent = purchase.intent.after_failure();
                self.keep(work, &purchase).await?;
                return Err(error.into());
            }
            Err(error) => return Err(error.into()),
        };
        let PackSession { fact, url } = session;
        let PaymentNews::Session(told) = fact.news else {
            return Err(Interrupted::Refused(Problem::internal()));
        };
        purchase.session = Some(told.id);
        purchase.url = url;
        self.keep(work, &purchase).await
    }

    /// The session that an earlier attempt may have made, if its key is not relied on any more; else the next attempt is begun.
    async fn find(
        &self,
        work: &mut Work<'_>,
        purchase: &mut Purchase,
        customer: &CustomerId,
    ) -> Result<Option<PackSession>, Interrupted> {
        let (invocation, now) = (work.invocation, work.invocation.now);
        if !purchase.intent.must_look_first(now) {
            return Ok(None);
        }
        let since = purchase.intent.made_since();
        let found =
            self.stripe.find_pack_session(invocation, customer, &purchase.id, since).await?;
        if found.is_none() {
            purchase.intent = purchase.intent.next_attempt(now);
            *purchase = self.keep(work, purchase).await?;
        }
        Ok(found)
    }

    async fn keep(
        &self,
        work: &mut Work<'_>,
        purchase: &Purchase,
    ) -> Result<Purchase, Interrupted> {
        Ok(self.store.keep_purchase(work.invocation, &work.account, purchase).await?)
    }
}

fn purchase(work: &Work<'_>) -> Result<Option<Purchase>, Problem> {
    let found = work.item("purchase").map(store::credits::read_purchase).transpose();
    found.map_err(|error| problem(&error))
}

fn customer(work: &Work<'_>) -> Result<CustomerId, Problem> {
    let profile = work.item("profile").ok_or_else(|| Problem::not_found("account"))?;
    let profile = store::profile::read(profile).map_err(|error| problem(&error))?;
    profile.customer.ok_or_else(|| {
        let detail = "The account has no customer at Stripe yet: the request that opened it is to be repeated.";
        Problem::new(409, "account_incomplete", detail)
    })
}

fn shown(status: u16, purchase: &Purchase) -> Response {
    let view = PurchaseView {
        id: purchase.id.to_string(),
        status: purchase.status.word(),
        pack: purchase.offer.pack.clone(),
        tokens: purchase.offer.tokens,
        price: purchase.offer.price,
        checkout_url: purchase.url.clone(),
    };
    Response::json(status, &view)
}
