//! Credit notes that staff give on invoices (F3, E4).

use bytes::Bytes;
use http::Request;
use local::gate::{Fault, Faults, Mode, Script};

use super::*;
use crate::world::{get, kinds, staff_with_key, state};

const NOTES: &str = "/v1/staff/accounts/acme/credit-notes";

fn eur(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "eur" })
}

fn note(invoice: &str, amount: i64) -> Value {
    json!({ "invoice": invoice, "amount": eur(amount), "reason": "The collector was down" })
}

async fn give(cloud: &Running, key: &str, body: &Value) -> (u16, Value) {
    staff_with_key(cloud, NOTES, key, body).await
}

/// The credit notes of an invoice at Stripe.
fn at_stripe(cloud: &Running, invoice: &str) -> Vec<Value> {
    let path = format!("/v1/credit_notes?invoice={invoice}");
    let (status, all) = cloud.stripe().call(Method::GET, &path, "");
    assert_eq!(status, 200, "{all}");
    all["data"].as_array().unwrap().clone()
}

/// Events since some of the journal, once everything is delivered.
async fn journaled(cloud: &Running) -> Vec<String> {
    cloud.clock().run_due().await;
    kinds(cloud, "acme").await
}

/// Goal: a note over all that is overdue brings the account back with the answer, and the webhook
/// changes nothing more; the timeline has the person's reason.
#[tokio::test]
async fn a_note_settles_what_was_overdue() {
    let (cloud, _, invoice) = disabled().await;
    let body = json!({
        "invoice": invoice, "amount": eur(4_900), "reason": "product_unsatisfactory",
        "memo": "With our apologies",
    });
    let (status, answer) = give(&cloud, "k1", &body).await;
    assert_eq!(status, 201, "{answer}");
    assert_eq!((&answer["amount"], &answer["type"]), (&eur(4_900), &json!("pre_payment")));
    assert_eq!(
        (&answer["reason"], &answer["amount_remaining"]),
        (&json!("product_unsatisfactory"), &eur(0))
    );
    assert_eq!(state(&cloud, "acme").await, "active");

    let known = kinds(&cloud, "acme").await;
    assert_eq!(journaled(&cloud).await, known, "the webhook changes nothing more");
    assert_eq!(count(&cloud, "credit_note.issued").await, 1, "{known:?}");
    assert_eq!(count(&cloud, "account.reactivated").await, 1, "{known:?}");
    let notes = at_stripe(&cloud, &invoice);
    assert_eq!((notes.len(), &notes[0]["memo"]), (1, &json!("With our apologies")));
    let shown = get(&cloud, &format!("{INVOICES}/{invoice}")).await;
    assert_eq!(
        (&shown["status"], &shown["credit_notes"][0]["id"]),
        (&json!("paid"), &answer["id"])
    );
    let timeline = get(&cloud, "/v1/accounts/acme/timeline?kind=credit_note.given&raw=true").await;
    assert_eq!(timeline["data"][0]["cause"]["type"], "staff", "{timeline}");
}

/// Goal: a part of an open invoice lowers what is due; of a paid one the money goes to the balance,
/// unless staff say otherwise; and no note credits more than is left.
#[tokio::test]
async fn paid_money_goes_where_staff_say() {
    let (cloud, customer) = shop().await;
    let one = invoice(&cloud, &customer, 5_000, CHARGED).await;
    let (status, answer) = give(&cloud, "k1", &note(&one, 1_000)).await;
    assert_eq!((status, &answer["amount_remaining"]), (201, &eur(4_000)), "{answer}");
    assert_eq!(answer["reason"], Value::Null, "staff's own words are no reason of Stripe's");
    card_unheard(&cloud, &customer, "visa");
    stripe(&cloud, &format!("invoices/{one}/pay"), "");
    cloud.clock().run_due().await;

    let (status, answer) = give(&cloud, "k2", &note(&one, 1_500)).await;
    assert_eq!((status, &answer["type"]), (201, &json!("post_payment")), "{answer}");
    let (_, at) = cloud.stripe().call(Method::GET, &format!("/v1/customers/{customer}"), "");
    assert_eq!(at["balance"], -1_500);
    for (key, way) in [("k3", "refund"), ("k4", "out_of_band")] {
        let mut body = note(&one, 500);
        body["after_payment"] = json!(way);
        let (status, answer) = give(&cloud, key, &body).await;
        assert_eq!(status, 201, "{way}: {answer}");
    }
    let (_, refunds) = cloud.stripe().call(Method::GET, "/v1/refunds?limit=10", "");
    assert_eq!(refunds["data"][0]["amount"], 500, "{refunds}");
    let (_, at) = cloud.stripe().call(Method::GET, &format!("/v1/customers/{customer}"), "");
    assert_eq!(at["balance"], -1_500, "neither is on the balance");

    let (status, answer) = give(&cloud, "k5", &note(&one, 1_501)).await;
    assert_eq!((status, &answer["code"]), (409, &json!("above_creditable")), "{answer}");
    assert!(answer["detail"].as_str().unwrap().contains("15.00 EUR"), "{answer}");
    assert_eq!(at_stripe(&cloud, &one).len(), 4);
    let known = kinds(&cloud, "acme").await;
    assert_eq!(journaled(&cloud).await, known, "the webhooks change nothing more");
}

