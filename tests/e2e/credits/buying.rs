//! A pack is bought in Checkout and granted once, when it is paid (D11, money rules 24 and 25).

use http::Method;
use serde_json::{Value, json};

use super::{
    PATH, advance, at_stripe, balance, bought, buy, ledger, pay, payments, settled, shop, stripe,
    taken,
};
use crate::world::{get, kinds, post, post_with_key};

/// Goal: the credits are there as soon as somebody comes back from Checkout and asks, before any
/// webhook; and all of Stripe's events, told twice, change nothing more.
#[tokio::test]
async fn a_pack_is_granted_once_however_it_is_told() {
    let cloud = shop().await;
    let path = format!("{PATH}/purchases");
    let body = json!({ "pack": "starter" });
    let (status, purchase) = post_with_key(&cloud, &path, "order-1", &body).await;
    assert_eq!(status, 201, "{purchase}");
    assert_eq!(
        (&purchase["tokens"], &purchase["price"]["amount"]),
        (&json!(1_000_000), &json!(500))
    );
    assert_eq!(post_with_key(&cloud, &path, "order-1", &body).await, (201, purchase.clone()));
    let other = json!({ "pack": "pro" });
    assert_eq!(post_with_key(&cloud, &path, "order-1", &other).await.0, 409);
    assert_eq!(balance(&cloud).await, 0);
    let (status, page) = pay(&cloud, purchase["checkout_url"].as_str().unwrap(), "pm_card_visa");
    assert_eq!(status, 200, "{page}");
    let path = format!("{path}/{}", purchase["id"].as_str().unwrap());
    let shown = get(&cloud, &path).await;
    assert_eq!((&shown["status"], &shown["checkout_url"]), (&json!("paid"), &Value::Null));
    assert_eq!(balance(&cloud).await, 1_000_000);
    settled(&cloud).await;
    for event in at_stripe(&cloud, "/v1/events?limit=100")["data"].as_array().unwrap() {
        let kind = event["type"].as_str().unwrap();
        if kind.starts_with("checkout.") || kind.starts_with("payment_intent.s") {
            post(&cloud, event, "unchanged").await;
        }
    }
    assert_eq!(ledger(&cloud).await, [("purchase".to_owned(), 1_000_000, 1_000_000)]);
    assert_eq!(kinds(&cloud, "acme").await, ["account.created", "credits.purchased"]);
    assert_eq!(taken(&cloud), 500);
    let timeline = get(&cloud, "/v1/accounts/acme/timeline").await;
    let summary = timeline["data"][0]["summary"].as_str().unwrap();
    assert!(summary.starts_with("1,000,000 credits were bought for 5.00 EUR"), "{summary}");
}

/// Goal: the webhook alone does it as well; a declined card and a page that nobody paid grant
/// nothing.
#[tokio::test]
async fn only_what_is_paid_is_granted() {
    let cloud = shop().await;
    bought(&cloud, "standard").await;
    assert_eq!(balance(&cloud).await, 2_500_000);
    let failing = buy(&cloud, "starter").await;
    let url = failing["checkout_url"].as_str().unwrap();
    assert_eq!(pay(&cloud, url, "pm_card_visa_chargeDeclined").0, 402);
    settled(&cloud).await;
    assert_eq!(balance(&cloud).await, 2_500_000);
    let path = format!("{PATH}/purchases/{}", failing["id"].as_str().unwrap());
    assert_eq!(get(&cloud, &path).await["status"], "open");
    advance(&cloud, "25h").await;
    assert_eq!(get(&cloud, &path).await["status"], "expired");
    assert_eq!(ledger(&cloud).await.len(), 1);
}

/// Goal: a delayed payment method grants when it succeeds, and never when it fails, which the
/// timeline says (D11).
#[tokio::test]
async fn a_delayed_payment_grants_when_it_succeeds() {
    for (iban, status, tokens) in
        [("DE89370400440532013000", "paid", 1_000_000), ("DE62370400440532013001", "failed", 0)]
    {
        let cloud = shop().await;
        let purchase = buy(&cloud, "starter").await;
        let form = format!(
            "type=sepa_debit&sepa_debit[iban]={iban}&billing_details[name]=Ann\
             &billing_details[email]=ann@acme.example"
        );
        let method = stripe(&cloud, "/v1/payment_methods", &form)["id"].clone();
        let url = purchase["checkout_url"].as_str().unwrap();
        let (answered, page) = pay(&cloud, url, method.as_str().unwrap());
        assert_eq!(answered, 200, "{page}");
        settled(&cloud).await;
        let path = format!("{PATH}/purchases/{}", purchase["id"].as_str().unwrap());
        assert_eq!(get(&cloud, &path).await["status"], "open", "it is under way");
        assert_eq!(balance(&cloud).await, 0);
        advance(&cloud, "10d").await;
        assert_eq!(get(&cloud, &path).await["status"], status, "{iban}");
        assert_eq!(balance(&cloud).await, tokens, "{iban}");
        let told = if tokens > 0 { "credits.purchased" } else { "credits.purchase_failed" };
        assert_eq!(kinds(&cloud, "acme").await, ["account.created", told]);
    }
}

