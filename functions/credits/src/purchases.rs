//! `/v1/accounts/{id}/credits/purchases`: a pack is bought in Checkout, and granted when it is paid
//! (D11).

use auth::{Caller, caller_of_account, writer_of_account};
use billing::credits::purchase::Purchase;
use billing::ids::{AccountId, PurchaseId};
use billing::time::Timestamp;
use credits_commands::{NewPurchase, purchase_parts};
use invocation::Invocation;
use runtime::input::Page;
use runtime::key::fingerprint;
use runtime::{Problem, Request, Response, cursor, query};
use views::credits::PurchaseView;

use crate::problem::ended;
use crate::{Credits, input};

impl Credits {
    pub(crate) async fn buy(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let id = input::id(request, "pur", invocation);
        let id = id.and_then(|id| PurchaseId::parse(&id).map_err(|_| Problem::internal()));
        let parts = |_: &AccountId| purchase_parts(id.as_ref().ok().cloned());
        let (account, caller) = writer_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;
        let id = id?;
        let (offer, return_urls) = input::purchase(request, &self.catalog, &self.origins)?;
        let content = fingerprint(request.body.as_deref().unwrap_or_default());
        let new = NewPurchase { id, offer, return_urls, content };

        let bought = self.purchases.buy(invocation, &account, &new, caller.loaded).await;
        let purchase = bought.map_err(|error| ended(error, &account))?;

        Ok(Response::json(201, &PurchaseView::from(&purchase)))
    }

    /// A page of purchases, the newest first, as they were kept: none is read at Stripe.
    pub(crate) async fn list_purchases(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let (account, _) = self.buyer(invocation, request, None).await?;
        let before = place(request, invocation.now)?;

        let purchases = self.purchases.purchases(invocation, &account).await;
        let purchases = purchases.map_err(|error| ended(error, &account))?;

        let limit = query::limit(request);
        let rest = purchases.iter().filter(|it| {
            before
                .as_ref()
                .is_none_or(|before| (it.intent.begun_at, &it.id) < (before.0, &before.1))
        });
        let data: Vec<&Purchase> = rest.clone().take(limit).collect();
        let end = data.last().filter(|_| rest.count() > limit);
        let next_cursor = end.map(|end| {
            let place = format!("{} {}", end.intent.begun_at.0, end.id);
            cursor::write(request, &place, invocation.now)
        });
        let data: Vec<PurchaseView> = data.into_iter().map(PurchaseView::from).collect();
        Ok(Response::json(200, &Page { data, next_cursor }))
    }

    /// A purchase; one whose page can be paid is read at Stripe first.
    pub(crate) async fn find(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let id = request.path.get("purchase_id").map(String::as_str).unwrap_or_default();
        let id = PurchaseId::parse(id);
        let (account, caller) = self.buyer(invocation, request, id.as_ref().ok()).await?;
        let id = id.map_err(|_| Problem::not_found("purchase"))?;

        let found = self.purchases.find(invocation, &account, &id, caller.loaded).await;
        let purchase = found.map_err(|error| ended(error, &account))?;

        Ok(Response::json(200, &PurchaseView::from(&purchase)))
    }

    /// The caller of a request about an account that exists, with the parts of a purchase.
    async fn buyer(
        &self,
        invocation: &Invocation,
        request: &Request,
        id: Option<&PurchaseId>,
    ) -> Result<(AccountId, Caller), Problem> {
        let parts = |_: &AccountId| purchase_parts(id.cloned());
        let (account, caller) = caller_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;
        Ok((account, caller))
    }
}

/// Place of the request's cursor: time of the decision, and id.
fn place(request: &Request, now: Timestamp) -> Result<Option<(Timestamp, PurchaseId)>, Problem> {
    let place = cursor::read(request, now)?;
    let parsed = |place: String| {
        let (at, id) = place.split_once(' ')?;
        Some((Timestamp(at.parse().ok()?), PurchaseId::parse(id).ok()?))
    };
    place.map(|place| parsed(place).ok_or_else(cursor::invalid)).transpose()
}
