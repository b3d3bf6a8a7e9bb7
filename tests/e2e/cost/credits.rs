//! What prepaid credits cost at the table: used, reserved, bought.

use http::Method;
use local::Running;
use local::gate::{Faults, Mode};
use serde_json::{Value, json};

use super::{Spent, cost_of, spent};
use crate::stripe::Invoice;
use crate::world::{
    NOW, cloud_with_grace, get, open_account, post, post_with_key, staff_with_key, vendor,
};

/// Prepaid credits of an account that has some, bought, used and reserved.
pub(super) async fn rows() -> Vec<(&'static str, Spent)> {
    let cloud = cloud_with_grace(0).await;
    open_account(&cloud, "acme").await;
    post(&cloud, &Invoice::automatic("in_1", "cus_acme", 0, NOW).drafted(NOW), "applied").await;
    // Nothing happens but what is asked for: queues and Stripe keep still.
    cloud.gate().set_mode(Mode::Stepped(Faults::default()), 1);
    let path = "/v1/accounts/acme/credits";
    let gift = json!({ "tokens": 10_000, "reason": "a gift" });
    let staff = format!("/v1/staff{}/adjustments", &path[3..]);
    assert_eq!(staff_with_key(&cloud, &staff, "gift", &gift).await.0, 201);
    let limit = json!({ "amount": 5_000, "currency": "eur" });
    let set = json!({
        "enabled": true, "threshold": 1_000, "spending_limit": limit, "pack": "starter",
    });
    let recharge = format!("{path}/auto-recharge");
    assert_eq!(vendor(&cloud, Method::PUT, &recharge, &set).await.0, 200);
    let mut rows = Vec::new();
    let deductions = format!("{path}/deductions");
    for (what, key, tokens) in [
        ("`POST /v1/accounts/{id}/credits/deductions`", "job-1", 2_000),
        ("`POST .../credits/deductions`, the same again", "job-1", 2_000),
    ] {
        rows.push((what, asked(&cloud, &deductions, key, &json!({ "tokens": tokens }), 201).await));
    }
    let reservations = format!("{path}/reservations");
    let body = json!({ "tokens": 500, "ttl_seconds": 3_600 });
    let reserved = asked(&cloud, &reservations, "held", &body, 201).await;
    rows.push(("`POST .../credits/reservations`", reserved));
    let (_, held) = post_with_key(&cloud, &reservations, "held", &body).await;
    let settle = format!("{reservations}/{}/settle", held["id"].as_str().unwrap());
    let settled = asked(&cloud, &settle, "settle", &json!({ "tokens": 300 }), 200).await;
    rows.push(("`POST .../credits/reservations/{reservation_id}/settle`", settled));
    let begins = asked(&cloud, &deductions, "job-2", &json!({ "tokens": 8_000 }), 201).await;
    rows.push(("`POST .../credits/deductions` that begins a charge", begins));
    let buys = json!({ "pack": "starter" });
    let (status, bought) = vendor(&cloud, Method::POST, &format!("{path}/purchases"), &buys).await;
    assert_eq!(status, 201, "{bought}");
    let page = bought["checkout_url"].as_str().unwrap().rsplit('/').next().unwrap();
    let page = format!("/v1/payment_pages/{page}/confirm");
    let (status, _) = cloud.stripe().call(Method::POST, &page, "payment_method=pm_card_visa");
    assert_eq!(status, 200);
    for (kind, what, outcome) in [
        (
            "checkout.session.completed",
            "`checkout.session.completed` that grants a pack",
            "applied",
        ),
        ("payment_intent.succeeded", "`payment_intent.succeeded` behind it", "unchanged"),
    ] {
        let events = format!("/v1/events?type={kind}");
        let (_, events) = cloud.stripe().call(Method::GET, &events, "");
        rows.push((what, cost_of(&cloud, &events["data"][0], outcome).await));
    }
    get(&cloud, path).await;
    rows.push(("`GET /v1/accounts/{id}/credits`", spent(&cloud)));
    rows
}

/// What a POST with a key costs, which must be answered so.
async fn asked(cloud: &Running, path: &str, key: &str, body: &Value, expected: u16) -> Spent {
    cloud.gate().forget_calls();
    let (status, answer) = post_with_key(cloud, path, key, body).await;
    assert_eq!(status, expected, "{path}: {answer}");
    spent(cloud)
}
