//! What is sold, and prices that change with notice (C2): announced once, the old price until then,
//! the new one from the first period on that begins with it, to the cent.

use http::Method;
use local::Running;
use serde_json::{Value, json};

use super::{
    at_stripe, invoices, open_account, paid, pay_session, preview, put, running, shop, show,
    stripe, subscribed, until, usd, what, wish,
};
use crate::world::{cloud, get, kinds, vendor};

pub(super) const CHANGES: &str = "/v1/staff/price-changes";
const UPCOMING: &str = "/v1/accounts/acme/invoices/upcoming";
pub(super) const SEAT: &str = "tollgate_team_month_seat";

pub(super) async fn staff(
    cloud: &Running,
    method: Method,
    path: &str,
    body: &Value,
) -> (u16, Value) {
    Box::pin(cloud.call(cloud.staff_key(), method, path, body)).await
}

pub(super) fn change(price: &str, amount: i64, effective_at: &str) -> Value {
    json!({ "price": price, "new_amount": amount, "effective_at": effective_at })
}

/// Announces a change, and lets it be told.
pub(super) async fn announce(cloud: &Running, change: &Value) -> Value {
    let (status, answer) = staff(cloud, Method::POST, CHANGES, change).await;
    assert_eq!(status, 201, "{answer}");
    cloud.clock().run_due().await;
    answer
}

async fn count(cloud: &Running, kind: &str) -> usize {
    kinds(cloud, "acme").await.iter().filter(|it| *it == kind).count()
}

/// A plan as `GET /v1/plans` shows it.
async fn plan(cloud: &Running, id: &str) -> Value {
    let plans = get(cloud, "/v1/plans").await;
    plans["data"].as_array().unwrap().iter().find(|plan| plan["id"] == id).unwrap().clone()
}

/// Goal: everybody with a key sees what is sold, in order, with the amounts that a new customer
/// pays (D1, D10).
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a row for each plan")]
async fn what_is_sold_is_shown_to_every_key() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let role = json!({ "role": "finance" });
    let (_, key) = vendor(&cloud, Method::POST, "/v1/accounts/acme/api-keys", &role).await;
    let key = key["secret"].as_str().or(key["key"].as_str()).unwrap();
    let (status, plans) = Box::pin(cloud.call(key, Method::GET, "/v1/plans", &Value::Null)).await;
    assert_eq!(status, 200, "{plans}");
    assert_eq!(plans["next_cursor"], Value::Null);
    let plans = &plans["data"];
    let ids: Vec<_> = plans.as_array().unwrap().iter().map(|plan| &plan["id"]).collect();
    assert_eq!(ids, ["free", "personal", "team", "business", "enterprise"]);
    let team = json!({
        "id": "team", "name": "Team", "seats": true, "seats_max": 500, "staff_only": false,
        "renews": "on_the_first",
        "prices": [
            { "interval": "month", "amount": usd(4_900), "seat_amount": usd(900) },
            { "interval": "year", "amount": usd(49_000), "seat_amount": usd(9_000) },
        ],
        "limits": { "sessions": null, "events": null, "enrichments": null, "storage": null },
        "included": {
            "sessions": 100_000, "events": 1_000_000, "enrichments": 250_000, "storage": 100_000,
        },
    });
    let mut shown = plans[2].clone();
    let resources = shown.as_object_mut().unwrap().remove("resources").unwrap();
    assert_eq!(shown, team);
    let sessions = resources.as_array().unwrap().iter().find(|it| it["id"] == "sessions").unwrap();
    assert_eq!((&sessions["included"], &sessions["beyond"]), (&json!(100_000), &json!("priced")));
    assert!(sessions["tiers"][0]["unit_amount"].is_string(), "{sessions}");
    assert_eq!((&plans[0]["prices"], &plans[0]["limits"]["sessions"]), (&json!([]), &json!(1_000)));
    assert_eq!(plans[4]["staff_only"], true);
    let (status, packs) =
        Box::pin(cloud.call(key, Method::GET, "/v1/credit-packs", &Value::Null)).await;
    assert_eq!(status, 200, "{packs}");
    let packs = &packs["data"];
    let eur = |amount: i64| json!({ "amount": amount, "currency": "eur" });
    for (nth, (id, tokens, amount)) in [
        ("starter", 1_000_000, 500),
        ("standard", 2_500_000, 1_000),
        ("pro", 7_000_000, 2_500),
        ("enterprise", 15_000_000, 5_000),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!((&packs[nth]["id"], &packs[nth]["tokens"]), (&json!(id), &json!(tokens)));
        assert_eq!(packs[nth]["price"], eur(amount));
    }
    for path in ["/v1/plans", "/v1/credit-packs"] {
        let (status, _) = Box::pin(cloud.call("nobody", Method::GET, path, &Value::Null)).await;
        assert_eq!(status, 401);
    }
    let role = json!({ "role": "member" });
    let (_, member) = vendor(&cloud, Method::POST, "/v1/accounts/acme/api-keys", &role).await;
    let member = member["secret"].as_str().unwrap();
    for path in ["/v1/plans", "/v1/credit-packs"] {
        let (status, list) = Box::pin(cloud.call(member, Method::GET, path, &Value::Null)).await;
        assert_eq!(status, 200, "{list}");
        for secret in ["price", "amount", "usd", "eur", "tiers"] {
            assert!(!list.to_string().contains(secret), "{path} tells `{secret}`: {list}");
        }
    }
    let (status, _) = vendor(&cloud, Method::GET, CHANGES, &Value::Null).await;
    assert_eq!(status, 403);
}

