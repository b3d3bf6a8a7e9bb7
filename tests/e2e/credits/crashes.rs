//! Whatever breaks, at whichever call: one charge, granted once.

use local::gate::{Fault, Script};
use serde_json::json;

use super::{
    advance, balance, card, deduct, grant, ledger, payments, recharge, settled, shop, show, taken,
};
use crate::world::{has_fired, script};

/// Goal: the function is killed before and after each of its calls; still there is one charge, and
/// it is granted.
#[tokio::test]
async fn a_charge_survives_a_kill_at_any_call() {
    for call in 1..=20 {
        for fault in [Fault::KillBefore, Fault::KillAfter, Fault::TimeoutAfter] {
            let cloud = shop().await;
            card(&cloud, "pm_card_visa");
            grant(&cloud, 1_000).await;
            recharge(&cloud, 100, 5_000, "starter").await;
            settled(&cloud).await;
            let kill = Script::at("AutoRecharge", call, fault);
            script(&cloud, &kill);
            assert_eq!(deduct(&cloud, "job-1", 1_950).await.0, 201);
            settled(&cloud).await;
            if !has_fired(&cloud, &kill) {
                assert!(call > 5, "there are only {call} calls");
                return;
            }
            advance(&cloud, "1h").await;
            assert_eq!(
                (balance(&cloud).await, taken(&cloud)),
                (1_000_050, 500),
                "{fault:?} at {call}"
            );
            assert_eq!(payments(&cloud).len(), 1, "{fault:?} at call {call}");
            assert_eq!(show(&cloud).await["auto_recharge"]["state"], "idle");
            ledger(&cloud).await;
        }
    }
    panic!("more calls than were tried");
}

/// Goal: a deduction that was killed and is sent again takes once, and its charge is not forgotten
/// though nobody put it on the queue: the schedule finds it (money rule 27).
#[tokio::test]
async fn a_deduction_survives_a_kill_at_any_call() {
    for call in 1.. {
        for fault in [Fault::KillBefore, Fault::KillAfter] {
            let cloud = shop().await;
            card(&cloud, "pm_card_visa");
            grant(&cloud, 1_000).await;
            recharge(&cloud, 100, 5_000, "starter").await;
            let kill = Script::at("Credits", call, fault);
            script(&cloud, &kill);
            let (status, answer) = deduct(&cloud, "job-1", 1_950).await;
            if !has_fired(&cloud, &kill) {
                assert_eq!(status, 201, "{answer}");
                assert!(call > 3, "only {call} calls? A read, the deduction and a message");
                return;
            }
            assert!(status >= 500, "{fault:?} at call {call} was survived");
            let (status, answer) = deduct(&cloud, "job-1", 1_950).await;
            assert_eq!((status, &answer["balance"]), (201, &json!(50)), "{fault:?} at call {call}");
            advance(&cloud, "1d").await;
            assert_eq!(
                (balance(&cloud).await, taken(&cloud)),
                (1_000_050, 500),
                "{fault:?} at {call}"
            );
            ledger(&cloud).await;
        }
    }
}
