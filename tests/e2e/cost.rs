//! Cost of each event at the table and its calls at Stripe, measured, and held in the guide of
//! `infra`.

mod credits;
mod dashboard;
mod invoices;

use std::fmt::Write;

use http::Method;
use local::Running;
use local::gate::{Faults, Mode, Units};
use serde_json::{Value, json};

use crate::stripe::{Invoice, event, subscription};
use crate::subscription::{put, subscribed, wish};
use crate::world::{DAY, NOW, cloud_with_grace, dynamodb, get, open_account, post, vendor};

const GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/README.md");
const BEGIN: &str = "<!-- cost table: begin -->\n";
const END: &str = "<!-- cost table: end -->\n";

/// Most calls of an upgrade on the card on file, and of a payment, at the table and at Stripe
/// together.
const UPGRADE_CALLS_MAX: usize = 10;

/// What one request cost.
#[derive(Debug, Default, PartialEq, Eq)]
struct Spent {
    reads: usize,
    writes: usize,
    stripe_calls: usize,
    read_units: Units,
    write_units: Units,
    index_write_units: Units,
}

fn spent(cloud: &Running) -> Spent {
    spent_by(cloud, "")
}

/// What a function's calls cost; every function's, when it has no name.
fn spent_by(cloud: &Running, function: &str) -> Spent {
    let mut spent = Spent::default();
    let mut total = local::gate::Cost::default();
    let calls = cloud.gate().calls().into_iter();
    for call in calls.filter(|call| function.is_empty() || call.function == function) {
        match call.operation.as_str() {
            "DynamoDB.TransactWriteItems" | "DynamoDB.UpdateItem" => spent.writes += 1,
            operation if operation.starts_with("DynamoDB.") => spent.reads += 1,
            operation if operation.starts_with("Stripe.") => spent.stripe_calls += 1,
            _ => continue,
        }
        total = total.and(call.cost);
    }
    cloud.gate().forget_calls();
    spent.read_units = total.read;
    spent.write_units = total.write;
    spent.index_write_units = total.index_write;
    spent
}

/// Posts an event and takes down what it cost.
async fn cost_of(cloud: &Running, event: &Value, outcome: &str) -> Spent {
    cloud.gate().forget_calls();
    post(cloud, event, outcome).await;
    spent(cloud)
}

