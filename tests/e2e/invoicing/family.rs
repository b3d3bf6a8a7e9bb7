//! Families at the month's end: one consolidated invoice for a parent, separate ones for
//! sub-accounts that pay on their own, and each unit billed once to the payer of its time (B8, B10,
//! B11).

mod broken;
mod calls;
mod corrected;
mod served;

use billing::account::Standing;
use billing::change::Write;
use billing::family::listed::ListedSubAccount;
use billing::family::payers::{Payer, Payers};
use billing::family::{BillingModel, BookedModel, Family, Parent, SubAccount};
use billing::ids::AccountId;
use billing::month::Month;
use store::{Part, Store};

use super::*;
use crate::world::{TABLE, invocation};

const PARENT: &str = "group";

fn table(cloud: &Running) -> Store {
    Store::new(dynamodb(cloud), TABLE)
}

fn named(name: &str) -> AccountId {
    AccountId::parse(name).unwrap()
}

async fn standing_of(cloud: &Running, name: &str) -> Standing {
    let invocation = invocation(cloud.clock().now());
    let loaded = table(cloud).load(&invocation, &named(name), &[Part::Standing]).await.unwrap();
    loaded.standing().unwrap().expect("an account")
}

async fn keep(cloud: &Running, name: &str, writes: &[Write]) {
    let invocation = invocation(cloud.clock().now());
    table(cloud).keep(&invocation, &named(name), writes).await.unwrap();
}

/// Makes an account a parent.
async fn make_parent(cloud: &Running, name: &str) {
    let family = Family::Parent(Parent::default());
    let standing = Standing { family, ..standing_of(cloud, name).await };
    keep(cloud, name, &[Write::Standing(standing)]).await;
}

fn payer(model: BillingModel) -> Payer {
    match model {
        BillingModel::BillToParent => Payer::Parent(named(PARENT)),
        BillingModel::BillToSubAccount => Payer::Own,
    }
}

/// Makes an account a sub-account of the parent, from its opening on.
async fn make_sub_account(cloud: &Running, name: &str, model: BillingModel) {
    let now = cloud.clock().now();
    let payers = Payers::new(payer(model), now);
    let family = Family::SubAccount(SubAccount { parent: named(PARENT), model, booked: None });
    let standing = Standing { family, ..standing_of(cloud, name).await };
    let mut title = name.to_owned();
    title[..1].make_ascii_uppercase();
    let listed = ListedSubAccount {
        version: 0,
        id: named(name),
        name: title,
        processing_region: "eu".to_owned(),
        created_at: now,
        model,
        booked: None,
        paid: Vec::new(),
    };
    let listed = listed.with_payers(&payers);
    keep(cloud, name, &[Write::Standing(standing), Write::Payers(payers)]).await;
    keep(cloud, PARENT, &[Write::SubAccount(Box::new(listed))]).await;
}

/// Books another billing model from a cut line on.
async fn move_to(cloud: &Running, name: &str, model: BillingModel, cut: &str) {
    let (now, at) = (cloud.clock().now(), Timestamp::parse(cut).unwrap());
    let (store, invocation) = (table(cloud), invocation(now));
    let loaded = store.load(&invocation, &named(name), &[Part::Payers]).await.unwrap();
    let payers = loaded.payers().unwrap().unwrap().with(payer(model), at);
    let part = Part::SubAccount(named(name));
    let loaded = store.load(&invocation, &named(PARENT), &[part]).await.unwrap();
    let listed = loaded.sub_account(&named(name)).unwrap().unwrap().with_payers(&payers);

    let mut standing = standing_of(cloud, name).await;
    let Family::SubAccount(place) = &mut standing.family else { panic!("{standing:?}") };
    place.booked = Some(BookedModel { model, at });

    keep(cloud, name, &[Write::Standing(standing), Write::Payers(payers)]).await;
    keep(cloud, PARENT, &[Write::SubAccount(Box::new(listed))]).await;
}

/// A parent on `team`, whose customer has a good card: its customer.
async fn parent(cloud: &Running) -> String {
    let customer = account(cloud, PARENT).await;
    subscribe(cloud, &customer, "team").await;
    make_parent(cloud, PARENT).await;
    customer
}

/// Opens a sub-account: its customer.
async fn sub_account(cloud: &Running, name: &str, model: BillingModel) -> String {
    let customer = account(cloud, name).await;
    make_sub_account(cloud, name, model).await;
    customer
}

/// Lines of the only usage invoice of a month that a customer has at Stripe.
fn invoiced(cloud: &Running, customer: &str, month: &str) -> Vec<(String, i64)> {
    let all = usage_invoices(cloud, customer);
    let of_month = |invoice: &&Value| invoice["metadata"]["tollgate_month"] == month;
    let found: Vec<&Value> = all.iter().filter(of_month).collect();
    assert!(found.len() <= 1, "{month}: {found:?}");
    found.first().map(|invoice| lines(cloud, invoice)).unwrap_or_default()
}

