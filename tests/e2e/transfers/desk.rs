//! Stories of the desk: each way in which money can come, and what it does to the account.

use http::Method;
use serde_json::{Value, json};

use super::{
    advance, advise, advised, approve, approved, at_stripe, count, eur, invoice, prepaid_balance,
    sent, shop, staff, status_of,
};
use crate::world::{get, kinds, state, vendor};

/// Goal: a disabled account whose transfer is approved whole is reactivated at once and once; the
/// webhook behind it changes nothing more; the journal names the reference and staff.
#[tokio::test]
async fn a_transfer_that_is_approved_reactivates_once() {
    let (cloud, customer) = shop().await;
    let owed = sent(&cloud, &customer, (700, 1));
    advance(&cloud, "20d").await;
    assert_eq!(state(&cloud, "acme").await, "disabled");
    let advice = advised(&cloud, &[&owed], 700, "RF18 5390").await;
    assert_eq!(state(&cloud, "acme").await, "disabled", "advice never reactivates");

    let answer = approved(&cloud, &advice, 700).await;

    assert_eq!(answer["status"], "approved", "{answer}");
    assert_eq!(answer["receipt"]["parts"][0]["state"], "settled", "{answer}");
    assert_eq!(state(&cloud, "acme").await, "active");
    assert_eq!(invoice(&cloud, &owed)["status"], "paid");
    advance(&cloud, "2d").await;
    assert_eq!(count(&cloud, "account.reactivated").await, 1);
    assert_eq!(count(&cloud, "invoice.paid").await, 1);
    let page = get(&cloud, "/v1/accounts/acme/timeline?limit=100").await;
    let entries = page["data"].as_array().unwrap();
    let entry = entries.iter().find(|it| it["kind"] == "payment_advice.approved").unwrap();
    assert_eq!(entry["cause"]["type"], "staff", "{entry}");
    assert!(entry["summary"].as_str().unwrap().contains("RF18 5390"), "{entry}");
    assert_eq!(prepaid_balance(&cloud).await, eur(0));
}

/// Goal: a part is kept for its invoice and shown, and the rest pays it with that part, once.
#[tokio::test]
async fn two_parts_settle_an_invoice_once() {
    let (cloud, customer) = shop().await;
    let owed = sent(&cloud, &customer, (700, 1));
    advance(&cloud, "20d").await;
    let first = advised(&cloud, &[&owed], 300, "one").await;
    let answer = approved(&cloud, &first, 300).await;
    assert_eq!(answer["status"], "partially_approved", "{answer}");
    let part = &answer["receipt"]["parts"][0];
    assert_eq!((&part["state"], &part["amount"]), (&json!("reserved"), &eur(300)), "{answer}");
    assert_eq!(
        (state(&cloud, "acme").await, invoice(&cloud, &owed)["status"].as_str()),
        ("disabled".to_owned(), Some("open"))
    );

    let second = advised(&cloud, &[&owed], 400, "two").await;
    let answer = approved(&cloud, &second, 400).await;

    assert_eq!(answer["status"], "approved", "{answer}");
    assert_eq!(invoice(&cloud, &owed)["status"], "paid");
    assert_eq!(state(&cloud, "acme").await, "active");
    advance(&cloud, "2d").await;
    assert_eq!(count(&cloud, "account.reactivated").await, 1);
    assert_eq!(count(&cloud, "transfer.reserved").await, 1);
    assert_eq!(prepaid_balance(&cloud).await, eur(0));
}

