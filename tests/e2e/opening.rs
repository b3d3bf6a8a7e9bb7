//! Opening accounts with their customers at Stripe, and whatever can break on the way: there is one
//! customer in the end, and the caller only ever repeats the request.

use bytes::Bytes;
use http::{Method, Request};
use local::Running;
use local::gate::{Fault, Faults, Mode, Script};
use serde_json::{Value, json};
use stripe_client::CALL_TRIES_MAX;
use stripe_simulator::error::ApiError;
use stripe_simulator::faults::{self, Trouble};

use crate::world::{cloud, get, kinds, post_with_key, vendor};

const PATH: &str = "/v1/accounts";

/// Whatever the gate can let happen to a call.
const FAULTS: [Fault; 6] = [
    Fault::Throttle,
    Fault::Conflict,
    Fault::TimeoutBefore,
    Fault::TimeoutAfter,
    Fault::KillBefore,
    Fault::KillAfter,
];

fn acme() -> Value {
    json!({
        "id": "acme",
        "name": "Acme & Söhne",
        "email": "billing+eu@acme.example",
        "country": "de",
        "members": [{ "id": "jo", "email": "jo@acme.example", "role": "finance" }],
    })
}

async fn open(cloud: &Running, body: &Value) -> (u16, Value) {
    vendor(cloud, Method::POST, PATH, body).await
}

async fn open_with_key(cloud: &Running, key: &str, body: &Value) -> (u16, Value) {
    post_with_key(cloud, PATH, key, body).await
}

/// Ids of the customers at Stripe, the oldest first.
fn customers(cloud: &Running) -> Vec<String> {
    let ids = |customer: &stripe_simulator::customers::Customer| customer.id.clone();
    cloud.stripe().with_engine(|engine| engine.stripe.customers.iter().map(ids).collect())
}

/// What the functions asked Stripe, oldest first.
pub fn asked(cloud: &Running) -> Vec<String> {
    let calls = cloud.gate().calls();
    let asked = calls.iter().filter_map(|call| call.operation.strip_prefix("Stripe."));
    asked.map(str::to_owned).collect()
}

fn code(answer: &Value) -> &str {
    answer["code"].as_str().unwrap_or_default()
}

/// Goal: an account without a given customer gets one: with its name, address and account at
/// Stripe, and what happens to that customer from then on happens to the account.
#[tokio::test]
async fn an_account_gets_a_customer_of_its_own() {
    let cloud = cloud().await;

    let (status, account) = open(&cloud, &acme()).await;

    assert_eq!(status, 201, "{account}");
    let id = account["stripe_customer_id"].as_str().unwrap().to_owned();
    assert_eq!(customers(&cloud), [id.as_str()]);
    assert_eq!(account["billing_details"]["company"], "Acme & Söhne");
    assert_eq!(account["billing_details"]["email"], "billing+eu@acme.example");
    assert_eq!(account["billing_details"]["address"]["country"], "DE");
    let (_, customer) = cloud.stripe().call(Method::GET, &format!("/v1/customers/{id}"), "");
    assert_eq!(customer["name"], "Acme & Söhne");
    assert_eq!(customer["email"], "billing+eu@acme.example");
    assert_eq!(customer["address"]["country"], "DE");
    assert_eq!(customer["metadata"]["tollgate_account"], "acme");
    assert_eq!(get(&cloud, "/v1/accounts/acme").await, account);
    assert_eq!(kinds(&cloud, "acme").await, ["account.created", "customer.linked"]);

    cloud.clock().advance("1h").await.unwrap();
    cloud.stripe().call(Method::POST, &format!("/v1/customers/{id}"), "name=Acme%20SE");
    cloud.clock().run_due().await;
    let account = get(&cloud, "/v1/accounts/acme").await;
    assert_eq!(account["billing_details"]["company"], "Acme SE");
}

