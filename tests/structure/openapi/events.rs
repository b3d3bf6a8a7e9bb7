//! Routes of events out.

use serde_json::json;
use views::events::{EventPageView, EventView};

use super::route::{Route, VENDOR_AND_STAFF, route};

/// Those routes.
pub fn routes() -> Vec<Route> {
    let text = || json!({ "type": "string" });
    vec![
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
    ]
}