async fn rows() -> Vec<(&'static str, Spent)> {
    let cloud = cloud_with_grace(0).await;
    open_account(&cloud, "acme").await;
    cloud.gate().forget_calls();
    let mut rows = Vec::new();
    let unused = event("evt_unused", "charge.succeeded", NOW, &json!({ "id": "ch_1" }));
    rows.push(("an event type that we do not use", cost_of(&cloud, &unused, "ignored").await));
    let one = Invoice::automatic("in_1", "cus_acme", 4_900, NOW);
    let first = cost_of(&cloud, &one.finalized(NOW), "applied").await;
    rows.push(("`invoice.finalized`, the first of a customer after a cold start", first));
    let again = cost_of(&cloud, &one.finalized(NOW), "unchanged").await;
    rows.push(("the same again: a duplicate", again));
    let paid = cost_of(&cloud, &one.paid(NOW), "applied").await;
    rows.push(("`invoice.paid` on an open invoice", paid));
    let succeeded = cost_of(&cloud, &one.payment_succeeded(NOW), "unchanged").await;
    rows.push(("`invoice.payment_succeeded` behind it", succeeded));
    let two = Invoice::automatic("in_2", "cus_acme", 4_900, NOW - DAY);
    post(&cloud, &two.finalized(NOW - DAY), "applied").await;
    let failed = cost_of(&cloud, &two.payment_failed(NOW - 60), "applied").await;
    rows.push(("`invoice.payment_failed` that disables the account", failed));
    let paid = cost_of(&cloud, &two.paid(NOW), "applied").await;
    rows.push(("`invoice.paid` that reactivates the account", paid));
    let three = Invoice::sent("in_3", "cus_acme", 4_900, NOW, NOW + 10 * DAY);
    post(&cloud, &three.finalized(NOW), "applied").await;
    cloud.clock().advance("20d").await.unwrap();
    let note = three.credit_note("cn_1", "credit_note.created", 4_900, NOW + 20 * DAY);
    let credited = cost_of(&cloud, &note, "applied").await;
    rows.push((
        "`credit_note.created` that settles and reactivates, nothing noticed before",
        credited,
    ));
    let kind = "customer.subscription.updated";
    let updated = subscription(kind, "cus_acme", NOW + 20 * DAY, |object| {
        object["metadata"]["plan"] = json!("team");
    });
    rows.push(("`customer.subscription.updated`", cost_of(&cloud, &updated, "applied").await));
    get(&cloud, "/v1/accounts/acme/access").await;
    rows.push(("`GET /v1/accounts/{id}/access`", spent(&cloud)));
    let new = json!({ "id": "new", "name": "New", "email": "billing@new.example" });
    let (status, account) = vendor(&cloud, Method::POST, "/v1/accounts", &new).await;
    assert_eq!(status, 201, "{account}");
    rows.push(("`POST /v1/accounts`, its customer made at Stripe", spent(&cloud)));
    open_account(&cloud, "other").await;
    rows.push(("`POST /v1/accounts`, linking a customer that owes nothing", spent(&cloud)));
    rows.push(Box::pin(upgrade_row()).await);
    rows.extend(usage_rows(&cloud).await);
    rows.extend(Box::pin(credits::rows()).await);
    rows.extend(Box::pin(invoices::rows()).await);
    rows.extend(Box::pin(month_end_rows()).await);
    rows.extend(Box::pin(dashboard::rows()).await);
    rows
}

/// An upgrade on the card on file, by a function that is warm. The webhooks that arrive meanwhile
/// are not counted.
async fn upgrade_row() -> (&'static str, Spent) {
    let cloud = Box::pin(subscribed("team", "month", 3)).await;
    // Nothing happens but what is asked for: queues and Stripe's deliveries keep still.
    cloud.gate().set_mode(Mode::Stepped(Faults::default()), 1);
    cloud.gate().forget_calls();
    let (status, answer) = put(&cloud, &wish("business", "month", 4)).await;
    assert_eq!((status, &answer["plan"]), (200, &json!("business")), "{answer}");
    ("`PUT .../subscription`, an upgrade on the card on file", spent_by(&cloud, "Subscription"))
}

/// One payer at the end of a month: a day without anything to do, and the day of the run.
async fn month_end_rows() -> Vec<(&'static str, Spent)> {
    let cloud = cloud_with_grace(0).await;
    open_account(&cloud, "payer").await;
    let team = subscription("customer.subscription.updated", "cus_payer", NOW, |object| {
        object["metadata"]["plan"] = json!("team");
    });
    post(&cloud, &team, "applied").await;
    let used = json!({ "account": "payer", "resource": "sessions", "quantity": 200_000 });
    let body = json!({ "batch_id": "november", "events": [used] });
    let (status, _) = vendor(&cloud, Method::POST, "/v1/usage", &body).await;
    assert_eq!(status, 202);
    cloud.gate().forget_calls();
    get(&cloud, "/v1/accounts/payer/invoices/upcoming").await;
    let mut rows = vec![("`GET /v1/accounts/{id}/invoices/upcoming`", spent(&cloud))];
    let until = |time: &str| billing::time::Timestamp::parse(time).unwrap();
    cloud.clock().advance_to(until("2026-12-02T00:00:00Z")).await;
    cloud.gate().forget_calls();
    cloud.clock().advance_to(until("2026-12-02T12:00:00Z")).await;
    rows.push(("the month-end run's look on a day without payers", spent_by(&cloud, "InvoiceRun")));
    cloud.gate().forget_calls();
    get(&cloud, "/v1/accounts/payer/invoices/upcoming").await;
    rows.push(("`GET .../invoices/upcoming` while last month is not closed", spent(&cloud)));
    cloud.clock().advance_to(until("2026-12-03T00:15:00Z")).await;
    let run = spent_by(&cloud, "InvoiceRun");
    rows.push(("the month-end run, its look and one payer, closed and invoiced", run));
    rows
}