/// Goal: whatever happens at whichever call, the same request sent again opens the account, with
/// one customer, and the journal tells each step once.
#[tokio::test]
async fn a_fault_at_any_call_makes_one_customer() {
    for fault in FAULTS {
        for call in 1.. {
            let cloud = cloud().await;
            cloud.gate().script(Script::at("Accounts", call, fault));
            let (status, answer) = open(&cloud, &acme()).await;
            if cloud.gate().scripts_left() > 0 {
                assert_eq!((status, call), (201, 8), "calls are one fewer: {answer}");
                break;
            }
            let at = format!("{fault:?} at call {call}: {status} {answer}");
            assert!(status == 201 || status >= 500, "{at}");
            if fault == Fault::Throttle || fault == Fault::TimeoutAfter {
                assert!(status == 201 || status == 503, "an honest answer: {at}");
            }
            let (status, account) = open(&cloud, &acme()).await;
            let done_before = status == 409 && code(&account) == "account_exists";
            assert!(status == 201 || done_before, "{at}: {account}");

            let account = get(&cloud, "/v1/accounts/acme").await;
            let customers = customers(&cloud);
            assert_eq!(customers.len(), 1, "{at}");
            assert_eq!(account["stripe_customer_id"], json!(customers[0]), "{at}");
            let kinds = kinds(&cloud, "acme").await;
            assert_eq!(kinds, ["account.created", "customer.linked"], "{at}");
        }
    }
}

/// Goal: until Stripe has answered, the caller is told that repeating is safe, and the account
/// shows that it has no customer yet.
#[tokio::test]
async fn while_stripe_does_not_answer_the_account_says_so() {
    let cloud = cloud().await;
    let unheard = faults::Script {
        method: Some(Method::POST),
        path: "/v1/customers".to_owned(),
        nth: 1,
        trouble: Trouble::rate_limit(),
    };
    for _ in 0..CALL_TRIES_MAX {
        cloud.stripe().with_engine(|engine| engine.stripe.faults.script(unheard.clone()));
    }

    let (status, answer) =
        open_with_key(&cloud, "k1", &json!({ "name": "A", "email": "a@a.io" })).await;

    assert_eq!((status, code(&answer)), (503, "stripe_unavailable"), "{answer}");
    let detail = answer["detail"].as_str().unwrap();
    let id = detail.split('`').find(|it| it.starts_with("acc-")).unwrap();
    let account = get(&cloud, &format!("/v1/accounts/{id}")).await;
    assert_eq!(
        (&account["stripe_customer_id"], &account["state"]),
        (&Value::Null, &json!("active"))
    );
    // By the id that was told, or by the same key: both go on.
    let named = json!({ "id": id, "name": "A", "email": "a@a.io" });
    let (status, account) = open(&cloud, &named).await;
    assert_eq!((status, &account["id"]), (201, &json!(id)), "{account}");
    let (status, again) =
        open_with_key(&cloud, "k1", &json!({ "name": "A", "email": "a@a.io" })).await;
    assert_eq!((status, &again), (201, &account));
    assert_eq!(customers(&cloud).len(), 1);
}

/// Leaves the call that makes the customer, and each of its repetitions, without an answer.
fn unanswered(cloud: &Running, fault: Fault) {
    const FIRST: u32 = 5;
    for call in FIRST..FIRST + CALL_TRIES_MAX {
        cloud.gate().script(Script::at("Accounts", call, fault));
    }
}

/// Goal: one opening has one content: other content under the same id or the same key is a
/// conflict, half-way as well as afterwards; the same under any key answers the same.
#[tokio::test]
async fn other_content_is_a_conflict() {
    let cloud = cloud().await;
    let mut other = acme();
    other["name"] = json!("Other");
    unanswered(&cloud, Fault::TimeoutBefore);
    assert_eq!(open_with_key(&cloud, "k1", &acme()).await.0, 503);
    for _ in 0..2 {
        let (status, answer) = open(&cloud, &other).await;
        assert_eq!((status, code(&answer)), (409, "account_exists"), "{answer}");
        let (status, answer) = open_with_key(&cloud, "k1", &other).await;
        assert_eq!((status, code(&answer)), (409, "idempotency_key_reused"), "{answer}");
        let (status, first) = open_with_key(&cloud, "k2", &acme()).await;
        assert_eq!(status, 201, "{first}");
        for key in ["k1", "k2"] {
            assert_eq!(open_with_key(&cloud, key, &acme()).await, (201, first.clone()), "{key}");
        }
    }
    assert_eq!(customers(&cloud).len(), 1);
}

