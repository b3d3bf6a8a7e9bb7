//! Price changes, interrupted at every call: accounts are told once, Stripe has one price, and it
//! is charged once.

use http::Method;
use local::Running;
use local::gate::{Fault, Script};
use local::sqs::Sent;
use serde_json::{Value, json};

use super::price_changes::{CHANGES, SEAT, announce, change, staff};
use super::{at_stripe, paid, put, running, stripe, subscribed, until, wish};
use crate::world::{has_fired, kinds, script};

const FAULTS: [Fault; 3] = [Fault::KillBefore, Fault::KillAfter, Fault::TimeoutAfter];
const EFFECTIVE: &str = "2027-01-01T00:00:00Z";

/// Whatever was left undone is taken up: a message whose function died comes again after six
/// minutes.
async fn taken_up(cloud: &Running) {
    cloud.clock().run_due().await;
    cloud.clock().advance("15m").await.unwrap();
}

/// The prices that were ever made for a change, active or not.
fn made_for(cloud: &Running, change: &Value) -> Vec<bool> {
    let all = at_stripe(cloud, "/v1/prices?product=tollgate_seats_team&limit=100");
    let all = all["data"].as_array().unwrap().iter();
    let made = all.filter(|price| price["metadata"]["tollgate_price_change"] == change["id"]);
    made.map(|price| price["active"].as_bool().unwrap()).collect()
}

/// What the journal said last of price changes, and before that.
async fn told(cloud: &Running) -> [String; 2] {
    let mut kinds = kinds(cloud, "acme").await;
    kinds.retain(|kind| kind.starts_with("price_change."));
    let last = |place: usize| kinds.iter().rev().nth(place).cloned().unwrap_or_default();
    [last(0), last(1)]
}

async fn withdraw(cloud: &Running, change: &Value) {
    let path = format!("{CHANGES}/{}", change["id"].as_str().unwrap());
    let (status, answer) = staff(cloud, Method::DELETE, &path, &Value::Null).await;
    assert_eq!(status, 200, "{answer}");
}

/// Goal: kill the function, or lose an answer, at every call that an announcement or a withdrawal
/// makes at Stripe and on its way to the accounts: Stripe has one new price, or none, and the
/// account is told once.
#[tokio::test]
async fn a_change_is_made_and_told_once() {
    const TOLD: &str = "price_change.announced";
    const TAKEN_BACK: &str = "price_change.withdrawn";
    let cloud = subscribed("team", "month", 3).await;
    let mut amount = 1_000;
    for fault in FAULTS {
        let mut disturbed = 0;
        // The changes, Stripe's prices, the price, the change, and the first pages; of five pages
        // the reads, and the account.
        for call in 1..=6 {
            let at = format!("{fault:?} at call {call}");
            amount += 1;
            let scripted = Script::at("PriceChanges", call, fault);
            script(&cloud, &scripted);
            let made = announce(&cloud, &change(SEAT, amount, EFFECTIVE)).await;
            taken_up(&cloud).await;
            assert!(has_fired(&cloud, &scripted), "{at} did not happen");
            assert_eq!(made_for(&cloud, &made), [true], "{at}");
            let [last, before] = told(&cloud).await;
            assert_eq!(last, TOLD, "{at}");
            assert_ne!(before, TOLD, "{at}");

            script(&cloud, &scripted);
            withdraw(&cloud, &made).await;
            taken_up(&cloud).await;
            disturbed += u32::from(has_fired(&cloud, &scripted));
            cloud.gate().forget_scripts();
            assert_eq!(made_for(&cloud, &made), [false], "{at}");
            assert_eq!(told(&cloud).await.as_slice(), [TAKEN_BACK, TOLD], "{at}");
        }
        // A withdrawal makes fewer calls than an announcement.
        assert!(disturbed >= 4, "{fault:?}: only {disturbed} withdrawals were disturbed");
    }
}

/// Lets the function look at the account, and at nothing else, with a fault at one of its calls.
/// Whether there was such a call.
async fn looks_at_the_account(cloud: &Running, call: u32, fault: Fault) -> bool {
    cloud.gate().script(Script::at("PriceChanges", call, fault));
    let body = json!({ "account": "acme" }).to_string();
    cloud.queues().send("PriceChangeQueue", Sent { body, ..Sent::default() }).unwrap();
    cloud.clock().run_due().await;
    let happened = cloud.gate().scripts_left() == 0;
    cloud.gate().forget_scripts();
    taken_up(cloud).await;
    happened
}

/// What a unit costs, and how many there are, of each item of the running subscription.
fn priced(items: &Value) -> Vec<(i64, i64)> {
    let number = |value: &Value| value.as_i64().unwrap();
    let row = |it: &Value| (number(&it["price"]["unit_amount"]), number(&it["quantity"]));
    items.as_array().unwrap().iter().map(row).collect()
}

/// Goal: kill the function, or lose an answer, at every call with which it gives a subscription its
/// new price on the day before the renewal: the subscription has it, what is booked is booked with
/// it, and it is charged once.
#[tokio::test]
async fn a_renewal_gets_the_new_price_once() {
    let cloud = subscribed("team", "month", 3).await;
    announce(&cloud, &change(SEAT, 1_000, EFFECTIVE)).await;
    until(&cloud, "2026-12-20T00:00:00Z").await;
    assert_eq!(put(&cloud, &wish("team", "month", 2)).await.0, 200);
    until(&cloud, "2026-12-30T23:59:00Z").await;
    let old = running(&cloud);
    assert_eq!(priced(&old["items"]["data"]), [(4_900, 1), (900, 3)]);
    let before = paid(&cloud);
    let subscription = format!("/v1/subscriptions/{}", old["id"].as_str().unwrap());
    let seats = &old["items"]["data"][1];
    let back = format!(
        "items[0][id]={}&items[0][price]={}&items[0][quantity]=3&proration_behavior=none",
        seats["id"].as_str().unwrap(),
        seats["price"]["id"].as_str().unwrap()
    );
    until(&cloud, "2026-12-31T00:00:30Z").await;
    for fault in FAULTS {
        for call in 1.. {
            if let Some(schedule) = running(&cloud)["schedule"].as_str() {
                stripe(&cloud, &format!("/v1/subscription_schedules/{schedule}/release"), "");
            }
            stripe(&cloud, &subscription, &back);
            cloud.clock().run_due().await;
            let happened = looks_at_the_account(&cloud, call, fault).await;
            let at = format!("{fault:?} at call {call}");
            let now = running(&cloud);
            assert_eq!(priced(&now["items"]["data"]), [(4_900, 1), (1_000, 3)], "{at}");
            let schedule = now["schedule"].as_str().unwrap_or_else(|| panic!("no schedule: {at}"));
            let schedule = at_stripe(&cloud, &format!("/v1/subscription_schedules/{schedule}"));
            let booked = &schedule["phases"][1]["items"][1];
            let new = &now["items"]["data"][1]["price"]["id"];
            assert_eq!((&booked["price"], &booked["quantity"]), (new, &json!(2)), "{at}");
            if !happened {
                assert!(call > 12, "only {call} calls?");
                break;
            }
        }
    }
    until(&cloud, "2027-01-01T02:00:00Z").await;
    assert_eq!(paid(&cloud) - before, 4_900 + 2 * 1_000);
    assert_eq!(at_stripe(&cloud, "/v1/customers/cus_acme")["balance"], 0);
}
