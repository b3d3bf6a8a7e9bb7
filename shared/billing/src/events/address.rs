//! Addresses of receivers: public ones alone, so that no event and no probe goes into a private
//! network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Longest address, in characters.
pub const URL_CHARACTERS_MAX: usize = 2_048;

/// IPv4 networks that are not public: the first address, and the bits that name the network (RFC
/// 6890 and its registry).
const NOT_PUBLIC_V4: [([u8; 4], u32); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// The part of IPv6 that is given to networks of the internet. Everything else is loopback, mapped
/// IPv4, NAT64, unique local, link local or multicast.
const GLOBAL_V6: (u128, u32) = (0x2000_u128 << 112, 3);
/// Networks within it that are not public: protocols (Teredo among them), documentation, 6to4.
const NOT_PUBLIC_V6: [(u128, u32); 4] = [
    (0x2001_u128 << 112, 23),
    (0x2001_0db8_u128 << 96, 32),
    (0x2002_u128 << 112, 16),
    (0x3fff_u128 << 112, 20),
];

/// Rule about receivers on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loopback {
    /// Refused, as everywhere but in local mode.
    Refused,
    /// Taken, by http and on any port.
    Allowed,
}

/// Address of a receiver that is in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Scheme, host and port.
    pub origin: String,
    /// Path and query.
    pub path: String,
}

/// Reason why an address is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// Not `https`.
    #[error("an `https` address is expected")]
    Scheme,
    /// Longer than [`URL_CHARACTERS_MAX`].
    #[error("at most {URL_CHARACTERS_MAX} characters are expected")]
    Length,
    /// A user, a fragment, or a character that no address has.
    #[error("an address without a user, a fragment and blanks is expected")]
    Form,
    /// Another port than 443.
    #[error("port 443 is expected")]
    Port,
    /// No public host.
    #[error("a host of the public internet is expected")]
    Host,
}

/// True for an address of the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    !NOT_PUBLIC_V4.iter().any(|(network, length)| {
        let shift = 32_u32.saturating_sub(*length);
        bits.checked_shr(shift) == Ipv4Addr::from(*network).to_bits().checked_shr(shift)
    })
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let is_in = |(network, length): (u128, u32)| {
        let shift = 128_u32.saturating_sub(length);
        address.to_bits().checked_shr(shift) == network.checked_shr(shift)
    };
    is_in(GLOBAL_V6) && !NOT_PUBLIC_V6.into_iter().any(is_in)
}

impl Target {
    /// The target of a text.
    ///
    /// # Errors
    /// [`AddressFault`].
    pub fn parse(url: &str, loopback: Loopback) -> Result<Self, AddressFault> {
        if url.len() > URL_CHARACTERS_MAX {
            return Err(AddressFault::Length);
        }
        let is_allowed = |c: char| c.is_ascii_graphic() && !"\"#<>\\^`{|}".contains(c);
        if !url.chars().all(is_allowed) {
            return Err(AddressFault::Form);
        }
        let (scheme, rest) = url.split_once("://").ok_or(AddressFault::Scheme)?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).ok_or(AddressFault::Form)?;
        if authority.contains('@') {
            return Err(AddressFault::Form);
        }
        let (host, port) = host_and_port(authority).ok_or(AddressFault::Host)?;
        check(scheme, (&host, port), loopback)?;

        let slash = if path.starts_with('/') { "" } else { "/" };
        let origin = format!("{}://{authority}", scheme.to_ascii_lowercase());
        Ok(Self { origin, path: format!("{slash}{path}") })
    }
}

/// Host of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    Address(IpAddr),
    Name(String),
}

fn check(
    scheme: &str,
    (host, port): (&Host, Option<u16>),
    loopback: Loopback,
) -> Result<(), AddressFault> {
    if loopback == Loopback::Allowed && host.is_loopback() && scheme.eq_ignore_ascii_case("http") {
        return Ok(());
    }
    if !scheme.eq_ignore_ascii_case("https") {
        return Err(AddressFault::Scheme);
    }
    if port.is_some_and(|port| port != 443) {
        return Err(AddressFault::Port);
    }
    if host.may_be_public() { Ok(()) } else { Err(AddressFault::Host) }
}

