//! Commands about usage: a batch counts once, whatever interrupted it, and a month is read as it
//! was counted.

use billing::ids::{AccountId, BatchId};
use billing::metering::{Event, Rejection};
use billing::state::State;
use billing::time::Timestamp;
use billing::usage::{Level, exceeded};
use http::Method;
use local::Running;
use local::gate::{Fault, Script};
use runtime::environment::TABLE_NAME;
use runtime::key::fingerprint;
use serde_json::{Value, json};
use store::{Part, Store};
use usage_commands::{Batch, CountError, Counted, Metering, Reported, month_parts};

use crate::world::{NOW, cloud, invocation, open_account, vendor};

struct World {
    cloud: Running,
    store: Store,
    metering: Metering,
}

impl World {
    /// A cloud with accounts on the Free plan.
    async fn new(accounts: &[&str]) -> Self {
        let cloud = cloud().await;
        for account in accounts {
            open_account(&cloud, account).await;
        }
        let host = cloud.host("Usage");
        let store = Store::new(host.dynamodb().unwrap(), host.environment.get(TABLE_NAME).unwrap());
        let metering = Metering::new(store.clone(), catalog::deployed().unwrap());
        Self { cloud, store, metering }
    }

    async fn count(&self, batch: &Batch) -> Result<Counted, CountError> {
        let at = invocation(Timestamp(NOW));
        let loaded = self.store.load_shared(&at, &batch.parts()).await.unwrap();
        self.metering.count(&at, batch, &loaded).await
    }

    /// Units, level and days of a resource in a month.
    async fn read(&self, name: &str, resource: &str, now: i64) -> (u64, Level, Vec<u64>) {
        let (at, account) = (invocation(Timestamp(now)), AccountId::parse(name).unwrap());
        let month = billing::month::Month::of(at.now);
        let loaded = self.store.load(&at, &account, &month_parts(month)).await.unwrap();
        let standing = loaded.standing().unwrap().expect("an account");
        let all = self.metering.read(&at, &standing, month, &loaded).await.unwrap();
        let it = all
            .resources
            .into_iter()
            .find(|it| it.allowance.resource == resource)
            .expect("a resource");
        let days = it.daily.iter().map(|(_, used)| *used).collect();
        (it.used, it.allowance.level(it.used), days)
    }
}

fn event(account: &str, resource: &str, quantity: u64, at: i64) -> Reported {
    let account = AccountId::parse(account).unwrap();
    let event = Event { account, resource: resource.to_owned(), quantity, at: Timestamp(at) };
    Reported { id: None, event: Ok(event) }
}

fn batch(id: &str, body: &str, events: Vec<Reported>) -> Batch {
    Batch::new(BatchId::parse(id).unwrap(), body.to_owned(), events)
}

fn rejected(counted: &Counted) -> Vec<(usize, Rejection)> {
    counted.rejected.iter().map(|it| (it.place, it.rejection)).collect()
}

/// Goal: a batch counts once; its id for another body is refused.
#[tokio::test]
async fn a_batch_counts_once() {
    let world = World::new(&["acme"]).await;
    let sessions = || vec![event("acme", "sessions", 30, NOW)];

    let first = world.count(&batch("b1", "body", sessions())).await.unwrap();
    let again = world.count(&batch("b1", "body", sessions())).await.unwrap();
    let other = world.count(&batch("b1", "other", sessions())).await;

    assert_eq!((first.accepted, first.is_duplicate), (1, false));
    assert_eq!((again.accepted, again.is_duplicate), (1, true));
    assert!(matches!(other, Err(CountError::OtherContent(_))), "{other:?}");
    assert_eq!(Box::pin(world.read("acme", "sessions", NOW)).await.0, 30);
}

