//! Billing details: changed here or at Stripe, the same in both places, and on the next invoice
//! (A1, A2, F4).

use http::Method;
use local::Running;
use local::gate::{Fault, Script};
use serde_json::{Value, json};

use crate::world::{cloud, get, kinds, vendor};

async fn open(cloud: &Running) -> String {
    let body =
        json!({ "id": "acme", "name": "Acme", "email": "billing@acme.example", "country": "DE" });
    let (status, account) = vendor(cloud, Method::POST, "/v1/accounts", &body).await;
    assert_eq!(status, 201, "{account}");
    account["stripe_customer_id"].as_str().unwrap().to_owned()
}

async fn patch(cloud: &Running, body: &Value) -> (u16, Value) {
    vendor(cloud, Method::PATCH, "/v1/accounts/acme/billing-details", body).await
}

async fn details(cloud: &Running) -> Value {
    get(cloud, "/v1/accounts/acme").await["billing_details"].clone()
}

fn stripe(cloud: &Running, method: Method, path: &str, form: &str) -> Value {
    let (status, answer) = cloud.stripe().call(method, path, form);
    assert_eq!(status, 200, "{path} {form}: {answer}");
    answer
}

fn whole() -> Value {
    json!({
        "company": "Acme GmbH",
        "address": { "line1": "Domstr. 1", "postal_code": "50668", "city": "Köln" },
        "tax_ids": [{ "type": "eu_vat", "value": "de 123 456 789" }],
        "purchase_order": "PO-7",
    })
}

/// Goal: what is given is at Stripe and on the next invoice, and shown at once; what is not named
/// stays; null clears; to send it again changes nothing; what the authority answers is shown.
#[tokio::test]
async fn details_are_at_stripe_and_on_the_next_invoice() {
    let cloud = cloud().await;
    let customer = open(&cloud).await;
    stripe(
        &cloud,
        Method::POST,
        &format!("/v1/customers/{customer}"),
        "invoice_settings[custom_fields][0][name]=Cost+centre&invoice_settings[custom_fields][0][value]=9",
    );
    for _ in 0..2 {
        let (status, answer) = patch(&cloud, &whole()).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer, details(&cloud).await);
        assert_eq!(answer["company"], "Acme GmbH");
        assert_eq!(answer["address"]["country"], "DE", "it was not named");
        let tax_id =
            json!([{ "type": "eu_vat", "value": "DE123456789", "verification": "pending" }]);
        assert_eq!((&answer["tax_ids"], &answer["purchase_order"]), (&tax_id, &json!("PO-7")));
    }
    let before = kinds(&cloud, "acme").await;
    cloud.clock().run_due().await;
    assert_eq!(kinds(&cloud, "acme").await, before, "our own changes, told back, are no news");

    let form =
        format!("customer={customer}&collection_method=send_invoice&days_until_due=9&currency=eur");
    let invoice = stripe(&cloud, Method::POST, "/v1/invoices", &form);
    let path = format!("/v1/invoices/{}/finalize", invoice["id"].as_str().unwrap());
    let invoice = stripe(&cloud, Method::POST, &path, "");
    assert_eq!(invoice["customer_name"], "Acme GmbH");
    assert_eq!(invoice["customer_tax_ids"][0]["value"], "DE123456789");
    let fields = json!([{ "name": "Cost centre", "value": "9" }, { "name": "Purchase order", "value": "PO-7" }]);
    assert_eq!(invoice["custom_fields"], fields);

    cloud.clock().advance("1m").await.unwrap();
    assert_eq!(details(&cloud).await["tax_ids"][0]["verification"], "verified");
    let clear = json!({ "address": { "line1": null }, "tax_ids": null, "purchase_order": null });
    let (status, answer) = patch(&cloud, &clear).await;
    assert_eq!((status, &answer["tax_ids"]), (200, &json!([])), "{answer}");
    assert_eq!(
        (&answer["address"]["line1"], &answer["address"]["city"]),
        (&Value::Null, &json!("Köln"))
    );
    assert_eq!(answer["purchase_order"], Value::Null);
    let known = stripe(&cloud, Method::GET, &format!("/v1/customers/{customer}"), "");
    assert_eq!(known["invoice_settings"]["custom_fields"], json!([fields[0]]), "others' stay");
}

