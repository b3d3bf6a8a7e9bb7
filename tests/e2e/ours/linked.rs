//! Linking a customer reads, and changes nothing at Stripe; a card is moved only where it was
//! bought in our Checkout.

use http::Method;
use local::Running;
use serde_json::{Value, json};

use crate::shop::{
    START, advance, attach, catalog_price, checkout, default_card, default_card_of, id, paid,
    sent_invoice, shop, stripe, subscription, until,
};
use crate::world::{cloud_at, cloud_with_grace, put_customer, vendor};

/// Links a customer to the account `acme`.
async fn link(cloud: &Running, customer: &str) -> Value {
    let body = json!({
        "id": "acme", "name": "Acme", "email": "billing@acme.example",
        "stripe_customer_id": customer,
    });
    let (status, account) = vendor(cloud, Method::POST, "/v1/accounts", &body).await;
    assert_eq!(status, 201, "{account}");
    account
}

/// A subscription to Team that was not bought through us; its id.
fn old_subscription(cloud: &Running, more: &str) -> String {
    let price = catalog_price(cloud, "tollgate_team_month");
    let form = format!("customer=cus_old&items[0][price]={price}{more}");
    id(&stripe(cloud, "/v1/subscriptions", &form))
}

/// Goal: linking moves no card: the customer's stays the customer's, and the subscription's the
/// subscription's.
#[tokio::test]
async fn linking_moves_no_card() {
    let cloud = cloud_at(START).await;
    put_customer(&cloud, "cus_old");
    let customers = default_card(&cloud, "cus_old", "pm_card_visa");
    let own = attach(&cloud, "cus_old", "pm_card_mastercard");
    let old = old_subscription(&cloud, &format!("&default_payment_method={own}"));

    link(&cloud, "cus_old").await;
    advance(&cloud, "1d").await;

    assert_eq!(default_card_of(&cloud, "cus_old"), json!(customers));
    let method = &subscription(&cloud, &old)["default_payment_method"];
    assert_eq!(method, &json!(own));
}

/// Goal: linking resumes nothing.
#[tokio::test]
async fn linking_resumes_nothing() {
    let cloud = cloud_at(START).await;
    put_customer(&cloud, "cus_old");
    default_card(&cloud, "cus_old", "pm_card_visa");
    let old = old_subscription(&cloud, "");
    let path = format!("/v1/subscriptions/{old}");
    stripe(&cloud, &path, "pause_collection[behavior]=void");
    cloud.clock().run_due().await;

    link(&cloud, "cus_old").await;
    advance(&cloud, "1d").await;

    let behavior = &subscription(&cloud, &old)["pause_collection"]["behavior"];
    assert_eq!(behavior, &json!("void"));
}

/// Goal: an invoice that is late when its customer is linked gets the whole grace from the link on.
#[tokio::test]
async fn grace_begins_with_the_link() {
    let cloud = cloud_at(START).await;
    put_customer(&cloud, "cus_old");
    sent_invoice(&cloud, "cus_old", 700);
    advance(&cloud, "60d").await;

    let account = link(&cloud, "cus_old").await;

    assert_eq!(&account["state"], &json!("past_due"));
    assert_eq!(&account["disables_on"], &json!("2026-05-23T12:00:00Z"));
}

/// Goal: an account that is disabled by the link, at zero grace, is not charged for its next
/// renewal.
#[tokio::test]
async fn what_follows_from_linked_facts_is_done() {
    // From 22 November on.
    let cloud = cloud_with_grace(0).await;
    put_customer(&cloud, "cus_old");
    default_card(&cloud, "cus_old", "pm_card_visa");
    old_subscription(&cloud, "");
    sent_invoice(&cloud, "cus_old", 700);
    until(&cloud, "2026-12-21T09:00:00Z").await;
    let before = paid(&cloud, "cus_old");

    let account = link(&cloud, "cus_old").await;
    assert_eq!((&account["state"], &account["plan"]), (&json!("disabled"), &json!("team")));
    until(&cloud, "2026-12-24T00:00:00Z").await;

    assert_eq!(paid(&cloud, "cus_old") - before, 0);
}

/// Goal: a card that the customer chose after Checkout stays the default, though the event of
/// Checkout is applied later.
#[tokio::test]
async fn a_later_choice_stands() {
    let cloud = shop().await;
    checkout(&cloud).await;
    let chosen = default_card(&cloud, "cus_acme", "pm_card_mastercard");

    advance(&cloud, "1d").await;

    assert_eq!(default_card_of(&cloud, "cus_acme"), json!(chosen));
}

/// Goal: the card that was paid with in our Checkout takes the place of an older default, and the
/// subscription has none of its own then.
#[tokio::test]
async fn a_card_of_checkout_becomes_the_default() {
    for default in [None, Some("pm_card_mastercard")] {
        let cloud = shop().await;
        let before = default.map(|card| default_card(&cloud, "cus_acme", card));
        checkout(&cloud).await;

        advance(&cloud, "1d").await;

        let now = default_card_of(&cloud, "cus_acme");
        assert!(now.is_string() && Some(now.as_str().unwrap()) != before.as_deref(), "{now}");
        let all = crate::shop::at_stripe(&cloud, "/v1/subscriptions?customer=cus_acme");
        assert_eq!(all["data"][0]["default_payment_method"], Value::Null);
    }
}

/// Goal: a card that the vendor's people give to a subscription that was bought through us stays
/// there, once the card of Checkout is moved.
#[tokio::test]
async fn a_card_that_a_person_sets_later_stays() {
    let cloud = shop().await;
    checkout(&cloud).await;
    advance(&cloud, "1d").await;
    let bought_with = default_card_of(&cloud, "cus_acme");
    let all = crate::shop::at_stripe(&cloud, "/v1/subscriptions?customer=cus_acme");
    let ours = id(&all["data"][0]);
    let own = attach(&cloud, "cus_acme", "pm_card_mastercard");

    let form = format!("default_payment_method={own}");
    stripe(&cloud, &format!("/v1/subscriptions/{ours}"), &form);
    advance(&cloud, "1d").await;

    assert_eq!(default_card_of(&cloud, "cus_acme"), bought_with);
    assert_eq!(subscription(&cloud, &ours)["default_payment_method"], json!(own));
}
