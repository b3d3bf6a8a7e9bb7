//! Pages, prices and details that other changes overtake: the page of an account whose terms
//! change, the price at the next renewal, an address that two change at once (XC5, XC8, XE6).

use bytes::Bytes;
use http::{Method, Request};
use local::Running;
use local::gate::{Faults, Mode};
use serde_json::{Value, json};

use super::price_changes::{announce, change};
use super::{
    PATH, at_stripe, pay_session, preview, put, running, shop, show, stripe, subscribed, until,
    usd, wish,
};
use crate::world::{get, vendor};

fn open_pages(cloud: &Running) -> usize {
    let open = at_stripe(cloud, "/v1/checkout/sessions?customer=cus_acme&status=open");
    open["data"].as_array().unwrap().len()
}

/// Goal: a page that could not be paid is not made: a pending item in another currency is refused
/// by the change as it is by its preview.
#[tokio::test]
async fn a_page_that_cannot_be_paid_is_not_made() {
    let cloud = shop().await;
    let item = "customer=cus_acme&amount=500&currency=eur&description=Setup";
    stripe(&cloud, "/v1/invoiceitems", item);
    let body = wish("team", "month", 3);
    let path = format!("{PATH}/preview");
    let (status, refused) = vendor(&cloud, Method::POST, &path, &body).await;
    assert_eq!((status, &refused["code"]), (409, &json!("refused_by_stripe")), "{refused}");

    let (status, answer) = put(&cloud, &body).await;

    assert_eq!((status, &answer["code"]), (409, &json!("refused_by_stripe")), "{answer}");
    assert_eq!(open_pages(&cloud), 0);
}

/// Goal: a page made under other terms of payment cannot be paid any more.
#[tokio::test]
async fn other_terms_close_an_open_page() {
    let cloud = shop().await;
    let (status, answer) = put(&cloud, &wish("team", "month", 3)).await;
    assert_eq!((status, open_pages(&cloud)), (202, 1), "{answer}");
    let url = answer["checkout_url"].as_str().unwrap().to_owned();

    let terms = json!({ "collection": "manual", "net_days": 30 });
    let path = "/v1/staff/accounts/acme/collection";
    let set = Box::pin(cloud.call(cloud.staff_key(), Method::PUT, path, &terms)).await;

    assert_eq!((set.0, open_pages(&cloud)), (200, 0), "{set:?}");
    assert!(pay_session(&cloud, &url, "pm_card_visa").0 >= 400);
    let (status, begun) = put(&cloud, &wish("team", "month", 3)).await;
    assert_eq!((status, &begun["plan"]), (200, &json!("team")), "{begun}");
}

/// Goal: a preview of another plan shows the price of the renewal, announced by then, as it will be
/// charged.
#[tokio::test]
async fn a_preview_shows_the_price_of_the_renewal() {
    price_of_the_renewal([
        ("2027-04-03T00:00:00Z", "2027-06-01T00:00:00Z", "2027-04-03T00:00:00Z", 59_000),
        ("2027-04-03T00:00:00Z", "2027-12-01T00:00:00Z", "2027-04-03T00:00:00Z", 59_000),
    ])
    .await;
}

/// Goal: a price that is announced too late for the renewal is not shown in its preview.
#[tokio::test]
async fn a_preview_shows_no_price_that_comes_too_late() {
    price_of_the_renewal([
        ("2027-04-03T00:00:00Z", "2027-12-01T00:00:01Z", "2027-04-03T00:00:00Z", 49_000),
        // Within the last 30 days: there is no time for a notice any more.
        ("2027-10-15T00:00:00Z", "2027-11-20T00:00:00Z", "2027-11-10T00:00:00Z", 49_000),
    ])
    .await;
}

