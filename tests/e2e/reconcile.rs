//! Books compared with Stripe: what the endpoint missed is found by the hour, and what Stripe never
//! told by the day (G2, money rule 32).

use http::Method;
use local::Running;
use serde_json::{Value, json};
use stripe_simulator::faults::{Chances, Probability};

use crate::shop::{advance, at_stripe, default_card, id, sent_invoice, stripe, subscription, team};
use crate::world::{dynamodb, get, kinds, state};

/// Fields that differ between two runs with the same course: Stripe's names, and times of ours.
const NAMES: [&str; 12] = [
    "id",
    "number",
    "hosted_invoice_url",
    "pdf_url",
    "stripe_customer_id",
    "sequence",
    "recorded_at",
    "url",
    "address",
    "as_of",
    "next_renewal_as_of",
    "pay_url",
];

/// How events get lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outage {
    /// None does.
    None,
    /// Nothing arrives.
    Down,
    /// Each try fails: until Stripe gives the endpoint up.
    Failing,
    /// Stripe has disabled the endpoint.
    Disabled,
}

async fn reconciliation(cloud: &Running) -> Value {
    let path = "/v1/staff/reconciliation";
    let (status, answer) =
        Box::pin(cloud.call(cloud.staff_key(), Method::GET, path, &Value::Null)).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

fn kinds_of(reconciliation: &Value) -> Vec<&str> {
    let differences = reconciliation["differences"].as_array().expect("differences").iter();
    differences.map(|it| it["kind"].as_str().expect("a kind")).collect()
}

fn set_endpoint(cloud: &Running, is_disabled: bool) {
    let path = format!("/v1/webhook_endpoints/{}", cloud.webhook_endpoint());
    stripe(cloud, &path, &format!("disabled={is_disabled}"));
}

fn begin(cloud: &Running, outage: Outage) {
    match outage {
        Outage::None => {}
        Outage::Down => cloud.stripe().with_engine(|engine| {
            let drop = Probability::percent(100);
            engine.stripe.faults.set(Chances { drop, ..Chances::default() });
        }),
        Outage::Failing => {
            cloud.roll_webhook_secret(cloud.clock().now());
            cloud.set_webhook_secrets(vec!["whsec_of_somebody_else_altogether".to_owned()]);
        }
        Outage::Disabled => set_endpoint(cloud, true),
    }
}

/// The same without Stripe's names.
fn plain(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.retain(|name, _| !NAMES.contains(&name.as_str()));
            for field in fields.values_mut() {
                *field = plain(field.take());
            }
        }
        // What happened in one second is in the order of its names.
        Value::Array(all) => {
            for it in all.iter_mut() {
                *it = plain(it.take());
            }
            all.sort_by_key(ToString::to_string);
        }
        Value::String(text) => {
            let words = text.split(' ').map(|it| if it.starts_with("in_") { "in_" } else { it });
            *text = words.collect::<Vec<_>>().join(" ");
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    value
}

/// Fields in which two answers differ, with both values.
fn differing(at: &str, one: &Value, other: &Value) -> Vec<String> {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) if one.len() == other.len() => {
            let fields = one.iter();
            fields
                .flat_map(|(name, field)| differing(&format!("{at}/{name}"), field, &other[name]))
                .collect()
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let both = one.iter().zip(other).enumerate();
            both.flat_map(|(place, (one, other))| differing(&format!("{at}/{place}"), one, other))
                .collect()
        }
        _ if one == other => Vec::new(),
        _ => vec![format!("{at}: {one} and {other}")],
    }
}

/// All that the account's callers see of its money.
async fn seen(cloud: &Running) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for path in ["", "/subscription", "/invoices?limit=100", "/access", "/credits", "/prepayments"]
    {
        let answer = get(cloud, &format!("/v1/accounts/acme{path}")).await;
        all.push((path.to_owned(), plain(answer)));
    }
    all
}

