//! The ledger: order and balance of an entry never change once they are shown, and a deduction is
//! the metering of what takes credits (D2, D12, D15, D16).

use http::Method;
use local::Running;
use serde_json::{Value, json};

use super::{PATH, advance, deduct, grant, shop, show};
use crate::world::{get, open_account, post_with_key, vendor};

async fn page(cloud: &Running, query: &str) -> Value {
    get(cloud, &format!("{PATH}/transactions?{query}")).await
}

/// Id and balance of each entry, the newest first.
fn entries(page: &Value) -> Vec<(String, i64)> {
    let data = page["data"].as_array().unwrap().iter();
    let entry =
        |it: &Value| (it["id"].as_str().unwrap().to_owned(), it["balance_after"].as_i64().unwrap());
    data.map(entry).collect()
}

async fn csv(cloud: &Running, path: &str) -> (Vec<String>, Option<String>) {
    let request = http::Request::get(path)
        .header("authorization", format!("Bearer {}", cloud.vendor_key()))
        .body(bytes::Bytes::new())
        .unwrap();
    let answer = Box::pin(cloud.send(request)).await;
    let text = String::from_utf8_lossy(answer.body()).into_owned();
    assert_eq!(answer.status(), 200, "{text}");
    let link = answer.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
    (text.lines().skip(1).map(str::to_owned).collect(), link)
}

async fn enrichments(cloud: &Running, query: &str) -> Value {
    let usage = get(cloud, &format!("/v1/accounts/acme/usage{query}")).await;
    let resources = usage["resources"].as_array().unwrap();
    resources.iter().find(|it| it["id"] == "enrichments").unwrap().clone()
}

/// Goal: deductions of one second are listed in the order and with the balances that they were
/// answered with, whatever comes later (XB3).
#[tokio::test]
async fn entries_of_one_second_keep_order_and_balance() {
    let cloud = shop().await;
    grant(&cloud, 2_241_000).await;
    assert_eq!(deduct(&cloud, "included", 1_000).await.0, 201);
    let mut answered = Vec::new();
    for nth in 1..=20 {
        let (status, answer) = deduct(&cloud, &format!("job-{nth}"), 1_000 * nth).await;
        assert_eq!(status, 201, "{answer}");
        let id = answer["id"].as_str().unwrap().to_owned();
        answered.insert(0, (id, answer["balance"].as_i64().unwrap()));

        let shown = entries(&page(&cloud, "limit=100").await);
        assert_eq!(shown[..answered.len()], answered, "behind {nth}");
    }

    grant(&cloud, 500).await;
    let shown = entries(&page(&cloud, "limit=100").await);
    assert_eq!(shown[1..=20], answered, "a later credit of the second changes nothing");

    let mut paged = Vec::new();
    let mut query = "limit=3".to_owned();
    loop {
        let page = page(&cloud, &query).await;
        paged.extend(entries(&page));
        grant(&cloud, 1).await;
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        query = format!("limit=3&cursor={cursor}");
    }
    assert_eq!(paged, shown, "page by page, while more is added");
}

/// Goal: deductions at once are in one order for everybody: the balances of neighbours differ by
/// what the entry took, and do not change later (XB3).
#[tokio::test]
async fn entries_of_many_clients_keep_order_and_balance() {
    let cloud = shop().await;
    grant(&cloud, 100_000).await;
    let requests = (0..60).map(|nth| {
        http::Request::post(format!("{PATH}/deductions"))
            .header("authorization", format!("Bearer {}", cloud.vendor_key()))
            .header("idempotency-key", format!("job-{nth}"))
            .body(bytes::Bytes::from(json!({ "tokens": 100 + nth }).to_string()))
            .unwrap()
    });
    for answer in Box::pin(cloud.send_together(requests.collect())).await {
        assert_eq!(answer.status(), 201, "{:?}", answer.body());
    }

    let first = page(&cloud, "limit=100").await;
    assert_eq!(deduct(&cloud, "later", 1_000).await.0, 201);
    let later = page(&cloud, "limit=100").await;

    let data = first["data"].as_array().unwrap();
    assert_eq!(data.len(), 61);
    for pair in data.windows(2) {
        let number = |it: &Value, name: &str| it[name].as_i64().unwrap();
        let before = number(&pair[0], "balance_after") - number(&pair[0], "tokens");
        assert_eq!(before, number(&pair[1], "balance_after"), "{pair:?}");
    }
    assert_eq!(later["data"].as_array().unwrap()[1..], data[..]);
}

