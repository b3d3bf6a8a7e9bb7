//! Subscriptions and pauses at Stripe that are not ours: shown where they are owed, and otherwise
//! left alone.

mod linked;
mod set_aside;

use http::Method;
use local::Running;
use serde_json::{Value, json};

use crate::shop::{
    PATH, advance, at_stripe, checkout, id, paid, put, sent_invoice, shop, stripe, subscription,
    team, until, wish,
};
use crate::world::{get, state, vendor};

/// Team, and a day later a subscription of the same customer that is not ours, for 300.00 a month.
/// The ids are of ours and of the other one.
async fn beside_another(terms: &str) -> (Running, String, String) {
    let (cloud, ours) = team().await;
    advance(&cloud, "1d").await;
    let price =
        "currency=usd&unit_amount=30000&recurring[interval]=month&product_data[name]=Hosting";
    let price = id(&stripe(&cloud, "/v1/prices", price));
    let form = format!("customer=cus_acme&items[0][price]={price}{terms}");
    let other = id(&stripe(&cloud, "/v1/subscriptions", &form));
    cloud.clock().run_due().await;
    (cloud, ours, other)
}

/// How many units each item of a subscription has.
fn quantities(cloud: &Running, id: &str) -> Vec<i64> {
    let subscription = subscription(cloud, id);
    let items = subscription["items"]["data"].as_array().expect("items").iter();
    items.map(|item| item["quantity"].as_i64().expect("a quantity")).collect()
}

/// Goal: our subscription alone gives plan and seats.
#[tokio::test]
async fn another_subscription_gives_no_plan() {
    let (cloud, ..) = beside_another("").await;

    let account = get(&cloud, "/v1/accounts/acme").await;
    let shown = get(&cloud, PATH).await;

    assert_eq!(&account["plan"], &json!("team"));
    assert_eq!(&account["seats"], &json!(3));
    assert_eq!((&shown["plan"], &shown["seats"]), (&json!("team"), &json!(3)));
}

/// Goal: a change reaches our subscription and leaves the other one as it is.
#[tokio::test]
async fn another_subscription_is_not_changed() {
    let (cloud, ours, other) = beside_another("").await;

    let (status, answer) = put(&cloud, &wish("team", 5)).await;

    assert_eq!(status, 200, "{answer}");
    assert_eq!(quantities(&cloud, &ours), vec![1, 5]);
    assert_eq!(quantities(&cloud, &other), vec![1]);
}

/// Goal: a cancellation ends our subscription and leaves the other one running.
#[tokio::test]
async fn another_subscription_is_not_cancelled() {
    let (cloud, ours, other) = beside_another("").await;

    let (status, answer) = vendor(&cloud, Method::DELETE, PATH, &Value::Null).await;

    let ends = |id: &str| subscription(&cloud, id)["cancel_at_period_end"].clone();
    assert_eq!(status, 202, "{answer}");
    assert_eq!((ends(&ours), ends(&other)), (json!(true), json!(false)));
}

/// Goal: the month's usage is invoiced by our plan: 50,000 sessions beyond the included 100,000,
/// for 25.00.
#[tokio::test]
async fn usage_is_invoiced_beside_another_subscription() {
    let (cloud, ..) = beside_another("").await;
    let event = json!({ "account": "acme", "resource": "sessions", "quantity": 150_000 });
    let batch = json!({ "batch_id": "b1", "events": [event] });
    let (status, answer) = vendor(&cloud, Method::POST, "/v1/usage", &batch).await;
    assert_eq!((status, &answer["accepted"]), (202, &json!(1)), "{answer}");

    until(&cloud, "2026-04-04T00:00:00Z").await;

    let invoices = at_stripe(&cloud, "/v1/invoices?customer=cus_acme&limit=100");
    let invoices = invoices["data"].as_array().expect("invoices").iter();
    let of_usage = invoices.filter(|invoice| invoice["total"] == 2_500).count();
    assert_eq!(of_usage, 1);
}

