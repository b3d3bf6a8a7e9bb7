//! Lists as comma-separated values: usage, timeline, and usage of sub-accounts. Invoices, ledger
//! and statement have theirs beside them.

use http::{Method, Request};
use local::Running;
use serde_json::{Value, json};

use crate::family::{add_child, family};
use crate::world::{cloud, get, open_account, vendor};

/// Rows of a table without its header, and the address behind its link.
async fn table(cloud: &Running, path: &str) -> (String, Vec<String>, Option<String>) {
    let request = Request::get(path)
        .header("authorization", format!("Bearer {}", cloud.vendor_key()))
        .body(bytes::Bytes::new())
        .unwrap();
    let answer = Box::pin(cloud.send(request)).await;
    let text = String::from_utf8_lossy(answer.body()).into_owned();
    assert_eq!(answer.status(), 200, "{text}");
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
    let disposition = answer.headers()["content-disposition"].to_str().unwrap();
    assert!(disposition.starts_with("attachment; filename="), "{disposition}");
    let link = answer.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
    let next = link.map(|link| {
        let address = link.strip_prefix('<').and_then(|link| link.split_once('>')).unwrap();
        assert_eq!(address.1, "; rel=\"next\"");
        address.0.to_owned()
    });
    let mut lines = text.split("\r\n").map(str::to_owned);
    let header = lines.next().unwrap();
    let rows: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    (header, rows, next)
}

async fn report(cloud: &Running, account: &str, (resource, quantity): (&str, u64), at: &str) {
    let event = json!({ "account": account, "resource": resource, "quantity": quantity, "at": at });
    let batch = json!({ "batch_id": format!("{account}-{quantity}"), "events": [event] });
    let (status, answer) = vendor(cloud, Method::POST, "/v1/usage", &batch).await;
    assert_eq!(status, 202, "{answer}");
}

/// Goal: the days of a month are the same numbers as in JSON, a row for each resource and day.
#[tokio::test]
async fn usage_of_a_month_is_a_table_of_its_days() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    report(&cloud, "acme", ("sessions", 700), "2026-11-21T10:00:00Z").await;
    report(&cloud, "acme", ("sessions", 200), "2026-11-22T08:00:00Z").await;

    let path = "/v1/accounts/acme/usage.csv?period=2026-11";
    let (header, rows, next) = table(&cloud, path).await;

    assert_eq!((header.as_str(), next), ("date,resource,name,unit,kind,used", None));
    let wanted = "2026-11-21,sessions,\"Sessions\",\"session\",sum,700";
    assert!(rows.iter().any(|row| row == wanted), "{rows:#?}");
    let shown = get(&cloud, "/v1/accounts/acme/usage?period=2026-11").await;
    let days = shown["resources"].as_array().unwrap().iter();
    let days: Vec<&Value> = days.flat_map(|it| it["daily"].as_array().unwrap()).collect();
    let used = |row: &String| row.rsplit(',').next().unwrap().parse::<u64>().unwrap();
    let (listed, written): (Vec<u64>, Vec<u64>) = (
        days.iter().map(|day| day["used"].as_u64().unwrap()).collect(),
        rows.iter().map(used).collect(),
    );
    assert_eq!(listed, written);
    let later = (Method::GET, "/v1/accounts/acme/usage.csv?period=2027-11");
    assert_eq!(vendor(&cloud, later.0, later.1, &Value::Null).await.0, 422);
}

/// Goal: a long timeline is all there, in the order of the list, through the links; a name that
/// looks like a formula is none, and a filter stays on.
#[tokio::test]
async fn a_timeline_is_a_table_that_goes_on_by_its_link() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    for nth in 0..520 {
        let path = "/v1/accounts/acme";
        let body = json!({ "name": format!("=Name {nth}") });
        let (status, answer) = vendor(&cloud, Method::PATCH, path, &body).await;
        assert_eq!(status, 200, "{answer}");
    }

    let path = "/v1/accounts/acme/timeline.csv?kind=account.updated";
    let (header, first, next) = table(&cloud, path).await;
    let next = next.expect("a link to what follows");
    let (_, rest, end) = table(&cloud, &next).await;

    assert_eq!(
        header,
        "at,recorded_at,sequence,kind,about,summary,changes,cause_type,cause_id,actor"
    );
    assert_eq!((first.len() + rest.len(), end), (520, None), "{next}");
    assert!(first.len() <= 500 && !rest.is_empty(), "{}", first.len());
    assert!(next.contains("kind=account.updated"), "{next}");
    let number = |row: &String| row.split(',').nth(2).unwrap().parse::<u64>().unwrap();
    let numbers: Vec<u64> = first.iter().chain(&rest).map(number).collect();
    assert!(numbers.is_sorted_by(|a, b| a > b), "{numbers:?}");
    assert!(first[0].contains("name: =Name 518 -> =Name 519"), "{}", first[0]);
    assert!(!first[0].contains("\"="), "{}", first[0]);
    let other = next.replace("account.updated", "account.created");
    assert_eq!(vendor(&cloud, Method::GET, &other, &Value::Null).await.0, 422);
}

/// Goal: a parent's overview of its sub-accounts' usage is a table.
#[tokio::test]
async fn usage_of_sub_accounts_is_a_table() {
    let cloud = family().await;
    add_child(&cloud, "north", "bill_to_parent").await;
    add_child(&cloud, "south", "bill_to_sub_account").await;
    report(&cloud, "north", ("sessions", 41), "2026-11-22T08:00:00Z").await;

    let path = "/v1/accounts/group/sub-accounts/usage.csv?period=2026-11";
    let (header, rows, next) = table(&cloud, path).await;

    assert_eq!(
        (header.as_str(), next),
        ("id,account,billing_model,period,resource,name,unit,used", None)
    );
    let of = |id: &str, end: &str| rows.iter().any(|it| it.starts_with(id) && it.ends_with(end));
    assert!(of("north,\"Name of north\",bill_to_parent,2026-11,sessions,", ",41"), "{rows:#?}");
    assert!(of("south,\"Name of south\",bill_to_sub_account,2026-11,sessions,", ",0"), "{rows:#?}");
}
