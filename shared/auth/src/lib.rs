//! Admitting a request: who is calling, whether they may, and the items that they ask about, all in
//! one read.
//!
//! Every HTTP function of the API begins here. The rule is `billing::authority`'s; this reads the
//! key beside the account's items, so that checking it costs no round trip. A route that writes
//! admits its caller by [`writer`] or [`writer_of_account`], which know an Idempotency-Key, and
//! answers by [`answered`].

mod person;
mod session;
mod staff;
mod writer;

use billing::account::Standing;
use billing::api_key::Credential;
use billing::authority::{
    Denied, Principal, Sight, authorise, authorise_in_family, depends_on_family,
};
use billing::budget::{self, Minute};
use billing::ids::AccountId;
use billing::profile::Profile;
use billing::time::Timestamp;
use invocation::{Classified, Invocation};
use runtime::key::KeyHash;
use runtime::{Problem, Request, input, query};
use store::{Loaded, Part, Store, StoreError};
use tracing::{error, info};

pub use session::{NotAdmitted, Visitor, cookie_name, cookie_value, form_key, visitor};
pub use staff::{
    STAFF_COOKIE, StaffNotAdmitted, StaffVisitor, act_of, check_form as check_staff_form,
    staff_cookie_value, staff_visitor, writing_staff_visitor,
};
pub use writer::{answered, writer, writer_of_account, writing_visitor};

/// A known caller, and the parts that were loaded with the caller's key.
#[derive(Debug)]
pub struct Caller {
    /// Owner of the key.
    pub principal: Principal,
    /// The key.
    pub credential: Credential,
    /// Parts that were asked for.
    pub loaded: Loaded,
}

impl Caller {
    /// Standing of the account that the request is about.
    ///
    /// # Errors
    /// 404 where there is no such account; a problem of the table's.
    pub fn standing(&self) -> Result<Standing, Problem> {
        there(self.loaded.standing(), "account")
    }

    /// Part of the account that the caller sees.
    ///
    /// # Errors
    /// 404 where there is no such account; a problem of the table's.
    pub fn sight(&self, now: Timestamp) -> Result<Sight, Problem> {
        Ok(self.principal.sight_in(&self.standing()?.family, now))
    }

    /// Profile of the account that the request is about.
    ///
    /// # Errors
    /// 404 where there is no such account; a problem of the table's.
    pub fn profile(&self) -> Result<Profile, Problem> {
        there(self.loaded.profile(), "account")
    }
}

/// Value of a part that must be there.
///
/// # Errors
/// 404 where it is not; a problem of the table's.
pub fn there<T>(part: Result<Option<T>, StoreError>, what: &str) -> Result<T, Problem> {
    part.map_err(|error| problem(&error))?.ok_or_else(|| Problem::not_found(what))
}

/// Admits the caller of a request that names no account, and loads parts with the caller's key.
///
/// # Errors
/// 401 without a valid key, 403 for a role that may not; a problem of the table's.
pub async fn caller(
    invocation: &Invocation,
    store: &Store,
    request: &Request,
    parts: &[Part],
) -> Result<Caller, Problem> {
    known(invocation, store, (request, None), parts).await
}

/// Admits the caller of a request about the account in its path, and loads parts of that account
/// with the caller's key. An account that does not exist and one of another customer are answered
/// alike.
///
/// # Errors
/// 401 without a valid key, 403 for a role that may not, 404 for another's account; a problem of
/// the table's.
pub async fn caller_of_account(
    invocation: &Invocation,
    store: &Store,
    request: &Request,
    parts: impl FnOnce(&AccountId) -> Vec<Part>,
) -> Result<(AccountId, Caller), Problem> {
    let id = request.path.get("id").map(String::as_str).unwrap_or_default();
    let Ok(account) = AccountId::parse(id) else {
        // A caller without a valid key is not told even that.
        caller(invocation, store, request, &[]).await?;
        return Err(Problem::not_found("account"));
    };

    let parts = parts(&account);
    let caller = known(invocation, store, (request, Some(&account)), &parts).await?;
    Ok((account, caller))
}

