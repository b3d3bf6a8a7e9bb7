//! The upcoming invoice: plan, seats and usage, to the cent as worked out by hand.

use billing::account::Standing;
use billing::ids::AccountId;
use billing::time::Timestamp;
use billing::upcoming::Upcoming;
use forecast::{Forecast, ForecastError, parts};
use http::Method;
use local::Running;
use runtime::environment::TABLE_NAME;
use serde_json::{Value, json};
use store::Store;

use crate::stripe::{customer, subscription};
use crate::world::{NOW, cloud, invocation, open_account, post, vendor};

struct World {
    cloud: Running,
    store: Store,
    forecast: Forecast,
}

impl World {
    /// A cloud with the account `acme`.
    async fn new() -> Self {
        let cloud = cloud().await;
        open_account(&cloud, "acme").await;
        let host = cloud.host("Invoices");
        let store = Store::new(host.dynamodb().unwrap(), host.environment.get(TABLE_NAME).unwrap());
        let forecast = Forecast::new(store.clone(), catalog::deployed().unwrap());
        Self { cloud, store, forecast }
    }

    /// The account has the Team plan at 49.00 USD with so many seats at 9.00 USD, until the first
    /// of December.
    async fn subscribe(&self, seats: u64, change: impl FnOnce(&mut Value)) {
        let first = Timestamp::parse("2026-12-01T00:00:00Z").unwrap();
        let event = subscription("customer.subscription.updated", "cus_acme", NOW, |object| {
            object["metadata"]["plan"] = json!("team");
            object["currency"] = json!("usd");
            let mut plan = object["items"]["data"][0].clone();
            plan["current_period_end"] = json!(first.0);
            plan["price"]["currency"] = json!("usd");
            let mut seat = plan.clone();
            plan["quantity"] = json!(1);
            plan["price"]["unit_amount"] = json!(4_900);
            plan["price"]["metadata"] = json!({ "tollgate_plan": "team", "tollgate_part": "plan" });
            seat["id"] = json!("si_seat");
            seat["quantity"] = json!(seats);
            seat["price"]["id"] = json!("price_seat");
            seat["price"]["unit_amount"] = json!(900);
            seat["price"]["metadata"] = json!({ "tollgate_plan": "team", "tollgate_part": "seat" });
            object["items"]["data"] = json!([plan, seat]);
            change(object);
        });
        post(&self.cloud, &event, "applied").await;
    }

    async fn report(&self, resource: &str, quantity: u64) {
        let event = json!({ "account": "acme", "resource": resource, "quantity": quantity });
        let body = json!({ "batch_id": resource, "events": [event] });
        let (status, answer) = vendor(&self.cloud, Method::POST, "/v1/usage", &body).await;
        assert_eq!((status, &answer["accepted"]), (202, &json!(1)), "{answer}");
    }

    async fn upcoming(&self, name: &str, now: i64) -> Result<Upcoming, ForecastError> {
        let (at, account) = (invocation(Timestamp(now)), AccountId::parse(name).unwrap());
        let loaded = self.store.load(&at, &account, &parts(at.now)).await.unwrap();
        self.forecast.upcoming(&at, &loaded).await
    }

    async fn standing(&self) -> Standing {
        let (at, account) = (invocation(Timestamp(NOW)), AccountId::parse("acme").unwrap());
        let loaded = self.store.load(&at, &account, &parts(at.now)).await.unwrap();
        loaded.standing().unwrap().expect("an account")
    }
}

fn amounts(upcoming: &Upcoming) -> Vec<i64> {
    upcoming.lines.iter().map(|line| line.amount.amount).collect()
}

/// Total, applied credit and amount due of the only currency.
fn sums(upcoming: &Upcoming) -> (i64, i64, i64) {
    let [sum] = upcoming.sums.as_slice() else { panic!("{:?}", upcoming.sums) };
    assert_eq!(sum.total.currency.as_str(), "usd");
    (sum.total.amount, sum.credit_applied.amount, sum.amount_due.amount)
}

