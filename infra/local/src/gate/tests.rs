use super::*;
use crate::tests::{done, steps, stub_cloud};

#[tokio::test]
async fn calls_are_recorded_with_their_cost() {
    let cloud = stub_cloud().await;

    let answer = cloud.send(steps(&["put a", "send fail"])).await;

    assert_eq!(answer.status(), 200, "{answer:?}");
    assert_eq!(done(&answer), ["ok", "ok"]);
    let calls = cloud.gate().calls_of(1);
    let seen: Vec<_> = calls
        .iter()
        .map(|call| (call.nth, call.operation.as_str(), call.outcome, call.cost.to_string()))
        .collect();
    assert_eq!(
        seen,
        [
            (1, "DynamoDB.TransactWriteItems", Outcome::Answered(200), "0 read, 2 write".into()),
            (2, "SQS.SendMessage", Outcome::Answered(200), "nothing".into()),
        ]
    );
}

#[tokio::test]
async fn a_policy_of_the_template_is_enforced() {
    let cloud = stub_cloud().await;

    let answer = cloud.send(steps(&["check a"])).await;

    assert_eq!(done(&answer), ["AccessDeniedException"]);
    assert_eq!(cloud.gate().calls_of(1)[0].outcome, Outcome::Denied);
}

/// Goal: what is allowed on a table is refused on the items that the policy denies.
#[tokio::test]
async fn a_denial_holds_for_its_items_alone() {
    let cloud = stub_cloud().await;

    let answer = cloud.send(steps(&["put KEY#1", "put KEY"])).await;

    assert_eq!(done(&answer), ["AccessDeniedException", "ok"]);
    assert_eq!(keys(&cloud).await, ["KEY"]);
}

#[tokio::test]
async fn a_crash_before_a_call_leaves_nothing_and_a_cold_start_follows() {
    let cloud = stub_cloud().await;
    cloud.gate().script(Script::at("Stub", 2, Fault::KillBefore));

    let crashed = cloud.send(steps(&["put a", "put b", "put c"])).await;

    assert_eq!(crashed.status(), 500);
    assert_eq!(keys(&cloud).await, ["a"]);
    assert_eq!(cloud.pool().starts("Stub"), 1);
    let answer = cloud.send(steps(&["put b"])).await;
    assert_eq!(done(&answer), ["ok"]);
    assert_eq!(cloud.pool().starts("Stub"), 2);
    assert_eq!(cloud.gate().scripts_left(), 0);
    assert_eq!(cloud.gate().live(), 0);
}

#[tokio::test]
async fn a_crash_after_a_call_leaves_its_effect() {
    let cloud = stub_cloud().await;
    cloud.gate().script(Script::at("Stub", 2, Fault::KillAfter));

    let crashed = cloud.send(steps(&["put a", "put b", "put c"])).await;

    assert_eq!(crashed.status(), 500);
    assert_eq!(keys(&cloud).await, ["a", "b"]);
}

#[tokio::test]
async fn faults_look_like_the_real_services() {
    for (fault, first) in [
        (Fault::Throttle, "ProvisionedThroughputExceededException"),
        (Fault::Conflict, "TransactionCanceledException"),
        (Fault::TimeoutBefore, "no answer"),
        (Fault::TimeoutAfter, "no answer"),
    ] {
        let cloud = stub_cloud().await;
        cloud.gate().script(Script::at("Stub", 1, fault));

        let answer = cloud.send(steps(&["put a", "put b"])).await;

        assert_eq!(done(&answer), [first, "ok"], "{fault:?}");
        let expected: &[&str] = if fault == Fault::TimeoutAfter { &["a", "b"] } else { &["b"] };
        assert_eq!(keys(&cloud).await, expected, "{fault:?}");
        assert_eq!(cloud.gate().calls_of(1)[0].outcome, Outcome::Faulted(fault));
    }
}

#[tokio::test]
async fn chance_alone_can_fault_every_call() {
    let cloud = stub_cloud().await;
    let faults = Faults { throttle: Probability::ALWAYS, ..Faults::default() };
    cloud.gate().set_mode(Mode::Free(faults), 1);

    let answer = cloud.send(steps(&["put a", "send x"])).await;

    let done = done(&answer);
    assert_eq!(done[0], "ProvisionedThroughputExceededException");
    assert!(done[1].contains("RequestThrottled"), "{done:?}");
}

/// The order of the calls of five invocations at once, with faults and crashes by chance.
async fn stepped_run(seed: u64) -> Vec<(u64, u32, String)> {
    let cloud = stub_cloud().await;
    let faults = Faults {
        conflict: Probability::percent(10),
        timeout_after_commit: Probability::percent(10),
        crash: Probability::percent(5),
        ..Faults::default()
    };
    cloud.gate().set_mode(Mode::Stepped(faults), seed);
    let requests = (0..5).map(|n| {
        let keys: Vec<String> = (0..6).map(|key| format!("put {n}-{key}")).collect();
        steps(&keys.iter().map(String::as_str).collect::<Vec<_>>())
    });
    cloud.send_together(requests.collect()).await;
    let calls = cloud.gate().calls().into_iter();
    calls.map(|call| (call.invocation, call.nth, format!("{:?}", call.outcome))).collect()
}

