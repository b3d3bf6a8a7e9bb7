//! Where Stripe's pages may send people back to: the origins that the stack is deployed with, and
//! nowhere else.

/// Longest address to go back to, in bytes.
const URL_BYTES_MAX: usize = 2_048;

/// Refusal of an address that lies within none of them.
pub const NOT_AN_ORIGIN: &str =
    "The address must begin with one of the deployment's ReturnOrigins.";

/// Each as `https://app.example.com`, without a path.
#[derive(Debug, Clone)]
pub struct Origins(Vec<String>);

impl Origins {
    /// Of a list with commas.
    pub fn parse(list: &str) -> Self {
        let origins = list.split(',').map(|origin| origin.trim().trim_end_matches('/').to_owned());
        let is_origin = |origin: &String| {
            let rest = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(['/', '?', '#', '@', '\\']))
        };
        Self(origins.filter(is_origin).collect())
    }

    /// The first of them, as an address.
    pub fn first(&self) -> Option<String> {
        self.0.first().map(|origin| format!("{origin}/"))
    }

    /// True if an address lies within one of them: what follows an origin cannot be a part of a
    /// host's name.
    pub fn allow(&self, url: &str) -> bool {
        let plain = url.len() <= URL_BYTES_MAX
            && url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        plain
            && self.0.iter().any(|origin| {
                let rest = url.strip_prefix(origin.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: nobody is sent from Stripe's page to somebody else's, whatever tricks an address has.
    #[test]
    fn only_addresses_within_an_origin_are_allowed() {
        let origins = Origins::parse("https://app.example.com, http://localhost:8080/,nonsense");
        for good in [
            "https://app.example.com",
            "https://app.example.com/billing?done=1#top",
            "https://app.example.com?x",
            "http://localhost:8080/",
        ] {
            assert!(origins.allow(good), "{good} was refused");
        }
        for bad in [
            "https://app.example.com.evil.example/",
            "https://app.example.com@evil.example/",
            "https://app.example.com:444/",
            "http://app.example.com/",
            "http://localhost:80801/",
            "https://app.example.com/ x",
            "https://app.example.com\\evil.example",
            "javascript:alert(1)",
            "nonsense/",
            "",
        ] {
            assert!(!origins.allow(bad), "{bad} was taken");
        }
        assert_eq!(origins.first().as_deref(), Some("https://app.example.com/"));
        assert_eq!(Origins::parse("").first(), None);
    }
}