/// Goal: plan, seats and usage add up: 49.00 + 3 x 9.00 + 1,234 x 0.0005 (0.617) + 50,000 x 0.0002
/// (10.00).
#[tokio::test]
async fn plan_seats_and_usage_add_up_to_the_cent() {
    let world = World::new().await;
    world.subscribe(3, |_| {}).await;
    world.report("sessions", 101_234).await;
    world.report("storage", 150_000).await;

    let upcoming = world.upcoming("acme", NOW).await.unwrap();

    assert_eq!(amounts(&upcoming), [4_900, 2_700, 62, 1_000]);
    assert_eq!(sums(&upcoming), (8_662, 0, 8_662));
    assert_eq!((upcoming.month.to_string().as_str(), upcoming.tax_included), ("2026-11", false));
}

/// Goal: an account on the Free plan has nothing to pay, whatever it uses.
#[tokio::test]
async fn the_free_plan_costs_nothing() {
    let world = World::new().await;
    world.report("sessions", 5_000).await;

    let upcoming = world.upcoming("acme", NOW).await.unwrap();

    assert_eq!((amounts(&upcoming), upcoming.sums.len()), (vec![], 0));
}

/// Goal: the balance at Stripe reduces the rest to pay, at most to nothing, and leaves the total as
/// it is.
#[tokio::test]
async fn the_balance_is_applied_to_the_total() {
    let world = World::new().await;
    world.subscribe(1, |_| {}).await;
    let mut due = Vec::new();

    for (second, balance) in [(1, -800), (2, -9_999), (3, 200)] {
        let updated = customer("customer.updated", "cus_acme", NOW + second, |object| {
            object["balance"] = json!(balance);
            object["currency"] = json!("usd");
        });
        post(&world.cloud, &updated, "applied").await;
        due.push(sums(&world.upcoming("acme", NOW).await.unwrap()));
    }

    assert_eq!(due, [(5_800, 800, 5_000), (5_800, 5_800, 0), (5_800, -200, 6_000)]);
}

/// Goal: a subscription that ends renews no more; what was used is still invoiced.
#[tokio::test]
async fn a_subscription_that_ends_leaves_its_usage() {
    let world = World::new().await;
    let first = Timestamp::parse("2026-12-01T00:00:00Z").unwrap();
    world
        .subscribe(3, |object| {
            object["cancel_at_period_end"] = json!(true);
            object["cancel_at"] = json!(first.0);
        })
        .await;
    world.report("storage", 150_000).await;

    let upcoming = world.upcoming("acme", NOW).await.unwrap();

    assert_eq!(world.standing().await.plan(), "team");
    assert_eq!(amounts(&upcoming), [1_000]);
}

/// Goal: while last month is not closed its usage stands beside that of this month, priced by the
/// plan of its end.
#[tokio::test]
async fn an_unclosed_month_is_in_the_forecast() {
    let world = World::new().await;
    world.subscribe(1, |_| {}).await;
    world.report("sessions", 102_000).await;

    let december = Timestamp::parse("2026-12-01T12:00:00Z").unwrap();
    let upcoming = world.upcoming("acme", december.0).await.unwrap();

    let of_november: Vec<_> =
        upcoming.lines.iter().filter(|line| line.description.contains("November 2026")).collect();
    assert_eq!(of_november.len(), 1, "{upcoming:?}");
    assert_eq!(of_november[0].amount.amount, 100);
    assert_eq!(upcoming.month.to_string(), "2026-12");
}

/// Goal: an account that does not exist has no forecast.
#[tokio::test]
async fn an_unknown_account_has_no_forecast() {
    let world = World::new().await;

    let upcoming = world.upcoming("nobody", NOW).await;

    assert!(matches!(upcoming, Err(ForecastError::NoAccount)), "{upcoming:?}");
}
