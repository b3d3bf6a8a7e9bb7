//! Test clocks as callers see them.

use http::Method;
use serde_json::json;

use crate::testing::{NOW, World, id};

const PATH: &str = "/v1/test_helpers/test_clocks";

fn clock(world: &mut World, at: i64) -> String {
    id(&world.post(PATH, &format!("frozen_time={at}&name=a+year")))
}

/// Goal: a clock is told to go, says that it goes, and has arrived by the next request.
#[test]
fn a_clock_goes_where_it_is_told() {
    let mut world = World::new();
    let id = clock(&mut world, 1_000_000);
    let expected = json!({
        "id": id, "object": "test_helpers.test_clock", "created": NOW.0,
        "deletes_after": NOW.0 + 30 * 86_400, "frozen_time": 1_000_000, "livemode": false,
        "name": "a year", "status": "ready", "status_details": {},
    });
    assert_eq!(world.get(&format!("{PATH}/{id}")), expected);

    let going = world.post(&format!("{PATH}/{id}/advance"), "frozen_time=2000000");
    assert_eq!((&going["status"], &going["frozen_time"]), (&json!("advancing"), &json!(1_000_000)));
    assert_eq!(going["status_details"]["advancing"]["target_frozen_time"], 2_000_000);
    let there = world.get(&format!("{PATH}/{id}"));
    assert_eq!((&there["status"], &there["frozen_time"]), (&json!("ready"), &json!(2_000_000)));
    let told = ["created", "advancing", "ready"];
    assert_eq!(world.events(), told.map(|it| format!("test_helpers.test_clock.{it}")));

    for to in [2_000_000, 1_999_999] {
        let form = format!("frozen_time={to}");
        let (status, error) = world.refused(&format!("{PATH}/{id}/advance"), &form);
        assert_eq!((status, &error["param"]), (400, &json!("frozen_time")));
    }
}

/// Goal: customers on a clock live by its time, and others do not notice it.
#[test]
fn customers_on_a_clock_live_by_its_time() {
    let mut world = World::new();
    let id = clock(&mut world, 1_000_000);
    let form =
        format!("test_clock={id}&tax_id_data[0][type]=eu_vat&tax_id_data[0][value]=DE123456789");
    let customer = world.post("/v1/customers", &form);
    assert_eq!(customer["created"], 1_000_000);
    let created = world.engine.stripe.events.iter().last().unwrap().created;
    assert_eq!(created.0, 1_000_000);
    let status = |world: &mut World| {
        let path = format!("/v1/customers/{}/tax_ids", crate::testing::id(&customer));
        world.get(&path)["data"][0]["verification"]["status"].clone()
    };
    world.advance(1_000);
    assert_eq!(status(&mut world), "pending", "the simulator's time is not its customer's");
    world.post(&format!("{PATH}/{id}/advance"), "frozen_time=1000009");
    assert_eq!(status(&mut world), "pending", "a second too early");
    world.post(&format!("{PATH}/{id}/advance"), "frozen_time=1000010");
    assert_eq!(status(&mut world), "verified");
    let event = world.engine.stripe.events.iter().rev().nth(1).unwrap();
    assert_eq!((&*event.kind, event.created.0), ("customer.tax_id.updated", 1_000_010));
}

/// Goal: a clock takes its customers with it, and takes no more than three.
#[test]
fn a_clock_takes_three_customers_and_takes_them_with_it() {
    let mut world = World::new();
    let id = clock(&mut world, 1_000_000);
    let form = format!("test_clock={id}");
    let customers = [1, 2, 3].map(|_| crate::testing::id(&world.post("/v1/customers", &form)));
    let (_, error) = world.refused("/v1/customers", &form);
    assert_eq!(error["param"], "test_clock");
    world.delete(&format!("/v1/customers/{}", customers[0]));
    world.post("/v1/customers", &form);
    world.post("/v1/customers", "name=elsewhere");

    let path = format!("{PATH}/{id}");
    let gone = json!({ "id": id, "object": "test_helpers.test_clock", "deleted": true });
    assert_eq!(world.delete(&path), gone);
    assert_eq!(world.send(Method::GET, &path, "").0, 404);
    assert_eq!(world.get(&format!("/v1/customers/{}", customers[1]))["deleted"], true);
    assert_eq!(world.get("/v1/customers")["data"].as_array().unwrap().len(), 1);
    assert_eq!(world.events().last(), Some(&"test_helpers.test_clock.deleted"));
    world.refused("/v1/customers", &form);
}

/// Goal: a clock that is deleted before it arrives does not arrive.
#[test]
fn a_deleted_clock_does_not_arrive() {
    let mut world = World::new();
    let id = clock(&mut world, 1_000_000);
    world.engine.stripe.test_clocks.get_mut(&id).unwrap().target = Some(NOW);
    let (status, _) = world.refused(&format!("{PATH}/{id}/advance"), "frozen_time=2000000");
    assert_eq!(status, 429, "it is on its way");
    world.engine.stripe.test_clocks.remove(&id);
    super::arrive(&mut world.engine.stripe, &id);
    assert_eq!(world.events(), ["test_helpers.test_clock.created"]);
}

