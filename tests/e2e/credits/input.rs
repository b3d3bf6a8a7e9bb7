//! What cannot be done is refused by name, and nothing happens.

use http::Method;
use serde_json::{Value, json};

use super::{PATH, deduct, grant, shop, show};
use crate::stripe::Invoice;
use crate::world::{
    NOW, cloud_with_grace, open_account, post, post_with_key, staff_with_key, vendor,
};

async fn refused(
    cloud: &local::Running,
    method: Method,
    path: &str,
    body: &Value,
) -> (u16, String) {
    let (status, answer) = vendor(cloud, method, path, body).await;
    let field = answer["fields"][0]["field"].as_str().unwrap_or_default();
    let code = answer["code"].as_str().unwrap_or_default();
    (status, format!("{code} {field}").trim().to_owned())
}

/// Goal: each wrong field is named, and each impossible wish has its own code.
#[tokio::test]
async fn wrong_requests_are_told_what_is_wrong() {
    let cloud = shop().await;
    grant(&cloud, 500).await;
    let before = show(&cloud).await;
    for tokens in [json!(0), json!(-5), json!(1_000_000_000_001_i64)] {
        let path = format!("{PATH}/deductions");
        let (status, answer) =
            post_with_key(&cloud, &path, "k", &json!({ "tokens": tokens })).await;
        assert_eq!((status, &answer["fields"][0]["field"]), (422, &json!("tokens")), "{tokens}");
    }
    let path = format!("{PATH}/deductions");
    for body in [
        json!({ "tokens": 1.5 }),
        json!({ "tokens": "1" }),
        json!({}),
        json!({ "tokens": 1, "x": 1 }),
    ] {
        assert_eq!(post_with_key(&cloud, &path, "k", &body).await.0, 422, "{body}");
    }
    let missing = refused(&cloud, Method::POST, &path, &json!({ "tokens": 1 })).await;
    assert_eq!(missing, (422, "idempotency_key_missing".to_owned()));
    let eur = |amount: i64| json!({ "amount": amount, "currency": "eur" });
    let set = |threshold: i64, limit: Value, pack: &str| json!({ "enabled": true, "threshold": threshold, "spending_limit": limit, "pack": pack });
    for (body, field) in [
        (set(-1, eur(5_000), "starter"), "invalid_threshold threshold"),
        (set(1_000_000_000_001, eur(5_000), "starter"), "invalid_threshold threshold"),
        (set(10, eur(499), "starter"), "spending_limit_below_price spending_limit"),
        (
            set(10, json!({ "amount": 5_000, "currency": "usd" }), "starter"),
            "invalid_spending_limit spending_limit",
        ),
        (set(10, eur(5_000), "giant"), "unknown_pack pack"),
    ] {
        let path = format!("{PATH}/auto-recharge");
        let found = refused(&cloud, Method::PUT, &path, &body).await;
        assert_eq!(found, (422, field.to_owned()), "{body}");
    }
    for (body, field) in [
        (json!({ "pack": "giant" }), "unknown_pack pack"),
        (
            json!({ "pack": "starter", "success_url": "https://elsewhere.example" }),
            "invalid_input success_url",
        ),
    ] {
        let found = refused(&cloud, Method::POST, &format!("{PATH}/purchases"), &body).await;
        assert_eq!(found, (422, field.to_owned()), "{body}");
    }
    assert_eq!(show(&cloud).await, before, "nothing happened");
}

/// Goal: the same of reservations, purchases and adjustments.
#[tokio::test]
async fn what_does_not_exist_can_not_be_ended() {
    let cloud = shop().await;
    grant(&cloud, 500).await;
    let before = show(&cloud).await;
    for (body, field) in [
        (json!({ "tokens": 0, "ttl_seconds": 60 }), "invalid_tokens tokens"),
        (json!({ "tokens": 1, "ttl_seconds": 0 }), "invalid_ttl ttl_seconds"),
        (json!({ "tokens": 1, "ttl_seconds": 604_801 }), "invalid_ttl ttl_seconds"),
    ] {
        let found = refused(&cloud, Method::POST, &format!("{PATH}/reservations"), &body).await;
        assert_eq!(found, (422, field.to_owned()), "{body}");
    }
    for path in ["reservations/res_1/settle", "reservations/res_1/release", "purchases/pur_1"] {
        let (method, body) = if path.starts_with('p') {
            (Method::GET, Value::Null)
        } else {
            (Method::POST, json!({ "tokens": 1 }))
        };
        let found = refused(&cloud, method, &format!("{PATH}/{path}"), &body).await;
        assert_eq!(found, (404, "not_found".to_owned()), "{path}");
    }
    let path = "/v1/staff/accounts/acme/credits/adjustments";
    for (tokens, status) in [(0, 422), (-501, 409), (1_000_000_000_001_i64, 422)] {
        let body = json!({ "tokens": tokens, "reason": "x" });
        let (answered, _) = staff_with_key(&cloud, path, "gift", &body).await;
        assert_eq!(answered, status, "{tokens}");
    }
    let body = json!({ "tokens": 1, "reason": "x" });
    let (status, answer) = Box::pin(cloud.call(cloud.staff_key(), Method::POST, path, &body)).await;
    assert_eq!((status, &answer["code"]), (422, &json!("idempotency_key_missing")));
    assert_eq!(show(&cloud).await, before, "nothing happened");
}

/// Goal: a disabled account keeps its credits and cannot use them (C10).
#[tokio::test]
async fn a_disabled_account_can_not_use_its_credits() {
    let cloud = cloud_with_grace(0).await;
    open_account(&cloud, "acme").await;
    grant(&cloud, 500).await;
    let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW - 60);
    post(&cloud, &invoice.payment_failed(NOW - 60), "applied").await;
    let (status, answer) = deduct(&cloud, "job-1", 10).await;
    assert_eq!((status, &answer["code"]), (409, &json!("account_disabled")));
    assert_eq!(answer["reasons"][0]["code"], "overdue_invoices");
    assert_eq!(show(&cloud).await["balance"], 500);
    post(&cloud, &invoice.paid(NOW), "applied").await;
    assert_eq!(deduct(&cloud, "job-1", 10).await.0, 201);
}

/// Goal: an id that is too long for the table is of nothing that there is, in every path and body:
/// never an outage (XE7).
#[tokio::test]
async fn an_id_that_is_too_long_does_not_exist() {
    let cloud = shop().await;
    for length in [255, 1_013, 1_017, 1_024, 3_000] {
        let id = "r".repeat(length);
        for path in [
            format!("{PATH}/reservations/{id}/settle"),
            format!("{PATH}/reservations/{id}/release"),
        ] {
            let (status, answer) =
                vendor(&cloud, Method::POST, &path, &json!({ "tokens": 1 })).await;
            assert_eq!((status, &answer["code"]), (404, &json!("not_found")), "{length}: {answer}");
        }
        for path in [
            format!("{PATH}/purchases/{id}"),
            format!("/v1/accounts/acme/members/{id}"),
            format!("/v1/price-changes/{id}"),
            format!("/v1/accounts/{id}/credits"),
        ] {
            let (status, answer) = vendor(&cloud, Method::GET, &path, &Value::Null).await;
            assert!((403..=405).contains(&status), "{path}: {status} {answer}");
        }
        let body = json!({ "plan": "team", "interval": "month", "seats": 3, "preview_id": id });
        let path = "/v1/accounts/acme/subscription";
        let (status, answer) = vendor(&cloud, Method::PUT, path, &body).await;
        assert!((400..500).contains(&status), "{length}: {status} {answer}");
    }
}
