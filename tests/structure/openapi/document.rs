//! The whole description, put together from the table of routes.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::problem;
use super::route::{Answer, Body, Key, Request, Route, takes_if_match};
use super::webhook::{complete, webhook};
use crate::routes::is_keyless;

/// Conventions that hold for every route.
const ABOUT: &str = "Serverless billing on AWS and Stripe. Money is in minor units, times are RFC \
                     3339 in UTC, ids are strings. The gateway's own answers (413, 429, 500, 503) \
                     are `{\"message\"}`: judge them by their status.";

/// Generators of what is answered and of what is asked: a field that is always written may be left
/// out of a request.
struct Generators {
    answers: SchemaGenerator,
    requests: SchemaGenerator,
    /// Answers that many routes share.
    shared: Map<String, Value>,
}

impl Generators {
    fn new() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
            })
        };
        Self {
            answers: settings().for_serialize().into_generator(),
            requests: settings().for_deserialize().into_generator(),
            shared: Map::new(),
        }
    }

    /// Every named schema. A name stands for one schema, whoever sends it.
    fn schemas(&mut self) -> Map<String, Value> {
        let mut all = self.answers.take_definitions(true);
        for (name, schema) in self.requests.take_definitions(true) {
            let known = all.insert(name.clone(), schema.clone());
            let differs = known.is_some_and(|known| known != schema);
            assert!(!differs, "`{name}` is one thing in a request and another in an answer");
        }
        let numbered = all.keys().find(|name| name.ends_with(|c: char| c.is_ascii_digit()));
        assert!(numbered.is_none(), "two types have the name of {numbered:?}: rename one");
        all
    }
}

/// The description of the API.
pub fn document(routes: &[Route]) -> Value {
    let mut generators = Generators::new();
    let webhook = webhook();
    let mut paths = Map::new();
    for route in routes.iter().chain([&webhook]) {
        let (method, path) = route.key.split_once(' ').expect("a route key");
        let mut operation = operation(&mut generators, route);
        if route.key == webhook.key {
            complete(&mut operation);
        }
        let methods = paths.entry(path).or_insert_with(|| json!({}));
        methods[method.to_lowercase()] = operation;
    }

    let all: Vec<&Route> = routes.iter().chain([&webhook]).collect();
    let problems = problem::schemas(&mut generators.answers, &all);
    let mut schemas = generators.schemas();
    schemas.extend(problems);
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tollgate",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "key": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": generators.shared,
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key of the vendor, of staff, or of one account with a role.",
                },
            },
        },
    });
    without_requirements(&mut document);
    document
}

/// Takes the numbers of our own requirements, such as ` (A1 to A4)`, out of descriptions.
fn without_requirements(value: &mut Value) {
    match value {
        Value::String(text) => {
            while let Some((before, rest)) = text.split_once(" (") {
                let Some((inside, after)) = rest.split_once(')') else { break };
                let is_number = |word: &str| {
                    let digits = word.strip_prefix(|c: char| c.is_ascii_uppercase());
                    digits
                        .is_some_and(|it| !it.is_empty() && it.bytes().all(|b| b.is_ascii_digit()))
                };
                let mut words = inside.split([' ', ',']).filter(|it| !["", "to"].contains(it));
                if !words.all(is_number) {
                    break;
                }
                *text = format!("{before}{after}");
            }
        }
        Value::Array(all) => all.iter_mut().for_each(without_requirements),
        Value::Object(all) => all.values_mut().for_each(without_requirements),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn numbers_of_requirements_are_not_published() {
    let mut value = json!({ "a": ["An account (A1 to A4).", "Mails (F1, F5) (RFC 9457)."] });
    without_requirements(&mut value);
    assert_eq!(value, json!({ "a": ["An account.", "Mails (RFC 9457)."] }));
}

fn operation(generators: &mut Generators, route: &Route) -> Value {
    let mut responses = Map::new();
    for answer in &route.answers {
        responses.insert(answer.status.to_string(), response(&mut generators.answers, answer));
    }
    if route.key.starts_with("GET ") {
        let known = "The answer is the one whose `ETag` came in `If-None-Match`.";
        responses.insert("304".to_owned(), json!({ "description": known }));
    }
    for (status, response) in
        problem::responses(&mut generators.answers, route, &mut generators.shared)
    {
        responses.insert(status.to_string(), response);
    }
    let mut operation = json!({
        "operationId": operation_id(route.key),
        "summary": route.summary,
        "responses": responses,
    });
    let parameters = parameters(route);
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    if let Some(request) = &route.request {
        let schema = match request {
            Request::Typed(made) => made(&mut generators.requests).to_value(),
            Request::ByHand(schema) => schema.clone(),
        };
        let content = json!({ "application/json": { "schema": schema } });
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    if is_keyless(route.key) {
        operation["security"] = json!([]);
    }
    operation
}

/// `GET /v1/accounts/{id}/access` is `get_accounts_id_access`.
fn operation_id(key: &str) -> String {
    let words = key.split(|c: char| !c.is_alphanumeric()).filter(|it| !it.is_empty());
    let words: Vec<String> = words.filter(|it| *it != "v1").map(str::to_lowercase).collect();
    words.join("_")
}

fn response(generator: &mut SchemaGenerator, answer: &Answer) -> Value {
    let (kind, schema) = match answer.body {
        Body::One(made) => ("application/json", made(generator).to_value()),
        Body::BySight(made, of_member) => {
            let (all, member) = (made(generator), of_member(generator));
            ("application/json", json!({ "anyOf": [all, member] }))
        }
        Body::AllBySight(made, of_member) => {
            let (all, member) = (made(generator), of_member(generator));
            ("application/json", page(&json!({ "anyOf": [all, member] })))
        }
        Body::All(made) | Body::Page(made) => {
            ("application/json", page(&made(generator).to_value()))
        }
        Body::Csv => ("text/csv", json!({ "type": "string" })),
        Body::Html => ("text/html", json!({ "type": "string" })),
        Body::Object => ("application/json", json!({ "type": "object" })),
        Body::Nothing => return json!({ "description": answer.description }),
    };
    let mut content = Map::new();
    content.insert(kind.to_owned(), json!({ "schema": schema }));
    json!({ "description": answer.description, "content": content })
}

fn page(items: &Value) -> Value {
    json!({
        "type": "object",
        "required": ["data", "next_cursor"],
        "properties": {
            "data": { "type": "array", "items": items },
            "next_cursor": {
                "type": ["string", "null"],
                "description": "Place of the next page; null on the last.",
            },
        },
    })
}

fn parameters(route: &Route) -> Vec<Value> {
    let names = route.key.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    let mut all: Vec<Value> = names
        .map(|(name, _)| {
            let schema = json!({ "type": "string" });
            json!({ "name": name, "in": "path", "required": true, "schema": schema })
        })
        .collect();
    all.extend(route.queries.iter().map(|query| {
        json!({
            "name": query.name,
            "in": "query",
            "required": query.required,
            "description": query.description,
            "schema": query.schema,
        })
    }));
    if route.idempotency != Key::Unknown {
        all.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": route.idempotency == Key::Needed,
            "description": "The same key and body are answered alike; another body is refused.",
            "schema": {
                "type": "string",
                "minLength": 1,
                "maxLength": runtime::input::IDEMPOTENCY_KEY_CHARACTERS_MAX,
            },
        }));
    }
    if takes_if_match(route.key) {
        all.push(json!({
            "name": "If-Match",
            "in": "header",
            "required": false,
            "description": "The `ETag` of what the caller has read: a change since then is 412.",
            "schema": { "type": "string" },
        }));
    }
    all
}
