//! The first paid plan, bought on Stripe's page.

use http::Method;
use serde_json::{Value, json};

use super::{
    PATH, at_stripe, invoices, paid, pay_session, preview, put, running, shop, show, stripe, until,
    usd, what, wish,
};
use crate::world::{access, get, kinds, vendor};

/// Goal: the first paid plan is bought on Stripe's page, pro rata until the next first, and is in
/// force once it is paid (C3, C4, D3); from then on it renews on the first.
#[tokio::test]
async fn the_first_paid_plan_is_bought_on_stripes_page() {
    let cloud = shop().await;
    let free = show(&cloud).await;
    assert_eq!((what(&free), &free["next_renewal"]), (("free", "", 0), &Value::Null));

    // 4,900 × 0.2875 = 1,408.75 and 3 × 900 × 0.2875 = 776.25.
    let told = preview(&cloud, &wish("team", "month", 3)).await;
    assert_eq!((&told["effective"], &told["due_now"]), (&json!("now"), &usd(1_409 + 776)));
    assert_eq!(told["next_renewal"], usd(4_900 + 2_700));

    let (status, answer) = put(&cloud, &wish("team", "month", 3)).await;
    assert_eq!(status, 202, "{answer}");
    assert_eq!(what(&show(&cloud).await).0, "free", "nothing is paid yet");
    let url = answer["checkout_url"].as_str().unwrap();
    let (status, refused) = pay_session(&cloud, url, "pm_card_visa_chargeDeclined");
    assert_eq!(status, 402, "{refused}");
    cloud.clock().run_due().await;
    assert_eq!((what(&show(&cloud).await).0, paid(&cloud)), ("free", 0), "declined");
    assert_eq!(pay_session(&cloud, url, "pm_card_visa").0, 200);
    cloud.clock().run_due().await;

    let bought = show(&cloud).await;
    assert_eq!(what(&bought), ("team", "month", 3));
    assert_eq!(bought["renews_at"], "2026-12-01T00:00:00Z");
    assert_eq!(bought["next_renewal"], usd(7_600));
    assert_eq!(paid(&cloud), 2_185);
    assert_eq!(get(&cloud, "/v1/accounts/acme").await["plan"], "team");
    until(&cloud, "2026-12-02T00:00:00Z").await;
    assert_eq!(paid(&cloud), 2_185 + 7_600);
    assert_eq!(show(&cloud).await["renews_at"], "2027-01-01T00:00:00Z");
    assert_eq!(access(&cloud, "acme").await, "full");
}

/// Goal: the same wish has the same page, another wish closes it, and what is bought cannot be
/// bought again: there is one subscription.
#[tokio::test]
async fn there_is_one_page_at_a_time() {
    let cloud = shop().await;
    let url = |answer: (u16, Value)| {
        assert_eq!(answer.0, 202, "{}", answer.1);
        answer.1["checkout_url"].as_str().unwrap().to_owned()
    };
    let first = url(put(&cloud, &wish("team", "month", 3)).await);
    assert_eq!(url(put(&cloud, &wish("team", "month", 3)).await), first);
    let second = url(put(&cloud, &wish("personal", "year", 1)).await);
    assert_ne!(second, first);
    assert!(pay_session(&cloud, &first, "pm_card_visa").0 >= 400, "it was closed");
    assert_eq!(pay_session(&cloud, &second, "pm_card_visa").0, 200);
    // Before Stripe's event comes, the wish finds what was bought, and that it is the same.
    let (status, answer) = put(&cloud, &wish("personal", "year", 1)).await;
    assert_eq!((status, what(&answer)), (200, ("personal", "year", 1)), "{answer}");
    cloud.clock().run_due().await;
    running(&cloud);
    // 19,000 × 745,200 / 31,536,000 (the year from 2025-12-01) = 448.97.
    assert_eq!(invoices(&cloud), [("paid".to_owned(), 449, 449)]);
}