/// A customer on a clock that stands at 2027-01-31T10:00:00Z, with a card and a subscription.
fn subscribed(world: &mut World, recurring: &str) -> (String, String) {
    let clock = clock(world, 1_801_389_600);
    let form = format!(
        "test_clock={clock}&payment_method=pm_card_visa\
         &invoice_settings[default_payment_method]=pm_card_visa"
    );
    let customer = id(&world.post("/v1/customers", &form));
    let form = format!("currency=eur&unit_amount=900&product_data[name]=x&{recurring}");
    let price = id(&world.post("/v1/prices", &form));
    let form = format!("customer={customer}&items[0][price]={price}");
    let subscription = world.post("/v1/subscriptions", &form);
    assert_eq!(subscription["status"], "active", "{subscription:#}");
    (clock, customer)
}

/// Goal: a clock can be moved by two intervals of its shortest subscription, to the second, and by
/// two years without one.
#[test]
fn a_clock_goes_only_so_far_at_once() {
    for (recurring, furthest) in [
        ("recurring[interval]=month", "2027-03-31T10:00:00Z"),
        ("recurring[interval]=month&recurring[interval_count]=6", "2028-01-31T10:00:00Z"),
        ("recurring[interval]=week", "2027-02-14T10:00:00Z"),
        ("recurring[interval]=year", "2029-01-31T10:00:00Z"),
    ] {
        let mut world = World::new();
        let (clock, customer) = subscribed(&mut world, recurring);
        let furthest = billing::time::Timestamp::parse(furthest).unwrap();
        let path = format!("{PATH}/{clock}/advance");
        let (status, error) = world.refused(&path, &format!("frozen_time={}", furthest.0 + 1));
        assert_eq!((status, &error["param"]), (400, &json!("frozen_time")), "{recurring}");
        world.post(&path, &format!("frozen_time={}", furthest.0));

        let subscriptions = world.get(&format!("/v1/subscriptions?customer={customer}"));
        world.delete(&format!("/v1/subscriptions/{}", id(&subscriptions["data"][0])));
        let (years, over) = (furthest.0 + 731 * 86_400, furthest.0 + 732 * 86_400);
        world.refused(&path, &format!("frozen_time={over}"));
        if !recurring.ends_with("year") {
            world.post(&path, &format!("frozen_time={years}"));
        }
    }
}

/// Goal: everything that is due on the way happens at its own time, before the clock is ready.
#[test]
fn what_is_due_on_the_way_happens_at_its_time() {
    let mut world = World::new();
    let (clock, customer) = subscribed(&mut world, "recurring[interval]=month");
    let told = world.events().len();
    let path = format!("{PATH}/{clock}/advance");
    world.post(&path, &format!("frozen_time={}", 1_801_389_600 + 58 * 86_400));
    let path = format!("/v1/invoices?customer={customer}");
    let invoices = world.get(&path)["data"].as_array().unwrap().clone();
    let shown = |invoice: &serde_json::Value| {
        let time = |name: &str| {
            let at = &invoice["status_transitions"][name];
            billing::time::Timestamp(at.as_i64().unwrap()).to_string()
        };
        (invoice["status"].as_str().unwrap().to_owned(), time("finalized_at"), time("paid_at"))
    };
    let paid = |at: &str| ("paid".to_owned(), at.to_owned(), at.to_owned());
    let expected = [paid("2027-02-28T11:00:00Z"), paid("2027-01-31T10:00:00Z")];
    assert_eq!(invoices.iter().map(shown).collect::<Vec<_>>(), expected);

    let events: Vec<_> = world.engine.stripe.events.iter().skip(told).collect();
    assert_eq!(events[0].kind, "test_helpers.test_clock.advancing");
    assert_eq!(events.last().unwrap().kind, "test_helpers.test_clock.ready");
    let [first, .., last] = &events[1..events.len() - 1] else { panic!("{}", events.len()) };
    assert_eq!(first.created.to_string(), "2027-02-28T10:00:00Z");
    assert_eq!(last.created.to_string(), "2027-02-28T11:00:00Z");
    assert!(events.iter().all(|event| event.told == NOW), "it took no time");
}

/// Goal: with a clock its customers' subscriptions end, and nothing is due on it any more.
#[test]
fn with_a_clock_its_subscriptions_end() {
    let mut world = World::new();
    let (clock, customer) = subscribed(&mut world, "recurring[interval]=month");
    let told = world.events().len();
    world.delete(&format!("{PATH}/{clock}"));
    let expected = [
        "customer.subscription.deleted",
        "payment_method.detached",
        "customer.deleted",
        "test_helpers.test_clock.deleted",
    ];
    assert_eq!(world.events()[told..], expected);
    world.advance(400 * 86_400);
    assert_eq!(
        world.get(&format!("/v1/invoices?customer={customer}"))["data"].as_array().unwrap().len(),
        1
    );
}