/// Goal: a dozen twins at once make one customer, whatever the order of their calls; whoever is not
/// first is told the truth.
#[tokio::test]
async fn twins_make_one_customer() {
    for seed in 0..12 {
        let cloud = cloud().await;
        let request = || {
            Request::post(PATH)
                .header("authorization", format!("Bearer {}", cloud.vendor_key()))
                .header("content-type", "application/json")
                .header("idempotency-key", "k1")
                .body(Bytes::from(acme().to_string()))
                .unwrap()
        };
        cloud.gate().set_mode(Mode::Stepped(Faults::default()), seed);
        let requests = (0..12).map(|_| request()).collect();
        let answers = Box::pin(cloud.send_together(requests)).await;
        cloud.gate().set_mode(Mode::Free(Faults::default()), seed);
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status().as_u16()).collect();
        assert!(statuses.iter().all(|status| [201, 503].contains(status)), "{statuses:?}");
        assert!(statuses.contains(&201), "seed {seed}: {statuses:?}");
        let (status, account) = open_with_key(&cloud, "k1", &acme()).await;
        assert_eq!(status, 201, "seed {seed}: {account}");
        assert_eq!(customers(&cloud), [account["stripe_customer_id"].as_str().unwrap()]);
        assert_eq!(kinds(&cloud, "acme").await, ["account.created", "customer.linked"]);
    }
}

/// Goal: after a day, when Stripe has forgotten the key, the customer that an attempt may have made
/// is looked for before another is made.
#[tokio::test]
async fn after_a_day_it_is_looked_before_anything_is_made() {
    for (fault, looked) in [
        (Fault::TimeoutAfter, &["GET /v1/customers"][..]),
        (Fault::TimeoutBefore, &["GET /v1/customers", "POST /v1/customers"]),
    ] {
        let cloud = cloud().await;
        unanswered(&cloud, fault);
        assert_eq!(open(&cloud, &acme()).await.0, 503);
        // Somebody else's, with the same address.
        cloud.stripe().call(Method::POST, "/v1/customers", "email=billing%2Beu@acme.example");
        cloud.clock().advance("25h").await.unwrap();
        cloud.gate().forget_calls();

        let (status, account) = open(&cloud, &acme()).await;

        assert_eq!(status, 201, "{account}");
        assert_eq!(asked(&cloud), looked, "{fault:?}");
        let id = account["stripe_customer_id"].as_str().unwrap();
        let (_, customer) = cloud.stripe().call(Method::GET, &format!("/v1/customers/{id}"), "");
        assert_eq!(customer["metadata"]["tollgate_account"], "acme");
        assert_eq!(customers(&cloud).len(), 2, "{fault:?}");
    }
}

/// Goal: a failure of Stripe's own, which it would repeat for a day under the same key, holds
/// nobody up: it is looked for the customer, and another key used.
#[tokio::test]
async fn a_failure_of_stripe_is_not_repeated() {
    let cloud = cloud().await;
    let failure = faults::Script {
        method: Some(Method::POST),
        path: "/v1/customers".to_owned(),
        nth: 1,
        trouble: Trouble::api_error(),
    };
    cloud.stripe().with_engine(|engine| engine.stripe.faults.script(failure));
    let (status, answer) = open(&cloud, &acme()).await;
    assert_eq!((status, code(&answer)), (503, "stripe_unavailable"), "{answer}");

    let (status, account) = open(&cloud, &acme()).await;

    assert_eq!(status, 201, "{account}");
    let post = "POST /v1/customers";
    assert_eq!(asked(&cloud), [post, "GET /v1/customers", post]);
    assert_eq!(customers(&cloud).len(), 1);
}

/// Goal: what Stripe refuses is told field by field, and leaves nothing: the id is free again.
#[tokio::test]
async fn what_stripe_refuses_leaves_no_account() {
    let cloud = cloud().await;
    let refusal = ApiError::invalid("Invalid email address: billing+eu@acme.example");
    let refusal = refusal.code("email_invalid").param("email");
    let script = faults::Script {
        method: Some(Method::POST),
        path: "/v1/customers".to_owned(),
        nth: 1,
        trouble: Trouble::Refused(refusal),
    };
    cloud.stripe().with_engine(|engine| engine.stripe.faults.script(script));

    let (status, answer) = open_with_key(&cloud, "k1", &acme()).await;

    assert_eq!((status, code(&answer)), (422, "invalid_input"), "{answer}");
    assert_eq!(answer["fields"][0]["field"], "email");
    assert_eq!(vendor(&cloud, Method::GET, "/v1/accounts/acme", &Value::Null).await.0, 404);
    let mut mended = acme();
    mended["email"] = json!("billing@acme.example");
    let (status, account) = open_with_key(&cloud, "k1", &mended).await;
    assert_eq!(status, 201, "{account}");
    assert_eq!(kinds(&cloud, "acme").await, ["account.created", "customer.linked"]);
}

