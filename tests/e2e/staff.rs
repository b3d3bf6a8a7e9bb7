//! What staff set: how an account pays, its plan with prices of its own, and partners (A17, B1,
//! F3).

mod dead_letters;

use http::Method;
use local::Running;
use local::gate::{Fault, Script};
use serde_json::{Value, json};
use stripe_simulator::faults::{Chances, Probability};

use crate::world::{cloud, get, kinds, open_account, vendor};

async fn put(cloud: &Running, what: &str, body: &Value) -> (u16, Value) {
    let path = format!("/v1/staff/accounts/acme/{what}");
    Box::pin(cloud.call(cloud.staff_key(), Method::PUT, &path, body)).await
}

async fn shop() -> Running {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    if stripe(&cloud, Method::GET, "/v1/products?ids[]=tollgate_plan_enterprise", "")["data"]
        == json!([])
    {
        for plan in ["team", "enterprise"] {
            let form =
                format!("id=tollgate_plan_{plan}&name={plan}&metadata[tollgate_plan]={plan}");
            stripe(&cloud, Method::POST, "/v1/products", &form);
        }
    }
    cloud
}

fn stripe(cloud: &Running, method: Method, path: &str, form: &str) -> Value {
    let (status, answer) = cloud.stripe().call(method, path, form);
    assert_eq!(status, 200, "{path} {form}: {answer}");
    answer
}

fn card(cloud: &Running, name: &str) {
    let path = format!("/v1/payment_methods/{name}/attach");
    let card = stripe(cloud, Method::POST, &path, "customer=cus_acme");
    let default =
        format!("invoice_settings[default_payment_method]={}", card["id"].as_str().unwrap());
    stripe(cloud, Method::POST, "/v1/customers/cus_acme", &default);
}

fn subscriptions(cloud: &Running) -> Vec<Value> {
    let all = stripe(cloud, Method::GET, "/v1/subscriptions?customer=cus_acme", "");
    all["data"].as_array().unwrap().clone()
}

/// The prices at Stripe that are this account's alone.
fn own_prices(cloud: &Running) -> Vec<Value> {
    let all = stripe(cloud, Method::GET, "/v1/prices?limit=100", "");
    let all = all["data"].as_array().unwrap().iter();
    all.filter(|it| it["metadata"]["tollgate_account"] == "acme").cloned().collect()
}

fn enterprise(seats: u64) -> Value {
    json!({
        "plan": "enterprise", "interval": "month", "seats": seats,
        "prices": { "amount": 100_000, "seat_amount": 1_000 },
    })
}

/// Goal: an Enterprise account by invoice: terms, negotiated prices that nobody else gets, the
/// partner mark; all of it shown, in the timeline, and the same when it is sent again.
#[tokio::test]
async fn an_enterprise_account_pays_by_invoice_at_its_own_prices() {
    let cloud = shop().await;
    let terms = json!({ "collection": "manual", "net_days": 30 });
    let plan = json!({ "partner": true });
    let mut plan_body = enterprise(12);
    plan_body["partner"] = plan["partner"].clone();
    for _ in 0..2 {
        let (status, answer) = put(&cloud, "collection", &terms).await;
        assert_eq!((status, &answer), (200, &terms), "{answer}");
        let (status, answer) = put(&cloud, "plan", &plan_body).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!((&answer["plan"], &answer["seats"]), (&json!("enterprise"), &json!(12)));
        assert_eq!(answer["prices"]["seat_amount"], json!({ "amount": 1_000, "currency": "usd" }));
    }
    let account = get(&cloud, "/v1/accounts/acme").await;
    assert_eq!(
        (&account["plan"], &account["collection"]),
        (&json!("enterprise"), &json!("manual"))
    );
    assert_eq!((&account["net_days"], &account["partner"]), (&json!(30), &json!(true)));
    let own = own_prices(&cloud);
    assert_eq!(own.len(), 2, "{own:?}");
    let is_own = |price: &&Value| {
        price["lookup_key"].as_str().is_some_and(|key| key.starts_with("negotiated_acme_"))
    };
    assert!(own.iter().all(|price| is_own(&price)), "{own:?}");
    let all = subscriptions(&cloud);
    assert_eq!((all.len(), &all[0]["collection_method"]), (1, &json!("send_invoice")));
    assert_eq!(all[0]["days_until_due"], 30);
    cloud.clock().run_due().await;
    let said = kinds(&cloud, "acme").await;
    for kind in ["collection.changed", "subscription.set_by_staff", "partner.changed"] {
        assert_eq!(said.iter().filter(|it| *it == kind).count(), 1, "{kind}: {said:?}");
    }
    let timeline = get(&cloud, "/v1/accounts/acme/timeline?limit=100").await;
    let cause = |kind: &str| {
        let all = timeline["data"].as_array().unwrap();
        all.iter().find(|it| it["kind"] == kind).unwrap()["cause"]["type"].clone()
    };
    assert_eq!(cause("collection.changed"), "staff");
}

