//! Findings about Stripe's words and about the endpoint's own configuration: each is an alarm once,
//! not once an event.
//!
//! A warm function remembers what it has logged. Another one logs it again: an alarm that rings
//! twice does no harm, and the good path costs nothing.

use billing::time::Timestamp;
use runtime::once::{Daily, FirstTime};
use runtime::telemetry::alarm;
use stripe_wire::wire::{EventMeta, Head, UnknownWord};
use tracing::{error, info, warn};

/// Type of the thin event by which Stripe says that events were never generated
/// (<https://docs.stripe.com/webhooks/handle-irrecoverable-events>).
const EVENTS_NOT_GENERATED: &str = "v2.core.health.event_generation_failure.resolved";
/// Beginning of the types of thin events that notify of what a snapshot event carries.
const THIN_TYPE: &str = "v1.";

/// Findings that were logged.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    words: FirstTime<UnknownWord>,
    thin: Daily,
}

impl Findings {
    /// Logs each word of an event that no reader knows, once.
    pub(crate) fn unknown_words(&self, event: &EventMeta) {
        let kind = event.event_type.as_str();
        for unknown in event.unknown_words.iter().filter(|word| self.words.is_first(word)) {
            let name = alarm::UNKNOWN_WORD;
            let (field, word) = (&unknown.field, &unknown.word);
            warn!(alarm = name, event.id = %event.id, event.r#type = kind, field, word,
                "`{field}` of {kind} has the new word `{word}`: event {} keeps its amounts, and the \
                 status is what the rest of the object proves", event.id);
        }
    }

    /// Logs a thin event: Stripe's notice of lost events always, another once a day.
    pub(crate) fn thin(&self, head: &Head, now: Timestamp) {
        let id = head.id.as_deref().unwrap_or("without an id");
        let kind = head.event_type.as_deref().unwrap_or_default();
        if kind == EVENTS_NOT_GENERATED {
            let name = alarm::EVENTS_NOT_GENERATED;
            error!(
                alarm = name,
                event.id = id,
                event.r#type = kind,
                "Stripe did not generate some events: its objects must be compared with the books"
            );
            return;
        }

        if kind.starts_with(THIN_TYPE) && self.thin.is_due(now) {
            let name = alarm::THIN_EVENTS;
            warn!(
                alarm = name,
                event.id = id,
                event.r#type = kind,
                "the endpoint gets thin events, which carry no object: subscribe it to snapshot events"
            );
            return;
        }
        info!(event.id = id, event.r#type = kind, "ignored thin event {id}");
    }
}
