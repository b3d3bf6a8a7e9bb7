//! XD2: terms that staff set survive an outage at their moment.

use http::Method;
use serde_json::json;

use super::{
    advance, at_stripe, default_card, is_right, shop, still_there, stripe_is_away, stripe_is_back,
};
use crate::world::get;

/// Goal: terms that staff set while Stripe was away reach Stripe: books and Stripe agree.
#[tokio::test]
async fn xd2_terms_reach_stripe_after_an_outage() {
    still_there("XD2", async {
        let cloud = shop().await;
        default_card(&cloud, "cus_acme", "pm_card_visa");
        let plan = json!({
            "plan": "enterprise", "interval": "month", "seats": 3,
            "prices": { "amount": 100_000, "seat_amount": 1_000 },
        });
        let staff = async |what: &str, body| {
            let path = format!("/v1/staff/accounts/acme/{what}");
            Box::pin(cloud.call(cloud.staff_key(), Method::PUT, &path, &body)).await
        };
        let (status, answer) = staff("plan", plan).await;
        assert_eq!(status, 200, "{answer}");
        cloud.clock().run_due().await;
        stripe_is_away(&cloud);
        staff("collection", json!({ "collection": "manual", "net_days": 30 })).await;
        advance(&cloud, "1h").await;
        stripe_is_back(&cloud);

        advance(&cloud, "2d").await;

        let books = get(&cloud, "/v1/accounts/acme").await["collection"].clone();
        let all = at_stripe(&cloud, "/v1/subscriptions?customer=cus_acme");
        let method = &all["data"][0]["collection_method"];
        let agreed = if books == "manual" { "send_invoice" } else { "charge_automatically" };
        is_right(&format!("at Stripe, with {books} in the books"), method, &json!(agreed))
    })
    .await;
}
