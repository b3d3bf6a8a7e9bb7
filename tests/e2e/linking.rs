//! Linking a customer that was at Stripe before us (money rule 30): what it has there is known at
//! once, as if its events had come, and whatever breaks on the way is mended by sending the request
//! again.

use bytes::Bytes;
use http::{Method, Request};
use local::Running;
use local::gate::{Fault, Faults, Limits, Mode, Script};
use serde_json::{Value, json};

use crate::opening::asked;
use crate::world::{access, cloud, get, kinds, post_with_key, put_customer, state, vendor};

fn linked(customer: &str) -> Value {
    json!({
        "id": "acme",
        "name": "Acme",
        "email": "somebody@acme.example",
        "stripe_customer_id": customer,
    })
}

async fn link(cloud: &Running, body: &Value) -> (u16, Value) {
    vendor(cloud, Method::POST, "/v1/accounts", body).await
}

/// A call of somebody at Stripe that must succeed.
fn stripe(cloud: &Running, path: &str, form: &str) -> Value {
    let (status, answer) = cloud.stripe().call(Method::POST, path, form);
    assert_eq!(status, 200, "POST {path} {form}: {answer}");
    answer
}

/// An invoice that was sent and is due in so many days; its id.
fn sent_invoice(cloud: &Running, customer: &str, cents: i64, days: i64) -> String {
    let form = format!(
        "customer={customer}&collection_method=send_invoice&days_until_due={days}&currency=eur"
    );
    let invoice = stripe(cloud, "/v1/invoices", &form);
    let id = invoice["id"].as_str().unwrap().to_owned();
    let item = format!("customer={customer}&invoice={id}&amount={cents}&currency=eur");
    stripe(cloud, "/v1/invoiceitems", &item);
    stripe(cloud, &format!("/v1/invoices/{id}/finalize"), "");
    id
}

/// Goal: a linked customer's overdue invoices count from the first answer on, with the whole grace
/// from the link on; its details are Stripe's, and paying what is owed reactivates it.
#[tokio::test]
async fn what_is_owed_counts_at_once() {
    let cloud = cloud().await;
    put_customer(&cloud, "cus_old");
    let overdue = sent_invoice(&cloud, "cus_old", 12_000, 10);
    let given_up = sent_invoice(&cloud, "cus_old", 500, 10);
    stripe(&cloud, &format!("/v1/invoices/{given_up}/mark_uncollectible"), "");
    let paid = sent_invoice(&cloud, "cus_old", 77, 10);
    stripe(&cloud, &format!("/v1/invoices/{paid}/pay"), "paid_out_of_band=true");
    cloud.clock().advance("45d").await.unwrap();
    let open = sent_invoice(&cloud, "cus_old", 3_000, 30);

    let (status, account) = link(&cloud, &linked("cus_old")).await;

    assert_eq!(status, 201, "{account}");
    assert_eq!(account["state"], "past_due", "due 35 days ago");
    assert_eq!(account["disables_on"], "2027-01-20T09:00:00Z", "14 days from the link");
    assert_eq!(account["outstanding"], json!({ "amount": 15_500, "currency": "eur" }));
    assert_eq!(account["stripe_customer_id"], "cus_old");
    assert_eq!(account["billing_details"]["email"], "billing@acme.example");
    assert_eq!(access(&cloud, "acme").await, "full");
    let kinds = kinds(&cloud, "acme").await;
    let told = kinds.iter().filter(|kind| kind.starts_with("invoice.")).count();
    assert_eq!(told, 3, "what is paid is no business of ours: {kinds:?}");

    // What Stripe had told before is told again: nothing new.
    let before = get(&cloud, "/v1/accounts/acme").await;
    cloud.clock().run_due().await;
    assert_eq!(get(&cloud, "/v1/accounts/acme").await, before);
    cloud.clock().advance("14d").await.unwrap();
    assert_eq!(access(&cloud, "acme").await, "none");
    for id in [&overdue, &given_up] {
        stripe(&cloud, &format!("/v1/invoices/{id}/pay"), "paid_out_of_band=true");
    }
    cloud.clock().run_due().await;
    assert_eq!(state(&cloud, "acme").await, "active");
    let account = get(&cloud, "/v1/accounts/acme").await;
    assert_eq!(account["outstanding"]["amount"], 3_000, "{open}");
}

/// A card as the customer's default, by Stripe's name of a test card.
fn card(cloud: &Running, customer: &str, name: &str) {
    let form = format!("customer={customer}");
    let card = stripe(cloud, &format!("/v1/payment_methods/{name}/attach"), &form);
    let id = card["id"].as_str().unwrap();
    let default = format!("invoice_settings[default_payment_method]={id}");
    stripe(cloud, &format!("/v1/customers/{customer}"), &default);
}

