//! Accounts that staff close, and the grace that they give (C10, F3).

use http::Method;
use serde_json::{Value, json};

use super::{advance, advised, approved, at_stripe, count, declined, invoice, sent, shop, staff};
use crate::world::{access, get, state};

/// A monthly subscription of ours, paid by card; its id.
fn subscribe(cloud: &local::Running, customer: &str) -> String {
    let attach = format!("customer={customer}");
    let card = at_stripe(cloud, "/v1/payment_methods/pm_card_visa/attach", &attach);
    let form = format!("invoice_settings[default_payment_method]={}", card["id"].as_str().unwrap());
    at_stripe(cloud, &format!("/v1/customers/{customer}"), &form);
    let price = "currency=eur&unit_amount=4900&recurring[interval]=month&product_data[name]=Team\
                 &metadata[tollgate_plan]=team&metadata[tollgate_part]=plan";
    let price = at_stripe(cloud, "/v1/prices", price)["id"].as_str().unwrap().to_owned();
    let form = format!("customer={customer}&items[0][price]={price}");
    at_stripe(cloud, "/v1/subscriptions", &form)["id"].as_str().unwrap().to_owned()
}

async fn close(cloud: &local::Running, how: &str, reason: &str) -> (u16, Value) {
    let path = format!("/v1/staff/accounts/acme/{how}");
    staff(cloud, Method::POST, &path, &json!({ "reason": reason })).await
}

/// Goal: a terminated account has no access, its subscription ends at once, nothing more is billed,
/// and paying an old invoice does not bring it back.
#[tokio::test]
async fn a_terminated_account_that_pays_stays_terminated() {
    let (cloud, customer) = shop().await;
    let subscription = subscribe(&cloud, &customer);
    let owed = sent(&cloud, &customer, (700, 1));
    advance(&cloud, "20d").await;
    assert_eq!(state(&cloud, "acme").await, "disabled");

    let (status, closed) = close(&cloud, "terminate", "Fraud.").await;
    let (again, same) = close(&cloud, "terminate", "Fraud.").await;

    assert_eq!((status, closed["state"].as_str()), (200, Some("terminated")), "{closed}");
    assert_eq!((again, &same), (200, &closed));
    assert_eq!(
        (state(&cloud, "acme").await.as_str(), access(&cloud, "acme").await.as_str()),
        ("terminated", "none")
    );
    let ended = at_stripe(&cloud, &format!("/v1/subscriptions/{subscription}"), "GET");
    assert_eq!(ended["status"], "canceled");
    let list = format!("/v1/invoices?customer={customer}&limit=100");
    let before = at_stripe(&cloud, &list, "GET")["data"].as_array().unwrap().len();

    let advice = advised(&cloud, &[&owed], 700, "late").await;
    approved(&cloud, &advice, 700).await;
    advance(&cloud, "65d").await;

    assert_eq!(invoice(&cloud, &owed)["status"], "paid");
    assert_eq!(state(&cloud, "acme").await, "terminated");
    assert_eq!(count(&cloud, "account.reactivated").await, 0);
    assert_eq!(count(&cloud, "account.closed").await, 1);
    let after = at_stripe(&cloud, &list, "GET")["data"].as_array().unwrap().len();
    assert_eq!(after, before, "nothing is billed any more");
}

/// Goal: a closed account is canceled; it can still be terminated, and not be closed again.
#[tokio::test]
async fn a_closed_account_can_be_terminated() {
    let (cloud, _) = shop().await;

    let (status, closed) = close(&cloud, "close", "They asked for it.").await;
    assert_eq!((status, closed["state"].as_str()), (200, Some("canceled")), "{closed}");
    let (status, terminated) = close(&cloud, "terminate", "Fraud, as it turns out.").await;
    assert_eq!((status, terminated["state"].as_str()), (200, Some("terminated")), "{terminated}");
    let (status, refused) = close(&cloud, "close", "Again.").await;

    assert_eq!((status, refused["code"].as_str()), (409, Some("account_terminated")), "{refused}");
    let (status, wrong) = close(&cloud, "close", " ").await;
    assert_eq!((status, wrong["fields"][0]["field"].as_str()), (422, Some("reason")), "{wrong}");
}

/// Goal: a promise to pay holds open invoices until its date, with its reason in the timeline, and
/// Stripe's retries wait; it reactivates nobody, and its end is its date.
#[tokio::test]
async fn a_promise_to_pay_holds_until_its_date() {
    let (cloud, customer) = shop().await;
    let owed = declined(&cloud, &customer, 700);
    // Failed on 22 November, to be disabled on 6 December.
    advance(&cloud, "10d").await;
    let path = "/v1/staff/accounts/acme/grace";
    let body = json!({ "hold_until": "2026-12-20T00:00:00Z", "reason": "Promised by phone." });

    let (status, grace) = staff(&cloud, Method::PUT, path, &body).await;

    assert_eq!((status, &grace["disables_on"]), (200, &json!("2026-12-20T00:00:00Z")), "{grace}");
    advance(&cloud, "2h").await;
    assert_eq!(invoice(&cloud, &owed)["auto_advance"], false);
    advance(&cloud, "15d").await;
    assert_eq!(state(&cloud, "acme").await, "past_due");
    advance(&cloud, "3d").await;
    assert_eq!(state(&cloud, "acme").await, "disabled");
    let page = get(&cloud, "/v1/accounts/acme/timeline?limit=100").await;
    let entries = page["data"].as_array().unwrap();
    let entry = entries.iter().find(|it| it["kind"] == "account.hold_changed").unwrap();
    assert!(entry["summary"].as_str().unwrap().contains("Promised by phone."), "{entry}");
    let body = json!({ "hold_until": "2027-01-20T00:00:00Z", "reason": "Again." });
    assert_eq!(staff(&cloud, Method::PUT, path, &body).await.0, 200);
    assert_eq!(state(&cloud, "acme").await, "disabled", "a promise reactivates nobody");
}

/// Goal: other days of grace hold for what is not overdue yet; what is overdue keeps its date.
#[tokio::test]
async fn other_days_of_grace_disable_nobody_at_once() {
    let (cloud, customer) = shop().await;
    sent(&cloud, &customer, (700, 1));
    advance(&cloud, "5d").await;
    sent(&cloud, &customer, (300, 2));
    advance(&cloud, "1h").await;
    let path = "/v1/staff/accounts/acme/grace";

    let (status, grace) = staff(&cloud, Method::PUT, path, &json!({ "days": 0 })).await;

    assert_eq!((status, &grace["grace_days"]), (200, &json!(0)), "{grace}");
    assert_eq!(grace["disables_on"], "2026-12-07T09:00:00Z", "the overdue one keeps its date");
    assert_eq!(state(&cloud, "acme").await, "past_due");
    advance(&cloud, "2d").await;
    assert_eq!(state(&cloud, "acme").await, "disabled", "the second one is due, without grace");
    for (body, field) in [
        (json!({ "days": 1, "hold_until": "2027-01-01T00:00:00Z", "reason": "x" }), "days"),
        (json!({ "days": 400 }), "days"),
        (json!({ "hold_until": "2020-01-01T00:00:00Z", "reason": "x" }), "hold_until"),
        (json!({ "hold_until": "2027-01-01T00:00:00Z" }), "reason"),
    ] {
        let (status, problem) = staff(&cloud, Method::PUT, path, &body).await;
        assert_eq!(
            (status, problem["fields"][0]["field"].as_str()),
            (422, Some(field)),
            "{problem}"
        );
    }
}