/// Five days in which much happens at Stripe.
async fn five_days(cloud: &Running, running: &str) {
    let voided = sent_invoice(cloud, "cus_acme", 1_000);
    let credited = sent_invoice(cloud, "cus_acme", 2_000);
    sent_invoice(cloud, "cus_acme", 3_000);
    advance(cloud, "1d").await;
    stripe(cloud, &format!("/v1/invoices/{voided}/void"), "");
    stripe(cloud, "/v1/credit_notes", &format!("invoice={credited}&amount=700"));
    stripe(cloud, "/v1/customers/cus_acme", "name=Acme+Holdings&email=money%40acme.example");
    advance(cloud, "1d").await;
    let item = id(&subscription(cloud, running)["items"]["data"][1]);
    stripe(cloud, &format!("/v1/subscription_items/{item}"), "quantity=7");
    stripe(cloud, "/v1/customers/cus_acme/tax_ids", "type=eu_vat&value=DE123456789");
    advance(cloud, "1d").await;
    default_card(cloud, "cus_acme", "pm_card_mastercard");
    stripe(cloud, &format!("/v1/subscriptions/{running}"), "cancel_at_period_end=true");
    advance(cloud, "1d").await;
    let paid = sent_invoice(cloud, "cus_acme", 4_000);
    stripe(cloud, &format!("/v1/invoices/{paid}/pay"), "paid_out_of_band=true");
    advance(cloud, "1d").await;
    advance(cloud, "1h").await;
}

/// Goal: behind five days without a single delivery, and with an endpoint that Stripe has disabled,
/// everything is as in a run without the outage, field by field, before one event is delivered.
#[tokio::test]
async fn five_days_without_events_change_nothing() {
    let mut runs = Vec::new();
    for outage in [Outage::None, Outage::Down, Outage::Disabled] {
        let (cloud, running) = team().await;
        begin(&cloud, outage);

        Box::pin(five_days(&cloud, &running)).await;

        let proof = reconciliation(&cloud).await;
        let missed = kinds_of(&proof).iter().filter(|kind| **kind == "event_missed").count();
        assert_eq!(missed > 10, outage != Outage::None, "{outage:?}: {proof}");
        assert!(proof["gap"].is_null(), "{outage:?}: {proof}");
        runs.push((outage, seen(&cloud).await));
    }

    let (_, whole) = &runs[0];
    assert!(!whole.is_empty());
    for (outage, run) in &runs[1..] {
        for ((path, expected), (_, got)) in whole.iter().zip(run) {
            let differing = differing("", expected, got);
            assert!(differing.is_empty(), "{outage:?}{path}: {differing:#?}");
        }
    }
}

/// Goal: an account that becomes disabled, and is paid for, while Stripe gives the endpoint up
/// after nine days of failures, is disabled and comes back as if nothing were missing.
#[tokio::test]
async fn an_endpoint_that_stripe_gave_up_hides_nothing() {
    let (cloud, _) = team().await;
    advance(&cloud, "1h").await;
    begin(&cloud, Outage::Failing);
    let owed = sent_invoice(&cloud, "cus_acme", 5_000);
    for _ in 0..11 {
        advance(&cloud, "1d").await;
        stripe(&cloud, "/v1/customers/cus_acme", "metadata[day]=1");
        stripe(&cloud, "/v1/customers/cus_acme", "metadata[day]=2");
    }
    let path = format!("/v1/webhook_endpoints/{}", cloud.webhook_endpoint());
    assert_eq!(at_stripe(&cloud, &path)["status"], "disabled", "after nine days of failures");
    assert_eq!(state(&cloud, "acme").await, "past_due");
    advance(&cloud, "7d").await;
    assert_eq!(state(&cloud, "acme").await, "disabled");

    stripe(&cloud, &format!("/v1/invoices/{owed}/pay"), "paid_out_of_band=true");
    advance(&cloud, "1h").await;

    assert_eq!(state(&cloud, "acme").await, "active");
    let told = kinds(&cloud, "acme").await;
    assert_eq!(told.iter().filter(|kind| *kind == "account.reactivated").count(), 1, "{told:?}");
}

