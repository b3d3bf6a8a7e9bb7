//! Sub-accounts that move between billing models on a cut line (B11).

use http::Method;
use local::Running;
use serde_json::{Value, json};

use super::{add_child, by, family, key};
use crate::world::{get, kinds, open_account, vendor};

/// Books a billing model of a sub-account of `group`.
async fn book(cloud: &Running, id: &str, model: &str) -> (u16, Value) {
    let path = format!("/v1/accounts/group/sub-accounts/{id}/billing-model");
    vendor(cloud, Method::PUT, &path, &json!({ "billing_model": model })).await
}

/// Goal: a move takes effect at the next midnight, once; another one waits until then; both
/// journals tell of it.
#[tokio::test]
async fn a_move_takes_effect_at_midnight() {
    let cloud = family().await;
    add_child(&cloud, "north", "bill_to_parent").await;
    let midnight = json!("2026-11-23T00:00:00Z");

    for _ in 0..2 {
        let (status, booked) = book(&cloud, "north", "bill_to_sub_account").await;
        assert_eq!((status, &booked["effective_at"]), (200, &midnight), "{booked}");
    }

    let (status, refused) = book(&cloud, "north", "bill_to_parent").await;
    assert_eq!((status, &refused["code"]), (409, &json!("billing_model_booked")), "{refused}");
    let listed = get(&cloud, "/v1/accounts/group/sub-accounts").await;
    assert_eq!(listed["data"][0]["billing_model"], "bill_to_parent");
    assert_eq!(listed["data"][0]["booked_model"]["effective_at"], midnight);
    assert_eq!(get(&cloud, "/v1/accounts/north").await["billing_model"], "bill_to_parent");

    cloud.clock().advance("15h").await.unwrap();
    assert_eq!(get(&cloud, "/v1/accounts/north").await["billing_model"], "bill_to_sub_account");
    let listed = get(&cloud, "/v1/accounts/group/sub-accounts").await;
    assert_eq!(listed["data"][0]["billing_model"], "bill_to_sub_account");
    assert_eq!(listed["data"][0]["booked_model"], Value::Null);
    let (status, back) = book(&cloud, "north", "bill_to_parent").await;
    assert_eq!((status, &back["effective_at"]), (200, &json!("2026-11-24T00:00:00Z")), "{back}");
    cloud.clock().advance("1d").await.unwrap();
    for account in ["group", "north"] {
        let told = kinds(&cloud, account).await;
        for kind in ["sub_account.model_booked", "sub_account.model_changed"] {
            let count = told.iter().filter(|told| *told == kind).count();
            assert_eq!(count, 2, "{account} {kind}: {told:?}");
        }
    }
}

/// Goal: unknown sub-accounts and other people's are unknown, and a wrong model is named.
#[tokio::test]
async fn a_wrong_move_is_refused() {
    let cloud = family().await;
    add_child(&cloud, "north", "bill_to_parent").await;
    open_account(&cloud, "stranger").await;
    for unknown in ["group", "stranger", "nobody", "a%20b"] {
        assert_eq!(book(&cloud, unknown, "bill_to_parent").await.0, 404, "{unknown}");
    }
    let (status, wrong) = book(&cloud, "north", "bill_to_nobody").await;
    assert_eq!((status, &wrong["fields"][0]["field"]), (422, &json!("billing_model")), "{wrong}");

    let path = "/v1/accounts/group/sub-accounts/north/billing-model";
    let body = json!({ "billing_model": "bill_to_sub_account" });
    let own = key(&cloud, "north", "account_administrator").await;
    let finance = key(&cloud, "group", "finance").await;
    assert_eq!(by(&cloud, &own, (Method::PUT, path), &body).await.0, 404, "the sub-account itself");
    assert_eq!(by(&cloud, &finance, (Method::PUT, path), &body).await.0, 403);

    let close = json!({ "reason": "It is over." });
    let (status, _) =
        super::staff(&cloud, Method::POST, "/v1/staff/accounts/north/close", &close).await;
    assert_eq!(status, 200);
    let (status, closed) = book(&cloud, "north", "bill_to_sub_account").await;
    assert_eq!((status, &closed["code"]), (409, &json!("account_canceled")), "{closed}");
}