/// Goal: one transfer for several invoices settles them, oldest first; too much is said when it is
/// advised, and prepaid when it comes.
#[tokio::test]
async fn one_transfer_settles_several_and_the_rest_is_prepaid() {
    let (cloud, customer) = shop().await;
    let one = sent(&cloud, &customer, (300, 1));
    advance(&cloud, "1h").await;
    let two = sent(&cloud, &customer, (400, 1));
    advance(&cloud, "20d").await;
    let (status, advice) = advise(&cloud, &[&two, &one], 750, "both").await;
    assert_eq!((status, &advice["prepaid"]), (201, &eur(50)), "{advice}");

    let answer = approved(&cloud, advice["id"].as_str().unwrap(), 750).await;

    let parts = answer["receipt"]["parts"].as_array().unwrap();
    let settled: Vec<&str> = parts.iter().map(|it| it["invoice"].as_str().unwrap()).collect();
    assert_eq!(settled, [&one, &two], "oldest first");
    for id in [&one, &two] {
        assert_eq!(invoice(&cloud, id)["status"], "paid");
    }
    assert_eq!(prepaid_balance(&cloud).await, eur(50));
    let at_stripe = at_stripe(&cloud, &format!("/v1/customers/{customer}"), "GET");
    assert_eq!(at_stripe["balance"], -50);
    assert_eq!(state(&cloud, "acme").await, "active");
}

/// Goal: of two staff who approve one advice, one does; the other is told what became of it.
#[tokio::test]
async fn two_staff_approve_once() {
    let (cloud, customer) = shop().await;
    let owed = sent(&cloud, &customer, (700, 1));
    advance(&cloud, "1d").await;
    let advice = advised(&cloud, &[&owed], 700, "one").await;
    let path = format!("/v1/staff/payment-advice/{advice}/approve");
    let body = json!({ "received": eur(700), "received_on": "2026-11-23" }).to_string();
    let request = |key: &str| {
        http::Request::post(&path)
            .header("authorization", format!("Bearer {}", cloud.staff_key()))
            .header("content-type", "application/json")
            .header("idempotency-key", key)
            .body(bytes::Bytes::from(body.clone()))
            .unwrap()
    };

    let answers =
        Box::pin(cloud.send_together(vec![request("ann"), request("ben"), request("ann")])).await;

    let statuses: Vec<u16> = answers.iter().map(|it| it.status().as_u16()).collect();
    assert!(statuses.contains(&200), "{statuses:?}");
    cloud.clock().run_due().await;
    let (status, again) = approve(&cloud, &advice, 700).await;
    assert_eq!((status, again["code"].as_str()), (409, Some("advice_decided")), "{again}");
    assert_eq!(count(&cloud, "payment_advice.approved").await, 1);
    assert_eq!(count(&cloud, "invoice.paid").await, 1);
    assert_eq!(prepaid_balance(&cloud).await, eur(0));
}

/// Goal: an invoice that is paid by card before its advice is approved turns the money into a
/// prepayment (money rule 23).
#[tokio::test]
async fn money_for_an_invoice_that_is_paid_meanwhile_is_prepaid() {
    let (cloud, customer) = shop().await;
    let owed = sent(&cloud, &customer, (700, 1));
    advance(&cloud, "1d").await;
    let advice = advised(&cloud, &[&owed], 700, "one").await;
    let attach = format!("customer={customer}");
    let card = at_stripe(&cloud, "/v1/payment_methods/pm_card_visa/attach", &attach);
    let form = format!("payment_method={}", card["id"].as_str().unwrap());
    // Its event has not come yet.
    at_stripe(&cloud, &format!("/v1/invoices/{owed}/pay"), &form);

    let answer = approved(&cloud, &advice, 700).await;

    assert_eq!(answer["receipt"]["parts"], json!([]), "{answer}");
    assert_eq!(answer["receipt"]["prepaid"], eur(700));
    assert_eq!(prepaid_balance(&cloud).await, eur(700));
    advance(&cloud, "2d").await;
    assert_eq!(count(&cloud, "invoice.paid").await, 1);
    assert_eq!(prepaid_balance(&cloud).await, eur(700));
}

