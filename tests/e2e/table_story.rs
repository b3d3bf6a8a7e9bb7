//! A story that is told to a table through our store: the embedded table that local mode and all
//! other tests rest on, and in the target `other_dynamodb` another DynamoDB as well.
//!
//! A line says what the store sees: outcomes, the items read back, the requests that it took. Not
//! their capacity: DynamoDB Local 3.1.0 tells only the last item's of a transaction when the table
//! and its indexes are asked for apart, and nothing for a key of a batch that is not there, which
//! AWS charges.

// Both targets have this file, each below another root.
#[path = "table_story/credits.rs"]
mod credits;
#[path = "table_story/opening.rs"]
mod opening;

use apply::{Applier, Outcome};
use billing::account::{FREE_PLAN, Standing};
use billing::api_key::AccountKey;
use billing::authority::Role;
use billing::decide::{Change, decide, note, open_account};
use billing::fact::Fact;
use billing::ids::{AccountId, BatchId, CustomerId, MemberId};
use billing::intent::Intent;
use billing::journal::page::Cursor;
use billing::journal::{Cause, CauseKind, Entry, Kind};
use billing::member::{Member, Preferences};
use billing::metering::{Counts, Rejection, Tally};
use billing::month::{Day, Month};
use billing::profile::Profile;
use billing::time::Timestamp;
use billing::usage::Held;
use invocation::{Cost, Invocation};
use runtime::{Clock, Entropy, Environment, Host};
use serde_json::{Value, json};
use store::open::Opening;
use store::usage::Marker;
use store::{Part, Store, StoreError};
use stripe_wire::wire::{Parsed, parse};

use crate::stripe::{Invoice, subscription};
use crate::world::{DAY, NOW};

/// How many settle the same fact at once.
const CROWD: usize = 8;

/// A table, and what was seen of it so far.
struct Story {
    store: Store,
    facts: Applier,
    lines: Vec<String>,
}

fn host(dynamodb: &str) -> Host {
    let variables = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Host {
        environment: variables.into_iter().collect::<Environment>(),
        clock: Clock::fixed(Timestamp(NOW)),
        entropy: Entropy::seeded(1),
        http: aws_smithy_http_client::Builder::new().build_http(),
        sleep: runtime::host::real_time(),
        stopwatch: runtime::Stopwatch::unlimited(),
    }
}

fn fact(event: &Value) -> (Fact, Cause) {
    match parse(event.to_string().as_bytes()).unwrap() {
        Parsed::Fact { event, fact } => {
            (fact, Cause::new(CauseKind::StripeEvent, event.id.to_string()))
        }
        other @ (Parsed::Payment { .. }
        | Parsed::Thin(_)
        | Parsed::WithoutCustomer(_)
        | Parsed::Unused(_)) => {
            panic!("{other:?} is no fact of a customer's")
        }
    }
}

/// What two tables must agree on of a cost.
fn comparable(cost: Cost) -> String {
    let Cost { reads, writes, .. } = cost;
    format!("{reads} reads and {writes} transactions")
}

fn account() -> AccountId {
    AccountId::parse("acme").unwrap()
}

/// A new account.
fn beginning(account: AccountId, customer: Option<CustomerId>) -> (Standing, Profile) {
    let profile = Profile { customer, ..Profile::new(account.clone(), "Acme", Timestamp(NOW)) };
    (Standing::new(account, FREE_PLAN, 7 * DAY, Timestamp(NOW)), profile)
}

/// What comes with it.
fn opening() -> Opening {
    let intent = Intent::new("i".into(), "t".into(), "c".into(), Timestamp(NOW));
    let member = Member {
        version: 0,
        preferences: Preferences::default(),
        id: MemberId::parse("ada").unwrap(),
        email: "ada@acme.example".to_owned(),
        role: Role::Finance,
    };
    Opening { intent, customer: None, members: vec![member], request: None, parent: None }
}

/// An invocation at the story's time.
fn invocation(cause: Cause) -> Invocation {
    Invocation::new(Timestamp(NOW), cause, Entropy::seeded(1))
}

fn api(id: &str) -> Cause {
    Cause::new(CauseKind::Api, id)
}

impl Story {
    fn new(dynamodb: &str, table: &str) -> Self {
        let store = Store::new(host(dynamodb).dynamodb().unwrap(), table);
        let facts = Applier::new(store.clone());
        Self { store, facts, lines: Vec::new() }
    }

    /// What a call came to. Errors by their kind: their words are the table's own.
    fn saw<T: std::fmt::Debug>(&mut self, what: &str, result: &Result<T, StoreError>, cost: Cost) {
        let result = match result {
            Ok(value) => format!("{value:?}"),
            Err(StoreError::Conflict) => "lost".to_owned(),
            Err(other) => format!("{other:?}"),
        };
        self.lines.push(format!("{what}: {result} for {}", comparable(cost)));
    }

