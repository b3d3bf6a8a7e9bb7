//! When events are tried, in which order, and when they are given up.

use billing::time::DAY_SECONDS;
use serde_json::{Value, json};
use stripe_wire::signature::{Secrets, verify};

use super::*;
use crate::faults::{Chances, Probability};
use crate::shelf::Object;
use crate::testing::World;

const URL: &str = "http://127.0.0.1:1/hook";

/// A world with one endpoint that wants these types.
fn world(wanted: &[&str]) -> World {
    let mut world = World::new();
    register(&mut world.engine.stripe, URL, wanted, Some("whsec_first".to_owned()));
    world
}

fn emit(world: &mut World, name: &str) {
    world.engine.stripe.emit("customer.created", json!({ "id": name, "object": "customer" }));
}

/// Takes what is due now, and answers all of it so; which objects it told of.
fn take(world: &mut World, status: Option<u16>) -> Vec<String> {
    let mut taken = Vec::new();
    while let Some(outgoing) = take_due(&mut world.engine.stripe, world.now) {
        let body: Value = serde_json::from_slice(&outgoing.body).unwrap();
        taken.push(body["data"]["object"]["id"].as_str().unwrap().to_owned());
        answered(&mut world.engine.stripe, outgoing.delivery, status, world.now);
    }
    taken
}

fn only(world: &World) -> &Delivery {
    world.engine.stripe.deliveries.all().next().unwrap()
}

#[test]
fn events_go_to_the_endpoints_that_want_them_in_the_order_in_which_they_were_told() {
    for (wanted, taken) in
        [(&["*"][..], 2), (&["customer.created"], 2), (&["invoice.paid", "customer.updated"], 0)]
    {
        let mut world = world(wanted);
        emit(&mut world, "a");
        emit(&mut world, "b");
        assert_eq!(take(&mut world, Some(200)), ["a", "b"][..taken], "{wanted:?}");
    }
}

#[test]
fn a_failure_is_tried_again_for_three_days_and_then_given_up() {
    for status in [None, Some(500), Some(400), Some(302)] {
        let mut world = world(&["*"]);
        let start = world.now;
        emit(&mut world, "a");
        let mut tries = Vec::new();
        while let Some(due) = world.engine.stripe.deliveries.next_due() {
            world.now = due;
            assert_eq!(take(&mut world, status).len(), 1, "{status:?}");
            tries.push(world.now.0 - start.0);
        }
        assert_eq!(tries.len(), 8, "{status:?}");
        assert!(tries.iter().all(|after| *after <= 3 * DAY_SECONDS), "{tries:?}");
        assert_eq!(only(&world).state, State::GivenUp, "{status:?}");
        let event = &only(&world).event;
        assert_eq!(world.engine.stripe.deliveries.pending(event), 1, "{status:?}");
    }
}

#[test]
fn each_try_is_signed_anew_with_all_live_secrets() {
    let mut world = world(&["*"]);
    let endpoint = world.engine.stripe.endpoints.iter().next().unwrap().id.clone();
    emit(&mut world, "a");
    take(&mut world, Some(500));
    let until = world.now.plus_seconds(DAY_SECONDS);
    let rolled = roll(&mut world.engine.stripe, &endpoint, until).unwrap();

    let verified = |world: &mut World, secret: &str| {
        world.now = world.engine.stripe.deliveries.next_due().unwrap().max(world.now);
        let outgoing = take_due(&mut world.engine.stripe, world.now).unwrap();
        let number = outgoing.delivery;
        answered(&mut world.engine.stripe, number, Some(500), world.now);
        let secrets = Secrets::new(&[secret.to_owned()]).unwrap();
        let header = Some(outgoing.signature.as_bytes());
        verify(&secrets, header, &outgoing.body, world.now).is_ok()
    };

    assert!(verified(&mut world, "whsec_first"), "the old one still signs");
    assert!(verified(&mut world, &rolled));
    world.now = until;
    emit(&mut world, "b");
    assert!(verified(&mut world, &rolled));
    assert!(!verified(&mut world, "whsec_first"), "it is over after a day");
}

