//! Fixed tax rates of the catalog (C1): on subscriptions, usage and credits, shown beforehand to
//! the cent.
//!
//! 19 % VAT, worked out for each line and rounded there, half away from zero, as Stripe does it
//! (docs.stripe.com/billing/taxes/tax-rates).

use billing::time::Timestamp;
use http::Method;
use local::Running;
use serde_json::{Value, json};

use crate::world::{cloud_with_vat, get, open_account, post_with_key, vendor};

const ACCOUNT: &str = "/v1/accounts/acme";

fn stripe(cloud: &Running, method: Method, path: &str, form: &str) -> Value {
    let (status, answer) = cloud.stripe().call(method, path, form);
    assert_eq!(status, 200, "{path} {form}: {answer}");
    answer
}

async fn call(cloud: &Running, method: Method, path: &str, body: &Value, status: u16) -> Value {
    let (answered, answer) = vendor(cloud, method, &format!("{ACCOUNT}{path}"), body).await;
    assert_eq!(answered, status, "{path} {body}: {answer}");
    cloud.clock().run_due().await;
    answer
}

async fn until(cloud: &Running, at: &str) {
    cloud.clock().advance_to(Timestamp::parse(at).unwrap()).await;
}

/// Pays a page with a card.
async fn pay(cloud: &Running, url: &Value, payment_method: &str) {
    let session = url.as_str().expect("a page").rsplit('/').next().unwrap();
    let session = session.split(['?', '#']).next().unwrap();
    let path = format!("/v1/payment_pages/{session}/confirm");
    stripe(cloud, Method::POST, &path, &format!("payment_method={payment_method}"));
    cloud.clock().run_due().await;
}

/// Totals of what Stripe was paid, the oldest first.
fn paid(cloud: &Running) -> Vec<i64> {
    let all = stripe(cloud, Method::GET, "/v1/invoices?customer=cus_acme&limit=100", "");
    let invoices = all["data"].as_array().unwrap().iter().rev();
    let total = |it: &Value| {
        assert_eq!(it["status"], "paid", "{it}");
        it["total"].as_i64().unwrap()
    };
    invoices.map(total).collect()
}

/// The upcoming invoice: its tax lines, its total, and whether it says that tax is in it.
async fn upcoming(cloud: &Running) -> (Vec<(String, i64)>, i64, bool) {
    let upcoming = get(cloud, &format!("{ACCOUNT}/invoices/upcoming")).await;
    let amount = |value: &Value| value["amount"].as_i64().unwrap();
    let lines = upcoming["lines"].as_array().unwrap();
    let all: i64 = lines.iter().map(|line| amount(&line["amount"])).sum();
    assert_eq!(all, amount(&upcoming["total"]), "{upcoming}");
    let text = |line: &Value| line["description"].as_str().unwrap().to_owned();
    let lines = lines.iter().map(|line| (text(line), amount(&line["amount"])));
    let taxes = lines.filter(|(text, _)| text.ends_with('%'));
    (taxes.collect(), all, upcoming["tax_included"].as_bool().unwrap())
}

fn vat(amount: i64) -> Vec<(String, i64)> {
    vec![("VAT 19 %".to_owned(), amount)]
}

