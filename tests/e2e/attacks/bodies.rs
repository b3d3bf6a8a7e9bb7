//! Bodies of every wrong type, at every route that takes one.

use serde_json::{Value, json};

use super::{Attacked, MARK, faults, path_of};

/// Routes that look for what their path names before they judge the body.
const LOOKING_FIRST: [&str; 4] = [
    "POST /v1/accounts/{id}/credits/reservations/{reservation_id}/settle",
    "POST /v1/accounts/{id}/sub-accounts",
    "PATCH /v1/accounts/{id}/sub-accounts/{sub_id}",
    "PUT /v1/accounts/{id}/sub-accounts/{sub_id}/billing-model",
];

/// Routes with readings of their own: events one by one, and a price with what is known of it.
const READ_OTHERWISE: [&str; 2] = ["POST /v1/usage", "POST /v1/staff/price-changes"];

/// True for the answer of a route that looks first to an id of nothing.
fn is_unknown(route: &str, answer: &Value) -> bool {
    let is_refused = answer["code"] == "not_found" || answer["code"] == "not_a_parent";
    LOOKING_FIRST.contains(&route) && is_refused
}

/// Routes that take a body, with its schema.
fn taking_bodies(attacked: &Attacked) -> Vec<(String, Value)> {
    let operations = attacked.operations().into_iter();
    let with_schema = operations.filter_map(|(route, operation)| {
        let schema = operation.get("requestBody")?["content"]["application/json"]["schema"].clone();
        Some((route, attacked.schema(&schema).clone()))
    });
    let all: Vec<_> = with_schema.collect();
    assert!(all.len() > 30, "{}", all.len());
    all
}

/// Types of JSON that a schema takes.
fn types(attacked: &Attacked, schema: &Value) -> Vec<String> {
    let schema = attacked.schema(schema);
    let listed = match &schema["type"] {
        Value::String(one) => vec![one.clone()],
        Value::Array(all) => all.iter().map(|it| it.as_str().unwrap().to_owned()).collect(),
        _ => Vec::new(),
    };
    let parts = ["anyOf", "oneOf"].iter().filter_map(|part| schema[*part].as_array()).flatten();
    let constants = schema.get("enum").or(schema.get("const")).map(|_| "string".to_owned());
    listed
        .into_iter()
        .chain(parts.flat_map(|part| types(attacked, part)))
        .chain(constants)
        .collect()
}

/// Goal: a body that is JSON and no object is refused by its type.
#[tokio::test]
async fn a_body_of_another_type_is_refused() {
    let attacked = Attacked::new().await;
    let mut wrong = Vec::new();
    for (route, _) in taking_bodies(&attacked) {
        for body in ["null", "true", "12", "-1.5e3", "[]", "[{}]", &json!(MARK).to_string()] {
            let (status, answer) = attacked.ask(&route, &path_of(&route), body.as_bytes()).await;
            let found = (status, answer["code"].as_str().unwrap(), faults(&answer));
            let expected = vec!["body wrong_type".to_owned()];
            if found != (422, "invalid_input", expected) && !is_unknown(&route, &answer) {
                wrong.push(format!("{route} {body}: {answer}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    attacked.logged_nothing();
}

/// Goal: every field that has another type than it should is named, with that, wherever it stands.
#[tokio::test]
async fn a_field_of_another_type_is_named() {
    let attacked = Attacked::new().await;
    let mut wrong = Vec::new();
    let values = [
        ("boolean", json!(true)),
        ("number", json!(12.5)),
        ("integer", json!(7)),
        ("string", json!(format!("{MARK}{}", "x".repeat(300)))),
        ("array", json!([MARK])),
        ("object", json!({ MARK: MARK })),
    ];
    let mut tried = 0;
    for (route, schema) in taking_bodies(&attacked) {
        if READ_OTHERWISE.contains(&route.as_str()) {
            continue;
        }
        // Some routes have a budget of each minute.
        attacked.cloud.clock().advance("1m").await.unwrap();
        for (field, of_field) in schema["properties"].as_object().into_iter().flatten() {
            let taken = types(&attacked, of_field);
            for (kind, value) in &values {
                let is_whole = *kind == "integer" && taken.iter().any(|it| it == "number");
                if is_whole || taken.is_empty() || taken.iter().any(|it| it == kind) {
                    continue;
                }
                let body = json!({ field.as_str(): value }).to_string();
                let (status, answer) =
                    attacked.ask(&route, &path_of(&route), body.as_bytes()).await;
                let named = faults(&answer);
                let expected = format!("{field} wrong_type");
                let is_named = (status, &answer["code"]) == (422, &json!("invalid_input"))
                    && named.contains(&expected)
                    && answer.to_string().len() < 3_000;
                if !is_named && !is_unknown(&route, &answer) {
                    wrong.push(format!("{route} {body}: {status} {named:?}"));
                }
                tried += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(tried > 300, "{tried}");
    attacked.logged_nothing();
}

/// Goal: a field that a route does not take is named, and repeated as far as it is short.
#[tokio::test]
async fn a_field_that_is_unknown_is_named() {
    let attacked = Attacked::new().await;
    let mut wrong = Vec::new();
    let long = format!("{MARK}{}", "x".repeat(5_000));
    for (route, _) in taking_bodies(&attacked) {
        for field in [MARK, "__proto__", "id\u{0}", "\u{202e}eman", &long] {
            let body = json!({ field: 1 }).to_string();
            let (status, answer) = attacked.ask(&route, &path_of(&route), body.as_bytes()).await;
            let named = faults(&answer);
            let text = answer.to_string();
            let is_clean = !text.contains('\u{202e}') && !text.contains("\\u0000");
            let is_named = (status, &answer["code"]) == (422, &json!("invalid_input"))
                && named.iter().any(|it| it.ends_with(" unknown"));
            let is_right = is_named && text.len() < 3_000 && is_clean;
            if !is_right && !is_unknown(&route, &answer) {
                wrong.push(format!("{route} {field}: {text}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    attacked.logged_nothing();
}
