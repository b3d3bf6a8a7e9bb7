//! Routes of staff: the desk.

use billing::advice::account_of;
use billing::ids::AccountId;
use invocation::Invocation;
use runtime::input::Page;
use runtime::{Problem, Request, Response};
use transfers_commands::waiting::waiting;
use views::transfers::{AdviceView, ApprovedView, GraceView, ReceiptView, WaitingView};

use crate::problem::{ended, ungraced, unknown};
use crate::{Transfers, input};

impl Transfers {
    pub(crate) async fn waiting(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        auth::caller(invocation, &self.store, request, &[]).await?;
        let wanted = input::status(request);

        let waiting = waiting(&self.store, invocation).await;
        let waiting = waiting.map_err(|error| auth::problem(&error))?;

        let views =
            waiting.iter().map(|it| WaitingView::of(&it.account, &it.advice, invocation.now));
        let data = views.filter(|view| wanted.is_none_or(|status| view.advice.status == status));
        Ok(Response::json(200, &Page { data: data.collect(), next_cursor: None }))
    }

    pub(crate) async fn approve(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        auth::writer(invocation, &self.store, request, &[]).await?;
        let approval = input::approval(request, invocation)?;
        let (id, account) = advice_in(request)?;

        let approved = self.desk().approve(invocation, id, &approval).await;
        let approved = approved.map_err(|error| ended(error, &account))?;

        let advice = AdviceView::of(&approved.advice, invocation.now);
        let receipt = ReceiptView::of(&approved.receipt);
        Ok(Response::json(200, &ApprovedView { advice, receipt }))
    }

    pub(crate) async fn reject(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        auth::writer(invocation, &self.store, request, &[]).await?;
        let note = input::rejection(request)?;
        let (id, account) = advice_in(request)?;

        let rejected = self.desk().reject(invocation, id, &note).await;
        let rejected = rejected.map_err(|error| ended(error, &account))?;

        Ok(Response::json(200, &AdviceView::of(&rejected, invocation.now)))
    }

    pub(crate) async fn take_back(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        auth::writer(invocation, &self.store, request, &[]).await?;
        let reason = input::return_reason(request)?;
        let (id, account) = advice_in(request)?;

        let taken = Box::pin(self.desk().take_back(invocation, id, &reason)).await;
        let taken = taken.map_err(|error| ended(error, &account))?;

        let advice = AdviceView::of(&taken.advice, invocation.now);
        let receipt = ReceiptView::of(&taken.receipt);
        Ok(Response::json(200, &ApprovedView { advice, receipt }))
    }

    pub(crate) async fn record(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        auth::writer(invocation, &self.store, request, &[]).await?;
        let (account, found) = input::receipt(request, invocation)?;

        let recorded = self.desk().record(invocation, &account, &found).await;
        let receipt = recorded.map_err(|error| input::of_account(error, &account))?;

        Ok(Response::json(201, &ReceiptView::of(&receipt)))
    }

    pub(crate) async fn prepay(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let account = self.writer(invocation, request).await?;
        let found = input::prepayment(request, invocation)?;

        let recorded = self.desk().record(invocation, &account, &found).await;
        let receipt = recorded.map_err(|error| ended(error, &account))?;

        Ok(Response::json(201, &ReceiptView::of(&receipt)))
    }

    pub(crate) async fn give_grace(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let account = self.writer(invocation, request).await?;
        let grace = input::grace(request)?;

        let given = self.desk().give_grace(invocation, &account, &grace).await;
        let standing = given.map_err(|error| ungraced(error, &account))?;

        Ok(Response::json(200, &GraceView::of(&standing, invocation.now)))
    }

    pub(crate) async fn reverse(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        auth::writer(invocation, &self.store, request, &[]).await?;
        let id = input::path(request, "prepayment_id");
        let account = account_of(id).ok_or_else(|| unknown("prepayment"))?;

        let reversed = self.desk().reverse(invocation, id).await;
        let receipt = reversed.map_err(|error| ended(error, &account))?;

        Ok(Response::json(200, &ReceiptView::of(&receipt)))
    }
}

fn advice_in(request: &Request) -> Result<(&str, AccountId), Problem> {
    let id = input::path(request, "advice_id");
    let account = account_of(id).ok_or_else(|| unknown("payment advice"))?;
    Ok((id, account))
}
