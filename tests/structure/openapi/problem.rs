//! A refusal as it is described (RFC 9457).

use std::collections::BTreeSet;

use runtime::problem::FieldCode;
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};
use views::access::ReasonView;
use views::subscriptions::ConditionView;

use super::route::Route;

/// Content type of a problem.
const TYPE: &str = "application/problem+json";

/// Schemas of a problem, its code and a wrong field.
pub fn schemas(generator: &mut SchemaGenerator, routes: &[&Route]) -> Map<String, Value> {
    let codes = routes.iter().flat_map(|route| route.problems.iter().map(|(_, code)| *code));
    let mut codes: BTreeSet<&str> = codes.collect();
    // Of a path that has other methods: no described route answers so.
    codes.insert("method_not_allowed");
    let reason = generator.subschema_for::<ReasonView>();
    let condition = generator.subschema_for::<ConditionView>();
    let text = |description: &str| json!({ "type": "string", "description": description });
    let list = |description: &str, items: Value| {
        let kind = "array";
        json!({ "type": kind, "description": description, "items": items })
    };
    let field = json!({ "$ref": "#/components/schemas/FieldProblem" });
    let problem = json!({
        "type": "object",
        "description": "A refusal (RFC 9457): programs compare `code`.",
        "required": ["type", "title", "status", "code", "detail", "request_id"],
        "properties": {
            "type": text("Address of a page about the code, below `/problems/`."),
            "title": text("The status in words."),
            "status": { "type": "integer", "description": "HTTP status." },
            "code": { "$ref": "#/components/schemas/ProblemCode" },
            "detail": text("A sentence for a person."),
            "request_id": text("Id of the request, as in the header `x-request-id`."),
            "reasons": list("Every unmet condition of a refusal.", reason.to_value()),
            "conditions": list("Every condition that was checked.", condition.to_value()),
            "fields": list("Every field that is wrong.", field),
        },
    });
    let code = json!({
        "type": "string",
        "description": "Stable code of a refusal. Codes may be added.",
        "enum": codes,
    });
    let wrong = json!({
        "type": "object",
        "description": "A field that is wrong.",
        "required": ["field", "code", "detail"],
        "properties": {
            "field": text("The field as a path, such as `members[0].role`."),
            "code": {
                "type": "string",
                "description": "Kind of the fault. Kinds may be added.",
                "enum": FieldCode::ALL,
            },
            "detail": text("The fault in a sentence."),
        },
    });
    let named = [("Problem", problem), ("ProblemCode", code), ("FieldProblem", wrong)];
    named.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

/// Answers of a route that are problems, by status. What many routes answer alike is named, and
/// kept once in `shared`.
pub fn responses(
    generator: &mut SchemaGenerator,
    route: &Route,
    shared: &mut Map<String, Value>,
) -> Vec<(u16, Value)> {
    let statuses: BTreeSet<u16> = route.problems.iter().map(|(status, _)| *status).collect();
    let mut responses = Vec::new();
    for status in statuses {
        let response = response(generator, (route, status));
        let mut of_status = route.problems.iter().filter(|(of, _)| *of == status);
        let is_extended = route.extras.iter().any(|(of, _, _)| *of == status);
        let named = match (of_status.next(), of_status.next()) {
            (Some((_, code)), None) if !is_extended => {
                let name = format!("{status}_{code}");
                let reference = json!({ "$ref": format!("#/components/responses/{name}") });
                shared.insert(name, response);
                reference
            }
            _ => response,
        };
        responses.push((status, named));
    }
    responses
}

fn response(generator: &mut SchemaGenerator, (route, status): (&Route, u16)) -> Value {
    let codes = route.problems.iter().filter(|(of, _)| *of == status).map(|(_, code)| *code);
    let codes: BTreeSet<&str> = codes.collect();
    let mut properties = json!({ "code": { "enum": codes } });
    for (_, name, made) in route.extras.iter().filter(|(of, _, _)| *of == status) {
        properties[*name] = made(generator).to_value();
    }
    let schema = json!({
        "allOf": [{ "$ref": "#/components/schemas/Problem" }, { "properties": properties }],
    });
    let named: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    let mut content = Map::new();
    content.insert(TYPE.to_owned(), json!({ "schema": schema }));
    let mut response = json!({ "description": named.join(", "), "content": content });
    if status == 503 {
        response["headers"] = json!({
            "Retry-After": {
                "description": "Seconds after which to try again.",
                "schema": { "type": "integer" },
            },
        });
    }
    response
}
