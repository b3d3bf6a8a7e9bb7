//! `/_local/snapshot`: the whole world as one file.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use serde_json::json;

use super::actions::refused;
use super::json_response;
use crate::cloud::Cloud;
use crate::snapshot;
use crate::world::WorldError;

/// The routes. A world is of any size.
pub fn routes() -> Router<Arc<Cloud>> {
    let route = get(take).put(put).layer(DefaultBodyLimit::disable());
    Router::new().route("/_local/snapshot", route)
}

async fn take(State(cloud): State<Arc<Cloud>>) -> Response {
    let headers = [
        ("content-type", "application/json"),
        ("content-disposition", "attachment; filename=\"world.json\""),
    ];
    match snapshot::take(&cloud).await {
        Ok(text) => (headers, text).into_response(),
        Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

async fn put(State(cloud): State<Arc<Cloud>>, body: Bytes) -> Response {
    let text = str::from_utf8(&body).map_err(|_| WorldError::Other);
    let put = match text {
        Ok(text) => snapshot::put(&cloud, text).await,
        Err(error) => Err(error),
    };
    match put {
        Ok(()) => json_response(&json!({ "now": cloud.clock.now().to_string() })),
        Err(error) => {
            let text = format!("{error}. The world is as it was.");
            refused(StatusCode::UNPROCESSABLE_ENTITY, &text)
        }
    }
}
