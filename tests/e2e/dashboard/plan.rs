//! The plan's forms, from the page to Stripe and back.

use http::Method;
use serde_json::{Value, json};

use super::{Browser, company, later, on_team, path};
use crate::shop::{default_card, paid};
use crate::world::{get, vendor};

const PLAN: &str = "/billing/acme/plan";

fn review(plan: &str, seats: u64) -> String {
    format!("{PLAN}/review?plan={plan}&interval=month&seats={seats}")
}

/// Goal: the first paid plan is reviewed, bought on Stripe's page, and there on return.
#[tokio::test]
async fn the_first_plan_is_bought_in_checkout() {
    let cloud = company().await;
    let mut ada = Browser::signed_in(&cloud, "acme", "ada").await;
    let page = ada.page(&review("team", 3)).await;
    assert!(page.contains("Continue to payment"), "{page}");

    let sent = ada.submit(&review("team", 3), PLAN, &[]).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    assert!(sent.location.starts_with(cloud.stripe_url()), "{}", sent.location);

    let waiting = ada.page(&format!("{PLAN}/waiting")).await;
    assert!(waiting.contains("http-equiv=\"refresh\""), "{waiting}");
    let last = ada.page(&format!("{PLAN}/waiting?look=20")).await;
    assert!(!last.contains("http-equiv=\"refresh\""), "a minute is enough: {last}");
}

/// Goal: a change is paid to the cent that was confirmed, once, however often the form is sent.
#[tokio::test]
async fn a_change_costs_what_was_confirmed() {
    let cloud = on_team().await;
    let before = paid(&cloud, "cus_acme");
    let mut ada = Browser::signed_in(&cloud, "acme", "ada").await;

    let page = ada.page(&review("team", 5)).await;
    let amount = page.split("Pay ").nth(1).unwrap().split(" USD").next().unwrap().to_owned();
    let body = super::filled(&page, PLAN, &[]);
    for _ in 0..2 {
        let done = ada.post(PLAN, &body).await;
        assert_eq!(done.location, "/billing/acme/plan?done=plan_changed", "{}", done.text);
    }

    let cents: i64 = amount.replace(['.', ','], "").parse().unwrap();
    assert!(cents > 0, "{amount}");
    assert_eq!(paid(&cloud, "cus_acme") - before, cents);
    let page = ada.page("/billing/acme/plan?done=plan_changed").await;
    assert!(page.contains("Your plan was changed.") && page.contains("5 seats"), "{page}");
}

/// Goal: an amount that is another by now is not charged: both are shown.
#[tokio::test]
async fn a_stale_amount_is_not_charged() {
    let cloud = on_team().await;
    let mut ada = Browser::signed_in(&cloud, "acme", "ada").await;
    let page = ada.page(&review("team", 5)).await;
    let body = super::filled(&page, PLAN, &[]);
    let before = paid(&cloud, "cus_acme");
    later(&cloud, 20 * 60).await;

    let stale = ada.post(PLAN, &body).await;
    assert_eq!(stale.status, 409, "{}", stale.text);
    assert!(stale.text.contains("The cost has changed, and nothing was done."), "{}", stale.text);
    assert_eq!(paid(&cloud, "cus_acme"), before);

    let confirmed = super::filled(&stale.text, PLAN, &[]);
    assert_eq!(ada.post(PLAN, &confirmed).await.status, 303);
}

/// Goal: a declined card changes nothing, and the page says so.
#[tokio::test]
async fn a_declined_card_changes_nothing() {
    let cloud = on_team().await;
    default_card(&cloud, "cus_acme", "pm_card_chargeCustomerFail");
    let mut ada = Browser::signed_in(&cloud, "acme", "ada").await;

    let declined = ada.submit(&review("team", 5), PLAN, &[]).await;
    assert_eq!(declined.status, 402, "{}", declined.text);
    assert!(declined.text.contains("role=\"alert\""), "{}", declined.text);
    assert!(declined.text.contains("Nothing has changed."), "{}", declined.text);
    assert!(declined.text.contains("3 seats"), "{}", declined.text);
}