fn host_and_port(authority: &str) -> Option<(Host, Option<u16>)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let address: Ipv6Addr = address.parse().ok()?;
        let port = match port.strip_prefix(':') {
            Some(port) => Some(port.parse().ok()?),
            None if port.is_empty() => None,
            None => return None,
        };
        return Some((Host::Address(IpAddr::V6(address)), port));
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port.parse().ok()?)),
        None => (authority, None),
    };
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return Some((Host::Address(IpAddr::V4(address)), port));
    }
    is_name(host).then(|| (Host::Name(host.to_ascii_lowercase()), port))
}

/// True for a name of the domain name system whose last label is no number: a system's resolver
/// reads `0x7f.1` and `2130706433` as addresses.
fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_number = last.starts_with(|c: char| c.is_ascii_digit());
    host.len() <= 253 && host.split('.').all(is_label) && !is_number
}

impl Host {
    fn is_loopback(&self) -> bool {
        match self {
            Self::Address(address) => address.is_loopback(),
            Self::Name(name) => name == "localhost",
        }
    }

    /// False for an address that is not public, and for a name of a private network. The addresses
    /// of any other name are checked when it is resolved.
    fn may_be_public(&self) -> bool {
        match self {
            Self::Address(address) => is_public(*address),
            Self::Name(name) => {
                let private = [".localhost", ".local", ".internal", ".home.arpa"];
                name.contains('.') && !private.iter().any(|end| name.ends_with(end))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: no address of a private network is taken for a public one, however it is written.
    #[test]
    fn addresses_that_are_not_public_are_refused() {
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "255.255.255.255",
            "::",
            "::1",
            "::10.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:0:a00:1::",
            "2001:db8::1",
            "2002:a00:1::1",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in
            ["1.1.1.1", "100.63.255.255", "172.32.0.1", "192.0.1.1", "2606:4700::1", "2a00:1450::1"]
        {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    /// Goal: an address is https on port 443 of a public host, and nothing hides another in it.
    #[test]
    fn a_target_is_https_on_a_public_host() {
        let of = |url: &str| Target::parse(url, Loopback::Refused);
        let target = of("https://hooks.example.com/a?b=c").unwrap();
        assert_eq!((&*target.origin, &*target.path), ("https://hooks.example.com", "/a?b=c"));
        assert_eq!(of("https://hooks.example.com?x=1").unwrap().path, "/?x=1");
        assert!(of("https://hooks.example.com:443").is_ok() && of("https://1.1.1.1/").is_ok());
        assert!(of("https://[2606:4700::1]/x").is_ok());

        let wrong = |url: &str, fault| assert_eq!(of(url), Err(fault), "{url}");
        for url in ["http://hooks.example.com", "ftp://a.example", "hooks.example.com", ""] {
            wrong(url, AddressFault::Scheme);
        }
        for url in ["https://a@b.example/", "https://b.example/#x", "https://b.example/a b"] {
            wrong(url, AddressFault::Form);
        }
        for url in ["https://b.example:8443/", "https://b.example:80"] {
            wrong(url, AddressFault::Port);
        }
        for url in [
            "https://localhost/",
            "https://x.localhost/",
            "https://printer.local/",
            "https://metadata.google.internal/",
            "https://intranet/",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://127.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[fe80::1%25eth0]/",
            "https://b.example./",
            "https:///x",
            "https://b.example:x/",
        ] {
            wrong(url, AddressFault::Host);
        }
        let long = format!("https://b.example/{}", "a".repeat(URL_CHARACTERS_MAX));
        wrong(&long, AddressFault::Length);
    }

    /// Goal: local mode takes receivers on this machine by http, and no other private one.
    #[test]
    fn loopback_is_taken_where_it_is_allowed() {
        let of = |url: &str| Target::parse(url, Loopback::Allowed);
        for url in ["http://127.0.0.1:4000/x", "http://localhost:9", "http://[::1]:4000/"] {
            assert!(of(url).is_ok(), "{url}");
            assert!(Target::parse(url, Loopback::Refused).is_err(), "{url}");
        }
        for url in ["https://127.0.0.1/", "http://10.0.0.1/", "http://b.example/"] {
            assert!(of(url).is_err(), "{url}");
        }
    }
}
