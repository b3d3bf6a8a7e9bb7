//! Words of causes.

use super::CauseKind;

impl CauseKind {
    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StripeEvent => "stripe_event",
            Self::Api => "api",
            Self::Schedule => "schedule",
            Self::Staff => "staff",
        }
    }

    /// The cause of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::StripeEvent, Self::Api, Self::Schedule, Self::Staff]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}
