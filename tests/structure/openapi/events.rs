//! Routes of events out.

use serde_json::json;
use views::endpoints::{DeliveryView, EndpointView, OutcomeView};
use views::events::{EventPageView, EventView};
use views::requests::events::SaveEndpoint;

use super::route::{Route, VENDOR, VENDOR_AND_STAFF, route};

/// Those routes.
pub fn routes() -> Vec<Route> {
    let text = || json!({ "type": "string" });
    let mut all = about_endpoints();
    all.extend([
        route("GET /v1/events", VENDOR_AND_STAFF, "List events, the oldest first")
            .paged()
            .asks(("account", "Account whose events are listed; all accounts without it."), text())
            .asks(("types", "Types, with commas between them; all without it."), text())
            .asks(
                ("after", "Number of an account's event behind which the list begins."),
                json!({ "type": "integer", "minimum": 0 }),
            )
            .refuses(&[(404, "not_found")])
            .gives::<EventPageView>(200, "A page of events; none once you have caught up."),
        route("GET /v1/events/{event_id}", VENDOR_AND_STAFF, "Read an event")
            .gives::<EventView>(200, "The event."),
    ]);
    all
}

fn about_endpoints() -> Vec<Route> {
    let statuses = json!({ "type": "string", "enum": ["pending", "delivered", "parked"] });
    vec![
        route("GET /v1/event-endpoints", VENDOR_AND_STAFF, "List endpoints that get events")
            .gives_page::<EndpointView>("A page of endpoints, without their secrets."),
        route("GET /v1/event-endpoints/{endpoint_id}", VENDOR_AND_STAFF, "Read an endpoint")
            .gives::<EndpointView>(200, "The endpoint, without its secret."),
        route("PUT /v1/event-endpoints/{endpoint_id}", VENDOR, "Make or change an endpoint")
            .takes::<SaveEndpoint>()
            .repeatable()
            .refuses(&[(409, "secret_already_shown"), (409, "too_many_endpoints")])
            .gives::<EndpointView>(200, "The endpoint as it is now.")
            .gives::<EndpointView>(201, "The new endpoint with its secret."),
        route("DELETE /v1/event-endpoints/{endpoint_id}", VENDOR, "Delete an endpoint")
            .gives_nothing(),
        route(
            "POST /v1/event-endpoints/{endpoint_id}/enable",
            VENDOR,
            "End the disabling of an endpoint",
        )
        .gives::<EndpointView>(200, "The endpoint; what it lacks is delivered from now on."),
        route(
            "POST /v1/event-endpoints/{endpoint_id}/rotate",
            VENDOR,
            "Make a new secret; it and the one before sign for 24 hours",
        )
        .repeatable()
        .refuses(&[(409, "secret_already_shown")])
        .gives::<EndpointView>(200, "The endpoint with its new secret."),
        route("POST /v1/event-endpoints/{endpoint_id}/test", VENDOR, "Send a test event now")
            .gives::<OutcomeView>(200, "The receiver's status, or the kind of failure."),
        route(
            "GET /v1/event-endpoints/{endpoint_id}/deliveries",
            VENDOR_AND_STAFF,
            "List deliveries of the last 30 days, the newest event first",
        )
        .asks(("status", "Status of the deliveries."), statuses)
        .gives_page::<DeliveryView>("A page of deliveries."),
        route(
            "POST /v1/event-endpoints/{endpoint_id}/deliveries/{delivery_id}/resend",
            VENDOR,
            "Send the event of a delivery again",
        )
        .refuses(&[(409, "delivery_pending")])
        .gives::<DeliveryView>(200, "The delivery after this attempt."),
    ]
}