/// A monthly subscription to three seats of the plan `team`; its id.
fn subscribe(cloud: &Running, customer: &str) -> String {
    let product = stripe(cloud, "/v1/products", "name=Team");
    let price = format!(
        "product={}&currency=eur&unit_amount=1900&recurring[interval]=month",
        product["id"].as_str().unwrap()
    );
    let price = stripe(cloud, "/v1/prices", &price);
    let form = format!(
        "customer={customer}&items[0][price]={}&items[0][quantity]=3&metadata[plan]=team",
        price["id"].as_str().unwrap()
    );
    let subscription = stripe(cloud, "/v1/subscriptions", &form);
    subscription["id"].as_str().unwrap().to_owned()
}

/// Goal: a running subscription is the account's plan at once; a renewal that could not be
/// collected is overdue from the moment it is read, so that the grace period begins then; an ended
/// subscription is no plan.
#[tokio::test]
async fn a_subscription_and_its_failed_renewal_count_at_once() {
    let cloud = cloud().await;
    put_customer(&cloud, "cus_old");
    card(&cloud, "cus_old", "pm_card_visa");
    let ended = subscribe(&cloud, "cus_old");
    cloud.stripe().call(Method::DELETE, &format!("/v1/subscriptions/{ended}"), "");
    subscribe(&cloud, "cus_old");
    card(&cloud, "cus_old", "pm_card_chargeCustomerFail");
    cloud.clock().advance("1mo").await.unwrap();
    cloud.clock().advance("3d").await.unwrap();

    let (status, account) = link(&cloud, &linked("cus_old")).await;

    assert_eq!(status, 201, "{account}");
    assert_eq!((&account["plan"], &account["seats"]), (&json!("team"), &json!(3)));
    assert_eq!(account["subscription_period"]["start"], "2026-12-22T09:00:00Z");
    assert_eq!(account["state"], "past_due", "{account}");
    assert_eq!(account["outstanding"]["amount"], 5_700);
    assert_eq!(account["disables_on"], "2027-01-08T09:00:00Z", "14 days from the link");
    card(&cloud, "cus_old", "pm_card_visa");
    cloud.clock().advance("14d").await.unwrap();
    assert_eq!(state(&cloud, "acme").await, "active", "Stripe's next attempt went through");
}

/// Goal: credit notes that lowered an unpaid invoice before the link are known one by one: what
/// remains is right at once, and voiding one afterwards raises it again.
#[tokio::test]
async fn credit_notes_of_unpaid_invoices_count_at_once() {
    let cloud = cloud().await;
    put_customer(&cloud, "cus_old");
    let invoice = sent_invoice(&cloud, "cus_old", 12_000, 10);
    let note = |cents: i64| {
        let form = format!("invoice={invoice}&amount={cents}");
        stripe(&cloud, "/v1/credit_notes", &form)["id"].as_str().unwrap().to_owned()
    };
    let (lived, voided, late) = (note(1_000), note(300), note(2_000));
    stripe(&cloud, &format!("/v1/credit_notes/{voided}/void"), "");
    cloud.clock().run_due().await;

    let (status, account) = link(&cloud, &linked("cus_old")).await;

    assert_eq!(status, 201, "{account}");
    assert_eq!(account["outstanding"]["amount"], 9_000, "{lived}");
    stripe(&cloud, &format!("/v1/credit_notes/{late}/void"), "");
    cloud.clock().run_due().await;
    assert_eq!(get(&cloud, "/v1/accounts/acme").await["outstanding"]["amount"], 11_000);
    stripe(&cloud, "/v1/credit_notes", &format!("invoice={invoice}&amount=11000"));
    cloud.clock().run_due().await;
    assert_eq!(get(&cloud, "/v1/accounts/acme").await["outstanding"]["amount"], 0);
}

/// Goal: a customer with more unpaid invoices that have credit notes than one request has time to
/// read is linked by a few requests: each goes on from what the one before applied (XE6).
#[tokio::test]
async fn many_credit_notes_are_read_by_a_few_requests() {
    let cloud = cloud().await;
    put_customer(&cloud, "cus_old");
    for _ in 0..150 {
        let invoice = sent_invoice(&cloud, "cus_old", 1_000, 10);
        stripe(&cloud, "/v1/credit_notes", &format!("invoice={invoice}&amount=100"));
    }
    cloud.clock().run_due().await;
    cloud.limit(Limits { latency: true, ..Limits::default() }, None, 1);

    let mut refused = 0;
    while link(&cloud, &linked("cus_old")).await.0 != 201 {
        refused += 1;
        assert!(refused < 12, "each request goes on");
    }

    assert!(refused > 0, "no single request has the time");
    cloud.limit(Limits::default(), None, 1);
    let account = get(&cloud, "/v1/accounts/acme").await;
    assert_eq!(account["outstanding"]["amount"], 150 * 900);
}

