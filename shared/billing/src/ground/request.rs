//! The use of an Idempotency-Key: a request that is repeated is known by it.

use crate::time::Timestamp;

/// Use of an Idempotency-Key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedKey {
    /// Fingerprint of the body that came with the key.
    pub body: String,
    /// Id of the thing that the request made.
    pub made: String,
    /// End of the time for which the use is remembered.
    pub expires_at: Timestamp,
}
