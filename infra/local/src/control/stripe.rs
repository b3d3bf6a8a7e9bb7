//! The control page's side of Stripe: customers and what they have, what was sent, the request log.

mod actions;
mod customer;
mod pages;
#[cfg(test)]
mod tests;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Html;
use axum::routing::{get, post};
use serde::Deserialize;

use crate::cloud::Cloud;

/// Its routes.
pub fn routes() -> Router<Arc<Cloud>> {
    Router::new()
        .route("/_local/stripe", get(overview))
        .route("/_local/stripe/customers", post(actions::create_customer))
        .route("/_local/stripe/customers/{id}", get(customer_page))
        .route("/_local/stripe/customers/{id}/card", post(actions::add_card))
        .route("/_local/stripe/customers/{id}/subscription", post(actions::subscribe))
        .route("/_local/stripe/customers/{id}/invoice", post(actions::send_invoice))
        .route("/_local/stripe/subscriptions/{id}/cancel", post(actions::cancel))
        .route("/_local/stripe/invoices/{id}/{action}", post(actions::settle))
        .route("/_local/requests", get(requests))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Search {
    q: String,
}

async fn overview(State(cloud): State<Arc<Cloud>>, Query(search): Query<Search>) -> Html<String> {
    Html(pages::overview(&view::overview(&cloud, search.q.trim()).await).into_string())
}

async fn customer_page(State(cloud): State<Arc<Cloud>>, Path(id): Path<String>) -> Html<String> {
    Html(customer::page(&view::customer(&cloud, &id).await).into_string())
}

async fn requests(State(cloud): State<Arc<Cloud>>) -> Html<String> {
    Html(pages::requests(&view::requests(&cloud)).into_string())
}
