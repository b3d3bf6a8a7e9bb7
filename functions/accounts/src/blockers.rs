//! `/v1/accounts/{id}/cancellation-blockers/{code}`: what keeps an account from cancelling, in the vendor's words (A7
//! to A9). Both calls set a state: to send one again changes nothing.

use auth::{admit_to_account, problem};
use billing::cancellation::{BLOCKERS_MAX, Blocker, BlockerCode, Blockers, TEXT_CHARACTERS_MAX};
use billing::decide::note;
use billing::journal::{Entry, Kind, Value};
use billing::time::Timestamp;
use invocation::Invocation;
use runtime::{Problem, Request, Response};
use serde::{Deserialize, Serialize};
use store::cancellation::read_among;
use store::{StoreError, keys};
use tracing::info;

use crate::Accounts;
use runtime::input::{Checks, body};

/// How often it is tried when the account changes meanwhile.
const TRIES_MAX: u32 = 5;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    detail: String,
    clears_by: String,
}

#[derive(Debug, Serialize)]
struct BlockerView<'a> {
    code: &'a str,
    detail: &'a str,
    clears_by: &'a str,
}

impl Accounts {
    pub(crate) async fn report_blocker(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let (code, blocker) = self.set_blocker(invocation, request, reported).await?;
        let Blocker { detail, clears_by } = blocker.ok_or_else(Problem::internal)?;
        let view = BlockerView { code: code.as_str(), detail: &detail, clears_by: &clears_by };
        Ok(Response::json(200, &view))
    }

    pub(crate) async fn clear_blocker(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let cleared = |request: &Request| Ok((code(request)?, None));
        self.set_blocker(invocation, request, cleared).await?;
        Ok(Response::of_type(204, "application/json", String::new()))
    }

    /// Sets a blocker, or takes it away, unless it is so already.
    async fn set_blocker(
        &self,
        invocation: &Invocation,
        request: &Request,
        wanted: impl Fn(&Request) -> Result<(BlockerCode, Option<Blocker>), Problem>,
    ) -> Result<(BlockerCode, Option<Blocker>), Problem> {
        for _ in 0..TRIES_MAX {
            let items = |account: &_| vec![keys::standing(account), keys::blockers(account)];
            let (account, admitted) =
                admit_to_account(invocation, &self.store, request, items).await?;
            let standing =
                admitted.item("standing").ok_or_else(|| Problem::not_found("account"))?;
            let standing = store::standing::read(standing).map_err(|error| problem(&error))?;
            let mut blockers = read_among(&admitted.items).map_err(|error| problem(&error))?;
            let (code, blocker) = wanted(request)?;
            let Some(entry) = apply(&mut blockers, &code, blocker.as_ref(), invocation.now)? else {
                return Ok((code, blocker));
            };
            let change = note(&standing, entry, invocation.now);
            let saved = self.store.save_blockers(invocation, &change, &blockers).await;
            match saved {
                Ok(()) => {
                    info!(account.id = %account, blocker = %code, "set blocker {code} of {account}");
                    return Ok((code, blocker));
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(problem(&error)),
            }
        }
        Err(Problem::unavailable())
    }
}

/// Sets one among an account's blockers, and says what the journal says of it; nothing when it is so already.
fn apply(
    blockers: &mut Blockers,
    code: &BlockerCode,
    blocker: Option<&Blocker>,
    now: Timestamp,
) -> Result<Option<Entry>, Problem> {
    let before = blockers.all.get(code).cloned();
    if before.as_ref() == blocker {
        return Ok(None);
    }
    let text = |text: &String| Some(Value::Text(text.clone()));
    let field = |of: fn(&Blocker) -> &String| {
        (before.as_ref().and_then(|it| text(of(it))), blocker.and_then(|it| text(of(it))))
    };
    let kind = match blocker {
        Some(_) => Kind::BlockerReported,
        None => Kind::BlockerCleared,
    };
    let (detail, clears_by) = (field(|it| &it.detail), field(|it| &it.clears_by));
    let entry = Entry::new(now, kind, Some(code.as_str())).with("detail", detail.0, detail.1).with(
        "clears_by",
        clears_by.0,
        clears_by.1,
    );
    match blocker {
        Some(blocker) => drop(blockers.all.insert(code.clone(), blocker.clone())),
        None => drop(blockers.all.remove(code)),
    }
    if blockers.all.len() > BLOCKERS_MAX {
        let detail = format!("An account can have {BLOCKERS_MAX} blockers at once.");
        return Err(Problem::new(409, "too_many_blockers", detail));
    }
    Ok(Some(entry))
}

fn code(request: &Request) -> Result<BlockerCode, Problem> {
    let mut checks = Checks::default();
    let text = request.path.get("code").map(String::as_str).unwrap_or_default();
    let code = checks.parse(BlockerCode::parse(text), "code");
    checks.passed()?;
    code.ok_or_else(Problem::internal)
}

fn reported(request: &Request) -> Result<(BlockerCode, Option<Blocker>), Problem> {
    let code = code(request)?;
    let Input { detail, clears_by } = body(request)?;
    let mut checks = Checks::default();
    for (field, text) in [("detail", &detail), ("clears_by", &clears_by)] {
        let fits = (1..=TEXT_CHARACTERS_MAX).contains(&text.trim().chars().count());
        checks.expect(fits, field, "1 to 500 characters are expected.");
    }
    checks.passed()?;
    let trimmed = |text: String| text.trim().to_owned();
    Ok((code, Some(Blocker { detail: trimmed(detail), clears_by: trimmed(clears_by) })))
}
