//! Reading a request: its Idempotency-Key, the faults of its fields, and its page of a list.

use billing::time::{DAY_SECONDS, Timestamp};
use email_address::{EmailAddress, Options};
use serde::Serialize;

pub use crate::body::{BODY_BYTES_MAX, body};
use crate::http::Request;
use crate::key::fingerprint;
use crate::problem::{FieldProblem, Problem};
use crate::text::is_hidden;
use crate::{cursor, query};

/// Longest Idempotency-Key, in characters, as Stripe has it.
pub const IDEMPOTENCY_KEY_CHARACTERS_MAX: usize = 255;
/// How long a request is remembered by its Idempotency-Key, in seconds.
pub const REQUEST_SECONDS: i64 = 7 * DAY_SECONDS;
/// Longest e-mail address, in characters (RFC 5321).
pub const EMAIL_CHARACTERS_MAX: usize = 254;
/// What is said of a text that is none.
pub const NOT_AN_EMAIL: &str = "An e-mail address is expected.";

/// What an Idempotency-Key stands for: its own fingerprint, and that of what it came with.
#[derive(Debug, Clone)]
pub struct Idempotency {
    /// Of caller, route and key.
    pub fingerprint: String,
    /// Of path, query and body.
    pub body: String,
    /// Until when it is remembered.
    pub expires_at: Timestamp,
}

/// Idempotency-Key of a request, if it has one. `scope` keeps callers apart.
///
/// A header that is present and unreadable is refused: taken for an absent one, it would let a
/// repeated request act twice. Callers admit the request before they judge the error, so that a bad
/// API key is answered first.
pub fn idempotency(
    request: &Request,
    scope: &str,
    now: Timestamp,
) -> Result<Option<Idempotency>, Problem> {
    let Some(value) = request.headers.get("idempotency-key") else { return Ok(None) };
    let bytes = value.as_bytes();
    let is_printable = bytes.iter().all(|byte| matches!(byte, b' '..=b'~'));
    let has_fitting_length = (1..=IDEMPOTENCY_KEY_CHARACTERS_MAX).contains(&bytes.len());
    let Some(key) = value.to_str().ok().filter(|_| is_printable && has_fitting_length) else {
        let detail = "An Idempotency-Key has 1 to 255 characters of printable ASCII.";
        return Err(Problem::new(422, "idempotency_key_invalid", detail));
    };

    Ok(Some(Idempotency {
        fingerprint: fingerprint(format!("{}\n{scope}\n{key}", request.route).as_bytes()),
        body: content(request),
        expires_at: now.plus_seconds(REQUEST_SECONDS),
    }))
}

/// Fingerprint of what a request is about: its path, query and body.
fn content(request: &Request) -> String {
    let parameters = request.path.iter().chain(&request.query);
    let mut content: Vec<u8> = Vec::new();
    for (name, value) in parameters {
        content.extend(format!("{name}={value}\n").into_bytes());
    }
    content.extend(request.body.as_deref().unwrap_or_default());
    fingerprint(&content)
}

/// 409: the key was used for something else.
pub fn other_content() -> Problem {
    let detail = "This Idempotency-Key was used before, with another path or body.";
    Problem::new(409, "idempotency_key_reused", detail)
}

/// Collects what is wrong with each field, so that all of it is said at once.
#[derive(Debug, Default)]
pub struct Checks(Vec<FieldProblem>);

impl Checks {
    /// A field is wrong unless the condition holds.
    pub fn expect(&mut self, holds: bool, field: impl Into<String>, detail: &str) {
        if !holds {
            self.0.push(FieldProblem::invalid(field, detail));
        }
    }

    /// A field is too small, too large, too short or too long unless the condition holds.
    pub fn expect_range(&mut self, holds: bool, field: impl Into<String>, detail: &str) {
        if !holds {
            self.0.push(FieldProblem::out_of_range(field, detail));
        }
    }

    /// A field that is wrong.
    pub fn add(&mut self, fault: FieldProblem) {
        self.0.push(fault);
    }

    /// A field that parses, or is wrong.
    pub fn parse<T, E: std::fmt::Display>(
        &mut self,
        parsed: Result<T, E>,
        field: impl Into<String>,
    ) -> Option<T> {
        parsed
            .map_err(|error| {
                self.0.push(FieldProblem::invalid(field, error.to_string()));
            })
            .ok()
    }

    /// The verdict.
    pub fn passed(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::invalid(self.0)) }
    }
}

/// True for an address of RFC 5321 with a domain of several labels; whether mail arrives is known
/// only by sending one.
pub fn is_email(text: &str) -> bool {
    let options = Options::default().with_required_tld().without_domain_literal();
    let options = options.without_display_text();
    let is_plain = !text.chars().any(|c| c.is_whitespace() || c.is_control() || is_hidden(c));
    text.chars().count() <= EMAIL_CHARACTERS_MAX
        && is_plain
        && EmailAddress::parse_with_options(text, options).is_ok()
}

/// Refusal of a text that is not plain.
pub const NOT_PLAIN: &str =
    "Control characters, and those that hide or turn text, are not accepted.";

/// True for a text that a person can read: without control characters, and without those that turn
/// or hide what stands beside them.
pub fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || is_hidden(c))
}

/// A part of a list, as the contract shows it.
#[derive(Debug, Serialize)]
pub struct Page<T> {
    /// What is on it.
    pub data: Vec<T>,
    /// Where the next one begins; nothing on the last.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// The same page of something else.
    pub fn map<V>(self, view: impl Fn(T) -> V) -> Page<V> {
        Page { data: self.data.into_iter().map(view).collect(), next_cursor: self.next_cursor }
    }
}

/// The page that a request asks for, by `limit` and `cursor`, of a list that is in order of its
/// ids.
///
/// # Errors
/// 422 for a cursor of another list.
pub fn page<'a, T>(
    request: &Request,
    now: Timestamp,
    list: &'a [T],
    id: impl Fn(&T) -> &str,
) -> Result<Page<&'a T>, Problem> {
    let after = cursor::read(request, now)?;
    let behind = list.iter().filter(|one| after.as_deref().is_none_or(|after| id(one) > after));
    let data: Vec<&T> = behind.clone().take(query::limit(request)).collect();
    let is_more = behind.count() > data.len();
    let end = data.last().filter(|_| is_more);
    let next_cursor = end.map(|end| cursor::write(request, id(end), now));
    Ok(Page { data, next_cursor })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: an address is one that mail can be sent to, and nothing that hides another.
    #[test]
    fn an_address_is_one_that_mail_can_be_sent_to() {
        for good in ["ada@acme.example", "a.b+c@mail.acme.example", "o'neil@acme.example"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "ada",
            "ada@acme",
            "a,b@c.example",
            "x<y@z.example",
            "a@b..example",
            "@acme.example",
            "ada@",
            "a b@c.example",
            "a\n@c.example",
            "Ada <ada@acme.example>",
            "a@[127.0.0.1]",
            "a@b.example\r\nBcc: x@y.example",
            "a\u{202e}b@c.example",
            "a@b@c.example",
        ] {
            assert!(!is_email(bad), "{bad:?}");
        }
        assert!(!is_email(&format!("{}@acme.example", "a".repeat(300))));
        assert!(is_plain("Ünïcode & Söhne <GmbH>") && !is_plain("a\r\nb") && !is_plain("a\0"));
        assert!(!is_plain("a\u{202e}b") && !is_plain("a\u{200b}b"));
    }
}
