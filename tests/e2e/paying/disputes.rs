//! Disputes of payments, as staff see them (F6, money rule 29).

use super::*;
use crate::world::{get, kinds, state};

/// The open disputes, by deadline.
async fn disputes(cloud: &Running, query: &str) -> Value {
    let path = format!("/v1/staff/disputes{query}");
    let (status, answer) = read_as(cloud, cloud.staff_key(), &path).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

/// An invoice that is paid by a card whose holder disputes it.
async fn disputed(cloud: &Running, customer: &str, cents: i64) -> String {
    let one = invoice(cloud, customer, cents, CHARGED).await;
    card_unheard(cloud, customer, "createDispute");
    // A card that is on file has paid it by now.
    cloud.stripe().call(Method::POST, &format!("/v1/invoices/{one}/pay"), "");
    settled(cloud).await;
    one
}

/// Everything that is delivered, and the retries behind it.
async fn settled(cloud: &Running) {
    cloud.clock().run_due().await;
    cloud.clock().advance("2h").await.unwrap();
}

/// Goal: a disputed invoice stays paid, is told in the timeline once, and stands in the list with
/// its deadline until it ends.
#[tokio::test]
async fn a_disputed_invoice_is_a_case_for_staff() {
    let (cloud, customer) = shop().await;
    let one = disputed(&cloud, &customer, 4_900).await;

    let list = disputes(&cloud, "").await;
    let dispute = &list["data"][0];
    assert_eq!((list["data"].as_array().unwrap().len(), &list["next_cursor"]), (1, &Value::Null));
    assert_eq!((&dispute["account"], &dispute["reason"]), (&json!("acme"), &json!("fraudulent")));
    assert_eq!(dispute["amount"], json!({ "amount": 4_900, "currency": "eur" }));
    assert_eq!(dispute["paid"], json!({ "type": "invoice", "id": one }));
    assert_eq!(dispute["status"], "needs_response");
    let due_by = dispute["due_by"].as_str().unwrap().to_owned();
    assert!(due_by.starts_with("2026-12-01"), "nine days: {dispute}");
    let shown = get(&cloud, &format!("{INVOICES}/{one}")).await;
    assert_eq!((&shown["status"], state(&cloud, "acme").await), (&json!("paid"), "active".into()));
    assert_eq!(count(&cloud, "dispute.opened").await, 1);

    let id = id(dispute);
    let evidence = "evidence[uncategorized_text]=winning_evidence&submit=true";
    stripe(&cloud, &format!("disputes/{id}"), evidence);
    settled(&cloud).await;
    assert_eq!(disputes(&cloud, "").await["data"], json!([]), "it is over");
    let known = kinds(&cloud, "acme").await;
    assert_eq!(known.iter().filter(|kind| *kind == "dispute.closed").count(), 1, "{known:?}");
}

/// Goal: the list is by deadline, page by page, over accounts and over what was paid; the vendor's
/// key may not read it.
#[tokio::test]
async fn disputes_are_listed_by_deadline() {
    let (cloud, customer) = shop().await;
    let mut invoices = Vec::new();
    for cents in [1_000, 2_000, 3_000] {
        invoices.push(disputed(&cloud, &customer, cents).await);
    }
    let paid = |page: &Value| page["data"][0]["paid"]["id"].as_str().map(str::to_owned);
    let mut cursor = String::new();
    for one in &invoices {
        let page = disputes(&cloud, &format!("?limit=1{cursor}")).await;
        assert_eq!(paid(&page).as_ref(), Some(one), "{page}");
        cursor = page["next_cursor"].as_str().map_or(String::new(), |it| format!("&cursor={it}"));
    }
    assert_eq!(cursor, "", "nothing follows");
    assert_eq!(read_as(&cloud, cloud.vendor_key(), "/v1/staff/disputes").await.0, 403);
    let wrong = read_as(&cloud, cloud.staff_key(), "/v1/staff/disputes?cursor=x").await;
    assert_eq!((wrong.0, &wrong.1["code"]), (422, &json!("cursor_invalid")));
}
