//! The API about itself: its description, a page for each code of a problem, and the answer to a
//! path or a method that no route has. Anybody may read it: it tells nothing of any account.

use billing::authority;
use messages::{Guide, Language};
use runtime::problem::PAGES;
use runtime::{Problem, Request, Response, query};

/// The API's description as it is committed: tests/structure generates it.
const DESCRIPTION: &str = include_str!("../../../openapi.json");
/// Language of the pages.
const LANGUAGE: Language = Language::English;
/// Routes without a rule of who may use them.
const OPEN: [(&str, &str); 4] = [
    ("POST", "/webhooks/stripe"),
    ("GET", "/openapi.json"),
    ("GET", "/problems"),
    ("GET", "/problems/{code}"),
];

/// 200: the description of the API, with the same bytes for everybody.
pub(crate) fn description(request: &Request) -> Result<Response, Problem> {
    query::check(request)?;
    Ok(Response::of_type(200, "application/json", DESCRIPTION.to_owned()).revalidated())
}

/// 200: every code with its page.
pub(crate) fn problems(request: &Request) -> Result<Response, Problem> {
    query::check(request)?;
    let rows = LANGUAGE.guides().into_iter().map(|(code, Guide { meaning, .. })| {
        format!("<dt><a href=\"{PAGES}{code}\"><code>{code}</code></a></dt><dd>{meaning}</dd>")
    });
    let rows: String = rows.collect();
    Ok(page("Problems", &format!("<dl>{rows}</dl>")))
}

/// 200: the page of a code.
pub(crate) fn problem(request: &Request) -> Result<Response, Problem> {
    query::check(request)?;
    let code = request.path.get("code").map(String::as_str).unwrap_or_default();
    let found = LANGUAGE.guides().into_iter().find(|(known, _)| *known == code);
    let (code, Guide { meaning, remedy }) = found.ok_or_else(|| Problem::not_found("page"))?;

    let remedy = marked(remedy);
    let text = format!(
        "<p>{}</p><h2>What to do</h2><p>{remedy}</p><p><a href=\"{PAGES}\">All problems</a></p>",
        marked(meaning)
    );
    Ok(page(code, &text))
}

/// The answer where no route fits: 405 where another method does, 404 elsewhere.
pub(crate) fn unknown(request: &Request) -> Result<Response, Problem> {
    if request.method == "GET" && request.raw_path == PAGES {
        return problems(request);
    }
    let allowed = methods(&request.raw_path);
    if allowed.is_empty() {
        return Err(Problem::not_found("route"));
    }
    let allowed = allowed.join(", ");
    let detail = format!("This path takes other methods: {allowed}.");
    Ok(Problem::new(405, "method_not_allowed", detail).response().allowing(&allowed))
}

/// Methods of the routes that a path fits.
fn methods(path: &str) -> Vec<&'static str> {
    let ruled = authority::routes().filter_map(|route| route.split_once(' '));
    let fitting = ruled.chain(OPEN).filter(|(_, pattern)| fits(pattern, path));
    let mut methods: Vec<&str> = fitting.map(|(method, _)| method).collect();
    methods.sort_unstable();
    methods.dedup();
    methods
}

/// True if a path has the segments of a route's.
fn fits(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given => {}
            (Some(wanted), Some(given)) if wanted.starts_with('{') && !given.is_empty() => {}
            (Some(_) | None, Some(_)) | (Some(_), None) => return false,
        }
    }
}

/// Text with what stands between backticks as code. The texts are our own.
fn marked(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let marked = parts.map(|(place, part)| {
        let part = part.replace('<', "&lt;").replace('>', "&gt;");
        if place % 2 == 1 { format!("<code>{part}</code>") } else { part }
    });
    marked.collect()
}

fn page(title: &str, text: &str) -> Response {
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><style>{STYLE}\
         </style></head><body><main><h1>{title}</h1>{text}</main></body></html>"
    );
    Response::of_type(200, "text/html; charset=utf-8", html).revalidated().without_scripts()
}

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;margin:0;color:#1c2024;background:#fff}\
                     main{max-width:42rem;margin:0 auto;padding:2rem 1rem}h1{font-size:1.5rem;\
                     overflow-wrap:anywhere}h2{font-size:1.1rem}code{background:#f0f1f3;\
                     padding:.1em .3em;border-radius:.2em;overflow-wrap:anywhere}a{color:#0b57d0}\
                     dt{margin-top:1rem}dd{margin:0}";

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: a path with another method is told which, and a path of nothing is unknown.
    #[test]
    fn a_path_of_a_route_is_told_from_one_of_nothing() {
        assert_eq!(methods("/v1/accounts/acme/api-keys"), ["DELETE", "GET", "POST"]);
        assert_eq!(methods("/webhooks/stripe"), ["POST"]);
        for nothing in ["/", "/v1", "/v1/accounts/", "/v1/accounts//access", "/v1/accounts/a/b/c"] {
            assert_eq!(methods(nothing), [""; 0], "{nothing}");
        }
    }

    #[test]
    fn code_stands_between_backticks() {
        assert_eq!(marked("a `b<c>` d"), "a <code>b&lt;c&gt;</code> d");
    }
}
