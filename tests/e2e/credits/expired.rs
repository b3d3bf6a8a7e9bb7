//! An expired reservation is nothing: in no number, decision or page (XB2).

use serde_json::json;

use super::{PATH, advance, balance, card, deduct, grant, payments, recharge, shop, show};
use crate::world::{get, post_with_key};

async fn reserve(cloud: &local::Running, key: &str, tokens: i64, seconds: i64) {
    let body = json!({ "tokens": tokens, "ttl_seconds": seconds });
    let (status, answer) = post_with_key(cloud, &format!("{PATH}/reservations"), key, &body).await;
    assert_eq!(status, 201, "{answer}");
}

/// Goal: included tokens of an expired reservation are used before credits, and nothing shows them
/// as reserved or used.
#[tokio::test]
async fn an_expired_reservation_holds_nothing_included() {
    let cloud = shop().await;
    grant(&cloud, 10_000).await;
    reserve(&cloud, "held", 1_500, 60).await;
    let held = show(&cloud).await;
    assert_eq!((&held["reserved"], &held["included"]["used"]), (&json!(500), &json!(1_000)));
    advance(&cloud, "2m").await;

    let shown = show(&cloud).await;
    let (status, taken) = deduct(&cloud, "job", 500).await;

    assert_eq!((&shown["reserved"], &shown["included"]["used"]), (&json!(0), &json!(0)));
    assert_eq!(status, 201, "{taken}");
    assert_eq!((&taken["from_included"], &taken["from_credits"]), (&json!(500), &json!(0)));
    assert_eq!(show(&cloud).await["included"]["used"], 500);
    let explained = get(&cloud, "/v1/accounts/acme/explain?field=credits").await;
    assert_eq!(explained["value"], 10_000, "{explained}");
}

/// Goal: tokens of an expired reservation are available to auto-recharge's judgement too: 551,000
/// are left with a threshold of 100,000, so nothing is bought; without the reservation's end it is.
#[tokio::test]
async fn an_expired_reservation_buys_no_pack() {
    for (ttl, packs) in [(1, 0), (7_200, 1)] {
        let cloud = shop().await;
        card(&cloud, "pm_card_visa");
        grant(&cloud, 1_000_000).await;
        recharge(&cloud, 100_000, 5_000, "starter").await;
        reserve(&cloud, "held", 501_000, ttl).await;
        advance(&cloud, "1h").await;

        assert_eq!(deduct(&cloud, "job", 450_000).await.0, 201);
        advance(&cloud, "10m").await;

        assert_eq!(payments(&cloud).len(), packs, "held for {ttl} s");
    }
}

/// Goal: an expired reservation lets a settlement of another one, a grant and new settings stay
/// exact.
#[tokio::test]
async fn whatever_comes_next_takes_expired_reservations_over_once() {
    let cloud = shop().await;
    grant(&cloud, 5_000).await;
    reserve(&cloud, "short", 1_300, 60).await;
    reserve(&cloud, "long", 700, 7_200).await;
    advance(&cloud, "5m").await;

    grant(&cloud, 100).await;
    recharge(&cloud, 0, 5_000, "starter").await;
    let shown = show(&cloud).await;

    assert_eq!((&shown["reserved"], &shown["included"]["used"]), (&json!(700), &json!(0)));
    assert_eq!(deduct(&cloud, "all", 1_000 + 5_100 - 700).await.0, 201);
    assert_eq!(deduct(&cloud, "more", 1).await.0, 402);
    assert_eq!(balance(&cloud).await, 700);
}
