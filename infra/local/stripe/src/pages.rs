//! Stripe's hosted pages: Checkout, the billing portal, invoices and the bank's authentication.
//! They work without script: links and forms only.
//!
//! Each page is a pure function of a value; what a form does is in the module of its page.

mod authenticate;
mod checkout;
pub(crate) mod countries;
pub mod dates;
mod document;
mod frame;
mod inputs;
mod invoice;
pub mod links;
pub(crate) mod methods;
pub mod money;
mod papers;
mod pay_form;
mod portal;
mod test_cards;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use billing::time::Timestamp;
use http::Method;
use maud::Markup;

use crate::engine::Engine;

/// The one style sheet.
const STYLE: &str = include_str!("pages/style.css");
const HTML: &str = "text/html; charset=utf-8";

/// What a browser asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// GET, HEAD or POST.
    pub method: Method,
    /// Without the query.
    pub path: String,
    /// The fields of the query and of a sent form.
    pub form: Form,
    /// Where the pages are, such as `http://127.0.0.1:3001`.
    pub host: String,
}

/// Fields by their names; the last one of a name counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads form encoding, such as a query or a body.
    pub fn decode(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// With the fields of another, which count before its own.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Puts a field in.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// A field without the space around it; empty when it is not there.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |text| text.trim())
    }
}

/// What a browser gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// `Location`, when the browser is to go elsewhere.
    pub location: Option<String>,
    /// What is shown.
    pub body: Vec<u8>,
}

impl Page {
    fn html(status: u16, page: Markup) -> Self {
        let body = page.into_string().into_bytes();
        Self { status, content_type: HTML, location: None, body }
    }

    /// 303: go there with a GET.
    fn go(to: impl Into<String>) -> Self {
        Self { status: 303, content_type: HTML, location: Some(to.into()), body: Vec::new() }
    }
}

/// Answers a browser. Mount it for every path that is not the API's.
pub fn handle(engine: &mut Engine, request: &PageRequest, now: Timestamp) -> Page {
    let stripe = &mut engine.stripe;
    stripe.run_due(now);
    let cause = stripe.ids.next("req");
    stripe.begin(now, &cause, None);
    let path: Vec<&str> = request.path.split('/').filter(|step| !step.is_empty()).collect();
    let posted = request.method == Method::POST;
    let page = match path.as_slice() {
        ["style.css"] => {
            let (content_type, body) = ("text/css; charset=utf-8", STYLE.as_bytes().to_vec());
            Page { status: 200, content_type, location: None, body }
        }
        ["c", "pay", id] if posted => checkout::post(stripe, id, request, now),
        ["c", "pay", id] => checkout::get(stripe, id, request),
        ["p", "session", id, rest @ ..] => portal::handle(stripe, id, rest, request, now),
        ["i", id] if posted => invoice::post(stripe, id, request, now),
        ["i", id] => invoice::get(stripe, id, request),
        ["i", id, "pdf"] => papers::invoice_pdf(stripe, id),
        ["credit_notes", id, "pdf"] => papers::credit_note_pdf(stripe, id),
        ["receipts", id] => papers::receipt_page(stripe, id),
        ["receipts", id, "pdf"] => papers::receipt_pdf(stripe, id),
        ["authenticate", id] if posted => authenticate::post(stripe, id, request),
        ["authenticate", id] => authenticate::get(stripe, id, request),
        _ => frame::not_found(),
    };
    stripe.end();
    page
}