/// Goal: lines are credited by name, whole or in part.
#[tokio::test]
async fn lines_are_credited() {
    let (cloud, customer) = shop().await;
    let one = invoice(&cloud, &customer, 5_000, SENT).await;
    let (_, lines) = cloud.stripe().call(Method::GET, &format!("/v1/invoices/{one}/lines"), "");
    let line = id(&lines["data"][0]);
    let body = |lines: Value| json!({ "invoice": one, "lines": lines, "reason": "Twice" });
    let part = body(json!([{ "line": line, "amount": eur(2_000) }]));
    let (status, answer) = give(&cloud, "k1", &part).await;
    assert_eq!((status, &answer["amount_remaining"]), (201, &eur(3_000)), "{answer}");
    for (key, lines) in [
        ("k2", json!([{ "line": "il_other" }])),
        ("k3", json!([{ "line": line, "amount": eur(5_001) }])),
        ("k4", json!([])),
        ("k5", json!([{ "line": line }, { "line": line }])),
    ] {
        let (status, answer) = give(&cloud, key, &body(lines)).await;
        assert_eq!(status, 422, "{key}: {answer}");
    }
    let (status, answer) = give(&cloud, "k6", &body(json!([{ "line": line }]))).await;
    assert_eq!((status, &answer["code"]), (409, &json!("above_creditable")), "{answer}");
}

/// Goal: wherever a note breaks off, the same request gives it, once at Stripe and once in the
/// books.
#[tokio::test]
async fn an_interrupted_note_is_given_once() {
    let mut broke = 0;
    for call in 1..=14 {
        for fault in [Fault::KillBefore, Fault::KillAfter, Fault::TimeoutAfter] {
            let (cloud, customer) = shop().await;
            let one = invoice(&cloud, &customer, 5_000, SENT).await;
            cloud.gate().script(Script::at("Staff", call, fault));
            let (first, _) = give(&cloud, "k1", &note(&one, 1_000)).await;
            broke += u32::from(first != 201);
            // A lease that was left behind ends by itself.
            cloud.clock().advance("3m").await.unwrap();
            let (status, answer) = give(&cloud, "k1", &note(&one, 1_000)).await;
            assert_eq!(status, 201, "{fault:?} at {call}: {answer}");
            assert_eq!(at_stripe(&cloud, &one).len(), 1, "{fault:?} at {call}");
            cloud.clock().run_due().await;
            assert_eq!(count(&cloud, "credit_note.issued").await, 1, "{fault:?} at {call}");
            let shown = get(&cloud, &format!("{INVOICES}/{one}")).await;
            assert_eq!(shown["amount_remaining"], eur(4_000), "{fault:?} at {call}");
        }
    }
    assert!(broke > 20, "only {broke} were interrupted");
}

/// Goal: a note that broke off is found at Stripe more than a day later, when its key is forgotten.
#[tokio::test]
async fn a_note_is_found_after_its_key_is_forgotten() {
    let (cloud, customer) = shop().await;
    let one = invoice(&cloud, &customer, 5_000, SENT).await;
    // Key, lease, intent; the invoice read twice over, the intent kept; then the note.
    let body = note(&one, 1_000);
    let mut made = false;
    for call in 1..=14 {
        cloud.gate().script(Script::at("Staff", call, Fault::KillAfter));
        drop(give(&cloud, "k1", &body).await);
        cloud.clock().advance("3m").await.unwrap();
        made = !at_stripe(&cloud, &one).is_empty();
        if made {
            break;
        }
    }
    assert!(made, "no call made the note");
    cloud.clock().advance("2d").await.unwrap();
    let (status, answer) = give(&cloud, "k1", &body).await;
    assert_eq!(status, 201, "{answer}");
    assert_eq!(at_stripe(&cloud, &one).len(), 1);
}