/// Goal: a fault at any call, and the same request again: the books are those of a link without
/// faults, and each fact is in the journal once.
#[tokio::test]
async fn a_fault_at_any_call_of_a_link_is_mended_by_the_next_request() {
    for fault in [Fault::Throttle, Fault::TimeoutAfter, Fault::KillAfter] {
        for call in 1.. {
            let cloud = cloud().await;
            put_customer(&cloud, "cus_old");
            sent_invoice(&cloud, "cus_old", 12_000, 10);
            sent_invoice(&cloud, "cus_old", 3_000, 60);
            // What Stripe has told by now was not for us yet.
            cloud.clock().run_due().await;
            cloud.gate().script(Script::at("Accounts", call, fault));
            let (status, answer) = link(&cloud, &linked("cus_old")).await;
            if cloud.gate().scripts_left() > 0 {
                assert_eq!(status, 201, "{answer}");
                assert!(call > 12, "only {call} calls?");
                break;
            }
            let at = format!("{fault:?} at call {call}: {status} {answer}");
            assert!(status == 201 || status >= 500, "{at}");
            let (status, answer) = link(&cloud, &linked("cus_old")).await;
            assert!(status == 201 || answer["code"] == "account_exists", "{at}: {answer}");

            let account = get(&cloud, "/v1/accounts/acme").await;
            assert_eq!(account["outstanding"]["amount"], 15_000, "{at}");
            let kinds = kinds(&cloud, "acme").await;
            assert_eq!(
                kinds,
                ["account.created", "invoice.finalized", "invoice.finalized"],
                "{at}"
            );
        }
    }
}

/// Goal: a customer that Stripe does not know, or knows as deleted, is a wrong field, and nothing
/// is left of the request; a customer is linked once.
#[tokio::test]
async fn a_customer_must_exist_and_be_nobody_elses() {
    let cloud = cloud().await;
    put_customer(&cloud, "cus_gone");
    cloud.stripe().call(Method::DELETE, "/v1/customers/cus_gone", "");
    for unknown in ["cus_unknown", "cus_gone", "../charges", "cus_1?expand[]=x"] {
        let (status, answer) = link(&cloud, &linked(unknown)).await;
        assert_eq!((status, &answer["code"]), (422, &json!("invalid_input")), "{answer}");
        assert_eq!(answer["fields"][0]["field"], "stripe_customer_id", "{unknown}");
        assert_eq!(vendor(&cloud, Method::GET, "/v1/accounts/acme", &Value::Null).await.0, 404);
    }
    put_customer(&cloud, "cus_old");
    assert_eq!(link(&cloud, &linked("cus_old")).await.0, 201);
    let mut other = linked("cus_old");
    other["id"] = json!("other");
    cloud.gate().forget_calls();
    let (status, answer) = link(&cloud, &other).await;
    assert_eq!((status, &answer["code"]), (409, &json!("customer_already_linked")), "{answer}");
    assert_eq!(asked(&cloud), Vec::<String>::new(), "Stripe was asked for what we know");
}

/// Goal: whoever goes on with a link under another Idempotency-Key is answered the same under that
/// key too; twins at once, in any order of their calls, make the same books as one request.
#[tokio::test]
async fn a_link_has_one_outcome_under_every_key() {
    for seed in 0..4 {
        let cloud = cloud().await;
        put_customer(&cloud, "cus_old");
        sent_invoice(&cloud, "cus_old", 12_000, 10);
        cloud.clock().run_due().await;
        cloud.gate().script(Script::at("Accounts", 7, Fault::KillBefore));
        let body = linked("cus_old");
        assert_eq!(post_with_key(&cloud, "/v1/accounts", "k1", &body).await.0, 500);
        let request = || {
            Request::post("/v1/accounts")
                .header("authorization", format!("Bearer {}", cloud.vendor_key()))
                .header("content-type", "application/json")
                .header("idempotency-key", "k2")
                .body(Bytes::from(body.to_string()))
                .unwrap()
        };
        cloud.gate().set_mode(Mode::Stepped(Faults::default()), seed);
        let answers = Box::pin(cloud.send_together((0..6).map(|_| request()).collect())).await;
        cloud.gate().set_mode(Mode::Free(Faults::default()), seed);
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status().as_u16()).collect();
        assert!(statuses.iter().all(|status| [201, 503].contains(status)), "{statuses:?}");
        assert!(statuses.contains(&201), "seed {seed}: {statuses:?}");

        let (status, first) = post_with_key(&cloud, "/v1/accounts", "k1", &body).await;
        assert_eq!((status, &first["outstanding"]["amount"]), (201, &json!(12_000)));
        assert_eq!(post_with_key(&cloud, "/v1/accounts", "k2", &body).await, (201, first));
        assert_eq!(kinds(&cloud, "acme").await, ["account.created", "invoice.finalized"]);
    }
}

/// Goal: more invoices than a standing lists are owed, and counted, from the first answer on.
#[tokio::test]
async fn more_invoices_than_are_listed_count_at_once() {
    let cloud = cloud().await;
    put_customer(&cloud, "cus_old");
    let invoices = billing::account::OPEN_INVOICES_MAX + 3;
    for _ in 0..invoices {
        sent_invoice(&cloud, "cus_old", 100, 30);
    }
    let (status, account) = link(&cloud, &linked("cus_old")).await;
    assert_eq!(status, 201, "{account}");
    assert_eq!(account["outstanding"]["amount"], json!(100 * invoices));
}
