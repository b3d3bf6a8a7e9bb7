//! Money that comes outside of Stripe: a customer's advice of a transfer, and the desk where staff
//! approve or reject it, record receipts and prepayments, and reverse them (A14, A18, F4).
//!
//! One function for customers and staff, because they share commands, refusals and views; it alone
//! marks invoices as paid outside of Stripe. Input, command, view.

mod desk;
mod input;
mod problem;

use apply::Applier;
use auth::{caller_of_account, writer_of_account};
use billing::advice::TransferRefusal;
use billing::ids::AccountId;
use billing::journal::CauseKind;
use billing::time::DAY_SECONDS;
use invocation::Invocation;
use messages::Language;
use runtime::environment::{TABLE_NAME, TRANSFER_HOLD_DAYS};
use runtime::input::Page;
use runtime::{EnvironmentError, Host, Invocations, Problem, Request, Response};
use store::{Part, Store};
use stripe_client::Stripe;
use transfers_commands::Failure;
use transfers_commands::advice::{Advices, NewAdvice};
use transfers_commands::desk::TransferDesk;
use views::transfers::{AdviceView, PrepaymentView, SubmittedView};

use crate::problem::ended;

/// Language of every sentence.
pub(crate) const LANGUAGE: Language = Language::English;
/// Longest time for which advice holds an invoice, in days.
const HOLD_DAYS_MAX: i64 = 60;

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Transfers {
    invocations: Invocations,
    store: Store,
    stripe: Stripe,
    facts: Applier,
    /// Longest time for which advice holds an invoice in its whole life, in seconds.
    held_seconds: i64,
}

impl Transfers {
    /// Built from its configuration.
    pub fn new(host: &Host) -> Result<Self, EnvironmentError> {
        let environment = &host.environment;
        let store = Store::new(host.dynamodb()?, environment.get(TABLE_NAME)?);
        let expected = "a number of days up to 60";
        let days = environment.number(TRANSFER_HOLD_DAYS, expected, 0..=HOLD_DAYS_MAX)?;
        Ok(Self {
            invocations: host.invocations(),
            facts: Applier::new(store.clone()),
            store,
            stripe: Stripe::new(host)?,
            held_seconds: days.saturating_mul(DAY_SECONDS),
        })
    }

    /// One request.
    pub async fn handle(&self, request: Request) -> Response {
        let invocation = &self.invocations.begin(CauseKind::Api, request.id.clone());
        let answer = match request.route.as_str() {
            "POST /v1/accounts/{id}/payment-advice"
            | "POST /v1/accounts/{id}/invoices/{invoice_id}/payment-advice" => {
                Box::pin(self.submit(invocation, &request)).await
            }
            "GET /v1/accounts/{id}/payment-advice" => self.list(invocation, &request).await,
            "DELETE /v1/accounts/{id}/payment-advice/{advice_id}" => {
                Box::pin(self.withdraw(invocation, &request)).await
            }
            "GET /v1/accounts/{id}/prepayments" => self.prepayments(invocation, &request).await,
            "GET /v1/staff/payment-advice" => self.waiting(invocation, &request).await,
            "POST /v1/staff/payment-advice/{advice_id}/approve" => {
                Box::pin(self.approve(invocation, &request)).await
            }
            "POST /v1/staff/payment-advice/{advice_id}/reject" => {
                Box::pin(self.reject(invocation, &request)).await
            }
            "POST /v1/staff/payment-advice/{advice_id}/returned" => {
                Box::pin(self.take_back(invocation, &request)).await
            }
            "PUT /v1/staff/accounts/{id}/grace" => {
                Box::pin(self.give_grace(invocation, &request)).await
            }
            "POST /v1/staff/receipts" => Box::pin(self.record(invocation, &request)).await,
            "POST /v1/staff/accounts/{id}/prepayments" => {
                Box::pin(self.prepay(invocation, &request)).await
            }
            "POST /v1/staff/prepayments/{prepayment_id}/reverse" => {
                Box::pin(self.reverse(invocation, &request)).await
            }
            _ => Err(Problem::not_found("route")),
        };
        auth::answered(invocation, &self.store, answer).await
    }

    fn advices(&self) -> Advices<'_> {
        Advices { store: &self.store, held_seconds: self.held_seconds }
    }

    fn desk(&self) -> TransferDesk<'_> {
        TransferDesk { store: &self.store, stripe: &self.stripe, facts: &self.facts }
    }

    async fn submit(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let account = self.writer(invocation, request).await?;
        let new: NewAdvice = input::advice(request, invocation)?;

        let submitted = self.advices().submit(invocation, &account, &new).await;
        let submitted = submitted.map_err(|error| match &error {
            Failure::Refused(TransferRefusal::UnknownInvoice(_))
                if request.path.contains_key("invoice_id") =>
            {
                problem::unknown("invoice")
            }
            Failure::Refused(_)
            | Failure::Conflict
            | Failure::Store(_)
            | Failure::Stripe(_)
            | Failure::Unknown(_)
            | Failure::NotLeased(_)
            | Failure::Missing(_) => ended(error, &account),
        })?;

        let view = SubmittedView::of(&submitted.advice, submitted.beyond, invocation.now);
        Ok(Response::json(201, &view))
    }

    async fn list(&self, invocation: &Invocation, request: &Request) -> Result<Response, Problem> {
        let account = self.caller(invocation, request).await?;

        let advices = self.advices().list(invocation, &account).await;
        let advices = advices.map_err(|error| auth::problem(&error))?;

        let data = advices.iter().map(|it| AdviceView::of(it, invocation.now)).collect();
        Ok(Response::json(200, &Page { data, next_cursor: None }))
    }

    async fn withdraw(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let account = self.writer(invocation, request).await?;
        let id = input::path(request, "advice_id");

        let withdrawn = self.advices().withdraw(invocation, &account, id).await;
        let withdrawn = withdrawn.map_err(|error| ended(error, &account))?;

        Ok(Response::json(200, &AdviceView::of(&withdrawn, invocation.now)))
    }

    async fn prepayments(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let account = self.caller(invocation, request).await?;

        let desk = self.store.transfers(invocation, &account).await;
        let desk = desk.map_err(|error| auth::problem(&error))?;

        let text = |number: &str, receipt: &_| LANGUAGE.prepayment_receipt(number, receipt);
        let mut receipts: Vec<_> = desk.receipts.values().collect();
        receipts.sort_by_key(|it| std::cmp::Reverse(it.number));
        let data = receipts.into_iter().filter_map(|it| PrepaymentView::of(it, text)).collect();
        Ok(Response::json(200, &Page { data, next_cursor: None }))
    }

    /// The account of a request that reads.
    async fn caller(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<AccountId, Problem> {
        let parts = |_: &AccountId| vec![Part::Standing];
        let (account, caller) = caller_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;
        Ok(account)
    }

    /// The account of a request that writes.
    async fn writer(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<AccountId, Problem> {
        let parts = |_: &AccountId| vec![Part::Standing];
        let (account, caller) = writer_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;
        Ok(account)
    }
}
