//! Stripe's secret key: what it opens, never what it is.

use std::fmt;

use http::HeaderValue;

/// A secret key (`sk_...`) or a restricted one (`rk_...`). It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    header: HeaderValue,
    live: bool,
}

/// The text is no key. It is not repeated here: it may be one with a slip in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret key of Stripe is expected: sk_test_..., sk_live_..., rk_test_... or rk_live_...")]
pub struct NotAKey;

impl ApiKey {
    /// Checks the text and takes it.
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        let rest = text.strip_prefix("sk_").or_else(|| text.strip_prefix("rk_")).ok_or(NotAKey)?;
        let live = match rest.split_once('_') {
            Some(("live", secret)) if !secret.is_empty() => true,
            Some(("test", secret)) if !secret.is_empty() => false,
            _ => return Err(NotAKey),
        };
        if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(NotAKey);
        }
        let mut header = HeaderValue::from_str(&format!("Bearer {text}")).map_err(|_| NotAKey)?;
        header.set_sensitive(true);
        Ok(Self { header, live })
    }

    /// True if it moves real money.
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// The value of `Authorization`, marked so that nothing prints it.
    pub(crate) fn header(&self) -> HeaderValue {
        self.header.clone()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.live { "ApiKey(live)" } else { "ApiKey(test)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_knows_its_mode_and_is_never_printed() {
        let live = ApiKey::parse("rk_live_51abc").unwrap();
        let test = ApiKey::parse("sk_test_tollgate_local").unwrap();
        assert!(live.is_live() && !test.is_live());
        let printed = format!("{live:?} {test:?} {:?}", live.header());
        assert!(!printed.contains("51abc") && !printed.contains("tollgate"), "{printed}");
    }

    #[test]
    fn what_is_no_secret_key_is_refused() {
        for text in
            ["", "sk_test_", "pk_test_1", "whsec_1", "sk_demo_1", "sk_test_1\n", "sk_test_ü"]
        {
            assert_eq!(ApiKey::parse(text), Err(NotAKey), "{text:?}");
        }
    }
}
