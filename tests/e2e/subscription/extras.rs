//! What Stripe adds to a renewal and our table does not have: discounts, other items, pending
//! items.

use local::Running;
use serde_json::{Value, json};

use crate::shop::{PATH, at_stripe, id, paid, stripe, team, until};
use crate::world::get;

const UPCOMING: &str = "/v1/accounts/acme/invoices/upcoming";

/// The amount of the next renewal, and when Stripe's preview was read.
async fn next_renewal(cloud: &Running) -> (Value, Value) {
    let shown = get(cloud, PATH).await;
    (shown["next_renewal"]["amount"].clone(), shown["next_renewal_as_of"].clone())
}

/// Goal: where Stripe adds nothing, the books are shown, and no preview's age.
#[tokio::test]
async fn a_plain_renewal_is_the_books() {
    let (cloud, _) = team().await;

    let (amount, as_of) = next_renewal(&cloud).await;
    let upcoming = get(&cloud, UPCOMING).await;

    assert_eq!((&amount, &as_of), (&json!(7_600), &Value::Null));
    assert_eq!((&upcoming["source"], &upcoming["as_of"]), (&json!("books"), &Value::Null));
    assert_eq!(upcoming["total"]["amount"], 7_600);
}

/// Goal: whatever Stripe adds to the renewal is in the next renewal and in the upcoming invoice,
/// and is what the renewal charges.
#[tokio::test]
async fn what_stripe_adds_is_shown_and_charged() {
    let coupon = |form: &'static str| (Some(form), "discounts[0][coupon]=coupon");
    let item = "items[0][price_data][currency]=usd&items[0][price_data][unit_amount]=900\
                &items[0][price_data][recurring][interval]=month&items[0][quantity]=2\
                &items[0][price_data][product]=tollgate_plan_team&proration_behavior=none";
    for ((coupon, change), pending, expected) in [
        (coupon("id=coupon&percent_off=100&duration=forever"), 0, 0),
        (coupon("id=coupon&percent_off=25&duration=once"), 0, 5_700),
        (coupon("id=coupon&amount_off=600&currency=usd&duration=forever"), 0, 7_000),
        ((None, item), 0, 9_400),
        ((None, ""), 500, 8_100),
        (coupon("id=coupon&percent_off=50&duration=forever"), 1_000, 4_300),
    ] {
        let (cloud, ours) = team().await;
        if let Some(coupon) = coupon {
            stripe(&cloud, "/v1/coupons", coupon);
        }
        if !change.is_empty() {
            stripe(&cloud, &format!("/v1/subscriptions/{ours}"), change);
        }
        if pending > 0 {
            let form = format!("customer=cus_acme&currency=usd&amount={pending}");
            stripe(&cloud, "/v1/invoiceitems", &form);
        }
        cloud.clock().run_due().await;
        let before = paid(&cloud, "cus_acme");

        let (amount, as_of) = next_renewal(&cloud).await;
        let upcoming = get(&cloud, UPCOMING).await;

        assert_eq!(amount, expected, "{change}");
        assert_eq!(as_of, "2026-03-10T12:00:00Z");
        assert_eq!((&upcoming["source"], &upcoming["as_of"]), (&json!("stripe_preview"), &as_of));
        let lines = upcoming["lines"].as_array().expect("lines").iter();
        let sum: i64 = lines.map(|line| line["amount"]["amount"].as_i64().expect("cents")).sum();
        assert_eq!((sum, &upcoming["total"]["amount"]), (expected, &json!(expected)), "{upcoming}");

        until(&cloud, "2026-04-01T02:00:00Z").await;
        assert_eq!(paid(&cloud, "cus_acme") - before, expected, "{change}");
        let latest = at_stripe(&cloud, "/v1/invoices?customer=cus_acme&limit=1");
        assert_eq!(latest["data"][0]["status"], "paid", "{}", id(&latest["data"][0]));
    }
}