/// 1,000 events of 100 accounts, two sums each: what is charged for are the counters, not the
/// events.
async fn usage_rows(cloud: &Running) -> Vec<(&'static str, Spent)> {
    for account in 0..100 {
        open_account(cloud, &format!("a{account}")).await;
    }
    let event = |nth: usize| {
        let resource = ["sessions", "events"][nth / 100 % 2];
        json!({ "account": format!("a{}", nth % 100), "resource": resource, "quantity": 1 })
    };
    let events: Vec<Value> = (0..1_000).map(event).collect();
    let mut rows = Vec::new();
    for (what, body) in [
        (
            "`POST /v1/usage`, 1 event, the account's first of a month",
            json!({ "batch_id": "b0", "events": [events[0]] }),
        ),
        ("`POST /v1/usage`, 1 event", json!({ "batch_id": "b1", "events": [events[0]] })),
        (
            "`POST /v1/usage`, 1,000 events of 100 accounts",
            json!({ "batch_id": "b2", "events": events }),
        ),
        ("`POST /v1/usage`, the same again", json!({ "batch_id": "b2", "events": events })),
    ] {
        cloud.gate().forget_calls();
        let (status, answer) = vendor(cloud, Method::POST, "/v1/usage", &body).await;
        assert_eq!((status, &answer["rejected"]), (202, &json!([])), "{answer}");
        rows.push((what, spent(cloud)));
    }
    cloud.gate().forget_calls();
    get(cloud, "/v1/accounts/a0/usage").await;
    rows.push(("`GET /v1/accounts/{id}/usage`", spent(cloud)));
    rows
}

/// Goal: the README's cost table is what is measured here, and stays within the limits that we
/// promise. To write it anew: `UPDATE_README=1 cargo test -p tests --test e2e cost`.
#[tokio::test]
async fn the_cost_table_of_the_readme_is_measured() {
    let rows = rows().await;
    let mut table = String::from(BEGIN);
    table.push_str(
        "| what | reads | read units | writes | write units | of the index | calls at Stripe |\n",
    );
    table.push_str(
        "|------|------:|-----------:|-------:|------------:|------------:|----------------:|\n",
    );
    for (what, spent) in &rows {
        let Spent { reads, writes, stripe_calls, .. } = spent;
        let Spent { read_units, write_units, index_write_units, .. } = spent;
        writeln!(
            table,
            "| {what} | {reads} | {read_units} | {writes} | {write_units} | {index_write_units} | {stripe_calls} |"
        )
        .unwrap();
        let is_run = what.starts_with("the month-end run");
        let is_opening = what.starts_with("`POST /v1/accounts");
        let has_two_months = what.ends_with("is not closed");
        // The caller's key, the order of a page, and its invoices.
        let has_page = what.contains("a page of ten");
        // The caller's key, announced prices, and the days that a forecast rests on.
        let has_forecast = what.contains("invoices/upcoming") || what.contains("overview");
        let has_three = is_opening || has_page || has_forecast || has_two_months;
        let reads_max = if has_three { 3 } else { 2 };
        let is_upgrade = what.contains("an upgrade");
        let is_payment = what.contains("/pay`");
        let calls = reads + writes + stripe_calls;
        assert!(!(is_upgrade || is_payment) || calls <= UPGRADE_CALLS_MAX, "{what}: {spent:?}");
        let is_other = what.starts_with("`POST /v1/usage") || is_run || is_upgrade || is_payment;
        assert!(*reads <= reads_max || is_other, "{what}: {spent:?}");
        let writes_max = if is_opening || is_upgrade { 2 } else { 1 };
        let is_large = what.contains("1,000 events");
        assert!(*writes <= writes_max || is_large || is_run || is_payment, "{what}: {spent:?}");
        if *what == "`POST /v1/usage`, 1 event" {
            assert_eq!(*index_write_units, Units::default(), "only the first of a month costs it");
        }
        if ["the same again", "duplicate", "behind"].iter().any(|it| what.contains(it)) {
            assert_eq!((*writes, *write_units), (0, Units::default()), "{what}: {spent:?}");
        }
        if what.starts_with("`invoice.paid`") {
            assert!(*write_units <= Units::whole(6), "{what}: {spent:?}");
            // What leaves the index of what is due, and what is to be mailed.
            assert!(*index_write_units <= Units::whole(2), "{what}: {spent:?}");
        }
        if what.contains("do not use") {
            assert_eq!(*spent, Spent::default(), "{what}");
        }
    }
    table.push_str(END);
    let guide = std::fs::read_to_string(GUIDE).expect("there is a guide");
    let before = guide.find(BEGIN).expect("the guide has a cost table");
    let after = guide.find(END).expect("the cost table ends") + END.len();
    if update_readme() {
        let guide = format!("{}{table}{}", &guide[..before], &guide[after..]);
        std::fs::write(GUIDE, guide).unwrap();
        return;
    }
    assert_eq!(
        &guide[before..after],
        table,
        "run: UPDATE_README=1 cargo test -p tests --test e2e cost"
    );
}