fn expected(lines: &[(&str, i64)]) -> Vec<(String, i64)> {
    sorted(lines.iter().map(|(text, amount)| ((*text).to_owned(), *amount)).collect())
}

/// Subscribes a customer to `team` from now until the next January.
async fn subscribe_in_december(cloud: &Running, customer: &str) {
    let items = items(&prices(cloud), "team", "month", 1);
    let first = Timestamp::parse("2027-01-01T00:00:00Z").unwrap();
    let form = format!(
        "customer={customer}&{items}&billing_cycle_anchor={}&billing_mode[type]=flexible",
        first.0
    );
    post(cloud, "/v1/subscriptions", &form);
    cloud.clock().run_due().await;
}

/// Goal: a parent with six sub-accounts in both models through three months: one consolidated
/// invoice and the separate ones, to the cent by hand. Two move on 16 December in opposite
/// directions, one whose November is not closed then; usage comes late.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story, month by month")]
async fn a_family_is_invoiced_for_three_months() {
    use BillingModel::{BillToParent, BillToSubAccount};
    let cloud = cloud().await;
    let group = parent(&cloud).await;
    for name in ["north", "south", "east"] {
        sub_account(&cloud, name, BillToParent).await;
    }
    let west = sub_account(&cloud, "west", BillToParent).await;
    let shop = sub_account(&cloud, "shop", BillToSubAccount).await;
    let mill = sub_account(&cloud, "mill", BillToSubAccount).await;
    let shops = subscribe(&cloud, &shop, "team").await;
    subscribe(&cloud, &mill, "team").await;

    // November: 500,000 sessions of all, of which 400,000 beyond 100,000 cost 200.00; 120,000 MB,
    // of which 20,000 beyond 100,000 cost 4.00.
    let at = "2026-11-22T08:00:00Z";
    let november = [
        ("north", "sessions", 150_000, at),
        ("north", "storage", 80_000, at),
        ("south", "sessions", 40_000, at),
        ("east", "sessions", 300_000, at),
        ("east", "storage", 40_000, at),
        ("shop", "sessions", 101_234, at),
    ];
    assert_eq!(report(&cloud, "november", &november).await["rejected"], json!([]));
    until(&cloud, "2026-12-02T12:00:00Z").await;
    let late = [("south", "sessions", 10_000, "2026-11-30T23:59:59Z")];
    assert_eq!(report(&cloud, "late", &late).await["rejected"], json!([]));
    until(&cloud, "2026-12-03T00:14:59Z").await;
    let shown = upcoming(&cloud, PARENT).await;

    until(&cloud, "2026-12-03T06:00:00Z").await;
    let sessions = "Sessions in November 2026";
    let beyond = "of 500,000, 400,000 beyond 100,000 included";
    let storage = "Storage in November 2026";
    let stored = "of 120,000, 20,000 beyond 100,000 included";
    let lines = expected(&[
        (&format!("North (north): {sessions}: 150,000 {beyond}"), 6_000),
        (&format!("South (south): {sessions}: 50,000 {beyond}"), 2_000),
        (&format!("East (east): {sessions}: 300,000 {beyond}"), 12_000),
        (&format!("North (north): {storage}: 80,000 {stored}"), 267),
        (&format!("East (east): {storage}: 40,000 {stored}"), 133),
    ]);
    assert_eq!(invoiced(&cloud, &group, "2026-11"), lines);
    let ended = told(&shown).into_iter().filter(|line| line.0.contains("in November"));
    assert_eq!(sorted(ended.collect()), lines, "the invoice is what was shown the second before");
    let own = expected(&[(
        "Sessions in November 2026: 1,234 beyond 100,000 included, at 0.0005 USD",
        62,
    )]);
    assert_eq!(invoiced(&cloud, &shop, "2026-11"), own);
    for customer in [&west, &mill] {
        assert_eq!(invoiced(&cloud, customer, "2026-11"), []);
    }

    // December: west pays on its own from the 16th on, and shop's parent for it. The parent pays
    // for 200,000 sessions of west and 100,000 of shop: 200,000 beyond cost 100.00.
    move_to(&cloud, "west", BillToSubAccount, "2026-12-16T00:00:00Z").await;
    move_to(&cloud, "shop", BillToParent, "2026-12-16T00:00:00Z").await;
    until(&cloud, "2026-12-16T00:00:00Z").await;
    stripe(&cloud, &Method::DELETE, &format!("/v1/subscriptions/{shops}"), "");
    subscribe_in_december(&cloud, &west).await;
    until(&cloud, "2026-12-20T12:00:00Z").await;
    let december = [
        ("west", "sessions", 200_000, "2026-12-15T23:59:59Z"),
        ("west", "sessions", 130_000, "2026-12-16T00:00:00Z"),
        ("shop", "sessions", 120_000, "2026-12-15T23:59:59Z"),
        ("shop", "sessions", 100_000, "2026-12-16T00:00:00Z"),
    ];
    assert_eq!(report(&cloud, "december", &december).await["rejected"], json!([]));
    let shown = upcoming(&cloud, PARENT).await;

    until(&cloud, "2027-01-03T06:00:00Z").await;
    let sessions = "Sessions in December 2026";
    let beyond = "of 300,000, 200,000 beyond 100,000 included";
    let storage = "Storage in December 2026";
    let lines = expected(&[
        (&format!("West (west): {sessions}: 200,000 {beyond}"), 6_667),
        (&format!("Shop (shop): {sessions}: 100,000 {beyond}"), 3_333),
        (&format!("North (north): {storage}: 80,000 {stored}"), 267),
        (&format!("East (east): {storage}: 40,000 {stored}"), 133),
    ]);
    assert_eq!(invoiced(&cloud, &group, "2026-12"), lines);
    let so_far = told(&shown).into_iter().filter(|line| line.0.contains("in December"));
    assert_eq!(sorted(so_far.collect()), lines, "nothing more was used");
    let west_pays = expected(&[(
        "Sessions in December 2026: 30,000 beyond 100,000 included, at 0.0005 USD",
        1_500,
    )]);
    assert_eq!(invoiced(&cloud, &west, "2026-12"), west_pays);
    let shop_pays = expected(&[(
        "Sessions in December 2026: 20,000 beyond 100,000 included, at 0.0005 USD",
        1_000,
    )]);
    assert_eq!(invoiced(&cloud, &shop, "2026-12"), shop_pays);

    // January: what is held goes on; everything of shop is its parent's, and nothing of west.
    let january = [
        ("shop", "sessions", 101_000, "2027-01-02T00:00:00Z"),
        ("west", "sessions", 100_001, "2027-01-02T00:00:00Z"),
    ];
    assert_eq!(report(&cloud, "january", &january).await["rejected"], json!([]));
    until(&cloud, "2027-02-03T06:00:00Z").await;
    let storage = "Storage in January 2027";
    let beyond = "101,000 of 101,000, 1,000 beyond 100,000 included";
    let lines = expected(&[
        (&format!("Shop (shop): Sessions in January 2027: {beyond}"), 50),
        (&format!("North (north): {storage}: 80,000 {stored}"), 267),
        (&format!("East (east): {storage}: 40,000 {stored}"), 133),
    ]);
    assert_eq!(invoiced(&cloud, &group, "2027-01"), lines);
    assert_eq!(invoiced(&cloud, &shop, "2027-01"), []);
    assert_eq!(invoiced(&cloud, &west, "2027-01"), [], "a twentieth of a cent");
    let left = to_be_invoiced(&cloud).await;
    assert_eq!(left, ["2027-02#east", "2027-02#north"], "storage goes on");
}