/// Half a month of Team with five seats: 24.50 and 22.50 with 4.66 and 4.28 (4.655 and 4.275).
/// Three seats more for a third of it: 9.00 with 1.71. Then 49.00 and 72.00 with 9.31 and 13.68,
/// and 80,000 sessions beyond what is included: 40.00 with 7.60. Goal: each is previewed with its
/// tax, charged so, and the upcoming invoice is what is invoiced then.
#[tokio::test]
async fn plans_seats_and_usage_are_taxed_as_shown() {
    let cloud = cloud_with_vat("2026-11-16T00:00:00Z").await;
    open_account(&cloud, "acme").await;
    let team = |seats: u64| json!({ "plan": "team", "interval": "month", "seats": seats });
    let preview = call(&cloud, Method::POST, "/subscription/preview", &team(5), 200).await;
    assert_eq!(preview["due_now"]["amount"], 4_700 + 466 + 428, "{preview}");
    let page = call(&cloud, Method::PUT, "/subscription", &team(5), 202).await;
    pay(&cloud, &page["checkout_url"], "pm_card_visa").await;
    assert_eq!(paid(&cloud), [5_594]);
    until(&cloud, "2026-11-21T00:00:00Z").await;
    let preview = call(&cloud, Method::POST, "/subscription/preview", &team(8), 200).await;
    assert_eq!(preview["due_now"]["amount"], 900 + 171, "{preview}");
    call(&cloud, Method::PUT, "/subscription", &team(8), 200).await;
    assert_eq!(paid(&cloud), [5_594, 1_071]);
    let used = json!({ "account": "acme", "resource": "sessions", "quantity": 180_000 });
    let batch = json!({ "batch_id": "b1", "events": [used] });
    assert_eq!(vendor(&cloud, Method::POST, "/v1/usage", &batch).await.0, 202);
    assert_eq!(upcoming(&cloud).await, (vat(931 + 1_368 + 760), 16_100 + 3_059, true));
    until(&cloud, "2026-12-04T00:00:00Z").await;
    assert_eq!(paid(&cloud), [5_594, 1_071, 12_100 + 2_299, 4_000 + 760]);
}

/// Goal: who is marked at Stripe as one that settles the tax itself is shown none, and charged
/// none.
#[tokio::test]
async fn who_is_exempt_pays_no_tax() {
    let cloud = cloud_with_vat("2026-11-01T00:00:00Z").await;
    open_account(&cloud, "acme").await;
    let team = json!({ "plan": "team", "interval": "month", "seats": 1 });
    let page = call(&cloud, Method::PUT, "/subscription", &team, 202).await;
    pay(&cloud, &page["checkout_url"], "pm_card_visa").await;
    assert_eq!(upcoming(&cloud).await, (vat(931 + 171), 5_800 + 1_102, true));
    stripe(&cloud, Method::POST, "/v1/customers/cus_acme", "tax_exempt=reverse");
    cloud.clock().run_due().await;
    assert_eq!(upcoming(&cloud).await, (Vec::new(), 5_800, true));
    until(&cloud, "2026-12-04T00:00:00Z").await;
    assert_eq!(paid(&cloud), [5_800 + 1_102, 5_800]);
    recharge(&cloud, "starter").await;
    assert_eq!(charged(&cloud), [(500, "1000000 credits".to_owned())]);
}

/// Turns auto-recharge on, with a balance that is below the threshold.
async fn recharge(cloud: &Running, pack: &str) {
    let settings = json!({
        "enabled": true, "threshold": 100, "pack": pack,
        "spending_limit": { "amount": 500, "currency": "eur" },
    });
    call(cloud, Method::PUT, "/credits/auto-recharge", &settings, 200).await;
    cloud.clock().advance("0s").await.unwrap();
}

/// What Stripe took for credits without an invoice, and what the receipt says; the oldest first.
fn charged(cloud: &Running) -> Vec<(i64, String)> {
    let all = stripe(cloud, Method::GET, "/v1/payment_intents?customer=cus_acme&limit=100", "");
    let payments = all["data"].as_array().unwrap().iter().rev();
    let credits = payments.filter(|it| it["metadata"]["tollgate_purchase"].is_string());
    let taken = credits.filter(|it| it["amount_received"].as_i64() > Some(0));
    let text = |it: &Value| it["description"].as_str().unwrap_or_default().to_owned();
    taken.map(|it| (it["amount_received"].as_i64().unwrap(), text(it))).collect()
}