/// Goal: an invoice of the other subscription is shown as owed, and makes nobody overdue.
#[tokio::test]
async fn another_subscriptions_invoice_makes_nobody_overdue() {
    let terms = "&collection_method=send_invoice&days_until_due=1";
    let (cloud, ..) = beside_another(terms).await;

    // Due on 12 March at the latest, and 14 days of grace.
    until(&cloud, "2026-03-30T00:00:00Z").await;

    let account = get(&cloud, "/v1/accounts/acme").await;
    assert_eq!(&account["outstanding"]["amount"], &json!(30_000));
    assert_eq!(&account["state"], &json!("active"));
}

/// Goal: renewals that the vendor paused at Stripe until a day stay paused until then, and nothing
/// is charged.
#[tokio::test]
async fn a_persons_pause_stays() {
    let (cloud, ours) = team().await;
    let before = paid(&cloud, "cus_acme");
    // Until 15 June 2026.
    let pause = "pause_collection[behavior]=void&pause_collection[resumes_at]=1781481600";
    stripe(&cloud, &format!("/v1/subscriptions/{ours}"), pause);

    until(&cloud, "2026-05-02T00:00:00Z").await;

    let behavior = &subscription(&cloud, &ours)["pause_collection"]["behavior"];
    assert_eq!(behavior, &json!("void"));
    assert_eq!(paid(&cloud, "cus_acme") - before, 0);
}

/// Goal: a pause that the vendor made at Stripe stays as it is while the account is disabled and
/// after it.
#[tokio::test]
async fn a_persons_pause_outlives_a_disabled_account() {
    let (cloud, ours) = team().await;
    let pause = "pause_collection[behavior]=keep_as_draft";
    stripe(&cloud, &format!("/v1/subscriptions/{ours}"), pause);
    let invoice = sent_invoice(&cloud, "cus_acme", 700);
    let behavior = || subscription(&cloud, &ours)["pause_collection"]["behavior"].clone();

    advance(&cloud, "18d").await;

    assert_eq!(state(&cloud, "acme").await, "disabled");
    assert_eq!(behavior(), json!("keep_as_draft"));

    stripe(&cloud, &format!("/v1/invoices/{invoice}/pay"), "paid_out_of_band=true");
    advance(&cloud, "1d").await;

    assert_eq!(state(&cloud, "acme").await, "active");
    assert_eq!(behavior(), json!("keep_as_draft"));
}

/// Goal: our pause is found again by its mark and undone; what the vendor's people made of it
/// stays.
#[tokio::test]
async fn a_pause_that_a_person_changed_is_theirs() {
    for (change, left) in [("", Value::Null), ("keep_as_draft", json!("keep_as_draft"))] {
        let (cloud, ours) = team().await;
        let invoice = sent_invoice(&cloud, "cus_acme", 700);
        let behavior = || subscription(&cloud, &ours)["pause_collection"]["behavior"].clone();
        advance(&cloud, "18d").await;
        assert_eq!(state(&cloud, "acme").await, "disabled");
        assert_eq!(behavior(), json!("void"));
        if !change.is_empty() {
            let pause = format!("pause_collection[behavior]={change}");
            stripe(&cloud, &format!("/v1/subscriptions/{ours}"), &pause);
        }

        stripe(&cloud, &format!("/v1/invoices/{invoice}/pay"), "paid_out_of_band=true");
        advance(&cloud, "1d").await;

        assert_eq!(state(&cloud, "acme").await, "active");
        assert_eq!(behavior(), left);
    }
}

