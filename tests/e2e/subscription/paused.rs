//! Subscriptions that are paused at Stripe: no paid plan in force, and ended by whom it concerns.

use http::Method;
use local::Running;
use serde_json::{Value, json};

use crate::shop::{
    PATH, advance, at_stripe, catalog_price, default_card, id, paid, put, shop, stripe,
    subscription, team, wish,
};
use crate::world::{get, vendor};

/// An account whose trial of Team, with three seats, ended without a card; its subscription.
async fn after_a_trial() -> (Running, String) {
    let cloud = shop().await;
    let plan = catalog_price(&cloud, "tollgate_team_month");
    let seat = catalog_price(&cloud, "tollgate_team_month_seat");
    let form = format!(
        "customer=cus_acme&items[0][price]={plan}&items[1][price]={seat}&items[1][quantity]=3\
         &trial_period_days=3&trial_settings[end_behavior][missing_payment_method]=pause"
    );
    let trial = id(&stripe(&cloud, "/v1/subscriptions", &form));
    cloud.clock().run_due().await;
    assert_eq!(get(&cloud, "/v1/accounts/acme").await["plan"], "team");
    advance(&cloud, "4d").await;
    assert_eq!(subscription(&cloud, &trial)["status"], "paused");
    (cloud, trial)
}

async fn resume(cloud: &Running) -> (u16, Value) {
    vendor(cloud, Method::POST, &format!("{PATH}/resume"), &Value::Null).await
}

/// Sessions that the plan in force includes.
async fn included(cloud: &Running) -> Value {
    let usage = get(cloud, "/v1/accounts/acme/usage").await;
    let resources = usage["resources"].as_array().expect("resources").clone();
    resources.iter().find(|it| it["id"] == "sessions").expect("sessions")["included"].clone()
}

/// Goal: while it is paused the Free plan's limits hold, and the subscription says what resumes it
/// and shows no renewal.
#[tokio::test]
async fn a_paused_plan_is_not_in_force() {
    let (cloud, _) = after_a_trial().await;

    let shown = get(&cloud, PATH).await;

    assert_eq!(get(&cloud, "/v1/accounts/acme").await["plan"], "free");
    assert_eq!(included(&cloud).await, 1_000);
    assert_eq!((&shown["status"], &shown["plan"]), (&json!("paused"), &json!("team")));
    assert_eq!((&shown["renews_at"], &shown["next_renewal"]), (&Value::Null, &Value::Null));
    assert_eq!(shown["paused"]["code"], "payment_method_required");
    let upcoming = get(&cloud, "/v1/accounts/acme/invoices/upcoming").await;
    assert_eq!(upcoming["lines"], json!([]));
}

/// Goal: with a card on file the customer resumes it, as it was or as another plan, and pays at
/// once; without one, or with one that is declined, nothing changes and nothing is owed.
#[tokio::test]
async fn a_customer_resumes_it_with_a_card() {
    for wished in [None, Some(wish("team", 3)), Some(wish("team", 5)), Some(wish("business", 2))] {
        let (cloud, trial) = after_a_trial().await;
        let again = async || match &wished {
            None => resume(&cloud).await,
            Some(wished) => put(&cloud, wished).await,
        };

        let (status, answer) = again().await;
        let refused = (status, &answer["code"]);
        assert_eq!(refused, (402, &json!("payment_method_required")), "{answer}");
        default_card(&cloud, "cus_acme", "pm_card_chargeCustomerFail");
        let (status, answer) = again().await;
        assert_eq!(status, 402, "{answer}");
        cloud.clock().run_due().await;
        assert_eq!(subscription(&cloud, &trial)["status"], "paused");
        let account = get(&cloud, "/v1/accounts/acme").await;
        assert_eq!(
            (&account["plan"], &account["outstanding"]["amount"]),
            (&json!("free"), &json!(0))
        );

        default_card(&cloud, "cus_acme", "pm_card_visa");
        let (status, answer) = again().await;
        assert_eq!((status, &answer["status"]), (200, &json!("active")), "{answer}");
        let expected = wished.clone().unwrap_or_else(|| wish("team", 3));
        assert_eq!((&answer["plan"], &answer["seats"]), (&expected["plan"], &expected["seats"]));
        assert_eq!(answer["paused"], Value::Null);
        assert!(paid(&cloud, "cus_acme") > 0);
        cloud.clock().run_due().await;
        assert_eq!(get(&cloud, "/v1/accounts/acme").await["plan"], expected["plan"]);
    }
}

/// Goal: a pause of the vendor's people is ended by them alone, and the customer sees that.
#[tokio::test]
async fn the_vendors_pause_is_ended_by_the_vendor() {
    let (cloud, ours) = team().await;
    stripe(&cloud, &format!("/v1/subscriptions/{ours}/pause"), "type=subscription");
    cloud.clock().run_due().await;

    assert_eq!(get(&cloud, "/v1/accounts/acme").await["plan"], "free");
    assert_eq!(get(&cloud, PATH).await["paused"]["code"], "paused_by_vendor");
    for (status, answer) in [put(&cloud, &wish("team", 5)).await, resume(&cloud).await] {
        assert_eq!((status, &answer["code"]), (409, &json!("subscription_paused")), "{answer}");
        assert_eq!(answer["reasons"][0]["code"], "paused_by_vendor", "{answer}");
    }
    advance(&cloud, "40d").await;
    assert_eq!(subscription(&cloud, &ours)["status"], "paused");

    stripe(&cloud, &format!("/v1/subscriptions/{ours}/resume"), "");
    cloud.clock().run_due().await;

    assert_eq!(get(&cloud, "/v1/accounts/acme").await["plan"], "team");
    assert_eq!(get(&cloud, PATH).await["status"], "active");
}

/// Goal: a paused subscription is cancelled at once: its period does not end.
#[tokio::test]
async fn cancelling_a_paused_subscription_ends_it_at_once() {
    let (cloud, trial) = after_a_trial().await;

    let (status, answer) = vendor(&cloud, Method::DELETE, PATH, &Value::Null).await;

    assert_eq!(status, 202, "{answer}");
    assert_eq!(subscription(&cloud, &trial)["status"], "canceled");
    cloud.clock().run_due().await;
    assert_eq!(get(&cloud, "/v1/accounts/acme").await["plan"], "free");
    let open = at_stripe(&cloud, "/v1/invoices?customer=cus_acme&status=open");
    assert_eq!(open["data"], json!([]));
}

/// Goal: what Stripe does not preview is not previewed as costing nothing.
#[tokio::test]
async fn a_paused_subscription_has_no_preview() {
    let (cloud, _) = after_a_trial().await;

    let path = format!("{PATH}/preview");
    let (status, answer) = vendor(&cloud, Method::POST, &path, &wish("business", 2)).await;

    assert_eq!((status, &answer["code"]), (409, &json!("subscription_paused")), "{answer}");
    assert_eq!(answer["reasons"][0]["code"], "payment_method_required");
}
