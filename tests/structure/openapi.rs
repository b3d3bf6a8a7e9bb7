//! The API's description, `openapi.json`: generated from the types of the contract and a table of
//! routes, committed, and served as it is committed.

mod accounts;
mod codes;
mod document;
mod money;
mod problem;
mod route;
mod webhook;

use std::collections::BTreeSet;

use runtime::problem::FieldProblem;
use serde_json::{Value, json};

use self::document::document;
pub use self::route::Route;
use crate::routes::{SIGNED, deployed};
use crate::template::template;
use crate::{hold, tree};

/// The committed description, from the project's root.
const FILE: &str = "openapi.json";
/// Command that writes it.
const UPDATE: &str = "UPDATE_OPENAPI=1 cargo test -p tests --test structure openapi";

/// Routes whose request has no type of the contract. The list only shrinks.
///
/// A batch of usage is read leniently: an event that is wrong is rejected by itself, and its type
/// takes a value of any kind in each field.
const BY_HAND: [&str; 1] = ["POST /v1/usage"];

/// Every route that is described from types.
pub fn routes() -> Vec<Route> {
    let mut all = accounts::routes();
    all.extend(money::routes());
    all
}

/// The description as the file has it.
fn described() -> String {
    let document = document(&routes());
    let text = serde_json::to_string_pretty(&document).expect("a document is JSON");
    format!("{text}\n")
}

/// Goal: what is committed, and served, is what the code says.
#[test]
fn openapi_json_is_what_the_types_say() {
    let described = described();
    if is_to_be_written() {
        std::fs::write(tree::root().join(FILE), &described).expect("openapi.json is written");
    }
    assert!(tree::text(FILE) == described, "{FILE} is not what the types say: {UPDATE}");
}

#[expect(clippy::disallowed_methods, reason = "a switch for whoever runs the test by hand")]
fn is_to_be_written() -> bool {
    std::env::var("UPDATE_OPENAPI").is_ok()
}

/// Complaints about deployed routes that the description lacks, and those that it has beyond them.
fn missing_and_surplus(deployed: &BTreeSet<String>, document: &Value) -> Vec<String> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let described: BTreeSet<String> = paths
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().into_iter().flatten();
            methods.map(move |(method, _)| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    let missing = deployed.difference(&described);
    let missing =
        missing.map(|it| format!("openapi.json lacks `{it}`: describe it in {}", file!()));
    let surplus = described.difference(deployed);
    missing.chain(surplus.map(|it| format!("openapi.json has `{it}`, template.yaml not"))).collect()
}

/// Goal: every route that is deployed is described, and no other.
#[test]
fn every_route_is_described() {
    let deployed = deployed(&template()).into_values().flatten().collect();
    let document = document(&routes());
    hold(&missing_and_surplus(&deployed, &document));

    let one = BTreeSet::from(["GET /a".to_owned()]);
    let complaints = |paths: Value| missing_and_surplus(&one, &json!({ "paths": paths })).len();
    assert_eq!(complaints(json!({ "/a": { "get": {} } })), 0);
    assert_eq!(complaints(json!({ "/a": { "get": {}, "put": {} } })), 1, "surplus");
    assert_eq!(complaints(json!({})), 1, "missing");
}

/// Goal: a request without a type is an exception with a reason.
#[test]
fn only_stated_requests_are_described_by_hand() {
    let routes = routes();
    let by_hand = routes.iter().filter(|route| route.is_by_hand()).map(|route| route.key);
    assert_eq!(by_hand.collect::<Vec<_>>(), BY_HAND);
    assert!(SIGNED.iter().all(|signed| routes.iter().all(|route| route.key != *signed)));
}

/// Complaints about codes of problems in the description and in the code.
fn unmatched(described: &BTreeSet<String>, written: &BTreeSet<String>) -> Vec<String> {
    let lacking = written.difference(described);
    let lacking =
        lacking.map(|it| format!("no route of openapi.json answers with the code `{it}`"));
    let strange = described.difference(written);
    lacking.chain(strange.map(|it| format!("no source answers with the code `{it}`"))).collect()
}

/// Goal: the codes that programs compare are those that the code answers with.
#[test]
fn every_code_of_a_problem_is_described() {
    let document = document(&routes());
    let codes = document.pointer("/components/schemas/ProblemCode/enum").and_then(Value::as_array);
    let codes = codes.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    hold(&unmatched(&codes.collect(), &codes::written()));
    hold(&codes::unread());

    let set = |codes: &[&str]| codes.iter().map(|&code| code.to_owned()).collect();
    assert_eq!(unmatched(&set(&["a_b"]), &set(&["a_b"])), Vec::<String>::new());
    assert_eq!(unmatched(&set(&["a_b"]), &set(&["a_c"])).len(), 2);
}

/// Goal: a problem is described with the fields that it has.
#[test]
fn a_problem_has_the_described_fields() {
    let names = |value: &Value| -> BTreeSet<String> {
        value.as_object().expect("an object").keys().cloned().collect()
    };
    let mut full = runtime::Problem::new(409, "cancellation_blocked", "No.");
    let least = serde_json::to_value(&full).expect("JSON");
    full.fields = vec![FieldProblem { field: "a".to_owned(), detail: "No.".to_owned() }];
    full.reasons = vec![billing::reason::Reason {
        code: "a".to_owned(),
        detail: String::new(),
        clears_by: String::new(),
    }];
    full.conditions = vec![billing::cancellation::Condition {
        code: "a".to_owned(),
        met: false,
        detail: String::new(),
        clears_by: None,
    }];
    let full = serde_json::to_value(&full).expect("JSON");

    let document = document(&routes());
    let schemas = &document["components"]["schemas"];
    let required = |name: &str| -> BTreeSet<String> {
        let required = schemas[name]["required"].as_array().expect("a list");
        required.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    assert_eq!(names(&schemas["Problem"]["properties"]), names(&full));
    assert_eq!(required("Problem"), names(&least));
    assert_eq!(required("FieldProblem"), names(&full["fields"][0]));
    assert_eq!(names(&schemas["ReasonView"]["properties"]), names(&full["reasons"][0]));
    let condition = names(&schemas["ConditionView"]["properties"]);
    assert!(names(&full["conditions"][0]).is_subset(&condition));
}
