//! The threshold as callers give it: read, set, changed, removed, refused.

use http::Method;
use serde_json::{Value, json};

use super::{ALERT, set};
use crate::subscription::subscribed;
use crate::world::{get, kinds, vendor};

/// Goal: an alert is read with recent invoices, set, changed and removed, and the journal has each
/// change once (A21).
#[tokio::test]
async fn an_alert_is_set_read_and_removed() {
    let cloud = subscribed("team", "month", 3).await;

    let before = get(&cloud, ALERT).await;
    let first = set(&cloud, 7_600).await;
    let same = set(&cloud, 7_600).await;
    let second = set(&cloud, 9_000).await;
    let removed = vendor(&cloud, Method::DELETE, ALERT, &Value::Null).await;
    let again = vendor(&cloud, Method::DELETE, ALERT, &Value::Null).await;
    let after = get(&cloud, ALERT).await;

    assert_eq!(before["threshold"], Value::Null);
    let invoices = before["recent_invoices"].as_array().unwrap();
    assert_eq!(invoices.len(), 1, "{before}");
    assert!(invoices[0]["total"]["amount"].as_i64().unwrap() > 0, "{before}");
    assert_eq!(first["threshold"], json!({ "amount": 7_600, "currency": "usd" }));
    assert_eq!((&same, &second["threshold"]["amount"]), (&first, &json!(9_000)));
    assert_eq!((removed.0, again.0, &after), (204, 204, &before));
    let kinds = kinds(&cloud, "acme").await;
    let alerts: Vec<&String> = kinds.iter().filter(|kind| kind.starts_with("alert.")).collect();
    assert_eq!(alerts, ["alert.updated", "alert.updated", "alert.removed"]);
}

/// Goal: what is no threshold is refused by its field, and nothing is set.
#[tokio::test]
async fn a_wrong_threshold_is_refused_by_its_field() {
    let cloud = subscribed("team", "month", 3).await;
    for (amount, currency, field) in [
        ("0", "usd", "threshold.amount"),
        ("-1", "usd", "threshold.amount"),
        ("1.5", "usd", "threshold.amount"),
        ("9223372036854775807", "usd", "threshold.amount"),
        ("9223372036854775808", "usd", "threshold.amount"),
        ("100", "eur", "threshold.currency"),
        ("100", "dollars", "threshold.currency"),
    ] {
        let body = format!(r#"{{"threshold": {{"amount": {amount}, "currency": "{currency}"}}}}"#);
        let body: Value = serde_json::from_str(&body).unwrap();
        let (status, answer) = vendor(&cloud, Method::PUT, ALERT, &body).await;
        assert_eq!((status, &answer["fields"][0]["field"]), (422, &json!(field)), "{answer}");
    }
    for body in [json!({}), json!({ "threshold": 5 }), json!({ "threshold": { "amount": 5 } })] {
        let (status, _) = vendor(&cloud, Method::PUT, ALERT, &body).await;
        assert_eq!(status, 422, "{body}");
    }
    let (status, _) = vendor(&cloud, Method::GET, "/v1/accounts/nobody/alert", &Value::Null).await;
    assert_eq!(status, 404);
    assert_eq!(get(&cloud, ALERT).await["threshold"], Value::Null);
}