/// Goal: fewer seats are booked and taken back again; the plan ends and goes on.
#[tokio::test]
async fn what_is_booked_can_be_taken_back() {
    let cloud = on_team().await;
    let mut ada = Browser::signed_in(&cloud, "acme", "ada").await;

    let page = ada.page(&review("team", 2)).await;
    assert!(page.contains("Change on 1 December 2026"), "{page}");
    let booked = ada.post(PLAN, &super::filled(&page, PLAN, &[])).await;
    assert_eq!(booked.location, "/billing/acme/plan?done=change_booked");
    let page = ada.page(PLAN).await;
    assert!(page.contains("From 1 December 2026: Team, monthly, 2 seats."), "{page}");
    let undone = ada.submit(PLAN, "/billing/acme/plan/resume", &[]).await;
    assert_eq!(undone.location, "/billing/acme/plan?done=plan_kept");
    assert!(!ada.page(PLAN).await.contains("2 seats"));

    let page = ada.page("/billing/acme/plan/cancel").await;
    assert!(page.contains("End Team on 30 November 2026"), "{page}");
    let ended = ada.submit("/billing/acme/plan/cancel", "/billing/acme/plan/cancel", &[]).await;
    assert_eq!(ended.location, "/billing/acme/plan?done=plan_ends", "{}", ended.text);
    assert!(ada.page(PLAN).await.contains("Your plan ends on 30 November 2026."));
    let kept = ada.submit(PLAN, "/billing/acme/plan/resume", &[]).await;
    assert_eq!(kept.location, "/billing/acme/plan?done=plan_kept");
    let subscription = get(&cloud, "/v1/accounts/acme/subscription").await;
    assert_eq!(subscription["ends_at"], Value::Null, "{subscription}");
}

/// Goal: what keeps the plan from ending is listed, each with its state and a way to clear it, and
/// ending it anyway does nothing.
#[tokio::test]
async fn blockers_are_listed() {
    let cloud = on_team().await;
    let mut ada = Browser::signed_in(&cloud, "acme", "ada").await;
    let page = ada.page("/billing/acme/plan/cancel").await;
    let body = super::filled(&page, "/billing/acme/plan/cancel", &[]);
    let route = "/v1/accounts/acme/cancellation-blockers/media_library";
    let blocker = json!({ "detail": "The media library holds 9 files.", "clears_by": "Empty it." });
    let (status, _) = vendor(&cloud, Method::PUT, route, &blocker).await;
    assert_eq!(status, 200);

    let page = ada.page("/billing/acme/plan/cancel").await;
    assert!(
        page.contains("The media library holds 9 files.") && page.contains("Empty it."),
        "{page}"
    );
    assert!(!page.contains("End Team on"), "{page}");
    let refused = ada.post("/billing/acme/plan/cancel", &body).await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    let subscription = get(&cloud, "/v1/accounts/acme/subscription").await;
    assert_eq!(subscription["ends_at"], Value::Null, "{subscription}");
}

/// Goal: wishes that cannot be are answered on the page of plans.
#[tokio::test]
async fn wrong_wishes_are_said() {
    let cloud = company().await;
    let mut ada = Browser::signed_in(&cloud, "acme", "ada").await;
    for wrong in [
        "plan=team&interval=month&seats=many",
        "plan=team&interval=week&seats=2",
        "plan=nothing&interval=month",
    ] {
        let shown = ada.get(&format!("{PLAN}/review?{wrong}")).await;
        assert_eq!(shown.status, 422, "{wrong}: {}", shown.text);
        assert!(shown.text.contains("role=\"alert\""), "{wrong}");
    }
}

/// Goal: payment methods are managed on Stripe's page, which leads back.
#[tokio::test]
async fn payment_methods_are_managed_at_stripe() {
    let cloud = company().await;
    let mut ada = Browser::signed_in(&cloud, "acme", "ada").await;
    let sent = ada.submit(PLAN, "/billing/acme/payment-method", &[]).await;
    assert_eq!(sent.status, 303);
    assert!(sent.location.starts_with(cloud.stripe_url()), "{}", sent.location);
    assert!(!path(&sent.location).is_empty());
}