/// Goal: the account is told once and at once; the old price is charged until the change, and the
/// new one from the period on that begins with it, seats bought in between at the old price;
/// nothing is pro rata (C2).
#[tokio::test]
async fn a_running_subscription_pays_the_new_price_from_its_first_period_behind_it() {
    for (effective_at, january, february) in [
        ("2027-01-01T00:00:00Z", 1_000, 1_000),
        ("2027-01-01T00:00:01Z", 900, 1_000),
        ("2027-01-15T12:00:00Z", 900, 1_000),
    ] {
        let cloud = subscribed("team", "month", 3).await;
        let first = paid(&cloud);
        let told = announce(&cloud, &change(SEAT, 1_000, effective_at)).await;
        assert_eq!((&told["amount"], &told["new_amount"]), (&usd(900), &usd(1_000)));
        assert_eq!(count(&cloud, "price_change.announced").await, 1);
        let price = &plan(&cloud, "team").await["prices"][0];
        assert_eq!(price["seat_amount"], usd(900));
        let announced = json!([{ "effective_at": effective_at, "seat_amount": usd(1_000) }]);
        assert_eq!(price["announced"], announced);
        let shown = show(&cloud).await;
        let ahead = &shown["price_changes"][0];
        assert_eq!(
            (&ahead["part"], &ahead["effective_at"]),
            (&json!("seat"), &told["effective_at"])
        );
        assert_eq!((&ahead["amount"], &ahead["new_amount"]), (&usd(900), &usd(1_000)));
        assert_eq!(shown["current"]["seat_amount"], usd(900));

        until(&cloud, "2026-12-01T02:00:00Z").await;
        let next = usd(4_900 + 3 * january);
        assert_eq!(show(&cloud).await["next_renewal"], next, "{effective_at}");
        assert_eq!(get(&cloud, UPCOMING).await["total"], next, "{effective_at}");
        let december = 4_900 + 3 * 900;
        assert_eq!(paid(&cloud) - first, december);
        until(&cloud, "2027-01-01T02:00:00Z").await;
        let january = 4_900 + 3 * january;
        assert_eq!(paid(&cloud) - first, december + january, "{effective_at}");
        until(&cloud, "2027-02-01T02:00:00Z").await;
        let february = 4_900 + 3 * february;
        let shown = show(&cloud).await;
        assert_eq!(shown["price_changes"], json!([]), "{effective_at}: it is paid");
        assert_eq!(shown["current"]["seat_amount"], usd(1_000));
        assert_eq!(paid(&cloud) - first, december + january + february, "{effective_at}");
        assert_eq!(show(&cloud).await["next_renewal"], usd(4_900 + 3 * 1_000));
        assert_eq!(count(&cloud, "price_change.announced").await, 1);
        let price = &plan(&cloud, "team").await["prices"][0];
        assert_eq!((&price["seat_amount"], &price["announced"]), (&usd(1_000), &Value::Null));
        let (_, changes) = staff(&cloud, Method::GET, CHANGES, &Value::Null).await;
        assert_eq!(changes["data"][0]["state"], "in_force");
        let found = at_stripe(&cloud, &format!("/v1/prices?lookup_keys[]={SEAT}"));
        assert_eq!(found["data"][0]["unit_amount"], 1_000);
        assert_eq!(at_stripe(&cloud, "/v1/customers/cus_acme")["balance"], 0);
    }
}

