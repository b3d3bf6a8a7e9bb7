//! Signatures of Standard Webhooks: `v1,` and the base64 of HMAC-SHA256 over id, time and body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use billing::events::Secret;
use billing::time::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Beginning of a secret.
const PREFIX: &str = "whsec_";

/// A kept secret cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a signing secret of an endpoint cannot be read")]
pub struct SecretError;

/// A secret of 32 random bytes.
pub fn new_secret(bytes: &[u8; 32]) -> Secret {
    Secret::new(format!("{PREFIX}{}", STANDARD.encode(bytes)))
}

/// Value of `webhook-signature`: one signature for each secret, with a space between them.
///
/// # Errors
/// [`SecretError`].
pub fn signatures(
    secrets: &[&Secret],
    (id, at): (&str, Timestamp),
    body: &str,
) -> Result<String, SecretError> {
    let signed = format!("{id}.{}.{body}", at.0);
    let sign = |secret: &&Secret| {
        let key = secret.reveal().strip_prefix(PREFIX).ok_or(SecretError)?;
        let key = STANDARD.decode(key).map_err(|_| SecretError)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| SecretError)?;
        mac.update(signed.as_bytes());
        Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    };
    let signed: Result<Vec<String>, SecretError> = secrets.iter().map(sign).collect();
    Ok(signed?.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: a signature is that of the specification's example
    /// (<https://github.com/standard-webhooks/standard-webhooks>), and there is one for each
    /// secret.
    #[test]
    fn a_signature_is_that_of_the_standard() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
        let id = ("msg_p5jXN8AQM9LWM0D4loKWxJek", Timestamp(1_614_265_330));
        let body = r#"{"test": 2432232314}"#;
        let one = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

        assert_eq!(signatures(&[&secret], id, body).unwrap(), one);
        let both = signatures(&[&secret, &new_secret(&[7; 32])], id, body).unwrap();
        assert!(both.starts_with(&format!("{one} v1,")) && both.len() > one.len() + 20);
        assert_eq!(signatures(&[&Secret::new("x".to_owned())], id, body), Err(SecretError));
    }
}
