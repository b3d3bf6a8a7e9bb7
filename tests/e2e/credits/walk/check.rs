//! What must hold after each step, and what must hold when it is quiet.

use std::collections::{BTreeMap, BTreeSet};

use billing::credits::Books;
use billing::credits::ledger::LedgerKind;
use billing::credits::purchase::{How, Purchase, PurchaseStatus};
use billing::credits::recharge::{PauseReason, Verdict};
use billing::credits::reservation::{Reservation, ReservationStatus};
use billing::ids::PurchaseId;
use billing::month::Month;
use billing::words::Word;
use http::Method;
use serde_json::{Value, json};
use stripe_simulator::faults::Chances;

use super::History;
use super::table::Table;
use crate::credits::PATH;
use crate::letters::{dead_letters, redrive_letters};

/// Tokens that the Free plan includes in a month.
const INCLUDED: i64 = 1_000;

impl History {
    pub(super) async fn check(&mut self) {
        let table = self.table().await;
        let held = table.reservations.values().map(|held| (held.id.clone(), held.month));
        self.months.extend(held);
        self.check_numbers(&table);
        self.check_deductions(&table);
        self.check_recharge(&table);
        self.check_money(&table);
        let (balance, now) = (table.credits.counted.balance(), self.cloud.clock().now());
        self.say(format!("  balance {balance} on {now}"));
    }

    /// The numbers are what the entries and the open reservations make.
    fn check_numbers(&self, table: &Table) {
        let counted = &table.credits.counted;
        let sum: i64 = table.entries.values().map(|entry| entry.tokens).sum();
        assert_eq!(counted.balance(), sum, "the balance is the sum of the entries");
        let now = self.cloud.clock().now();
        let is_open =
            |it: &&Reservation| table.credits.as_of(it, now).status == ReservationStatus::Open;
        let open: Vec<_> = table.reservations.values().filter(is_open).collect();
        let held: i64 = open.iter().map(|it| it.held.credits).sum();
        assert_eq!(counted.reserved, held, "what is reserved is what open reservations hold");
        let taken: i64 = table.purchases.values().map(|it| it.taken).sum();
        assert!(counted.available + taken >= 0, "deductions went below zero");
        let mut included: BTreeMap<Month, i64> = BTreeMap::new();
        for entry in table.entries.values().filter(|entry| entry.included != 0) {
            let held = self.months.get(&entry.id).copied();
            *included.entry(held.unwrap_or(Month::of(entry.at))).or_default() += entry.included;
        }
        for held in &open {
            *included.entry(held.month).or_default() += held.held.included;
        }
        // Earlier months are forgotten with a page of the ledger.
        let last = Month::of(Month::of(now).start().plus_seconds(-1));
        included.retain(|month, used| *month >= last && *used != 0);
        let mut known = counted.included.clone();
        known.retain(|month, used| *month >= last && *used != 0);
        assert_eq!(known, included, "what was used of what is included");
        assert!(known.values().all(|used| (0..=INCLUDED).contains(used)), "{known:?}");
    }

    /// Each key took at most once, and what was answered is so.
    fn check_deductions(&self, table: &Table) {
        let mut seen = BTreeSet::new();
        let keyed = table.entries.values().filter(|entry| entry.kind == LedgerKind::Deduction);
        for entry in keyed {
            let Some(key) = &entry.reason else {
                assert!(entry.about.is_some(), "{entry:?}");
                continue;
            };
            assert!(seen.insert(key.clone()), "{key} took twice");
            assert_eq!(entry.asked(), self.deductions[key].0, "{key}");
        }
        for (key, (_, answer)) in &self.deductions {
            let Some(answer) = answer else { continue };
            let entry = table.entries.get(answer["id"].as_str().unwrap());
            let entry = entry.unwrap_or_else(|| panic!("{key} was answered, and took nothing"));
            assert_eq!(entry.reason.as_ref(), Some(key));
            assert_eq!(Some(-entry.tokens), answer["from_credits"].as_i64(), "{key}");
        }
    }

