//! Accounts that pay by invoice (A17): nothing is charged, and everything else holds.

use aws_sdk_dynamodb::types::AttributeValue;
use local::Running;
use serde_json::json;

use super::{at_stripe, invoices, put, running, shop, show, until, what, wish};
use crate::world::{TABLE, dynamodb};

/// Makes the account pay by invoice.
async fn on_terms(cloud: &Running) {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let set = dynamodb(cloud)
        .update_item()
        .table_name(TABLE)
        .key("pk", text("ACCOUNT#acme"))
        .key("sk", text("STANDING"))
        .update_expression("SET #c = :manual, #n = :days")
        .expression_attribute_names("#c", "collect")
        .expression_attribute_names("#n", "net")
        .expression_attribute_values(":manual", text("manual"))
        .expression_attribute_values(":days", AttributeValue::N("30".to_owned()));
    Box::pin(set.send()).await.unwrap();
}

/// Goal: the first paid plan of an account that pays by invoice begins at once, without Checkout,
/// once; more seats are invoiced, fewer booked.
#[tokio::test]
async fn invoices_are_sent_instead() {
    let cloud = shop().await;
    on_terms(&cloud).await;
    let (status, answer) = put(&cloud, &wish("team", "month", 3)).await;
    assert_eq!((status, what(&answer)), (200, ("team", "month", 3)), "{answer}");
    assert_eq!((&answer["collection"], &answer["status"]), (&json!("manual"), &json!("active")));
    let (status, again) = put(&cloud, &wish("team", "month", 3)).await;
    assert_eq!((status, what(&again)), (200, ("team", "month", 3)), "{again}");
    running(&cloud);
    cloud.clock().advance("2h").await.unwrap();
    assert_eq!(invoices(&cloud), [("open".to_owned(), 2_185, 0)]);
    let sent = at_stripe(&cloud, "/v1/invoices?customer=cus_acme")["data"][0].clone();
    assert_eq!(sent["collection_method"], "send_invoice");

    let (status, answer) = put(&cloud, &wish("team", "month", 5)).await;
    assert_eq!((status, what(&answer)), (200, ("team", "month", 5)), "{answer}");
    let (status, answer) = put(&cloud, &wish("team", "month", 2)).await;
    assert_eq!((status, &answer["pending_change"]["seats"]), (200, &json!(2)), "{answer}");
    until(&cloud, "2026-12-01T03:00:00Z").await;
    assert_eq!(what(&show(&cloud).await), ("team", "month", 2));
    let last = invoices(&cloud).last().unwrap().clone();
    assert_eq!(last, ("open".to_owned(), 4_900 + 1_800, 0));
}
