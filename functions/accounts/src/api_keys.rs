//! `/v1/accounts/{id}/api-keys`: made, listed, deleted. The secret is shown once.

use auth::{admit_to_account, problem};
use billing::authority::Role;
use billing::decide::note;
use billing::ids::AccountId;
use billing::journal::{Cause, CauseKind, Entry, Kind, Value};
use invocation::Invocation;
use runtime::key::{KeyHash, new_key};
use runtime::problem::FieldProblem;
use runtime::{Problem, Request, Response};
use serde::{Deserialize, Serialize};
use store::credential::{self, AccountKey};
use store::{StoreError, keys};
use tracing::info;

use crate::Accounts;
use runtime::input::{body, idempotency, other_content};

/// How often it is tried when the account changes meanwhile.
const TRIES_MAX: u32 = 5;
/// How many bytes of the hash make a key's id.
const ID_BYTES: usize = 6;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    role: String,
}

#[derive(Debug, Serialize)]
struct KeyView {
    id: String,
    role: &'static str,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

#[derive(Debug, Serialize)]
struct Page {
    data: Vec<KeyView>,
    next_cursor: Option<String>,
}

impl Accounts {
    pub(crate) async fn create_key(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let scope = request.path.get("id").cloned().unwrap_or_default();
        for _ in 0..TRIES_MAX {
            let idempotency = idempotency(request, &scope, invocation.now);
            let wanted = |account: &_| {
                let known = idempotency.iter().flatten();
                let remembered = known.map(|it| keys::request(&it.fingerprint));
                remembered.chain([keys::standing(account)]).collect()
            };
            let (account, admitted) =
                admit_to_account(invocation, &self.store, request, wanted).await?;
            let idempotency = idempotency?;
            let standing =
                admitted.item("standing").ok_or_else(|| Problem::not_found("account"))?;
            let standing = store::standing::read(standing).map_err(|error| problem(&error))?;
            let role = role(request)?;
            if let (Some(now_asked), Some(item)) = (&idempotency, admitted.item("request")) {
                let before = credential::read_request(item).map_err(|error| problem(&error))?;
                if before.expires_at > invocation.now {
                    let same = before.body == now_asked.body;
                    return Err(if same { shown_before(&before.made) } else { other_content() });
                }
            }
            let (key, secret) = self.new_account_key(invocation, role)?;
            let remembered = idempotency.map(|it| {
                let (body, made, expires_at) = (it.body, key.id.clone(), it.expires_at);
                (it.fingerprint, credential::Request { body, made, expires_at })
            });
            let role_is = Some(Value::Text(role.as_str().to_owned()));
            let entry = Entry::new(invocation.now, Kind::KeyCreated, Some(&key.id))
                .with("role", None, role_is);
            let change = note(&standing, entry, invocation.now);
            let _cause = cause(request);
            let added = self.store.add_key(invocation, &change, &key, remembered.as_ref());
            match added.await {
                Ok(()) => {
                    info!(account.id = %account, key.id, "made API key {} of {account}", key.id);
                    return Ok(Response::json(201, &view(&key, Some(secret))));
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(problem(&error)),
            }
        }
        Err(Problem::unavailable())
    }

    pub(crate) async fn list_keys(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let wanted = |account: &_| vec![keys::standing(account)];
        let (account, admitted) =
            admit_to_account(invocation, &self.store, request, wanted).await?;
        admitted.item("standing").ok_or_else(|| Problem::not_found("account"))?;
        let keys = self.account_keys(invocation, &account).await?;
        let data = keys.iter().map(|key| view(key, None)).collect();
        Ok(Response::json(200, &Page { data, next_cursor: None }))
    }

    pub(crate) async fn delete_key(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        for _ in 0..TRIES_MAX {
            let wanted = |account: &_| vec![keys::standing(account)];
            let (account, admitted) =
                admit_to_account(invocation, &self.store, request, wanted).await?;
            let standing =
                admitted.item("standing").ok_or_else(|| Problem::not_found("account"))?;
            let standing = store::standing::read(standing).map_err(|error| problem(&error))?;
            let id = request.path.get("key_id").map(String::as_str).unwrap_or_default();
            let all = self.account_keys(invocation, &account).await?;
            let Some(key) = all.into_iter().find(|key| key.id == id) else {
                return Err(Problem::not_found("API key"));
            };
            let entry = Entry::new(invocation.now, Kind::KeyDeleted, Some(&key.id));
            let change = note(&standing, entry, invocation.now);
            match self.store.delete_key(invocation, &change, &key).await {
                Ok(()) => {
                    info!(account.id = %account, key.id, "deleted API key {id} of {account}");
                    return Ok(Response::of_type(204, "application/json", String::new()));
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(problem(&error)),
            }
        }
        Err(Problem::unavailable())
    }

    async fn account_keys(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Vec<AccountKey>, Problem> {
        let items = self.store.all_with_prefix(invocation, account, keys::ACCOUNT_KEYS).await;
        let items = items.map_err(|error| problem(&error))?;
        let keys = items.iter().map(credential::read_account_key);
        keys.collect::<Result<_, _>>().map_err(|error| problem(&error))
    }

    fn new_account_key(
        &self,
        invocation: &Invocation,
        role: Role,
    ) -> Result<(AccountKey, String), Problem> {
        let secret = new_key("account", &invocation.entropy).map_err(|_| Problem::unavailable())?;
        let hash = KeyHash::of(&secret).as_str().to_owned();
        let id = invocation.entropy.hex(ID_BYTES).map_err(|_| Problem::unavailable())?;
        let id = format!("key-{id}");
        Ok((AccountKey { id, role, created_at: invocation.now, hash }, secret))
    }
}

fn role(request: &Request) -> Result<Role, Problem> {
    let input: Input = body(request)?;
    Role::parse(&input.role).ok_or_else(|| {
        let detail = "`account_administrator`, `finance` or `member` is expected.".to_owned();
        Problem::invalid(vec![FieldProblem { field: "role".to_owned(), detail }])
    })
}

/// A secret can be shown only once, so the same request can not be answered the same again.
fn shown_before(id: &str) -> Problem {
    let detail = format!(
        "This request made API key {id}, whose secret was shown then and is not kept. If it was \
         lost, delete that key and make another with a new Idempotency-Key."
    );
    Problem::new(409, "secret_already_shown", detail)
}

fn cause(request: &Request) -> Cause {
    Cause { kind: CauseKind::Api, id: request.id.clone() }
}

fn view(key: &AccountKey, secret: Option<String>) -> KeyView {
    KeyView {
        id: key.id.clone(),
        role: key.role.as_str(),
        created_at: key.created_at.to_string(),
        secret,
    }
}