    /// Settles an event; gives what became of it and what it cost.
    async fn settled(&mut self, event: &Value) -> (Option<Outcome>, Cost) {
        let (fact, cause) = fact(event);
        let call = invocation(cause.clone());
        let outcome = self.facts.apply(&call, &fact).await.map(|applied| applied.outcome);
        let shown = outcome.as_ref().map_or_else(ToString::to_string, |it| format!("{it:?}"));
        self.lines.push(format!("{}: {shown} for {}", cause.id, comparable(call.cost())));
        (outcome.ok(), call.cost())
    }

    async fn open(&mut self) -> Result<(), StoreError> {
        let customer = CustomerId::parse("cus_acme").unwrap();
        let (standing, profile) = beginning(account(), Some(customer.clone()));
        let change = open_account(standing, profile, Timestamp(NOW));
        let opening = Opening { customer: Some(customer), ..opening() };
        let call = invocation(api("open"));
        let opened = self.store.open(&call, &change, &opening).await;
        self.saw("open", &opened, call.cost());
        opened
    }

    /// What an event would change now.
    async fn change(&self, event: &Value) -> (Change, Cause) {
        let ((fact, cause), call) = (fact(event), invocation(api("read")));
        let books = self.store.books(&call, &account(), &fact).await.unwrap().unwrap();
        (decide(&books, &fact, Timestamp(NOW)).unwrap().expect("a change"), cause)
    }

