//! XD1 and XD2: transitions by time and terms that staff set survive an outage at their moment.

use http::Method;
use local::gate::{Faults, Mode, Probability};
use serde_json::json;

use super::{
    advance, at_stripe, default_card, is_right, sent_invoice, shop, still_there, stripe_is_away,
    stripe_is_back, subscription, team, until,
};
use crate::world::{get, kinds, state};

/// Goal: an account that became disabled while the table was out of reach gets its entry in the
/// journal and its pause at Stripe afterwards.
#[tokio::test]
async fn xd1_disabled_is_told_after_days_away() {
    still_there("XD1", async {
        let (cloud, ours) = team().await;
        // Due on 11 March, and 14 days of grace.
        sent_invoice(&cloud, "cus_acme", 700);
        until(&cloud, "2026-03-24T12:00:00Z").await;
        let away = Faults { throttle: Probability::ALWAYS, ..Faults::default() };
        cloud.gate().set_mode(Mode::Free(away), 1);
        until(&cloud, "2026-03-29T12:00:00Z").await;
        cloud.gate().set_mode(Mode::Free(Faults::default()), 1);

        until(&cloud, "2026-03-31T20:00:00Z").await;

        assert_eq!(state(&cloud, "acme").await, "disabled");
        let told = kinds(&cloud, "acme").await;
        let told = told.iter().filter(|kind| *kind == "account.disabled").count();
        is_right("entries that say disabled", told, 1)?;
        let behavior = &subscription(&cloud, &ours)["pause_collection"]["behavior"];
        is_right("renewals pause", behavior, &json!("void"))
    })
    .await;
}

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