/// Goal: without a key that Stripe takes, or with one of the other mode, nothing is called; as soon
/// as there is one, the same request goes on, and a key that was rolled is found.
#[tokio::test]
async fn a_key_that_is_wrong_or_rolled_is_read_again() {
    let cloud = cloud().await;
    for wrong in [vec![], vec!["sk_live_51realmoney".to_owned()], vec!["pk_test_1".to_owned()]] {
        cloud.set_stripe_keys(wrong.clone());
        let (status, answer) = open(&cloud, &acme()).await;
        assert_eq!((status, code(&answer)), (503, "stripe_unavailable"), "{wrong:?}: {answer}");
        assert_eq!(asked(&cloud), Vec::<String>::new(), "{wrong:?}");
    }
    // As the simulator sees it: too short.
    cloud.clock().advance("31s").await.unwrap();
    cloud.set_stripe_keys(vec!["sk_test_1".to_owned()]);
    let (status, answer) = open(&cloud, &acme()).await;
    assert_eq!((status, code(&answer)), (503, "stripe_unavailable"), "{answer}");
    assert_eq!(asked(&cloud), ["POST /v1/customers"]);
    cloud.set_stripe_keys(vec!["sk_test_the_new_one".to_owned(), "sk_test_1".to_owned()]);
    assert_eq!(open(&cloud, &acme()).await.0, 503, "read again too early");

    cloud.clock().advance("31s").await.unwrap();
    let (status, account) = open(&cloud, &acme()).await;

    assert_eq!(status, 201, "{account}");
    assert_eq!(customers(&cloud).len(), 1);
    let read = |call: &&local::gate::Call| call.operation.starts_with("SecretsManager");
    let reads = cloud.gate().calls().iter().filter(read).count();
    assert!(reads <= 7, "the secret was read {reads} times");
}

/// Goal: what is reported for an account whose opening Stripe refuses in the end is not counted for
/// the next account of that id (XE8).
#[tokio::test]
async fn a_refused_opening_leaves_no_usage_behind() {
    let cloud = cloud().await;
    let trouble = |trouble| faults::Script {
        method: Some(Method::POST),
        path: "/v1/customers".to_owned(),
        nth: 1,
        trouble,
    };
    for _ in 0..CALL_TRIES_MAX {
        let rate_limit = trouble(Trouble::rate_limit());
        cloud.stripe().with_engine(|engine| engine.stripe.faults.script(rate_limit));
    }
    assert_eq!(open_with_key(&cloud, "k1", &acme()).await.0, 503);

    let events = json!([{ "account": "acme", "resource": "sessions", "quantity": 800 }]);
    let batch = json!({ "batch_id": "b-1", "events": events });
    let (_, counted) = vendor(&cloud, Method::POST, "/v1/usage", &batch).await;
    let path = "/v1/accounts/acme/credits/deductions";
    let taken = crate::world::post_with_key(&cloud, path, "job", &json!({ "tokens": 10 })).await;
    let refusal = ApiError::invalid("Invalid email address").code("email_invalid").param("email");
    let refusal = trouble(Trouble::Refused(refusal));
    cloud.stripe().with_engine(|engine| engine.stripe.faults.script(refusal));
    assert_eq!(open_with_key(&cloud, "k1", &acme()).await.0, 422);
    assert_eq!(open(&cloud, &acme()).await.0, 201);

    assert_eq!(counted["rejected"][0]["code"], "unknown_account", "{counted}");
    assert_eq!(taken.0, 404, "{}", taken.1);
    let usage = get(&cloud, "/v1/accounts/acme/usage").await;
    let used = usage["resources"].as_array().unwrap().iter().map(|it| it["used"].as_u64().unwrap());
    assert_eq!(used.sum::<u64>(), 0, "{usage}");
    let credits = get(&cloud, "/v1/accounts/acme/credits").await;
    assert_eq!(credits["included"]["used"], 0, "{credits}");
}
