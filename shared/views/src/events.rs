//! Events out: what the vendor's backend is notified of.

use billing::events::EventId;
use billing::journal::events::EventType;
use billing::journal::{ActorKind, Cause, CauseKind, FieldChange};
use billing::time::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::timeline::ChangeView;

/// Version of the API in whose form objects are shown.
pub const API_VERSION: &str = "2026-12-01";

/// An event. Types and fields are added and never changed: ignore those that you do not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventView {
    /// Id of the event: the same wherever it is read, and `webhook-id` of each delivery.
    pub id: String,
    /// Type, such as `invoice.paid`.
    pub r#type: &'static str,
    /// Account.
    pub account: String,
    /// Number of the event among the account's, which count from 1 without a gap.
    pub sequence: u64,
    /// Time of the change.
    pub created: String,
    /// True where Stripe is in live mode.
    pub livemode: bool,
    /// Version of the API in whose form the object is shown.
    pub api_version: &'static str,
    /// The change.
    pub data: EventDataView,
}

/// The change that an event tells of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventDataView {
    /// The object as its route answered when the event was published, without mail addresses, tax
    /// ids, links and secrets; null where it is not kept.
    pub object: Option<Value>,
    /// The change as it was committed, field by field. Of private fields both values are null.
    pub changes: Vec<ChangeView>,
    /// Who or what made the change.
    pub actor: EventActorView,
}

/// Who or what made a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventActorView {
    /// `stripe`, `api`, `member`, `staff` or `schedule`.
    pub r#type: &'static str,
    /// Id of Stripe's event, of the key, member or person, or name of the schedule.
    pub id: String,
}

/// A page of events, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventPageView {
    /// The events; none once the reader has caught up.
    pub data: Vec<EventView>,
    /// Place behind them, from which to go on at any time.
    pub next_cursor: String,
}

/// What an event is made of besides its object.
#[derive(Debug)]
pub struct EventParts<'a> {
    /// Id.
    pub id: &'a EventId,
    /// Type.
    pub kind: EventType,
    /// Time of the commit.
    pub created: Timestamp,
    /// True where Stripe is in live mode.
    pub livemode: bool,
    /// Changes that are shown.
    pub changes: &'a [FieldChange],
    /// Cause of the commit.
    pub cause: &'a Cause,
}

impl EventView {
    /// View of an event with its object.
    pub fn of(parts: &EventParts<'_>, object: Option<Value>) -> Self {
        Self {
            id: parts.id.to_string(),
            r#type: parts.kind.as_str(),
            account: parts.id.account.to_string(),
            sequence: parts.id.sequence,
            created: parts.created.to_string(),
            livemode: parts.livemode,
            api_version: API_VERSION,
            data: EventDataView {
                object,
                changes: parts.changes.iter().map(ChangeView::of).collect(),
                actor: EventActorView::of(parts.cause),
            },
        }
    }
}

impl EventActorView {
    fn of(cause: &Cause) -> Self {
        if let Some(actor) = &cause.actor {
            let r#type = match actor.kind {
                ActorKind::Key => "api",
                ActorKind::Member => "member",
                ActorKind::Staff => "staff",
            };
            return Self { r#type, id: actor.id.clone() };
        }
        let r#type = match cause.kind {
            CauseKind::StripeEvent => "stripe",
            CauseKind::Api => "api",
            CauseKind::Schedule => "schedule",
            CauseKind::Staff => "staff",
        };
        Self { r#type, id: cause.id.clone() }
    }
}
