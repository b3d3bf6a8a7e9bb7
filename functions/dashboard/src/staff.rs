//! `/staff`: the desk of the vendor's own people. Each act runs the command of its route of the
//! API.

mod account;
mod act;
mod correct;
mod dead_letters;
mod disputes;
mod order;
mod run;
mod search;
mod session;
mod transfers;

use auth::{StaffNotAdmitted, StaffVisitor};
use billing::dead_letter::LetterEnd;
use billing::staff::StaffAct;
use billing::words::Word;
use invocation::Invocation;
use messages::page::Refusal;
use pages::alone::{self, Message};
use pages::staff::frame::StaffFrame;
use runtime::{Problem, Request, Response};

use crate::answer::{html, see_other};
use crate::problem::{of, trouble};
use crate::seen::Again;
use crate::{Dashboard, LANGUAGE};

impl Dashboard {
    /// A page or a form of the staff desk.
    pub(crate) async fn staff(&self, invocation: &Invocation, request: &Request) -> Response {
        let answer = match request.route.as_str() {
            "GET /staff/sign-in/{token}" => Ok(session::sign_in_page(request)),
            "POST /staff/sign-in/{token}" => Ok(self.staff_sign_in(invocation, request).await),
            "POST /staff/sign-out" => self.staff_sign_out(invocation, request).await,
            "GET /staff" => Box::pin(self.staff_home(invocation, request)).await,
            "GET /staff/search" => self.staff_search(invocation, request).await,
            "GET /staff/disputes" => self.staff_disputes(invocation, request).await,
            "GET /staff/dead-letters" => self.staff_letters(invocation, request).await,
            "GET /staff/dead-letters/{letter_id}" => {
                self.staff_letter(invocation, request, None).await
            }
            "POST /staff/dead-letters/{letter_id}/redrive" => {
                Box::pin(self.staff_end_letter(invocation, request, LetterEnd::Redriven)).await
            }
            "POST /staff/dead-letters/{letter_id}/dismiss" => {
                Box::pin(self.staff_end_letter(invocation, request, LetterEnd::Dismissed)).await
            }
            "GET /staff/transfers" => self.staff_transfers(invocation, request).await,
            "GET /staff/accounts/{id}" => Box::pin(self.staff_account(invocation, request)).await,
            "GET /staff/accounts/{id}/timeline" => self.staff_timeline(invocation, request).await,
            "GET /staff/accounts/{id}/mails" => self.staff_mails(invocation, request, None).await,
            "GET /staff/accounts/{id}/do/{act}" => {
                Box::pin(self.act_page(invocation, request, None)).await
            }
            "POST /staff/accounts/{id}/do/{act}/check" => {
                Box::pin(self.check_act(invocation, request)).await
            }
            "POST /staff/accounts/{id}/do/{act}" => {
                Box::pin(self.do_act(invocation, request)).await
            }
            _ => Err(Problem::not_found("page").into()),
        };
        match answer {
            Ok(response) => response,
            Err(refused) => Box::pin(self.staff_refused(invocation, request, refused)).await,
        }
    }

    /// Answer to a page that is not opened, or a form that did nothing.
    async fn staff_refused(
        &self,
        invocation: &Invocation,
        request: &Request,
        refused: StaffNotAdmitted,
    ) -> Response {
        let problem = match refused {
            StaffNotAdmitted::NoSession => {
                let link = self.answers.staff_entry(&next(request));
                return html(401, no_session(link));
            }
            StaffNotAdmitted::Role(visitor) => return html(403, not_for_role(request, &visitor)),
            StaffNotAdmitted::Form => of(403, "form_expired", &Refusal::FormExpired),
            StaffNotAdmitted::Problem(problem) => *problem,
        };
        if let Some(answer) = &problem.replayed {
            return match answer.status {
                303 => see_other(&answer.body),
                status => html(status, answer.body.clone()),
            };
        }
        let has_page = ["act", "letter_id"].iter().any(|name| request.path.contains_key(*name));
        if request.method == "POST" && has_page {
            let again = Some((problem.status, trouble(&problem, request)));
            if let Ok(page) = Box::pin(self.form_again(invocation, request, again)).await {
                return page;
            }
        }
        html(problem.status, alone::failed(problem.status))
    }

    /// The page on which the form of an act or of a letter stands, with what was typed.
    async fn form_again(
        &self,
        invocation: &Invocation,
        request: &Request,
        again: Again,
    ) -> Result<Response, StaffNotAdmitted> {
        if request.path.contains_key("letter_id") {
            let route = "GET /staff/dead-letters/{letter_id}".to_owned();
            let page = Request { route, body: None, ..request.clone() };
            return Box::pin(self.staff_letter(invocation, &page, again)).await;
        }
        if auth::act_of(request)? == Some(StaffAct::Resend) {
            let route = "GET /staff/accounts/{id}/mails".to_owned();
            let page = Request { route, body: None, ..request.clone() };
            return Box::pin(self.staff_mails(invocation, &page, again)).await;
        }
        let route = "GET /staff/accounts/{id}/do/{act}".to_owned();
        let page = Request { route, body: None, ..request.clone() };
        Box::pin(self.act_page(invocation, &page, again)).await
    }
}

/// The frame of a page.
fn frame(
    invocation: &Invocation,
    visitor: &StaffVisitor,
    (request, again): (&Request, Again),
) -> Result<(u16, StaffFrame), Problem> {
    let (status, trouble) = again.map_or((200, None), |(status, it)| (status, Some(it)));
    let done = request.query.get("done").and_then(|word| StaffAct::of_word(word));
    let frame = StaffFrame {
        say: LANGUAGE,
        person: visitor.name().to_owned(),
        role: visitor.role,
        done: done.filter(|_| trouble.is_none()),
        trouble,
        key: visitor.new_form_key(invocation)?,
        now: invocation.now,
    };
    Ok((status, frame))
}

fn no_session(link: Option<String>) -> String {
    let text = match link {
        Some(_) => "Your session is over, or it was never begun.",
        None => "Your session is over, or it was never begun. Open the staff desk from your tools.",
    };
    let link = link.map(|href| ("Sign in".to_owned(), href));
    Message { title: "Please sign in".to_owned(), text: vec![text.to_owned()], link }.page()
}

/// The page that is not for the person's role, with the reason.
fn not_for_role(request: &Request, visitor: &StaffVisitor) -> String {
    let back = match &visitor.account {
        Some(account) => format!("/staff/accounts/{account}"),
        None => "/staff".to_owned(),
    };
    let act = auth::act_of(request).ok().flatten();
    let what = act.map_or("This page", pages::staff::words::title);
    let text = vec![
        format!("{what}: this is for people with the role billing."),
        format!(
            "You are signed in as {}, {}. Support reads everything and sends mails again; what moves \
             money or access is done by billing.",
            visitor.name(),
            visitor.role.word()
        ),
    ];
    let link = Some(("Back".to_owned(), back));
    Message { title: "Not for your role".to_owned(), text, link }.page()
}

/// Path below the desk's of a page that is asked for, with its query; empty for a form.
fn next(request: &Request) -> String {
    let is_page = request.method == "GET";
    let path = request.raw_path.strip_prefix("/staff/").filter(|_| is_page).unwrap_or_default();
    let query: Vec<String> =
        request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let path =
        if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) };
    if billing::session::is_page_path(&path) { path } else { String::new() }
}
