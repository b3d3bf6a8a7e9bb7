//! XB2: an expired reservation holds nothing, in no number and no decision.

use http::Method;
use local::Running;
use serde_json::{Value, json};

use super::{advance, default_card, is_right, shop, still_there};
use crate::world::{get, post_with_key, vendor};

const CREDITS: &str = "/v1/accounts/acme/credits";

async fn grant(cloud: &Running, tokens: i64) {
    let path = "/v1/staff/accounts/acme/credits/adjustments";
    let body = json!({ "tokens": tokens, "reason": "a gift" });
    let (status, answer) = Box::pin(cloud.call(cloud.staff_key(), Method::POST, path, &body)).await;
    assert_eq!(status, 201, "{answer}");
}

async fn reserve(cloud: &Running, tokens: i64, seconds: i64) {
    let body = json!({ "tokens": tokens, "ttl_seconds": seconds });
    let path = format!("{CREDITS}/reservations");
    let (status, answer) = vendor(cloud, Method::POST, &path, &body).await;
    assert_eq!(status, 201, "{answer}");
}

async fn deduct(cloud: &Running, tokens: i64) -> Value {
    let path = format!("{CREDITS}/deductions");
    let (status, answer) = post_with_key(cloud, &path, "job", &json!({ "tokens": tokens })).await;
    assert_eq!(status, 201, "{answer}");
    answer
}

/// Goal: included tokens of an expired reservation are used before credits and are not shown as
/// reserved.
#[tokio::test]
async fn xb2_an_expired_reservation_holds_nothing_included() {
    still_there("XB2 (included)", async {
        let cloud = shop().await;
        grant(&cloud, 10_000).await;
        reserve(&cloud, 1_000, 60).await;
        advance(&cloud, "2m").await;

        let shown = get(&cloud, CREDITS).await;
        let taken = deduct(&cloud, 500).await;

        is_right(
            "taken",
            (&taken["from_included"], &taken["from_credits"]),
            (&json!(500), &json!(0)),
        )?;
        is_right("reserved", &shown["reserved"], &json!(0))?;
        is_right("used", &shown["included"]["used"], &json!(0))
    })
    .await;
}

/// Goal: tokens of an expired reservation are available: 551,000 are left with a threshold of
/// 100,000, so nothing is bought.
#[tokio::test]
async fn xb2_an_expired_reservation_buys_no_pack() {
    still_there("XB2 (pack)", async {
        let cloud = shop().await;
        default_card(&cloud, "cus_acme", "pm_card_visa");
        grant(&cloud, 1_000_000).await;
        let limit = json!({ "amount": 5_000, "currency": "eur" });
        let settings = json!({
            "enabled": true, "threshold": 100_000, "spending_limit": limit, "pack": "starter",
        });
        let path = format!("{CREDITS}/auto-recharge");
        let (status, answer) = vendor(&cloud, Method::PUT, &path, &settings).await;
        assert_eq!(status, 200, "{answer}");
        reserve(&cloud, 500_000, 1).await;
        advance(&cloud, "1h").await;

        deduct(&cloud, 450_000).await;
        advance(&cloud, "1h").await;

        let payments = super::at_stripe(&cloud, "/v1/payment_intents?customer=cus_acme");
        is_right("payments", payments["data"].as_array().map(Vec::len), Some(0))
    })
    .await;
}