/// Times of an announcement, of its effect and of a change, and the price that is shown and
/// charged.
async fn price_of_the_renewal(cases: [(&str, &str, &str, i64); 2]) {
    for (announced_at, effective_at, changed_at, expected) in cases {
        let cloud = subscribed("personal", "year", 1).await;
        until(&cloud, announced_at).await;
        announce(&cloud, &change("tollgate_team_year", 59_000, effective_at)).await;
        until(&cloud, changed_at).await;
        let renews = show(&cloud).await["renews_at"].as_str().unwrap().to_owned();
        let team = wish("team", "year", 1);

        let told = preview(&cloud, &team).await;

        assert_eq!(told["next_renewal"], usd(expected + 9_000), "{effective_at}: {told}");
        assert_eq!(put(&cloud, &team).await.0, 200);
        cloud.clock().advance("1d").await.unwrap();
        assert_eq!(show(&cloud).await["next_renewal"], usd(expected + 9_000), "{effective_at}");
        cloud.clock().advance_to(billing::time::Timestamp::parse(&renews).unwrap()).await;
        cloud.clock().advance("3h").await.unwrap();
        let last = super::invoices(&cloud).last().unwrap().clone();
        assert_eq!(last.1, expected + 9_000, "{effective_at}: {last:?}");
    }
}

/// Goal: two changes of one address at once lose no field; a field that Stripe's customer got
/// meanwhile stays.
#[tokio::test]
async fn two_changes_of_an_address_lose_no_field() {
    let details = "/v1/accounts/acme/billing-details";
    for seed in 0..6 {
        let cloud = subscribed("team", "month", 3).await;
        stripe(&cloud, "/v1/customers/cus_acme", "address[line2]=3rd+floor");
        let bodies =
            [json!({ "address": { "city": "Bonn" } }), json!({ "address": { "line1": "Weg 1" } })];
        let requests = bodies.iter().map(|body| {
            Request::patch(details)
                .header("authorization", format!("Bearer {}", cloud.vendor_key()))
                .header("content-type", "application/json")
                .body(Bytes::from(body.to_string()))
                .unwrap()
        });
        cloud.gate().set_mode(Mode::Stepped(Faults::default()), seed);
        let answers = Box::pin(cloud.send_together(requests.collect())).await;
        cloud.gate().set_mode(Mode::Free(Faults::default()), seed);
        for (answer, body) in answers.iter().zip(&bodies) {
            let status = answer.status().as_u16();
            assert!([200, 409].contains(&status), "seed {seed}: {answer:?}");
            if status == 409 {
                assert_eq!(vendor(&cloud, Method::PATCH, details, body).await.0, 200);
            }
        }

        let address = at_stripe(&cloud, "/v1/customers/cus_acme")["address"].clone();
        let field = |name: &str| address[name].as_str().unwrap_or_default().to_owned();
        assert_eq!(
            ["city", "line1", "line2", "country"].map(field),
            ["Bonn", "Weg 1", "3rd floor", "DE"],
            "seed {seed}"
        );
        let shown = get(&cloud, "/v1/accounts/acme").await["billing_details"]["address"].clone();
        assert_eq!((&shown["city"], &shown["line1"]), (&json!("Bonn"), &json!("Weg 1")));
    }
}

/// Goal: a cancellation leaves no page behind that could be paid.
#[tokio::test]
async fn a_cancellation_leaves_no_page() {
    let cloud = subscribed("team", "month", 3).await;
    let items = "line_items[0][price]=";
    let price = running(&cloud)["items"]["data"][0]["price"]["id"].as_str().unwrap().to_owned();
    let form = format!(
        "customer=cus_acme&mode=subscription&{items}{price}&line_items[0][quantity]=1\
         &success_url=http://127.0.0.1:3000/&metadata[tollgate_account]=acme&metadata[tollgate_content]=c"
    );
    stripe(&cloud, "/v1/checkout/sessions", &form);
    assert_eq!(open_pages(&cloud), 1);

    assert_eq!(vendor(&cloud, Method::DELETE, PATH, &Value::Null).await.0, 202);

    assert_eq!(open_pages(&cloud), 0);
}
