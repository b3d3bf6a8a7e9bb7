//! Addresses of members in answers that are kept for repeats: a mark stands in their place, because
//! the member's item alone has an address (F8). A repeat is shown the address as it is then.

use invocation::Shown;

/// Mark in the place of an address: a character for private use, which no address has.
const MARK: &str = "\u{E000}";
/// Beginning of a member's address in an answer of the API.
const FIELD: &str = "\"email\":\"";

/// The body of an answer without the address that it shows.
pub(crate) fn hidden(body: &str, shown: &Shown) -> String {
    match shown {
        Shown::Nobody => body.to_owned(),
        Shown::Visitor(address) => body.replace(&in_page(address), MARK),
        Shown::Member(_) => {
            let Some((before, rest)) = body.split_once(FIELD) else { return body.to_owned() };
            let Some(end) = end_of_text(rest) else { return body.to_owned() };
            let behind = rest.get(end..).unwrap_or_default();
            format!("{before}{FIELD}{MARK}{behind}")
        }
    }
}

/// The body of a kept answer with the address as it is now; none is shown of a member who is gone.
pub(crate) fn restored(body: &str, shown: &Shown) -> String {
    match shown {
        Shown::Nobody => body.to_owned(),
        Shown::Visitor(address) => body.replace(MARK, &in_page(address)),
        Shown::Member(address) => {
            body.replace(MARK, &in_json(address.as_deref().unwrap_or_default()))
        }
    }
}

/// Place of the quotation mark that ends a text of JSON.
fn end_of_text(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.char_indices().find_map(|(place, c)| {
        let ends = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        ends.then_some(place)
    })
}

fn in_json(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// A text as pages write it.
fn in_page(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}