    /// One charge at a time, and never past the limit.
    fn check_recharge(&self, table: &Table) {
        let decided = &table.credits.decided;
        let mut months: BTreeMap<Month, i64> = BTreeMap::new();
        let mut open = Vec::new();
        for purchase in table.purchases.values().filter(|it| it.how == How::Recharge) {
            match purchase.status {
                PurchaseStatus::Open => open.push(purchase.id.clone()),
                PurchaseStatus::Granted => {
                    *months.entry(purchase.month).or_default() += purchase.offer.price.amount;
                }
                PurchaseStatus::Failed | PurchaseStatus::Expired => {}
            }
        }
        let under_way = decided.charge.iter().map(|charge| charge.purchase.clone());
        assert_eq!(open, under_way.collect::<Vec<_>>(), "the charge under way");
        for (month, spent) in &decided.spent {
            assert_eq!(months.get(month), Some(spent), "what was spent in {month}");
        }
        for (month, spent) in &months {
            let used = spent + decided.reserved_in(*month);
            assert!(used <= self.limit, "{used} in {month} passes {}", self.limit);
        }
    }

    /// Nothing is granted that was not paid, and nothing is paid twice.
    fn check_money(&self, table: &Table) {
        let mut paid = BTreeSet::new();
        for payment in self.payments() {
            let purchase = payment["metadata"]["tollgate_purchase"].as_str().unwrap().to_owned();
            if payment["status"] == "succeeded" {
                assert!(paid.insert(purchase.clone()), "{purchase} was paid twice");
            }
            assert!(table.purchases.contains_key(&purchase), "{purchase} is not in the table");
        }
        for purchase in table.purchases.values().filter(|it| granted(it)) {
            assert!(paid.contains(purchase.id.as_str()), "{} was not paid", purchase.id);
            let entry = &table.entries[purchase.id.as_str()];
            assert_eq!(entry.tokens, purchase.offer.tokens);
        }
        let grants = [LedgerKind::Purchase, LedgerKind::AutoRecharge];
        let entries = table.entries.values().filter(|entry| grants.contains(&entry.kind));
        let entries = entries.count();
        assert_eq!(entries, table.purchases.values().filter(|it| granted(it)).count());
    }

    /// What is shown is what is kept: balance, reserved, spent and every page of the ledger.
    pub(super) async fn check_what_is_shown(&mut self) {
        let table = self.table().await;
        let shown = crate::world::get(&self.cloud, PATH).await;
        let counted = &table.credits.counted;
        assert_eq!(shown["balance"], counted.balance());
        assert_eq!(shown["reserved"], counted.reserved);
        let state = &shown["auto_recharge"];
        let amount = |name: &str| state[name]["amount"].as_i64().unwrap();
        let used = amount("spent_this_period") + amount("reserved");
        assert!(used <= self.limit, "{shown}");
        let ledger = crate::credits::ledger(&self.cloud).await;
        assert_eq!(ledger.len(), table.entries.len());
        let mut balance = 0;
        for (kind, tokens, after) in ledger {
            balance += tokens;
            assert_eq!(balance, after, "behind {kind}");
        }
    }

    /// Days in which nothing breaks and nobody asks, as many as Stripe may tell late: then nothing
    /// is left over.
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
        self.check().await;
        self.check_what_is_shown().await;
        let table = self.table().await;
        self.check_settled(&table);
        self.check_charge_ended(&table);
        self.use_all(&table).await;
        self.redrive().await;
        self.check().await;
        let table = self.table().await;
        self.check_charge_begun(&table);
        self.seen.extend(crate::world::kinds(&self.cloud, "acme").await);
        self.seen.extend(table.entries.values().map(|entry| entry.kind.word().to_owned()));
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

