//! Endpoints of the vendor that get events: their settings, secrets and health.

use std::fmt;

use crate::ids::EndpointId;
use crate::journal::events::EventType;
use crate::time::{DAY_SECONDS, Timestamp};
use crate::words::Word;

/// Most endpoints.
pub const ENDPOINTS_MAX: usize = 16;
/// Time for which the secret before the current one signs too, in seconds.
pub const ROTATION_SECONDS: i64 = DAY_SECONDS;
/// Time for which an endpoint accepts nothing before it is disabled, in seconds.
pub const FAILING_SECONDS: i64 = 3 * DAY_SECONDS;

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Version of its item; 0 for one that is not kept yet.
    pub version: u64,
    /// Id, chosen by the vendor.
    pub id: EndpointId,
    /// Mark of this endpoint among all that ever had the id.
    pub serial: String,
    /// Address of the receiver.
    pub url: String,
    /// Types of its events; empty for all.
    pub types: Vec<EventType>,
    /// False while the vendor wants no deliveries.
    pub is_enabled: bool,
    /// Time of its creation: it gets what is published from then on.
    pub created_at: Timestamp,
    /// Time from which on what waits for a retry is tried at once: of its creation, or of the end
    /// of its latest pause.
    pub resumed_at: Timestamp,
    /// Disabling by us.
    pub disabled: Option<Disabled>,
}

/// End of deliveries because of what the receiver answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disabled {
    /// Time.
    pub at: Timestamp,
    /// Reason.
    pub because: Disabling,
}

/// Reason why an endpoint is disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disabling {
    /// The receiver answered 410.
    Gone,
    /// The receiver accepted nothing for [`FAILING_SECONDS`].
    Failing,
}

impl Word for Disabling {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Gone, "gone"), (Self::Failing, "failing")];
}

/// A secret as receivers have it: `whsec_` and base64. Its debug text shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Secrets that sign the deliveries of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secrets {
    /// The current one.
    pub current: Secret,
    /// The one before, and the time up to which it signs.
    pub previous: Option<(Secret, Timestamp)>,
}

/// Acceptance of deliveries by an endpoint, over all accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Health {
    /// Version of its item; 0 where there is none.
    pub version: u64,
    /// Time of the first failure since the last acceptance.
    pub failing_since: Option<Timestamp>,
}

/// Reason why a command on endpoints is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointRefusal {
    /// There are [`ENDPOINTS_MAX`] endpoints.
    #[error("there are {ENDPOINTS_MAX} endpoints")]
    TooMany,
    /// A repeated request: it made a secret, which was shown then.
    #[error("this request made a secret of endpoint {0} before")]
    SecretAlreadyShown(EndpointId),
    /// The Idempotency-Key was used with another body.
    #[error("the Idempotency-Key was used with another body")]
    IdempotencyKeyReused,
    /// There is no such endpoint.
    #[error("there is no such endpoint")]
    Unknown,
    /// The endpoint has no such delivery.
    #[error("there is no such delivery")]
    NoDelivery,
    /// The delivery is on its way: it is tried again by itself, in its turn.
    #[error("the delivery is pending")]
    Pending,
}

impl Endpoint {
    /// True while events are delivered to it.
    pub fn is_delivering(&self) -> bool {
        self.is_enabled && self.disabled.is_none()
    }

    /// True for a type that it gets.
    pub fn wants(&self, kind: EventType) -> bool {
        self.types.is_empty() || self.types.contains(&kind)
    }

    /// The endpoint with other settings of the vendor. One that is enabled again goes on at once
    /// with what it lacks.
    #[must_use]
    pub fn with(self, (url, types): (String, Vec<EventType>), on: Switch, now: Timestamp) -> Self {
        let is_enabled = on == Switch::On;
        let resumes = is_enabled && !self.is_enabled;
        let resumed_at = if resumes { now } else { self.resumed_at };
        Self { url, types, is_enabled, resumed_at, ..self }
    }

    /// The endpoint behind the end of a disabling.
    #[must_use]
    pub fn resumed(self, now: Timestamp) -> Self {
        Self { disabled: None, resumed_at: now, ..self }
    }

    /// The endpoint, disabled.
    #[must_use]
    pub fn disabled(self, because: Disabling, now: Timestamp) -> Self {
        Self { disabled: Some(Disabled { at: now, because }), ..self }
    }
}

/// Wish of the vendor for deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// Events are delivered.
    On,
    /// Nothing is delivered.
    Off,
}

impl Secret {
    /// The secret of a text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for the one answer that shows it, and for signing.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secrets {
    /// The secrets with a new current one.
    #[must_use]
    pub fn rotated(self, next: Secret, now: Timestamp) -> Self {
        let previous = Some((self.current, now.plus_seconds(ROTATION_SECONDS)));
        Self { current: next, previous }
    }

    /// Secrets that sign at a moment, the current one first.
    pub fn signing(&self, now: Timestamp) -> Vec<&Secret> {
        let previous = self.previous.as_ref().filter(|(_, until)| *until > now);
        [&self.current].into_iter().chain(previous.map(|(secret, _)| secret)).collect()
    }
}

impl Health {
    /// The health after an acceptance; none where it stays.
    pub fn accepted(self) -> Option<Self> {
        self.failing_since.map(|_| Self { failing_since: None, ..self })
    }

    /// The health after a failure; none where it stays.
    pub fn failed(self, now: Timestamp) -> Option<Self> {
        let begins = self.failing_since.is_none();
        begins.then_some(Self { failing_since: Some(now), ..self })
    }

    /// True once nothing was accepted for [`FAILING_SECONDS`] while something failed.
    pub fn is_failing(&self, now: Timestamp) -> bool {
        self.failing_since.is_some_and(|since| now >= since.plus_seconds(FAILING_SECONDS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: for a day after a rotation both secrets sign, then the new one alone; neither is in a
    /// debug text.
    #[test]
    fn both_secrets_sign_for_a_day() {
        let now = Timestamp(1_795_338_000);
        let (old, new) = (Secret::new("whsec_old".into()), Secret::new("whsec_new".into()));
        let secrets = Secrets { current: old.clone(), previous: None };
        assert_eq!(secrets.signing(now), [&old]);

        let rotated = secrets.rotated(new.clone(), now);
        assert_eq!(rotated.signing(now.plus_seconds(ROTATION_SECONDS - 1)), [&new, &old]);
        assert_eq!(rotated.signing(now.plus_seconds(ROTATION_SECONDS)), [&new]);
        assert!(!format!("{rotated:?}").contains("whsec"));
    }

    /// Goal: an endpoint that accepts anything within three days is not disabled for what fails.
    #[test]
    fn an_acceptance_ends_a_failing() {
        let now = Timestamp(1_795_338_000);
        let failing = Health::default().failed(now).unwrap();
        let later = now.plus_seconds(FAILING_SECONDS);
        assert_eq!(failing.failed(later), None);
        assert!(failing.is_failing(later) && !failing.is_failing(now.plus_seconds(1)));
        let well = failing.accepted().unwrap();
        assert!(!well.is_failing(later));
        assert_eq!(well.accepted(), None);
    }
}
