//! Deductions and reservations (D12, D16, D17).

use http::Method;
use serde_json::{Value, json};

use super::{PATH, advance, balance, deduct, grant, ledger, settled, shop, show};
use crate::world::{get, post_with_key, vendor};

/// Goal: what the plan includes comes first, then credits; the same key takes once and answers the
/// same; and what does not fit takes nothing and says what would help.
#[tokio::test]
async fn a_deduction_takes_once_and_all_or_nothing() {
    let cloud = shop().await;
    grant(&cloud, 500).await;
    assert_eq!(show(&cloud).await.get("runway_days"), None, "nothing was deducted");
    let (status, first) = deduct(&cloud, "job-1", 1_200).await;
    assert_eq!(status, 201, "{first}");
    assert_eq!((&first["from_included"], &first["from_credits"]), (&json!(1_000), &json!(200)));
    assert_eq!(first["balance"], 300);
    assert_eq!(deduct(&cloud, "job-1", 1_200).await, (201, first), "the same again");
    let (status, other) = deduct(&cloud, "job-1", 1_201).await;
    assert_eq!((status, &other["code"]), (409, &json!("idempotency_key_reused")));
    let (status, short) = deduct(&cloud, "job-2", 301).await;
    assert_eq!((status, &short["code"]), (402, &json!("insufficient_credits")));
    let said = short["reasons"][0]["clears_by"].as_str().unwrap();
    assert!(said.contains("Buying a pack") && said.contains("2026-12-01"), "{said}");
    assert_eq!(balance(&cloud).await, 300);
    // 1,200 in 30 days are 40 a day, so 300 last for seven and a half.
    assert_eq!(show(&cloud).await["runway_days"], 7);
    let usage = get(&cloud, "/v1/accounts/acme/usage").await;
    let resources = usage["resources"].as_array().unwrap();
    let tokens = resources.iter().find(|it| it["id"] == "enrichments").unwrap();
    assert_eq!((&tokens["used"], &tokens["credits"]), (&json!(1_200), &json!(200)));
    assert_eq!(tokens["billed"], 0, "what takes credits is not invoiced");
    let (status, last) = deduct(&cloud, "job-2", 300).await;
    assert_eq!((status, &last["balance"]), (201, &json!(0)), "a refusal does not use up its key");
    let expected = [("adjustment", 500, 500), ("deduction", -200, 300), ("deduction", -300, 0)];
    let ledger = ledger(&cloud).await;
    let told: Vec<_> = ledger.iter().map(|(kind, t, b)| (kind.as_str(), *t, *b)).collect();
    assert_eq!(told, expected);
    // The next month includes 1,000 again; credits are what is left of them.
    advance(&cloud, "9d").await;
    let shown = show(&cloud).await;
    assert_eq!(
        shown["included"],
        json!({
            "allocation": 1_000, "used": 0, "resets_at": "2027-01-01T00:00:00Z",
        })
    );
    assert_eq!(deduct(&cloud, "job-3", 1_000).await.0, 201);
}

/// Goal: two hundred deductions at once take what they take, each once, and never more than there
/// is.
#[tokio::test]
async fn two_hundred_deductions_at_once_add_up() {
    let cloud = shop().await;
    grant(&cloud, 1_500).await;
    let requests = (0..200).map(|nth| {
        let body = bytes::Bytes::from(json!({ "tokens": 10 }).to_string());
        http::Request::post(format!("{PATH}/deductions"))
            .header("authorization", format!("Bearer {}", cloud.vendor_key()))
            // Every key comes twice.
            .header("idempotency-key", format!("job-{}", nth / 2))
            .body(body)
            .unwrap()
    });
    let answers = Box::pin(cloud.send_together(requests.collect())).await;
    for answer in &answers {
        let body = String::from_utf8_lossy(answer.body());
        assert_eq!(answer.status(), 201, "{body}");
    }
    // A hundred jobs of ten tokens are what is included, to the token.
    let shown = show(&cloud).await;
    assert_eq!((&shown["included"]["used"], &shown["balance"]), (&json!(1_000), &json!(1_500)));
    assert_eq!(ledger(&cloud).await.len(), 101);
}