    /// Money taken at Stripe is money of granted purchases, and what went back took its tokens
    /// along.
    fn check_settled(&self, table: &Table) {
        let payments = self.payments();
        let taken: i64 = payments.iter().map(|it| it["amount_received"].as_i64().unwrap()).sum();
        let all = table.purchases.values().filter(|it| granted(it));
        let sold: i64 = all.clone().map(|it| it.paid.unwrap().amount).sum();
        assert_eq!(taken, sold, "money taken is money of granted purchases");
        let refunds = self.list("/v1/refunds?limit=100");
        let disputes = self.list("/v1/disputes?limit=100");
        for purchase in all {
            let payment = purchase.payment.as_ref().unwrap().as_str();
            let live = |it: &&Value| {
                let dead =
                    ["failed", "canceled", "won", "warning_needs_response", "warning_closed"];
                let dead = dead.contains(&it["status"].as_str().unwrap());
                it["payment_intent"] == payment && !dead && it["status"] != "warning_under_review"
            };
            let live = refunds.iter().chain(&disputes).filter(live);
            let back: i64 = live.map(|it| it["amount"].as_i64().unwrap()).sum();
            let paid = purchase.paid.unwrap().amount;
            let tokens = purchase.offer.tokens * back.min(paid) / paid;
            assert_eq!(purchase.taken, tokens, "{back} of {} went back", purchase.id);
        }
    }

    /// A charge that is still under way waits for its page or for the bank.
    fn check_charge_ended(&self, table: &Table) {
        let decided = &table.credits.decided;
        let Some(charge) = &decided.charge else { return };
        let purchase = &table.purchases[charge.purchase.as_str()];
        let waits = decided.pause.as_ref().is_some_and(|pause| {
            pause.reason == PauseReason::AuthenticationRequired && pause.action_url.is_some()
        });
        let payments = self.payments();
        let is_processing = payments.iter().any(|payment| {
            payment["metadata"]["tollgate_purchase"] == purchase.id.as_str()
                && payment["status"] == "processing"
        });
        assert!(waits || is_processing, "{decided:?} {purchase:?}");
    }

    /// All tokens can be used, to the last one: nothing stays reserved.
    async fn use_all(&mut self, table: &Table) {
        let counted = &table.credits.counted;
        let gift = 10 - counted.balance().min(0);
        let body = json!({ "tokens": gift, "reason": "the last gift" });
        let path = "/v1/staff/accounts/acme/credits/adjustments";
        let (status, answer) = self.ask(Method::POST, path, Some("last-gift"), &body).await;
        assert_eq!(status, 201, "{answer}");
        let now = self.cloud.clock().now();
        let left = INCLUDED - counted.included_in(Month::of(now));
        let tokens = counted.balance() + gift + left;
        self.deductions.insert("last-job".to_owned(), (tokens, None));
        let body = json!({ "tokens": tokens, "reason": "last-job" });
        let path = format!("{PATH}/deductions");
        let (status, answer) = self.ask(Method::POST, &path, Some("last-job"), &body).await;
        assert_eq!((status, &answer["balance"]), (201, &json!(0)), "{tokens}: {answer}");
        self.deductions.get_mut("last-job").unwrap().1 = Some(answer);
    }

    /// With nothing left, auto-recharge has bought, or says why not, or the schedule is to look at
    /// it now.
    fn check_charge_begun(&self, table: &Table) {
        let catalog = catalog::deployed().unwrap();
        let settings = table.credits.decided.settings.as_ref();
        let pack = settings.and_then(|settings| catalog.pack(&settings.pack));
        let books = Books {
            standing: table.standing.clone(),
            credits: table.credits.clone(),
            allowance: Some(INCLUDED),
            offer: pack.map(catalog::Pack::offer),
            next: PurchaseId::parse("pur_next").unwrap(),
        };
        let now = self.cloud.clock().now();
        let verdict = books.verdict(table.credits.counted.available, now);
        let is_due = table.credits.decided.wake_at.is_some_and(|at| at <= now);
        assert!(verdict != Verdict::Buy || is_due, "{:?}", table.credits);
    }
}

fn granted(purchase: &Purchase) -> bool {
    purchase.status == PurchaseStatus::Granted
}
