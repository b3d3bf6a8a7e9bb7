//! Pay now that breaks on the way: whatever was lost, one payment, and the same request learns of
//! it.

use local::Running;
use local::gate::{Fault, Script};
use serde_json::{Value, json};
use stripe_simulator::faults::{Chances, Probability};

use super::{INVOICES, charged, count, disabled, pay};
use crate::world::{has_fired, post_with_key, script, state};

/// Fewest calls of a payment: its parts, the card on file, the beginning, the payment, its
/// settlement, its outcome and what is shown.
const CALLS_MIN: u32 = 8;
/// More calls than a payment makes.
const CALLS_MAX: u32 = 30;

fn break_with(cloud: &Running, chances: Chances) {
    cloud.stripe().with_engine(|engine| engine.stripe.faults.set(chances));
}

async fn settled_once(cloud: &Running, customer: &str, what: &str) {
    cloud.clock().run_due().await;
    assert_eq!(charged(cloud, customer), 4_900, "{what}");
    assert_eq!(count(cloud, "invoice.paid").await, 1, "{what}");
    assert_eq!(count(cloud, "account.reactivated").await, 1, "{what}");
    assert_eq!(state(cloud, "acme").await, "active", "{what}");
}

/// Goal: whichever call a crash hits, before or after its effect, the same request sent again pays
/// once, and is answered with the paid invoice.
#[tokio::test]
async fn a_crash_at_any_call_is_gone_on_with_by_the_same_request() {
    for fault in [Fault::KillBefore, Fault::KillAfter] {
        for call in 1..CALLS_MAX {
            let what = format!("{fault:?} at call {call}");
            let (cloud, customer, one) = disabled().await;
            let path = format!("{INVOICES}/{one}/pay");
            let kill = Script::at("Invoices", call, fault);
            script(&cloud, &kill);
            let (status, _) = post_with_key(&cloud, &path, "k1", &json!({})).await;
            if !has_fired(&cloud, &kill) {
                assert!(call > CALLS_MIN, "a payment has only {call} calls");
                assert_eq!(status, 200, "{what}");
                break;
            }

            let (status, answer) = post_with_key(&cloud, &path, "k1", &json!({})).await;

            assert_eq!((status, &answer["status"]), (200, &json!("paid")), "{what}: {answer}");
            settled_once(&cloud, &customer, &what).await;
        }
    }
}

/// Goal: behind a crash another request waits, and finds the invoice paid or pays it: once.
#[tokio::test]
async fn a_crash_is_gone_on_with_by_another_request_later() {
    for call in 3..CALLS_MIN {
        let what = format!("call {call}");
        let (cloud, customer, one) = disabled().await;
        let kill = Script::at("Invoices", call, Fault::KillAfter);
        script(&cloud, &kill);
        pay(&cloud, &one, &Value::Null).await;
        assert!(has_fired(&cloud, &kill), "{what}");
        cloud.clock().advance("40s").await.unwrap();

        let (status, answer) = pay(&cloud, &one, &Value::Null).await;

        let code = answer["reasons"][0]["code"].as_str().unwrap_or_default();
        assert!(status == 200 || (status, code) == (409, "paid"), "{what}: {answer}");
        settled_once(&cloud, &customer, &what).await;
    }
}

/// Goal: a lost answer of the table or of Stripe at any call is no second payment.
#[tokio::test]
async fn a_lost_answer_is_no_second_payment() {
    for call in 1..=CALLS_MIN {
        let what = format!("call {call}");
        let (cloud, customer, one) = disabled().await;
        let path = format!("{INVOICES}/{one}/pay");
        let lost = Script::at("Invoices", call, Fault::TimeoutAfter);
        script(&cloud, &lost);
        let (mut status, mut answer) = post_with_key(&cloud, &path, "k1", &json!({})).await;
        assert!(has_fired(&cloud, &lost), "{what}");
        if status != 200 {
            (status, answer) = post_with_key(&cloud, &path, "k1", &json!({})).await;
        }

        assert_eq!((status, &answer["status"]), (200, &json!("paid")), "{what}: {answer}");
        settled_once(&cloud, &customer, &what).await;
    }
}

/// Goal: while Stripe fails nothing is charged and the request is to be sent again; what Stripe
/// would only repeat under its key is not asked for again under it.
#[tokio::test]
async fn a_failure_of_stripe_is_no_decline() {
    let (cloud, customer, one) = disabled().await;
    let path = format!("{INVOICES}/{one}/pay");
    let always = Probability::percent(100);
    break_with(&cloud, Chances { api_error: always, ..Chances::default() });
    let card = json!({ "payment_method": "pm_card_visa" });
    let (failed, problem) = post_with_key(&cloud, &path, "k1", &card).await;
    break_with(&cloud, Chances::default());
    assert_eq!((failed, &problem["code"]), (503, &json!("stripe_unavailable")), "{problem}");
    assert_eq!((charged(&cloud, &customer), state(&cloud, "acme").await.as_str()), (0, "disabled"));

    let (refused, _) = post_with_key(&cloud, &path, "k1", &card).await;
    let (status, answer) = pay(&cloud, &one, &Value::Null).await;

    assert_eq!(refused, 422, "a method that is nobody's");
    assert_eq!((status, &answer["status"]), (200, &json!("paid")), "{answer}");
    settled_once(&cloud, &customer, "after the failure").await;
}