/// Goal: who buys before the change pays the old price in the first period and the new one in the
/// next, and is told; who buys behind it pays the new price at once, to the second. Both see the
/// next renewal's price before they buy.
#[tokio::test]
async fn a_new_subscription_pays_what_is_in_force_when_it_begins() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    announce(&cloud, &change("tollgate_personal_month", 2_100, "2027-01-20T12:00:00Z")).await;
    let wish = wish("personal", "month", 1);
    let costs = async |at: &str| {
        until(&cloud, at).await;
        let preview = preview(&cloud, &wish).await;
        let amount = |name: &str| preview[name]["amount"].as_i64().unwrap();
        (amount("due_now"), amount("next_renewal"))
    };
    // 15.5 of December's 31 days are left, then 11.5 of January's: of 19.00 until the change, of 21.00 from then on.
    assert_eq!(costs("2026-12-16T12:00:00Z").await, (950, 1_900));
    assert_eq!(costs("2027-01-20T11:59:59Z").await, (705, 2_100));
    assert_eq!(costs("2027-01-20T12:00:00Z").await, (779, 2_100));
}

/// Goal: who buys before the change is told by the day after, pays the old price to the end of the
/// period and the new one with the next, though that is less than 30 days later: it was shown
/// before it was bought.
#[tokio::test]
async fn who_buys_behind_the_announcement_pays_the_new_price_with_the_next_period() {
    let cloud = shop().await;
    announce(&cloud, &change("tollgate_personal_month", 2_100, "2027-01-20T12:00:00Z")).await;
    until(&cloud, "2027-01-10T00:00:00Z").await;
    let (status, answer) = put(&cloud, &wish("personal", "month", 1)).await;
    assert_eq!(status, 202, "{answer}");
    pay_session(&cloud, answer["checkout_url"].as_str().unwrap(), "pm_card_visa");
    cloud.clock().run_due().await;
    // 22 of January's 31 days are left.
    assert_eq!(paid(&cloud), 1_348);
    until(&cloud, "2027-01-11T00:00:00Z").await;
    assert_eq!(count(&cloud, "price_change.announced").await, 1);
    assert_eq!(show(&cloud).await["next_renewal"], usd(2_100));
    until(&cloud, "2027-02-01T02:00:00Z").await;
    assert_eq!(paid(&cloud), 1_348 + 2_100);
}

