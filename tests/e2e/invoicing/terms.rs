//! By which plan, on what terms, and for whom.

use super::*;
use crate::letters::{dead_letters, redrive_letters};

/// Goal: a month is priced by the plan at its last instant, whichever plan the first brings (money
/// rule 19).
#[tokio::test]
async fn a_plan_that_begins_on_the_first_does_not_price_the_month_before() {
    let cloud = cloud().await;
    let customer = account(&cloud, "acme").await;
    let subscription = subscribe(&cloud, &customer, "team").await;
    report_november(&cloud, "acme").await;
    until(&cloud, "2026-12-01T00:00:00Z").await;
    let items = read(&cloud, &format!("/v1/subscriptions/{subscription}"));
    let personal = &prices(&cloud)[&("personal".to_owned(), "month")].0;
    let [plan, seats] = [0, 1].map(|nth: usize| id(&items["items"]["data"][nth]));
    let form = format!(
        "items[0][id]={plan}&items[0][price]={personal}&items[1][id]={seats}&items[1][deleted]=true\
         &proration_behavior=none"
    );
    post(&cloud, &format!("/v1/subscriptions/{subscription}"), &form);
    until(&cloud, "2026-12-01T00:00:01Z").await;
    assert_eq!(get(&cloud, "/v1/accounts/acme").await["plan"], "personal");
    assert_eq!(told(&upcoming(&cloud, "acme").await)[1..], usage_lines()[..]);
    until(&cloud, RUN).await;
    let invoices = usage_invoices(&cloud, &customer);
    assert_eq!(lines(&cloud, &invoices[0]), sorted(usage_lines()));
}

/// Goal: what is held and never reported again is invoiced month by month, as long as it is held.
#[tokio::test]
async fn a_gauge_without_reports_is_invoiced_each_month() {
    let cloud = cloud().await;
    let customer = account(&cloud, "acme").await;
    subscribe(&cloud, &customer, "team").await;
    report(&cloud, "b1", &[("acme", "storage", 150_000, "2026-11-22T08:00:00Z")]).await;
    until(&cloud, "2027-01-10T00:00:00Z").await;
    let months = |cloud: &Running| -> Vec<(String, i64)> {
        let invoices = usage_invoices(cloud, &customer);
        invoices.iter().flat_map(|invoice| lines(cloud, invoice)).collect()
    };
    let line = |month: &str| {
        (format!("Storage in {month}: 50,000 beyond 100,000 included, at 0.0002 USD"), 1_000)
    };
    let both = ["November 2026", "December 2026"].map(line);
    assert_eq!(months(&cloud), both);
    report(&cloud, "b2", &[("acme", "storage", 0, "2027-01-09T08:00:00Z")]).await;
    until(&cloud, "2027-02-10T00:00:00Z").await;
    assert_eq!(months(&cloud), both, "nothing was held any more");
    assert_eq!(to_be_invoiced(&cloud).await, [""; 0]);
}

/// Goal: what costs nothing is closed and leaves no invoice, no bill and no line in the timeline.
#[tokio::test]
async fn a_month_that_costs_nothing_is_closed_without_an_invoice() {
    let cloud = cloud().await;
    let customer = account(&cloud, "free").await;
    report(&cloud, "b1", &[("free", "sessions", 900, "2026-11-22T08:00:00Z")]).await;
    until(&cloud, RUN).await;
    assert_eq!(usage_invoices(&cloud, &customer).len(), 0);
    assert_eq!(to_be_invoiced(&cloud).await, [""; 0]);
    let kinds = kinds(&cloud, "free").await;
    assert!(!kinds.contains(&"usage.closed".to_owned()), "{kinds:?}");
    let empty = upcoming(&cloud, "free").await;
    assert_eq!((&empty["lines"], &empty["total"]["amount"]), (&json!([]), &json!(0)));
}

/// Puts an account on manual terms, as staff do (A17).
async fn on_manual_terms(cloud: &Running, account: &str, net_days: u32) {
    let put = dynamodb(cloud)
        .update_item()
        .table_name("Table")
        .key("pk", AttributeValue::S(format!("ACCOUNT#{account}")))
        .key("sk", AttributeValue::S("STANDING".to_owned()))
        .update_expression("SET collect = :manual, net = :net")
        .expression_attribute_values(":manual", AttributeValue::S("manual".to_owned()))
        .expression_attribute_values(":net", AttributeValue::N(net_days.to_string()));
    put.send().await.unwrap();
}

/// Goal: on manual terms the invoice is mailed, and due by them (A17).
#[tokio::test]
async fn manual_terms_send_the_invoice() {
    let cloud = cloud().await;
    let customer = account(&cloud, "acme").await;
    subscribe(&cloud, &customer, "team").await;
    report_november(&cloud, "acme").await;
    on_manual_terms(&cloud, "acme", 30).await;
    until(&cloud, RUN).await;
    let invoices = usage_invoices(&cloud, &customer);
    let [invoice] = invoices.as_slice() else { panic!("{invoices:?}") };
    assert_eq!(
        (&invoice["status"], &invoice["collection_method"]),
        (&json!("open"), &json!("send_invoice"))
    );
    let due = Timestamp::parse("2027-01-02T00:15:00Z").unwrap();
    assert_eq!(invoice["due_date"].as_i64(), Some(due.0));
    let sent = cloud.gate().calls();
    let sent = sent.iter().filter(|call| call.operation.ends_with("/send")).count();
    assert_eq!(sent, 1);
    // The renewal is sent as well: the daily comparison found that Stripe did not have the terms.
    assert_eq!(get(&cloud, "/v1/accounts/acme").await["outstanding"]["amount"], 1_062 + 5_800);
}

