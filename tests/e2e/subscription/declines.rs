//! A change that is not paid for changes nothing, anywhere (D3).

use serde_json::{Value, json};

use super::{
    at_stripe, card, invoices, paid, put, running, show, stripe, subscribed, until, usd, what, wish,
};
use crate::world::{access, get, kinds, state};

/// Goal: a declined card changes nothing: plan, seats, access, what is owed and the balance are as
/// before, the invoice is void, the journal tells of it, and the answer says why. With a good card
/// the same wish goes through.
#[tokio::test]
async fn a_declined_card_changes_nothing() {
    let cloud = subscribed("team", "month", 3).await;
    card(&cloud, "pm_card_chargeCustomerFail");
    cloud.clock().run_due().await;
    let before = (show(&cloud).await, get(&cloud, "/v1/accounts/acme").await);
    let items = running(&cloud)["items"].clone();
    for body in [wish("business", "month", 3), wish("team", "month", 9)] {
        let (status, answer) = put(&cloud, &body).await;
        assert_eq!((status, &answer["code"]), (402, &json!("card_declined")), "{answer}");
        assert_eq!(answer["next_action_url"], Value::Null);
        cloud.clock().run_due().await;
        let after = (show(&cloud).await, get(&cloud, "/v1/accounts/acme").await);
        assert_eq!(after, before);
        assert_eq!(running(&cloud)["items"], items);
    }
    let statuses: Vec<_> = invoices(&cloud).into_iter().map(|(status, ..)| status).collect();
    assert_eq!(statuses, ["paid", "void", "void"]);
    assert_eq!(at_stripe(&cloud, "/v1/customers/cus_acme")["balance"], 0);
    assert_eq!((access(&cloud, "acme").await, paid(&cloud)), ("full".to_owned(), 2_185));
    let kinds = kinds(&cloud, "acme").await;
    let declined = kinds.iter().filter(|kind| *kind == "subscription.change_declined");
    assert_eq!(declined.count(), 2, "{kinds:?}");
    card(&cloud, "pm_card_visa");
    let (status, answer) = put(&cloud, &wish("team", "month", 9)).await;
    assert_eq!((status, what(&answer)), (200, ("team", "month", 9)), "{answer}");
}

/// Goal: a payment that needs authentication is completed later on Stripe's page: until then
/// nothing changes, and then it does; the renewal does not wait for it, nor is anything owed.
#[tokio::test]
async fn a_payment_is_authenticated_later() {
    let cloud = subscribed("team", "month", 3).await;
    card(&cloud, "pm_card_authenticationRequired");
    let (status, answer) = put(&cloud, &wish("business", "month", 3)).await;
    assert_eq!((status, &answer["code"]), (402, &json!("authentication_required")), "{answer}");
    let page = answer["next_action_url"].as_str().unwrap().to_owned();
    cloud.clock().run_due().await;
    let waiting = show(&cloud).await;
    assert_eq!((what(&waiting), &waiting["payment_pending"]), (("team", "month", 3), &json!(true)));
    let account = get(&cloud, "/v1/accounts/acme").await;
    assert_eq!((&account["outstanding"], &account["state"]), (&usd(0), &json!("active")));

    let open = at_stripe(&cloud, "/v1/invoices?customer=cus_acme&status=open");
    let open = &open["data"][0];
    assert_eq!(open["hosted_invoice_url"], page);
    card(&cloud, "pm_card_visa");
    let id = open["id"].as_str().unwrap();
    cloud.clock().advance("5m").await.unwrap();
    stripe(&cloud, &format!("/v1/invoices/{id}/pay"), "");
    cloud.clock().run_due().await;
    let after = show(&cloud).await;
    assert_eq!(
        (what(&after), &after["payment_pending"]),
        (("business", "month", 3), &json!(false))
    );
    // 19,900 × 0.2875 = 5,721.25 and 3 × 1,500 × 0.2875 = 1,293.75, less 1,409 and 776.
    assert_eq!(paid(&cloud), 2_185 + 5_721 + 1_294 - 2_185);
    assert_eq!(state(&cloud, "acme").await, "active");
}

/// Goal: the next wish takes the place of one that waits for its authentication: its invoice is
/// void first, also when the wish is to leave everything as it is.
#[tokio::test]
async fn a_waiting_payment_makes_way() {
    for (next, expected) in [
        (wish("team", "month", 4), ("team", "month", 4)),
        (wish("team", "month", 3), ("team", "month", 3)),
        (wish("team", "month", 1), ("team", "month", 3)),
    ] {
        let cloud = subscribed("team", "month", 3).await;
        card(&cloud, "pm_card_authenticationRequired");
        assert_eq!(put(&cloud, &wish("business", "month", 3)).await.0, 402);
        card(&cloud, "pm_card_visa");
        let (status, answer) = put(&cloud, &next).await;
        assert_eq!((status, what(&answer)), (200, expected), "{answer}");
        assert_eq!(answer["payment_pending"], false);
        let statuses: Vec<_> = invoices(&cloud).into_iter().map(|(status, ..)| status).collect();
        assert_eq!(statuses[..2], ["paid", "void"], "{next}");
        assert!(!statuses.contains(&"open".to_owned()));
        cloud.clock().run_due().await;
        assert_eq!(what(&show(&cloud).await), expected);
    }
}

/// Goal: nobody authenticates: after 23 hours the invoice is void by itself, and the plan was never
/// another.
#[tokio::test]
async fn a_waiting_payment_expires() {
    let cloud = subscribed("team", "month", 3).await;
    card(&cloud, "pm_card_authenticationRequired");
    assert_eq!(put(&cloud, &wish("business", "month", 3)).await.0, 402);
    cloud.clock().advance("1d").await.unwrap();
    let after = show(&cloud).await;
    assert_eq!((what(&after), &after["payment_pending"]), (("team", "month", 3), &json!(false)));
    assert_eq!(invoices(&cloud)[1].0, "void");
    card(&cloud, "pm_card_visa");
    until(&cloud, "2026-12-02T00:00:00Z").await;
    assert_eq!(paid(&cloud), 2_185 + 7_600);
}

/// Goal: a declined upgrade leaves a booked downgrade booked, at Stripe too.
#[tokio::test]
async fn a_declined_change_leaves_the_booking() {
    let cloud = subscribed("team", "month", 3).await;
    assert_eq!(put(&cloud, &wish("personal", "month", 1)).await.0, 200);
    card(&cloud, "pm_card_chargeCustomerFail");
    cloud.clock().run_due().await;
    let before = show(&cloud).await;
    assert_eq!(put(&cloud, &wish("business", "month", 3)).await.0, 402);
    cloud.clock().run_due().await;
    assert_eq!(show(&cloud).await, before);
    card(&cloud, "pm_card_visa");
    until(&cloud, "2026-12-02T00:00:00Z").await;
    assert_eq!(what(&show(&cloud).await), ("personal", "month", 1));
    assert_eq!(paid(&cloud), 2_185 + 1_900);
}