/// The event of a session of that purchase, completed and paid at that price, with that much in
/// all.
fn completed(purchase: &Value, subtotal: i64, total: i64) -> Value {
    json!({
        "id": format!("evt_{subtotal}_{total}"), "object": "event", "type": "checkout.session.completed",
        "created": crate::world::NOW + 60, "livemode": false, "api_version": "2026-09-30.endive",
        "data": { "object": {
            "id": "cs_test_1", "object": "checkout.session", "customer": "cus_acme", "mode": "payment",
            "status": "complete", "payment_status": "paid", "currency": "eur",
            "amount_subtotal": subtotal, "amount_total": total, "payment_intent": "pi_taxed",
            "metadata": { "tollgate_purchase": purchase["id"] },
        } },
    })
}

/// Goal: with 19 % tax on top the pack is granted all the same; at another price it is refused, and
/// the timeline says why (money rule 25).
#[tokio::test]
async fn the_price_without_tax_is_what_counts() {
    let cloud = shop().await;
    let purchase = buy(&cloud, "starter").await;
    post(&cloud, &completed(&purchase, 1, 1), "refused").await;
    post(&cloud, &completed(&purchase, 1, 1), "refused").await;
    assert_eq!(balance(&cloud).await, 0);
    post(&cloud, &completed(&purchase, 500, 595), "applied").await;
    assert_eq!(balance(&cloud).await, 1_000_000);
    let kinds = kinds(&cloud, "acme").await;
    assert_eq!(kinds, ["account.created", "fact.refused", "credits.purchased"]);
}

/// Goal: the card with which a pack was paid can be charged later without its holder (money rule
/// 9), and a purchase that is repeated after a lost answer has one page.
#[tokio::test]
async fn one_purchase_has_one_page_whatever_breaks() {
    use local::gate::{Fault, Script};
    for call in 1..=9 {
        for fault in [Fault::KillBefore, Fault::KillAfter] {
            let cloud = shop().await;
            let path = format!("{PATH}/purchases");
            let body = json!({ "pack": "starter" });
            cloud.gate().script(Script::at("Credits", call, fault));
            let (status, first) = post_with_key(&cloud, &path, "order-1", &body).await;
            if cloud.gate().scripts_left() > 0 {
                assert_eq!(status, 201, "{first}");
                assert!(call > 5, "only {call} calls");
                return;
            }
            assert!(status >= 500, "{fault:?} at call {call} was survived");
            let (status, purchase) = post_with_key(&cloud, &path, "order-1", &body).await;
            assert_eq!(status, 201, "{fault:?} at call {call}: {purchase}");
            let sessions = at_stripe(&cloud, "/v1/checkout/sessions?customer=cus_acme");
            assert_eq!(sessions["data"].as_array().unwrap().len(), 1, "{fault:?} at call {call}");
            assert!(
                pay(&cloud, purchase["checkout_url"].as_str().unwrap(), "pm_card_visa").0 == 200
            );
            let payment = &payments(&cloud)[0];
            assert_eq!(payment["setup_future_usage"], "off_session");
            settled(&cloud).await;
            assert_eq!(balance(&cloud).await, 1_000_000);
        }
    }
    panic!("more calls than were tried");
}

/// Goal: an account that is closed buys nothing.
#[tokio::test]
async fn a_closed_account_buys_nothing() {
    let cloud = shop().await;
    let deleted = cloud.stripe().call(Method::DELETE, "/v1/customers/cus_acme", "");
    assert_eq!(deleted.0, 200);
    settled(&cloud).await;
    let body = json!({ "pack": "starter" });
    let (status, answer) =
        crate::world::vendor(&cloud, Method::POST, &format!("{PATH}/purchases"), &body).await;
    assert_eq!((status, &answer["code"]), (409, &json!("account_canceled")));
}