/// Goal: what is changed at Stripe shows here too, and a linked customer's tax ids from the first
/// answer on.
#[tokio::test]
async fn changes_at_stripe_show_here() {
    let cloud = cloud().await;
    let customer = open(&cloud).await;
    let path = format!("/v1/customers/{customer}/tax_ids");
    let made = stripe(&cloud, Method::POST, &path, "type=gb_vat&value=GB123456789");
    cloud.clock().run_due().await;
    assert_eq!(details(&cloud).await["tax_ids"][0]["value"], "GB123456789");
    stripe(&cloud, Method::DELETE, &format!("{path}/{}", made["id"].as_str().unwrap()), "");
    cloud.clock().run_due().await;
    assert_eq!(details(&cloud).await["tax_ids"], json!([]));

    let old = stripe(
        &cloud,
        Method::POST,
        "/v1/customers",
        "name=Old&email=old@acme.example&tax_id_data[0][type]=us_ein&tax_id_data[0][value]=12-3456789",
    );
    let body = json!({ "id": "old", "name": "Old", "email": "old@acme.example", "stripe_customer_id": old["id"] });
    let (status, account) = vendor(&cloud, Method::POST, "/v1/accounts", &body).await;
    assert_eq!(
        (status, &account["billing_details"]["tax_ids"][0]["value"]),
        (201, &json!("12-3456789"))
    );
}

/// Goal: every wrong field is named, with the right form of a tax id; what only Stripe refuses is
/// named too, and then nothing of the request has changed.
#[tokio::test]
async fn every_wrong_field_is_named_and_nothing_is_half_done() {
    let cloud = cloud().await;
    open(&cloud).await;
    let wrong = json!({
        "email": null,
        "address": { "country": "Germany" },
        "tax_ids": [{ "type": "eu_vat", "value": "DE12" }, { "type": "vat", "value": "1" }],
        "purchase_order": "x".repeat(141),
    });
    let (status, answer) = patch(&cloud, &wrong).await;
    let fields: Vec<&str> = answer["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["field"].as_str().unwrap())
        .collect();
    let expected =
        ["email", "address.country", "tax_ids[0].value", "tax_ids[1].type", "purchase_order"];
    assert_eq!((status, fields), (422, expected.to_vec()), "{answer}");
    assert!(
        answer["fields"][2]["detail"].as_str().unwrap().contains("`DE` and 9 digits"),
        "{answer}"
    );

    let before = details(&cloud).await;
    // A form that we do not know, and Stripe does.
    let refused = json!({
        "company": "Other",
        "tax_ids": [{ "type": "eu_vat", "value": "DE123456789" }, { "type": "za_vat", "value": "1" }],
    });
    let (status, answer) = patch(&cloud, &refused).await;
    assert_eq!(
        (status, &answer["fields"][0]["field"]),
        (422, &json!("tax_ids[1].value")),
        "{answer}"
    );
    cloud.clock().advance("1m").await.unwrap();
    assert_eq!(details(&cloud).await, before);
}

/// Goal: killed at any call and sent again, the outcome is one and the same, and nothing is there
/// twice.
#[tokio::test]
async fn a_fault_at_any_call_is_mended_by_the_next_request() {
    for call in 1.. {
        let cloud = cloud().await;
        let customer = open(&cloud).await;
        let path = format!("/v1/customers/{customer}/tax_ids");
        stripe(&cloud, Method::POST, &path, "type=gb_vat&value=GB123456789");
        cloud.clock().run_due().await;
        cloud.gate().script(Script::at("Accounts", call, Fault::KillAfter));
        let (first, _) = patch(&cloud, &whole()).await;
        let is_over = cloud.gate().scripts_left() > 0;
        assert!(is_over == (first == 200), "call {call}: {first}");
        // The lease of what was killed expires.
        cloud.clock().advance("3m").await.unwrap();
        assert_eq!(patch(&cloud, &whole()).await.0, 200, "call {call}");
        let answer = details(&cloud).await;
        assert_eq!(answer["tax_ids"].as_array().unwrap().len(), 1, "call {call}: {answer}");
        assert_eq!(answer["company"], "Acme GmbH");
        let at_stripe = stripe(&cloud, Method::GET, &path, "");
        assert_eq!(at_stripe["data"].as_array().unwrap().len(), 1, "call {call}: {at_stripe}");
        if is_over {
            assert!(call > 8, "only {call} calls?");
            break;
        }
    }
}
