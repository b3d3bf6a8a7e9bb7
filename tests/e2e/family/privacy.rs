//! What each account of a family sees: a sub-account that its parent pays for sees no billing, and
//! a parent sees no account but its own (B8, B9).

use http::Method;
use local::Running;
use serde_json::{Value, json};

use super::{add_child, by, family, key};
use crate::dashboard::Browser;
use crate::shop::sent_invoice;
use crate::world::{get, vendor};

/// Fields of JSON that have money, or are about billing.
const FIELDS: [&str; 19] = [
    "amount",
    "amount_due",
    "auto_recharge",
    "billing_details",
    "collection",
    "fee",
    "net_days",
    "outstanding",
    "partner",
    "plan",
    "prepaid_balance",
    "price",
    "prices",
    "seat_amount",
    "spending_limit",
    "stripe_customer_id",
    "subscription_period",
    "threshold",
    "total",
];
/// Values that stand for the parent's fee, its customer, and the sub-account's.
const VALUES: [&str; 5] = ["123400", "1,234.00", "cus_", "enterprise", "777000"];
/// Beginning of the staff desk's pages, which know sessions alone: a key is asked to sign in, and
/// the page that a sign-in link opens says the same to everybody.
const DESK: &str = "GET /staff";
/// Routes that tell everybody the same, unpriced or not about an account.
const PUBLIC: [&str; 4] =
    ["GET /openapi.json", "GET /problems", "GET /problems/{code}", "GET /v1/bank-details"];

/// Paths of every route that reads an account, or what is sold, as that account asks for them.
fn reads(cloud: &Running, account: &str) -> Vec<(String, String)> {
    let routes = cloud.template().routes.iter().map(local::template::Route::key);
    let reads = routes.filter(|route| {
        route.starts_with("GET ")
            && !PUBLIC.contains(&route.as_str())
            && !route.contains("/billing")
    });
    let path = |route: &String| {
        let path = route.trim_start_matches("GET ").split('/').map(|segment| match segment {
            "{id}" => account,
            _ if segment.starts_with('{') => "nothing",
            _ => segment,
        });
        let path = path.collect::<Vec<_>>().join("/");
        if path.ends_with("/explain") { format!("{path}?field=state") } else { path }
    };
    reads.map(|route| (route.clone(), path(&route))).collect()
}

/// Names of fields anywhere in a value, and the names of changed fields.
fn fields(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                found.push(name.clone());
                if name == "field" {
                    found.extend(value.as_str().map(str::to_owned));
                }
                fields(value, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| fields(value, found)),
        _ => {}
    }
}

/// Goal: whatever a sub-account that its parent pays for reads, there is no plan fee, price,
/// invoice, customer or limit in money; usage with its limits stays.
#[tokio::test]
async fn a_sub_account_that_its_parent_pays_for_sees_no_billing() {
    let cloud = family().await;
    add_child(&cloud, "north", "bill_to_parent").await;
    // One that paid on its own before: its journal has an alert in it.
    add_child(&cloud, "south", "bill_to_sub_account").await;
    let alert = json!({ "threshold": { "amount": 777_000, "currency": "usd" } });
    assert_eq!(vendor(&cloud, Method::PUT, "/v1/accounts/south/alert", &alert).await.0, 200);
    let path = "/v1/accounts/group/sub-accounts/south/billing-model";
    let model = json!({ "billing_model": "bill_to_parent" });
    assert_eq!(vendor(&cloud, Method::PUT, path, &model).await.0, 200);
    cloud.clock().advance("1d").await.unwrap();

    for account in ["north", "south"] {
        for role in ["account_administrator", "finance", "member"] {
            let key = key(&cloud, account, role).await;
            for (route, path) in reads(&cloud, account) {
                let (status, answer) = by(&cloud, &key, (Method::GET, &path), &Value::Null).await;
                let is_desk = route.starts_with(DESK);
                let expected: &[u16] =
                    if is_desk { &[200, 401, 404] } else { &[200, 403, 404, 422] };
                assert!(expected.contains(&status), "{route}: {status} {answer}");
                if status != 200 && !is_desk {
                    continue;
                }
                let mut found = Vec::new();
                fields(&answer, &mut found);
                for field in FIELDS {
                    assert!(!found.iter().any(|it| it == field), "{route} has {field}: {answer}");
                }
                // Plans and packs are listed by their names, without prices.
                let text = answer.to_string();
                let is_shop = route == "GET /v1/plans" || route == "GET /v1/credit-packs";
                for value in VALUES.iter().filter(|_| !is_shop) {
                    assert!(!text.contains(value), "{route} has {value}: {text}");
                }
            }
            let usage = format!("/v1/accounts/{account}/usage");
            let (status, usage) = by(&cloud, &key, (Method::GET, &usage), &Value::Null).await;
            assert_eq!(status, 200);
            let resources = usage["resources"].as_array().unwrap();
            assert!(resources.iter().any(|it| it["included"].is_u64()), "{usage}");
        }
    }
}

