//! Admitting a visitor of the staff desk: a session is the caller, with the role that the person's
//! staff key has now.
//!
//! The cookie carries the hash of the key beside the session's secret, so that session, key and the
//! page's parts are one read, and a key that is taken out of service ends its person's sessions.
//! The hash opens nothing. A session opens pages and never the API.

use billing::authority::StaffRole;
use billing::ids::AccountId;
use billing::staff::{StaffAct, StaffSession, authorise_staff_page};
use billing::words::Word;
use invocation::{Invocation, Shown};
use runtime::key::KeyHash;
use runtime::{Problem, Request};
use store::{Part, Store};

use crate::session::{is_made_for, new_form_key};
use crate::writer::Key;
use crate::{Caller, problem};

/// Name of the cookie that has a person's session: no account's cookie is named so.
pub const STAFF_COOKIE: &str = "__Host-staff-desk";

/// A known visitor of the staff desk, and the parts that were loaded with the session.
#[derive(Debug)]
pub struct StaffVisitor {
    /// The account that the page is about, if it is about one.
    pub account: Option<AccountId>,
    /// The session's principal, and the parts that were asked for.
    pub caller: Caller,
    /// Role of the person.
    pub role: StaffRole,
    /// The session.
    pub session: StaffSession,
    /// Secret of the session: forms are bound to it.
    secret: String,
}

/// Reason why a page of the staff desk is not opened.
#[derive(Debug)]
pub enum StaffNotAdmitted {
    /// There is no session, or it is over.
    NoSession,
    /// The person's role may not open the page.
    Role(Box<StaffVisitor>),
    /// The form's one-time key is missing, or was made for another session.
    Form,
    /// A problem; also the kept answer of a repeated form.
    Problem(Box<Problem>),
}

impl From<Problem> for StaffNotAdmitted {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl StaffVisitor {
    /// A new one-time key for the forms of a page.
    ///
    /// # Errors
    /// 500 without randomness.
    pub fn new_form_key(&self, invocation: &Invocation) -> Result<String, Problem> {
        new_form_key(invocation, &self.secret)
    }

    /// Name of the person.
    pub fn name(&self) -> &str {
        &self.caller.credential.name
    }
}

/// Value of the cookie of a session.
pub fn staff_cookie_value(session: &StaffSession, secret: &str) -> String {
    format!("{}.{secret}", session.key)
}

/// Hash of the key, and secret of the session, that a request carries.
fn carried(request: &Request) -> Option<(String, String)> {
    let value = request.cookie(STAFF_COOKIE)?;
    let (key, secret) = value.split_once('.')?;
    let is_hash = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_hash.then(|| (key.to_owned(), secret.to_owned()))
}

/// Act that the path of a request names; none for a page that names none.
///
/// # Errors
/// 404 for a word that is no act.
pub fn act_of(request: &Request) -> Result<Option<StaffAct>, Problem> {
    let Some(word) = request.path.get("act") else { return Ok(None) };
    StaffAct::of_word(word).map(Some).ok_or_else(|| Problem::not_found("page"))
}

/// Admits the visitor of a page of the staff desk, and loads parts of the account in its path, if
/// it names one, with the session.
///
/// # Errors
/// [`StaffNotAdmitted`].
pub async fn staff_visitor(
    invocation: &Invocation,
    store: &Store,
    request: &Request,
    parts: impl FnOnce(&AccountId) -> Vec<Part>,
) -> Result<StaffVisitor, StaffNotAdmitted> {
    visitor_with(invocation, store, request, (parts, Vec::new())).await
}

/// A staff visitor, admitted together with parts that belong to no account.
async fn visitor_with(
    invocation: &Invocation,
    store: &Store,
    request: &Request,
    (parts, more): (impl FnOnce(&AccountId) -> Vec<Part>, Vec<Part>),
) -> Result<StaffVisitor, StaffNotAdmitted> {
    let (key, secret) = carried(request).ok_or(StaffNotAdmitted::NoSession)?;
    let account = request.path.get("id").map(|id| AccountId::parse(id));
    let account = account.transpose().map_err(|_| Problem::not_found("page"))?;
    let act = act_of(request)?;

    let hash = KeyHash::of(&secret).as_str().to_owned();
    let mut parts = account.as_ref().map(parts).unwrap_or_default();
    parts.extend(more);
    parts.push(Part::StaffSession(hash.clone()));
    let loaded = store.load_with_key(invocation, &key, account.as_ref(), &parts).await;
    let (credential, loaded) = loaded.map_err(|error| problem(&error))?;
    let session = loaded.staff_session(&hash).map_err(|error| problem(&error))?;
    let session = session.ok_or(StaffNotAdmitted::NoSession)?;
    let role = session.role((&key, credential.as_ref()), invocation.now);
    let (role, credential) = role.zip(credential).ok_or(StaffNotAdmitted::NoSession)?;

    let (cause, actor) = credential.acts_as();
    invocation.acts_as(cause, actor);
    let caller = Caller { principal: credential.principal.clone(), credential, loaded };
    let visitor = StaffVisitor { account, caller, role, session, secret };
    let allowed = authorise_staff_page(&request.route, role);
    match allowed.and_then(|()| act.map_or(Ok(()), |act| act.authorise(role))) {
        Ok(()) => Ok(visitor),
        Err(_) => Err(StaffNotAdmitted::Role(Box::new(visitor))),
    }
}

/// Admits the visitor of a page whose form writes. The form's one-time key is the request's
/// Idempotency-Key; an act is repeated as its route of the API is.
///
/// # Errors
/// Those of [`staff_visitor`] and of [`crate::writer`].
pub async fn writing_staff_visitor(
    invocation: &Invocation,
    store: &Store,
    request: &Request,
    parts: impl FnOnce(&AccountId) -> Vec<Part>,
) -> Result<StaffVisitor, StaffNotAdmitted> {
    check_form(request)?;
    let act = act_of(request)?;
    let route = act.map_or(request.route.as_str(), |act| act.route());
    let Some(key) = Key::of_route(invocation, request, route) else {
        return staff_visitor(invocation, store, request, parts).await;
    };
    // The use of the key is of no account, and a page need not name one.
    let of_key = key.with(Vec::new());

    let visitor = visitor_with(invocation, store, request, (parts, of_key)).await?;
    key.claim(invocation, store, (&visitor.caller, Shown::Nobody)).await?;
    Ok(visitor)
}

/// Refuses a form whose one-time key was not made for the session that the request carries.
///
/// # Errors
/// [`StaffNotAdmitted::Form`].
pub fn check_form(request: &Request) -> Result<(), StaffNotAdmitted> {
    let Some((_, secret)) = carried(request) else { return Ok(()) };
    let key = request.header("idempotency-key").unwrap_or_default();
    if is_made_for(&secret, key) { Ok(()) } else { Err(StaffNotAdmitted::Form) }
}
