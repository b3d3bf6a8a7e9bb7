//! API Gateway: an HTTP API with the routes of template.yaml.

mod answer;
mod cors;
mod event;
mod routes;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;
use http::{Request, Response, StatusCode};
use runtime::Entropy;
use runtime::key::hex;
use tokio::sync::{RwLock, RwLockWriteGuard};
use tracing::warn;

use crate::clock::VirtualClock;
use crate::deliveries::Deliveries;
use crate::directory::Directory;
use crate::pool::Pool;
use crate::template::Route;

pub use answer::message;
pub use cors::Cors;
pub use routes::{Match, Routes};

/// API Gateway's limit on a request's body, in bytes.
pub const BODY_BYTES_MAX: usize = 10_485_760;
/// Lambda's limit on the event of a synchronous invocation, in bytes.
pub const EVENT_BYTES_MAX: usize = 6_291_456;

/// The HTTP API.
#[derive(Debug)]
pub struct Gateway {
    routes: Routes,
    cors: Cors,
    pool: Arc<Pool>,
    clock: VirtualClock,
    entropy: Entropy,
    deliveries: Arc<Deliveries>,
    directory: Arc<Directory>,
    /// Read by each request until it is answered.
    under_way: RwLock<()>,
}

/// A request on its way to a function.
#[derive(Debug)]
struct Prepared {
    id: String,
    function: String,
    event: String,
}

impl Gateway {
    /// With these routes, and origins whose pages may call them.
    pub fn new(
        (routes, cors): (Vec<Route>, Cors),
        pool: Arc<Pool>,
        clock: VirtualClock,
        entropy: Entropy,
        deliveries: Arc<Deliveries>,
        directory: Arc<Directory>,
    ) -> Self {
        let (routes, under_way) = (Routes::new(routes), RwLock::new(()));
        Self { routes, cors, pool, clock, entropy, deliveries, directory, under_way }
    }

    /// Holds new requests, once all that are under way are answered.
    pub async fn hold(&self) -> RwLockWriteGuard<'_, ()> {
        self.under_way.write().await
    }

    /// One request, whichever way it came.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        if let Some(answer) = self.cors.preflight(&request) {
            return answer;
        }
        let _under_way = self.under_way.read().await;
        let origin = self.cors.origin(&request);
        let mut answer = match self.prepare(&request) {
            Ok(prepared) => self.invoke(request, prepared).await,
            Err(refusal) => refusal,
        };
        self.cors.allow(&mut answer, origin);
        answer
    }

    /// Several requests at once, begun in this order; the answers come in the same order. In a
    /// stepped run nothing passes the gate before all of them began.
    pub async fn handle_together(&self, requests: Vec<Request<Bytes>>) -> Vec<Response<Bytes>> {
        let _under_way = self.under_way.read().await;
        let prepared: Vec<_> = requests.iter().map(|request| self.prepare(request)).collect();
        self.pool.announce(prepared.iter().filter(|prepared| prepared.is_ok()).count());
        let runs =
            requests.into_iter().zip(prepared).map(async |(request, prepared)| match prepared {
                Ok(prepared) => self.invoke(request, prepared).await,
                Err(refusal) => refusal,
            });
        join_all(runs).await
    }

    /// The function to invoke and the event to invoke it with, or API Gateway's own refusal.
    fn prepare(&self, request: &Request<Bytes>) -> Result<Prepared, Response<Bytes>> {
        let too_large = || message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
        if request.body().len() > BODY_BYTES_MAX {
            return Err(too_large());
        }
        let Some(found) = self.routes.find(request.method().as_str(), request.uri().path()) else {
            return Err(message(StatusCode::NOT_FOUND, "Not Found"));
        };
        let id = self.request_id();
        let event = event::of(request, &found, &id, self.clock.now());
        if event.len() > EVENT_BYTES_MAX {
            return Err(too_large());
        }
        Ok(Prepared { id, function: found.route.function.clone(), event })
    }

    async fn invoke(&self, request: Request<Bytes>, prepared: Prepared) -> Response<Bytes> {
        let Prepared { id, function, event } = prepared;
        let arrived = self.deliveries.arrived(&request, self.clock.now());
        let invoked = self.pool.invoke(&function, &event).await;
        let response = match &invoked.answer {
            // Lambda does not hand over an answer that is larger than an event may be.
            Ok(answer) if answer.len() <= EVENT_BYTES_MAX => answer::response(answer, &id),
            Ok(answer) => {
                warn!("{function} answered {} bytes: too many", answer.len());
                message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
            }
            Err(error) => {
                warn!("{function} failed: {error}");
                message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
            }
        };
        self.directory.note(request.method(), request.uri().path(), &response);
        if let Some(arrived) = arrived {
            self.deliveries.answered(arrived, &response, &invoked);
        }
        response
    }

    fn request_id(&self) -> String {
        let bytes = self.entropy.bytes().unwrap_or_default();
        hex(&bytes).chars().take(16).collect()
    }
}