/// Goal: an item that the vendor's people put beside ours, or another product's card, changes
/// neither plan nor seats, and is left alone by a change.
#[tokio::test]
async fn an_item_beside_ours_gives_no_plan() {
    let (cloud, ours) = team().await;
    let price = "currency=usd&unit_amount=900&recurring[interval]=month&product_data[name]=Support";
    let price = id(&stripe(&cloud, "/v1/prices", price));
    let add = format!("items[0][price]={price}&items[0][quantity]=2&proration_behavior=none");
    stripe(&cloud, &format!("/v1/subscriptions/{ours}"), &add);
    cloud.clock().run_due().await;

    let (status, answer) = put(&cloud, &wish("business", 4)).await;

    assert_eq!((status, &answer["plan"]), (200, &json!("business")), "{answer}");
    let mut quantities = quantities(&cloud, &ours);
    quantities.sort_unstable();
    assert_eq!(quantities, [1, 2, 4]);
}

/// Goal: a customer that only has a subscription of another product is on Free, is told so, owes
/// its invoices without being overdue, and buys a first plan like anybody.
#[tokio::test]
async fn a_customer_of_another_product_is_on_free() {
    let cloud = shop().await;
    let price =
        "currency=usd&unit_amount=30000&recurring[interval]=month&product_data[name]=Hosting";
    let price = id(&stripe(&cloud, "/v1/prices", price));
    let form = format!(
        "customer=cus_acme&items[0][price]={price}&collection_method=send_invoice&days_until_due=1"
    );
    let other = id(&stripe(&cloud, "/v1/subscriptions", &form));

    until(&cloud, "2026-03-30T00:00:00Z").await;

    let account = get(&cloud, "/v1/accounts/acme").await;
    assert_eq!((&account["plan"], &account["state"]), (&json!("free"), &json!("active")));
    assert_eq!(account["outstanding"]["amount"], 30_000);
    let timeline = get(&cloud, "/v1/accounts/acme/timeline?limit=100").await;
    assert!(timeline.to_string().contains("gives no plan here"), "{timeline}");

    checkout(&cloud).await;
    cloud.clock().run_due().await;

    let account = get(&cloud, "/v1/accounts/acme").await;
    assert_eq!((&account["plan"], &account["seats"]), (&json!("team"), &json!(3)));
    let other = subscription(&cloud, &other);
    assert_eq!((&other["status"], &other["cancel_at"]), (&json!("past_due"), &Value::Null));
}

/// Goal: usage on a plan that is not in the catalog is not closed for nothing: the month stays
/// open, and is invoiced once the plan is known.
#[tokio::test]
async fn usage_on_an_unknown_plan_is_not_given_away() {
    let (cloud, ours) = team().await;
    let price = "currency=usd&unit_amount=900&recurring[interval]=month&product_data[name]=Old\
                 &metadata[tollgate_plan]=old&metadata[tollgate_part]=plan";
    let price = id(&stripe(&cloud, "/v1/prices", price));
    let items = |id: &str| {
        let items = subscription(&cloud, id)["items"]["data"].clone();
        items.as_array().expect("items").clone()
    };
    let mut form = format!("items[0][price]={price}&proration_behavior=none");
    for (nth, item) in items(&ours).iter().enumerate() {
        let (nth, item) = (nth + 1, id(item));
        form = format!("{form}&items[{nth}][id]={item}&items[{nth}][deleted]=true");
    }
    stripe(&cloud, &format!("/v1/subscriptions/{ours}"), &form);
    cloud.clock().run_due().await;
    assert_eq!(get(&cloud, "/v1/accounts/acme").await["plan"], "old");
    let event = json!({ "account": "acme", "resource": "sessions", "quantity": 150_000 });
    let batch = json!({ "batch_id": "b1", "events": [event] });
    let (status, answer) = vendor(&cloud, Method::POST, "/v1/usage", &batch).await;
    assert_eq!((status, &answer["accepted"]), (202, &json!(1)), "{answer}");

    until(&cloud, "2026-04-05T00:00:00Z").await;

    let timeline = get(&cloud, "/v1/accounts/acme/timeline?limit=100").await.to_string();
    assert!(!timeline.contains("usage.closed"), "{timeline}");
}
