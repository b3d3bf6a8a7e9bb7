//! Pages and data below `/_local`: information for programs, and the control page. Everything else on
//! this port is the gateway's.

mod account_page;
mod actions;
mod faults;
mod frame;
mod mails;
mod pages;
mod sign_in;
mod snapshot;
mod stripe;
#[cfg(test)]
mod tests;
mod view;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, Limited};
use serde_json::{Value, json};

use account_page::Billing;

use crate::cloud::Cloud;
use crate::demo;
use crate::entry::staff_page;
use crate::gateway::{BODY_BYTES_MAX, message};

/// The page's only style sheet.
const STYLE: &str = include_str!("control/style.css");

/// The port of the gateway.
pub fn serve(cloud: Arc<Cloud>) -> Router {
    let local = Router::new()
        .route("/_local", get(overview))
        .route("/_local/", get(overview))
        .route("/_local/style.css", get(style))
        .route("/_local/accounts/{id}", get(account))
        .route("/_local/thanks", get(thanks))
        .route("/_local/invocations/{id}", get(invocation))
        .route("/_local/info", get(info))
        .route("/_local/sign-in", get(sign_in::chosen))
        .route("/_local/sign-in/{account}", get(sign_in::account))
        .route("/_local/staff", get(sign_in::staff))
        .route("/_local/wiring", get(wiring))
        .route("/_local/queues", get(queues))
        .route("/_local/queues/{name}/redrive", post(actions::redrive))
        .route("/_local/deliveries", get(deliveries))
        .route("/_local/deliveries/{event}/resend", post(actions::resend))
        .route("/_local/clock", post(actions::clock))
        .route("/_local/faults", get(faults).put(actions::faults).post(actions::faults_form))
        .route("/", get(home))
        .merge(mails::routes())
        .merge(snapshot::routes())
        .merge(stripe::routes());
    Router::new().merge(local).fallback(gateway).with_state(cloud)
}

/// As JSON.
pub(crate) fn information(cloud: &Cloud) -> Value {
    let addresses = &cloud.addresses;
    let dashboard = sign_in::link(&addresses.gateway, demo::DASHBOARD);
    let demo = json!({ "account": demo::ACCOUNT, "dashboard_url": dashboard });
    let demo = cloud.demo.load(Ordering::Relaxed).then_some(demo);
    json!({
        "gateway": addresses.gateway,
        "stripe": addresses.stripe,
        "dynamodb": addresses.dynamodb,
        "sqs": addresses.sqs,
        "secrets_manager": addresses.secrets_manager,
        "control": format!("{}/_local/", addresses.gateway),
        "webhook_secret": cloud.webhook_secrets().first(),
        "now": cloud.clock.now().to_string(),
        "keys": { "vendor": cloud.keys.now().vendor, "staff": cloud.keys.now().staff,
            "support": cloud.keys.now().support },
        "staff_desk_url": staff_page(&addresses.gateway),
        "demo": demo,
    })
}

/// The control page for people who follow the gateway's address. A page of another port of this
/// machine is the simulator's: Checkout sends people here who named no page to return to.
async fn home(headers: HeaderMap) -> Redirect {
    let from_checkout = headers.get("sec-fetch-site").is_some_and(|site| site == "same-site");
    Redirect::to(if from_checkout { "/_local/thanks" } else { "/_local/" })
}

/// Page behind Checkout.
async fn thanks() -> Html<String> {
    Html(pages::thanks().into_string())
}

async fn overview(State(cloud): State<Arc<Cloud>>) -> Html<String> {
    Html(pages::overview(&view::overview(&cloud).await).into_string())
}

async fn account(State(cloud): State<Arc<Cloud>>, Path(id): Path<String>) -> Response {
    if !view::has_account(&cloud, &id).await {
        return (StatusCode::NOT_FOUND, "There is no such account.").into_response();
    }
    let billing = Billing::of(&cloud, &id).await;
    Html(pages::account(&view::account(&cloud, &id).await, &billing).into_string()).into_response()
}