#[tokio::test]
async fn one_seed_is_one_run() {
    let first = stepped_run(42).await;
    assert_eq!(first, stepped_run(42).await);
    assert_ne!(first, stepped_run(43).await);
    let order: Vec<u64> = first.iter().map(|call| call.0).collect();
    assert!(!order.is_sorted(), "the invocations interleave: {order:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_seed_is_one_run_on_many_threads_too() {
    assert_eq!(stepped_run(7).await, stepped_run(7).await);
}

#[tokio::test]
async fn a_stepped_run_takes_more_requests_than_instances_and_requests_without_a_function() {
    let cloud = stub_cloud().await;
    cloud.gate().set_mode(Mode::Stepped(Faults::default()), 3);
    let mut requests: Vec<_> = (0..60).map(|n| steps(&[&format!("put {n}")])).collect();
    requests.push(http::Request::get("/nowhere").body(bytes::Bytes::new()).unwrap());

    let answers = cloud.send_together(requests).await;

    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    assert_eq!((&statuses[..60], statuses[60]), (&[200; 60][..], 404));
    assert_eq!(keys(&cloud).await.len(), 60);
}

#[tokio::test]
async fn a_stepped_run_hands_out_messages_when_the_clock_moves() {
    let cloud = stub_cloud().await;
    cloud.gate().set_mode(Mode::Stepped(Faults::default()), 3);
    cloud.send_together(vec![steps(&["send put a"]), steps(&["send put b"])]).await;
    assert_eq!(cloud.queues().depth("Retry").unwrap().visible, 2);

    cloud.clock().advance("0s").await.unwrap();

    assert_eq!(cloud.queues().depth("Retry").unwrap(), crate::sqs::Depth::default());
    assert_eq!(keys(&cloud).await, ["a", "b"]);
}

#[tokio::test]
async fn a_crash_in_a_batch_brings_the_whole_batch_again() {
    let cloud = stub_cloud().await;
    cloud.gate().script(Script::at("Stub", 2, Fault::KillAfter));
    for body in ["put a", "put b", "put c"] {
        let sent = crate::sqs::Sent { body: body.to_owned(), ..Default::default() };
        cloud.queues().send("Retry", sent).unwrap();
    }

    cloud.clock().run_due().await;
    assert_eq!(keys(&cloud).await, ["a", "b"]);
    assert_eq!(cloud.queues().depth("Retry").unwrap().in_flight, 3);
    cloud.clock().advance("1m").await.unwrap();

    assert_eq!(keys(&cloud).await, ["a", "b", "c"]);
    assert_eq!(cloud.queues().depth("Retry").unwrap(), crate::sqs::Depth::default());
}

#[tokio::test]
async fn a_panic_is_a_crash() {
    let cloud = stub_cloud().await;
    assert_eq!(cloud.send(steps(&["put a", "panic"])).await.status(), 500);
    assert_eq!(cloud.send(steps(&["put b"])).await.status(), 200);
    assert_eq!(cloud.pool().starts("Stub"), 2);
}

#[tokio::test(start_paused = true)]
async fn an_invocation_that_takes_too_long_is_given_up() {
    let cloud = stub_cloud().await;
    assert_eq!(cloud.send(steps(&["sleep"])).await.status(), 500);
    assert_eq!(cloud.gate().live(), 0);
}

#[test]
fn probabilities_are_read_without_floats() {
    for (text, expected) in [
        ("0", Some(Probability::default())),
        ("0.05", Some(Probability::percent(5))),
        ("1", Some(Probability::ALWAYS)),
        ("1.0", Some(Probability::ALWAYS)),
        ("0.1234567", Probability::parse("0.123456")),
        ("1.1", None),
        ("-0.1", None),
        ("x", None),
    ] {
        assert_eq!(Probability::parse(text), expected, "{text}");
    }
}

/// The partition keys in the table.
async fn keys(cloud: &crate::Running) -> Vec<String> {
    let client = cloud.host("Stub").dynamodb().unwrap();
    let found = client.scan().table_name("Table").send().await.unwrap();
    let mut keys: Vec<String> = found
        .items()
        .iter()
        .map(|item| item["pk"].as_s().unwrap().clone())
        .filter(|key| !key.starts_with("KEY#"))
        .collect();
    keys.sort();
    keys
}

#[test]
fn a_call_to_stripe_is_known_and_meets_faults_in_its_own_words() {
    let of = |method: &str, uri: &str| {
        let request = http::Request::builder().method(method).uri(uri);
        let request = request.header("stripe-version", "2026-09-30.endive").body(()).unwrap();
        Operation::of(&request.into_parts().0, b"name=A", &Places::new(String::new()))
    };
    let post = of("POST", "http://127.0.0.1:1/v1/customers");
    let get = of("GET", "http://127.0.0.1:1/v1/invoices?customer=cus_1");
    assert_eq!(post.title(), "Stripe.POST /v1/customers");
    assert_eq!(get.title(), "Stripe.GET /v1/invoices");
    assert!(post.needs.is_empty(), "a policy of AWS says nothing about Stripe");
    let code = |fault, operation: &Operation| {
        let (status, body) = answer::of(fault, operation)?;
        Some((status, body["error"]["code"].as_str().unwrap().to_owned()))
    };
    assert_eq!(code(Fault::Throttle, &get), Some((429, "rate_limit".to_owned())));
    assert_eq!(code(Fault::Conflict, &post), Some((409, "idempotency_key_in_use".to_owned())));
    assert_eq!(code(Fault::Conflict, &get), None, "a read cannot conflict");
    assert_eq!(code(Fault::TimeoutAfter, &post), None);
}
