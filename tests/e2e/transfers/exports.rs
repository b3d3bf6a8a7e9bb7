//! Monthly exports (F7): what they add up to is what the statements of account have.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, Request};
use local::Running;
use serde_json::{Value, json};

use super::{advance, advised, approved, at_stripe, eur, sent, shop, staff};
use crate::world::{cloud, get, open_account, post_with_key, staff_with_key, vendor};

/// Rows of an export by their columns, through all its links, and the number of its answers.
async fn export(cloud: &Running, path: &str) -> (Vec<BTreeMap<String, String>>, usize) {
    let (mut rows, mut answers) = (Vec::new(), 0);
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let request = Request::get(&path)
            .header("authorization", format!("Bearer {}", cloud.staff_key()))
            .body(Bytes::new())
            .unwrap();
        let answer = Box::pin(cloud.send(request)).await;
        let text = String::from_utf8_lossy(answer.body()).into_owned();
        assert_eq!(answer.status(), 200, "{path}: {text}");
        assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
        let mut lines = text.lines();
        let header: Vec<&str> = lines.next().unwrap().split(',').collect();
        for line in lines {
            let cells: Vec<&str> = line.split(',').map(|cell| cell.trim_matches('"')).collect();
            assert_eq!(cells.len(), header.len(), "{line}");
            let row = header.iter().map(|it| (*it).to_owned());
            rows.push(row.zip(cells.into_iter().map(str::to_owned)).collect());
        }
        let link = answer.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        next = link.map(|link| link[1..].split_once('>').unwrap().0.to_owned());
        answers += 1;
    }
    (rows, answers)
}

async fn of(cloud: &Running, kind: &str, month: &str) -> Vec<BTreeMap<String, String>> {
    export(cloud, &format!("/v1/staff/exports/{kind}?period={month}")).await.0
}

/// Sum of a column.
fn sum(rows: &[BTreeMap<String, String>], column: &str) -> i64 {
    rows.iter().map(|row| row[column].parse::<i64>().unwrap()).sum()
}

fn with(
    rows: &[BTreeMap<String, String>],
    column: &str,
    value: &str,
) -> Vec<BTreeMap<String, String>> {
    rows.iter().filter(|row| row[column] == value).cloned().collect()
}

async fn stated(cloud: &Running, from: &str, to: &str) -> Value {
    let path = format!("/v1/accounts/acme/statement?from={from}&to={to}");
    get(cloud, &path).await["currencies"][0].clone()
}

/// Each export of a month has what the statement of that month has.
async fn agree(cloud: &Running, month: &str, (from, to): (&str, &str)) {
    let it = stated(cloud, from, to).await;
    let cents = |value: &Value| value["amount"].as_i64().unwrap_or_default();

    let invoices = of(cloud, "invoices", month).await;
    assert_eq!(sum(&invoices, "total"), cents(&it["invoices"]), "{month}: {invoices:#?}");
    let payments = of(cloud, "payments", month).await;
    for by in it["payments"].as_array().unwrap() {
        let of_method = with(&payments, "method", by["method"].as_str().unwrap());
        assert_eq!(sum(&of_method, "amount"), cents(&by["amount"]), "{month}: {payments:#?}");
    }
    let returned = with(&payments, "kind", "payment_returned");
    assert_eq!(sum(&returned, "amount"), cents(&it["payments_returned"]), "{month}");
    let notes = of(cloud, "credit_notes", month).await;
    let refunds = sum(&with(&notes, "kind", "refund"), "amount");
    assert_eq!(refunds, cents(&it["refunds"]), "{month}: {notes:#?}");
    assert_eq!(sum(&notes, "amount") - refunds, cents(&it["credit_notes"]), "{month}: {notes:#?}");
    let tax = of(cloud, "tax", month).await;
    assert_eq!(sum(&tax, "total"), cents(&it["invoices"]), "{month}: {tax:#?}");
    assert_eq!(sum(&tax, "credit_notes"), cents(&it["credit_notes"]), "{month}: {tax:#?}");
    let prepaid = of(cloud, "prepayments", month).await;
    for column in ["opening", "received", "applied", "reversed", "closing"] {
        assert_eq!(sum(&prepaid, column), cents(&it["prepaid"][column]), "{month} {column}");
    }
    let owed = of(cloud, "receivables", month).await;
    assert_eq!(sum(&owed, "amount"), cents(&it["closing"]), "{month}: {owed:#?}");
}

