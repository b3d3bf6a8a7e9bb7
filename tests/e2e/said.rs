//! Answers that say what they are made of: lines of the upcoming invoice, filtered timelines,
//! explanations that add up.

use http::Method;
use serde_json::{Value, json};

use crate::paying::{SENT, finalized};
use crate::subscription::subscribed;
use crate::world::{cloud, get, open_account, staff_with_key, vendor};

/// Goal: each line of the upcoming invoice says its kind, its units with their price, and its time.
#[tokio::test]
async fn upcoming_lines_say_what_they_are_for() {
    let cloud = subscribed("team", "month", 3).await;
    let events = [json!({ "account": "acme", "resource": "sessions", "quantity": 101_234 })];
    let batch = json!({ "batch_id": "b1", "events": events });
    assert_eq!(vendor(&cloud, Method::POST, "/v1/usage", &batch).await.0, 202);

    let upcoming = get(&cloud, "/v1/accounts/acme/invoices/upcoming").await;

    let lines = upcoming["lines"].as_array().unwrap();
    let of = |kind: &str| lines.iter().find(|line| line["kind"] == kind).unwrap();
    assert_eq!(of("plan")["amount"]["amount"], 4_900, "{upcoming}");
    let seats = of("seats");
    let units = (&seats["quantity"], &seats["unit"], &seats["unit_price"]);
    assert_eq!(units, (&json!(3), &json!("seat"), &json!("900")), "{seats}");
    let usage = of("usage");
    let units = (&usage["resource"], &usage["quantity"], &usage["unit_price"]);
    assert_eq!(units, (&json!("sessions"), &json!(1_234), &json!("0.05")), "{usage}");
    assert!(usage["description"].as_str().unwrap().ends_with("at 0.0005 USD"), "{usage}");
    for line in lines {
        let period = &line["period"];
        let (start, end) = (period["start"].as_str(), period["end"].as_str());
        assert!(start.is_some() && start < end, "{line}");
    }
}

/// Goal: a timeline lists what is asked for, page by page; the books' own work is shown on request.
#[tokio::test]
async fn a_timeline_is_filtered() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let customer = get(&cloud, "/v1/accounts/acme").await["stripe_customer_id"].clone();
    for _ in 0..3 {
        finalized(&cloud, customer.as_str().unwrap(), 700, SENT);
        cloud.clock().advance("1d").await.unwrap();
    }
    let list = async |query: &str| {
        let page = get(&cloud, &format!("/v1/accounts/acme/timeline?limit=100{query}")).await;
        let entries = page["data"].as_array().unwrap().iter();
        let kinds = entries.map(|it| it["kind"].as_str().unwrap().to_owned());
        kinds.collect::<Vec<_>>()
    };

    let (seen, all) = (list("").await, list("&raw=true").await);
    let finalized = list("&kind=invoice.finalized").await;
    let late = list("&kind=invoice.finalized&since=2026-11-24").await;

    assert!(seen.len() < all.len() && all.contains(&"invoice.created".to_owned()), "{all:?}");
    assert!(!seen.contains(&"invoice.created".to_owned()), "{seen:?}");
    assert_eq!((finalized.len(), late.len()), (3, 1), "{late:?}");
    for (wrong, field) in [("kind=nothing", "kind"), ("since=x", "since"), ("raw=1", "raw")] {
        let path = format!("/v1/accounts/acme/timeline?{wrong}");
        let (status, answer) = vendor(&cloud, Method::GET, &path, &Value::Null).await;
        assert_eq!((status, &answer["fields"][0]["field"]), (422, &json!(field)), "{answer}");
    }
}

/// Goal: parts of an explanation add up to its value, and an unpaid invoice is named by its number,
/// with the page that pays it; `access` names it by its id.
#[tokio::test]
async fn explanations_add_up() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    for cents in [700, 800] {
        finalized(&cloud, "cus_acme", cents, SENT);
    }
    let path = "/v1/staff/accounts/acme/credits/adjustments";
    let grant = json!({ "tokens": 500, "reason": "a gift" });
    assert_eq!(staff_with_key(&cloud, path, "g1", &grant).await.0, 201);
    let path = "/v1/accounts/acme/credits/deductions";
    let used = json!({ "tokens": 1_200 });
    assert_eq!(crate::world::post_with_key(&cloud, path, "d1", &used).await.0, 201);
    cloud.clock().advance("2mo").await.unwrap();

    let owed = get(&cloud, "/v1/accounts/acme/explain?field=outstanding").await;
    let credits = get(&cloud, "/v1/accounts/acme/explain?field=credits").await;
    let access = get(&cloud, "/v1/accounts/acme/access").await;

    let parts = owed["parts"].as_array().unwrap();
    let sum: i64 = parts.iter().map(|part| part["amount"]["amount"].as_i64().unwrap()).sum();
    assert_eq!((sum, &owed["value"]["amount"]), (1_500, &json!(1_500)), "{owed}");
    let invoice = &owed["clears_by"][0]["invoice"];
    let number = invoice["number"].as_str().unwrap();
    assert!(owed["clears_by"][0]["detail"].as_str().unwrap().contains(number), "{owed}");
    assert!(invoice["pay_url"].as_str().unwrap().starts_with("http"), "{owed}");
    let summaries = owed["because"].to_string();
    assert!(summaries.contains(&format!("Invoice {number} was finalized")), "{owed}");

    let parts = credits["parts"].as_array().unwrap();
    let sum: i64 = parts.iter().map(|part| part["tokens"].as_i64().unwrap()).sum();
    assert_eq!((sum, &credits["value"]), (300, &json!(300)), "{credits}");
    assert_eq!(credits["looked_back_to"], Value::Null);
    let reason = &access["reasons"][0];
    assert!(reason["invoice"]["id"].as_str().unwrap().starts_with("in_"), "{access}");
    assert!(!reason["detail"].as_str().unwrap().contains("in_"), "{access}");
    assert_eq!(reason["invoice"]["number"], Value::Null);
}
