//! Accounts that staff make parents, and standard accounts again (B1, B3, B5).

use http::Method;
use serde_json::{Value, json};

use super::{add_child, family, open_parent, partner, staff};
use crate::world::{cloud, get, kinds, open_account, vendor};

const TO_PARENT: &str = "/v1/staff/accounts/acme/convert-to-parent";
const TO_STANDARD: &str = "/v1/staff/accounts/acme/convert-to-standard";

/// Goal: only partners and negotiated plans become parents, without usage of their own, and go back
/// without sub-accounts alone; the journal tells.
#[tokio::test]
async fn staff_make_a_partner_a_parent_and_back() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let (status, answer) = staff(&cloud, Method::POST, TO_PARENT, &json!({})).await;
    assert_eq!((status, &answer["code"]), (409, &json!("not_eligible")), "{answer}");
    partner(&cloud, "acme").await;

    let used = json!({
        "batch_id": "b1",
        "events": [{ "account": "acme", "resource": "sessions", "quantity": 1 }],
    });
    assert_eq!(vendor(&cloud, Method::POST, "/v1/usage", &used).await.0, 202);
    let (status, answer) = staff(&cloud, Method::POST, TO_PARENT, &json!({})).await;
    assert_eq!((status, &answer["code"]), (409, &json!("account_has_usage")), "{answer}");
    cloud.clock().advance("1mo").await.unwrap();

    for _ in 0..2 {
        let (status, answer) = staff(&cloud, Method::POST, TO_PARENT, &json!({})).await;
        assert_eq!((status, &answer["kind"]), (200, &json!("parent")), "{answer}");
        assert_eq!(answer["sub_account_limit"], 100);
    }
    assert_eq!(get(&cloud, "/v1/accounts/acme").await["kind"], "parent");
    for _ in 0..2 {
        let (status, answer) = staff(&cloud, Method::POST, TO_STANDARD, &json!({})).await;
        assert_eq!((status, &answer["kind"]), (200, &json!("standard")), "{answer}");
    }
    let converted = kinds(&cloud, "acme").await;
    let converted = converted.iter().filter(|kind| *kind == "account.converted");
    assert_eq!(converted.count(), 2);
}

/// Goal: a parent with sub-accounts stays one, and a sub-account does not become one.
#[tokio::test]
async fn a_parent_with_sub_accounts_stays_one() {
    let cloud = family().await;
    add_child(&cloud, "north", "bill_to_parent").await;
    let refused = [
        ("group/convert-to-standard", "sub_accounts_left"),
        ("north/convert-to-parent", "is_sub_account"),
        ("north/convert-to-standard", "is_sub_account"),
    ];
    for (what, code) in refused {
        let path = format!("/v1/staff/accounts/{what}");
        let (status, answer) = staff(&cloud, Method::POST, &path, &json!({})).await;
        assert_eq!((status, answer["code"].as_str()), (409, Some(code)), "{answer}");
    }
    let limit = |accounts: Value| json!({ "accounts": accounts });
    let path = |id: &str| format!("/v1/staff/accounts/{id}/sub-account-limit");
    for (id, accounts, expected) in [
        ("group", json!(200), 200),
        ("group", json!(0), 422),
        ("group", json!(10_001), 422),
        ("group", json!("many"), 422),
        ("north", json!(5), 409),
        ("nobody", json!(5), 404),
    ] {
        let (status, answer) = staff(&cloud, Method::PUT, &path(id), &limit(accounts)).await;
        assert_eq!(status, expected, "{id}: {answer}");
    }
}

/// Goal: usage of a parent is rejected event by event with the reason, and that of a sub-account
/// counts.
#[tokio::test]
async fn usage_of_a_parent_is_rejected() {
    let cloud = cloud().await;
    open_parent(&cloud, "group").await;
    add_child(&cloud, "north", "bill_to_parent").await;
    let event =
        |account: &str| json!({ "account": account, "resource": "sessions", "quantity": 7 });
    let batch = json!({ "batch_id": "b1", "events": [event("group"), event("north")] });

    let (status, answer) = vendor(&cloud, Method::POST, "/v1/usage", &batch).await;

    assert_eq!((status, &answer["accepted"]), (202, &json!(1)), "{answer}");
    let rejected = &answer["rejected"];
    assert_eq!(rejected.as_array().unwrap().len(), 1);
    assert_eq!(
        (&rejected[0]["index"], &rejected[0]["code"]),
        (&json!(0), &json!("parent_account"))
    );
    let usage = get(&cloud, "/v1/accounts/group/sub-accounts/usage").await;
    assert_eq!(usage["data"][0]["id"], "north");
    let used = usage["data"][0]["resources"].as_array().unwrap();
    let sessions = used.iter().find(|it| it["id"] == "sessions").unwrap();
    assert_eq!(sessions["used"], 7);
    let earlier = get(&cloud, "/v1/accounts/group/sub-accounts/usage?period=2026-10").await;
    assert_eq!(earlier["data"][0]["resources"][0]["used"], 0);
}
