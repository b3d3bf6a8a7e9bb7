//! Ports on the machine itself, and nowhere else.

use std::io;
use std::net::Ipv4Addr;

use tokio::net::TcpListener;

use crate::cloud::Addresses;

/// The gateway's port unless told otherwise.
pub const PORT: u16 = 3000;
/// The Stripe simulator's, behind that one.
pub const STRIPE_PORT: u16 = 3001;

/// Which ports to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ports {
    /// Any free ones: for tests, many at once.
    #[default]
    Free,
    /// The gateway on this one and the others after it, the Stripe simulator on the next; a free one for
    /// each that is taken.
    From(u16),
}

/// Listeners, bound.
#[derive(Debug)]
pub struct Bound {
    pub gateway: TcpListener,
    /// None once the simulator has it.
    pub stripe: Option<TcpListener>,
    pub dynamodb: TcpListener,
    pub sqs: TcpListener,
    pub secrets_manager: TcpListener,
}

impl Bound {
    /// Binds all.
    pub async fn bind(ports: Ports) -> io::Result<Self> {
        let wish = |nth: u16| match ports {
            Ports::Free => 0,
            Ports::From(first) => first.checked_add(nth).unwrap_or(0),
        };
        Ok(Self {
            gateway: listen(wish(0)).await?,
            stripe: Some(listen(wish(1)).await?),
            dynamodb: listen(wish(2)).await?,
            sqs: listen(wish(3)).await?,
            secrets_manager: listen(wish(4)).await?,
        })
    }

    /// Where they are.
    pub fn addresses(&self) -> Addresses {
        Addresses {
            gateway: url(&self.gateway),
            stripe: self.stripe.as_ref().map(url).unwrap_or_default(),
            dynamodb: url(&self.dynamodb),
            sqs: url(&self.sqs),
            secrets_manager: url(&self.secrets_manager),
        }
    }
}

async fn listen(port: u16) -> io::Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Ok(listener) => Ok(listener),
        Err(_) if port != 0 => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await,
        Err(error) => Err(error),
    }
}

fn url(listener: &TcpListener) -> String {
    // A bound listener has an address.
    let port = listener.local_addr().map_or(0, |address| address.port());
    format!("http://127.0.0.1:{port}")
}
