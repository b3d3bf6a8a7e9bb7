//! `PATCH /v1/accounts/{id}`: another name of the account.

use accounts_commands::Subject;
use accounts_commands::rename::Names;
use auth::writer_of_account;
use invocation::Invocation;
use runtime::input::body;
use runtime::{Problem, Request, Response};
use views::requests::accounts::RenameAccount;

use crate::Accounts;
use crate::opening_input::checked_name;
use crate::problem::{details_refused, failed};

impl Accounts {
    pub(crate) async fn rename(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let parts = |_: &_| Names::parts();
        let (account, caller) = writer_of_account(invocation, &self.store, request, parts).await?;
        caller.profile()?;
        let RenameAccount { name } = body(request)?;
        let name = checked_name(&name)?;

        let Self { store, stripe, facts, .. } = self;
        let names = Names { store, stripe, facts };
        let subject = Subject::loaded(account, caller.loaded);
        let renamed = names.rename(invocation, &subject, &name).await;
        renamed.map_err(|failure| failed(failure, &subject.account, |it| details_refused(&it)))?;

        self.show_now(invocation, &subject.account).await
    }
}
