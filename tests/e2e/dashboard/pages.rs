//! What the pages show: the same numbers as the API, in words for people.

use http::Method;
use serde_json::json;

use super::{Browser, company, later, on_team};
use crate::shop::sent_invoice;
use crate::world::{get, vendor};

/// Goal: the next charge is the API's upcoming invoice to the cent, and each of its lines.
#[tokio::test]
async fn the_next_charge_is_the_upcoming_invoice() {
    let cloud = on_team().await;
    let events = json!({ "batch_id": "b1", "events": [
        { "account": "acme", "resource": "sessions", "quantity": 120_000 },
    ] });
    let (status, _) = vendor(&cloud, Method::POST, "/v1/usage", &events).await;
    assert_eq!(status, 202);

    let upcoming = get(&cloud, "/v1/accounts/acme/invoices/upcoming").await;
    let page = Browser::signed_in(&cloud, "acme", "ada").await.page("/billing/acme").await;

    assert_eq!(upcoming["amount_due"]["amount"], 8_600, "{upcoming}");
    assert!(page.contains("86.00 USD"), "{page}");
    for line in upcoming["lines"].as_array().unwrap() {
        let description = line["description"].as_str().unwrap();
        assert!(page.contains(description), "{description} is missing: {page}");
    }
    assert!(page.contains("120,000 sessions: 100,000 included, 20,000 billed"), "{page}");
    assert!(page.contains("monthly, 3 seats"), "{page}");
    assert!(page.contains("Renews on 1 December 2026."), "{page}");
}

/// Goal: what is owed is said with its day, and the banner says until when it must be paid.
#[tokio::test]
async fn what_is_owed_stands_first() {
    let cloud = company().await;
    let invoice = sent_invoice(&cloud, "cus_acme", 4_900);
    later(&cloud, 2 * 86_400).await;
    let mut ada = Browser::signed_in(&cloud, "acme", "ada").await;
    let page = ada.page("/billing/acme").await;
    assert!(page.contains("49.00 USD is overdue."), "{page}");
    assert!(page.contains("Without a payment the account is disabled on"), "{page}");
    assert!(page.contains(&invoice) && page.contains("overdue since"), "{page}");

    later(&cloud, 14 * 86_400).await;
    let mut ada = Browser::signed_in(&cloud, "acme", "ada").await;
    let page = ada.page("/billing/acme/usage").await;
    assert!(page.contains("This account is disabled: 49.00 USD is overdue."), "{page}");
    let why = ada.page("/billing/acme/why?field=state").await;
    assert!(why.contains("Disabled") && why.contains(&invoice), "{why}");
    let timeline = ada.page("/billing/acme/timeline").await;
    assert!(timeline.contains("The account was disabled"), "{timeline}");
    let payments = ada.page("/billing/acme/timeline?topic=payments").await;
    assert!(!payments.contains("The account was disabled"), "{payments}");
    assert!(payments.contains("was finalized; 49.00 USD remains to pay."), "{payments}");
    let table = ada.get("/billing/acme/timeline.csv?topic=account").await.text;
    assert!(table.starts_with("at,topic,entry,changes,by,cause,cause_id,about\r\n"), "{table}");
    assert!(table.contains(",account,\"The account was disabled"), "{table}");
    assert!(!table.contains("was finalized"), "{table}");
    assert_eq!(ada.get("/billing/acme/timeline?topic=weather").await.status, 404);
}

/// Goal: a month's days are columns, a table and CSV, and say the same.
#[tokio::test]
async fn usage_is_shown_day_by_day() {
    let cloud = company().await;
    let events = json!({ "batch_id": "b1", "events": [
        { "account": "acme", "resource": "sessions", "quantity": 700, "at": "2026-11-21T10:00:00Z" },
        { "account": "acme", "resource": "sessions", "quantity": 200, "at": "2026-11-22T08:00:00Z" },
        { "account": "acme", "resource": "storage", "quantity": 400, "at": "2026-11-22T08:00:00Z" },
    ] });
    let (status, answer) = vendor(&cloud, Method::POST, "/v1/usage", &events).await;
    assert_eq!(status, 202, "{answer}");
    let mut mia = Browser::signed_in(&cloud, "acme", "mia").await;

    let page = mia.page("/billing/acme/usage?resource=sessions").await;
    assert!(page.contains("900 of 1,000 sessions included"), "{page}");
    assert!(page.contains("Nearly used up"), "{page}");
    assert!(page.contains("21 November: 700 sessions"), "{page}");
    let levels = mia.page("/billing/acme/usage?resource=storage").await;
    assert!(levels.contains("Limit: 500"), "a level is held against its limit: {levels}");
    let csv = mia.get("/billing/acme/usage.csv").await;
    assert!(csv.text.contains("2026-11-21,sessions,\"session\",700\r\n"), "{}", csv.text);
    let october = mia.page("/billing/acme/usage?month=2026-10").await;
    assert!(october.contains("None in October 2026"), "{october}");
    assert_eq!(mia.get("/billing/acme/usage?month=nonsense").await.status, 404);
}

/// Goal: an Overview is one request for the page's items and the session, and few more.
#[tokio::test]
async fn an_overview_reads_little() {
    let cloud = company().await;
    let mut ada = Browser::signed_in(&cloud, "acme", "ada").await;
    cloud.gate().forget_calls();
    ada.page("/billing/acme").await;
    let calls = cloud.gate().calls();
    let operations: Vec<String> =
        calls.iter().map(|call| format!("{:?}", call.operation)).collect();
    assert_eq!(calls.len(), 1, "{operations:?}");
}
