//! Writes of endpoints that get events. One of them is there: `first`, which accepts all.

use serde_json::{Value, json};

use super::case::{Case, Repeat, case};

pub(super) fn cases() -> Vec<Case> {
    let settings = json!({ "url": "https://hooks.example.com/", "enabled": true });
    let first = |rest: &str| format!("/v1/event-endpoints/first/{rest}");
    vec![
        case("PUT /v1/event-endpoints/{endpoint_id}", "/v1/event-endpoints/backend", settings)
            .but(Repeat::Secret),
        case("POST /v1/event-endpoints/{endpoint_id}/rotate", &first("rotate"), Value::Null)
            .but(Repeat::Secret),
        case("POST /v1/event-endpoints/{endpoint_id}/test", &first("test"), Value::Null)
            .but(Repeat::Fresh),
        case("POST /v1/event-endpoints/{endpoint_id}/enable", &first("enable"), Value::Null),
        case(
            "POST /v1/event-endpoints/{endpoint_id}/deliveries/{delivery_id}/resend",
            &first("deliveries/evt_group_1/resend"),
            Value::Null,
        ),
        case(
            "DELETE /v1/event-endpoints/{endpoint_id}",
            "/v1/event-endpoints/backend",
            Value::Null,
        ),
    ]
}