async fn invocation(State(cloud): State<Arc<Cloud>>, Path(id): Path<u64>) -> Html<String> {
    Html(pages::invocation(id, &cloud.gate.calls_of(id)).into_string())
}

async fn style() -> Response {
    ([("content-type", "text/css; charset=utf-8")], STYLE).into_response()
}

async fn info(State(cloud): State<Arc<Cloud>>) -> Response {
    json_response(&information(&cloud))
}

/// Routes, functions and queues as local mode read them from template.yaml, in SAM's words. CI
/// compares them with SAM's own reading.
async fn wiring(State(cloud): State<Arc<Cloud>>) -> Response {
    let template = &cloud.template;
    let routes = template.routes.iter().map(|route| (route.key(), json!(route.function)));
    let functions = template.functions.iter().map(|(name, function)| {
        let names: Vec<&String> = function.environment.keys().collect();
        (name.clone(), json!({ "timeout": function.timeout_seconds, "environment": names }))
    });
    let mappings = template.mappings.iter().map(|mapping| {
        json!({
            "queue": mapping.queue,
            "function": mapping.function,
            "batch_size": mapping.batch_max,
            "maximum_concurrency": mapping.concurrency_max,
            "reports_failures": mapping.reports_failures,
        })
    });
    let streams = template.streams.iter().map(|stream| {
        json!({
            "function": stream.function,
            "batch_size": stream.batch_max,
            "reports_failures": stream.reports_failures,
            "filters": stream.filters,
        })
    });
    let queues = template.queues.iter().map(|(name, queue)| {
        let redrive = queue.redrive.as_ref();
        let wired = json!({
            "visibility_timeout": queue.visibility_seconds,
            "dead_letters": redrive.map(|redrive| &redrive.target),
            "max_receive_count": redrive.map(|redrive| redrive.receives_max),
        });
        (name.clone(), wired)
    });
    let schedules = template.schedules.iter().map(|schedule| {
        let expression = schedule.expression.to_string();
        let wired = json!({
            "function": schedule.function, "expression": expression, "input": schedule.input,
        });
        (schedule.name.clone(), wired)
    });
    json_response(&json!({
        "routes": routes.collect::<BTreeMap<_, _>>(),
        "cors": {
            "origins": template.cors.origins,
            "methods": template.cors.methods,
            "headers": template.cors.headers,
            "exposed": template.cors.exposed,
            "max_age": template.cors.max_age_seconds,
        },
        "functions": functions.collect::<BTreeMap<_, _>>(),
        "mappings": mappings.collect::<Vec<_>>(),
        "streams": streams.collect::<Vec<_>>(),
        "schedules": schedules.collect::<BTreeMap<_, _>>(),
        "queues": queues.collect::<BTreeMap<_, _>>(),
    }))
}

async fn queues(State(cloud): State<Arc<Cloud>>) -> Response {
    json_response(&json!({ "data": view::queues(&cloud) }))
}

async fn deliveries(State(cloud): State<Arc<Cloud>>) -> Response {
    let rows = cloud.deliveries.all().into_iter().map(|delivery| {
        let stripe = cloud.webhook.story(&delivery.event_id);
        let mut row = json!(delivery);
        if let Some(row) = row.as_object_mut() {
            row.insert("stripe".to_owned(), stripe);
        }
        row
    });
    let rows: Vec<Value> = rows.collect();
    let all = json!({ "data": rows, "waiting": cloud.webhook.waiting() });
    json_response(&all)
}

async fn faults(State(cloud): State<Arc<Cloud>>) -> Response {
    json_response(&faults::Asked::of(&cloud).json())
}

fn json_response(body: &Value) -> Response {
    ([("content-type", "application/json")], body.to_string()).into_response()
}

async fn gateway(State(cloud): State<Arc<Cloud>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // A body that is too large is not read to its end.
    let Ok(body) = Limited::new(body, BODY_BYTES_MAX).collect().await else {
        let refusal = message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
        return refusal.map(Body::from);
    };
    let request = http::Request::from_parts(parts, body.to_bytes());
    cloud.gateway.handle(request).await.map(Body::from)
}
