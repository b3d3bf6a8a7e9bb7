//! Admitting a visitor of the dashboard's pages: a session is the caller, with the member's role.
//!
//! The cookie is named for the account and carries the member's id beside the session's secret, so
//! that session, member and the page's parts are one read. A session opens pages and never the API.

use billing::api_key::Credential;
use billing::authority::{Principal, Role};
use billing::ids::{AccountId, MemberId};
use billing::journal::{Actor, CauseKind};
use billing::member::Member;
use billing::pages::{authorise_page, is_about_billing};
use billing::session::Session;
use invocation::Invocation;
use runtime::key::{KeyHash, fingerprint};
use runtime::{Problem, Request};
use store::{Part, Store, StoreError};

use crate::{Caller, draw_on_budget, problem};

/// What each session cookie's name begins with: browsers take a `__Host-` cookie only with
/// `Secure`, for the whole host and from that host itself.
const COOKIE_PREFIX: &str = "__Host-tollgate-";
/// Characters of a form key's random part.
const NONCE_CHARACTERS: usize = 24;

/// A known visitor of an account's pages, and the parts that were loaded with the session.
#[derive(Debug)]
pub struct Visitor {
    /// The account.
    pub account: AccountId,
    /// The session's principal, and the parts that were asked for.
    pub caller: Caller,
    /// The member.
    pub member: Member,
    /// The session.
    pub session: Session,
    /// Secret of the session: forms are bound to it.
    secret: String,
}

/// Reason why a page is not opened.
#[derive(Debug)]
pub enum NotAdmitted {
    /// There is no session of the account, or it is over.
    NoSession(AccountId),
    /// The member's role may not open the page.
    Role(Box<Visitor>),
    /// The form's one-time key is missing, or was made for another session.
    Form(AccountId),
    /// A problem; also the kept answer of a repeated form.
    Problem(Box<Problem>),
}

impl From<Problem> for NotAdmitted {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl Visitor {
    /// Role of the member.
    pub fn role(&self) -> Role {
        self.member.role
    }

    /// A new one-time key for the forms of a page.
    ///
    /// # Errors
    /// 500 without randomness.
    pub fn new_form_key(&self, invocation: &Invocation) -> Result<String, Problem> {
        new_form_key(invocation, &self.secret)
    }
}

/// A new one-time key for forms of the session with that secret.
pub(crate) fn new_form_key(invocation: &Invocation, secret: &str) -> Result<String, Problem> {
    let nonce = invocation.entropy.hex(NONCE_CHARACTERS.div_euclid(2));
    let nonce = nonce.map_err(|_| Problem::internal())?;
    Ok(form_key(secret, &nonce))
}

/// True for a form key that was made for the session with that secret.
pub(crate) fn is_made_for(secret: &str, key: &str) -> bool {
    let nonce = key.split_once('.').map_or("", |(nonce, _)| nonce);
    nonce.len() == NONCE_CHARACTERS && form_key(secret, nonce) == key
}

/// Key of a form: a random part, and what only the session's server can make of it. Only the
/// session's cookie has the secret, and pages of other sites cannot read it.
pub fn form_key(secret: &str, nonce: &str) -> String {
    let mark = fingerprint(format!("form\n{secret}\n{nonce}").as_bytes());
    format!("{nonce}.{mark}")
}

/// Refuses a form whose one-time key was not made for the session that the request carries. A
/// request without a session is judged later.
pub(crate) fn check_form(request: &Request) -> Result<(), NotAdmitted> {
    let id = request.path.get("id").map(String::as_str).unwrap_or_default();
    let account = AccountId::parse(id).map_err(|_| Problem::not_found("page"))?;
    let Some((_, secret)) = carried(request, &account) else { return Ok(()) };

    let key = request.header("idempotency-key").unwrap_or_default();
    if is_made_for(&secret, key) { Ok(()) } else { Err(NotAdmitted::Form(account)) }
}

/// Name of the cookie that has an account's session.
pub fn cookie_name(account: &AccountId) -> String {
    format!("{COOKIE_PREFIX}{account}")
}

/// Value of the cookie of a session.
pub fn cookie_value(member: &MemberId, secret: &str) -> String {
    format!("{member}.{secret}")
}

/// Member and secret of the session that a request carries for an account.
fn carried(request: &Request, account: &AccountId) -> Option<(MemberId, String)> {
    let value = request.cookie(&cookie_name(account))?;
    let (member, secret) = value.split_once('.')?;
    Some((MemberId::parse(member).ok()?, secret.to_owned()))
}

/// Admits the visitor of a page about the account in its path, and loads parts of that account with
/// the session. An account that does not exist is answered like one without a session.
///
/// # Errors
/// [`NotAdmitted`].
pub async fn visitor(
    invocation: &Invocation,
    store: &Store,
    request: &Request,
    parts: impl FnOnce(&AccountId) -> Vec<Part>,
) -> Result<Visitor, NotAdmitted> {
    let id = request.path.get("id").map(String::as_str).unwrap_or_default();
    let account = AccountId::parse(id).map_err(|_| Problem::not_found("page"))?;
    let no_session = || NotAdmitted::NoSession(account.clone());
    let (id, secret) = carried(request, &account).ok_or_else(no_session)?;
    let hash = KeyHash::of(&secret).as_str().to_owned();

    let mut parts = parts(&account);
    let own = [Part::Session(hash.clone()), Part::Turn, Part::Member(id.clone())];
    parts.extend(own.into_iter().chain([Part::Standing]));
    let loaded = store.load(invocation, &account, &parts).await.map_err(|it| problem(&it))?;
    let failed = |error: StoreError| problem(&error);
    let session = loaded.session(&hash).map_err(failed)?.ok_or_else(no_session)?;
    let member = loaded.member(&id).map_err(failed)?;
    let turn = loaded.turn().map_err(failed)?;

    let role = session.role(member.as_ref(), turn, invocation.now).map_err(|_| no_session())?;
    let member = member.ok_or_else(no_session)?;
    let principal = Principal::Account { account: account.clone(), role };
    invocation.acts_as(CauseKind::Api, Actor::member(&member.id));
    let (id, name) = (member.id.as_str().to_owned(), member.email.clone());
    let credential = Credential { id, name, principal: principal.clone() };
    let caller = Caller { principal, credential, loaded };
    let standing = caller.loaded.standing().map_err(failed)?;
    let is_paid = standing.is_some_and(|it| it.family.paid_by(invocation.now).is_some());
    if is_paid && is_about_billing(&request.route) {
        return Err(Problem::not_found("page").into());
    }
    let visitor = Visitor { account, caller, member, session, secret };
    match authorise_page(&request.route, role) {
        Ok(()) => {
            draw_on_budget(invocation, store, (&visitor.account, &request.route)).await?;
            Ok(visitor)
        }
        Err(_) => Err(NotAdmitted::Role(Box::new(visitor))),
    }
}
