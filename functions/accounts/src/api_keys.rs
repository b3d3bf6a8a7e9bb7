//! `/v1/accounts/{id}/api-keys`: made, listed, revoked one by one and all at once. The secret is
//! shown once. `GET /v1/key` says whose a key is.

use accounts_commands::Subject;
use accounts_commands::keys::{Keys, MadeKey, NewKey, wanted};
use auth::{caller, caller_of_account, problem, writer_of_account};
use billing::api_key::may_make;
use billing::authority::Principal;
use invocation::Invocation;
use runtime::input::{body, idempotency, page};
use runtime::key::KeyHash;
use runtime::{Problem, Request, Response};
use views::keys::{KeyView, OwnKeyView};
use views::requests::accounts::MakeKey;

use crate::problem::{failed, key_refused};
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
        let MakeKey { role: word, name } = body(request)?;
        let (role, name) = wanted(&word, name.as_deref().unwrap_or(&word))?;
        if !may_make(&caller.principal, role) {
            return Err(Problem::forbidden());
        }
        let by = own_hash(request, &caller.principal)?;
        let new = NewKey { role, name, mode: self.mode, by, idempotency };

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

        let page = page(request, invocation.now, &keys, |key| key.id.as_str())?;
        Ok(Response::json(200, &page.map(KeyView::of)))
    }

    pub(crate) async fn delete_all_keys(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let parts = |_: &_| Keys::parts(None);
        let (account, caller) = writer_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;
        let own = own_hash(request, &caller.principal)?;

        let subject = Subject::loaded(account, caller.loaded);
        let keys = Keys { store: &self.store };
        let revoked = keys.revoke_all(invocation, &subject, own.as_deref()).await;
        revoked.map_err(|failure| failed(failure, &subject.account, |it| key_refused(&it)))?;

        Ok(nothing_to_show())
    }

    pub(crate) async fn read_own_key(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let caller = caller(invocation, &self.store, request, &[]).await?;
        Ok(Response::json(200, &OwnKeyView::of(&caller.credential, self.mode)))
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
        let revoked = Keys { store: &self.store }.revoke(invocation, &subject, id).await;
        revoked.map_err(|failure| failed(failure, &subject.account, |it| key_refused(&it)))?;

        Ok(nothing_to_show())
    }
}

/// Hash of the key that a request came with, if it is an account's.
fn own_hash(request: &Request, principal: &Principal) -> Result<Option<String>, Problem> {
    let hash = KeyHash::of_request(request)?.as_str().to_owned();
    Ok(match principal {
        Principal::Account { .. } => Some(hash),
        Principal::Vendor | Principal::Staff(_) => None,
    })
}