/// Goal: more seats and other prices are in force at once with nothing charged pro rata; what was
/// negotiated stays when only seats change; another way to pay reaches the running subscription.
#[tokio::test]
async fn a_running_plan_changes_without_surprises() {
    let cloud = shop().await;
    card(&cloud, "pm_card_visa");
    assert_eq!(put(&cloud, "plan", &enterprise(10)).await.0, 200);
    let invoices = || {
        stripe(&cloud, Method::GET, "/v1/invoices?customer=cus_acme", "")["data"]
            .as_array()
            .unwrap()
            .len()
    };
    let before = invoices();
    let seats = json!({ "plan": "enterprise", "interval": "month", "seats": 15 });
    let (status, answer) = put(&cloud, "plan", &seats).await;
    assert_eq!((status, &answer["seats"]), (200, &json!(15)), "{answer}");
    assert_eq!(answer["prices"]["amount"]["amount"], 100_000, "still its own");
    let mut cheaper = enterprise(15);
    cheaper["prices"]["amount"] = json!(90_000);
    let (_, answer) = put(&cloud, "plan", &cheaper).await;
    assert_eq!(answer["prices"]["amount"]["amount"], 90_000, "{answer}");
    assert_eq!(invoices(), before, "something was charged");
    let items = stripe(&cloud, Method::GET, "/v1/invoiceitems?customer=cus_acme&pending=true", "");
    assert_eq!(items["data"], json!([]), "something waits to be charged");

    let (status, _) =
        put(&cloud, "collection", &json!({ "collection": "manual", "net_days": 14 })).await;
    assert_eq!((status, &subscriptions(&cloud)[0]["days_until_due"]), (200, &json!(14)));
    let mut year = enterprise(15);
    year["interval"] = json!("year");
    for _ in 0..2 {
        let (status, answer) = put(&cloud, "plan", &year).await;
        assert_eq!((status, &answer["interval"]), (200, &json!("year")), "{answer}");
        assert_eq!(invoices(), before + 1, "another interval is settled at once, and once");
    }
    let (status, answer) = put(&cloud, "collection", &json!({ "collection": "automatic" })).await;
    assert_eq!((status, &answer["net_days"]), (200, &Value::Null));
    assert_eq!(subscriptions(&cloud)[0]["collection_method"], "charge_automatically");
}

