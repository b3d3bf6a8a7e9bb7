//! Sessions: the link that the vendor's backend asks for, the page that opens it, and their ends.

use auth::{NotAdmitted, Visitor, cookie_name, cookie_value, problem};
use billing::ids::{AccountId, MemberId};
use billing::session::{SESSION_SECONDS, is_page_path};
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use invocation::Invocation;
use pages::alone;
use runtime::input::{Checks, body};
use runtime::{Problem, Request, Response};
use sessions_commands::{Failure, Link, NewLink, Opened, Sessions, end_parts, link_parts};
use tracing::error;
use views::requests::sessions::OpenDashboard;
use views::sessions::LinkView;

use crate::answer::{html, see_other};
use crate::problem::field;
use crate::{Dashboard, LANGUAGE};

impl Dashboard {
    fn sessions(&self) -> Sessions<'_> {
        Sessions { store: &self.store }
    }

    /// `POST /v1/accounts/{id}/dashboard-sessions`.
    pub(crate) async fn make_link(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        // A caller without a valid key is not told what is wrong with the body: it is judged later.
        let new = self.new_link(request);
        let parts = |_: &AccountId| link_parts(new.as_ref().ok().map(|new| &new.member));
        let (account, caller) =
            auth::writer_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;

        let made = self.sessions().link(invocation, (&account, &caller.loaded), new?).await;
        let Link { secret, expires_at } = made.map_err(|error| no_link(&error, &account))?;

        let url = format!("{}/billing/sign-in/{secret}", self.answers.origin(request));
        let view = LinkView { url, expires_at: expires_at.to_string() };
        let never = HeaderValue::from_static("no-store");
        Ok(Response::json(201, &view).with_header(CACHE_CONTROL, never))
    }

    fn new_link(&self, request: &Request) -> Result<NewLink, Problem> {
        let OpenDashboard { member_id, path, return_url } = body(request)?;
        let mut checks = Checks::default();
        let member = checks.parse(MemberId::parse(&member_id), "member_id");
        let path = path.unwrap_or_default();
        let detail = "A path below the account's pages is expected, such as `plan`.";
        checks.expect(is_page_path(&path), "path", detail);
        let allowed = return_url.as_ref().is_none_or(|url| self.returns.allow(url));
        let detail = "It does not begin with an origin that is allowed.";
        checks.expect(allowed, "return_url", detail);
        checks.passed()?;

        let member = member.ok_or_else(Problem::internal)?;
        Ok(NewLink { member, path, return_url })
    }

    /// `DELETE /v1/accounts/{id}/dashboard-sessions`: all of them end, and all links.
    pub(crate) async fn end_sessions(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let parts = |_: &AccountId| end_parts();
        let (account, caller) =
            auth::writer_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;

        let ended = self.sessions().end_all(invocation, &account, caller.loaded).await;
        ended.map_err(|error| no_link(&error, &account))?;

        Ok(Response::of_type(204, "application/json", String::new()))
    }

    /// Opens the session of a link.
    pub(crate) async fn sign_in(&self, invocation: &Invocation, request: &Request) -> Response {
        match self.sessions().open(invocation, token(request)).await {
            Ok(opened) => entered(&opened),
            Err(Failure::NotSignedIn(why)) => {
                let link = self.answers.entry(None, "");
                html(410, alone::not_signed_in(LANGUAGE.not_signed_in(why), link))
            }
            Err(failure) => {
                error!(reason = %failure, "could not open a session: {failure}");
                html(503, alone::failed(503))
            }
        }
    }

    /// Ends the visitor's session.
    pub(crate) async fn sign_out(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let parts = |_: &AccountId| Vec::new();
        let visitor = auth::writing_visitor(invocation, &self.store, request, parts).await?;
        let Visitor { account, session, .. } = visitor;

        let ended = self.sessions().end(invocation, &account, &session).await;
        ended.map_err(|error| no_link(&error, &account))?;

        let back = session.return_url.or_else(|| self.answers.entry(Some(&account), ""));
        let page = html(200, alone::signed_out(back));
        Ok(page.with_cookie(cookie(&account, "", 0)))
    }
}

/// The page of a link: it looks at nothing, and uses nothing up.
pub(crate) fn sign_in_page(request: &Request) -> Response {
    html(200, alone::sign_in(&format!("/billing/sign-in/{}", token(request))))
}

pub(crate) fn token(request: &Request) -> &str {
    let token = request.path.get("token").map(String::as_str).unwrap_or_default();
    let is_token = token.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_token { token } else { "" }
}

/// 303 to the first page, with the session's cookie.
fn entered(opened: &Opened) -> Response {
    let Opened { account, session, secret, path } = opened;
    let first = if path.is_empty() {
        format!("/billing/{account}")
    } else {
        format!("/billing/{account}/{path}")
    };
    let value = cookie_value(&session.member, secret);
    see_other(&first).with_cookie(cookie(account, &value, SESSION_SECONDS))
}

/// The cookie of an account's session. It goes along when a link of another site leads here, and
/// with no form of another site.
fn cookie(account: &AccountId, value: &str, seconds: i64) -> String {
    let name = cookie_name(account);
    format!("{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax")
}

/// The problem of a link that is not made; logged here, once.
fn no_link(failure: &Failure, account: &AccountId) -> Problem {
    match failure {
        Failure::NoAccount => Problem::not_found("account"),
        Failure::NoMember(_) => field("member_id", "The account has no such member."),
        Failure::Store(error) => problem(error),
        Failure::NotSignedIn(_) | Failure::NoEntropy(_) => {
            error!(account.id = %account, reason = %failure, "could not make a link: {failure}");
            Problem::internal()
        }
    }
}