/// Goal: what cannot be announced is refused by its field, and a change is withdrawn until it takes
/// effect.
#[tokio::test]
async fn what_can_not_be_announced_is_refused_by_its_field() {
    let cloud = cloud().await;
    let good = change(SEAT, 1_000, "2026-12-22T09:00:00Z");
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body
    };
    for (body, field) in [
        (with("price", json!("tollgate_gold_month")), "price"),
        (with("price", json!("tollgate_pack_starter")), "price"),
        (with("new_amount", json!(900)), "new_amount"),
        (with("new_amount", json!(-1)), "new_amount"),
        (with("new_amount", json!(100_000_000)), "new_amount"),
        (with("new_amount", json!(9.5)), "new_amount"),
        (with("new_amount", json!("1000")), "new_amount"),
        (with("new_amount", json!({ "amount": 1_000 })), "new_amount"),
        (with("new_amount", json!({ "amount": 1_000, "currency": "eur" })), "new_amount"),
        (with("effective_at", json!("2026-12-22T08:59:59Z")), "effective_at"),
        (with("effective_at", json!("2028-11-22T00:00:00Z")), "effective_at"),
        (with("effective_at", json!("soon")), "effective_at"),
    ] {
        let (status, answer) = staff(&cloud, Method::POST, CHANGES, &body).await;
        assert_eq!((status, &answer["fields"][0]["field"]), (422, &json!(field)), "{answer}");
    }
    let made = announce(&cloud, &with("new_amount", usd(1_000))).await;
    let again = announce(&cloud, &good).await;
    assert_eq!(made["id"], again["id"], "the same again is the same");
    let (status, answer) =
        staff(&cloud, Method::POST, CHANGES, &with("new_amount", json!(1_100))).await;
    assert_eq!((status, &answer["fields"][0]["field"]), (422, &json!("price")), "{answer}");
    announce(&cloud, &change("tollgate_team_month", 5_900, "2026-12-22T09:00:00Z")).await;

    let one = format!("{CHANGES}/{}", made["id"].as_str().unwrap());
    for _ in 0..2 {
        let (status, answer) = staff(&cloud, Method::DELETE, &one, &Value::Null).await;
        assert_eq!((status, &answer["state"]), (200, &json!("withdrawn")), "{answer}");
    }
    let other = format!("{CHANGES}/pc_unknown");
    assert_eq!(staff(&cloud, Method::DELETE, &other, &Value::Null).await.0, 404);
    announce(&cloud, &with("new_amount", json!(1_100))).await;
    until(&cloud, "2026-12-21T09:00:00Z").await;
    let (_, all) = staff(&cloud, Method::GET, CHANGES, &Value::Null).await;
    let all = all["data"].as_array().unwrap();
    let last = all.iter().find(|it| it["new_amount"] == usd(1_100)).unwrap();
    let path = format!("{CHANGES}/{}", last["id"].as_str().unwrap());
    let (status, answer) = staff(&cloud, Method::DELETE, &path, &Value::Null).await;
    assert_eq!((status, &answer["code"]), (409, &json!("price_change_in_force")));
}

/// Goal: a withdrawn change is told of once and charges nobody; once subscriptions have its price,
/// it cannot be withdrawn.
#[tokio::test]
async fn a_withdrawn_change_charges_nobody() {
    for at in ["2026-11-30T00:00:00Z", "2026-12-31T20:00:00Z"] {
        let cloud = subscribed("team", "month", 3).await;
        let made = announce(&cloud, &change(SEAT, 1_000, "2027-01-01T00:00:00Z")).await;
        until(&cloud, at).await;
        let seat = |cloud: &Running| {
            let items = running(cloud)["items"]["data"].clone();
            let amounts =
                items.as_array().unwrap().iter().map(|it| it["price"]["unit_amount"].clone());
            amounts.collect::<Vec<_>>()
        };
        let swapped = at.starts_with("2026-12-31");
        assert_eq!(seat(&cloud).contains(&json!(1_000)), swapped, "{at}");
        let path = format!("{CHANGES}/{}", made["id"].as_str().unwrap());
        let (status, answer) = staff(&cloud, Method::DELETE, &path, &Value::Null).await;
        let before = paid(&cloud);
        if swapped {
            assert_eq!((status, &answer["code"]), (409, &json!("price_change_in_force")));
            until(&cloud, "2027-01-01T02:00:00Z").await;
            assert_eq!(paid(&cloud) - before, 4_900 + 3 * 1_000, "{at}");
            continue;
        }
        assert_eq!(status, 200, "{answer}");
        cloud.clock().run_due().await;
        assert_eq!(seat(&cloud), [4_900, 900].map(|amount| json!(amount)), "{at}");
        until(&cloud, "2027-01-01T02:00:00Z").await;
        assert_eq!(paid(&cloud) - before, 2 * (4_900 + 3 * 900), "{at}");
        assert_eq!(count(&cloud, "price_change.withdrawn").await, 1);
    }
}

