//! The local cloud shows what AWS does: transactions that meet, an index that is behind, calls that
//! take time, schedules that fire at their own times.

use billing::time::Timestamp;
use http::Method;
use local::gate::{Fault, Faults, Limits, Mode, Outcome};
use local::{Options, Running, start};
use serde_json::{Value, json};

use crate::stripe::Invoice;
use crate::world::{NOW, cloud, get, kinds, open_account, vendor};

const TEMPLATE: &str = include_str!("../../template.yaml");

fn conflicts(cloud: &Running) -> usize {
    let calls = cloud.gate().calls();
    calls.iter().filter(|call| call.outcome == Outcome::Faulted(Fault::Conflict)).count()
}

/// Goal: two transactions on one item that are under way at the same time conflict as at DynamoDB,
/// and both take effect in the end.
#[tokio::test]
async fn transactions_that_meet_on_an_item_conflict() {
    let mut met = 0;
    for seed in 0..6 {
        let cloud = cloud().await;
        open_account(&cloud, "acme").await;
        cloud.limit(Limits { conflicts: true, ..Limits::default() }, None, seed);
        cloud.gate().set_mode(Mode::Stepped(Faults::default()), seed);
        cloud.gate().forget_calls();
        let event = |id: &str| {
            let invoice = Invoice::automatic(id, "cus_acme", 4_900, NOW);
            cloud.event_request(invoice.finalized(NOW).to_string().into_bytes())
        };

        let answers = Box::pin(cloud.send_together(vec![event("in_1"), event("in_2")])).await;

        assert!(answers.iter().all(|answer| answer.status() == 200), "seed {seed}");
        let kinds = kinds(&cloud, "acme").await;
        assert_eq!(kinds.iter().filter(|kind| *kind == "invoice.finalized").count(), 2);
        met += conflicts(&cloud);
    }
    assert!(met > 0, "no transaction met another in six runs");
}

/// Goal: a table that hangs costs a read its tries and no more: the answer comes before the
/// function's time is over.
#[tokio::test]
async fn a_table_that_hangs_is_answered_in_time() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    cloud.gate().set_away(&["DynamoDB"]);
    cloud.gate().forget_calls();

    let path = "/v1/accounts/acme/access";
    let (status, answer) = vendor(&cloud, Method::GET, path, &Value::Null).await;

    assert_eq!((status, &answer["code"]), (503, &json!("temporarily_unavailable")), "{answer}");
    let calls = cloud.gate().calls();
    assert!((2..=3).contains(&calls.len()), "{calls:?}");
    assert!(calls.iter().all(|call| call.outcome == Outcome::Faulted(Fault::TimeoutBefore)));
}

/// Goal: reads under throttling and time-outs by chance are tried again: hardly a read is refused.
#[tokio::test]
async fn reads_are_tried_again() {
    use local::gate::Probability;
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let two_percent = Probability::percent(2);
    let faults = Faults { throttle: two_percent, timeout_before: two_percent, ..Faults::default() };
    cloud.gate().set_mode(Mode::Free(faults), 11);

    let mut refused = 0;
    for _ in 0..500 {
        let path = "/v1/accounts/acme/access";
        let (status, _) = vendor(&cloud, Method::GET, path, &Value::Null).await;
        refused += u32::from(status != 200);
    }

    // One in 16,000 meets a fault three times.
    assert!(refused <= 1, "{refused} of 500 reads");
}

/// A history of two days with a debt and no grace, by schedules that skip what finds nothing or do
/// not.
async fn history(fires_idle: bool) -> (Vec<(String, String)>, u64) {
    let options = Options {
        clock: Some(Timestamp(NOW)),
        seed: Some(1),
        fires_idle,
        template: Some(TEMPLATE.replace("Default: 14\n", "Default: 0\n")),
        ..Options::default()
    };
    let cloud = Box::pin(start(options)).await.unwrap();
    open_account(&cloud, "acme").await;
    let at_stripe = |path: &str, form: &str| {
        let (status, answer) = cloud.stripe().call(Method::POST, path, form);
        assert_eq!(status, 200, "{path}: {answer}");
        answer["id"].as_str().unwrap_or_default().to_owned()
    };
    let terms = "customer=cus_acme&currency=eur&collection_method=send_invoice&days_until_due=1";
    let invoice = at_stripe("/v1/invoices", terms);
    let item = format!("customer=cus_acme&invoice={invoice}&currency=eur&amount=4900");
    at_stripe("/v1/invoiceitems", &item);
    at_stripe(&format!("/v1/invoices/{invoice}/send"), "");
    let event = json!({ "account": "acme", "resource": "sessions", "quantity": 120_000 });
    let body = json!({ "batch_id": "b-1", "events": [event] });
    assert_eq!(vendor(&cloud, Method::POST, "/v1/usage", &body).await.0, 202);
    cloud.gate().forget_calls();

    cloud.clock().advance("30h").await.unwrap();

    let page = get(&cloud, "/v1/accounts/acme/timeline?limit=100").await;
    let entry = |entry: &Value| (entry["kind"].to_string(), entry["at"].to_string());
    let entries = page["data"].as_array().unwrap().iter().map(entry).collect();
    let fired = cloud.gate().calls().iter().filter(|call| call.nth == 1).count();
    (entries, u64::try_from(fired).unwrap())
}

/// Goal: skipping a firing that would find nothing changes nothing that anybody sees, to the
/// second.
#[tokio::test]
async fn a_firing_that_is_skipped_would_have_found_nothing() {
    let (skipping, few) = Box::pin(history(false)).await;
    let (firing, many) = Box::pin(history(true)).await;

    assert_eq!(skipping, firing);
    assert!(skipping.iter().any(|(kind, _)| kind.contains("account.disabled")), "{skipping:?}");
    assert!(few.saturating_mul(3) < many, "{few} and {many} invocations with a call");
}

/// Goal: a quarter with nothing to do costs a few firings a day, though schedules fire each five
/// minutes and each hour.
#[tokio::test]
async fn an_idle_quarter_costs_little() {
    let cloud = cloud().await;
    cloud.clock().advance("2d").await.unwrap();
    cloud.gate().forget_calls();

    cloud.clock().advance("90d").await.unwrap();

    let calls = cloud.gate().calls().len();
    // Seven schedules that each fire once a day for nothing: a start, and a page for each shard.
    assert!(calls < 90 * 75, "{calls} calls in 90 days");
}
