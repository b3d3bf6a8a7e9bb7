//! Randomness, as an argument: new ids, API keys and the jitter of retries.
//!
//! In Lambda it is the operating system's. In a seeded run of local mode it is a stream that the
//! seed fixes, so that the same seed gives the same run.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How many random bytes a token has.
const TOKEN_BYTES: usize = 16;

/// Where randomness comes from.
#[derive(Clone)]
pub struct Entropy(Source);

#[derive(Clone)]
enum Source {
    System,
    Seeded(Arc<Mutex<Drawn>>),
}

/// Where a stream stands: from there it goes on alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn {
    /// What fixes the stream.
    pub seed: u64,
    /// How often it was drawn from.
    pub times: u64,
}

/// The operating system has no randomness to give; a later invocation may have more luck.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no randomness")]
pub struct NoEntropy(#[source] getrandom::Error);

impl Entropy {
    /// The operating system's.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A stream that the seed fixes. Not for secrets that matter: for replayable runs only.
    pub fn seeded(seed: u64) -> Self {
        Self::from(Drawn { seed, times: 0 })
    }

    /// Where the stream stands; none of the operating system's randomness.
    pub fn drawn(&self) -> Option<Drawn> {
        match &self.0 {
            Source::System => None,
            Source::Seeded(drawn) => Some(*drawn.lock().unwrap_or_else(PoisonError::into_inner)),
        }
    }

    /// Lets all who draw from this stream go on from there; the operating system's randomness stays
    /// what it is.
    pub fn go_on(&self, from: Drawn) {
        if let Source::Seeded(drawn) = &self.0 {
            *drawn.lock().unwrap_or_else(PoisonError::into_inner) = from;
        }
    }

    /// 32 random bytes.
    pub fn bytes(&self) -> Result<[u8; 32], NoEntropy> {
        match &self.0 {
            Source::System => {
                let mut bytes = [0; 32];
                getrandom::fill(&mut bytes).map_err(NoEntropy)?;
                Ok(bytes)
            }
            Source::Seeded(drawn) => {
                let Drawn { seed, times } = {
                    let mut drawn = drawn.lock().unwrap_or_else(PoisonError::into_inner);
                    let next = Drawn { times: drawn.times.wrapping_add(1), ..*drawn };
                    std::mem::replace(&mut *drawn, next)
                };
                let mut hash = Sha256::new();
                hash.update(seed.to_be_bytes());
                hash.update(times.to_be_bytes());
                Ok(hash.finalize().into())
            }
        }
    }

    /// So many random bytes, 32 at most, in hexadecimal: an id.
    pub fn hex(&self, bytes: usize) -> Result<String, NoEntropy> {
        Ok(hex(self.bytes()?.get(..bytes).unwrap_or_default()))
    }

    /// What marks the things that one intent makes, at Stripe and here: nobody else draws the same.
    pub fn token(&self) -> Result<String, NoEntropy> {
        self.hex(TOKEN_BYTES)
    }

    /// A random number below `limit`; 0 when the limit is 0 or there is no randomness (only jitter
    /// draws from here).
    pub fn below(&self, limit: u64) -> u64 {
        let bytes = self.bytes().unwrap_or_default();
        let first = bytes.first_chunk().copied().unwrap_or_default();
        u64::from_be_bytes(first).checked_rem(limit).unwrap_or(0)
    }
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl From<Drawn> for Entropy {
    fn from(drawn: Drawn) -> Self {
        Self(Source::Seeded(Arc::new(Mutex::new(drawn))))
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.drawn() {
            None => f.write_str("Entropy(system)"),
            Some(drawn) => write!(f, "Entropy(seed {})", drawn.seed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_is_one_stream() {
        let draw = |entropy: Entropy| [entropy.below(1000), entropy.below(1000), entropy.below(0)];
        assert_eq!(draw(Entropy::seeded(7)), draw(Entropy::seeded(7)));
        assert_ne!(Entropy::seeded(7).bytes().unwrap(), Entropy::seeded(8).bytes().unwrap());
        let two = Entropy::seeded(7);
        assert_ne!(two.bytes().unwrap(), two.bytes().unwrap());
        assert_eq!((two.token().unwrap().len(), two.hex(8).unwrap().len()), (32, 16));
        assert_ne!(two.token().unwrap(), two.token().unwrap());
    }

    #[test]
    fn a_stream_goes_on_from_where_it_stood() {
        let first = Entropy::seeded(7);
        first.token().unwrap();
        let stood = first.drawn().unwrap();
        let next = first.token().unwrap();
        assert_eq!(Entropy::from(stood).token().unwrap(), next);

        let other = Entropy::seeded(8);
        let drawn_by_all = other.clone();
        other.go_on(stood);
        assert_eq!(drawn_by_all.token().unwrap(), next);
        assert_eq!(Entropy::system().drawn(), None);
    }
}
