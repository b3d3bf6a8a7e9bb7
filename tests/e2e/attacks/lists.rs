//! Cursors that were made up, and parameters that a route does not take.

use std::collections::BTreeMap;

use billing::time::Timestamp;
use serde_json::{Value, json};

use super::{Attacked, MARK, faults, path_of};
use crate::world::NOW;

/// Routes that take a cursor.
fn lists(attacked: &Attacked) -> Vec<String> {
    let has_cursor = |operation: &Value| {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        parameters.into_iter().any(|it| it["name"] == "cursor")
    };
    let operations = attacked.operations().into_iter();
    let all = operations.filter(|(_, operation)| has_cursor(operation)).map(|(route, _)| route);
    // A list of one invoice looks for the invoice first, which nobody has here.
    let all: Vec<String> = all.filter(|route| !route.contains("{invoice_id}")).collect();
    assert!(all.len() > 8, "{all:?}");
    all
}

/// Percent-encoded, so that any text is a parameter.
fn encoded(text: &str) -> String {
    let bytes: Vec<String> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    bytes.concat()
}

/// Goal: a cursor that no list gave is refused by its own code, on every list.
#[tokio::test]
async fn a_cursor_that_was_made_up_is_refused() {
    let attacked = Attacked::new().await;
    let long = "A".repeat(5_000);
    for route in lists(&attacked) {
        let made_up =
            ["", "0", MARK, "\u{0}", "../..", "a\r\nb", "\u{202e}", "bm90aGluZw", "🦀", &long];
        for cursor in made_up {
            let path = format!("{}?cursor={}", path_of(&route), encoded(cursor));
            let (status, answer) = attacked.ask(&route, &path, b"").await;
            let found = (status, answer["code"].as_str().unwrap_or_default());
            assert_eq!(found, (422, "cursor_invalid"), "{route} {cursor:.20}: {answer}");
        }
    }
    attacked.logged_nothing();
}

/// Goal: a cursor with the right check, which anybody can compute, leads to a place of that list or
/// is refused; it shows nothing of another account, and is no error of ours.
#[tokio::test]
async fn a_forged_cursor_shows_nothing_of_others() {
    let attacked = Attacked::new().await;
    let long = "x".repeat(2_000);
    let places = [
        "",
        " ",
        "0",
        "-1",
        "1",
        "1.1.1",
        "0.0.0",
        "4294967295.4294967295.4294967295",
        "18446744073709551615",
        "18446744073709551616",
        "ACCOUNT#other",
        "JOURNAL#",
        "m 7",
        "in_1 1",
        "1 in_1",
        "2026-11",
        "\u{0}",
        "🦀",
        MARK,
        &long,
    ];
    for route in lists(&attacked) {
        let has_account = route.contains("{id}");
        let id = ("id".to_owned(), "acme".to_owned());
        let request = runtime::Request {
            route: route.clone(),
            method: "GET".to_owned(),
            raw_path: path_of(&route),
            path: BTreeMap::from_iter(Some(id).filter(|_| has_account)),
            query: BTreeMap::new(),
            headers: http::HeaderMap::new(),
            cookies: Vec::new(),
            body: None,
            id: "r".to_owned(),
            precondition: None,
        };
        for place in places {
            let cursor = runtime::cursor::write(&request, place, Timestamp(NOW));
            let path = format!("{}?cursor={cursor}", path_of(&route));
            let (status, answer) = attacked.ask(&route, &path, b"").await;
            let code = answer["code"].as_str().unwrap_or_default();
            let is_answered = (status, code) == (422, "cursor_invalid") || status == 200;
            assert!(is_answered, "{route} {place:.20}: {status} {answer}");
            assert!(!answer.to_string().contains("other"), "{route} {place:.20}: {answer}");
        }
    }
    attacked.logged_nothing();
}

/// Goal: a parameter that a route does not take is named, on every route, and repeated as far as it
/// is short and harmless.
#[tokio::test]
async fn a_parameter_that_is_unknown_is_named() {
    let attacked = Attacked::new().await;
    let long = "z".repeat(3_000);
    for (route, _) in attacked.operations() {
        for name in [MARK, "Limit", "cursor[]", "id", "\u{202e}", "a\r\nb", &long] {
            let query = format!("{}={MARK}", encoded(name));
            let needed = if route.ends_with("/explain") { "&field=state" } else { "" };
            let path = format!("{}?{query}{needed}", path_of(&route));
            let (status, answer) = attacked.ask(&route, &path, b"{}").await;
            let found = (status, &answer["code"], faults(&answer).len());
            assert_eq!(found, (422, &json!("invalid_input"), 1), "{route} {name:.20}: {answer}");
            assert!(faults(&answer)[0].ends_with(" unknown"), "{route} {name:.20}: {answer}");
            let text = answer.to_string();
            assert!(text.len() < 1_000 && !text.contains('\u{202e}'), "{route} repeats {text}");
        }
    }
    attacked.logged_nothing();
}
