//! `POST /v1/accounts`.

use accounts_commands::opening::OpenAccounts;
use auth::writer;
use billing::agreement::tasks;
use billing::ids::AccountId;
use invocation::Invocation;
use runtime::input::{body, idempotency};
use runtime::{Problem, Request, Response};
use views::accounts::AccountView;
use views::requests::accounts::OpenAccount;

use crate::Accounts;
use crate::opening_input::new_account;
use crate::problem::{not_handed_on, not_opened};
use crate::read::not_read;

impl Accounts {
    pub(crate) async fn open(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        // A caller without a valid key is not told about faults of the body.
        writer(invocation, &self.store, request, &[]).await?;
        let input: OpenAccount = body(request)?;
        let mut new = new_account(invocation, input)?;
        new.idempotency = idempotency(request, "vendor", invocation.now)?;

        let Self { store, stripe, facts, patience, grace_seconds, .. } = self;
        let grace_seconds = *grace_seconds;
        let opening = OpenAccounts { store, stripe, facts, patience, grace_seconds };
        let opened = opening.open(invocation, &new).await;
        let account = opened.map_err(|failure| not_opened(failure, &new.account))?;

        self.show(invocation, &account, 201).await
    }

    /// The account as it is now. What follows at Stripe from the facts of a linked customer is
    /// handed to collections first: it is compared, so a request that is repeated hands it on
    /// again.
    async fn show(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        status: u16,
    ) -> Result<Response, Problem> {
        let opened = self.reader().opened(invocation, account).await;
        let opened = opened.map_err(|failure| not_read(failure, account))?;
        if !tasks(&opened.standing, None, invocation.now).is_empty() {
            let sent = self.collections.send(account).await;
            sent.map_err(|error| not_handed_on(&error, account))?;
        }

        let view = AccountView::of(&opened.standing, &opened.profile, opened.state, invocation.now);
        let view = view.map_err(|error| not_read(error.into(), account))?;
        Ok(Response::json(status, &view))
    }
}