/// Goal: money that waited for the rest of an invoice is prepaid once that is paid otherwise, by
/// itself.
#[tokio::test]
async fn a_part_whose_invoice_is_paid_otherwise_is_prepaid() {
    let (cloud, customer) = shop().await;
    let owed = sent(&cloud, &customer, (700, 10));
    advance(&cloud, "1d").await;
    let advice = advised(&cloud, &[&owed], 300, "one").await;
    approved(&cloud, &advice, 300).await;
    assert_eq!(prepaid_balance(&cloud).await, eur(0));

    let attach = format!("customer={customer}");
    let card = at_stripe(&cloud, "/v1/payment_methods/pm_card_visa/attach", &attach);
    let form = format!("payment_method={}", card["id"].as_str().unwrap());
    at_stripe(&cloud, &format!("/v1/invoices/{owed}/pay"), &form);
    advance(&cloud, "2h").await;

    assert_eq!(prepaid_balance(&cloud).await, eur(300));
    let at_stripe = at_stripe(&cloud, &format!("/v1/customers/{customer}"), "GET");
    assert_eq!(at_stripe["balance"], -300);
}

/// Goal: money without advice is matched by staff, the same reference once.
#[tokio::test]
async fn a_transfer_without_advice_settles_its_invoices() {
    let (cloud, customer) = shop().await;
    let owed = sent(&cloud, &customer, (700, 1));
    advance(&cloud, "20d").await;
    let body = json!({
        "account": "acme", "amount": eur(700), "received_on": "2026-12-10",
        "reference": "no advice", "invoices": [&owed],
    });

    let (status, receipt) = staff(&cloud, Method::POST, "/v1/staff/receipts", &body).await;
    let (again, twice) = staff(&cloud, Method::POST, "/v1/staff/receipts", &body).await;

    assert_eq!((status, &receipt["parts"][0]["state"]), (201, &json!("settled")), "{receipt}");
    assert_eq!((again, twice["code"].as_str()), (409, Some("reference_used")), "{twice}");
    assert_eq!(state(&cloud, "acme").await, "active");
    let unknown = json!({
        "account": "nobody", "amount": eur(700), "received_on": "2026-12-10",
        "reference": "x", "invoices": [],
    });
    let (status, answer) = staff(&cloud, Method::POST, "/v1/staff/receipts", &unknown).await;
    assert_eq!((status, answer["fields"][0]["field"].as_str()), (422, Some("account")), "{answer}");
}

/// Goal: a customer is told where to transfer to, in each currency.
#[tokio::test]
async fn bank_details_are_those_of_the_catalog() {
    let (cloud, _) = shop().await;

    let details = get(&cloud, "/v1/bank-details").await;

    let currencies: Vec<&str> = details["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["currency"].as_str().unwrap())
        .collect();
    assert_eq!(currencies, ["eur", "usd"], "{details}");
    assert_eq!(details["data"][0]["reference"], "The number of the invoice");
}

/// Goal: a rejection says why, in the list and in the journal, and is no decision twice.
#[tokio::test]
async fn a_rejection_tells_why() {
    let (cloud, customer) = shop().await;
    let owed = sent(&cloud, &customer, (700, 1));
    advance(&cloud, "1d").await;
    let advice = advised(&cloud, &[&owed], 700, "one").await;
    let path = format!("/v1/staff/payment-advice/{advice}/reject");
    let body = json!({ "note": "No such transfer on 30 November." });

    let (status, answer) = staff(&cloud, Method::POST, &path, &body).await;
    let (again, same) = staff(&cloud, Method::POST, &path, &body).await;

    assert_eq!((status, answer["status"].as_str()), (200, Some("rejected")), "{answer}");
    assert_eq!((again, &same), (200, &answer));
    assert_eq!(answer["decision"]["note"], body["note"]);
    assert_eq!(count(&cloud, "payment_advice.rejected").await, 1);
    let (status, refused) = approve(&cloud, &advice, 700).await;
    assert_eq!((status, refused["code"].as_str()), (409, Some("advice_decided")), "{refused}");
    // The reference is free again.
    advised(&cloud, &[&owed], 700, "one").await;
}

/// Goal: what staff have to do is listed, oldest first, with its age; what they decided is not.
#[tokio::test]
async fn advice_waits_in_the_list_of_staff() {
    let (cloud, customer) = shop().await;
    let owed = sent(&cloud, &customer, (700, 30));
    advance(&cloud, "1d").await;
    let first = advised(&cloud, &[&owed], 300, "one").await;
    advance(&cloud, "3d").await;
    let second = advised(&cloud, &[&owed], 400, "two").await;
    let path = "/v1/staff/payment-advice?status=pending";

    let (status, list) = staff(&cloud, Method::GET, path, &Value::Null).await;

    assert_eq!(status, 200, "{list}");
    let seen: Vec<(&str, bool)> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["id"].as_str().unwrap(), it["late"].as_bool().unwrap()))
        .collect();
    assert_eq!(seen, [(first.as_str(), true), (second.as_str(), false)]);
    assert_eq!(list["data"][0]["age_seconds"], 3 * 86_400);
    approved(&cloud, &first, 300).await;
    let (_, list) = staff(&cloud, Method::GET, path, &Value::Null).await;
    assert_eq!(list["data"].as_array().unwrap().len(), 1, "{list}");
    assert_eq!(list["data"][0]["account"], "acme");
}

