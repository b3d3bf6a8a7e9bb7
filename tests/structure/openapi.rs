//! The API's description, `openapi.json`: generated from the types of the contract and a table of
//! routes, committed, and served as it is committed.

mod accounts;
mod codes;
mod document;
mod events;
mod families;
mod money;
mod problem;
mod route;
mod staff;
mod transfers;
mod webhook;

use std::collections::BTreeSet;

use runtime::problem::FieldProblem;
use serde_json::{Value, json};

use self::document::document;
pub use self::route::{Route, takes_if_match};
use crate::routes::{DEFAULT, SIGNED, deployed, is_page};
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
    all.extend(events::routes());
    all.extend(money::routes());
    all.extend(transfers::routes());
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
    let mut deployed: BTreeSet<String> = deployed(&template()).into_values().flatten().collect();
    // What has no route has no description.
    assert!(deployed.remove(DEFAULT), "template.yaml has no default route");
    deployed.retain(|route| !is_page(route));
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
    let mut least = serde_json::to_value(&full).expect("JSON");
    full.fields = vec![FieldProblem::missing("a")];
    full.reasons = vec![billing::reason::Reason::new("a", "", "")];
    full.conditions = vec![billing::cancellation::Condition {
        code: "a".to_owned(),
        met: false,
        detail: String::new(),
        clears_by: None,
    }];
    let mut full = serde_json::to_value(&full).expect("JSON");
    // The edge adds it to every problem.
    full["request_id"] = json!("r-1");
    least["request_id"] = json!("r-1");

    let document = document(&routes());
    let schemas = &document["components"]["schemas"];
    let required = |name: &str| -> BTreeSet<String> {
        let required = schemas[name]["required"].as_array().expect("a list");
        required.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    assert_eq!(names(&schemas["Problem"]["properties"]), names(&full));
    assert_eq!(required("Problem"), names(&least));
    assert_eq!(required("FieldProblem"), names(&full["fields"][0]));
    // Reasons of access and explanations may name an invoice, too.
    assert_eq!(required("ReasonView"), names(&full["reasons"][0]));
    let condition = names(&schemas["ConditionView"]["properties"]);
    assert!(names(&full["conditions"][0]).is_subset(&condition));
}

/// Goal: a route takes the parameters of the query that are described, and refuses any other.
#[test]
fn every_parameter_of_the_query_is_described() {
    let described: BTreeSet<String> = routes()
        .iter()
        .flat_map(|route| route.queries.iter().map(|query| format!("{} {}", route.key, query.name)))
        .collect();
    let taken: BTreeSet<String> = runtime::query::routes()
        .flat_map(|route| {
            let parameters = runtime::query::parameters(route).iter();
            parameters.map(move |(name, _)| format!("{route} {name}"))
        })
        .collect();

    assert_eq!(
        described, taken,
        "openapi's table of routes and shared/runtime/src/query.rs differ"
    );
}

/// Goal: each code of a problem has a page that says what to do, and each page a code.
#[test]
fn every_code_of_a_problem_has_a_page() {
    let pages = messages::Language::English.guides().into_iter().map(|(code, _)| code.to_owned());
    let pages: Vec<String> = pages.collect();

    assert!(pages.is_sorted(), "shared/messages/src/english/problems.rs is not in order");
    let written: BTreeSet<String> = codes::written();
    let explained: BTreeSet<String> = pages.into_iter().collect();
    let lacking: Vec<_> = written.difference(&explained).collect();
    let strange: Vec<_> = explained.difference(&written).collect();
    let file = "shared/messages/src/english/problems.rs";
    assert!(lacking.is_empty(), "{file} lacks a page for {lacking:?}");
    assert!(strange.is_empty(), "{file} has a page that no code leads to: {strange:?}");
}
