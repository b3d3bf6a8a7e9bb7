//! Service of sub-accounts while their parent gets none, and by the parent's plan (B8, B10).

use super::*;
use crate::world::{access, cloud_with_grace, state};

async fn codes(cloud: &Running, name: &str) -> Vec<String> {
    let answer = get(cloud, &format!("/v1/accounts/{name}/access")).await;
    let reasons = answer["reasons"].as_array().expect("reasons").iter();
    reasons.map(|reason| text(&reason["code"])).collect()
}

/// What each account of the family sees: access, state and reasons.
async fn seen(cloud: &Running) -> Vec<String> {
    let mut rows = Vec::new();
    for name in [PARENT, "north", "shop"] {
        let (access, state) = (access(cloud, name).await, state(cloud, name).await);
        rows.push(format!("{name} {access} {state} {}", codes(cloud, name).await.join(" ")));
    }
    rows
}

/// Goal: a parent that is disabled for non-payment takes the sub-accounts along that it pays for,
/// names them no invoice and no amount, and brings them back; others are untouched (B10).
#[tokio::test]
async fn a_disabled_parent_takes_its_sub_accounts_along() {
    let cloud = cloud_with_grace(0).await;
    let customer = parent(&cloud).await;
    sub_account(&cloud, "north", BillingModel::BillToParent).await;
    sub_account(&cloud, "shop", BillingModel::BillToSubAccount).await;
    let served = ["group none active parent_account", "north full active ", "shop full active "];
    assert_eq!(seen(&cloud).await, served);

    let form =
        format!("customer={customer}&currency=usd&collection_method=send_invoice&days_until_due=1");
    let invoice = id(&post(&cloud, "/v1/invoices", &form));
    let item = format!("customer={customer}&invoice={invoice}&currency=usd&amount=777");
    post(&cloud, "/v1/invoiceitems", &item);
    post(&cloud, &format!("/v1/invoices/{invoice}/send"), "");
    until(&cloud, "2026-11-24T00:00:00Z").await;

    let disabled = [
        "group none disabled parent_account overdue_invoices",
        "north none disabled parent_disabled",
        "shop full active ",
    ];
    assert_eq!(seen(&cloud).await, disabled);
    let answer = get(&cloud, "/v1/accounts/north/access").await.to_string();
    assert!(!answer.contains("7.77") && !answer.contains(&invoice), "{answer}");
    let body = json!({ "tokens": 5, "reason": "enrichment" });
    let path = "/v1/accounts/north/credits/deductions";
    let (status, answer) = crate::world::post_with_key(&cloud, path, "one", &body).await;
    assert_eq!((status, &answer["code"]), (409, &json!("account_disabled")), "{answer}");

    let pay = format!("/v1/invoices/{invoice}/pay");
    post(&cloud, &pay, "paid_out_of_band=true");
    cloud.clock().advance("5s").await.unwrap();
    assert_eq!(seen(&cloud).await, served);
}

/// Goal: limits and restriction of a sub-account follow its parent's plan while the parent pays,
/// and its own plan from the cut line on; what the parent's plan includes of credits is not dealt
/// out.
#[tokio::test]
async fn limits_follow_the_payers_plan() {
    let cloud = cloud().await;
    parent(&cloud).await;
    sub_account(&cloud, "north", BillingModel::BillToParent).await;
    sub_account(&cloud, "shop", BillingModel::BillToSubAccount).await;
    let at = "2026-11-22T08:00:00Z";
    let usage = [
        ("north", "sessions", 1_001, at),
        ("north", "storage", 501, at),
        ("shop", "sessions", 1_001, at),
        ("shop", "storage", 501, at),
    ];
    let rejected = report(&cloud, "usage", &usage).await["rejected"].clone();

    // Free refuses more than 500 MB and restricts beyond 1,000 sessions; `team` does neither.
    let places: Vec<_> =
        rejected.as_array().unwrap().iter().map(|it| it["index"].clone()).collect();
    assert_eq!((places, &rejected[0]["code"]), (vec![json!(3)], &json!("over_limit")));
    assert_eq!(access(&cloud, "north").await, "full");
    assert_eq!(access(&cloud, "shop").await, "cached_only");
    let included = async |name: &str| {
        let usage = get(&cloud, &format!("/v1/accounts/{name}/usage")).await;
        let all = usage["resources"].as_array().unwrap().iter();
        let sessions = all.clone().find(|it| it["id"] == "sessions").unwrap().clone();
        sessions["included"].clone()
    };
    assert_eq!((included("north").await, included("shop").await), (json!(100_000), json!(1_000)));
    let credits = get(&cloud, "/v1/accounts/north/credits").await;
    assert_eq!(credits["included"]["allocation"], 0, "{credits}");

    move_to(&cloud, "north", BillingModel::BillToSubAccount, "2026-11-23T00:00:00Z").await;
    until(&cloud, "2026-11-22T23:59:59Z").await;
    assert_eq!(access(&cloud, "north").await, "full");
    until(&cloud, "2026-11-23T00:00:00Z").await;
    assert_eq!(access(&cloud, "north").await, "cached_only");
}
