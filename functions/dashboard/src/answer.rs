//! Answers to browsers: pages, redirects and files, each with what keeps it from harm.

use billing::ids::AccountId;
use http::HeaderValue;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use pages::style::SHEET;
use runtime::origins::Origins;
use runtime::{Request, Response};

/// Type of every page.
const HTML: &str = "text/html; charset=utf-8";
/// Most bytes of an address that a browser is sent to.
const ADDRESS_BYTES_MAX: usize = 4_096;

/// Answers of one stack.
#[derive(Debug)]
pub(crate) struct Answers {
    /// Origin of the dashboard; empty for the one that is called.
    origin: String,
    /// The vendor's page that signs people in; empty where there is none.
    entry: String,
    /// The vendor's page that signs its own people in; empty where there is none.
    staff_entry: String,
    /// Content security policy of every page.
    policy: HeaderValue,
}

impl Answers {
    pub(crate) fn new(origin: &str, (entry, staff): (&str, &str), stripe_pages: &str) -> Self {
        let forms: Vec<&str> = stripe_pages.split(',').map(str::trim).collect();
        let allowed = Origins::parse(stripe_pages);
        let forms = forms.into_iter().filter(|origin| allowed.allow(origin));
        let forms = forms.collect::<Vec<_>>().join(" ");
        let policy = format!(
            "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; \
             frame-ancestors 'none'; form-action 'self' {forms}"
        );
        let strict = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
        Self {
            origin: origin.trim_end_matches('/').to_owned(),
            entry: entry.to_owned(),
            staff_entry: staff.to_owned(),
            policy: HeaderValue::from_str(policy.trim_end()).unwrap_or(strict),
        }
    }

    /// Origin of the dashboard: configured, or the host that was called.
    pub(crate) fn origin(&self, request: &Request) -> String {
        if self.origin.is_empty() {
            format!("https://{}", request.header("host").unwrap_or_default())
        } else {
            self.origin.clone()
        }
    }

    /// Address of the vendor's page that signs a person in and leads back to a page.
    pub(crate) fn entry(&self, account: Option<&AccountId>, next: &str) -> Option<String> {
        if self.entry.is_empty() {
            return None;
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(account) = account {
            query.append_pair("account", account.as_str());
        }
        if !next.is_empty() {
            query.append_pair("next", next);
        }
        let joint = if self.entry.contains('?') { '&' } else { '?' };
        Some(format!("{}{joint}{}", self.entry, query.finish()))
    }

    /// Address of the vendor's page that signs its own people in and leads back to a page.
    pub(crate) fn staff_entry(&self, next: &str) -> Option<String> {
        if self.staff_entry.is_empty() {
            return None;
        }
        if next.is_empty() {
            return Some(self.staff_entry.clone());
        }
        let query =
            form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
        let joint = if self.staff_entry.contains('?') { '&' } else { '?' };
        Some(format!("{}{joint}{query}", self.staff_entry))
    }

    /// Seals an answer: no other site can frame it, feed it, or learn its address; nothing
    /// keeps it.
    pub(crate) fn sealed(&self, response: Response) -> Response {
        let keeps = response.headers.contains_key(CACHE_CONTROL);
        let mut sealed = response
            .with_header(CONTENT_SECURITY_POLICY, self.policy.clone())
            .with_header(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"))
            .with_header(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"))
            .with_header(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        if !keeps {
            sealed = sealed.with_header(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        sealed
    }
}

/// A page.
pub(crate) fn html(status: u16, page: String) -> Response {
    Response::of_type(status, HTML, page)
}

/// 303 to another page: with the address as its body, by which a repeat of the form is answered
/// alike.
pub(crate) fn see_other(address: &str) -> Response {
    let fits = address.len() <= ADDRESS_BYTES_MAX;
    let location = HeaderValue::from_str(address).ok().filter(|_| fits);
    match location {
        Some(location) => Response::of_type(303, "text/plain; charset=utf-8", address.to_owned())
            .with_header(LOCATION, location),
        None => Response::of_type(500, "text/plain; charset=utf-8", String::new()),
    }
}

/// CSV as a file.
/// The style sheet, which browsers keep for ever because its name changes with it.
pub(crate) fn asset(request: &Request) -> Response {
    if request.path.get("file").map(String::as_str) != Some(SHEET.name.as_str()) {
        return Response::of_type(404, "text/plain; charset=utf-8", String::new());
    }
    let kept = HeaderValue::from_static("public, max-age=31536000, immutable");
    Response::of_type(200, "text/css; charset=utf-8", SHEET.text.clone())
        .with_header(CACHE_CONTROL, kept)
}
