//! What is sold: pushed into Stripe, and asked for there.

use billing::time::Timestamp;
use catalog::Interval;
use http::Method;
use local::Running;
use local::push::{Push, PushError, push};
use runtime::Environment;
use serde_json::Value;
use stripe_client::{PRICES_SECONDS_MAX, Stripe};

use crate::world::{NOW, cloud, invocation};

/// Something done at Stripe by hand; the answer.
fn by_hand(cloud: &Running, path: &str, form: &str) -> Value {
    let (status, answer) = cloud.stripe().call(Method::POST, &format!("/v1/{path}"), form);
    assert_eq!(status, 200, "{path}: {answer}");
    answer
}

fn price(cloud: &Running, lookup_key: &str) -> Value {
    let path = format!("/v1/prices?lookup_keys[]={lookup_key}");
    cloud.stripe().call(Method::GET, &path, "").1["data"][0].clone()
}

/// The lines of a push to the cloud's Stripe.
async fn pushed(cloud: &Running, dry_run: bool) -> Vec<String> {
    let asked = Push { url: Some(cloud.stripe_url().to_owned()), live: false, dry_run };
    let key = [("STRIPE_SECRET_KEY".to_owned(), "sk_test_1234567890".to_owned())];
    let environment: Environment = key.into_iter().collect();
    let mut lines = Vec::new();
    let done = push(&asked, &environment, |step| lines.push(step.to_string()));
    Box::pin(done).await.expect("Stripe takes it");
    lines
}

/// Goal: local mode's Stripe sells the catalog from the start: calendar plans in dollars, packs in
/// euro, without tax.
#[tokio::test]
async fn a_cloud_begins_with_its_catalog_at_stripe() {
    let cloud = cloud().await;
    assert_eq!(pushed(&cloud, true).await, Vec::<String>::new());
    let seat = price(&cloud, "tollgate_team_month_seat");
    assert_eq!((&seat["unit_amount"], &seat["currency"]), (&900.into(), &"usd".into()));
    assert_eq!(
        (&seat["recurring"]["interval"], &seat["tax_behavior"]),
        (&"month".into(), &"exclusive".into())
    );
    assert_eq!(seat["product"], "tollgate_seats_team");
    assert_eq!(seat["metadata"]["tollgate_plan"], "team");
    assert_eq!(seat["metadata"]["tollgate_part"], "seat");
    let pack = price(&cloud, "tollgate_pack_standard");
    assert_eq!((&pack["unit_amount"], &pack["currency"]), (&1_000.into(), &"eur".into()));
    assert!(pack["recurring"].is_null());
}

/// Goal: a push puts right what differs and leaves alone what is not ours; a dry run changes
/// nothing; the second push does nothing.
#[tokio::test]
async fn a_push_puts_right_what_differs_once() {
    let cloud = cloud().await;
    by_hand(&cloud, "products/tollgate_plan_team", "name=Teem");
    let of = "product=tollgate_plan_personal&currency=usd&recurring[interval]=month&metadata[tollgate_plan]=personal";
    let dear = by_hand(
        &cloud,
        "prices",
        &format!(
            "{of}&unit_amount=9900&lookup_key=tollgate_personal_month&transfer_lookup_key=true"
        ),
    );
    let old =
        by_hand(&cloud, "prices", &format!("{of}&unit_amount=1&lookup_key=tollgate_personal_week"));
    let negotiated = by_hand(&cloud, "prices", &format!("{of}&unit_amount=2"));
    by_hand(&cloud, "products", "id=shirt&name=T-Shirt");
    let (dear, old) = (dear["id"].as_str().unwrap(), old["id"].as_str().unwrap());
    let expected = [
        "~ product tollgate_plan_team: \"Team\", active".to_owned(),
        format!(
            "~ price tollgate_personal_month: 19.00 USD a month instead of 99.00 USD for new \
             subscriptions; {dear} stays for those that have it"
        ),
        format!("- price tollgate_personal_week: {old} is not sold any more"),
    ];
    assert_eq!(pushed(&cloud, true).await, expected);
    assert_eq!(pushed(&cloud, true).await, expected, "a dry run changes nothing");
    assert_eq!(pushed(&cloud, false).await, expected);
    assert_eq!(pushed(&cloud, false).await, Vec::<String>::new());
    assert_eq!(price(&cloud, "tollgate_personal_month")["unit_amount"], 1_900);
    for (id, active) in [(dear, true), (old, false), (negotiated["id"].as_str().unwrap(), true)] {
        let (_, there) = cloud.stripe().call(Method::GET, &format!("/v1/prices/{id}"), "");
        assert_eq!(there["active"], active, "{id}");
    }
}

