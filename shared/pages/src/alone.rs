//! Pages without an account's frame: signing in, a page that is not for the reader, a fault of
//! ours, and waiting for Stripe.

use billing::authority::Role;
use billing::member::Member;
use maud::{Markup, html};

use crate::form;
use crate::frame::{document, document_with};

/// Seconds after which a waiting page looks again.
const LOOK_SECONDS: u32 = 3;

/// A page with one message, and at most one way on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Heading.
    pub title: String,
    /// Sentences.
    pub text: Vec<String>,
    /// Name and address of the way on.
    pub link: Option<(String, String)>,
}

fn alone(title: &str, body: &Markup) -> String {
    document(
        title,
        &html! { main id="content" { div class="card narrow stack" { h1 { (title) } (body) } } },
    )
}

impl Message {
    /// The page.
    pub fn page(&self) -> String {
        let body = html! {
            @for text in &self.text { p { (text) } }
            @if let Some((name, href)) = &self.link { p { a.button.first href=(href) { (name) } } }
        };
        alone(&self.title, &body)
    }
}

/// The page of a link that opens a session: only its button uses the link, so that mail scanners
/// and previews use nothing up.
pub fn sign_in(action: &str) -> String {
    let body = html! {
        p {
            "This opens the plan, usage and invoices of your account in this browser, for twelve \
                hours." }
        form method="post" action=(action) { button.first { "Continue to billing" } }
    };
    alone("Billing", &body)
}

/// The page of who has no session, with the way to the vendor's page that makes one.
pub fn no_session(link: Option<String>) -> String {
    let text = match link {
        Some(_) => "Your session here is over, or it was never begun. Sign in through the app.",
        None => "Your session here is over, or it was never begun. Open billing from the app.",
    };
    let link = link.map(|href| ("Sign in".to_owned(), href));
    Message { title: "Please sign in".to_owned(), text: vec![text.to_owned()], link }.page()
}

/// The page that is not for the member's role: it names who can help.
pub fn not_for_role(members: &[Member], first: &str) -> String {
    let is_administrator = |it: &&Member| it.role == Role::AccountAdministrator;
    let all = members.iter().filter(is_administrator).map(|it| it.email.clone());
    let all = all.collect::<Vec<_>>().join(", ");
    let who = if all.is_empty() {
        "Administrators of the account are named in the app.".to_owned()
    } else {
        format!("Administrators of the account are: {all}.")
    };
    let text = vec!["Your role does not open this page.".to_owned(), who];
    let link = Some(("To the overview".to_owned(), first.to_owned()));
    Message { title: "Not for your role".to_owned(), text, link }.page()
}

/// The page of a link that opens no session.
pub fn not_signed_in(text: &str, link: Option<String>) -> String {
    let link = link.map(|href| ("Get a new link".to_owned(), href));
    let text = vec![text.to_owned()];
    Message { title: "This link does not open billing".to_owned(), text, link }.page()
}

/// The page behind the end of a session.
pub fn signed_out(link: Option<String>) -> String {
    let link = link.map(|href| ("Back to the app".to_owned(), href));
    let text = vec!["You are signed out of billing in this browser.".to_owned()];
    Message { title: "Signed out".to_owned(), text, link }.page()
}

/// The page of a problem that belongs to no form.
pub fn failed(status: u16) -> String {
    let (title, text) = match status {
        404 => {
            ("There is no such page", "The address may be incomplete, or what it named is gone.")
        }
        429 => (
            "Please try again in a minute",
            "The account asked for more in this minute than Stripe takes. Nothing was done.",
        ),
        503 => (
            "Please try again in a few seconds",
            "Something that we depend on did not answer in time. Nothing is done twice.",
        ),
        413 | 422 => ("This cannot be read", "The address or the form is not complete."),
        _ => ("Something went wrong on our side", "We were told of it. Nothing was charged."),
    };
    Message { title: title.to_owned(), text: vec![text.to_owned()], link: None }.page()
}

/// A page that looks again by itself for a minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Heading.
    pub title: String,
    /// What is waited for.
    pub text: String,
    /// Address that is looked at again; none once the minute is over.
    pub again: Option<String>,
    /// Name and address of the way on.
    pub link: (String, String),
}

impl Waiting {
    /// The page.
    pub fn page(&self) -> String {
        let head = html! {
            @if let Some(again) = &self.again {
                meta http-equiv="refresh" content={ (LOOK_SECONDS) "; url=" (again) };
            }
        };
        let (name, href) = &self.link;
        let body = html! {
            main id="content" { div class="card narrow stack" {
                h1 { (self.title) }
                p role="status" { (self.text) }
                @if self.again.is_some() { p.soft { "This page looks again every three seconds." } }
                p { a.button href=(href) { (name) } }
            } }
        };
        document_with(&self.title, &head, &body)
    }
}

/// A form that is sent by a button, with nothing to fill in.
pub fn button_form(action: &str, key: &str, (class, name): (&str, &str)) -> Markup {
    html! { form method="post" action=(action) { (form::key(key)) button class=(class) { (name) } }
    }
}
