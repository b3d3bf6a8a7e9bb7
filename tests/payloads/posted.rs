//! Payloads posted to the webhook: every one is taken, none does harm.

use http::{HeaderValue, Method};
use local::Running;
use serde_json::{Value, json};

use crate::world::cloud;
use crate::{events, objects};

/// Posts an event at its own time, right and tampered with; the outcome.
async fn take(cloud: &Running, name: &str, event: &Value) -> String {
    let body = event.to_string().into_bytes();
    let (status, answer) = Box::pin(cloud.post_body(body.clone())).await;
    assert_eq!(status, 200, "{name}: {answer}");

    let mut request = cloud.event_request(body.clone());
    let mut tampered = body;
    let last = tampered.len() - 1;
    tampered[last] = b' ';
    *request.body_mut() = tampered.into();
    let response = Box::pin(cloud.send(request)).await;
    assert_eq!(response.status(), 400, "{name} was taken although tampered with");
    let _: HeaderValue = response.headers()["content-type"].clone();

    answer["outcome"].as_str().unwrap_or_default().to_owned()
}

/// Goal: each event is answered 200 with a right signature and 400 when tampered with.
#[tokio::test]
async fn every_event_of_2020_is_taken() {
    let cloud = cloud().await;
    for (name, body) in events() {
        let event: Value = serde_json::from_slice(&body).unwrap();

        let outcome = take(&cloud, &name, &event).await;

        assert!(["ignored", "queued"].contains(&outcome.as_str()), "{name}: {outcome}");
    }
}

/// Goal: each object is taken in events that carry such an object, and a dead letter has a reason.
#[tokio::test]
async fn every_object_of_2026_is_taken() {
    let cloud = cloud().await;
    for (name, object) in &objects() {
        let kinds: &[&str] = match name.as_str() {
            "invoice" => {
                &["invoice.created", "invoice.finalized", "invoice.paid", "invoice.voided"]
            }
            "credit_note" => &["credit_note.created", "credit_note.voided"],
            "subscription" => &["customer.subscription.created", "customer.subscription.deleted"],
            "customer" => &["customer.updated", "customer.deleted"],
            _ => &["invoice.paid", "charge.updated"],
        };
        for kind in kinds {
            let event = json!({
                "id": format!("evt_{name}"),
                "object": "event",
                "api_version": "2026-09-30.endive",
                "created": 1_795_338_000,
                "data": { "object": object },
                "livemode": false,
                "type": kind,
            });
            take(&cloud, &format!("{name} as {kind}"), &event).await;
        }
    }
    cloud.clock().run_due().await;
    let path = "/v1/staff/dead-letters?limit=100";
    let (status, letters) =
        Box::pin(cloud.call(cloud.staff_key(), Method::GET, path, &Value::Null)).await;
    assert_eq!(status, 200, "{letters}");
    for letter in letters["data"].as_array().unwrap() {
        assert!(letter["reason"].as_str().is_some_and(|reason| reason.len() > 10), "{letter}");
    }
}