/// Goal: whichever one of a hundred events is lost for ever, it is found within one hour.
#[tokio::test]
async fn a_lost_event_is_found_within_the_hour() {
    let (cloud, _) = team().await;
    let mut invoices = Vec::new();
    for _ in 0..25 {
        invoices.push(sent_invoice(&cloud, "cus_acme", 1_000));
    }
    advance(&cloud, "7m").await;
    for (place, invoice) in invoices.iter().enumerate() {
        let is_lost = place == 17;
        set_endpoint(&cloud, is_lost);
        stripe(&cloud, &format!("/v1/invoices/{invoice}/void"), "");
        cloud.clock().run_due().await;
    }
    set_endpoint(&cloud, false);
    let status = async |place: usize| {
        let path = format!("/v1/accounts/acme/invoices/{}", invoices[place]);
        // What is shown is read at Stripe: the list is the books.
        let listed = get(&cloud, "/v1/accounts/acme/invoices?limit=100").await;
        let one = listed["data"].as_array().unwrap().iter().find(|it| it["id"] == invoices[place]);
        one.unwrap_or_else(|| panic!("{path}"))["status"].as_str().unwrap().to_owned()
    };
    assert_eq!((status(16).await.as_str(), status(17).await.as_str()), ("void", "open"));

    advance(&cloud, "1h").await;

    assert_eq!(status(17).await, "void");
    let proof = reconciliation(&cloud).await;
    let found = kinds_of(&proof);
    // Of the update and the voiding, whichever is applied first says it.
    assert!(!found.is_empty() && found.iter().all(|kind| *kind == "event_missed"), "{proof}");
    assert_eq!(
        (&proof["differences"][0]["account"], &proof["differences"][0]["mended"]),
        (&json!("acme"), &json!(true))
    );
}

/// Goal: what Stripe never made an event of is found by comparing objects, within a day.
#[tokio::test]
async fn what_has_no_event_is_found_within_a_day() {
    let (cloud, running) = team().await;
    let owed = sent_invoice(&cloud, "cus_acme", 5_000);
    cloud.clock().run_due().await;
    advance(&cloud, "2d").await;
    assert_eq!(state(&cloud, "acme").await, "past_due");
    set_endpoint(&cloud, true);
    stripe(&cloud, &format!("/v1/invoices/{owed}/pay"), "paid_out_of_band=true");
    let item = id(&subscription(&cloud, &running)["items"]["data"][1]);
    stripe(&cloud, &format!("/v1/subscription_items/{item}"), "quantity=9");
    let unknown = sent_invoice(&cloud, "cus_acme", 700);
    cloud.stripe().with_engine(|engine| engine.stripe.events.forget_while(|_| true));
    set_endpoint(&cloud, false);

    advance(&cloud, "1d").await;
    advance(&cloud, "1h").await;

    let account = get(&cloud, "/v1/accounts/acme").await;
    assert_eq!((&account["seats"], &account["outstanding"]["amount"]), (&json!(9), &json!(700)));
    let listed = get(&cloud, "/v1/accounts/acme/invoices").await;
    assert!(listed["data"].as_array().unwrap().iter().any(|it| it["id"] == *unknown), "{listed}");
    let proof = reconciliation(&cloud).await;
    let objects = kinds_of(&proof);
    assert!(objects.iter().filter(|kind| **kind == "object_differed").count() >= 3, "{proof}");
}

/// Goal: where nothing is lost nothing is found, and the proven time follows the clock.
#[tokio::test]
async fn where_nothing_is_lost_nothing_is_found() {
    let (cloud, running) = team().await;
    Box::pin(five_days(&cloud, &running)).await;
    advance(&cloud, "1mo").await;

    let proof = reconciliation(&cloud).await;

    assert_eq!(proof["differences"], json!([]), "{proof}");
    let until = |name: &str| {
        let text = proof[name].as_str().unwrap_or_else(|| panic!("{name}: {proof}"));
        billing::time::Timestamp::parse(text).unwrap()
    };
    let day_ago = cloud.clock().now().plus_seconds(-crate::world::DAY - 3_600);
    assert!(until("proven_until") >= day_ago && until("compared_at") >= day_ago, "{proof}");
}

/// Goal: a time whose events Stripe has forgotten is said, and the objects are compared instead.
#[tokio::test]
async fn a_gap_is_said() {
    let (cloud, _) = team().await;
    advance(&cloud, "2h").await;
    let now = cloud.clock().now();
    let table = dynamodb(&cloud);
    let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
    let old = aws_sdk_dynamodb::types::AttributeValue::N((now.0 - 40 * 86_400).to_string());
    let update = table
        .update_item()
        .table_name(crate::world::TABLE)
        .key("pk", text("PROOF"))
        .key("sk", text("PROOF"))
        .update_expression("SET proven_until = :old")
        .expression_attribute_values(":old", old);
    update.send().await.unwrap();

    sent_invoice(&cloud, "cus_acme", 700);
    advance(&cloud, "2h").await;

    let proof = reconciliation(&cloud).await;
    let gap = &proof["gap"];
    assert!(gap["start"].is_string() && gap["end"].is_string(), "{proof}");
    assert!(proof["proven_until"].as_str().unwrap() > gap["end"].as_str().unwrap(), "{proof}");
}