#[test]
fn an_endpoint_that_fails_for_nine_days_is_disabled_and_what_it_missed_stays_missed() {
    let mut world = world(&["*"]);
    let start = world.now;
    while world.engine.stripe.endpoints.iter().next().unwrap().enabled {
        emit(&mut world, "a");
        take(&mut world, Some(500));
        world.advance(DAY_SECONDS / 2);
    }
    assert_eq!(world.now.0 - start.0, 9 * DAY_SECONDS + DAY_SECONDS / 2);

    emit(&mut world, "missed");
    let id = world.engine.stripe.endpoints.iter().next().unwrap().id().to_owned();
    world.advance(DAY_SECONDS * 3);
    take(&mut world, Some(200));
    world.engine.stripe.endpoints.get_mut(&id).unwrap().enabled = true;
    world.advance(DAY_SECONDS * 9);
    assert_eq!(take(&mut world, Some(200)), [""; 0]);
    emit(&mut world, "next");
    assert_eq!(take(&mut world, Some(200)), ["next"]);
}

#[test]
fn one_success_begins_the_nine_days_anew() {
    let mut world = world(&["*"]);
    for _ in 0..4 {
        emit(&mut world, "a");
        take(&mut world, Some(500));
        world.advance(DAY_SECONDS * 5);
        emit(&mut world, "b");
        take(&mut world, Some(200));
    }
    assert!(world.engine.stripe.endpoints.iter().next().unwrap().enabled);
}

#[test]
fn an_event_can_be_sent_again_at_any_time() {
    let mut world = world(&["*"]);
    emit(&mut world, "a");
    take(&mut world, Some(500));
    let event = only(&world).event.clone();

    assert_eq!(resend(&mut world.engine.stripe, &event, None), 1);
    assert_eq!(take(&mut world, Some(200)), ["a"]);
    assert_eq!(only(&world).state, State::Delivered);
    world.advance(DAY_SECONDS * 4);
    assert_eq!(take(&mut world, Some(200)), [""; 0], "the next try is not needed");

    resend(&mut world.engine.stripe, &event, None);
    assert_eq!(take(&mut world, Some(500)), ["a"]);
    assert_eq!(only(&world).state, State::Delivered, "it was, and stays so");
    assert_eq!(only(&world).attempts.len(), 3);
    assert_eq!(resend(&mut world.engine.stripe, "evt_unknown", None), 0);
}

#[test]
fn faults_drop_delay_duplicate_and_reorder() {
    let all = Probability::ALWAYS;
    let set = |world: &mut World, chances| world.engine.stripe.faults.set(chances);

    let mut dropped = world(&["*"]);
    set(&mut dropped, Chances { drop: all, ..Chances::default() });
    emit(&mut dropped, "a");
    assert_eq!(take(&mut dropped, Some(200)), [""; 0]);
    assert_eq!(only(&dropped).attempts[0].outcome, Outcome::Dropped);
    set(&mut dropped, Chances::default());
    dropped.advance(RETRY_SECONDS[0]);
    assert_eq!(take(&mut dropped, Some(200)), ["a"], "the retry brings it");

    let mut delayed = world(&["*"]);
    set(&mut delayed, Chances { delay: all, ..Chances::default() });
    emit(&mut delayed, "a");
    let due = delayed.engine.stripe.deliveries.next_due().unwrap();
    assert!((DAY_SECONDS..3 * DAY_SECONDS).contains(&(due.0 - delayed.now.0)));

    let mut doubled = world(&["*"]);
    set(&mut doubled, Chances { duplicate: all, ..Chances::default() });
    emit(&mut doubled, "a");
    doubled.advance(600);
    assert_eq!(take(&mut doubled, Some(200)), ["a", "a"]);

    let mut shuffled = world(&["*"]);
    set(&mut shuffled, Chances { reorder: Probability::percent(50), ..Chances::default() });
    let told: Vec<String> = (10..40).map(|name| name.to_string()).collect();
    for name in &told {
        emit(&mut shuffled, name);
    }
    let mut taken = take(&mut shuffled, Some(200));
    assert_ne!(taken, told);
    taken.sort();
    assert_eq!(taken, told, "nothing is lost");
}
