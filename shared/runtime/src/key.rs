//! API keys: made from entropy, shown once, kept only as a hash.

use std::fmt;

use sha2::{Digest, Sha256};

use invocation::entropy::{Entropy, NoEntropy};

pub use invocation::entropy::hex;

use crate::http::Request;
use crate::problem::Problem;

/// Longest key that we look at, in bytes.
pub const KEY_BYTES_MAX: usize = 128;

/// The SHA-256 of a key in hexadecimal: what is stored, and how a key is found. A fast hash is
/// enough, because a key is 32 random bytes, not a password.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyHash(String);

impl KeyHash {
    /// The hash of a key.
    pub fn of(key: &str) -> Self {
        Self(hex(&Sha256::digest(key.as_bytes())))
    }

    /// The key of a request: its `Authorization: Bearer ...`.
    pub fn of_request(request: &Request) -> Result<Self, Problem> {
        request
            .header("authorization")
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, key)| key.trim())
            .filter(|key| !key.is_empty() && key.len() <= KEY_BYTES_MAX)
            .map(Self::of)
            .ok_or_else(Problem::unauthorized)
    }

    /// 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(..)")
    }
}

/// A new key: `tg_<scope>_` and 32 random bytes in hexadecimal.
pub fn new_key(scope: &str, entropy: &Entropy) -> Result<String, NoEntropy> {
    Ok(format!("tg_{scope}_{}", hex(&entropy.bytes()?)))
}

/// The SHA-256 of anything, in hexadecimal: how the same request is known again.
pub fn fingerprint(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_by_its_hash_and_never_printed() {
        let key = new_key("vendor", &Entropy::seeded(1)).unwrap();
        assert!(key.starts_with("tg_vendor_") && key.len() == 10 + 64, "{key}");
        assert_eq!(KeyHash::of(&key), KeyHash::of(&key));
        assert_eq!(format!("{:?}", KeyHash::of(&key)), "KeyHash(..)");
        assert_eq!(fingerprint(b""), fingerprint(b""));
    }
}
