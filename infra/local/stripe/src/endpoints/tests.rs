//! Webhook endpoints as callers see them.

use http::Method;
use serde_json::json;

use crate::testing::{World, id};

const PATH: &str = "/v1/webhook_endpoints";

/// Goal: the secret is shown once, when the endpoint is made.
#[test]
fn an_endpoint_is_made_changed_and_deleted() {
    let mut world = World::new();
    let form = "url=https://a.b/c&enabled_events[]=invoice.paid&enabled_events[]=charge.failed\
                &description=d&metadata[a]=b&api_version=2026-09-30.endive";
    let endpoint = world.post(PATH, form);
    let secret = endpoint["secret"].as_str().unwrap();
    let kept = world.engine.stripe.endpoints.get(&id(&endpoint)).unwrap().secrets.clone();
    assert_eq!(kept, [(secret.to_owned(), None)]);
    assert!(secret.starts_with("whsec_"));
    let path = format!("{PATH}/{}", id(&endpoint));
    let expected = json!({
        "id": endpoint["id"], "object": "webhook_endpoint", "api_version": "2026-09-30.endive",
        "application": null, "created": world.now.0, "description": "d",
        "enabled_events": ["invoice.paid", "charge.failed"], "livemode": false,
        "metadata": { "a": "b" }, "status": "enabled", "url": "https://a.b/c",
    });
    assert_eq!(world.get(&path), expected, "without the secret");

    let form = "disabled=true&url=http://127.0.0.1:1/&enabled_events[]=*&description=&metadata=";
    let changed = world.post(&path, form);
    assert_eq!((&changed["status"], &changed["description"]), (&json!("disabled"), &json!(null)));
    assert_eq!((&changed["enabled_events"], &changed["metadata"]), (&json!(["*"]), &json!({})));
    assert!(!world.engine.stripe.endpoints.get(&id(&endpoint)).unwrap().enabled);
    assert_eq!(world.post(&path, "disabled=false")["status"], "enabled");

    assert_eq!(world.delete(&path)["deleted"], true);
    assert_eq!(world.send(Method::GET, &path, "").0, 404);
    assert!(world.events().is_empty(), "Stripe tells nobody of endpoints");
}

#[test]
fn wrong_endpoints_are_refused() {
    let mut world = World::new();
    for (form, param) in [
        ("enabled_events[]=*", "url"),
        ("url=https://a.b", "enabled_events"),
        ("url=a.b&enabled_events[]=*", "url"),
        ("url=https://a.b&enabled_events[]=invoice.eaten", "enabled_events[0]"),
        ("url=https://a.b&enabled_events[]=*&connect=true", "connect"),
    ] {
        let (status, error) = world.refused(PATH, form);
        assert_eq!((status, error["param"].as_str()), (400, Some(param)), "{form}: {error}");
    }
    for _ in 0..16 {
        world.post(PATH, "url=https://a.b&enabled_events[]=*");
    }
    let (_, error) = world.refused(PATH, "url=https://a.b&enabled_events[]=*");
    assert_eq!(error["message"], "You have reached the maximum of 16 test webhook endpoints.");
    let first = world.get(&format!("{PATH}?limit=20"))["data"][0].clone();
    assert!(first["api_version"].is_null(), "it follows the account's");
    world.delete(&format!("{PATH}/{}", id(&first)));
    world.post(PATH, "url=https://a.b&enabled_events[]=*");
}
