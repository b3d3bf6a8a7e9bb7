//! Visits to Stripe's billing portal (D8), and what cannot be done there (money rule 14).

use bytes::Bytes;
use http::{Method, Request};
use local::Running;
use serde_json::{Value, json};

use crate::world::{cloud, get, open_account, vendor};

const PATH: &str = "/v1/accounts/acme/portal-sessions";

async fn visit(cloud: &Running, flow: Option<&str>) -> (u16, Value) {
    let home = format!("{}/billing?done=1", cloud.gateway_url());
    let body = json!({ "return_url": home, "flow": flow });
    vendor(cloud, Method::POST, PATH, &body).await
}

fn stripe(cloud: &Running, method: Method, path: &str, form: &str) -> Value {
    let (status, answer) = cloud.stripe().call(method, path, form);
    assert_eq!(status, 200, "{path} {form}: {answer}");
    answer
}

/// A monthly subscription to the plan `team`, paid by a card.
fn subscribe(cloud: &Running) -> String {
    let card =
        stripe(cloud, Method::POST, "/v1/payment_methods/pm_card_visa/attach", "customer=cus_acme");
    let default =
        format!("invoice_settings[default_payment_method]={}", card["id"].as_str().unwrap());
    stripe(cloud, Method::POST, "/v1/customers/cus_acme", &default);
    let product = stripe(cloud, Method::POST, "/v1/products", "name=Team");
    let price = format!(
        "product={}&currency=usd&unit_amount=4900&recurring[interval]=month&metadata[tollgate_plan]=team\
         &metadata[tollgate_part]=plan",
        product["id"].as_str().unwrap()
    );
    let price = stripe(cloud, Method::POST, "/v1/prices", &price);
    let form = format!("customer=cus_acme&items[0][price]={}", price["id"].as_str().unwrap());
    let made = stripe(cloud, Method::POST, "/v1/subscriptions", &form);
    made["id"].as_str().unwrap().to_owned()
}

/// The configurations at Stripe that are ours, by mark.
fn configurations(cloud: &Running) -> Vec<Value> {
    let all = stripe(cloud, Method::GET, "/v1/billing_portal/configurations", "");
    let all = all["data"].as_array().unwrap().iter();
    all.filter(|it| it["metadata"]["tollgate_portal"].is_string()).cloned().collect()
}

/// Goal: a visit can manage everything but plan and cancellation; its configuration is made once;
/// its address is in no timeline and not to be stored by anything on the way.
#[tokio::test]
async fn a_visit_changes_neither_plan_nor_cancellation() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    for flow in [None, Some("payment_method_update"), None] {
        let (status, answer) = visit(&cloud, flow).await;
        let url = answer["url"].as_str().unwrap_or_default();
        assert!(status == 201 && url.starts_with("http"), "{answer}");
        let timeline = get(&cloud, "/v1/accounts/acme/timeline").await;
        assert!(!timeline.to_string().contains(url), "{timeline}");
    }
    let ours = configurations(&cloud);
    assert_eq!(ours.len(), 1, "{ours:?}");
    let features = &ours[0]["features"];
    assert_eq!(features["subscription_update"]["enabled"], false);
    assert_eq!(features["subscription_cancel"]["enabled"], false);
    for on in ["customer_update", "payment_method_update", "invoice_history"] {
        assert_eq!(features[on]["enabled"], true, "{on}");
    }
    let body = json!({ "return_url": cloud.gateway_url() });
    let request = Request::post(PATH)
        .header("authorization", format!("Bearer {}", cloud.vendor_key()))
        .body(Bytes::from(body.to_string()))
        .unwrap();
    let response = Box::pin(cloud.send(request)).await;
    assert_eq!(response.headers()["cache-control"], "no-store");
}

/// Goal: the cancellation check stands before Stripe's page (A10): with a condition unmet there is
/// no visit and every reason is told; once all are met the page cancels at the end of the period,
/// and nothing more can be cancelled.
#[tokio::test]
async fn cancelling_there_needs_the_same_check() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let (status, answer) = visit(&cloud, Some("subscription_cancel")).await;
    assert_eq!((status, &answer["code"]), (409, &json!("no_subscription")), "{answer}");
    let subscription = subscribe(&cloud);
    cloud.clock().run_due().await;
    let blocker = "/v1/accounts/acme/cancellation-blockers/custom_domains";
    let text = json!({ "detail": "shop.acme.example is configured.", "clears_by": "Removing it." });
    assert_eq!(vendor(&cloud, Method::PUT, blocker, &text).await.0, 200);

    let (status, answer) = visit(&cloud, Some("subscription_cancel")).await;
    assert_eq!((status, &answer["code"]), (409, &json!("cancellation_blocked")), "{answer}");
    assert_eq!(answer["reasons"][0]["clears_by"], "Removing it.");
    let told: Vec<(&Value, &Value)> = answer["conditions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (&it["code"], &it["met"]))
        .collect();
    let expected = json!([
        ["unpaid_invoices", true],
        ["over_free_plan", true],
        ["custom_domains", false],
        ["performance_centre_urls", true],
    ]);
    assert_eq!(json!(told), expected, "A5 to A8, each with its state");
    assert_eq!(configurations(&cloud).len(), 0, "Stripe was asked before the check had passed");

    assert_eq!(vendor(&cloud, Method::DELETE, blocker, &Value::Null).await.0, 204);
    let (status, answer) = visit(&cloud, Some("subscription_cancel")).await;
    assert_eq!(status, 201, "{answer}");
    let ours = configurations(&cloud);
    let cancel = &ours[0]["features"]["subscription_cancel"];
    assert_eq!((&cancel["enabled"], &cancel["mode"]), (&json!(true), &json!("at_period_end")));
    stripe(
        &cloud,
        Method::POST,
        &format!("/v1/subscriptions/{subscription}"),
        "cancel_at_period_end=true",
    );
    cloud.clock().run_due().await;
    let (status, answer) = visit(&cloud, Some("subscription_cancel")).await;
    assert_eq!((status, &answer["code"]), (409, &json!("subscription_ends")), "{answer}");
}

/// Goal: people are sent back to our own places only; a wrong flow is named; who may not see the
/// billing may not visit.
#[tokio::test]
async fn a_visit_leads_back_to_where_it_may() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let body = json!({ "return_url": "https://evil.example/", "flow": "subscription_update" });
    let (status, answer) = vendor(&cloud, Method::POST, PATH, &body).await;
    let fields: Vec<&Value> =
        answer["fields"].as_array().unwrap().iter().map(|it| &it["field"]).collect();
    assert_eq!((status, fields), (422, vec![&json!("return_url"), &json!("flow")]), "{answer}");
    let keys = "/v1/accounts/acme/api-keys";
    let (_, key) = vendor(&cloud, Method::POST, keys, &json!({ "role": "member" })).await;
    let key = key["secret"].as_str().unwrap();
    let (status, _) = Box::pin(cloud.call(key, Method::POST, PATH, &body)).await;
    assert_eq!(status, 403);
}