#[expect(clippy::disallowed_methods, reason = "a switch for a developer who runs the test by hand")]
fn update_readme() -> bool {
    std::env::var("UPDATE_README").is_ok()
}

/// Goal: every item that a settlement writes stays under 1 KB, so that each costs two write units,
/// with the list of open invoices full, ids of Stripe's length and every missed transition in the
/// journal.
#[tokio::test]
async fn items_stay_under_a_kilobyte() {
    let cloud = cloud_with_grace(7).await;
    let account = "an-account-with-a-rather-long-name-of-its-own";
    open_account(&cloud, account).await;
    let customer = format!("cus_{account}");
    let open = billing::account::OPEN_INVOICES_MAX + 2;
    let invoice = |index: usize| {
        let id = format!("in_1SaExampleInvoice{index:08}");
        Invoice::sent(&id, &customer, 123_456_789, NOW, NOW + 10 * DAY)
            .with("number", json!("B1A2C3D4-0007"))
    };
    let kind = "customer.subscription.updated";
    let running = subscription(kind, &customer, NOW, |object| {
        object["metadata"]["plan"] = json!("enterprise-annual-2026");
        object["cancel_at_period_end"] = json!(true);
        object["default_payment_method"] = json!("pm_1SaExampleMethod00000000");
        object["schedule"] = json!("sub_sched_1SaExampleSchedule0000");
        object["pause_collection"] = json!({ "behavior": "void" });
        object["metadata"]["tollgate_pause"] = json!("disabled");
        object["items"]["data"][0]["price"]["unit_amount"] = json!(99_999_999);
    });
    post(&cloud, &running, "applied").await;
    for index in 0..open {
        post(&cloud, &invoice(index).finalized(NOW), "applied").await;
    }
    // Settled only now, so that the journal has the missed transitions to tell, and their reasons.
    cloud.clock().advance("20d").await.unwrap();
    let renewal = Invoice::automatic("in_1SaExampleRenewal00000000", &customer, 123_456_789, NOW);
    post(&cloud, &renewal.voided(NOW), "applied").await;
    cloud.gate().forget_calls();
    post(&cloud, &invoice(0).paid(NOW + 20 * DAY), "applied").await;
    let cost = spent(&cloud);

    let client = dynamodb(&cloud);
    let items = client.scan().table_name(crate::world::TABLE).send().await.unwrap();
    // Events are published behind the settlement, with their objects.
    let is_event = |sk: &str| sk.starts_with("EVENT#");
    for item in items.items().iter().filter(|item| !is_event(item["sk"].as_s().unwrap())) {
        let size = size(item);
        // A record that is to be mailed has its place in the index too: with the most reasons, of
        // an account with a long name, it is a few bytes over, and costs two units more.
        let is_record = item["sk"].as_s().unwrap().starts_with("JOURNAL#");
        let limit = if is_record { 1_100 } else { 1_024 };
        assert!(size < limit, "{} bytes: {:?} {:?}", size, item["pk"], item["sk"]);
    }
    assert_eq!(cost.write_units, Units::whole(8), "{cost:?}");
    let standing = items.items().iter().find(|item| item["sk"].as_s().unwrap() == "STANDING");
    assert_eq!(
        standing.unwrap()["open"].as_m().unwrap().len(),
        billing::account::OPEN_INVOICES_MAX,
        "the list of open invoices is not full"
    );
    assert!(standing.unwrap().contains_key("voided"), "no voided renewal is remembered");
    let shown = get(&cloud, &format!("/v1/accounts/{account}")).await;
    let owed = i64::try_from(open - 1).unwrap() * 123_456_789;
    assert_eq!(shown["outstanding"]["amount"], owed, "an invoice beyond the list is not counted");
    assert_eq!(shown["state"], "disabled");
}

