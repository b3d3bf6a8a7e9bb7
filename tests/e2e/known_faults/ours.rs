//! XA1 to XA3: objects at Stripe that are not ours are shown where they are owed, and otherwise
//! left alone.

use http::Method;
use local::Running;
use serde_json::{Value, json};

use super::{
    PATH, advance, attach, catalog_price, checkout, default_card, default_card_of, id, is_right,
    paid, put, sent_invoice, shop, still_there, stripe, subscription, team, until, wish,
};
use crate::world::{cloud_at, cloud_with_grace, get, put_customer, state, vendor};

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
async fn xa1_another_subscription_gives_no_plan() {
    still_there("XA1 (plan)", async {
        let (cloud, ..) = beside_another("").await;

        let account = get(&cloud, "/v1/accounts/acme").await;
        let shown = get(&cloud, PATH).await;

        is_right("plan", &account["plan"], &json!("team"))?;
        is_right("seats", &account["seats"], &json!(3))?;
        is_right("subscription", (&shown["plan"], &shown["seats"]), (&json!("team"), &json!(3)))
    })
    .await;
}

/// Goal: a change reaches our subscription and leaves the other one as it is.
#[tokio::test]
async fn xa1_another_subscription_is_not_changed() {
    still_there("XA1 (change)", async {
        let (cloud, ours, other) = beside_another("").await;

        let (status, answer) = put(&cloud, &wish("team", 5)).await;

        is_right(&format!("status, {answer}"), status, 200)?;
        is_right("ours", quantities(&cloud, &ours), vec![1, 5])?;
        is_right("the other", quantities(&cloud, &other), vec![1])
    })
    .await;
}

/// Goal: a cancellation ends our subscription and leaves the other one running.
#[tokio::test]
async fn xa1_another_subscription_is_not_cancelled() {
    still_there("XA1 (cancellation)", async {
        let (cloud, ours, other) = beside_another("").await;

        let (status, answer) = vendor(&cloud, Method::DELETE, PATH, &Value::Null).await;

        let ends = |id: &str| subscription(&cloud, id)["cancel_at_period_end"].clone();
        is_right(&format!("status, {answer}"), status, 202)?;
        is_right("ours and the other", (ends(&ours), ends(&other)), (json!(true), json!(false)))
    })
    .await;
}

/// Goal: the month's usage is invoiced by our plan: 50,000 sessions beyond the included 100,000,
/// for 25.00.
#[tokio::test]
async fn xa1_usage_is_invoiced_beside_another_subscription() {
    still_there("XA1 (usage)", async {
        let (cloud, ..) = beside_another("").await;
        let event = json!({ "account": "acme", "resource": "sessions", "quantity": 150_000 });
        let batch = json!({ "batch_id": "b1", "events": [event] });
        let (status, answer) = vendor(&cloud, Method::POST, "/v1/usage", &batch).await;
        assert_eq!((status, &answer["accepted"]), (202, &json!(1)), "{answer}");

        until(&cloud, "2026-04-04T00:00:00Z").await;

        let invoices = super::at_stripe(&cloud, "/v1/invoices?customer=cus_acme&limit=100");
        let invoices = invoices["data"].as_array().expect("invoices").iter();
        let of_usage = invoices.filter(|invoice| invoice["total"] == 2_500).count();
        is_right("invoices of 25.00", of_usage, 1)
    })
    .await;
}

/// Goal: an invoice of the other subscription is shown as owed, and makes nobody overdue.
#[tokio::test]
async fn xa1_another_subscriptions_invoice_makes_nobody_overdue() {
    still_there("XA1 (overdue)", async {
        let terms = "&collection_method=send_invoice&days_until_due=1";
        let (cloud, ..) = beside_another(terms).await;

        // Due on 12 March at the latest, and 14 days of grace.
        until(&cloud, "2026-03-30T00:00:00Z").await;

        let account = get(&cloud, "/v1/accounts/acme").await;
        is_right("outstanding", &account["outstanding"]["amount"], &json!(30_000))?;
        is_right("state", &account["state"], &json!("active"))
    })
    .await;
}

/// Goal: renewals that the vendor paused at Stripe until a day stay paused until then, and nothing
/// is charged.
#[tokio::test]
async fn xa2_a_persons_pause_stays() {
    still_there("XA2 (void)", async {
        let (cloud, ours) = team().await;
        let before = paid(&cloud, "cus_acme");
        // Until 15 June 2026.
        let pause = "pause_collection[behavior]=void&pause_collection[resumes_at]=1781481600";
        stripe(&cloud, &format!("/v1/subscriptions/{ours}"), pause);

        until(&cloud, "2026-05-02T00:00:00Z").await;

        let behavior = &subscription(&cloud, &ours)["pause_collection"]["behavior"];
        is_right("pause", behavior, &json!("void"))?;
        is_right("paid since", paid(&cloud, "cus_acme") - before, 0)
    })
    .await;
}