/// Goal: a reservation takes its tokens out of what others can use, settles at most at them, once,
/// and gives the rest back; one whose time is over gives way to a deduction that needs it.
#[tokio::test]
async fn a_reservation_holds_settles_and_expires() {
    let cloud = shop().await;
    grant(&cloud, 500).await;
    let path = format!("{PATH}/reservations");
    let body = json!({ "tokens": 1_300, "ttl_seconds": 3_600 });
    let (status, held) = post_with_key(&cloud, &path, "job-1", &body).await;
    assert_eq!(status, 201, "{held}");
    assert_eq!(held["expires_at"], "2026-11-22T10:00:00Z");
    assert_eq!(post_with_key(&cloud, &path, "job-1", &body).await, (201, held.clone()));
    let shown = show(&cloud).await;
    assert_eq!((&shown["balance"], &shown["reserved"]), (&json!(500), &json!(300)));
    assert_eq!(deduct(&cloud, "job-2", 201).await.0, 402, "300 of 500 are held");
    let end = format!("{path}/{}/settle", held["id"].as_str().unwrap());
    for (tokens, status, code) in [
        (1_301, 409, json!("more_than_reserved")),
        (1_100, 200, Value::Null),
        (1_100, 200, Value::Null),
        (1_000, 409, json!("reservation_settled")),
    ] {
        let (answered, answer) =
            vendor(&cloud, Method::POST, &end, &json!({ "tokens": tokens })).await;
        assert_eq!((answered, &answer["code"]), (status, &code), "{tokens}: {answer}");
    }
    let shown = show(&cloud).await;
    assert_eq!((&shown["balance"], &shown["reserved"]), (&json!(400), &json!(0)));

    let body = json!({ "tokens": 400, "ttl_seconds": 60 });
    let (status, late) = vendor(&cloud, Method::POST, &path, &body).await;
    assert_eq!(status, 201, "{late}");
    assert_eq!(deduct(&cloud, "job-3", 100).await.0, 402);
    advance(&cloud, "1m").await;
    assert_eq!(deduct(&cloud, "job-3", 100).await.0, 201, "nobody holds them any more");
    let end = format!("{path}/{}", late["id"].as_str().unwrap());
    let (status, answer) =
        vendor(&cloud, Method::POST, &format!("{end}/settle"), &json!({ "tokens": 1 })).await;
    assert_eq!((status, &answer["code"]), (409, &json!("reservation_expired")));
    let released = vendor(&cloud, Method::POST, &format!("{end}/release"), &Value::Null).await;
    assert_eq!((released.0, &released.1["status"]), (200, &json!("released")));
    assert_eq!(balance(&cloud).await, 300);
    ledger(&cloud).await;
}

/// Goal: the history is paged and exported, every entry with the balance behind it and its cause
/// (D15).
#[tokio::test]
async fn the_ledger_is_paged_and_exported() {
    let cloud = shop().await;
    grant(&cloud, 100).await;
    for nth in 1..=7 {
        advance(&cloud, "1h").await;
        assert_eq!(
            deduct(&cloud, &format!("job-{nth}"), 1_000 / nth).await.0,
            if nth == 1 { 201 } else { 402 }
        );
        let path = format!("{PATH}/deductions");
        let body = json!({ "tokens": nth, "reason": format!("=job, \"{nth}\"") });
        assert_eq!(post_with_key(&cloud, &path, &format!("small-{nth}"), &body).await.0, 201);
    }
    let mut balances = Vec::new();
    let mut path = format!("{PATH}/transactions?limit=3");
    loop {
        let page = get(&cloud, &path).await;
        let data = page["data"].as_array().unwrap().clone();
        balances.extend(data.iter().map(|it| it["balance_after"].as_i64().unwrap()));
        assert!(data.iter().all(|it| it["cause"]["type"].is_string()), "{page}");
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("{PATH}/transactions?limit=3&cursor={}", cursor.replace('#', "%23"));
    }
    let expected = [72, 79, 85, 90, 94, 97, 99, 100, 100];
    assert_eq!(balances, expected, "the newest first");
    let request = http::Request::get(format!("{PATH}/transactions.csv"))
        .header("authorization", format!("Bearer {}", cloud.vendor_key()))
        .body(bytes::Bytes::new())
        .unwrap();
    let answer = Box::pin(cloud.send(request)).await;
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
    let csv = String::from_utf8_lossy(answer.body()).into_owned();
    let rows: Vec<_> = csv.lines().collect();
    assert_eq!(rows.len(), 10, "{csv}");
    assert!(rows[9].contains(",deduction,-7,0,72,\"'=job, \"\"7\"\"\","), "{}", rows[9]);
    settled(&cloud).await;
}
