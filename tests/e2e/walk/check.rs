//! What must hold when it is quiet: the books equal Stripe's.

use std::collections::{BTreeMap, BTreeSet};

use billing::account::Standing;
use billing::agreement::due_at;
use billing::fact::{Fact, News, Pause};
use billing::invoice::Invoice;
use billing::subscription::Subscription;
use billing::time::Timestamp;
use billing::words::Word;
use serde_json::Value;
use store::keys;
use stripe_simulator::faults::Chances;
use stripe_wire::event_type::{EventType, SubscriptionEvent};
use stripe_wire::wire::read_object;

use super::History;
use super::acts::left_alone;
use crate::letters::{dead_letters, redrive_letters};
use crate::world::TABLE;

/// All that is kept of the account's money at Stripe.
struct Table {
    standing: Standing,
    invoices: BTreeMap<String, Invoice>,
    subscriptions: BTreeMap<String, Subscription>,
}

impl History {
    async fn table(&self) -> Table {
        let scan = self.table.scan().table_name(TABLE).consistent_read(true);
        let items = scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let (mut standing, mut invoices) = (None, BTreeMap::new());
        let mut subscriptions = BTreeMap::new();
        for item in items.unwrap() {
            let entity = item.get(keys::ENTITY).and_then(|it| it.as_s().ok());
            match entity.map(String::as_str) {
                Some("standing") => standing = Some(store::standing::read(&item).unwrap()),
                Some("invoice") => {
                    let invoice = store::invoice::read(&item).unwrap();
                    invoices.insert(invoice.id.to_string(), invoice);
                }
                Some("subscription") => {
                    let subscription = store::subscription::read(&item).unwrap();
                    subscriptions.insert(subscription.snapshot.id.to_string(), subscription);
                }
                _ => {}
            }
        }
        Table { standing: standing.unwrap(), invoices, subscriptions }
    }

    /// What is not ours is as people left it.
    pub(super) fn check_foreign(&self) {
        for (id, left) in &self.foreign {
            let (status, now) =
                self.cloud.stripe().call(http::Method::GET, &format!("/v1/subscriptions/{id}"), "");
            assert_eq!(status, 200, "{now}");
            assert_eq!(&left_alone(&now), left, "{id} was changed");
        }
    }

    /// Days in which nothing breaks and nobody acts; then nothing may be left over.
    pub(super) async fn end(&mut self) {
        let is_late = self.cloud.stripe().with_engine(|engine| {
            let faults = &mut engine.stripe.faults;
            let is_late = faults.chances().delay != Chances::default().delay;
            faults.set(Chances::default());
            is_late
        });
        if self.is_given_up() {
            return;
        }
        self.redrive().await;
        self.go_on(if is_late { "6d" } else { "2d" }).await;
        self.redrive().await;
        self.go_on("3h").await;

        let table = self.table().await;
        self.check_invoices(&table);
        self.check_subscriptions(&table);
        self.check_state(&table).await;
        self.check_nothing_is_billed_twice();
        self.check_timeline().await;
        // A firing that failed three times by chance is there; the next one did its work.
        let names = self.cloud.queues().names().into_iter();
        for queue in names.filter(|name| name != "ScheduleFailureQueue") {
            let messages = self.cloud.queues().messages(&queue).unwrap();
            let bodies: Vec<_> = messages.iter().map(|it| (&it.body, it.reason())).collect();
            assert!(bodies.is_empty(), "{queue}: {bodies:?}");
        }
        assert_eq!(dead_letters(&self.cloud).await, []);
    }

    /// True if Stripe has disabled the endpoint, because all that it tried in nine days failed:
    /// what it did not send then is lost until Stripe is compared with the books.
    fn is_given_up(&mut self) -> bool {
        let path = format!("/v1/webhook_endpoints/{}", self.cloud.webhook_endpoint());
        let (status, endpoint) = self.cloud.stripe().call(http::Method::GET, &path, "");
        assert_eq!(status, 200, "{endpoint}");
        self.say(format!("endpoint {}", endpoint["status"]));
        endpoint["status"] == "disabled"
    }

    /// What became a dead letter in the faults, somebody sends again.
    async fn redrive(&mut self) {
        self.go_on("0s").await;
        let moved = redrive_letters(&self.cloud).await;
        self.say(format!("redrove {moved}"));
        self.go_on("20m").await;
    }

    /// Each invoice stands in the table as at Stripe: status, what is left, and what was paid.
    fn check_invoices(&self, table: &Table) {
        let all = self.list("/v1/invoices?customer=cus_acme&limit=100");
        for shown in &all {
            let id = shown["id"].as_str().unwrap();
            let known = table.invoices.get(id).unwrap_or_else(|| panic!("{id} is not known"));
            let status = known.status.map(Word::word);
            assert_eq!(status, shown["status"].as_str(), "{id}: {known:?}");
            let is_owed = ["open", "uncollectible"].iter().any(|it| shown["status"] == *it);
            let remaining = if is_owed { shown["amount_remaining"].as_i64().unwrap() } else { 0 };
            assert_eq!(known.remaining(), remaining, "{id}: {known:?}");
            assert_eq!(known.is_owed(), remaining > 0, "{id}");
        }
        for id in table.invoices.keys() {
            let is_there = all.iter().any(|shown| shown["id"] == *id.as_str());
            let is_deleted = table.invoices[id].status.map(Word::word) == Some("deleted");
            assert!(is_there || is_deleted, "{id} is not at Stripe");
        }
    }

