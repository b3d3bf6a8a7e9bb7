//! Events that Stripe told, as long as it keeps them (<https://docs.stripe.com/api/events/list>).

use billing::time::Timestamp;
use stripe_core::event::ListEvent;
use stripe_types::RangeQueryTs;

use super::{PAGE_OBJECTS_MAX, Request};

/// `GET /v1/events`: those since a moment, newest first, of every type: a list of types holds
/// twenty.
pub fn events_since(since: Timestamp, after: Option<&str>) -> Request {
    let list = ListEvent::new().created(RangeQueryTs::gte(since.0)).limit(PAGE_OBJECTS_MAX);
    Request::of(&match after {
        Some(after) => list.starting_after(after),
        None => list,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_listed_since_a_moment() {
        let list = events_since(Timestamp(7), Some("evt_1"));
        assert_eq!(list.target, "/v1/events?created[gte]=7&limit=100&starting_after=evt_1");
    }
}