/// Goal: wrong advice is refused, naming what is wrong; the vendor's key is not staff's.
#[tokio::test]
async fn wrong_advice_is_refused() {
    let (cloud, customer) = shop().await;
    let owed = sent(&cloud, &customer, (700, 30));
    let paid = sent(&cloud, &customer, (100, 30));
    at_stripe(&cloud, &format!("/v1/invoices/{paid}/pay"), "paid_out_of_band=true");
    advance(&cloud, "1d").await;
    let path = "/v1/accounts/acme/payment-advice";
    let good = json!({
        "invoices": [&owed], "reference": "one", "paid_on": "2026-11-23", "amount": eur(700),
    });
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body
    };
    for (body, status, what) in [
        (with("invoices", json!([])), 422, "invoices"),
        (with("invoices", json!([&owed, &owed])), 422, "invoices[1]"),
        (with("invoices", json!(["in_other"])), 422, "invoices"),
        (with("paid_on", json!("2026-11-24")), 422, "paid_on"),
        (with("paid_on", json!("yesterday")), 422, "paid_on"),
        (with("amount", eur(0)), 422, "amount.amount"),
        (with("amount", json!({ "amount": 700, "currency": "usd" })), 422, "amount.currency"),
        (with("reference", json!(" ")), 422, "reference"),
        (with("invoices", json!([&paid])), 409, "invoice_not_payable"),
    ] {
        let (answered, problem) = vendor(&cloud, Method::POST, path, &body).await;
        let named = problem["fields"][0]["field"].as_str().or(problem["code"].as_str());
        assert_eq!((answered, named), (status, Some(what)), "{problem}");
    }
    let first = advised(&cloud, &[&owed], 700, "RF 18").await;
    let (status, twice) = advise(&cloud, &[&owed], 700, "rf-18").await;
    assert_eq!((status, twice["code"].as_str()), (409, Some("reference_used")), "{twice}");
    let approve = format!("/v1/staff/payment-advice/{first}/approve");
    let body = json!({ "received": eur(700), "received_on": "2026-11-23" });
    assert_eq!(vendor(&cloud, Method::POST, &approve, &body).await.0, 403);
    let nobody = "/v1/staff/payment-advice/acme.0000/approve";
    assert_eq!(staff(&cloud, Method::POST, nobody, &body).await.0, 404);
    assert_eq!(status_of(&cloud, &first).await, "pending");
    assert_eq!(
        kinds(&cloud, "acme").await.last().map(String::as_str),
        Some("payment_advice.submitted")
    );
}