/// Goal: a cursor that was changed, made up, or made for another list is refused by name (XB3).
#[tokio::test]
async fn a_foreign_cursor_is_refused() {
    let cloud = shop().await;
    open_account(&cloud, "other").await;
    grant(&cloud, 10_000).await;
    for nth in 0..9 {
        assert_eq!(deduct(&cloud, &format!("job-{nth}"), 10).await.0, 201);
    }
    let cursor = page(&cloud, "limit=2").await["next_cursor"].as_str().unwrap().to_owned();
    let changed = cursor.replacen('0', "1", 1);
    let of = |path: &str, cursor: &str| format!("{path}?cursor={cursor}");
    let list = format!("{PATH}/transactions");
    for path in [
        of(&list, "5~abc"),
        of(&list, "nonsense"),
        of(&list, ""),
        of(&list, &changed),
        of("/v1/accounts/other/credits/transactions", &cursor),
        of(&format!("{PATH}/transactions.csv"), &cursor),
    ] {
        let (status, answer) = vendor(&cloud, Method::GET, &path, &Value::Null).await;
        assert_eq!((status, &answer["code"]), (422, &json!("cursor_invalid")), "{path}: {answer}");
    }
    assert_eq!(vendor(&cloud, Method::GET, &of(&list, &cursor), &Value::Null).await.0, 200);
}

/// Goal: a deduction is the metering: the usage bar shows what deductions took, wherever from and
/// by day, and nothing that is only held; a report of such a resource is rejected by name (XB6).
#[tokio::test]
async fn a_deduction_is_the_metering() {
    let cloud = shop().await;
    grant(&cloud, 10_000).await;
    assert_eq!(deduct(&cloud, "job-1", 900).await.0, 201);
    let near = enrichments(&cloud, "").await;
    assert_eq!((&near["used"], &near["level"]), (&json!(900), &json!("near")));
    assert_eq!(near["included"], 1_000);
    advance(&cloud, "1d").await;
    for nth in 0..15 {
        assert_eq!(deduct(&cloud, &format!("more-{nth}"), 100).await.0, 201);
    }
    let body = json!({ "tokens": 700, "ttl_seconds": 3_600 });
    let path = format!("{PATH}/reservations");
    let (_, held) = post_with_key(&cloud, &path, "held", &body).await;

    let shown = enrichments(&cloud, "").await;
    assert_eq!((&shown["used"], &shown["level"]), (&json!(2_400), &json!("over")), "{shown}");
    let daily = shown["daily"].as_array().unwrap();
    let days: Vec<i64> =
        daily.iter().rev().take(2).map(|it| it["used"].as_i64().unwrap()).collect();
    assert_eq!(days, [1_500, 900]);
    assert_eq!(show(&cloud).await["included"]["used"], 1_000);

    let end = format!("{path}/{}/settle", held["id"].as_str().unwrap());
    let settled = vendor(&cloud, Method::POST, &end, &json!({ "tokens": 300 })).await;
    assert_eq!(settled.0, 200, "{}", settled.1);
    assert_eq!(enrichments(&cloud, "").await["used"], 2_700);

    let events = json!([
        { "account": "acme", "resource": "enrichments", "quantity": 5 },
        { "account": "acme", "resource": "sessions", "quantity": 5 },
    ]);
    let batch = json!({ "batch_id": "b-1", "events": events });
    let (status, answer) = vendor(&cloud, Method::POST, "/v1/usage", &batch).await;
    assert_eq!((status, &answer["accepted"]), (202, &json!(1)), "{answer}");
    let rejected = &answer["rejected"][0];
    assert_eq!(
        (&rejected["index"], &rejected["code"]),
        (&json!(0), &json!("metered_by_deductions"))
    );

    advance(&cloud, "20d").await;
    assert_eq!(enrichments(&cloud, "").await["used"], 0, "the next month begins anew");
    assert_eq!(enrichments(&cloud, "?period=2026-11").await["used"], 2_700);
}

