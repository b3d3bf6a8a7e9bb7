//! Values that are explained: the entries that made them, and parts that add up to them.

use http::Method;
use serde_json::{Value, json};

use crate::stripe::Invoice;
use crate::subscription::subscribed;
use crate::world::{DAY, NOW, cloud, get, open_account, post, vendor};

const EXPLAIN: &str = "/v1/accounts/acme/explain?field=";

/// Sum of the parts of an explanation, by the field that has their size.
fn sum(answer: &Value, size: impl Fn(&Value) -> Option<i64>) -> i64 {
    answer["parts"].as_array().unwrap().iter().map(|part| size(part).unwrap()).sum()
}

fn kinds(answer: &Value) -> Vec<&str> {
    answer["because"].as_array().unwrap().iter().map(|it| it["kind"].as_str().unwrap()).collect()
}

/// Goal: what remains of an invoice is what was due, less what was paid and credited; its changes
/// are what happened to it, and nothing else.
#[tokio::test]
async fn an_invoice_is_explained_by_what_happened_to_it() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    open_account(&cloud, "other").await;
    let invoice = Invoice::sent("in_1", "cus_acme", 4_900, NOW, NOW + DAY);
    post(&cloud, &invoice.finalized(NOW), "applied").await;
    let another = Invoice::sent("in_2", "cus_acme", 100, NOW, NOW + DAY);
    post(&cloud, &another.finalized(NOW), "applied").await;

    let open = get(&cloud, &format!("{EXPLAIN}invoice:in_1")).await;
    cloud.clock().advance("30d").await.unwrap();
    post(&cloud, &invoice.paid(NOW + 30 * DAY), "applied").await;
    let paid = get(&cloud, &format!("{EXPLAIN}invoice:in_1")).await;

    assert_eq!(open["value"], json!({ "amount": 4_900, "currency": "eur" }));
    assert_eq!(open["clears_by"][0]["invoice"]["id"], "in_1");
    assert_eq!(kinds(&open), ["invoice.finalized"]);
    assert_eq!(paid["value"]["amount"], 0);
    assert_eq!(sum(&paid, |part| part["amount"]["amount"].as_i64()), 0);
    assert_eq!(paid["clears_by"], json!([]));

    let changes = get(&cloud, "/v1/accounts/acme/invoices/in_1/changes").await;
    let listed = changes["data"].as_array().unwrap();
    assert_eq!(listed[listed.len() - 1]["kind"], "invoice.finalized");
    assert!(listed.iter().any(|entry| entry["kind"] == "invoice.paid"), "{changes}");
    let names_it = |entry: &Value| entry["about"] == "in_1" || entry["because"][0] == "in_1";
    assert!(listed.iter().all(names_it), "{changes}");
    for path in ["/v1/accounts/other/invoices/in_1/changes", "/v1/accounts/acme/invoices/x/changes"]
    {
        assert_eq!(vendor(&cloud, Method::GET, path, &Value::Null).await.0, 404, "{path}");
    }
    for unknown in ["invoice:in_9", "invoice:x", "usage:weather"] {
        let path = format!("{EXPLAIN}{unknown}");
        assert_eq!(vendor(&cloud, Method::GET, &path, &Value::Null).await.0, 404, "{unknown}");
    }
    for wrong in ["invoice", "usage:", "line", "usage"] {
        let path = format!("{EXPLAIN}{wrong}");
        assert_eq!(vendor(&cloud, Method::GET, &path, &Value::Null).await.0, 422, "{wrong}");
    }
}

/// Goal: usage is explained day by day, access as the state is, and the upcoming invoice by its
/// lines.
#[tokio::test]
async fn usage_access_and_the_upcoming_invoice_are_explained() {
    let cloud = subscribed("team", "month", 3).await;
    let events = json!([
        { "account": "acme", "resource": "sessions", "quantity": 30, "at": "2026-11-20T10:00:00Z" },
        { "account": "acme", "resource": "sessions", "quantity": 12 },
    ]);
    let batch = json!({ "batch_id": "b1", "events": events });
    assert_eq!(vendor(&cloud, Method::POST, "/v1/usage", &batch).await.0, 202);

    let usage = get(&cloud, &format!("{EXPLAIN}usage:sessions")).await;
    let access = get(&cloud, &format!("{EXPLAIN}access")).await;
    let explained = get(&cloud, &format!("{EXPLAIN}upcoming")).await;
    let upcoming = get(&cloud, "/v1/accounts/acme/invoices/upcoming").await;

    assert_eq!((&usage["value"], usage["parts"].as_array().unwrap().len()), (&json!(42), 2));
    assert_eq!(sum(&usage, |part| part["units"].as_i64()), 42);
    assert_eq!(usage["parts"][0]["label"], "2026-11-20");
    assert_eq!((&access["value"], &access["clears_by"]), (&json!("full"), &json!([])));
    assert_eq!(explained["value"], upcoming["total"]);
    let total = upcoming["total"]["amount"].as_i64().unwrap();
    assert_eq!(sum(&explained, |part| part["amount"]["amount"].as_i64()), total);
    assert!(kinds(&explained).contains(&"subscription.changed"), "{explained}");
}

/// Goal: entries of the journal count from 1, two of one commit too, and `access` says how far that
/// is.
#[tokio::test]
async fn entries_are_numbered_from_one() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let invoice = Invoice::sent("in_1", "cus_acme", 4_900, NOW, NOW + DAY);
    post(&cloud, &invoice.finalized(NOW), "applied").await;
    cloud.clock().advance("30d").await.unwrap();
    post(&cloud, &invoice.paid(NOW + 30 * DAY), "applied").await;

    let raw = get(&cloud, "/v1/accounts/acme/timeline?limit=100&raw=true").await;
    let access = get(&cloud, "/v1/accounts/acme/access").await;

    let entries = raw["data"].as_array().unwrap();
    let numbers: Vec<u64> = entries.iter().map(|it| it["sequence"].as_u64().unwrap()).collect();
    let from_one: Vec<u64> = (1..=u64::try_from(entries.len()).unwrap()).rev().collect();
    assert_eq!(numbers, from_one);
    assert!(entries.len() > 4, "{raw}");
    assert_eq!(access["sequence"], from_one[0]);
}
