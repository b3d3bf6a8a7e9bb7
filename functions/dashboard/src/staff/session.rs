//! Sessions of the staff desk: the link that a staff key asks for, the page that opens it, and its
//! end.

use auth::{STAFF_COOKIE, StaffNotAdmitted, problem, staff_cookie_value};
use billing::session::{SESSION_SECONDS, is_page_path};
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use invocation::Invocation;
use pages::alone::{self, Message};
use runtime::input::{Checks, body};
use runtime::key::KeyHash;
use runtime::{Problem, Request, Response};
use sessions_commands::staff::StaffSessions;
use sessions_commands::{Failure, Link};
use tracing::error;
use views::requests::sessions::OpenStaffDesk;
use views::sessions::LinkView;

use crate::answer::{html, see_other};
use crate::sessions::token;
use crate::{Dashboard, LANGUAGE};

impl Dashboard {
    fn staff_sessions(&self) -> StaffSessions<'_> {
        StaffSessions { store: &self.store }
    }

    /// `POST /v1/staff/dashboard-sessions`: a link for the person of the key.
    pub(crate) async fn make_staff_link(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        auth::writer(invocation, &self.store, request, &[]).await?;
        let OpenStaffDesk { path } = body(request)?;
        let path = path.unwrap_or_default();
        let mut checks = Checks::default();
        let detail = "A path below the desk's pages is expected, such as `transfers`.";
        checks.expect(is_page_path(&path), "path", detail);
        checks.passed()?;

        let key = KeyHash::of_request(request)?;
        let made = self.staff_sessions().link(invocation, &key, path).await;
        let Link { secret, expires_at } = made.map_err(|error| failed(&error))?;

        let url = format!("{}/staff/sign-in/{secret}", self.answers.origin(request));
        let view = LinkView { url, expires_at: expires_at.to_string() };
        let never = HeaderValue::from_static("no-store");
        Ok(Response::json(201, &view).with_header(CACHE_CONTROL, never))
    }

    /// Opens the session of a link.
    pub(super) async fn staff_sign_in(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Response {
        match self.staff_sessions().open(invocation, token(request)).await {
            Ok(opened) => {
                let first = match opened.path.as_str() {
                    "" => "/staff".to_owned(),
                    path => format!("/staff/{path}"),
                };
                let value = staff_cookie_value(&opened.session, &opened.secret);
                see_other(&first).with_cookie(cookie(&value, SESSION_SECONDS))
            }
            Err(Failure::NotSignedIn(why)) => {
                let link = self.answers.staff_entry("");
                html(410, alone::not_signed_in(LANGUAGE.not_signed_in(why), link))
            }
            Err(failure) => {
                error!(reason = %failure, "could not open a session: {failure}");
                html(503, alone::failed(503))
            }
        }
    }

    /// Ends the visitor's session.
    pub(super) async fn staff_sign_out(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, StaffNotAdmitted> {
        let parts = |_: &_| Vec::new();
        let visitor = auth::writing_staff_visitor(invocation, &self.store, request, parts).await?;
        let ended = self.staff_sessions().end(invocation, &visitor.session).await;
        ended.map_err(|error| failed(&error))?;

        let link = self.answers.staff_entry("").map(|href| ("Sign in again".to_owned(), href));
        let text = vec!["You are signed out of the staff desk in this browser.".to_owned()];
        let page = Message { title: "Signed out".to_owned(), text, link }.page();
        Ok(html(200, page).with_cookie(cookie("", 0)))
    }
}

/// The page of a link: it looks at nothing, and uses nothing up.
pub(super) fn sign_in_page(request: &Request) -> Response {
    html(200, pages::staff::frame::sign_in(&format!("/staff/sign-in/{}", token(request))))
}

/// The session's cookie: it goes along with no form of another site.
fn cookie(value: &str, seconds: i64) -> String {
    format!("{STAFF_COOKIE}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax")
}

/// The problem of a session that is not made or ended; logged here, once.
fn failed(failure: &Failure) -> Problem {
    match failure {
        Failure::Store(error) => problem(error),
        Failure::NoAccount
        | Failure::NoMember(_)
        | Failure::NotSignedIn(_)
        | Failure::NoEntropy(_) => {
            error!(reason = %failure, "could not make or end a session: {failure}");
            Problem::internal()
        }
    }
}
