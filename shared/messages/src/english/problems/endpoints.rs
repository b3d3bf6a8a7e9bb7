//! Codes of problems with endpoints that get events.

use crate::guide::{Guide, guide};

/// Guide to each of these codes.
pub(crate) const GUIDES: &[(&str, Guide)] = &[
    guide(
        "delivery_pending",
        "The delivery failed and is tried again by itself, in the order of its account's events.",
        "Wait for its next attempt, or enable the endpoint again if it is disabled.",
    ),
    guide(
        "too_many_endpoints",
        "There are as many endpoints as there can be.",
        "Delete one that is not used.",
    ),
];
