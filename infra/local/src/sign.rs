//! Signing as Stripe does, by the project's own rule of the scheme.

use billing::time::Timestamp;
use stripe_wire::signature::{Secrets, SecretsError, sign};

/// The value of `Stripe-Signature` for a body: one signature for each secret, as while one is
/// rolled.
pub fn signature(secrets: &[String], at: Timestamp, body: &[u8]) -> Result<String, SecretsError> {
    Ok(sign(&Secrets::new(secrets)?, body, at))
}
