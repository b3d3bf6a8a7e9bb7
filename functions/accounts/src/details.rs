//! `PATCH /v1/accounts/{id}/billing-details`.

use accounts_commands::Subject;
use accounts_commands::details::BillingDetails;
use auth::writer_of_account;
use invocation::Invocation;
use runtime::{Problem, Request, Response};
use views::accounts::DetailsView;

use crate::Accounts;
use crate::details_input::change_details;
use crate::problem::{details_refused, failed};

impl Accounts {
    pub(crate) async fn change_details(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let parts = |_: &_| BillingDetails::parts();
        let (account, caller) = writer_of_account(invocation, &self.store, request, parts).await?;
        caller.profile()?;
        let change = change_details(request)?;

        let Self { store, stripe, facts, .. } = self;
        let details = BillingDetails { store, stripe, facts };
        let subject = Subject::loaded(account, caller.loaded);
        let changed = details.change(invocation, &subject, &change).await;
        let profile = changed
            .map_err(|failure| failed(failure, &subject.account, |it| details_refused(&it)))?;

        Ok(Response::json(200, &DetailsView::of(&profile)))
    }
}
