//! The journal's sentences about disputes of invoice payments.

use billing::journal::Entry;
use billing::journal::disputes::DisputeEvent;

use super::after;
use super::changes::value;

/// An entry of the journal about a dispute of a payment.
pub(super) fn entry(event: DisputeEvent, entry: &Entry, about: &str) -> String {
    let text = |field: &str| after(entry, field).map(value).unwrap_or_default();
    match event {
        DisputeEvent::Opened => {
            let reason = after(entry, "reason").map(|it| format!(", {}", value(it)));
            let due_by = after(entry, "due_by")
                .map(|it| format!(" Evidence is taken until {}.", value(it)))
                .unwrap_or_default();
            let (amount, reason) = (text("amount"), reason.unwrap_or_default());
            format!("A payment of {about} is disputed: {amount}{reason}.{due_by}")
        }
        DisputeEvent::Updated => {
            format!("The dispute of a payment of {about} changed: {}.", text("status"))
        }
        DisputeEvent::Closed => {
            format!("The dispute of a payment of {about} ended: {}.", text("status"))
        }
    }
}
