//! Prepayments: what is open first, the rest into the balance, used by invoices as they come (A14,
//! money rule 21).

use http::Method;
use serde_json::{Value, json};

use super::{advance, at_stripe, count, eur, invoice, prepaid_balance, sent, shop, staff};
use crate::world::{get, state};

const PATH: &str = "/v1/staff/accounts/acme/prepayments";

fn body(amount: i64, reference: &str) -> Value {
    json!({ "amount": eur(amount), "reference": reference, "paid_on": "2026-11-22" })
}

/// Goal: a year upfront settles what is open, is used by each invoice that comes, and what is left
/// is shown to the cent, also where another credit is in the balance.
#[tokio::test]
async fn a_prepayment_is_used_until_nothing_is_left() {
    let (cloud, customer) = shop().await;
    let owed = sent(&cloud, &customer, (700, 1));
    advance(&cloud, "20d").await;
    assert_eq!(state(&cloud, "acme").await, "disabled");
    let form = "amount=-100&currency=eur";
    at_stripe(&cloud, &format!("/v1/customers/{customer}/balance_transactions"), form);

    let (status, receipt) = staff(&cloud, Method::POST, PATH, &body(2_000, "year")).await;

    assert_eq!((status, &receipt["prepaid"]), (201, &eur(1_300)), "{receipt}");
    assert_eq!(state(&cloud, "acme").await, "active");
    assert_eq!(invoice(&cloud, &owed)["status"], "paid");
    assert_eq!(prepaid_balance(&cloud).await, eur(1_300), "the other credit is not prepaid");

    let next = sent(&cloud, &customer, (500, 30));
    advance(&cloud, "2h").await;
    assert_eq!(invoice(&cloud, &next)["status"], "paid", "from the balance");
    // 100 of it came from the older credit.
    assert_eq!(prepaid_balance(&cloud).await, eur(900));
    let last = sent(&cloud, &customer, (1_000, 30));
    advance(&cloud, "2h").await;
    assert_eq!(invoice(&cloud, &last)["amount_remaining"], 100);
    assert_eq!(prepaid_balance(&cloud).await, eur(0));

    let page = get(&cloud, "/v1/accounts/acme/prepayments").await;
    let one = &page["data"][0];
    assert_eq!((&one["number"], &one["amount"]), (&json!("P-0001"), &eur(2_000)), "{one}");
    assert_eq!(one["remaining"], eur(0));
    let applied: Vec<(Value, Value)> = one["applied"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["invoice"].clone(), it["amount"].clone()))
        .collect();
    let expected = [(json!(owed), eur(700)), (json!(next), eur(400)), (json!(last), eur(900))];
    assert_eq!(applied, expected, "{one}");
    assert!(one["receipt_text"].as_str().unwrap().contains("no tax invoice"), "{one}");
    let why = get(&cloud, "/v1/accounts/acme/explain?field=prepaid_balance").await;
    assert_eq!(why["value"], eur(0), "{why}");
    let kinds: Vec<&str> =
        why["because"].as_array().unwrap().iter().map(|it| it["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["prepayment.created", "prepayment.applied", "prepayment.applied"]);
}

/// Goal: the unused rest is taken out again, once, and nothing more.
#[tokio::test]
async fn an_unused_rest_is_reversed_once() {
    let (cloud, customer) = shop().await;
    let (status, receipt) = staff(&cloud, Method::POST, PATH, &body(2_000, "year")).await;
    assert_eq!(status, 201, "{receipt}");
    sent(&cloud, &customer, (500, 30));
    advance(&cloud, "2h").await;
    assert_eq!(prepaid_balance(&cloud).await, eur(1_500));
    let path = format!("/v1/staff/prepayments/{}/reverse", receipt["id"].as_str().unwrap());

    let (status, reversed) = staff(&cloud, Method::POST, &path, &Value::Null).await;
    let (again, _) = staff(&cloud, Method::POST, &path, &Value::Null).await;

    assert_eq!((status, again), (200, 200), "{reversed}");
    assert_eq!(prepaid_balance(&cloud).await, eur(0));
    let customer = at_stripe(&cloud, &format!("/v1/customers/{customer}"), "GET");
    assert_eq!(customer["balance"], 0);
    assert_eq!(count(&cloud, "prepayment.reversed").await, 1);
    let list = get(&cloud, "/v1/accounts/acme/prepayments").await;
    assert_eq!(list["data"][0]["reversed"], eur(1_500), "{list}");
    let (status, twice) = staff(&cloud, Method::POST, PATH, &body(10, "Year")).await;
    assert_eq!((status, twice["code"].as_str()), (409, Some("reference_used")), "{twice}");
}
