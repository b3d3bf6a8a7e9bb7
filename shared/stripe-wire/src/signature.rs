//! The `Stripe-Signature` header: proof that Stripe sent exactly these bytes, a moment ago (E2).
//!
//! `t=<unix seconds>,v1=<hex>[,v1=<hex>...][,v0=<hex>]`, where each `v1` is HMAC-SHA256 over
//! `<t>.<raw body>` under one endpoint secret, the whole string with its `whsec_`
//! (docs.stripe.com/webhooks/signature). While a secret is being rolled the header has one `v1` per
//! active secret, and we hold several secrets: any of them may match any `v1`.
//!
//! It is not a JSON reader: the body is bytes here, and must be the very bytes that Stripe sent
//! (decoded from base64 where the gateway encoded them, and never printed anew).
//!
//! What is decided here:
//!
//! - *Tolerance* is [`TOLERANCE_SECONDS`] on both sides, the bounds included. Stripe's own
//!   libraries refuse only stamps that are too old; a stamp far ahead of us would keep a captured
//!   request replayable until we have caught up with it, so it is refused as well.
//! - *The signature is checked before the stamp.* Only somebody who holds a header that was really
//!   signed learns that it is too old; everyone else hears `signature_mismatch`, whatever `t` says.
//!   Checking the stamp first would save no work either: a forger writes the present time.
//! - *`v0` and other schemes are never accepted*: `v0` is what Stripe calls a fake scheme, sent in
//!   test mode. They are skipped, so that a scheme that Stripe adds breaks nothing.
//! - *A second `t` is refused as malformed*, and so are two headers that a proxy joined by a comma:
//!   which stamp would belong to which `v1` is a guess.
//! - *A `v1` that is not 64 lower-case hex digits* matches nothing, like any other wrong one.

use std::fmt;

use billing::time::Timestamp;
use hmac::digest::CtOutput;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How far the signed time may lie from ours, before or after: the default of Stripe's libraries.
pub const TOLERANCE_SECONDS: u64 = 300;
/// Longest header that is read. Stripe's has about 80 bytes, and 70 more for each further secret.
pub const HEADER_BYTES_MAX: usize = 4_096;
/// How many `v1` values of one header are tried; those after them are not.
pub const SIGNATURES_MAX: usize = 32;
/// Number of secrets that can be active at once; each costs one hash of the body.
pub const SECRETS_MAX: usize = 8;

const DIGEST_BYTES: usize = 32;

/// The endpoint's signing secrets, each already turned into a key: the text is not kept.
#[derive(Clone)]
pub struct Secrets {
    keys: Vec<Hmac<Sha256>>,
}

/// The secrets cannot be used. A function that has no secret must not start: it would accept
/// everything or nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretsError {
    /// The list is empty.
    #[error("no webhook secret is configured")]
    None,
    /// The list is longer than [`SECRETS_MAX`].
    #[error("{0} webhook secrets are configured, at most {SECRETS_MAX} are used at once")]
    TooMany(usize),
    /// The secret at this place of the list, counted from 0, is empty or contains white space,
    /// such as the line feed that an editor leaves behind: it would never match.
    #[error("webhook secret {0} is empty or contains white space")]
    Blank(usize),
}

impl Secrets {
    /// Takes the secrets in the order in which they are to be tried: the newest first.
    pub fn new(secrets: &[String]) -> Result<Self, SecretsError> {
        if secrets.is_empty() {
            return Err(SecretsError::None);
        }
        if secrets.len() > SECRETS_MAX {
            return Err(SecretsError::TooMany(secrets.len()));
        }
        let keys = secrets.iter().enumerate().map(|(index, secret)| {
            if secret.is_empty() || secret.contains(char::is_whitespace) {
                return Err(SecretsError::Blank(index));
            }
            // HMAC takes a key of any length, so that this does not fail.
            Hmac::new_from_slice(secret.as_bytes()).map_err(|_| SecretsError::Blank(index))
        });
        let keys = keys.collect::<Result<_, _>>()?;
        Ok(Self { keys })
    }
}

/// Says how many there are, and nothing of what they are.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({} hidden)", self.keys.len())
    }
}

/// The bytes are Stripe's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Which of the secrets matched, counted from 0: when the oldest no longer does, it can go.
    pub secret_index: usize,
    /// Time at which Stripe signed this delivery; a retry is signed anew, so it is not the event's
    /// time.
    pub timestamp: Timestamp,
}

/// The bytes are not proven to be Stripe's. Waiting does not help with any of these; reading the
/// secrets again may help with a mismatch, when one was rolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is no header, or nothing in it.
    #[error("the Stripe-Signature header is missing")]
    Missing,
    /// The header is not what Stripe writes.
    #[error("the Stripe-Signature header is malformed: {0}")]
    Malformed(&'static str),
    /// No `v1` was made from these bytes with any of our secrets.
    #[error("no v1 signature matches the body")]
    Mismatch,
    /// The signature is genuine, but it was not made just now: a replay, or a clock that is wrong.
    #[error("signed at {signed_at}, more than {TOLERANCE_SECONDS} s away from {now}")]
    OutsideTolerance {
        /// The header's `t`.
        signed_at: Timestamp,
        /// Our time.
        now: Timestamp,
    },
}

