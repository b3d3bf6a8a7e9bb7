//! Ids and secrets in Stripe's form: a prefix and letters and digits, drawn from the seed's stream.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A stream of ids and random numbers that a seed fixes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ids {
    seed: u64,
    drawn: u64,
}

impl Ids {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, drawn: 0 }
    }

    /// A new id: `cus_` is followed by 14 characters, most others by 24.
    pub fn next(&mut self, prefix: &str) -> String {
        let length = match prefix {
            "cus" | "prod" | "si" | "req" => 14,
            "cs_test" => 58,
            _ => 24,
        };
        format!("{prefix}_{}", self.text(length))
    }

    /// Letters and digits.
    pub fn text(&mut self, length: usize) -> String {
        let mut text = String::with_capacity(length);
        while text.len() < length {
            for byte in self.bytes() {
                let letter = ALPHABET.get(usize::from(byte).rem_euclid(ALPHABET.len()));
                text.extend(letter.map(|letter| char::from(*letter)));
            }
        }
        text.truncate(length);
        text
    }

    /// A number below `limit`; 0 when the limit is 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        let bytes = self.bytes();
        let first = bytes.first_chunk().copied().unwrap_or_default();
        u64::from_be_bytes(first).checked_rem(limit).unwrap_or(0)
    }

    fn bytes(&mut self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_be_bytes());
        hash.update(self.drawn.to_be_bytes());
        self.drawn = self.drawn.wrapping_add(1);
        hash.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_is_one_stream_of_ids_in_stripes_form() {
        let ids = |seed| ["cus", "in"].map(|prefix| Ids::new(seed).next(prefix));
        assert_eq!(ids(1), ids(1));
        assert_ne!(ids(1), ids(2));
        let [customer, invoice] = ids(1);
        assert_eq!((customer.len(), invoice.len()), (18, 27));
    }
}
