//! Commands on accounts: opened, changed and read without the gateway.

mod blockers;
mod details;
mod keys;
mod members;
mod opening;

use accounts_commands::Subject;
use accounts_commands::opening::{NewAccount, OpenAccounts};
use apply::Applier;
use billing::authority::Role;
use billing::ids::{AccountId, CustomerId, MemberId};
use billing::journal::{Cause, CauseKind, Kind};
use billing::member::{Member, Preferences};
use billing::time::Timestamp;
use invocation::{Entropy, Invocation};
use local::Running;
use runtime::host::Patience;
use runtime::input::Idempotency;
use store::{Part, Store};
use stripe_client::Stripe;

use crate::world::{NOW, TABLE, cloud};

/// A cloud, and what commands of the function `Accounts` hold. Faults of the gate count its calls.
struct House {
    store: Store,
    stripe: Stripe,
    facts: Applier,
    patience: Patience,
}

impl House {
    fn of(cloud: &Running) -> Self {
        let host = cloud.host("Accounts");
        let store = Store::new(host.dynamodb().unwrap(), TABLE);
        Self {
            facts: Applier::new(store.clone()),
            store,
            stripe: Stripe::new(&host).unwrap(),
            patience: host.patience(),
        }
    }

    fn opening(&self) -> OpenAccounts<'_> {
        let Self { store, stripe, facts, patience } = self;
        OpenAccounts { store, stripe, facts, patience, grace_seconds: 0 }
    }

    /// A cloud with the account `acme`, whose customer is made.
    async fn with_acme() -> (Running, Self) {
        let cloud = cloud().await;
        let house = Self::of(&cloud);
        house.opening().open(&call(1), &acme()).await.unwrap();
        (cloud, house)
    }

    /// Kinds of the journal's entries, the oldest first.
    async fn kinds(&self) -> Vec<Kind> {
        let (records, _) = self.store.journal(&call(0), &id("acme"), None, 100).await.unwrap();
        let entries = records.iter().rev().flat_map(|record| &record.entries);
        entries.map(|entry| entry.kind).collect()
    }

    /// True if the table has anything of the account.
    async fn has(&self, account: &str) -> bool {
        let parts = [Part::Standing, Part::Profile, Part::Member(member("jo"))];
        let loaded = self.store.load(&call(0), &id(account), &parts).await.unwrap();
        loaded.standing().unwrap().is_some()
            || loaded.profile().unwrap().is_some()
            || loaded.member(&member("jo")).unwrap().is_some()
    }

    async fn customer(&self) -> Option<CustomerId> {
        let loaded = self.store.load(&call(0), &id("acme"), &[Part::Profile]).await.unwrap();
        loaded.profile().unwrap().and_then(|profile| profile.customer)
    }
}

/// One call of a function: another seed draws other tokens.
fn call(seed: u64) -> Invocation {
    let cause = Cause::new(CauseKind::Api, format!("r-{seed}"));
    Invocation::new(Timestamp(NOW), cause, Entropy::seeded(seed))
}

fn id(account: &str) -> AccountId {
    AccountId::parse(account).unwrap()
}

fn member(id: &str) -> MemberId {
    MemberId::parse(id).unwrap()
}

/// The account `acme`, of which nothing is loaded.
fn subject() -> Subject {
    Subject::of(id("acme"))
}

fn acme() -> NewAccount {
    let jo = Member {
        version: 0,
        id: member("jo"),
        email: "jo@acme.example".to_owned(),
        role: Role::AccountAdministrator,
        preferences: Preferences::default(),
    };
    NewAccount {
        account: id("acme"),
        name: "Acme".to_owned(),
        email: Some("billing@acme.example".to_owned()),
        place: None,
        country: Some("de".to_owned()),
        processing_region: None,
        members: vec![jo],
        customer: None,
        content: "content".to_owned(),
        idempotency: None,
    }
}

/// An Idempotency-Key with a body.
fn with_key(key: &str, body: &str) -> Idempotency {
    let expires_at = Timestamp(NOW).plus_seconds(60);
    Idempotency { fingerprint: key.to_owned(), body: body.to_owned(), expires_at }
}

/// Ids of the customers at Stripe, the oldest first.
fn customers(cloud: &Running) -> Vec<String> {
    let ids = |customer: &stripe_simulator::customers::Customer| customer.id.clone();
    cloud.stripe().with_engine(|engine| engine.stripe.customers.iter().map(ids).collect())
}
