//! Ports on the machine itself, and nowhere else.

use std::io;
use std::net::Ipv4Addr;

use tokio::net::TcpListener;

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
    /// The gateway on this one and the others after it, the Stripe simulator on the next. One that
    /// is in use is an error: another program would get what is meant for this one.
    From(u16),
}

/// Addresses of all that local mode serves.
#[derive(Debug, Clone)]
pub struct Addresses {
    pub gateway: String,
    pub stripe: String,
    pub dynamodb: String,
    /// The table without the door in front of it: for the functions.
    pub table: String,
    pub sqs: String,
    pub secrets_manager: String,
}

/// Listeners, bound.
#[derive(Debug)]
pub struct Bound {
    pub gateway: TcpListener,
    /// None once the simulator has it.
    pub stripe: Option<TcpListener>,
    pub dynamodb: TcpListener,
    /// The table's own port, at an address that nobody is told but the functions.
    pub table: TcpListener,
    pub sqs: TcpListener,
    pub secrets_manager: TcpListener,
}

impl Bound {
    /// Binds all. `hidden` is drawn: no page can guess where the table itself answers.
    pub async fn bind(ports: Ports, hidden: [u8; 32]) -> io::Result<Self> {
        let wish = |nth: u16| match ports {
            Ports::Free => 0,
            Ports::From(first) => first.checked_add(nth).unwrap_or(0),
        };
        Ok(Self {
            gateway: listen(wish(0)).await?,
            stripe: Some(listen(wish(1)).await?),
            dynamodb: listen(wish(2)).await?,
            table: listen_hidden(hidden).await?,
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
            table: url(&self.table),
            sqs: url(&self.sqs),
            secrets_manager: url(&self.secrets_manager),
        }
    }
}

async fn listen(port: u16) -> io::Result<TcpListener> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    bound.map_err(|error| {
        if error.kind() != io::ErrorKind::AddrInUse {
            return error;
        }
        let text = format!("port {port} is in use. Stop its program, or choose others by --port");
        io::Error::new(error.kind(), text)
    })
}

/// Somewhere in 127.0.0.0/8, or on 127.0.0.1 where a system has no more of it.
async fn listen_hidden([second, third, fourth, ..]: [u8; 32]) -> io::Result<TcpListener> {
    let address = Ipv4Addr::new(127, second, third, fourth.clamp(2, 254));
    match TcpListener::bind((address, 0)).await {
        Ok(listener) => Ok(listener),
        Err(_) => listen(0).await,
    }
}

fn url(listener: &TcpListener) -> String {
    // A bound listener has an address.
    listener.local_addr().map_or_else(|_| String::new(), |address| format!("http://{address}"))
}