/// Goal: writes about billing are not there for such a sub-account, and nobody buys for it.
#[tokio::test]
async fn a_sub_account_that_its_parent_pays_for_changes_no_billing() {
    let cloud = family().await;
    add_child(&cloud, "north", "bill_to_parent").await;
    let own = key(&cloud, "north", "account_administrator").await;
    let writes = [
        (Method::PUT, "subscription", true),
        (Method::DELETE, "subscription", false),
        (Method::POST, "subscription/preview", true),
        (Method::PUT, "alert", false),
        (Method::PATCH, "billing-details", false),
        (Method::POST, "portal-sessions", true),
        (Method::POST, "credits/purchases", true),
        (Method::PUT, "credits/auto-recharge", true),
    ];
    for (method, what, is_closed) in writes {
        let path = format!("/v1/accounts/north/{what}");
        let (status, answer) = by(&cloud, &own, (method.clone(), &path), &json!({})).await;
        assert_eq!(status, 404, "{method} {what}: {answer}");
        let (status, answer) = vendor(&cloud, method.clone(), &path, &json!({})).await;
        assert_eq!(status == 404, is_closed, "{method} {what} by the vendor: {answer}");
    }
    for what in ["deductions", "reservations", "purchases"] {
        let path = format!("/v1/accounts/group/credits/{what}");
        let (status, answer) = vendor(&cloud, Method::POST, &path, &json!({})).await;
        assert_eq!((status, &answer["code"]), (409, &json!("parent_account")), "{answer}");
    }
}

/// Goal: an invoice from before the move stays the sub-account's own: it is seen and owed by it.
#[tokio::test]
async fn own_invoices_stay_visible() {
    let cloud = family().await;
    add_child(&cloud, "south", "bill_to_sub_account").await;
    let own = key(&cloud, "south", "finance").await;
    let customer = get(&cloud, "/v1/accounts/south").await["stripe_customer_id"].clone();
    let invoice = sent_invoice(&cloud, customer.as_str().unwrap(), 4_200);
    cloud.clock().run_due().await;
    let path = "/v1/accounts/group/sub-accounts/south/billing-model";
    let model = json!({ "billing_model": "bill_to_parent" });
    assert_eq!(vendor(&cloud, Method::PUT, path, &model).await.0, 200);
    cloud.clock().advance("16h").await.unwrap();

    let invoices = "/v1/accounts/south/invoices";
    let (status, listed) = by(&cloud, &own, (Method::GET, invoices), &Value::Null).await;
    assert_eq!((status, listed["data"][0]["id"].as_str()), (200, Some(&*invoice)), "{listed}");
    let one = format!("{invoices}/{invoice}");
    assert_eq!(by(&cloud, &own, (Method::GET, &one), &Value::Null).await.0, 200);
    let account = "/v1/accounts/south";
    let (_, account) = by(&cloud, &own, (Method::GET, account), &Value::Null).await;
    assert_eq!(account["outstanding"]["amount"], 4_200, "{account}");
    assert_eq!(account["plan"], Value::Null, "{account}");
}

/// Goal: the dashboard of such a sub-account has no plan, price or invoice page, and says who pays.
#[tokio::test]
async fn pages_of_such_a_sub_account_say_who_pays() {
    let cloud = family().await;
    add_child(&cloud, "north", "bill_to_parent").await;
    let mut kim = Browser::signed_in(&cloud, "north", "kim").await;
    let routes = cloud.template().routes.iter().map(local::template::Route::key);
    let pages: Vec<String> =
        routes.filter(|route| route.starts_with("GET /billing/{id}")).collect();
    assert!(pages.len() > 10);
    for route in pages {
        let path = route.trim_start_matches("GET ").replace("{id}", "north");
        let path = path.replace("{invoice_id}", "in_1").replace("{purchase_id}", "pur_1");
        let path = path.replace("{key_id}", "key_1");
        let shown = kim.get(&path).await;
        assert!([200, 404].contains(&shown.status), "{route}: {}", shown.text);
        for money in ["USD", "EUR", "1,234", "Free", "Enterprise", "/plan\"", "/invoices\""] {
            assert!(!shown.text.contains(money), "{route} says {money}: {}", shown.text);
        }
    }
    for hidden in ["plan", "invoices", "alerts", "why?field=state"] {
        assert_eq!(kim.get(&format!("/billing/north/{hidden}")).await.status, 404, "{hidden}");
    }
    let overview = kim.page("/billing/north").await;
    assert!(overview.contains("paid by group"), "{overview}");
    assert!(kim.page("/billing/north/settings").await.contains("kim@north.example"));
}

/// Goal: a parent looks into no sub-account, whoever pays for it: every route on its id is unknown.
#[tokio::test]
async fn a_parent_looks_into_no_sub_account() {
    let cloud = family().await;
    add_child(&cloud, "north", "bill_to_parent").await;
    add_child(&cloud, "south", "bill_to_sub_account").await;
    let admin = key(&cloud, "group", "account_administrator").await;
    for account in ["north", "south"] {
        for (route, path) in reads(&cloud, account) {
            if !route.contains("{id}") {
                continue;
            }
            let (status, answer) = by(&cloud, &admin, (Method::GET, &path), &Value::Null).await;
            let expected = if route.starts_with(DESK) { 401 } else { 404 };
            assert_eq!(status, expected, "{route}: {answer}");
        }
    }
    let listed = get(&cloud, "/v1/accounts/group/sub-accounts").await;
    let mut found = Vec::new();
    fields(&listed, &mut found);
    assert!(FIELDS.iter().all(|field| !found.iter().any(|it| it == field)), "{listed}");
}