async fn known(
    invocation: &Invocation,
    store: &Store,
    (request, account): (&Request, Option<&AccountId>),
    parts: &[Part],
) -> Result<Caller, Problem> {
    let hash = KeyHash::of_request(request)?;
    if let Some(precondition) = &request.precondition {
        invocation.rests_on(precondition.clone());
    }
    let mut parts = parts.to_vec();
    if account.is_some() && depends_on_family(&request.route) {
        parts.push(Part::Standing);
    }
    let loaded = store.load_with_key(invocation, hash.as_str(), account, &parts).await;
    let (credential, loaded) = loaded.map_err(|error| problem(&error))?;

    let credential = credential.ok_or_else(Problem::unauthorized)?;
    match authorise(&request.route, &credential.principal, account) {
        Ok(()) => {
            let (cause, actor) = credential.acts_as();
            if request.method != "GET" {
                info!(key.id = %actor.id, "key {} asks for {}", actor.id, request.route);
            }
            if let Principal::Account { account, .. } = &credential.principal {
                store.mark_key_used(invocation, account, &actor.id).await;
                if !store.admits_request_of_key(invocation, (account, &actor.id)).await {
                    return Err(key_spent(invocation, &actor.id));
                }
            }
            invocation.acts_as(cause, actor);
            // A key that cannot be read is refused on every route, behind the caller.
            input::idempotency(request, "", invocation.now)?;
            query::check(request)?;
            if account.is_some() && depends_on_family(&request.route) {
                check_family(invocation, request, &credential.principal, &loaded)?;
            }
            if let Some(account) = account.filter(|_| !is_staff(&credential.principal)) {
                draw_on_budget(invocation, store, (account, &request.route)).await?;
            }
            Ok(Caller { principal: credential.principal.clone(), credential, loaded })
        }
        Err(denied) => Err(refused(denied)),
    }
}

/// Refuses a request of a key that asked too often.
fn key_spent(invocation: &Invocation, id: &str) -> Problem {
    info!(key.id = %id, "the requests of key {id} in this minute are spent");
    Problem::key_spent(Minute::of(invocation.now).seconds_left(invocation.now))
}

/// True for people of the vendor, who work for many accounts and are few.
fn is_staff(principal: &Principal) -> bool {
    matches!(principal, Principal::Staff(_))
}

/// Counts a request that calls Stripe for an account.
///
/// # Errors
/// 429 where the account has had all of this minute.
pub(crate) async fn draw_on_budget(
    invocation: &Invocation,
    store: &Store,
    (account, route): (&AccountId, &str),
) -> Result<(), Problem> {
    if !budget::draws_on(route) {
        return Ok(());
    }
    match invocation.retry(|| store.draws_on_budget(invocation, account)).await {
        Ok(true) => Ok(()),
        Ok(false) => {
            info!(account.id = %account, "the account's budget of this minute is spent");
            let left = Minute::of(invocation.now).seconds_left(invocation.now);
            Err(Problem::budget_spent(left))
        }
        Err(error) => Err(problem(&error)),
    }
}

/// Refuses a route that the account does not have in its family: a sub-account that its parent pays
/// for has no billing, and a parent has no usage.
fn check_family(
    invocation: &Invocation,
    request: &Request,
    principal: &Principal,
    loaded: &Loaded,
) -> Result<(), Problem> {
    let standing = loaded.standing().map_err(|error| problem(&error))?;
    let Some(standing) = standing else { return Ok(()) };
    let allowed = authorise_in_family(&request.route, principal, &standing.family, invocation.now);
    allowed.map_err(refused)
}

fn refused(denied: Denied) -> Problem {
    match denied {
        Denied::Role => Problem::forbidden(),
        Denied::OtherAccount => Problem::not_found("account"),
        Denied::PaidByParent => Problem::not_found("page"),
        Denied::Parent => {
            let detail = "The account is a parent: its sub-accounts use and buy, it does not.";
            Problem::new(409, "parent_account", detail)
        }
    }
}

/// The problem to answer with when the table did not play along; logged here, once.
pub fn problem(error: &StoreError) -> Problem {
    if matches!(error, StoreError::PreconditionFailed) {
        return Problem::precondition_failed();
    }
    error!(reason = %error, "could not answer a request: {error}");
    if error.is_transient() { Problem::unavailable() } else { Problem::internal() }
}