/// Goal: the export goes by month, in order, and what one answer does not hold follows under its
/// link (XB4).
#[tokio::test]
async fn the_export_goes_by_month_and_by_link() {
    let cloud = shop().await;
    grant(&cloud, 100_000).await;
    let mut counts = Vec::new();
    for month in ["2026-11", "2026-12", "2027-01"] {
        let path = format!("{PATH}/deductions");
        for nth in 0..13 {
            let body = json!({ "tokens": 1_000, "reason": format!("{month} {nth}") });
            let key = format!("{month}-{nth}");
            assert_eq!(post_with_key(&cloud, &path, &key, &body).await.0, 201);
        }
        counts.push((month, 13));
        advance(&cloud, "31d").await;
    }
    for (month, count) in counts {
        let (rows, link) = csv(&cloud, &format!("{PATH}/transactions.csv?period={month}")).await;
        let of_month = rows.iter().filter(|row| row.starts_with(month)).count();
        let gifts = usize::from(month == "2026-11");
        assert_eq!((of_month, rows.len(), link), (count + gifts, count + gifts, None), "{rows:?}");
    }
    let (all, link) = csv(&cloud, &format!("{PATH}/transactions.csv")).await;
    assert_eq!((all.len(), link), (40, None));
    let empty = csv(&cloud, &format!("{PATH}/transactions.csv?period=2025-01")).await;
    assert_eq!(empty, (Vec::new(), None));
    let wrong = format!("{PATH}/transactions.csv?period=January");
    assert_eq!(vendor(&cloud, Method::GET, &wrong, &Value::Null).await.0, 422);
}

/// Goal: tokens of each day are what the ledger's deductions of that day come to, for a month and
/// for an earlier one, as JSON and as a table.
#[tokio::test]
async fn tokens_are_read_by_day() {
    let cloud = shop().await;
    grant(&cloud, 2_241_000).await;
    let today = get(&cloud, &format!("{PATH}/daily")).await;
    assert_eq!((today["used"].clone(), today["period"].clone()), (json!(0), json!("2026-11")));
    for nth in 1..=4_u32 {
        assert_eq!(deduct(&cloud, &format!("first-{nth}"), 1_000 * i64::from(nth)).await.0, 201);
        advance(&cloud, "1d").await;
    }
    let of_ledger = entries_by_day(&cloud).await;

    let daily = get(&cloud, &format!("{PATH}/daily?period=2026-11")).await;
    let days = daily["days"].as_array().unwrap();
    let used = |it: &Value| (it["day"].as_str().unwrap().to_owned(), it["used"].as_i64().unwrap());
    let shown: Vec<_> = days.iter().map(used).filter(|(_, used)| *used > 0).collect();
    assert_eq!(shown, of_ledger);
    assert_eq!(daily["used"], json!(10_000));
    assert!(days.iter().all(|day| day["day"].as_str().unwrap().starts_with("2026-11-")));

    let (rows, link) = csv(&cloud, &format!("{PATH}/daily.csv?period=2026-11")).await;
    let expected: Vec<_> =
        days.iter().map(used).map(|(day, used)| format!("{day},{used}")).collect();
    assert_eq!((rows, link), (expected, None));
    let empty = get(&cloud, &format!("{PATH}/daily?period=2026-10")).await;
    assert_eq!((empty["used"].clone(), empty["days"].as_array().unwrap().len()), (json!(0), 31));
    let (status, wrong) =
        vendor(&cloud, Method::GET, &format!("{PATH}/daily?period=soon"), &Value::Null).await;
    assert_eq!((status, wrong["fields"][0]["field"].clone()), (422, json!("period")));
}

/// Day and tokens of the ledger's deductions, the first day first.
async fn entries_by_day(cloud: &Running) -> Vec<(String, i64)> {
    let mut days = std::collections::BTreeMap::new();
    for entry in page(cloud, "limit=100").await["data"].as_array().unwrap() {
        if entry["kind"] == "deduction" {
            let day = entry["at"].as_str().unwrap()[..10].to_owned();
            *days.entry(day).or_insert(0) += entry["tokens"].as_i64().unwrap().abs()
                + entry["from_included"].as_i64().unwrap_or_default();
        }
    }
    days.into_iter().collect()
}
