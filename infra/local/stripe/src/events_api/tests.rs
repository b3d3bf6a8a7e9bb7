//! Events as callers read them.

use billing::time::DAY_SECONDS;
use http::Method;
use serde_json::{Value, json};

use crate::testing::{World, id};

fn kinds(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect()
}

fn world() -> World {
    let mut world = World::new();
    let customer = id(&world.post("/v1/customers", "name=a"));
    world.now = world.now.plus_seconds(60);
    world.post(&format!("/v1/customers/{customer}"), "name=b");
    world.post("/v1/products", "name=p");
    world
}

/// Goal: an event shows the object as it was then, what was different before, and who asked for it.
#[test]
fn an_event_has_the_object_as_it_was() {
    let mut world = world();
    let list = world.get("/v1/events");
    assert_eq!(kinds(&list), ["product.created", "customer.updated", "customer.created"]);
    let update = &list["data"][1];
    assert_eq!(world.get(&format!("/v1/events/{}", id(update))), *update);
    assert_eq!(update["data"]["object"]["name"], "b");
    assert_eq!(update["data"]["previous_attributes"], json!({ "name": "a" }));
    assert!(list["data"][2]["data"].get("previous_attributes").is_none());
    assert_eq!(update["created"], world.now.0);
    assert!(update["request"]["id"].as_str().unwrap().starts_with("req_"));
    assert_eq!(world.send(Method::GET, "/v1/events/evt_1", "").0, 404);
}

#[test]
fn lists_are_filtered() {
    let mut world = world();
    let (product, update, creation) = ("product.created", "customer.updated", "customer.created");
    let since = format!("created[gte]={}", world.now.0);
    for (query, found) in [
        ("type=customer.created", vec![creation]),
        ("type=customer.*", vec![update, creation]),
        ("type=*.created", vec![product, creation]),
        ("type=*", vec![product, update, creation]),
        ("type=c*r.*ed", vec![update, creation]),
        ("type=c**ed", vec![update, creation]),
        ("type=customer", vec![]),
        ("type=customer.create", vec![]),
        ("types[]=customer.created&types[]=product.created", vec![product, creation]),
        ("types[]=customer.*", vec![]),
        (&since, vec![product, update]),
        ("limit=1", vec![product]),
        ("delivery_success=true", vec![product, update, creation]),
        ("delivery_success=false", vec![]),
    ] {
        assert_eq!(kinds(&world.get(&format!("/v1/events?{query}"))), found, "{query}");
    }
    let types = "&types[]=a".repeat(21);
    for query in [format!("type=a{types}"), types, "type=a&types[]=b".to_owned()] {
        let (status, body) = world.send(Method::GET, &format!("/v1/events?{query}"), "");
        assert_eq!((status, &body["error"]["param"]), (400, &json!("types")));
    }
}

/// Goal: what an endpoint has not taken is found by `delivery_success=false`.
#[test]
fn undelivered_events_are_found() {
    let mut world = World::new();
    let form = "url=https://a.b&enabled_events[]=customer.created";
    world.post("/v1/webhook_endpoints", form);
    world.post("/v1/customers", "");
    world.post("/v1/products", "name=p");
    let undelivered = world.get("/v1/events?delivery_success=false");
    assert_eq!(kinds(&undelivered), ["customer.created"]);
    assert_eq!(undelivered["data"][0]["pending_webhooks"], 1);
    assert_eq!(kinds(&world.get("/v1/events?delivery_success=true")), ["product.created"]);
}

/// Goal: events can be read for 30 days and take no memory after that, whatever test clocks say.
#[test]
fn events_are_forgotten_after_30_days() {
    let mut world = World::new();
    let clock = id(&world.post("/v1/test_helpers/test_clocks", "frozen_time=1000000"));
    let form = format!("test_clock={clock}");
    world.post("/v1/customers", &form);
    world.advance(DAY_SECONDS);
    world.post("/v1/customers", &form);
    world.advance(29 * DAY_SECONDS);
    assert_eq!(world.events().len(), 3, "to the second");
    world.advance(1);
    assert_eq!(kinds(&world.get("/v1/events")), ["customer.created"]);
    assert_eq!(world.engine.stripe.events.iter().count(), 1);
    world.advance(DAY_SECONDS);
    assert_eq!(world.get("/v1/events")["data"], json!([]));
}

/// Goal: time that leaps does not lose an event before its endpoint had it.
#[test]
fn an_event_on_its_way_is_kept() {
    let mut world = World::new();
    world.post("/v1/webhook_endpoints", "url=https://a.b&enabled_events[]=*");
    world.post("/v1/customers", "");
    world.advance(40 * DAY_SECONDS);
    assert_eq!(world.events(), ["customer.created"]);
    assert_eq!(world.get("/v1/events")["data"], json!([]), "but nobody can read it");
    let event = world.engine.stripe.events.iter().next().unwrap().id.clone();
    assert_eq!(world.send(Method::GET, &format!("/v1/events/{event}"), "").0, 404);
}
