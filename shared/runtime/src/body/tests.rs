use billing::details::Field;
use billing::money::Money;
use serde::Deserialize;
use serde_json::{Value, json};

use super::*;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Thing {
    name: String,
    seats: u32,
    tokens: i64,
    enabled: bool,
    kind: Kind,
    parts: Vec<Part>,
    #[serde(default)]
    limit: Option<Money>,
    #[serde(default)]
    company: Field<String>,
    note: Option<String>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Old,
    New,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    id: String,
    role: String,
}

fn good() -> Value {
    json!({
        "name": "a", "seats": 1, "tokens": -1, "enabled": true, "kind": "new",
        "parts": [{ "id": "p", "role": "r" }], "limit": { "amount": 1, "currency": "usd" },
        "company": null,
    })
}

/// Faults of a body as `field code`.
fn faults(body: &Value) -> Vec<String> {
    let problem = read::<Thing>(body.to_string().as_bytes()).unwrap_err();
    assert_eq!((problem.status, problem.code), (422, "invalid_input"));
    let fields = problem.fields.iter().map(|fault| {
        let code = serde_json::to_value(fault.code).unwrap();
        format!("{} {}", fault.field, code.as_str().unwrap())
    });
    fields.collect()
}

/// Goal: a good body is read, whatever of it is left out.
#[test]
fn a_good_body_is_read() {
    let thing: Thing = read(good().to_string().as_bytes()).unwrap();
    assert_eq!((thing.kind, thing.company, thing.note), (Kind::New, Field::Cleared, None));
    assert_eq!(thing.parts, [Part { id: "p".to_owned(), role: "r".to_owned() }]);
}

/// Goal: every fault is named at once, with its path and kind, and no other.
#[test]
fn every_fault_is_named_at_once() {
    let body = json!({
        "seats": 5_000_000_000_u64, "tokens": 1.5, "enabled": "yes", "kind": "other",
        "parts": [{ "id": 7, "role": "r" }, { "role": "r", "colour": 1 }, "x"],
        "limit": { "amount": "1", "currency": "zz" }, "company": 1, "note": [], "more": 1,
    });
    let mut found = faults(&body);
    found.sort();
    assert_eq!(
        found,
        [
            "company wrong_type",
            "enabled wrong_type",
            "kind invalid",
            "limit.amount wrong_type",
            "limit.currency invalid",
            "more unknown",
            "name missing",
            "note wrong_type",
            "parts[0].id wrong_type",
            "parts[1].colour unknown",
            "parts[1].id missing",
            "parts[2] wrong_type",
            "seats out_of_range",
            "tokens wrong_type",
        ]
    );

    let every = ["enabled", "kind", "name", "parts", "seats", "tokens"];
    let mut missing = faults(&json!({}));
    missing.sort();
    assert_eq!(missing, every.map(|name| format!("{name} missing")));
    for other in [json!([]), json!("a"), json!(1), json!(null), json!([["a"]])] {
        assert_eq!(faults(&other), ["body wrong_type"], "{other}");
    }
}

/// Goal: each wrong type of each field is that field's fault alone.
#[test]
fn each_wrong_type_is_the_fields_fault_alone() {
    let wrong =
        [json!(null), json!(true), json!(1), json!("x"), json!([]), json!({}), json!(1e300)];
    let mut tried = 0;
    for name in good().as_object().unwrap().keys() {
        for value in &wrong {
            let mut body = good();
            body[name] = value.clone();
            if read::<Thing>(body.to_string().as_bytes()).is_ok() {
                continue;
            }
            let found = faults(&body);
            let is_of_field = |fault: &String| fault.starts_with(name.as_str());
            assert!(!found.is_empty() && found.iter().all(is_of_field), "{body}: {found:?}");
            tried += 1;
        }
    }
    assert!(tried > 30, "{tried}");
}

/// Goal: what is no JSON is 400, and neither the parser's words nor a caller's text come back.
#[test]
fn what_is_no_json_cannot_be_read_and_nothing_long_is_repeated() {
    for body in ["", " ", "{", "{\"name\": NaN}", "\u{feff}{}", "{} {}", "<a>"] {
        let problem = read::<Thing>(body.as_bytes()).unwrap_err();
        assert_eq!((problem.status, problem.code), (400, "body_unreadable"), "{body:?}");
    }
    assert_eq!(read::<Thing>(b"\xff").unwrap_err().status, 400);

    let long = "x".repeat(60_000);
    let body = json!({ long.as_str(): 1, "name": { "a": long }, "kind": long });
    let problem = read::<Thing>(body.to_string().as_bytes()).unwrap_err();
    let written = serde_json::to_string(&problem).unwrap();
    assert!(written.len() < 2_000 && !written.contains("expected a"), "{written}");
}

/// Goal: a field that is given twice is refused, so that no two readers differ.
#[test]
fn a_field_given_twice_is_refused() {
    let twice = good().to_string().replacen('{', "{\"name\":\"b\",", 1);
    assert_eq!(read::<Thing>(twice.as_bytes()).unwrap_err().status, 422);
}