/// Goal: a pack costs its price and the tax in Checkout and by auto-recharge alike, and is granted;
/// the limit counts prices (D13), so that one of 5.00 lets one charge of 5.95 through, and no
/// second.
#[tokio::test]
async fn credits_are_taxed_in_checkout_and_by_auto_recharge() {
    let cloud = cloud_with_vat("2026-11-16T00:00:00Z").await;
    open_account(&cloud, "acme").await;
    let pack = json!({ "pack": "starter" });
    let bought = call(&cloud, Method::POST, "/credits/purchases", &pack, 201).await;
    assert_eq!(bought["price"]["amount"], 500, "{bought}");
    pay(&cloud, &bought["checkout_url"], "pm_card_visa").await;
    assert_eq!(charged(&cloud), [(595, String::new())]);
    let spent = json!({ "tokens": 1_000_950 });
    let path = format!("{ACCOUNT}/credits/deductions");
    assert_eq!(post_with_key(&cloud, &path, "all", &spent).await.0, 201);
    recharge(&cloud, "starter").await;
    let receipt = "1000000 credits: 5.00 EUR and VAT 19 % 0.95 EUR".to_owned();
    assert_eq!(charged(&cloud), [(595, String::new()), (595, receipt)]);
    let shown = get(&cloud, &format!("{ACCOUNT}/credits")).await;
    assert_eq!(shown["balance"], 1_000_050, "{shown}");
    assert_eq!(shown["auto_recharge"]["spent_this_period"]["amount"], 500, "{shown}");
    let spent = json!({ "tokens": 1_000_000 });
    assert_eq!(post_with_key(&cloud, &path, "again", &spent).await.0, 201);
    cloud.clock().advance("0s").await.unwrap();
    assert_eq!(charged(&cloud).len(), 2, "the limit is reached");
}

/// Goal: a card that wants its holder is charged the same on the page that they are sent to.
#[tokio::test]
async fn the_page_of_a_charge_takes_the_same_tax() {
    let cloud = cloud_with_vat("2026-11-16T00:00:00Z").await;
    open_account(&cloud, "acme").await;
    let attach = "/v1/payment_methods/pm_card_authenticationRequired/attach";
    let card = stripe(&cloud, Method::POST, attach, "customer=cus_acme");
    let default =
        format!("invoice_settings[default_payment_method]={}", card["id"].as_str().unwrap());
    stripe(&cloud, Method::POST, "/v1/customers/cus_acme", &default);
    recharge(&cloud, "starter").await;
    let state = get(&cloud, &format!("{ACCOUNT}/credits")).await["auto_recharge"].clone();
    assert_eq!(state["paused_reason"], "authentication_required", "{state}");
    pay(&cloud, &state["action_url"], "pm_card_visa").await;
    assert_eq!(charged(&cloud), [(595, String::new())]);
    let shown = get(&cloud, &format!("{ACCOUNT}/credits")).await;
    assert_eq!(
        (&shown["balance"], &shown["auto_recharge"]["state"]),
        (&json!(1_000_000), &json!("idle"))
    );
}

/// Goal: nothing is sold without its tax: when Stripe does not have the rate, the sale waits for
/// whoever pushes the catalog.
#[tokio::test]
async fn nothing_is_sold_without_its_tax() {
    let cloud = cloud_with_vat("2026-11-16T00:00:00Z").await;
    open_account(&cloud, "acme").await;
    let rates = stripe(&cloud, Method::GET, "/v1/tax_rates", "");
    let rate = &rates["data"][0];
    assert_eq!(
        (&rate["display_name"], &rate["percentage"], &rate["metadata"]["tollgate_tax_rate"]),
        (&json!("VAT"), &json!(19.0), &json!("vat"))
    );
    let path = format!("/v1/tax_rates/{}", rate["id"].as_str().unwrap());
    stripe(&cloud, Method::POST, &path, "active=false");
    let team = json!({ "plan": "team", "interval": "month", "seats": 5 });
    for (method, path, body) in [
        (Method::PUT, "/subscription", &team),
        (Method::POST, "/subscription/preview", &team),
        (Method::POST, "/credits/purchases", &json!({ "pack": "starter" })),
    ] {
        let (status, answer) = vendor(&cloud, method, &format!("{ACCOUNT}{path}"), body).await;
        assert_eq!(status, 500, "{path}: {answer}");
    }
    stripe(&cloud, Method::POST, &path, "active=true");
    call(&cloud, Method::PUT, "/subscription", &team, 202).await;
    call(&cloud, Method::POST, "/credits/purchases", &json!({ "pack": "starter" }), 201).await;
}