/// Goal: of a batch that was interrupted between its chunks the rest is counted, and nothing twice.
#[tokio::test]
async fn an_interrupted_batch_counts_the_rest() {
    // Given a batch of two chunks: four accounts on each day fill the first. The function is killed
    // before the second.
    let accounts = ["a", "b", "c", "d", "e"];
    let world = World::new(&accounts).await;
    let days = accounts.iter().flat_map(|account| (1..=22).map(move |day| (*account, day)));
    let events: Vec<Value> = days
        .flat_map(|(account, day)| {
            let at = format!("2026-11-{day:02}T08:00:00Z");
            let of = |resource: &str, quantity: u64| json!({ "account": account, "resource": resource, "quantity": quantity, "at": at });
            [of("sessions", 2), of("storage", 100)]
        })
        .collect();
    let body = json!({ "batch_id": "b1", "events": events });
    world.cloud.gate().script(Script::at("Usage", 5, Fault::KillBefore));
    let (status, _) = vendor(&world.cloud, Method::POST, "/v1/usage", &body).await;
    assert_eq!((status >= 500, world.cloud.gate().scripts_left()), (true, 0));
    assert_eq!(Box::pin(world.read("a", "sessions", NOW)).await.0, 44, "the first chunk counts");
    assert_eq!(Box::pin(world.read("e", "sessions", NOW)).await.0, 0, "the second does not");

    // When the same batch comes again.
    let reported = body["events"].as_array().unwrap().iter().map(|it| {
        let at = Timestamp::parse(it["at"].as_str().unwrap()).unwrap();
        let text = |field: &str| it[field].as_str().unwrap();
        event(text("account"), text("resource"), it["quantity"].as_u64().unwrap(), at.0)
    });
    let same = batch("b1", &fingerprint(body.to_string().as_bytes()), reported.collect());
    let counted = world.count(&same).await.unwrap();

    // Then every account has its usage once.
    assert_eq!((counted.accepted, counted.is_duplicate), (220, false));
    for account in accounts {
        assert_eq!(Box::pin(world.read(account, "sessions", NOW)).await.0, 44, "{account}");
    }
    assert!(world.count(&same).await.unwrap().is_duplicate);
}

/// Goal: what follows from the batch alone, from the account and from the plan is rejected event by
/// event.
#[tokio::test]
async fn events_are_rejected_one_by_one() {
    let world = World::new(&["acme"]).await;
    let named = |mut it: Reported| {
        it.id = Some("e1".to_owned());
        it
    };

    let events = vec![
        named(event("acme", "sessions", 1, NOW)),
        named(event("acme", "sessions", 1, NOW)),
        event("nobody", "sessions", 1, NOW),
        event("acme", "storage", 501, NOW),
        event("acme", "storage", 500, NOW),
        Reported { id: None, event: Err(Rejection::InvalidTime) },
    ];
    let counted = world.count(&batch("b1", "body", events)).await.unwrap();

    let expected = [
        (1, Rejection::DuplicateId),
        (2, Rejection::UnknownAccount),
        (3, Rejection::OverLimit),
        (5, Rejection::InvalidTime),
    ];
    assert_eq!((counted.accepted, rejected(&counted)), (2, expected.to_vec()));
    assert_eq!(Box::pin(world.read("acme", "storage", NOW)).await.0, 500);
    assert_eq!(Box::pin(world.read("acme", "sessions", NOW)).await.0, 1);
}

/// Goal: a resource that restricts is counted beyond its limit, and restricts the account from the
/// first unit beyond.
#[tokio::test]
async fn a_resource_beyond_its_limit_restricts() {
    let world = World::new(&["acme"]).await;
    let account = AccountId::parse("acme").unwrap();
    let mut states = Vec::new();

    for (id, quantity) in [("b1", 1_000), ("b2", 1)] {
        let events = vec![event("acme", "sessions", quantity, NOW)];
        world.count(&batch(id, id, events)).await.unwrap();
        let at = invocation(Timestamp(NOW));
        let parts = [Part::used(at.now), vec![Part::Standing]].concat();
        let loaded = world.store.load(&at, &account, &parts).await.unwrap();
        let allowances = catalog::deployed().unwrap().allowances("free");
        let over = exceeded(&allowances, &loaded.used(at.now).unwrap());
        let standing = loaded.standing().unwrap().expect("an account");
        states.push(standing.state_at(at.now).limited_by(&over));
    }

    assert_eq!(states, [State::Active, State::Restricted]);
    let (used, level, _) = Box::pin(world.read("acme", "sessions", NOW)).await;
    assert_eq!((used, level), (1_001, Level::Over));
}

/// Goal: a month has a number for each day until now; sums begin anew with a month, and levels are
/// held.
#[tokio::test]
async fn a_month_is_read_day_by_day() {
    let world = World::new(&["acme"]).await;
    let day = 86_400;
    let events = vec![
        event("acme", "sessions", 5, NOW - 2 * day),
        event("acme", "sessions", 7, NOW),
        event("acme", "storage", 300, NOW - 2 * day),
        event("acme", "storage", 100, NOW - day),
    ];

    world.count(&batch("b1", "body", events)).await.unwrap();

    let (sessions, _, days) = Box::pin(world.read("acme", "sessions", NOW)).await;
    assert_eq!((sessions, &days[18..]), (12, &[0, 5, 0, 7][..]));
    let (storage, _, days) = Box::pin(world.read("acme", "storage", NOW)).await;
    assert_eq!((storage, &days[18..]), (100, &[0, 300, 100, 100][..]));
    let december = NOW + 10 * day;
    assert_eq!(Box::pin(world.read("acme", "sessions", december)).await.0, 0);
    assert_eq!(
        Box::pin(world.read("acme", "storage", december)).await,
        (100, Level::Ok, vec![100, 100])
    );
}
