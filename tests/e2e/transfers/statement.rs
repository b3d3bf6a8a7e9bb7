//! Statement of account (F7): to the cent what the account shows, over every way in which money
//! moves.

use bytes::Bytes;
use http::{Method, Request};
use local::Running;
use serde_json::{Value, json};

use super::{
    advance, advised, approved, at_stripe, declined, eur, invoice, made, sent, shop, staff,
    take_back,
};
use crate::world::{get, vendor};

const STATEMENT: &str = "/v1/accounts/acme/statement";

/// The statement in euro of a span, which must add up.
async fn stated(cloud: &Running, query: &str) -> Value {
    let all = get(cloud, &format!("{STATEMENT}{query}")).await;
    let it = all["currencies"][0].clone();
    let cents = |value: &Value| value["amount"].as_i64().unwrap_or_default();
    let paid: i64 = it["payments"].as_array().unwrap().iter().map(|it| cents(&it["amount"])).sum();
    let fields = ["invoices", "balance_applied", "credit_notes", "payments_returned", "refunds"];
    let sum: i64 = fields.iter().chain(&["voided"]).map(|field| cents(&it[*field])).sum();
    assert_eq!(cents(&it["opening"]) + sum + paid, cents(&it["closing"]), "{query}: {all}");
    let prepaid = &it["prepaid"];
    let moved: i64 =
        ["received", "applied", "reversed"].iter().map(|it| cents(&prepaid[*it])).sum();
    assert_eq!(cents(&prepaid["opening"]) + moved, cents(&prepaid["closing"]), "{query}: {all}");
    for (ledger, balance) in [("receivable", &it), ("prepaid", prepaid)] {
        let mut running = cents(&balance["opening"]);
        let movements = it["movements"].as_array().unwrap().iter();
        for movement in movements.filter(|movement| movement["ledger"] == ledger) {
            running += cents(&movement["amount"]);
            assert_eq!(cents(&movement["balance"]), running, "{movement}");
        }
        assert_eq!(running, cents(&balance["closing"]), "{query} {ledger}: {all}");
    }
    it
}

/// The statement since the account was opened ends in what the account shows.
async fn agrees(cloud: &Running, what: &str) -> Value {
    let it = stated(cloud, "?from=2026-11-01").await;
    let account = get(cloud, "/v1/accounts/acme").await;
    assert_eq!(it["closing"], account["outstanding"], "{what}: {it}");
    assert_eq!(it["prepaid"]["closing"], account["prepaid_balance"], "{what}: {it}");
    assert_eq!((&it["opening"], &it["prepaid"]["opening"]), (&eur(0), &eur(0)), "{what}");
    it
}

fn by(it: &Value, method: &str) -> Value {
    let payments = it["payments"].as_array().unwrap().iter();
    payments.clone().find(|payment| payment["method"] == method).unwrap()["amount"].clone()
}

/// An invoice that a card pays at once.
fn charged(cloud: &Running, customer: &str, amount: i64) -> String {
    let card = at_stripe(
        cloud,
        "/v1/payment_methods/pm_card_visa/attach",
        &format!("customer={customer}"),
    );
    let form = format!("invoice_settings[default_payment_method]={}", card["id"].as_str().unwrap());
    at_stripe(cloud, &format!("/v1/customers/{customer}"), &form);
    let form = format!(
        "customer={customer}&collection_method=charge_automatically&currency=eur&auto_advance=true"
    );
    made(cloud, customer, amount, &form)
}