/// Goal: a negotiated price of the same plan is neither announced nor changed.
#[tokio::test]
async fn a_negotiated_price_stays() {
    let cloud = subscribed("team", "month", 3).await;
    let negotiated = stripe(
        &cloud,
        "/v1/prices",
        "product=tollgate_plan_team&currency=usd&unit_amount=900&recurring[interval]=month&\
         metadata[tollgate_plan]=team&metadata[tollgate_part]=seat",
    );
    let subscription = running(&cloud);
    let items = subscription["items"]["data"].as_array().unwrap();
    let seats = items.iter().find(|it| it["price"]["unit_amount"] == 900).unwrap();
    let form = format!(
        "items[0][id]={}&items[0][price]={}&items[0][quantity]=3&proration_behavior=none",
        seats["id"].as_str().unwrap(),
        negotiated["id"].as_str().unwrap()
    );
    stripe(&cloud, &format!("/v1/subscriptions/{}", subscription["id"].as_str().unwrap()), &form);
    cloud.clock().run_due().await;
    announce(&cloud, &change(SEAT, 1_000, "2027-01-01T00:00:00Z")).await;
    until(&cloud, "2026-12-31T00:00:00Z").await;
    let before = paid(&cloud);
    until(&cloud, "2027-01-01T02:00:00Z").await;
    assert_eq!(paid(&cloud) - before, 4_900 + 3 * 900);
    assert_eq!(count(&cloud, "price_change.announced").await, 0);
}

/// Goal: fewer seats that are booked for the same day come with the new price, and a smaller plan
/// with its own.
#[tokio::test]
async fn a_booked_change_comes_with_the_new_price() {
    for (wished, amount) in
        [(wish("team", "month", 1), 4_900 + 1_000), (wish("personal", "month", 1), 1_900)]
    {
        let cloud = subscribed("team", "month", 3).await;
        announce(&cloud, &change(SEAT, 1_000, "2027-01-01T00:00:00Z")).await;
        until(&cloud, "2026-12-20T00:00:00Z").await;
        let before = paid(&cloud);
        let (status, answer) = put(&cloud, &wished).await;
        assert_eq!(status, 200, "{answer}");
        until(&cloud, "2027-01-01T02:00:00Z").await;
        assert_eq!(what(&show(&cloud).await), what(&wished));
        assert_eq!(paid(&cloud) - before, amount, "{wished}: {:?}", invoices(&cloud));
        assert_eq!(at_stripe(&cloud, "/v1/customers/cus_acme")["balance"], 0);
    }
}

/// Goal: a plan that is booked begins at the price that was announced for it by then, and that is
/// shown before.
#[tokio::test]
async fn a_booked_plan_begins_at_its_announced_price() {
    let cloud = subscribed("team", "month", 3).await;
    announce(&cloud, &change("tollgate_personal_month", 2_100, "2027-01-01T00:00:00Z")).await;
    assert_eq!(count(&cloud, "price_change.announced").await, 0, "it does not pay that price");
    until(&cloud, "2026-12-20T00:00:00Z").await;
    let before = paid(&cloud);
    let wish = wish("personal", "month", 1);
    assert_eq!(preview(&cloud, &wish).await["next_renewal"], usd(2_100));
    assert_eq!(put(&cloud, &wish).await.0, 200);
    assert_eq!(show(&cloud).await["next_renewal"], usd(2_100));
    assert_eq!(get(&cloud, UPCOMING).await["total"], usd(2_100));
    until(&cloud, "2027-01-01T02:00:00Z").await;
    assert_eq!(paid(&cloud) - before, 2_100);
}

/// Goal: who is told late keeps the old price for a period more: 30 days are 30 days.
#[tokio::test]
async fn who_is_told_late_keeps_the_old_price_longer() {
    let cloud = subscribed("team", "month", 3).await;
    // Nobody is told for weeks: Stripe cannot be called.
    cloud.set_stripe_keys(vec!["sk_live_of_another_mode".to_owned()]);
    let body = change(SEAT, 1_000, "2027-01-01T00:00:00Z");
    assert_eq!(staff(&cloud, Method::POST, CHANGES, &body).await.0, 201);
    until(&cloud, "2026-12-05T00:00:00Z").await;
    assert_eq!(count(&cloud, "price_change.announced").await, 0);
    cloud.set_stripe_keys(vec!["sk_test_tollgate_local".to_owned()]);
    until(&cloud, "2026-12-20T00:00:00Z").await;
    assert_eq!(count(&cloud, "price_change.announced").await, 1);
    let before = paid(&cloud);
    until(&cloud, "2027-01-01T02:00:00Z").await;
    assert_eq!(paid(&cloud) - before, 4_900 + 3 * 900, "told on 5 December");
    until(&cloud, "2027-02-01T02:00:00Z").await;
    assert_eq!(paid(&cloud) - before, 4_900 + 3 * 900 + 4_900 + 3 * 1_000);
}
