//! The outbox: each mail as its recipient sees it.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use maud::{Markup, html};
use serde_json::json;

use super::frame::page;
use super::json_response;
use super::view;
use crate::cloud::Cloud;
use crate::outbox::SentMail;

/// A mail's page may show what it brings along, and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups";

pub fn routes() -> Router<Arc<Cloud>> {
    Router::new()
        .route("/_local/mails", get(all))
        .route("/_local/outbox", get(list))
        .route("/_local/outbox/{place}", get(one))
        .route("/_local/outbox/{place}/html", get(body))
}

async fn all(State(cloud): State<Arc<Cloud>>) -> Response {
    json_response(&json!({ "data": cloud.outbox.mails() }))
}

async fn list(State(cloud): State<Arc<Cloud>>) -> Html<String> {
    let mails = cloud.outbox.mails();
    let clock = view::clock(&cloud);
    Html(page("Mails", Some(&clock), &table(&mails)).into_string())
}

/// Every mail, the newest first.
fn table(mails: &[SentMail]) -> Markup {
    html! {
        section {
            h2 { "Mails" }
            @if mails.is_empty() {
                p.quiet { "None was sent yet. A mail follows what it is about by a minute: let an hour pass." }
            } @else {
                table {
                    thead { tr { th { "At" } th { "To" } th { "Subject" } } }
                    tbody {
                        @for (place, mail) in mails.iter().enumerate().rev() {
                            tr {
                                td { (mail.at) }
                                td { (mail.to) }
                                td { a href=(format!("/_local/outbox/{place}")) { (mail.subject) } }
                            }
                        }
                    }
                }
            }
            p.quiet { "As JSON: " a href="/_local/mails" { "/_local/mails" } "." }
        }
    }
}

async fn one(State(cloud): State<Arc<Cloud>>, Path(place): Path<usize>) -> Response {
    let Some(mail) = cloud.outbox.mail(place) else { return missing() };
    let clock = view::clock(&cloud);
    let shown = html! {
        p { a href="/_local/outbox" { "← Mails" } }
        section {
            h2 { (mail.subject) }
            dl {
                dt { "To" } dd { (mail.to) }
                dt { "From" } dd { (mail.from) }
                @if let Some(reply_to) = &mail.reply_to { dt { "Answers to" } dd { (reply_to) } }
                dt { "Sent" } dd { (mail.at) }
                @for header in &mail.headers { dt { "Header" } dd { code { (header) } } }
            }
            iframe title="The mail" src=(format!("/_local/outbox/{place}/html"))
                style="width:100%;height:720px;border:1px solid var(--line);border-radius:8px;" {}
        }
        section { h2 { "As text" } pre { (mail.text) } }
    };
    Html(page(&mail.subject, Some(&clock), &shown).into_string()).into_response()
}

async fn body(State(cloud): State<Arc<Cloud>>, Path(place): Path<usize>) -> Response {
    let Some(mail) = cloud.outbox.mail(place) else { return missing() };
    let headers =
        [("content-type", "text/html; charset=utf-8"), ("content-security-policy", POLICY)];
    (headers, mail.html).into_response()
}

fn missing() -> Response {
    (StatusCode::NOT_FOUND, "there is no such mail").into_response()
}
