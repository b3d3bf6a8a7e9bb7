//! Names of things: ours, chosen by the caller, and Stripe's, taken as they come.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest id that a caller may choose, in characters.
pub const ID_CHARACTERS_MAX: usize = 64;
/// Longest id that Stripe promises to keep within, in bytes (docs.stripe.com/upgrades).
pub const STRIPE_ID_BYTES_MAX: usize = 255;

/// The text cannot be an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an id: {1}")]
pub struct NotAnId(pub String, pub &'static str);

fn refuse(text: &str, why: &'static str) -> NotAnId {
    NotAnId(text.chars().take(ID_CHARACTERS_MAX).collect(), why)
}

fn ours(text: &str) -> Result<(), NotAnId> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if text.is_empty() || text.len() > ID_CHARACTERS_MAX || !text.chars().all(allowed) {
        return Err(refuse(text, "1 to 64 characters of A-Z, a-z, 0-9, _ and - are expected"));
    }
    Ok(())
}

fn stripes(text: &str) -> Result<(), NotAnId> {
    let allowed = |c: char| c.is_ascii_graphic();
    if text.is_empty() || text.len() > STRIPE_ID_BYTES_MAX || !text.chars().all(allowed) {
        return Err(refuse(text, "1 to 255 printable ASCII characters are expected"));
    }
    Ok(())
}

/// One newtype per kind of id, so that an invoice's cannot be passed for a customer's. The types
/// are alike to the letter, which is why a macro writes them.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $check:path) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks the text and takes it.
            pub fn parse(text: &str) -> Result<Self, NotAnId> {
                $check(text).map(|()| Self(text.to_owned()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;

            fn try_from(text: String) -> Result<Self, NotAnId> {
                $check(&text).map(|()| Self(text))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// An account of ours; the vendor backend chooses it.
    AccountId, ours
);
id!(
    /// A member of an account.
    MemberId, ours
);
id!(
    /// A batch of usage events; the vendor backend chooses it.
    BatchId, ours
);
id!(
    /// Stripe's `cus_...`.
    CustomerId, stripes
);
id!(
    /// Stripe's `in_...`.
    InvoiceId, stripes
);
id!(
    /// Stripe's `pi_...` or `pr_...`: what pays an invoice, or a part of it.
    InvoicePaymentId, stripes
);
id!(
    /// Stripe's `cn_...`.
    CreditNoteId, stripes
);
id!(
    /// Stripe's `sub_...`.
    SubscriptionId, stripes
);
id!(
    /// Stripe's `sub_sched_...`.
    ScheduleId, stripes
);
id!(
    /// Stripe's `price_...`.
    PriceId, stripes
);
id!(
    /// Stripe's `pm_...`.
    PaymentMethodId, stripes
);
id!(
    /// Stripe's `txi_...`.
    TaxIdId, stripes
);
id!(
    /// A purchase of credits: ours, drawn.
    PurchaseId, ours
);
id!(
    /// Stripe's `cs_...`.
    SessionId, stripes
);
id!(
    /// Stripe's `pi_...`.
    PaymentIntentId, stripes
);
id!(
    /// Stripe's `re_...`.
    RefundId, stripes
);
id!(
    /// Stripe's `du_...` or `dp_...`.
    DisputeId, stripes
);
id!(
    /// Stripe's `evt_...`.
    EventId, stripes
);
id!(
    /// An endpoint's, chosen by the vendor.
    EndpointId, ours
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_id_is_short_and_plain() {
        for good in ["a", "acme-42", "A_b", &"x".repeat(64)] {
            assert!(AccountId::parse(good).is_ok(), "{good} was refused");
        }
        for bad in ["", "a b", "a#b", "é", "a/b", &"x".repeat(65)] {
            assert!(AccountId::parse(bad).is_err(), "{bad} was taken");
        }
    }

    #[test]
    fn a_stripe_id_is_taken_as_it_comes() {
        assert!(CustomerId::parse("cus_Mt3...").is_ok());
        for bad in ["", "in_\n", "in_ü", &"x".repeat(256)] {
            assert!(InvoiceId::parse(bad).is_err(), "{bad} was taken");
        }
    }
}