/// Goal: two people, and a payment, on one invoice at once: nobody credits twice, and Stripe's
/// list, the books and the answers agree.
#[tokio::test]
async fn notes_race_each_other_and_a_payment() {
    for seed in 0..10 {
        let (cloud, customer) = shop().await;
        let one = invoice(&cloud, &customer, 5_000, CHARGED).await;
        card_unheard(&cloud, &customer, "visa");
        let post = |path: &str, by: &str, key: &str, body: Value| {
            Request::post(path)
                .header("authorization", format!("Bearer {by}"))
                .header("idempotency-key", key)
                .header("content-type", "application/json")
                .body(Bytes::from(body.to_string()))
                .unwrap()
        };
        let requests = vec![
            post(NOTES, cloud.staff_key(), "k1", note(&one, 3_000)),
            post(NOTES, cloud.staff_key(), "k2", note(&one, 3_000)),
            post(&format!("{INVOICES}/{one}/pay"), cloud.vendor_key(), "k3", json!({})),
        ];
        cloud.gate().set_mode(Mode::Stepped(Faults::default()), seed);
        let answers = Box::pin(cloud.send_together(requests)).await;
        cloud.gate().set_mode(Mode::Free(Faults::default()), seed);
        cloud.clock().run_due().await;

        let statuses: Vec<u16> = answers.iter().map(|it| it.status().as_u16()).collect();
        let given = statuses[..2].iter().filter(|status| **status == 201).count();
        assert!(given <= 1, "seed {seed}: {statuses:?}");
        let notes = at_stripe(&cloud, &one);
        assert_eq!(notes.len(), given, "seed {seed}: {statuses:?}");
        let shown = get(&cloud, &format!("{INVOICES}/{one}")).await;
        assert_eq!(shown["credit_notes"].as_array().unwrap().len(), given, "seed {seed}");
    }
}

/// Goal: each wrong field is named, and what the invoice's state refuses says what would clear it.
#[tokio::test]
async fn what_is_wrong_is_refused() {
    let (cloud, customer) = shop().await;
    let one = invoice(&cloud, &customer, 5_000, SENT).await;
    let void = invoice(&cloud, &customer, 700, SENT).await;
    stripe(&cloud, &format!("invoices/{void}/void"), "");
    cloud.clock().run_due().await;
    let with = |field: &str, value: Value| {
        let mut body = note(&one, 100);
        body[field] = value;
        body
    };
    let usd = json!({ "amount": 1, "currency": "usd" });
    for (nth, (body, expected, what)) in [
        (with("invoice", json!("in_other")), 422, "invoice"),
        (with("invoice", json!("no id")), 422, "invoice"),
        (with("amount", eur(0)), 422, "amount.amount"),
        (with("amount", usd), 422, "amount.currency"),
        (with("amount", json!(100)), 422, "amount"),
        (with("lines", json!([{ "line": "il_1" }])), 422, "amount"),
        (with("reason", json!("")), 422, "reason"),
        (with("after_payment", json!("cash")), 422, "after_payment"),
        (with("memo", json!("a\u{202e}b")), 422, "memo"),
        (with("amount", eur(5_001)), 409, "above_creditable"),
        (note(&void, 1), 409, "invoice_not_creditable"),
    ]
    .iter()
    .enumerate()
    {
        let (status, answer) = give(&cloud, &format!("k{nth}"), body).await;
        assert_eq!(status, *expected, "{body}: {answer}");
        let found = if status == 422 { &answer["fields"][0]["field"] } else { &answer["code"] };
        assert_eq!(found, what, "{body}: {answer}");
    }
    assert_eq!(at_stripe(&cloud, &one).len(), 0);
    assert_eq!(vendor(&cloud, Method::POST, NOTES, &note(&one, 1)).await.0, 403);
    let (status, first) = give(&cloud, "same", &note(&one, 100)).await;
    assert_eq!(status, 201, "{first}");
    assert_eq!(give(&cloud, "same", &note(&one, 100)).await, (201, first));
    let (status, answer) = give(&cloud, "same", &note(&one, 200)).await;
    assert_eq!((status, &answer["code"]), (409, &json!("idempotency_key_reused")));
}
