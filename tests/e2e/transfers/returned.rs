//! A transfer that the bank takes back after it was approved (requirements, "Returned money").

use bytes::Bytes;
use http::Request;
use local::Running;
use local::gate::{Fault, Script};
use serde_json::{Value, json};

use super::{
    advance, advised, approved, at_stripe, count, eur, invoice, prepaid_balance, sent, shop,
    status_of, take_back,
};
use crate::world::{get, state};

/// Credit notes of an invoice at Stripe.
fn notes(cloud: &Running, id: &str) -> Vec<Value> {
    let all = at_stripe(cloud, &format!("/v1/credit_notes?invoice={id}"), "GET");
    all["data"].as_array().unwrap().clone()
}

/// Invoices of a customer at Stripe in a status, newest first.
fn invoices(cloud: &Running, (customer, status): (&str, &str)) -> Vec<Value> {
    let path = format!("/v1/invoices?customer={customer}&status={status}");
    at_stripe(cloud, &path, "GET")["data"].as_array().unwrap().clone()
}

/// Goal: an invoice whose money went back stays paid and is credited outside of Stripe; another one
/// with its lines, tax and purchase order stands in its place, linked both ways; the account is
/// past due three days later and disabled by its grace, and comes back when that one is paid; each
/// is told once.
#[tokio::test]
async fn what_the_bank_takes_back_is_owed_anew() {
    let (cloud, customer) = shop().await;
    let rate = "display_name=VAT&percentage=19&inclusive=false";
    let rate = at_stripe(&cloud, "/v1/tax_rates", rate)["id"].as_str().unwrap().to_owned();
    let form = format!(
        "customer={customer}&collection_method=send_invoice&days_until_due=1&currency=eur\
         &default_tax_rates[0]={rate}&custom_fields[0][name]=PO&custom_fields[0][value]=4711"
    );
    let paid = super::made(&cloud, &customer, 10_000, &form);
    advance(&cloud, "1h").await;
    let advice = advised(&cloud, &[&paid], 11_900, "RF18").await;
    approved(&cloud, &advice, 11_900).await;
    assert_eq!(invoice(&cloud, &paid)["status"], "paid");
    advance(&cloud, "40d").await;

    let (status, answer) = take_back(&cloud, &advice, "The account was closed.").await;

    assert_eq!((status, answer["status"].as_str()), (200, Some("returned")), "{answer}");
    let part = &answer["receipt"]["parts"][0];
    assert_eq!((&part["state"], &part["amount"]), (&json!("returned"), &eur(11_900)), "{answer}");
    let replacement = part["replaced_by"].as_str().expect("a replacement").to_owned();
    let old = invoice(&cloud, &paid);
    assert_eq!((&old["status"], &old["amount_remaining"]), (&json!("paid"), &json!(0)));
    assert_eq!(old["metadata"]["tollgate_replaced_by"], json!(replacement));
    let note = &notes(&cloud, &paid)[0];
    assert_eq!((&note["amount"], &note["out_of_band_amount"]), (&json!(11_900), &json!(11_900)));
    let new = invoice(&cloud, &replacement);
    assert_eq!(new["metadata"]["tollgate_replaces"], json!(paid), "{new}");
    assert_eq!((&new["status"], &new["total"]), (&json!("open"), &json!(11_900)), "{new}");
    assert_eq!(new["custom_fields"], old["custom_fields"]);
    let line = |invoice: &Value, name: &str| invoice["lines"]["data"][0][name].clone();
    for name in ["amount", "description", "period"] {
        assert_eq!(line(&new, name), line(&old, name), "{name}");
    }
    assert_eq!(line(&new, "taxes")[0]["amount"], 1_900);

    assert_eq!(state(&cloud, "acme").await, "active", "three days at least");
    advance(&cloud, "4d").await;
    assert_eq!(state(&cloud, "acme").await, "past_due");
    advance(&cloud, "14d").await;
    assert_eq!(state(&cloud, "acme").await, "disabled");
    let again = advised(&cloud, &[&replacement], 11_900, "RF19").await;
    approved(&cloud, &again, 11_900).await;
    assert_eq!(state(&cloud, "acme").await, "active");
    advance(&cloud, "1d").await;
    for kind in ["payment_advice.returned", "invoice.replaced", "account.disabled"] {
        assert_eq!(count(&cloud, kind).await, 1, "{kind}");
    }
    assert_eq!(status_of(&cloud, &advice).await, "returned");
    let subject = "your bank took a transfer back";
    let mails = cloud.outbox().mails();
    let told = mails.iter().filter(|mail| mail.subject.contains(subject));
    let subjects: Vec<&str> = mails.iter().map(|mail| mail.subject.as_str()).collect();
    assert_eq!(told.count(), 1, "{subjects:?}");
}

/// Goal: what other transfers had paid of the invoice waits for the one in its place; what was
/// prepaid of the money goes out of the balance.
#[tokio::test]
async fn only_the_money_that_went_back_is_missing() {
    let (cloud, customer) = shop().await;
    let owed = sent(&cloud, &customer, (700, 1));
    advance(&cloud, "1h").await;
    let first = advised(&cloud, &[&owed], 300, "one").await;
    approved(&cloud, &first, 300).await;
    let second = advised(&cloud, &[&owed], 450, "two").await;
    approved(&cloud, &second, 450).await;
    assert_eq!(prepaid_balance(&cloud).await, eur(50));

    let (status, answer) = take_back(&cloud, &second, "Insufficient funds.").await;

    assert_eq!(status, 200, "{answer}");
    assert_eq!(prepaid_balance(&cloud).await, eur(0));
    let at_stripe = at_stripe(&cloud, &format!("/v1/customers/{customer}"), "GET");
    assert_eq!(at_stripe["balance"], 0);
    let replacement = answer["receipt"]["parts"][0]["replaced_by"].as_str().unwrap().to_owned();
    assert_eq!(invoice(&cloud, &replacement)["amount_remaining"], 700);
    let third = advised(&cloud, &[&replacement], 400, "three").await;
    let answer = approved(&cloud, &third, 400).await;
    assert_eq!(answer["status"], "approved", "the first transfer waited: {answer}");
    assert_eq!(invoice(&cloud, &replacement)["status"], "paid");
    assert_eq!(prepaid_balance(&cloud).await, eur(0));
}