/// Goal: without a good card an account that is charged gets no plan, is told why, and owes
/// nothing.
#[tokio::test]
async fn a_plan_that_is_not_paid_for_does_not_begin() {
    let cloud = shop().await;
    let (status, answer) = put(&cloud, "plan", &enterprise(1)).await;
    assert_eq!((status, &answer["code"]), (402, &json!("payment_method_required")), "{answer}");
    card(&cloud, "pm_card_chargeCustomerFail");
    let (status, answer) = put(&cloud, "plan", &enterprise(1)).await;
    assert_eq!((status, &answer["code"]), (402, &json!("card_declined")), "{answer}");
    assert_eq!(subscriptions(&cloud).len(), 0);
    cloud.clock().run_due().await;
    let account = get(&cloud, "/v1/accounts/acme").await;
    assert_eq!((&account["plan"], &account["outstanding"]["amount"]), (&json!("free"), &json!(0)));
    let said = kinds(&cloud, "acme").await;
    assert!(said.contains(&"subscription.change_declined".to_owned()), "{said:?}");
    card(&cloud, "pm_card_visa");
    assert_eq!(put(&cloud, "plan", &enterprise(1)).await.0, 200);
    assert_eq!(subscriptions(&cloud).len(), 1);
}

/// Goal: only staff; every wrong field is named.
#[tokio::test]
async fn only_staff_and_every_wrong_field_is_named() {
    let cloud = shop().await;
    for what in ["plan", "collection"] {
        let path = format!("/v1/staff/accounts/acme/{what}");
        assert_eq!(vendor(&cloud, Method::PUT, &path, &json!({})).await.0, 403);
    }
    let seat = json!({ "amount": -1, "seat_amount": 100_000_000 });
    for (what, body, expected) in [
        ("collection", json!({ "collection": "card" }), vec!["collection"]),
        ("collection", json!({ "collection": "manual", "net_days": 0 }), vec!["net_days"]),
        ("collection", json!({ "collection": "automatic", "net_days": 9 }), vec!["net_days"]),
        (
            "plan",
            json!({ "plan": "free", "interval": "week", "seats": 1 }),
            vec!["plan", "interval"],
        ),
        ("plan", json!({ "plan": "enterprise", "interval": "month" }), vec!["seats"]),
        (
            "plan",
            json!({ "plan": "team", "interval": "year", "seats": 501, "prices": seat }),
            vec!["seats", "prices.amount", "prices.seat_amount"],
        ),
        (
            "plan",
            json!({ "plan": "team", "interval": "year", "seats": 1, "prices": { "amount": 1 } }),
            vec!["prices.seat_amount"],
        ),
    ] {
        let (status, answer) = put(&cloud, what, &body).await;
        let fields: Vec<&str> = answer["fields"]
            .as_array()
            .map(|all| all.iter().map(|it| it["field"].as_str().unwrap()).collect())
            .unwrap_or_default();
        assert_eq!((status, fields), (422, expected), "{body}: {answer}");
    }
}

/// Goal: killed at any call and sent again, there is one subscription, and each price once.
#[tokio::test]
async fn a_fault_at_any_call_is_mended_by_the_next_request() {
    for call in 1.. {
        let cloud = shop().await;
        card(&cloud, "pm_card_visa");
        cloud.clock().run_due().await;
        cloud.gate().script(Script::at("Staff", call, Fault::KillAfter));
        let (first, _) = put(&cloud, "plan", &enterprise(3)).await;
        let is_over = cloud.gate().scripts_left() > 0;
        // The lease of what was killed expires.
        cloud.clock().advance("3m").await.unwrap();
        let (status, answer) = put(&cloud, "plan", &enterprise(3)).await;
        assert_eq!((status, &answer["seats"]), (200, &json!(3)), "call {call}, {first}: {answer}");
        assert_eq!(subscriptions(&cloud).len(), 1, "call {call}");
        assert_eq!(own_prices(&cloud).len(), 2, "call {call}");
        cloud.clock().run_due().await;
        let paid = stripe(&cloud, Method::GET, "/v1/invoices?customer=cus_acme&status=paid", "");
        assert_eq!(paid["data"].as_array().unwrap().len(), 1, "call {call}: {paid}");
        if is_over {
            assert!(call > 10, "only {call} calls?");
            break;
        }
    }
}

/// Lets calls of functions at Stripe fail by those chances.
fn stripe_fails(cloud: &Running, chances: Chances) {
    cloud.stripe().with_engine(|engine| engine.stripe.faults.set(chances));
}