    /// A customer that nobody knows, taken for foreign, and then an account's after all.
    async fn a_customer_that_comes_to_us(&mut self) {
        let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW);
        assert_eq!(self.settled(&invoice.finalized(NOW)).await.0, None);
        let (customer, call) = (CustomerId::parse("cus_acme").unwrap(), invocation(api("read")));
        for _ in 0..2 {
            let until = Timestamp(NOW + DAY);
            let remembered = self.store.remember_foreign(&call, &customer, until).await;
            self.saw("remember as foreign", &remembered, call.cost());
        }
        assert_eq!(self.settled(&invoice.finalized(NOW)).await.0, Some(Outcome::Foreign));
        assert!(self.open().await.is_ok(), "{:?}", self.lines);
        assert!(matches!(self.open().await, Err(StoreError::Conflict)), "{:?}", self.lines);
    }

    /// New, again, refused, refused again: only what is new is written.
    async fn facts_and_their_duplicates(&mut self) {
        let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW);
        let in_euros = invoice.clone().with("currency", json!("eur"));
        let in_dollars = invoice.clone().with("currency", json!("usd"));
        let start = subscription("customer.subscription.created", "cus_acme", NOW, |_| {});
        let events = [
            in_euros.finalized(NOW),
            in_euros.payment_failed(NOW),
            in_euros.credit_note("cn_1", "credit_note.created", 900, NOW),
            start,
            in_dollars.payment_failed(NOW + 1),
            in_euros.paid(NOW + 1),
        ];
        for event in &events {
            let (_, first) = self.settled(event).await;
            let (outcome, again) = self.settled(event).await;
            assert!(outcome.is_some() && first.writes == 1, "{:?}", self.lines);
            assert_eq!((again.writes, again.write_units), (0, 0), "{:?}", self.lines);
        }
        let refused = self.lines.iter().filter(|line| line.contains("Refused")).count();
        assert_eq!(refused, 2, "{:?}", self.lines);
    }

    /// Of two who decided on the same books one commits, and of a crowd too.
    async fn a_race(&mut self) {
        let two = Invoice::automatic("in_2", "cus_acme", 1_200, NOW);
        let three = Invoice::automatic("in_3", "cus_acme", 1_300, NOW);
        let (first, cause) = self.change(&two.finalized(NOW)).await;
        let (second, other) = self.change(&three.finalized(NOW)).await;
        assert!(self.store.commit(&invocation(cause), &first).await.is_ok());
        let call = invocation(other);
        let lost = self.store.commit(&call, &second).await;
        self.saw("the slower of two", &lost, call.cost());
        assert!(matches!(lost, Err(StoreError::Conflict)), "{lost:?}");

        let ((fact, cause), facts) = (fact(&two.paid(NOW + 2)), &self.facts);
        let settles = (0..CROWD).map(|_| async {
            facts.apply(&invocation(cause.clone()), &fact).await.unwrap().outcome
        });
        let outcomes = futures_util::future::join_all(settles).await;
        let applied = outcomes.iter().filter(|it| matches!(it, Outcome::Applied(_))).count();
        let unchanged = outcomes.iter().filter(|it| matches!(it, Outcome::Unchanged(_))).count();
        assert_eq!((applied, unchanged), (1, CROWD - 1), "{outcomes:?}");
    }

    /// A key that is made, found, deleted, and cannot be deleted twice.
    async fn a_key(&mut self) {
        let (now, call) = (Timestamp(NOW), invocation(api("read")));
        let key = AccountKey {
            id: "key_1".to_owned(),
            name: "CI".to_owned(),
            role: Role::Finance,
            created_at: now,
            created_by: None,
            last_used_on: None,
            hash: "9f86d081".to_owned(),
        };
        let (probe, _) = fact(&Invoice::automatic("in_1", "cus_acme", 1, NOW).finalized(NOW));
        for what in ["add a key", "delete it", "delete it again"] {
            let books = self.store.books(&call, &account(), &probe).await;
            let standing = books.unwrap().unwrap().standing;
            let change = note(&standing, Entry::new(now, Kind::KeyCreated, Some("key_1")), now);
            let call = invocation(api(what));
            let done = if what == "add a key" {
                self.store.add_key(&call, &change, (&key, None), None).await
            } else {
                let gone = std::slice::from_ref(&key);
                self.store.unlist_keys(&call, &change, gone).await.map(|_| ())
            };
            self.saw(what, &done, call.cost());
            assert_eq!(done.is_err(), what == "delete it again", "{done:?}");
            let found = self.store.load_with_key(&call, &key.hash, None, &[]).await;
            self.saw("the key", &found.map(|(principal, _)| principal.is_some()), call.cost());
        }
    }

    /// Counters that are added to, under predicates that hold and that do not; a chunk that counts
    /// once.
    async fn counters(&mut self) {
        let (now, call) = (Timestamp(NOW), invocation(api("read")));
        let batch = BatchId::parse("b1").unwrap();
        let held = |level| Held { at: now, level };
        let marker = Marker {
            body: "9f86d081".to_owned(),
            chunks: vec![1],
            rejected: [(7, Rejection::TooLate), (9, Rejection::OverLimit)].into(),
            expires_at: Timestamp(NOW + DAY),
        };
        // Each but the first two is lost: the chunk is counted; no room; another level was seen;
        // none was seen.
        for (what, chunk, room, seen) in [
            ("count", 0, 10, None),
            ("count on what is there", 1, 10, Some(held(7))),
            ("count a chunk again", 1, 100, Some(held(7))),
            ("count beyond a limit", 2, 9, Some(held(7))),
            ("replace another level", 2, 100, Some(held(8))),
            ("begin a gauge that is there", 2, 100, None),
        ] {
            let counts = Counts {
                add: [("calls".to_owned(), 10)].into(),
                room: [("calls".to_owned(), room)].into(),
                hold: [("disk".to_owned(), (held(7), seen))].into(),
            };
            let months = [(Month::of(now), counts.clone())].into();
            let days = [(Day::of(now), counts)].into();
            let tallies = [(account(), Tally { months, days, ..Tally::default() })];
            let counted = self.store.count(&call, (&batch, chunk), &marker, &tallies).await;
            self.saw(what, &counted, call.cost());
            assert_eq!(counted.is_ok(), what.starts_with("count on") || what == "count", "{what}");
        }
        let days = self.store.usage_days(&call, &account(), Month::of(now)).await;
        self.saw("days", &days, call.cost());
        let months = self.store.usage_months(&call, &account(), Month::of(now)).await;
        self.saw("months", &months, call.cost());
        assert_eq!(months.unwrap()[&Month::of(now)].sum("calls"), 20);
        let parts = [Part::UsageBatch(batch.clone(), 0)];
        let loaded = self.store.load_shared(&call, &parts).await.unwrap();
        assert_eq!(loaded.usage_batch(&batch, 0, now).unwrap(), Some(marker));
    }

    /// Everything that was written, read back page by page.
    async fn the_end(&mut self) {
        let call = invocation(api("read"));
        let invoices = self.store.invoices(&call, &account()).await;
        self.saw("invoices", &invoices, call.cost());
        let mut before = None;
        loop {
            let page = self.store.journal(&call, &account(), before, 3).await;
            self.saw("a page of the journal", &page, call.cost());
            let (records, more) = page.unwrap();
            let Some(last) = records.last() else { break };
            before = Some(Cursor { at: last.at, sequence: last.sequence, skip: 0 });
            if !more {
                break;
            }
        }
        let probe = subscription("customer.subscription.updated", "cus_acme", NOW, |_| {});
        let books = self.store.books(&call, &account(), &fact(&probe).0).await;
        self.saw("standing and subscriptions", &books, call.cost());
    }

    async fn tell(mut self) -> Vec<String> {
        self.a_customer_that_comes_to_us().await;
        self.facts_and_their_duplicates().await;
        self.a_race().await;
        self.a_key().await;
        self.counters().await;
        self.an_opening_that_is_taken_back().await;
        Box::pin(self.credits()).await;
        self.the_end().await;
        self.lines
    }
}

/// Tells the story to a table; a line for each step.
pub async fn tell(dynamodb: &str, table: &str) -> Vec<String> {
    Box::pin(Story::new(dynamodb, table).tell()).await
}