/// Goal: a page that was not used is of no use after a day, and the same wish gets another.
#[tokio::test]
async fn a_page_that_expired_is_replaced() {
    let cloud = shop().await;
    let (_, first) = put(&cloud, &wish("team", "month", 3)).await;
    cloud.clock().advance("25h").await.unwrap();
    let (status, second) = put(&cloud, &wish("team", "month", 3)).await;
    assert_eq!(status, 202, "{second}");
    assert_ne!(first, second);
    let url = second["checkout_url"].as_str().unwrap();
    assert_eq!(pay_session(&cloud, url, "pm_card_visa").0, 200);
}

/// Goal: people are sent back only to where they may be, and each wrong field is named.
#[tokio::test]
async fn wrong_fields_are_named() {
    let cloud = shop().await;
    let fields = |answer: &Value| {
        let fields = answer["fields"].as_array().unwrap().iter();
        fields.map(|field| field["field"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let here = cloud.gateway_url().to_owned();
    let mut good = wish("team", "month", 3);
    good["success_url"] = json!(format!("{here}/done"));
    good["cancel_url"] = json!(here);
    assert_eq!(put(&cloud, &good).await.0, 202);
    let mut elsewhere = good.clone();
    elsewhere["success_url"] = json!("https://evil.example/");
    for (body, expected) in [
        (elsewhere, vec!["success_url"]),
        (wish("gold", "month", 1), vec!["plan"]),
        (wish("free", "month", 1), vec!["plan"]),
        (wish("enterprise", "month", 1), vec!["plan"]),
        (wish("team", "week", 1), vec!["interval"]),
        (wish("team", "month", 0), vec!["seats"]),
        (wish("team", "month", 501), vec!["seats"]),
        (wish("team", "month", 1_000_000_001), vec!["seats"]),
        (wish("personal", "month", 2), vec!["seats"]),
        (json!({ "plan": "team", "interval": "month" }), vec!["seats"]),
    ] {
        let (status, answer) = put(&cloud, &body).await;
        assert_eq!(status, 422, "{body}: {answer}");
        assert_eq!(fields(&answer), expected, "{body}");
        if !body["success_url"].is_string() {
            let path = format!("{PATH}/preview");
            assert_eq!(vendor(&cloud, Method::POST, &path, &body).await.0, 422, "{body}");
        }
    }
    let personal = json!({ "plan": "personal", "interval": "month" });
    assert_eq!(put(&cloud, &personal).await.0, 202, "no seats, nothing to say of them");
    assert!(!kinds(&cloud, "acme").await.contains(&"subscription.changed".to_owned()));
}

/// Goal: two pages that were both paid leave one subscription: the older; what was paid for the
/// newer is credit, and the journal says so.
#[tokio::test]
async fn two_pages_that_are_paid_leave_one_subscription() {
    let cloud = shop().await;
    let (_, first) = put(&cloud, &wish("team", "month", 3)).await;
    // A page that a broken-off request left behind.
    let price = at_stripe(&cloud, "/v1/prices?lookup_keys[]=tollgate_personal_month");
    let form = format!(
        "mode=subscription&customer=cus_acme&success_url=https://x.example&line_items[0][quantity]=1\
         &line_items[0][price]={}&subscription_data[metadata][tollgate_account]=acme\
         &subscription_data[metadata][tollgate_intent]=lost",
        price["data"][0]["id"].as_str().unwrap()
    );
    let second = stripe(&cloud, "/v1/checkout/sessions", &form);
    assert_eq!(pay_session(&cloud, first["checkout_url"].as_str().unwrap(), "pm_card_visa").0, 200);
    cloud.clock().advance("1m").await.unwrap();
    assert_eq!(pay_session(&cloud, second["url"].as_str().unwrap(), "pm_card_visa").0, 200);
    cloud.clock().advance("5m").await.unwrap();

    let items = running(&cloud)["items"]["data"].as_array().unwrap().len();
    assert_eq!((items, what(&show(&cloud).await)), (2, ("team", "month", 3)));
    let balance = at_stripe(&cloud, "/v1/customers/cus_acme")["balance"].as_i64().unwrap();
    assert!((-1_900..-1_890).contains(&balance), "{balance}");
    let page = get(&cloud, "/v1/accounts/acme/timeline?limit=100").await;
    assert!(page.to_string().contains("bought twice"), "{page}");
}