    /// Each subscription stands in the table as at Stripe, field by field.
    fn check_subscriptions(&self, table: &Table) {
        let all = self.list("/v1/subscriptions?customer=cus_acme&status=all&limit=100");
        for shown in &all {
            let id = shown["id"].as_str().unwrap();
            let kind = EventType::Subscription(SubscriptionEvent::Updated);
            let now = self.cloud.clock().now();
            let Ok(Fact { news: News::Subscription(snapshot), .. }) =
                read_object(kind, &shown.to_string(), now)
            else {
                panic!("{shown} is no subscription");
            };
            let known = table.subscriptions.get(id);
            let known = known.unwrap_or_else(|| panic!("{id} is not known"));
            assert_eq!(known.snapshot, snapshot, "{id}");
            assert!(!known.ambiguous, "{id} is still uncertain");
        }
        let current = Subscription::current(table.subscriptions.values());
        let current = current.map(|it| it.snapshot.clone());
        assert_eq!(table.standing.subscription, current, "the account's own");
        let live = table.subscriptions.values().filter(|it| it.snapshot.status.is_live());
        let bought: Vec<_> = live.filter(|it| it.snapshot.origin.is_sold()).collect();
        assert!(bought.len() <= 1, "bought twice: {bought:?}");
    }

    /// State, journal and Stripe follow from what is owed.
    async fn check_state(&self, table: &Table) {
        let (standing, now) = (&table.standing, self.cloud.clock().now());
        let state = standing.state_at(now);
        assert_eq!(standing.noticed.state, state, "the journal is behind: {standing:?}");
        assert!(due_at(standing).is_none_or(|at| at > now), "left due: {standing:?}");
        assert_eq!(standing.rest_to_invoice(), None, "a rest is not invoiced");

        let owners: Vec<&Subscription> = table.subscriptions.values().collect();
        let owed = table.invoices.values().filter(|invoice| invoice.is_owed());
        let listed: BTreeSet<_> = standing.open.keys().map(ToString::to_string).collect();
        let expected: BTreeSet<_> = owed.map(|invoice| invoice.id.to_string()).collect();
        if standing.more_open == 0 {
            assert_eq!(listed, expected, "what is owed");
        }
        for (id, entry) in &standing.open {
            let invoice = &table.invoices[id.as_str()];
            assert_eq!(entry.remaining.amount, invoice.remaining(), "{id}");
            assert_eq!(entry.owner, standing.owner_of(invoice, &owners), "{id}");
        }
        if let Some(live) = standing.live_subscription().filter(|it| it.status.is_in_force()) {
            let is_disabled = state.word() == "disabled";
            let by_us = live.pause == Some(Pause::Ours);
            let by_people = live.pause == Some(Pause::Foreign);
            assert!(by_us == is_disabled || by_people, "{state:?} and {:?}", live.pause);
        }

        let shown = crate::world::get(&self.cloud, "/v1/accounts/acme").await;
        let explained =
            crate::world::get(&self.cloud, "/v1/accounts/acme/explain?field=state").await;
        assert_eq!(shown["state"], explained["value"], "{explained}");
    }

    /// No month of usage, and no rest of a period, has two invoices.
    fn check_nothing_is_billed_twice(&self) {
        let all = self.list("/v1/invoices?customer=cus_acme&limit=100");
        let mut seen = BTreeSet::new();
        for invoice in &all {
            for mark in ["tollgate_month", "tollgate_rest"] {
                if let Some(of) = invoice["metadata"][mark].as_str() {
                    assert!(seen.insert((mark, of.to_owned())), "{mark} {of} twice: {all:?}");
                }
            }
        }
    }

    /// Changes of the state in the timeline lead from one to the next.
    async fn check_timeline(&mut self) {
        let mut entries = Vec::new();
        let mut path = "/v1/accounts/acme/timeline?limit=100".to_owned();
        loop {
            let page = crate::world::get(&self.cloud, &path).await;
            entries.extend(page["data"].as_array().unwrap().iter().cloned());
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("/v1/accounts/acme/timeline?limit=100&cursor={cursor}");
        }
        entries.reverse();

        let mut state = Value::Null;
        for entry in &entries {
            self.see(entry["kind"].as_str().unwrap());
            let changes = entry["changes"].as_array().unwrap();
            for change in changes.iter().filter(|change| change["field"] == "state") {
                assert!(change["before"].is_null() || change["before"] == state, "{entry}");
                state = change["after"].clone();
            }
        }
        let ends: Vec<_> = entries.iter().map(|entry| entry["at"].as_str().unwrap()).collect();
        assert!(ends.iter().all(|at| Timestamp::parse(at).is_ok()));
    }
}
