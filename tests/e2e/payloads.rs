//! Stripe's own payloads, of many API versions: every one is taken, none does harm.
//!
//! They are not ours, so they do not lie in the project: `STRIPE_EVENTS_DIR` says where they are.

use std::path::PathBuf;

use http::HeaderValue;
use local::Running;
use serde_json::{Value, json};

use crate::world::cloud;

#[expect(
    clippy::disallowed_methods,
    reason = "where the payloads are, only whoever runs this knows"
)]
fn directory() -> Option<PathBuf> {
    let directory = std::env::var_os("STRIPE_EVENTS_DIR").map(PathBuf::from);
    if directory.is_none() {
        eprintln!("STRIPE_EVENTS_DIR is not set: Stripe's own payloads were not posted");
    }
    directory
}

/// Posts an event at its own time, right and tampered.
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

/// Goal: each is answered 200 with a right signature and 400 when tampered with, and what is dead-lettered
/// has a reason.
#[tokio::test]
async fn every_event_of_2020_is_taken() {
    let Some(directory) = directory() else { return };
    let cloud = cloud().await;
    let mut taken = 0;
    for entry in std::fs::read_dir(directory.join("events-2020")).expect("events-2020") {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let event: Value = serde_json::from_str(&text).unwrap();
        let outcome = take(&cloud, &path.display().to_string(), &event).await;
        assert!(["ignored", "queued"].contains(&outcome.as_str()), "{}: {outcome}", path.display());
        taken += 1;
    }
    assert!(taken >= 70, "only {taken} payloads were found");
}

/// Goal: the same for one object of each kind of 2026, wrapped as the events that carry such an object.
#[tokio::test]
async fn every_object_of_2026_is_taken() {
    let Some(directory) = directory() else { return };
    let text = std::fs::read_to_string(directory.join("objects-2026/fixtures3.json")).unwrap();
    let fixtures: Value = serde_json::from_str(&text).unwrap();
    let resources = fixtures["resources"].as_object().unwrap();
    assert!(resources.len() >= 170, "only {} objects were found", resources.len());
    let cloud = cloud().await;
    for (name, object) in resources {
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
    for letter in cloud.queues().messages("DeadLetterQueue").unwrap() {
        assert!(letter.reason().is_some_and(|reason| reason.len() > 10), "{}", letter.body);
    }
}
