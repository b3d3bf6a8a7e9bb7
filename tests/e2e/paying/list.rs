//! `GET /v1/accounts/{id}/invoices` and `.csv`.

use http::{Method, Request};
use serde_json::{Value, json};

use super::{CHARGED, INVOICES, SENT, card, finalized, id, ids, invoice, read_as, shop, stripe};
use crate::world::{get, vendor};

/// Goal: the newest comes first, each with what our books have of it; pages follow one another
/// without a gap or a repeat.
#[tokio::test]
async fn invoices_are_listed_newest_first() {
    let (cloud, customer) = shop().await;
    let mut made = Vec::new();
    for cents in [1_000, 2_000, 3_000] {
        made.push(invoice(&cloud, &customer, cents, SENT).await);
        cloud.clock().advance("1d").await.unwrap();
    }
    made.reverse();

    let all = get(&cloud, INVOICES).await;
    let first = get(&cloud, &format!("{INVOICES}?limit=2")).await;
    let cursor = first["next_cursor"].as_str().expect("a second page");
    let second = get(&cloud, &format!("{INVOICES}?limit=2&cursor={cursor}")).await;

    assert_eq!((ids(&all), &all["next_cursor"]), (made.clone(), &Value::Null));
    assert_eq!(ids(&first), made[..2]);
    assert_eq!((ids(&second), &second["next_cursor"]), (made[2..].to_vec(), &Value::Null));
    let newest = &all["data"][0];
    assert_eq!(newest["amount_remaining"], json!({ "amount": 3_000, "currency": "eur" }));
    assert_eq!(
        (&newest["status"], &newest["kind"], &newest["collection"], &newest["overdue_since"]),
        (&json!("open"), &json!("manual"), &json!("manual"), &Value::Null)
    );
    assert_eq!(newest["tax"], json!({ "amount": 0, "currency": "eur" }));
    for field in ["number", "due_at", "hosted_invoice_url", "pdf_url", "finalized_at"] {
        assert!(newest[field].is_string(), "{field}: {newest}");
    }
}

/// Goal: an invoice is in the list from the commit that makes it known, and the same facts again
/// list it once.
#[tokio::test]
async fn an_invoice_is_listed_once_whatever_its_events() {
    let (cloud, customer) = shop().await;
    card(&cloud, &customer, "visa");
    // Known before anything is owed: a new card pays what is owed by itself.
    cloud.clock().run_due().await;
    let one = invoice(&cloud, &customer, 1_000, CHARGED).await;
    stripe(&cloud, &format!("invoices/{one}/pay"), "");
    cloud.clock().run_due().await;
    let events = cloud.stripe().call(Method::GET, "/v1/events?limit=100", "").1;
    for event in events["data"].as_array().unwrap() {
        assert_eq!(Box::pin(cloud.post_event(event)).await.0, 200, "{event}");
    }

    let page = get(&cloud, INVOICES).await;

    assert_eq!(ids(&page), [one]);
    let paid = &page["data"][0];
    assert_eq!((&paid["status"], &paid["amount_paid"]["amount"]), (&json!("paid"), &json!(1_000)));
    assert!(paid["ended_at"].is_string(), "{paid}");
}

/// Goal: a draft is not listed, nor is one that was deleted: what it comes to is part of the
/// upcoming invoice.
#[tokio::test]
async fn drafts_are_not_listed() {
    let (cloud, customer) = shop().await;
    let draft = format!("customer={customer}&currency=eur");
    let draft = id(&stripe(&cloud, "invoices", &draft));
    let deleted = id(&stripe(&cloud, "invoices", &format!("customer={customer}&currency=eur")));
    let path = format!("/v1/invoices/{deleted}");
    assert_eq!(cloud.stripe().call(Method::DELETE, &path, "").0, 200);
    cloud.clock().run_due().await;

    assert_eq!(ids(&get(&cloud, INVOICES).await), [""; 0]);
    for unlisted in [draft, deleted] {
        let path = format!("{INVOICES}/{unlisted}");
        assert_eq!(vendor(&cloud, Method::GET, &path, &Value::Null).await.0, 404);
    }
}