impl SignatureError {
    /// The stable code of the HTTP contract.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "signature_missing",
            Self::Malformed(_) => "signature_malformed",
            Self::Mismatch => "signature_mismatch",
            Self::OutsideTolerance { .. } => "timestamp_outside_tolerance",
        }
    }
}

/// Checks that Stripe signed `body` with one of `secrets`, at most [`TOLERANCE_SECONDS`] from
/// `now`. Two header values that arrived apart are to be joined by a comma, and are then refused.
///
/// The work is bounded: the body is hashed once per secret, and compared in constant time with at
/// most [`SIGNATURES_MAX`] values.
pub fn verify(
    secrets: &Secrets,
    header: Option<&[u8]>,
    body: &[u8],
    now: Timestamp,
) -> Result<Verified, SignatureError> {
    let header = Header::parse(header.unwrap_or_default())?;
    let secret_index = secrets
        .keys
        .iter()
        .position(|key| {
            let expected = digest(key, header.stamp, body);
            header.digests.contains(&expected)
        })
        .ok_or(SignatureError::Mismatch)?;
    if now.0.abs_diff(header.timestamp.0) > TOLERANCE_SECONDS {
        return Err(SignatureError::OutsideTolerance { signed_at: header.timestamp, now });
    }
    Ok(Verified { secret_index, timestamp: header.timestamp })
}

/// Makes the header that Stripe would send with `body`: one `v1` for each secret, as during a
/// rolling. For local mode's sender and for tests.
pub fn sign(secrets: &Secrets, body: &[u8], at: Timestamp) -> String {
    let stamp = at.0.to_string();
    let mut header = format!("t={stamp}");
    for key in &secrets.keys {
        header.push_str(",v1=");
        for byte in digest(key, &stamp, body).into_bytes() {
            for nibble in [byte >> 4, byte & 0xf] {
                header.extend(char::from_digit(nibble.into(), 16));
            }
        }
    }
    header
}

/// A digest whose comparison takes the same time wherever the first difference is.
type Digest = CtOutput<Hmac<Sha256>>;

fn digest(key: &Hmac<Sha256>, stamp: &str, body: &[u8]) -> Digest {
    let mut mac = key.clone();
    mac.update(stamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac.finalize()
}

/// What the header says. The stamp is kept as it was written, since its text is what was signed.
struct Header<'a> {
    stamp: &'a str,
    timestamp: Timestamp,
    digests: Vec<Digest>,
}

impl<'a> Header<'a> {
    fn parse(header: &'a [u8]) -> Result<Self, SignatureError> {
        use SignatureError::{Malformed, Missing};
        if header.len() > HEADER_BYTES_MAX {
            return Err(Malformed("it is too long"));
        }
        let header = str::from_utf8(header).map_err(|_| Malformed("it is not text"))?;
        if header.trim_ascii().is_empty() {
            return Err(Missing);
        }
        let (mut stamp, mut signatures) = (None, Vec::new());
        for element in header.split(',') {
            let (scheme, value) = element
                .trim_ascii()
                .split_once('=')
                .ok_or(Malformed("an element is not `scheme=value`"))?;
            match scheme {
                "t" if stamp.is_some() => return Err(Malformed("it has more than one t")),
                "t" => stamp = Some(value),
                "v1" => signatures.push(value),
                _ => {}
            }
        }
        let stamp = stamp.ok_or(Malformed("it has no t"))?;
        if signatures.is_empty() {
            return Err(Malformed("it has no v1"));
        }
        Ok(Self {
            stamp,
            timestamp: seconds(stamp).ok_or(Malformed("t is not Unix seconds"))?,
            digests: (signatures.iter().take(SIGNATURES_MAX))
                .filter_map(|hex| decode(hex))
                .map(|bytes| Digest::new(bytes.into()))
                .collect(),
        })
    }
}

/// Digits only: `i64`'s own reader would take a sign.
fn seconds(stamp: &str) -> Option<Timestamp> {
    if !stamp.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    stamp.parse().ok().map(Timestamp)
}

/// Not in constant time, nor need it be: the sender wrote these digits.
fn decode(hex: &str) -> Option<[u8; DIGEST_BYTES]> {
    let (pairs, []) = hex.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let pairs: &[[u8; 2]; DIGEST_BYTES] = pairs.try_into().ok()?;
    let mut bytes = [0; DIGEST_BYTES];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = (nibble(*high)? << 4) | nibble(*low)?;
    }
    Some(bytes)
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => digit.checked_sub(b'0'),
        b'a'..=b'f' => digit.checked_sub(b'a' - 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