/// Goal: a pause that the vendor made at Stripe stays as it is while the account is disabled and
/// after it.
#[tokio::test]
async fn xa2_a_persons_pause_outlives_a_disabled_account() {
    still_there("XA2 (keep as draft)", async {
        let (cloud, ours) = team().await;
        let pause = "pause_collection[behavior]=keep_as_draft";
        stripe(&cloud, &format!("/v1/subscriptions/{ours}"), pause);
        let invoice = sent_invoice(&cloud, "cus_acme", 700);
        let behavior = || subscription(&cloud, &ours)["pause_collection"]["behavior"].clone();

        advance(&cloud, "18d").await;

        assert_eq!(state(&cloud, "acme").await, "disabled");
        is_right("pause while disabled", behavior(), json!("keep_as_draft"))?;

        stripe(&cloud, &format!("/v1/invoices/{invoice}/pay"), "paid_out_of_band=true");
        advance(&cloud, "1d").await;

        assert_eq!(state(&cloud, "acme").await, "active");
        is_right("pause afterwards", behavior(), json!("keep_as_draft"))
    })
    .await;
}

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
async fn xa3_linking_moves_no_card() {
    still_there("XA3 (card)", async {
        let cloud = cloud_at(super::START).await;
        put_customer(&cloud, "cus_old");
        let customers = default_card(&cloud, "cus_old", "pm_card_visa");
        let own = attach(&cloud, "cus_old", "pm_card_mastercard");
        let old = old_subscription(&cloud, &format!("&default_payment_method={own}"));

        link(&cloud, "cus_old").await;
        advance(&cloud, "1d").await;

        is_right("the customer's", default_card_of(&cloud, "cus_old"), json!(customers))?;
        let method = &subscription(&cloud, &old)["default_payment_method"];
        is_right("the subscription's", method, &json!(own))
    })
    .await;
}

/// Goal: linking resumes nothing.
#[tokio::test]
async fn xa3_linking_resumes_nothing() {
    still_there("XA3 (pause)", async {
        let cloud = cloud_at(super::START).await;
        put_customer(&cloud, "cus_old");
        default_card(&cloud, "cus_old", "pm_card_visa");
        let old = old_subscription(&cloud, "");
        let path = format!("/v1/subscriptions/{old}");
        stripe(&cloud, &path, "pause_collection[behavior]=void");
        cloud.clock().run_due().await;

        link(&cloud, "cus_old").await;
        advance(&cloud, "1d").await;

        let behavior = &subscription(&cloud, &old)["pause_collection"]["behavior"];
        is_right("pause", behavior, &json!("void"))
    })
    .await;
}

/// Goal: an invoice that is late when its customer is linked gets the whole grace from the link on.
#[tokio::test]
async fn xa3_grace_begins_with_the_link() {
    still_there("XA3 (grace)", async {
        let cloud = cloud_at(super::START).await;
        put_customer(&cloud, "cus_old");
        sent_invoice(&cloud, "cus_old", 700);
        advance(&cloud, "60d").await;

        let account = link(&cloud, "cus_old").await;

        is_right("state", &account["state"], &json!("past_due"))?;
        is_right("disables on", &account["disables_on"], &json!("2026-05-23T12:00:00Z"))
    })
    .await;
}

/// Goal: an account that is disabled by the link, at zero grace, is not charged for its next
/// renewal.
#[tokio::test]
async fn xa3_what_follows_from_linked_facts_is_done() {
    still_there("XA3 (renewal)", async {
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

        is_right("paid for the renewal", paid(&cloud, "cus_old") - before, 0)
    })
    .await;
}

/// Goal: a card that the customer chose after Checkout stays the default, though the event of
/// Checkout is applied later.
#[tokio::test]
async fn xa3_a_later_choice_stands() {
    still_there("XA3 (later choice)", async {
        let cloud = shop().await;
        checkout(&cloud).await;
        let chosen = default_card(&cloud, "cus_acme", "pm_card_mastercard");

        advance(&cloud, "1d").await;

        is_right("the customer's", default_card_of(&cloud, "cus_acme"), json!(chosen))
    })
    .await;
}
