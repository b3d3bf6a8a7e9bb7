//! `/v1/staff`: state that the vendor's own people set for an account: how it pays (A17), its plan
//! with prices of its own, the partner mark (B1, F3), and whether it is a parent account (B5); what
//! they correct (F3); and the lists that wait for them.
//!
//! Each route sets a state, so a request that broke off is finished by sending it again. Input,
//! command, view: the use cases are in `plans_commands`.

mod corrections;
mod credit_notes;
mod dead_letters;
mod disputes;
mod exports;
mod input;
mod problem;

use billing::account::Closure;
use billing::dead_letter::LetterEnd;
use billing::ids::AccountId;
use billing::journal::CauseKind;
use catalog::Catalog;
use invocation::Invocation;
use letters_commands::end::LetterDesk;
use plans_commands::{Account, Closing, Conversion, PlanSet, Plans};
use runtime::{EnvironmentError, Host, Invocations, Problem, Request, Response};
use store::Part;
use views::families::FamilyView;
use views::staff::{ClosedView, CollectionView, PlanView, ReconciliationView};

use crate::input::Payment;
use crate::problem::ended;

/// Most differences of one answer.
const DIFFERENCES_MAX: i32 = 100;

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Staff {
    invocations: Invocations,
    plans: Plans,
    letters: LetterDesk,
}

impl Staff {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        Ok(Self {
            invocations: host.invocations(),
            plans: Plans::new(host, catalog)?,
            letters: LetterDesk::new(host)?,
        })
    }

    /// One request.
    pub async fn handle(&self, request: Request) -> Response {
        let invocation = &self.invocations.begin(CauseKind::Api, request.id.clone());
        let answer = match request.route.as_str() {
            "PUT /v1/staff/accounts/{id}/collection" => {
                Box::pin(self.set_collection(invocation, &request)).await
            }
            "PUT /v1/staff/accounts/{id}/plan" => {
                Box::pin(self.set_plan(invocation, &request)).await
            }
            "POST /v1/staff/accounts/{id}/terminate" => {
                Box::pin(self.close(invocation, &request, Closure::Terminated)).await
            }
            "POST /v1/staff/accounts/{id}/close" => {
                Box::pin(self.close(invocation, &request, Closure::Canceled)).await
            }
            "POST /v1/staff/accounts/{id}/usage-corrections" => {
                Box::pin(self.correct_usage(invocation, &request)).await
            }
            "POST /v1/staff/accounts/{id}/credit-notes" => {
                Box::pin(self.give_credit_note(invocation, &request)).await
            }
            "GET /v1/staff/exports/{kind}" => Box::pin(self.export(invocation, &request)).await,
            "GET /v1/staff/disputes" => self.disputes(invocation, &request).await,
            "GET /v1/staff/dead-letters" => self.dead_letters(invocation, &request).await,
            "POST /v1/staff/dead-letters/{letter_id}/redrive" => {
                Box::pin(self.end_letter(invocation, &request, LetterEnd::Redriven)).await
            }
            "POST /v1/staff/dead-letters/{letter_id}/dismiss" => {
                Box::pin(self.end_letter(invocation, &request, LetterEnd::Dismissed)).await
            }
            "GET /v1/staff/reconciliation" => self.reconciliation(invocation, &request).await,
            "POST /v1/staff/accounts/{id}/convert-to-parent" => {
                Box::pin(self.convert(invocation, &request, Ok(Conversion::ToParent))).await
            }
            "POST /v1/staff/accounts/{id}/convert-to-standard" => {
                Box::pin(self.convert(invocation, &request, Ok(Conversion::ToStandard))).await
            }
            "PUT /v1/staff/accounts/{id}/sub-account-limit" => {
                let limit = input::sub_account_limit(&request).map(Conversion::Limit);
                Box::pin(self.convert(invocation, &request, limit)).await
            }
            _ => Err(Problem::not_found("route")),
        };
        auth::answered(invocation, self.plans.store(), answer).await
    }

    async fn set_collection(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let account = self.account(invocation, request, |_| plans_commands::terms_parts()).await?;
        let id = account.id.clone();
        let (terms, payment) = input::terms(request)?;

        let plans = &self.plans;
        let set = match payment {
            Payment::AsInvoiced => plans.set_terms(invocation, account, terms).await,
            Payment::Upfront => plans.set_terms_of_upfront_payer(invocation, account, terms).await,
        };
        let standing = set.map_err(|stopped| ended(stopped, &id))?;
        Ok(Response::json(200, &CollectionView::of(&standing)))
    }

    async fn set_plan(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let parts = plans_commands::set_plan_parts;
        let account = self.account(invocation, request, parts).await?;
        let id = account.id.clone();
        let wanted = input::wanted(request, self.plans.catalog())?;

        let set = Box::pin(self.plans.set_plan(invocation, account, &wanted)).await;
        let PlanSet { standing, profile } = set.map_err(|stopped| ended(stopped, &id))?;
        Ok(Response::json(200, &PlanView::of(&standing, &profile)))
    }

    async fn close(
        &self,
        invocation: &Invocation,
        request: &Request,
        how: Closure,
    ) -> Result<Response, Problem> {
        let account = self.account(invocation, request, |_| plans_commands::leased_parts()).await?;
        let id = account.id.clone();
        let closing = Closing { how, reason: input::reason(request)? };

        let closed = Box::pin(self.plans.close(invocation, account, &closing)).await;
        let standing = closed.map_err(|stopped| ended(stopped, &id))?;
        Ok(Response::json(200, &ClosedView::of(&standing, invocation.now)))
    }

    /// The time up to which our books are proven, and what was missing.
    async fn reconciliation(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let store = self.plans.store();
        auth::caller(invocation, store, request, &[]).await?;

        let failed = |error| auth::problem(&error);
        let proof = store.proof(invocation).await.map_err(failed)?;
        let differences = store.differences(invocation, DIFFERENCES_MAX).await.map_err(failed)?;
        Ok(Response::json(200, &ReconciliationView::of(proof.as_ref(), &differences)))
    }

    /// A conversion, as the request has it: a caller who may not is told before that it is wrong.
    async fn convert(
        &self,
        invocation: &Invocation,
        request: &Request,
        conversion: Result<Conversion, Problem>,
    ) -> Result<Response, Problem> {
        let parts = |_: &_| plans_commands::conversion_parts(invocation.now);
        let account = self.account(invocation, request, parts).await?;
        let id = account.id.clone();

        let converted = self.plans.convert(invocation, account, conversion?).await;
        let standing = converted.map_err(|stopped| ended(stopped, &id))?;
        Ok(Response::json(200, &FamilyView::of(&standing)))
    }

    /// Admits the caller, and loads what the command needs with the caller's key.
    async fn account(
        &self,
        invocation: &Invocation,
        request: &Request,
        parts: impl FnOnce(&AccountId) -> Vec<Part>,
    ) -> Result<Account, Problem> {
        let store = self.plans.store();
        let (id, caller) = auth::writer_of_account(invocation, store, request, parts).await?;
        Ok(Account { id, loaded: caller.loaded })
    }
}
