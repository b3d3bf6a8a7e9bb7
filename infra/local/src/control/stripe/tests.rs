//! A person at the control page, and what becomes of it at Stripe.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};

use crate::gate::client;
use crate::running::Running;
use crate::tests::stub_cloud;

async fn exchange(request: Request<Full<Bytes>>) -> Response<String> {
    let (parts, body) = client().request(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Response::from_parts(parts, String::from_utf8(body.to_vec()).unwrap())
}

async fn get(cloud: &Running, path: &str) -> String {
    let url = format!("{}{path}", cloud.gateway_url());
    let answer = exchange(Request::get(url).body(Full::default()).unwrap()).await;
    assert_eq!(answer.status(), 200, "{path}");
    answer.into_body()
}

/// Sends a form; where it leads.
async fn submit(cloud: &Running, path: &str, form: &str) -> Response<String> {
    let url = format!("{}{path}", cloud.gateway_url());
    let form = Full::from(form.to_owned());
    let kind = "application/x-www-form-urlencoded";
    exchange(Request::post(url).header("content-type", kind).body(form).unwrap()).await
}

fn location(answer: &Response<String>) -> String {
    assert_eq!(answer.status(), 303, "{}", answer.body());
    answer.headers()["location"].to_str().unwrap().to_owned()
}

fn newest_invoice(cloud: &Running) -> Value {
    let (_, list) = cloud.stripe().call(http::Method::GET, "/v1/invoices", "");
    list["data"][0].clone()
}

#[tokio::test]
async fn a_customer_is_made_found_billed_and_pays() {
    let cloud = stub_cloud().await;
    let form = "name=Walk+%3CLtd%3E&email=billing%40walk.example&card=pm_card_visa";
    let page = location(&submit(&cloud, "/_local/stripe/customers", form).await);
    assert!(page.starts_with("/_local/stripe/customers/cus_"), "{page}");
    let shown = get(&cloud, &page).await;
    assert!(shown.contains("Walk &lt;Ltd&gt;") && shown.contains("visa 4242"), "{shown}");

    let form = "amount=49.00&currency=eur&description=Work&days_until_due=14";
    assert_eq!(location(&submit(&cloud, &format!("{page}/invoice"), form).await), page);
    let invoice = newest_invoice(&cloud);
    assert_eq!((&invoice["status"], &invoice["total"]), (&json!("open"), &json!(4_900)));
    let shown = get(&cloud, &page).await;
    assert!(shown.contains(invoice["hosted_invoice_url"].as_str().unwrap()), "{shown}");

    let path = format!("/_local/stripe/invoices/{}/pay", invoice["id"].as_str().unwrap());
    location(&submit(&cloud, &path, "").await);
    assert_eq!(newest_invoice(&cloud)["status"], "paid");
    let again = submit(&cloud, &path, "").await;
    assert_eq!(again.status(), 422);
    assert!(again.body().contains("already paid"), "Stripe's own words: {}", again.body());

    assert!(get(&cloud, "/_local/stripe?q=WALK.example").await.contains("Walk &lt;Ltd&gt;"));
    assert!(!get(&cloud, "/_local/stripe?q=nobody").await.contains("Walk &lt;Ltd&gt;"));
}

#[tokio::test]
async fn faults_are_set_and_cleared_by_a_form() {
    let cloud = stub_cloud().await;
    let form = "drop=0.5&crash=&throttle=0&seed=7";
    assert_eq!(location(&submit(&cloud, "/_local/faults", form).await), "/_local/");
    let set = get(&cloud, "/_local/faults").await;
    assert_eq!(serde_json::from_str::<Value>(&set).unwrap()["drop"], 0.5);
    assert!(get(&cloud, "/_local/stripe").await.contains(r#"value="0.5""#));
    submit(&cloud, "/_local/faults", "drop=0.5&clear=yes").await;
    let set = get(&cloud, "/_local/faults").await;
    assert_eq!(serde_json::from_str::<Value>(&set).unwrap()["drop"], 0);
    assert_eq!(submit(&cloud, "/_local/faults", "drop=2").await.status(), 422);
}

#[tokio::test]
async fn the_request_log_shows_what_programs_asked_and_not_what_the_page_did() {
    let cloud = stub_cloud().await;
    submit(&cloud, "/_local/stripe/customers", "name=A&email=a%40a.example&card=").await;
    let url = format!("{}/v1/customers?limit=1", cloud.stripe_url());
    let key = "Bearer sk_test_1234567890";
    let request = Request::get(url).header("authorization", key);
    exchange(request.body(Full::default()).unwrap()).await;
    let log = get(&cloud, "/_local/requests").await;
    assert!(log.contains("/v1/customers") && log.contains("GET"), "{log}");
    assert!(!log.contains("POST"), "{log}");
}