/// Goal: a closed account is invoiced once for what it used up to then, and never again (C10).
#[tokio::test]
async fn an_account_that_is_closed_is_invoiced_once_more() {
    let cloud = cloud().await;
    let customer = account(&cloud, "acme").await;
    subscribe(&cloud, &customer, "team").await;
    report_november(&cloud, "acme").await;
    let closed = Timestamp::parse("2026-11-25T00:00:00Z").unwrap();
    let put = dynamodb(&cloud)
        .update_item()
        .table_name("Table")
        .key("pk", AttributeValue::S("ACCOUNT#acme".to_owned()))
        .key("sk", AttributeValue::S("STANDING".to_owned()))
        .update_expression("SET closed = :closed")
        .expression_attribute_values(
            ":closed",
            AttributeValue::M(
                [
                    ("how".to_owned(), AttributeValue::S("terminated".to_owned())),
                    ("at".to_owned(), AttributeValue::N(closed.0.to_string())),
                ]
                .into(),
            ),
        );
    put.send().await.unwrap();
    until(&cloud, "2027-02-10T00:00:00Z").await;
    let invoices = usage_invoices(&cloud, &customer);
    let [invoice] = invoices.as_slice() else { panic!("{invoices:?}") };
    assert_eq!(lines(&cloud, invoice), usage_lines()[..1], "what it did, and not what it holds");
    assert_eq!(to_be_invoiced(&cloud).await, [""; 0], "nothing goes on");
}

/// Goal: what Stripe refuses is told of, leaves the index, and is made good by sending the message
/// again once it is mended.
#[tokio::test]
async fn what_stripe_refuses_can_be_sent_again() {
    let cloud = cloud().await;
    let customer = account(&cloud, "acme").await;
    subscribe(&cloud, &customer, "team").await;
    report_november(&cloud, "acme").await;
    until(&cloud, "2026-12-03T00:14:59Z").await;
    let refused = stripe_simulator::error::ApiError::invalid("The invoice cannot be finalized.");
    cloud.stripe().with_engine(|engine| {
        engine.stripe.faults.script(stripe_simulator::faults::Script {
            method: Some(Method::POST),
            path: "/v1/invoices/in_".to_owned(),
            nth: 1,
            trouble: stripe_simulator::faults::Trouble::Refused(refused),
        });
    });
    until(&cloud, "2026-12-05T00:00:00Z").await;
    assert_eq!(usage_invoices(&cloud, &customer)[0]["status"], "draft");
    assert_eq!(to_be_invoiced(&cloud).await, ["2026-12#acme"], "not tried each day");
    let letters = dead_letters(&cloud).await;
    let reason = letters[0].reason.as_deref().unwrap();
    assert!(reason.contains("invalid_request_error"), "{reason}");
    let noted = kinds(&cloud, "acme").await;
    assert!(noted.contains(&"usage.not_invoiced".to_owned()), "{noted:?}");
    // Back to the queue that it is of.
    assert_eq!(redrive_letters(&cloud).await, 1);
    cloud.clock().run_due().await;
    let invoices = usage_invoices(&cloud, &customer);
    let [invoice] = invoices.as_slice() else { panic!("{invoices:?}") };
    assert_eq!(lines(&cloud, invoice), sorted(usage_lines()), "the same draft, and no line twice");
    assert_ne!(invoice["status"], "draft");
}

/// Goal: an account whose customer was deleted is closed with a note and not tried for ever.
#[tokio::test]
async fn a_deleted_customer_is_told_of_once() {
    let cloud = cloud().await;
    let customer = account(&cloud, "acme").await;
    subscribe(&cloud, &customer, "team").await;
    report_november(&cloud, "acme").await;
    // The events are lost, and no reading of missed events comes in between: we only learn of it
    // when we ask.
    until(&cloud, "2026-12-03T00:14:00Z").await;
    let percent = stripe_simulator::faults::Probability::percent(100);
    cloud.stripe().with_engine(|engine| {
        let chances = stripe_simulator::faults::Chances { drop: percent, ..Default::default() };
        engine.stripe.faults.set(chances);
    });
    stripe(&cloud, &Method::DELETE, &format!("/v1/customers/{customer}"), "");
    until(&cloud, RUN).await;
    let noted = || async {
        let kinds = kinds(&cloud, "acme").await;
        kinds.iter().filter(|kind| *kind == "usage.not_invoiced").count()
    };
    assert_eq!(noted().await, 1);
    until(&cloud, "2026-12-06T00:00:00Z").await;
    assert_eq!(noted().await, 1, "not every day again");
    assert_eq!(dead_letters(&cloud).await, []);
}