/// Goal: an account with more open invoices than its standing lists is reactivated only when the
/// last of them is settled.
#[tokio::test]
async fn more_open_invoices_than_are_listed_still_count() {
    let cloud = cloud_with_grace(0).await;
    open_account(&cloud, "acme").await;
    let many = billing::account::OPEN_INVOICES_MAX + 3;
    let invoice =
        |index: usize| Invoice::automatic(&format!("in_{index}"), "cus_acme", 100, NOW - DAY);
    for index in 0..many {
        post(&cloud, &invoice(index).payment_failed(NOW - 60), "applied").await;
    }
    for index in 0..many {
        let account = get(&cloud, "/v1/accounts/acme").await;
        assert_eq!(account["state"], "disabled", "after {index} of {many}");
        assert_eq!(account["outstanding"]["amount"], i64::try_from(many - index).unwrap() * 100);
        post(&cloud, &invoice(index).paid(NOW), "applied").await;
    }
    assert_eq!(get(&cloud, "/v1/accounts/acme").await["state"], "active");
}

/// An item's size as DynamoDB counts it (developer guide, "DynamoDB item sizes").
fn size(
    item: &std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue>,
) -> usize {
    use aws_sdk_dynamodb::types::AttributeValue::{Bool, L, M, N, Null, S};
    fn of(value: &aws_sdk_dynamodb::types::AttributeValue) -> usize {
        match value {
            S(text) => text.len(),
            N(number) => number.len().div_ceil(2) + 2,
            Bool(_) | Null(_) => 1,
            L(list) => 3 + list.iter().map(|value| 1 + of(value)).sum::<usize>(),
            M(map) => 3 + map.iter().map(|(name, value)| 1 + name.len() + of(value)).sum::<usize>(),
            other => panic!("an attribute of another kind: {other:?}"),
        }
    }
    item.iter().map(|(name, value)| name.len() + of(value)).sum()
}

/// Goal: `access` costs one read, whoever asks; the first of a day marks the key as used.
#[tokio::test]
async fn access_is_one_round_trip() {
    let cloud = cloud_with_grace(0).await;
    open_account(&cloud, "acme").await;
    let body = json!({ "role": "member" });
    let (status, key) = vendor(&cloud, Method::POST, "/v1/accounts/acme/api-keys", &body).await;
    assert_eq!(status, 201);
    let secret = key["secret"].as_str().unwrap();
    let path = "/v1/accounts/acme/access";
    for calls in [2, 1, 1] {
        cloud.gate().forget_calls();
        let (status, answer) = Box::pin(cloud.call(secret, Method::GET, path, &Value::Null)).await;
        assert_eq!((status, &answer["access"]), (200, &json!("full")));
        assert_eq!(cloud.gate().calls().len(), calls);
    }
}
