//! `/v1/staff/price-changes`: staff announce a change of a price, and may withdraw it before it
//! takes effect (C2).

use auth::{caller, problem, writer};
use billing::announcement::{AskedChange, GivenAmount, PriceChangeRefusal, WrongAnnouncement};
use billing::time::Timestamp;
use invocation::Invocation;
use messages::Language;
use prices_commands::{Announce, Failure, PriceChanges};
use runtime::input::{body, idempotency, page};
use runtime::problem::FieldProblem;
use runtime::{Problem, Request, Response};
use serde_json::Value;
use store::StoreError;
use views::prices::PriceChangeView;
use views::requests::prices::AnnouncePrice;

use crate::Plans;

/// Language of every sentence in answers.
const LANGUAGE: Language = Language::English;

impl Plans {
    pub(crate) async fn announce(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let idempotency = idempotency(request, "staff", invocation.now);
        let parts = PriceChanges::parts(idempotency.as_ref().ok().and_then(Option::as_ref));
        let caller = writer(invocation, &self.store, request, &parts).await?;
        let idempotency = idempotency?;
        let idempotency = idempotency.as_ref();

        let prices = self.price_changes();
        let before = prices.announced_before(invocation, idempotency, &caller.loaded).await;
        let change = if let Some(change) = before.map_err(failed)? {
            change
        } else {
            let announce = announce(body(request)?);
            let announced = prices.announce(invocation, &announce, idempotency).await;
            announced.map_err(failed)?
        };

        Ok(Response::json(201, &PriceChangeView::of(&change)))
    }

    pub(crate) async fn changes(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        caller(invocation, &self.store, request, &[]).await?;

        let changes = self.price_changes().all(invocation).await;
        let changes = changes.map_err(|error| problem(&error))?;

        let page = page(request, invocation.now, &changes, |change| &change.id)?;
        Ok(Response::json(200, &page.map(PriceChangeView::of)))
    }

    pub(crate) async fn withdraw(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        writer(invocation, &self.store, request, &[]).await?;
        let id = request.path.get("change_id").map(String::as_str).unwrap_or_default();

        let withdrawn = self.price_changes().withdraw(invocation, id).await;
        let change = withdrawn.map_err(failed)?;

        Ok(Response::json(200, &PriceChangeView::of(&change)))
    }
}

fn announce(AnnouncePrice { price, new_amount, effective_at }: AnnouncePrice) -> Announce {
    let effective_at = Timestamp::parse(&effective_at);
    Announce { price, asked: AskedChange { amount: given_amount(&new_amount), effective_at } }
}

/// A whole number in the price's currency, or money.
fn given_amount(given: &Value) -> Option<GivenAmount> {
    if let Some(amount) = given.as_i64() {
        return Some(GivenAmount { amount, currency: None });
    }
    let amount = given.get("amount")?.as_i64()?;
    let currency = given.get("currency").and_then(Value::as_str).unwrap_or_default();
    Some(GivenAmount { amount, currency: Some(currency.to_owned()) })
}

/// The problem that a failure is. After a conflict the same request tells what another writer did.
fn failed(failure: Failure) -> Problem {
    match failure {
        Failure::Refused(refusal) => refused(&refusal),
        Failure::Store(StoreError::Conflict) | Failure::NotQueued(_) | Failure::NoEntropy(_) => {
            Problem::unavailable()
        }
        Failure::Store(error) => problem(&error),
    }
}

fn refused(refusal: &PriceChangeRefusal) -> Problem {
    let detail = LANGUAGE.price_change_refused(refusal);
    match refusal {
        PriceChangeRefusal::Wrong(wrong) => Problem::invalid(wrong.iter().map(field).collect()),
        PriceChangeRefusal::IdempotencyKeyReused => {
            Problem::new(409, "idempotency_key_reused", detail)
        }
        PriceChangeRefusal::Unknown => Problem::new(404, "not_found", detail),
        PriceChangeRefusal::InForce(_) => Problem::new(409, "price_change_in_force", detail),
    }
}

fn field(wrong: &WrongAnnouncement) -> FieldProblem {
    FieldProblem::invalid(wrong.field(), LANGUAGE.wrong_announcement(wrong))
}