/// Goal: only money that came can go back, once; the same request again is answered as it is.
#[tokio::test]
async fn only_what_came_goes_back_and_once() {
    let (cloud, customer) = shop().await;
    let owed = sent(&cloud, &customer, (700, 1));
    advance(&cloud, "1h").await;
    let advice = advised(&cloud, &[&owed], 700, "one").await;
    let (status, refused) = take_back(&cloud, &advice, "Closed.").await;
    assert_eq!((status, refused["code"].as_str()), (409, Some("advice_not_approved")));
    approved(&cloud, &advice, 700).await;
    let (status, refused) = take_back(&cloud, &advice, " ").await;
    assert_eq!((status, refused["fields"][0]["field"].as_str()), (422, Some("reason")));
    let (status, _) = take_back(&cloud, "acme.no", "Closed.").await;
    assert_eq!(status, 404);

    let (_, taken) = take_back(&cloud, &advice, "Closed.").await;
    let (status, again) = take_back(&cloud, &advice, "Closed.").await;
    assert_eq!((status, &again), (200, &taken));
    let (status, refused) = take_back(&cloud, &advice, "Another reason.").await;
    assert_eq!((status, refused["code"].as_str()), (409, Some("advice_decided")), "{refused}");
    assert_eq!(invoices(&cloud, (&customer, "open")).len(), 1);
    let page = get(&cloud, "/v1/accounts/acme/payment-advice").await;
    assert_eq!(page["data"][0]["decision"]["note"], "Closed.", "{page}");
}

/// An account whose transfer paid two invoices, and is prepaid for a part.
async fn before() -> (Running, String, Vec<String>) {
    let (cloud, customer) = shop().await;
    let one = sent(&cloud, &customer, (300, 1));
    let two = sent(&cloud, &customer, (400, 1));
    advance(&cloud, "1h").await;
    let advice = advised(&cloud, &[&one, &two], 750, "both").await;
    approved(&cloud, &advice, 750).await;
    advance(&cloud, "2d").await;
    (cloud, advice, vec![customer, one, two])
}

/// The request, with an Idempotency-Key.
async fn send(cloud: &Running, advice: &str) -> (u16, Value) {
    let request = Request::post(format!("/v1/staff/payment-advice/{advice}/returned"))
        .header("authorization", format!("Bearer {}", cloud.staff_key()))
        .header("content-type", "application/json")
        .header("idempotency-key", "crash")
        .body(Bytes::from(json!({ "reason": "Closed." }).to_string()))
        .unwrap();
    let response = Box::pin(cloud.send(request)).await;
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or(Value::Null))
}

async fn check(cloud: &Running, (advice, ids): (&str, &[String]), at: &str) {
    assert_eq!(status_of(cloud, advice).await, "returned", "{at}");
    for id in &ids[1..] {
        assert_eq!(invoice(cloud, id)["status"], "paid", "{at}");
        assert_eq!(notes(cloud, id).len(), 1, "{at}: one note");
    }
    let open = invoices(cloud, (&ids[0], "open"));
    let mut owed: Vec<i64> = open.iter().map(|it| it["total"].as_i64().unwrap()).collect();
    owed.sort_unstable();
    assert_eq!(owed, [300, 400], "{at}: one replacement each");
    assert!(invoices(cloud, (&ids[0], "draft")).is_empty(), "{at}");
    assert_eq!(prepaid_balance(cloud).await, eur(0), "{at}");
    let customer = at_stripe(cloud, &format!("/v1/customers/{}", ids[0]), "GET");
    assert_eq!(customer["balance"], 0, "{at}");
    assert_eq!(count(cloud, "payment_advice.returned").await, 1, "{at}");
    assert_eq!(count(cloud, "invoice.replaced").await, 2, "{at}");
}

/// Kills the function, or loses an answer, at every second call; then staff send the request again.
async fn survives(fault: Fault, first: u32) {
    for call in (first..).step_by(2) {
        let (cloud, advice, ids) = before().await;
        cloud.gate().script(Script::at("Transfers", call, fault));
        let (status, answer) = send(&cloud, &advice).await;
        if cloud.gate().scripts_left() > 0 {
            assert!(call > 30 && status == 200, "only {call} calls? {answer}");
            check(&cloud, (&advice, &ids), "without a fault").await;
            return;
        }
        let at = format!("{fault:?} at call {call}: {status} {answer}");
        assert!(!(300..500).contains(&status), "{at}");

        let mut status = status;
        for _ in 0..4 {
            if status == 200 {
                break;
            }
            advance(&cloud, "3m").await;
            (status, _) = send(&cloud, &advice).await;
        }

        assert_eq!(status, 200, "{at}: it comes to no end");
        cloud.clock().run_due().await;
        check(&cloud, (&advice, &ids), &at).await;
    }
}

#[tokio::test]
async fn a_killed_return_is_done_once() {
    survives(Fault::KillAfter, 1).await;
}

#[tokio::test]
async fn a_lost_answer_of_a_return_does_nothing_twice() {
    survives(Fault::TimeoutAfter, 2).await;
}