/// Goal: over two months with cards, transfers, notes and prepaid money, every export adds up to
/// the statement, and a month that is over stays as it is.
#[tokio::test]
async fn exports_add_up_to_the_statements() {
    let (cloud, customer) = shop().await;
    let in_parts = sent(&cloud, &customer, (9_000, 30));
    let noted = sent(&cloud, &customer, (2_500, 30));
    advance(&cloud, "1h").await;
    for (amount, reference) in [(3_000, "RF-1"), (6_000, "RF-2")] {
        let advice = advised(&cloud, &[&in_parts], amount, reference).await;
        approved(&cloud, &advice, amount).await;
    }
    at_stripe(&cloud, "/v1/credit_notes", &format!("invoice={noted}&amount=500"));
    advance(&cloud, "1h").await;
    let november = ("2026-11-01", "2026-11-30");
    advance(&cloud, "12d").await;
    let owed = of(&cloud, "receivables", "2026-11").await;
    assert_eq!((owed.len(), owed[0]["age"].as_str()), (1, "not_overdue"), "{owed:#?}");
    agree(&cloud, "2026-11", november).await;

    let body = json!({ "amount": eur(5_000), "reference": "year", "paid_on": "2026-12-04" });
    let path = "/v1/staff/accounts/acme/prepayments";
    assert_eq!(staff(&cloud, Method::POST, path, &body).await.0, 201);
    advance(&cloud, "1h").await;
    sent(&cloud, &customer, (1_200, 30));
    let late = sent(&cloud, &customer, (8_000, 3));
    advance(&cloud, "5d").await;

    agree(&cloud, "2026-12", ("2026-12-01", "2026-12-31")).await;
    agree(&cloud, "2026-11", november).await;
    assert_eq!(of(&cloud, "receivables", "2026-11").await, owed, "paid since, and owed then");
    let payments = of(&cloud, "payments", "2026-11").await;
    assert_eq!(payments[0]["references"], "RF-1; RF-2", "{payments:#?}");
    let owed = of(&cloud, "receivables", "2026-12").await;
    let late = with(&owed, "invoice", &late);
    assert_eq!((late[0]["age"].as_str(), late[0]["days_overdue"].as_str()), ("1-30", "2"));
}

/// Deductions of `acme-7`.
async fn deduct(cloud: &Running, name: &str, times: usize) {
    for nth in 0..times {
        let path = "/v1/accounts/acme-7/credits/deductions";
        let body = json!({ "tokens": 20_000 });
        let (status, answer) = post_with_key(cloud, path, &format!("{name}-{nth}"), &body).await;
        assert_eq!(status, 201, "{answer}");
    }
}

/// Goal: accounts of a long export come once each, through its links; unspent credits are those at
/// the end of the month, whatever was used since.
#[tokio::test]
async fn a_long_export_goes_on_by_its_link() {
    let cloud = cloud().await;
    for nth in 0..60 {
        open_account(&cloud, &format!("acme-{nth}")).await;
        let path = format!("/v1/staff/accounts/acme-{nth}/credits/adjustments");
        let body = json!({ "tokens": 1_000_000 + nth, "reason": "a gift" });
        let (status, answer) = staff_with_key(&cloud, &path, &format!("gift-{nth}"), &body).await;
        assert_eq!(status, 201, "{answer}");
    }
    // More than the plan includes, so that pages of the ledger are on both sides of the month's end.
    deduct(&cloud, "november", 20).await;
    let (now, answers) = export(&cloud, "/v1/staff/exports/credits").await;
    advance(&cloud, "10d").await;
    deduct(&cloud, "december", 25).await;

    let (november, _) = export(&cloud, "/v1/staff/exports/credits?period=2026-11").await;
    let (december, _) = export(&cloud, "/v1/staff/exports/credits?period=2026-12").await;

    assert_eq!((now.len(), answers), (60, 2));
    let left = |rows: &[BTreeMap<String, String>]| -> Vec<(String, i64)> {
        let left = |row: &BTreeMap<String, String>| {
            (row["account"].clone(), row["credits"].parse().unwrap())
        };
        rows.iter().map(left).collect()
    };
    assert_eq!(left(&november), left(&now), "the month is over and stays as it was");
    let shown = get(&cloud, "/v1/accounts/acme-7/credits").await;
    let of_it = left(&december).into_iter().find(|(id, _)| id == "acme-7").unwrap();
    assert_eq!(json!(of_it.1), shown["balance"]);
    let in_november = left(&november).into_iter().find(|(id, _)| id == "acme-7").unwrap().1;
    assert!(of_it.1 < in_november && in_november < 1_000_007, "used in both: {of_it:?}");
    let mut accounts: Vec<String> = left(&now).into_iter().map(|(id, _)| id).collect();
    accounts.sort();
    accounts.dedup();
    assert_eq!(accounts.len(), 60);
}

/// Goal: what is no export, a month to come and other callers are refused.
#[tokio::test]
async fn only_exports_of_months_that_began_are_there_for_staff() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    for (path, wanted) in [
        ("/v1/staff/exports/invoices", 200),
        ("/v1/staff/exports/nothing", 404),
        ("/v1/staff/exports/invoices?period=2027-01", 422),
        ("/v1/staff/exports/invoices?period=November", 422),
        ("/v1/staff/exports/invoices?cursor=x", 422),
    ] {
        assert_eq!(staff(&cloud, Method::GET, path, &Value::Null).await.0, wanted, "{path}");
    }
    let path = "/v1/staff/exports/invoices";
    assert_eq!(vendor(&cloud, Method::GET, path, &Value::Null).await.0, 403);
}
