//! Names resolved to public addresses alone.

use std::net::IpAddr;

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};
use billing::events::is_public;

/// Port that the system's resolver is asked for; the connection has its own.
const PORT: u16 = 443;

/// Resolver of the system that drops every address that is not public.
#[derive(Debug, Clone, Copy)]
pub struct PublicOnly;

/// A name has no public address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name has no public address")]
pub(crate) struct NotPublic;

impl ResolveDns for PublicOnly {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            let found = tokio::net::lookup_host((name, PORT)).await;
            let found = found.map_err(ResolveDnsError::new)?;
            let public: Vec<IpAddr> =
                found.map(|address| address.ip()).filter(|address| is_public(*address)).collect();
            if public.is_empty() {
                return Err(ResolveDnsError::new(NotPublic));
            }
            Ok(public)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    /// Goal: a name that leads to this machine is refused where it is resolved, so that no check
    /// before can be overtaken by another answer of the name's server.
    #[tokio::test]
    async fn a_name_of_this_machine_has_no_address() {
        for name in ["localhost", "127.1", "2130706433"] {
            let error = PublicOnly.resolve_dns(name).await.unwrap_err();
            assert!(error.source().unwrap().is::<NotPublic>(), "{name}: {error:?}");
        }
    }
}
