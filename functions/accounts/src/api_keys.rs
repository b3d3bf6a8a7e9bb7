//! `/v1/accounts/{id}/api-keys`: made, listed, deleted. The secret is shown once.

use accounts_commands::Subject;
use accounts_commands::keys::{Keys, MadeKey, NewKey};
use auth::{caller_of_account, problem, writer_of_account};
use billing::authority::Role;
use invocation::Invocation;
use runtime::input::{body, idempotency};
use runtime::{Problem, Request, Response};
use views::keys::{KeyView, KeysView};
use views::requests::accounts::MakeKey;

use crate::problem::{failed, field, key_refused};
use crate::{Accounts, nothing_to_show};

impl Accounts {
    pub(crate) async fn create_key(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let scope = request.path.get("id").cloned().unwrap_or_default();
        let idempotency = idempotency(request, &scope, invocation.now);
        let parts = |_: &_| Keys::parts(idempotency.as_ref().ok().and_then(Option::as_ref));
        let (account, caller) = writer_of_account(invocation, &self.store, request, parts).await?;
        let idempotency = idempotency?;
        caller.standing()?;
        let new = NewKey { role: role(request)?, idempotency };

        let subject = Subject::loaded(account, caller.loaded);
        let made = Keys { store: &self.store }.make(invocation, &subject, &new).await;
        let MadeKey { key, secret } =
            made.map_err(|failure| failed(failure, &subject.account, |it| key_refused(&it)))?;

        Ok(Response::json(201, &KeyView::with_secret(&key, secret)))
    }

    pub(crate) async fn list_keys(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let parts = |_: &_| Keys::parts(None);
        let (account, caller) = caller_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;

        let keys = Keys { store: &self.store }.all(invocation, &account).await;
        let keys = keys.map_err(|error| problem(&error))?;

        Ok(Response::json(200, &KeysView::of(&keys)))
    }

    pub(crate) async fn delete_key(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let parts = |_: &_| Keys::parts(None);
        let (account, caller) = writer_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;
        let id = request.path.get("key_id").map(String::as_str).unwrap_or_default();

        let subject = Subject::loaded(account, caller.loaded);
        let deleted = Keys { store: &self.store }.delete(invocation, &subject, id).await;
        deleted.map_err(|failure| failed(failure, &subject.account, |it| key_refused(&it)))?;

        Ok(nothing_to_show())
    }
}

fn role(request: &Request) -> Result<Role, Problem> {
    let input: MakeKey = body(request)?;
    Role::parse(&input.role).ok_or_else(|| {
        let detail = "`account_administrator`, `finance` or `member` is expected.";
        field("role", detail.to_owned())
    })
}