/// Goal: whatever way money moves, opening, movements and closing add up, and the closing is what
/// the account shows as outstanding and prepaid; a past span does not change any more; the CSV has
/// the same numbers.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story of all ways in which money moves")]
async fn the_statement_ends_in_what_the_account_shows() {
    let (cloud, customer) = shop().await;

    declined(&cloud, &customer, 2_500);
    advance(&cloud, "2h").await;
    agrees(&cloud, "a declined card").await;
    charged(&cloud, &customer, 4_000);
    advance(&cloud, "2h").await;
    let it = agrees(&cloud, "a card").await;
    assert_eq!(
        (by(&it, "stripe"), &it["closing"]),
        (eur(-6_500), &eur(0)),
        "the new card pays both"
    );
    let owed = sent(&cloud, &customer, (2_500, 30));
    advance(&cloud, "1h").await;

    let in_parts = sent(&cloud, &customer, (9_000, 30));
    advance(&cloud, "1h").await;
    let first = advised(&cloud, &[&in_parts], 3_000, "RF-1").await;
    approved(&cloud, &first, 3_000).await;
    let it = agrees(&cloud, "a part of a transfer waits for the rest").await;
    assert_eq!(it["closing"], eur(11_500));
    let second = advised(&cloud, &[&in_parts], 6_000, "RF-2").await;
    approved(&cloud, &second, 6_000).await;
    advance(&cloud, "1h").await;
    let it = agrees(&cloud, "a transfer in two parts").await;
    assert_eq!((by(&it, "transfer"), &it["closing"]), (eur(-9_000), &eur(2_500)));

    let note = format!("invoice={owed}&amount=500");
    at_stripe(&cloud, "/v1/credit_notes", &note);
    advance(&cloud, "1h").await;
    let it = agrees(&cloud, "a credit note").await;
    assert_eq!((&it["credit_notes"], &it["closing"]), (&eur(-500), &eur(2_000)));
    let void = sent(&cloud, &customer, (1_100, 30));
    advance(&cloud, "1h").await;
    at_stripe(&cloud, &format!("/v1/invoices/{void}/void"), "");
    advance(&cloud, "1h").await;
    let it = agrees(&cloud, "a void invoice").await;
    assert_eq!((&it["voided"], &it["closing"]), (&eur(-1_100), &eur(2_000)));

    let body = json!({ "amount": eur(5_000), "reference": "year", "paid_on": "2026-11-22" });
    let path = "/v1/staff/accounts/acme/prepayments";
    assert_eq!(staff(&cloud, Method::POST, path, &body).await.0, 201);
    advance(&cloud, "1h").await;
    let it = agrees(&cloud, "a prepayment that settles what is open").await;
    assert_eq!((by(&it, "prepayment"), &it["closing"]), (eur(-2_000), &eur(0)));
    assert_eq!(it["prepaid"]["received"], eur(3_000));
    let past = get(&cloud, &format!("{STATEMENT}?from=2026-11-01&to=2026-11-22")).await;
    advance(&cloud, "1d").await;
    let used = sent(&cloud, &customer, (1_200, 30));
    advance(&cloud, "2h").await;
    assert_eq!(invoice(&cloud, &used)["status"], "paid");
    let it = agrees(&cloud, "an invoice from the balance").await;
    assert_eq!((&it["balance_applied"], &it["prepaid"]["applied"]), (&eur(-1_200), &eur(-1_200)));

    let returned = sent(&cloud, &customer, (7_000, 30));
    advance(&cloud, "1h").await;
    let left = invoice(&cloud, &returned)["amount_remaining"].as_i64().unwrap();
    let advice = advised(&cloud, &[&returned], left, "RF-3").await;
    approved(&cloud, &advice, left).await;
    advance(&cloud, "10d").await;
    agrees(&cloud, "another transfer").await;
    assert_eq!(take_back(&cloud, &advice, "Not covered.").await.0, 200);
    advance(&cloud, "2h").await;
    let it = agrees(&cloud, "a transfer that the bank took back").await;
    assert_ne!(it["refunds"], eur(0), "{it}");
    assert_ne!(it["closing"], eur(0), "it is owed anew: {it}");

    let again = get(&cloud, &format!("{STATEMENT}?from=2026-11-01&to=2026-11-22")).await;
    assert_eq!(again["currencies"], past["currencies"], "a past span stays as it is");
    let november = stated(&cloud, "?from=2026-11-01&to=2026-11-30").await;
    let december = stated(&cloud, "?from=2026-12-01").await;
    assert_eq!(november["closing"], december["opening"]);
    assert_eq!(november["prepaid"]["closing"], december["prepaid"]["opening"]);
    csv_has(&cloud, &it).await;
}

/// The CSV has each movement of a statement, between opening and closing.
async fn csv_has(cloud: &Running, it: &Value) {
    let request = Request::get(format!("{STATEMENT}.csv?from=2026-11-01"))
        .header("authorization", format!("Bearer {}", cloud.vendor_key()))
        .body(Bytes::new())
        .unwrap();
    let response = Box::pin(cloud.send(request)).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/csv; charset=utf-8");
    let text = String::from_utf8(response.body().to_vec()).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|row| row.split(',').collect()).collect();
    assert!(rows.iter().all(|row| row.len() == 12), "{text}");
    let movements = it["movements"].as_array().unwrap().len();
    assert_eq!(rows.len(), 1 + 4 + movements, "{text}");
    let closing = rows.iter().find(|row| row[1] == "receivable" && row[4] == "closing").unwrap();
    assert_eq!(closing[11], it["closing"]["amount"].to_string(), "{text}");
}

/// Goal: an account in which nothing happened has a statement without currencies; what cannot be a
/// span is refused.
#[tokio::test]
async fn a_span_must_be_one() {
    let (cloud, _) = shop().await;
    let empty = get(&cloud, STATEMENT).await;
    assert_eq!(
        (&empty["currencies"], &empty["from"]),
        (&json!([]), &json!("2026-11-01T00:00:00Z"))
    );
    for query in ["?from=2026-11-20&to=2026-11-19", "?from=2027-01-01", "?from=yesterday", "?a=1"] {
        let path = format!("{STATEMENT}{query}");
        let (status, answer) = vendor(&cloud, Method::GET, &path, &Value::Null).await;
        assert_eq!((status, &answer["code"]), (422, &json!("invalid_input")), "{query}");
    }
}
