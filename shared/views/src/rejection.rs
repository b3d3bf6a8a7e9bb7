//! Rejected usage events, in words. The words follow from the event alone: the same batch gets the
//! same answer.

use billing::metering::{Event, FUTURE_SECONDS_MAX, QUANTITY_MAX, Rejection, taken_until};
use billing::month::Month;
use billing::words::Word;
use serde::Serialize;

/// An event that does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RejectedView {
    /// Place in the batch, from 0.
    pub index: usize,
    /// Stable code of the reason: `invalid_event`, `invalid_quantity`, `invalid_at`,
    /// `duplicate_id`, `unknown_account`, `account_closed`, `parent_account`, `unknown_resource`,
    /// `at_in_future`, `too_late`, `over_limit` or `metered_by_deductions`.
    pub code: &'static str,
    /// Field that is wrong.
    pub field: &'static str,
    /// A sentence for a person.
    pub detail: String,
}

impl RejectedView {
    /// A rejection of the event at that place.
    pub fn of(
        index: usize,
        rejection: Rejection,
        event: Option<&Event>,
        late_seconds: i64,
    ) -> Self {
        let (field, detail) = words(rejection, event, late_seconds);
        Self { index, code: rejection.word(), field, detail }
    }
}

fn words(rejection: Rejection, event: Option<&Event>, late_seconds: i64) -> (&'static str, String) {
    let account = event.map_or("that id", |event| event.account.as_str());
    let resource = event.map_or("that id", |event| &event.resource);
    match rejection {
        Rejection::InvalidEvent => {
            let detail = "`account` and `resource` are expected as text, and `id`, if given.";
            ("account", detail.to_owned())
        }
        Rejection::InvalidQuantity => {
            ("quantity", format!("A whole number from 0 to {QUANTITY_MAX} is expected."))
        }
        Rejection::InvalidTime => {
            ("at", "A time is expected as RFC 3339 writes it: `2026-11-01T00:00:00Z`.".to_owned())
        }
        Rejection::DuplicateId => {
            ("id", "An earlier event of this batch has the same id; that one counts.".to_owned())
        }
        Rejection::UnknownAccount => ("account", format!("There is no account `{account}`.")),
        Rejection::AccountClosed => ("account", format!("The account `{account}` is closed.")),
        Rejection::ParentAccount => {
            let detail = format!(
                "The account `{account}` is a parent: usage is reported for its sub-accounts."
            );
            ("account", detail)
        }
        Rejection::UnknownResource => {
            ("resource", format!("The catalog has no resource `{resource}`."))
        }
        Rejection::InTheFuture => {
            ("at", format!("It is more than {FUTURE_SECONDS_MAX} seconds ahead of our clock."))
        }
        Rejection::TooLate => {
            let detail = event.map(|event| Month::of(event.at)).map(|month| {
                let until = taken_until(month, late_seconds);
                format!("Usage of {month} is taken until {until} and before it is invoiced.")
            });
            ("at", detail.unwrap_or_default())
        }
        Rejection::OverLimit => (
            "quantity",
            format!("It is more of `{resource}` than the plan has left; none of it counts."),
        ),
        Rejection::MeteredByDeductions => (
            "resource",
            format!("`{resource}` takes credits: deductions are its usage, and nothing else is."),
        ),
    }
}