/// Goal: usage of a sub-account that its parent's list does not have for the month, such as from
/// before its opening, is billed with the parent's next month once its own is closed: never lost.
#[tokio::test]
async fn a_share_that_comes_too_late_is_billed_with_the_next_month() {
    let cloud = cloud().await;
    let group = parent(&cloud).await;
    sub_account(&cloud, "north", BillingModel::BillToParent).await;
    let usage = [("north", "sessions", 101_000, "2026-11-22T08:00:00Z")];
    report(&cloud, "november", &usage).await;
    until(&cloud, "2026-12-02T12:00:00Z").await;
    sub_account(&cloud, "south", BillingModel::BillToParent).await;
    until(&cloud, "2026-12-03T06:00:00Z").await;
    assert_eq!(invoiced(&cloud, &group, "2026-11").len(), 1);

    // An item of before: no report is taken for November any more.
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let number = |number: &str| AttributeValue::N(number.to_owned());
    for (key, on) in [("USAGE#2026-11", "2026-11"), ("DAY#2026-11#30", "2026-11-30")] {
        let item = dynamodb(&cloud).put_item().table_name(TABLE);
        let item = item.item("pk", text("ACCOUNT#south")).item("sk", text(key));
        let item = item.item("v", number("0")).item("s_sessions", number("7000"));
        let (partition, sort) =
            store::keys::bill_due(&named("south"), Month::parse("2026-11").unwrap());
        let item = item.item("entity", text("usage")).item("on", text(on));
        let item = match key {
            "USAGE#2026-11" => item.item("due_pk", text(&partition)).item("due_sk", text(&sort)),
            _ => item,
        };
        item.send().await.unwrap();
    }
    let december = [("north", "sessions", 100_000, "2026-12-02T13:00:00Z")];
    report(&cloud, "december", &december).await;

    until(&cloud, "2027-01-03T06:00:00Z").await;
    let lines = invoiced(&cloud, &group, "2026-12");
    let sum: i64 = lines.iter().map(|line| line.1).sum();
    assert_eq!(sum, 350, "7,000 beyond the included: {lines:?}");
    assert!(lines.iter().any(|line| line.0.starts_with("South (south): Sessions")), "{lines:?}");
    assert_eq!(to_be_invoiced(&cloud).await, [""; 0]);
}