/// Goal: filters list what they say, and pages of a filtered list are full.
#[tokio::test]
async fn filters_list_what_they_say() {
    let (cloud, customer) = shop().await;
    let mut open = Vec::new();
    for day in 0..6 {
        let one = invoice(&cloud, &customer, 1_000, SENT).await;
        match day % 3 {
            0 => open.push(one),
            1 => drop(stripe(&cloud, &format!("invoices/{one}/void"), "")),
            _ => drop(stripe(&cloud, &format!("invoices/{one}/pay"), "paid_out_of_band=true")),
        }
        cloud.clock().advance("1d").await.unwrap();
    }
    open.reverse();

    let count = async |query: &str| ids(&get(&cloud, &format!("{INVOICES}?{query}")).await).len();
    assert_eq!(ids(&get(&cloud, &format!("{INVOICES}?status=open")).await), open);
    assert_eq!(ids(&get(&cloud, &format!("{INVOICES}?status=unpaid")).await), open);
    assert_eq!((count("status=paid").await, count("status=void").await), (2, 2));
    assert_eq!((count("kind=manual").await, count("kind=usage").await), (6, 0));
    assert_eq!(count("from=2026-11-23&to=2026-11-24").await, 2);
    assert_eq!(count("from=2026-11-24T09:00:00Z").await, 4);
    assert_eq!(count("from=2026-12-24&to=2026-11-24").await, 0);
    let first = get(&cloud, &format!("{INVOICES}?status=open&limit=1")).await;
    let cursor = first["next_cursor"].as_str().expect("a second page");
    let second = get(&cloud, &format!("{INVOICES}?status=open&limit=1&cursor={cursor}")).await;
    assert_eq!([ids(&first), ids(&second)].concat(), open);
}

/// Goal: what is no filter, limit or cursor of this list is named, and a cursor holds for its own
/// list alone.
#[tokio::test]
async fn wrong_parameters_are_named() {
    let (cloud, customer) = shop().await;
    for _ in 0..2 {
        invoice(&cloud, &customer, 1_000, SENT).await;
    }
    let first = get(&cloud, &format!("{INVOICES}?limit=1")).await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let other = format!("cursor={cursor}&status=open");
    let changed = format!("cursor={}0", &cursor[..cursor.len() - 1]);

    for (query, field, code) in [
        ("order=asc", "order", "invalid_input"),
        ("status=draft", "status", "invalid_input"),
        ("kind=fee", "kind", "invalid_input"),
        ("from=yesterday", "from", "invalid_input"),
        ("to=2026-13-01", "to", "invalid_input"),
        ("limit=0", "limit", "invalid_input"),
        ("limit=101", "limit", "invalid_input"),
        ("cursor=1", "cursor", "cursor_invalid"),
        (&other, "cursor", "cursor_invalid"),
        (&changed, "cursor", "cursor_invalid"),
    ] {
        let path = format!("{INVOICES}?{query}");
        let (status, answer) = vendor(&cloud, Method::GET, &path, &Value::Null).await;
        assert_eq!((status, &answer["code"]), (422, &json!(code)), "{query}: {answer}");
        assert_eq!(answer["fields"][0]["field"], json!(field), "{query}: {answer}");
    }
}

/// Goal: finance reads invoices and a member does not; another account's are unknown.
#[tokio::test]
async fn members_see_no_invoices() {
    let (cloud, customer) = shop().await;
    let one = invoice(&cloud, &customer, 1_000, SENT).await;
    let key = async |role: &str| {
        let path = "/v1/accounts/acme/api-keys";
        let made = vendor(&cloud, Method::POST, path, &json!({ "role": role })).await.1;
        made["secret"].as_str().expect("a secret").to_owned()
    };
    let (finance, member) = (key("finance").await, key("member").await);
    let show = format!("{INVOICES}/{one}");
    let csv = format!("{INVOICES}.csv");
    for path in [INVOICES, &show, &csv] {
        assert_eq!(read_as(&cloud, &finance, path).await.0, 200, "{path}");
        assert_eq!(read_as(&cloud, &member, path).await.0, 403, "{path}");
        let other = path.replace("acme", "other");
        assert_eq!(read_as(&cloud, &finance, &other).await.0, 404, "{other}");
    }
}

/// Goal: the table has a row for each invoice of the same filter, and no cell is taken for a
/// formula.
#[tokio::test]
async fn the_list_is_exported() {
    let (cloud, customer) = shop().await;
    let one = invoice(&cloud, &customer, 1_234, SENT).await;
    finalized(&cloud, &customer, 99, CHARGED);
    cloud.clock().run_due().await;
    stripe(&cloud, &format!("invoices/{one}/pay"), "paid_out_of_band=true");
    cloud.clock().run_due().await;

    let request = Request::get(format!("{INVOICES}.csv?status=paid"))
        .header("authorization", format!("Bearer {}", cloud.vendor_key()))
        .body(bytes::Bytes::new())
        .unwrap();
    let answer = Box::pin(cloud.send(request)).await;

    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
    let table = String::from_utf8(answer.body().to_vec()).unwrap();
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows.len(), 2, "{table}");
    assert!(rows[0].starts_with("created,id,number,kind,status"), "{table}");
    assert!(rows[1].contains(&format!("\"{one}\"")), "{table}");
    assert!(rows[1].contains(",manual,paid,manual,eur,1234,0,1234,1234,0,"), "{table}");
}
