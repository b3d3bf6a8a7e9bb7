//! Lists that the vendor reads: all accounts, purchases and open reservations; and an account's
//! other name.

use http::Method;
use local::Running;
use local::gate::{Fault, Script};
use serde_json::{Value, json};
use stripe_simulator::error::ApiError;
use stripe_simulator::faults::{self, Trouble};

use crate::paying::{SENT, finalized};
use crate::world::{cloud, get, kinds, open_account, vendor};

const PATH: &str = "/v1/accounts/acme/credits";

/// A cloud with the account `acme`.
async fn shop() -> Running {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    cloud
}

/// Ids of a list, page by page.
async fn ids(cloud: &Running, path: &str, limit: usize) -> Vec<String> {
    let separator = if path.contains('?') { '&' } else { '?' };
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = get(cloud, &format!("{path}{separator}limit={limit}{cursor}")).await;
        let data = page["data"].as_array().unwrap();
        ids.extend(data.iter().map(|it| it["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { return ids };
        cursor = format!("&cursor={next}");
    }
}

/// Goal: all accounts are listed once, newest first, at any size of page, with the state that each
/// one's own page shows; a state filters; one whose opening Stripe refused is not there.
#[tokio::test]
async fn all_accounts_are_listed_newest_first() {
    let cloud = cloud().await;
    let mut opened = Vec::new();
    for nth in 0..13 {
        let id = format!("a{nth}");
        open_account(&cloud, &id).await;
        opened.insert(0, id);
        cloud.clock().advance("1m").await.unwrap();
    }
    let script = faults::Script {
        method: Some(Method::POST),
        path: "/v1/customers".to_owned(),
        nth: 1,
        trouble: Trouble::Refused(ApiError::invalid("no").param("email")),
    };
    cloud.stripe().with_engine(|engine| engine.stripe.faults.script(script));
    let refused = json!({ "id": "x", "name": "X", "email": "x@x.example" });
    assert_eq!(vendor(&cloud, Method::POST, "/v1/accounts", &refused).await.0, 422);
    finalized(&cloud, "cus_a3", 700, SENT);
    cloud.clock().advance("2mo").await.unwrap();

    for limit in [1, 5, 13, 100] {
        assert_eq!(ids(&cloud, "/v1/accounts", limit).await, opened, "{limit} a page");
    }
    let page = get(&cloud, "/v1/accounts?limit=100").await;
    for row in page["data"].as_array().unwrap() {
        let own = get(&cloud, &format!("/v1/accounts/{}", row["id"].as_str().unwrap())).await;
        for field in ["name", "kind", "state", "plan", "seats", "created_at"] {
            assert_eq!(row[field], own[field], "{field} of {row}");
        }
    }
    assert_eq!(ids(&cloud, "/v1/accounts?state=disabled", 4).await, ["a3"]);
    assert_eq!(ids(&cloud, "/v1/accounts?state=active", 4).await.len(), 12);

    let first = get(&cloud, "/v1/accounts?limit=2").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    for wrong in [format!("state=active&cursor={cursor}"), "cursor=x".to_owned()] {
        let path = format!("/v1/accounts?{wrong}");
        let (status, answer) = vendor(&cloud, Method::GET, &path, &Value::Null).await;
        assert_eq!((status, &answer["code"]), (422, &json!("cursor_invalid")), "{wrong}");
    }
}

/// Goal: purchases are listed once, newest first, with their kind and state.
#[tokio::test]
async fn purchases_are_listed_newest_first() {
    let cloud = shop().await;
    let mut made = Vec::new();
    for pack in ["starter", "standard", "starter"] {
        let path = format!("{PATH}/purchases");
        let (status, sold) = vendor(&cloud, Method::POST, &path, &json!({ "pack": pack })).await;
        assert_eq!(status, 201, "{sold}");
        made.insert(0, sold);
        cloud.clock().advance("1m").await.unwrap();
    }

    for limit in [1, 2, 100] {
        let listed = ids(&cloud, &format!("{PATH}/purchases"), limit).await;
        let expected: Vec<_> = made.iter().map(|it| it["id"].as_str().unwrap()).collect();
        assert_eq!(listed, expected, "{limit} a page");
    }
    let page = get(&cloud, &format!("{PATH}/purchases")).await;
    assert_eq!(page["data"], json!(made));
    assert_eq!((&made[0]["kind"], &made[0]["status"]), (&json!("checkout"), &json!("open")));
}

/// Goal: open reservations are listed by their end; those that are settled, released or over are
/// not, and a cursor leads on after its place is over.
#[tokio::test]
async fn open_reservations_are_listed_by_their_end() {
    let cloud = shop().await;
    let path = format!("{PATH}/reservations");
    let mut held = Vec::new();
    for hours in [4, 1, 3, 2, 5] {
        let body = json!({ "tokens": 10, "ttl_seconds": hours * 3_600 });
        let (status, made) = vendor(&cloud, Method::POST, &path, &body).await;
        assert_eq!(status, 201, "{made}");
        held.push((hours, made["id"].as_str().unwrap().to_owned()));
    }
    held.sort();
    let all: Vec<String> = held.iter().map(|(_, id)| id.clone()).collect();
    for limit in [1, 2, 100] {
        assert_eq!(ids(&cloud, &path, limit).await, all, "{limit} a page");
    }

    let first = get(&cloud, &format!("{path}?limit=1")).await;
    let settle = format!("{path}/{}/settle", all[2]);
    assert_eq!(vendor(&cloud, Method::POST, &settle, &json!({ "tokens": 1 })).await.0, 200);
    let release = format!("{path}/{}/release", all[3]);
    assert_eq!(vendor(&cloud, Method::POST, &release, &Value::Null).await.0, 200);
    cloud.clock().advance("2h").await.unwrap();

    assert_eq!(ids(&cloud, &path, 100).await, all[4..], "one that ends now holds nothing");
    let next = format!("{path}?cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(get(&cloud, &next).await["data"][0]["id"], all[4].as_str());
}

async fn rename(cloud: &Running, name: &str) -> (u16, Value) {
    vendor(cloud, Method::PATCH, "/v1/accounts/acme", &json!({ "name": name })).await
}

fn customer_name(cloud: &Running, account: &Value) -> Value {
    let path = format!("/v1/customers/{}", account["stripe_customer_id"].as_str().unwrap());
    let (_, customer) = cloud.stripe().call(Method::GET, &path, "");
    customer["name"].clone()
}

/// Goal: another name is here and on the next invoice, is told once, and leaves a company that
/// billing details named.
#[tokio::test]
async fn an_account_gets_another_name() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;

    for _ in 0..2 {
        let (status, account) = rename(&cloud, " Acme & Söhne ").await;
        assert_eq!((status, &account["name"]), (200, &json!("Acme & Söhne")), "{account}");
        assert_eq!(account["billing_details"]["company"], "Acme & Söhne");
        assert_eq!(customer_name(&cloud, &account), "Acme & Söhne");
    }
    cloud.clock().run_due().await;
    let told = kinds(&cloud, "acme").await;
    assert_eq!(told.iter().filter(|kind| *kind == "account.updated").count(), 1, "{told:?}");

    let company = json!({ "company": "Acme Holding AG" });
    vendor(&cloud, Method::PATCH, "/v1/accounts/acme/billing-details", &company).await;
    let (_, account) = rename(&cloud, "Acme 2").await;
    assert_eq!(customer_name(&cloud, &account), "Acme Holding AG", "{account}");
    for wrong in ["", " ", "a\u{202e}b", &"x".repeat(201)] {
        let (status, answer) = rename(&cloud, wrong).await;
        assert_eq!((status, &answer["fields"][0]["field"]), (422, &json!("name")), "{answer}");
    }
    let unknown = vendor(&cloud, Method::PATCH, "/v1/accounts/no", &json!({ "name": "x" })).await;
    assert_eq!(unknown.0, 404);
}

/// Goal: killed at any call and sent again, the name is the same here and at Stripe, told once.
#[tokio::test]
async fn a_fault_at_any_call_of_a_rename_is_mended_by_the_next() {
    for call in 1.. {
        let cloud = cloud().await;
        open_account(&cloud, "acme").await;
        cloud.gate().script(Script::at("Accounts", call, Fault::KillAfter));
        let (first, _) = rename(&cloud, "Acme 2").await;
        let is_over = cloud.gate().scripts_left() > 0;
        assert!(is_over == (first == 200), "call {call}: {first}");
        // The lease of what was killed expires.
        cloud.clock().advance("3m").await.unwrap();

        let (status, account) = rename(&cloud, "Acme 2").await;

        assert_eq!((status, &account["name"]), (200, &json!("Acme 2")), "call {call}");
        assert_eq!(customer_name(&cloud, &account), "Acme 2", "call {call}");
        let told = kinds(&cloud, "acme").await;
        let told = told.iter().filter(|kind| *kind == "account.updated").count();
        assert_eq!(told, 1, "call {call}");
        if is_over {
            assert!(call > 6, "only {call} calls?");
            break;
        }
    }
}
