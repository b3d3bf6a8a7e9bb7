//! `GET /v1/accounts/{id}/invoices`, `.csv`, and one invoice (A15, D9).

use auth::caller_of_account;
use billing::attempt::{NextAttempt, NoAttempt};
use billing::authority::Sight;
use billing::ids::AccountId;
use invocation::Invocation;
use payments_commands::{Failure, Listed, Lister, Shown, Shows, Window};
use runtime::input::Page;
use runtime::{Problem, Request, Response, cursor, query};
use views::access::ReasonView;
use views::invoices::{FullInvoiceView, InvoiceView};

use crate::{Invoices, LANGUAGE, csv, input};

/// Most invoices of one answer in CSV.
const ROWS_MAX: usize = 1_000;

impl Invoices {
    /// A page, the newest first.
    pub(crate) async fn list(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let listed = self.listed(invocation, request, None).await?;

        let next_cursor =
            listed.next.as_ref().map(|place| input::cursor(request, place, invocation.now));
        let data = views(&listed, invocation);
        Ok(Response::json(200, &Page { data, next_cursor }))
    }

    /// Invoices as CSV. The rest of a long list follows under the link of the answer's header.
    pub(crate) async fn export(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let listed = self.listed(invocation, request, Some(ROWS_MAX)).await?;

        let account = request.path.get("id").map(String::as_str).unwrap_or_default();
        let table = csv::table(&views(&listed, invocation));
        let next = listed.next.as_ref();
        let next = next.map(|place| input::cursor(request, place, invocation.now));
        let name = format!("invoices-{account}.csv");
        Ok(cursor::table(request, (&name, table), next))
    }

    async fn listed(
        &self,
        invocation: &Invocation,
        request: &Request,
        rows: Option<usize>,
    ) -> Result<Listed, Problem> {
        let parts = |_: &AccountId| Lister::parts();
        let (account, caller) = caller_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;
        let limit = rows.unwrap_or_else(|| query::limit(request));
        let behind = input::behind(request, invocation.now)?;
        let window = Window { wanted: input::wanted(request), behind, limit };

        let command = Lister { store: &self.store };
        let listed = command.list(invocation, (&account, &caller.loaded), window).await;
        let listed = listed.map_err(|failure| failed(&failure))?;

        // A sub-account that its parent pays for has the invoices that it pays itself, or none.
        let is_first = !request.query.contains_key("cursor");
        let is_empty = listed.invoices.is_empty() && is_first;
        if is_empty && caller.sight(invocation.now)? == Sight::Product {
            return Err(Problem::not_found("page"));
        }
        Ok(listed)
    }

    /// One invoice.
    pub(crate) async fn show(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let id = input::invoice_id(request);
        let parts = |_: &AccountId| id.as_ref().map(Shows::parts).unwrap_or_default();
        let (account, caller) = caller_of_account(invocation, &self.store, request, parts).await?;
        let id = id.ok_or_else(|| Problem::not_found("invoice"))?;

        let command = Shows { store: &self.store, stripe: &self.stripe, facts: &self.facts };
        let shown = command.show(invocation, (&account, &caller.loaded), &id).await;
        let shown = shown.map_err(|failure| failed(&failure))?;

        let view = full(&shown, invocation).ok_or_else(|| Problem::not_found("invoice"))?;
        Ok(Response::json(200, &view))
    }
}

fn views(listed: &Listed, invocation: &Invocation) -> Vec<InvoiceView> {
    let invoices = listed.invoices.iter();
    let view = |invoice| InvoiceView::of(invoice, &listed.standing, invocation.now);
    invoices.filter_map(view).collect()
}

/// Reason why Stripe makes no further attempt, in words.
pub(crate) fn no_further_attempt(reason: NoAttempt) -> ReasonView {
    let wording = LANGUAGE.no_attempt(reason);
    let code = reason.code().to_owned();
    ReasonView { code, detail: wording.detail, clears_by: wording.clears_by, invoice: None }
}

/// An invoice with all that is shown of it; none of one whose terms are not known.
pub(crate) fn full(shown: &Shown, invocation: &Invocation) -> Option<FullInvoiceView> {
    let Shown { invoice, standing, printed, next } = shown;
    let view = InvoiceView::of(invoice, standing, invocation.now)?;
    let next = match next {
        NextAttempt::At(at) => (Some(*at), None),
        NextAttempt::None(reason) => (None, Some(no_further_attempt(*reason))),
        NextAttempt::Ended => (None, None),
    };
    let declined = |code: &str| LANGUAGE.declined(code);
    Some(FullInvoiceView::of(view, printed.as_ref(), next, declined))
}

/// Answer to a read that failed.
fn failed(failure: &Failure) -> Problem {
    match failure {
        Failure::NoAccount(_) => Problem::not_found("account"),
        Failure::NoInvoice(_) => Problem::not_found("invoice"),
        Failure::Store(error) => auth::problem(error),
    }
}