/// Goal: terms that staff set while Stripe was away reach Stripe afterwards, whatever differs:
/// books and Stripe agree (XD2).
#[tokio::test]
async fn terms_reach_stripe_after_an_outage() {
    let cloud = shop().await;
    card(&cloud, "pm_card_visa");
    assert_eq!(put(&cloud, "plan", &enterprise(3)).await.0, 200);
    cloud.clock().run_due().await;
    for (terms, method, days) in [
        (json!({ "collection": "manual", "net_days": 30 }), "send_invoice", json!(30)),
        (json!({ "collection": "manual", "net_days": 14 }), "send_invoice", json!(14)),
        (json!({ "collection": "automatic" }), "charge_automatically", Value::Null),
    ] {
        let away = Chances { api_timeout: Probability::ALWAYS, ..Chances::default() };
        stripe_fails(&cloud, away);
        let (status, answer) = put(&cloud, "collection", &terms).await;
        assert_eq!(status, 503, "{answer}");
        cloud.clock().advance("1h").await.unwrap();
        stripe_fails(&cloud, Chances::default());

        cloud.clock().advance("2d").await.unwrap();

        let account = get(&cloud, "/v1/accounts/acme").await;
        assert_eq!(account["collection"], terms["collection"]);
        let running = &subscriptions(&cloud)[0];
        assert_eq!(
            (&running["collection_method"], &running["days_until_due"]),
            (&json!(method), &days)
        );
    }
}

/// Goal: terms that nobody set are not compared: a subscription that was there before stays as it
/// is.
#[tokio::test]
async fn terms_of_a_linked_subscription_stay() {
    let cloud = shop().await;
    let price = stripe(
        &cloud,
        Method::POST,
        "/v1/prices",
        "currency=usd&unit_amount=4900&recurring[interval]=month&product_data[name]=Team\
         &metadata[tollgate_plan]=team&metadata[tollgate_part]=plan",
    );
    let form = format!(
        "customer=cus_acme&items[0][price]={}&collection_method=send_invoice&days_until_due=20",
        price["id"].as_str().unwrap()
    );
    stripe(&cloud, Method::POST, "/v1/subscriptions", &form);

    cloud.clock().advance("2d").await.unwrap();

    let running = &subscriptions(&cloud)[0];
    assert_eq!(running["collection_method"], "send_invoice");
    assert_eq!(running["days_until_due"], 20);
}

/// Goal: a customer of an ordinary plan is charged; only negotiated plans, partners and who pays
/// upfront are sent invoices (A17).
#[tokio::test]
async fn a_customer_of_an_ordinary_plan_is_charged() {
    let manual = json!({ "collection": "manual", "net_days": 30 });
    let upfront = json!({ "collection": "manual", "net_days": 30, "upfront": true });
    let team = json!({ "plan": "team", "interval": "month", "seats": 1 });
    let partner = json!({ "plan": "team", "interval": "month", "seats": 1, "partner": true });
    for (plan, terms, expected) in [
        (&team, &manual, 409),
        (&team, &upfront, 200),
        (&partner, &manual, 200),
        (&enterprise(1), &manual, 200),
    ] {
        let cloud = shop().await;
        card(&cloud, "pm_card_visa");
        let (status, answer) = put(&cloud, "plan", plan).await;
        assert_eq!(status, 200, "{answer}");

        let (status, answer) = put(&cloud, "collection", terms).await;

        assert_eq!(status, expected, "{plan} {terms}: {answer}");
        let account = get(&cloud, "/v1/accounts/acme").await;
        let collection = if expected == 200 { "manual" } else { "automatic" };
        assert_eq!(account["collection"], collection);
        if expected == 409 {
            assert_eq!(answer["code"], "manual_collection_refused");
            let (status, _) =
                put(&cloud, "collection", &json!({ "collection": "automatic" })).await;
            assert_eq!(status, 200);
        }
    }
}
