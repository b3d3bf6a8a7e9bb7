//! Credits: bought, recharged, and told.

use http::Method;
use serde_json::json;

use super::{Browser, company};
use crate::world::{get, vendor};

const CREDITS: &str = "/billing/acme/credits";

/// Goal: a pack is bought once for each form, on Stripe's page, and the page behind it waits.
#[tokio::test]
async fn a_pack_is_bought_once() {
    let cloud = company().await;
    let mut ada = Browser::signed_in(&cloud, "acme", "ada").await;
    let page = ada.page(CREDITS).await;
    assert!(page.contains("Buy for 5.00 EUR"), "{page}");
    let body = super::filled(&page, "/billing/acme/credits/purchases", &[]);
    let first = ada.post("/billing/acme/credits/purchases", &body).await;
    let second = ada.post("/billing/acme/credits/purchases", &body).await;
    assert_eq!((first.status, second.status), (303, 303), "{}", first.text);
    assert_eq!(first.location, second.location);
    assert!(first.location.starts_with(cloud.stripe_url()), "{}", first.location);
}

/// Goal: auto-recharge is set as typed, and what is wrong is said at its field with what was typed.
#[tokio::test]
async fn auto_recharge_is_set_as_typed() {
    let cloud = company().await;
    let mut ada = Browser::signed_in(&cloud, "acme", "ada").await;
    let action = "/billing/acme/credits/auto-recharge";
    let typed = [
        ("enabled", "on"),
        ("threshold", "100,000"),
        ("pack", "starter"),
        ("spending_limit", "25.50"),
    ];
    let saved = ada.submit(CREDITS, action, &typed).await;
    assert_eq!(saved.location, "/billing/acme/credits?done=recharge_saved", "{}", saved.text);
    let credits = get(&cloud, "/v1/accounts/acme/credits").await;
    let recharge = &credits["auto_recharge"];
    assert_eq!((&recharge["enabled"], &recharge["threshold"]), (&json!(true), &json!(100_000)));
    assert_eq!(recharge["spending_limit"]["amount"], 2_550, "{recharge}");
    assert!(ada.page(CREDITS).await.contains("25.50 EUR"));

    for (name, value, said) in [
        ("spending_limit", "4.00", "One pack costs 5.00 EUR"),
        ("spending_limit", "ten", "an amount such as 50 or 50.00"),
        ("threshold", "lots", "A whole number of credits"),
    ] {
        let wrong = ada.submit(CREDITS, action, &[("pack", "starter"), (name, value)]).await;
        assert_eq!(wrong.status, 422, "{value}: {}", wrong.text);
        assert!(wrong.text.contains(said), "{value}: {}", wrong.text);
        assert!(wrong.text.contains(&format!("value=\"{value}\"")), "{value} is kept");
        assert!(wrong.text.contains("aria-invalid=\"true\""), "{value}");
    }
}

/// Goal: the history tells each change with its purpose and the balance behind it; members see the
/// balance alone.
#[tokio::test]
async fn the_history_is_told() {
    let cloud = company().await;
    let grant = json!({ "tokens": 12_345, "reason": "Welcome" });
    let route = "/v1/staff/accounts/acme/credits/adjustments";
    let (status, answer) = crate::world::staff_with_key(&cloud, route, "gift-1", &grant).await;
    assert_eq!(status, 201, "{answer}");
    let route = "/v1/accounts/acme/credits/deductions";
    let taken = json!({ "tokens": 2_000, "reason": "=1+1" });
    let (status, answer) = crate::world::post_with_key(&cloud, route, "job-1", &taken).await;
    assert_eq!(status, 201, "{answer}");

    let mut ada = Browser::signed_in(&cloud, "acme", "ada").await;
    let page = ada.page(CREDITS).await;
    assert!(page.contains("Adjusted by support: Welcome"), "{page}");
    assert!(page.contains("11,345"), "{page}");
    let csv = ada.get("/billing/acme/credits.csv").await.text;
    assert!(csv.contains(",adjustment,12345,0,12345,\"Welcome\""), "{csv}");
    assert!(csv.contains("\"'=1+1\""), "no spreadsheet takes it for a formula: {csv}");

    let mut mia = Browser::signed_in(&cloud, "acme", "mia").await;
    let page = mia.page(CREDITS).await;
    assert!(page.contains("11,345") && !page.contains("Welcome"), "{page}");
    let (status, _) = vendor(&cloud, Method::GET, "/v1/accounts/acme", &json!(null)).await;
    assert_eq!(status, 200);
}