/// Goal: real money is not touched by accident, and no key travels in the open.
#[tokio::test]
async fn a_push_needs_a_key_and_a_word_for_a_live_one() {
    let push_with = async |url: &str, key: Option<&str>| {
        let asked = Push { url: Some(url.to_owned()), live: false, dry_run: true };
        let key = key.map(|key| ("STRIPE_SECRET_KEY".to_owned(), key.to_owned()));
        let environment: Environment = key.into_iter().collect();
        Box::pin(push(&asked, &environment, |_| {})).await.unwrap_err()
    };
    let stripe = "https://api.stripe.com";
    assert!(matches!(push_with(stripe, None).await, PushError::NoKey(_)));
    assert!(matches!(push_with(stripe, Some("hello")).await, PushError::NotAKey(_)));
    assert!(matches!(push_with(stripe, Some("sk_live_123")).await, PushError::Live));
    let open = push_with("http://api.stripe.com", Some("sk_test_123")).await;
    assert!(matches!(open, PushError::Open(_)));
}

/// Goal: what a plan costs is Stripe's word, asked for once in five minutes; an announced price
/// counts from its second on, though it was read before; what Stripe does not sell has no price.
#[tokio::test]
async fn a_plans_prices_are_remembered_and_change_to_the_second() {
    let cloud = cloud().await;
    let stripe = Stripe::new(&cloud.host("Accounts")).unwrap();
    let amounts = async |at: i64| {
        let prices =
            stripe.plan_prices(&invocation(Timestamp(at)), "team", Interval::Month).await.unwrap();
        (prices.plan.amount.amount, prices.seat.unwrap().amount.amount)
    };
    let change = NOW + PRICES_SECONDS_MAX + 60;
    assert_eq!(amounts(NOW).await, (4_900, 900));
    let next = format!(
        "product=tollgate_plan_team&currency=usd&recurring[interval]=month&unit_amount=1000&\
         lookup_key=tollgate_team_month_seat_next&metadata[tollgate_plan]=team&\
         metadata[tollgate_part]=seat&metadata[tollgate_effective_at]={change}"
    );
    by_hand(&cloud, "prices", &next);
    assert_eq!(amounts(NOW + PRICES_SECONDS_MAX - 1).await, (4_900, 900));
    assert_eq!(amounts(NOW + PRICES_SECONDS_MAX).await, (4_900, 900));
    assert_eq!(amounts(change - 1).await, (4_900, 900));
    assert_eq!(amounts(change).await, (4_900, 1_000));
    let before = invocation(Timestamp(change - 1));
    let later = stripe.plan_prices_from(&before, "team", Interval::Month, Timestamp(change));
    assert_eq!(later.await.unwrap().seat.unwrap().amount.amount, 1_000);

    let personal =
        stripe.plan_prices(&invocation(Timestamp(NOW)), "personal", Interval::Year).await.unwrap();
    assert_eq!((personal.plan.amount.amount, personal.seat), (19_000, None));
    let error =
        stripe.plan_prices(&invocation(Timestamp(NOW)), "free", Interval::Month).await.unwrap_err();
    assert!(error.to_string().contains("tollgate_free_month"), "{error}");
}
