//! The door of each port: it opens to names of this machine, and to no page from elsewhere.
//!
//! A page in a browser can send requests to 127.0.0.1, also through a name of its own that points
//! there. It cannot hide where it comes from: `Host` and `Origin` say so, and are checked here for
//! all ports but the Stripe simulator's, which does the same by itself.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{HOST, HeaderName, ORIGIN};
use http::{HeaderMap, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};

use crate::gate::{Client, client};

/// DynamoDB's limit on a request's body, in bytes.
const BODY_BYTES_MAX: usize = 16_777_216;

/// Lets a request in that comes from this machine.
pub async fn only_this_machine(request: Request, next: Next) -> Response {
    if is_from_here(request.headers()) {
        next.run(request).await
    } else {
        let text = "local mode answers to 127.0.0.1 and localhost only";
        (StatusCode::FORBIDDEN, text).into_response()
    }
}

/// Sent to a name of this machine, and by none of its pages that are from elsewhere: those say
/// where a form comes from.
fn is_from_here(headers: &HeaderMap) -> bool {
    let here = |name: HeaderName| {
        let address = headers.get(name).and_then(|address| address.to_str().ok());
        let address = address.and_then(|address| address.parse::<Uri>().ok());
        let name = address.as_ref().and_then(Uri::host).unwrap_or_default();
        matches!(name, "127.0.0.1" | "localhost" | "[::1]")
    };
    here(HOST) && (!headers.contains_key(ORIGIN) || here(ORIGIN))
}

/// Hands requests on to an address of this machine.
pub fn to(address: String) -> Router {
    Router::new().fallback(hand_on).with_state(Behind { address, client: client() })
}

#[derive(Clone)]
struct Behind {
    address: String,
    client: Client,
}

/// The answer from behind the door. Without `Origin`: what is behind would invite every page in.
async fn hand_on(State(behind): State<Behind>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_BYTES_MAX).collect().await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let Ok(uri) = format!("{}{path}", behind.address).parse() else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    parts.uri = uri;
    parts.headers.remove(ORIGIN);

    let request = http::Request::from_parts(parts, Full::new(body.to_bytes()));
    match behind.client.request(request).await {
        Ok(answer) => answer.map(Body::new),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}
