//! What is not a good event: every row of the table of answers, through the gateway.

use bytes::Bytes;
use http::{HeaderValue, Request};
use local::Running;
use serde_json::{Value, json};

use crate::letters::dead_letters;
use crate::stripe::{Invoice, event};
use crate::world::{NOW, cloud, get, kinds, open_account, post};

const SIGNATURE: &str = "stripe-signature";

/// Status, and the outcome or the problem's code.
async fn answer(cloud: &Running, request: Request<Bytes>) -> (u16, String) {
    let response = Box::pin(cloud.send(request)).await;
    let body: Value = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
    let said = body["outcome"].as_str().or(body["code"].as_str()).or(body["message"].as_str());
    (response.status().as_u16(), said.unwrap_or_default().to_owned())
}

/// Goal: nothing was written and nothing was queued.
fn untouched(cloud: &Running) {
    let writes = cloud.gate().calls();
    let writes = writes.iter().filter(|call| call.operation.contains("Transact"));
    assert_eq!(writes.count(), 0, "something was written");
    for queue in ["RetryQueue", "DeadLetterQueue"] {
        assert!(cloud.queues().messages(queue).unwrap().is_empty(), "{queue} is not empty");
    }
}

/// A signed request that is tampered with after it was signed.
fn tampered(cloud: &Running, change: impl FnOnce(&mut Request<Bytes>)) -> Request<Bytes> {
    let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW);
    let mut request = cloud.event_request(invoice.paid(NOW).to_string().into_bytes());
    change(&mut request);
    request
}

fn header(request: &Request<Bytes>) -> String {
    request.headers()[SIGNATURE].to_str().unwrap().to_owned()
}

fn set_header(request: &mut Request<Bytes>, value: &str) {
    request.headers_mut().insert(SIGNATURE, HeaderValue::from_str(value).unwrap());
}

/// Goal: a signature that is missing, malformed, wrong or old is answered 400 with its own code,
/// and nothing is written.
#[tokio::test]
async fn a_delivery_that_is_not_proven_to_be_stripes_is_rejected() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    cloud.gate().forget_calls();
    let cases: Vec<(&str, Request<Bytes>)> = vec![
        (
            "signature_missing",
            tampered(&cloud, |it| {
                it.headers_mut().remove(SIGNATURE);
            }),
        ),
        ("signature_missing", tampered(&cloud, |it| set_header(it, ""))),
        ("signature_malformed", tampered(&cloud, |it| set_header(it, "nonsense"))),
        (
            "signature_malformed",
            tampered(&cloud, |it| {
                let value = header(it);
                set_header(it, &format!("{value},{value}"));
            }),
        ),
        (
            "signature_malformed",
            tampered(&cloud, |it| {
                let value = header(it);
                set_header(it, &format!("t=1,{value}"));
            }),
        ),
        (
            "signature_malformed",
            tampered(&cloud, |it| {
                set_header(it, &format!("t=1,v1={}", "a".repeat(6_000)));
            }),
        ),
        (
            "signature_mismatch",
            tampered(&cloud, |it| {
                let value = header(it).replace("v1=", "v0=");
                set_header(it, &format!("{value},v1={}", "0".repeat(64)));
            }),
        ),
        (
            "signature_mismatch",
            tampered(&cloud, |it| {
                let mut body = it.body().to_vec();
                body[40] ^= 1;
                *it.body_mut() = body.into();
            }),
        ),
    ];
    for (code, request) in cases {
        let shown = format!("{:?}", request.headers().get(SIGNATURE));
        assert_eq!(answer(&cloud, request).await, (400, code.to_owned()), "{shown}");
    }
    untouched(&cloud);
}

/// Goal: two signature headers, which the gateway joins by a comma, are refused: there are two `t`.
#[tokio::test]
async fn two_signature_headers_are_refused() {
    let cloud = cloud().await;
    let request = tampered(&cloud, |it| {
        let value = it.headers()[SIGNATURE].clone();
        it.headers_mut().append(SIGNATURE, value);
    });
    assert_eq!(answer(&cloud, request).await, (400, "signature_malformed".to_owned()));
}

/// Goal: 300 seconds either way are tolerated, 301 are not, whether old or ahead.
#[tokio::test]
async fn the_tolerance_is_300_seconds_both_ways() {
    for (moved, accepted) in [("299s", true), ("300s", true), ("301s", false), ("1h", false)] {
        let cloud = cloud().await;
        let request = tampered(&cloud, |_| {});
        cloud.clock().advance(moved).await.unwrap();
        let (status, said) = answer(&cloud, request).await;
        let expected =
            if accepted { (200, "queued") } else { (400, "timestamp_outside_tolerance") };
        assert_eq!((status, said.as_str()), expected, "{moved} old");
    }
    for (ahead, accepted) in [(299, true), (301, false), (3_600, false)] {
        let cloud = cloud().await;
        let secrets = stripe_wire::signature::Secrets::new(&cloud.webhook_secrets()).unwrap();
        let request = tampered(&cloud, |it| {
            let at = billing::time::Timestamp(NOW + ahead);
            let value = stripe_wire::signature::sign(&secrets, it.body(), at);
            set_header(it, &value);
        });
        let (status, said) = answer(&cloud, request).await;
        let expected =
            if accepted { (200, "queued") } else { (400, "timestamp_outside_tolerance") };
        assert_eq!((status, said.as_str()), expected, "{ahead} seconds ahead");
    }
}

/// Goal: bytes that are no event are answered 400, or 413 when there are too many, though signed.
#[tokio::test]
async fn a_body_that_is_no_event_is_rejected() {
    let cloud = cloud().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let cases: [(u16, &str, Vec<u8>); 5] = [
        (400, "body_unreadable", Vec::new()),
        (400, "body_unreadable", b"{\"id\": ".to_vec()),
        (400, "body_unreadable", b"{\"id\": \"evt_1\", \"type\": \"\xff\xfe\"}".to_vec()),
        (413, "body_too_large", vec![b' '; 1_100_000]),
        (200, "ignored", deep.into_bytes()),
    ];
    for (status, code, body) in cases {
        let length = body.len();
        let request = cloud.event_request(body);
        assert_eq!(answer(&cloud, request).await, (status, code.to_owned()), "{length} bytes");
    }
    let huge = cloud.event_request(vec![b' '; 6_300_000]);
    assert_eq!(answer(&cloud, huge).await.0, 413);
    untouched(&cloud);
}

/// Goal: an event that is 1 MB long, or nested 100,000 levels deep where we do not look, is read.
#[tokio::test]
async fn a_large_and_a_deep_event_are_read() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let large = Invoice::automatic("in_1", "cus_acme", 4_900, NOW)
        .with("footer", json!("x".repeat(1_000_000)));
    post(&cloud, &large.finalized(NOW), "applied").await;
    let invoice = Invoice::automatic("in_2", "cus_acme", 4_900, NOW).finalized(NOW).to_string();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let body = invoice.replacen("\"footer\":null", &format!("\"footer\":{deep}"), 1);
    assert!(body.len() > 200_000);
    let (status, answer) = Box::pin(cloud.post_body(body.into_bytes())).await;
    assert_eq!((status, answer["outcome"].as_str()), (200, Some("applied")));
}

/// Goal: a body that the gateway hands over in base64 is verified over the decoded bytes.
#[tokio::test]
async fn a_base64_body_is_decoded_first() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW).finalized(NOW);
    let mut request = cloud.event_request(invoice.to_string().into_bytes());
    let binary = HeaderValue::from_static("application/octet-stream");
    request.headers_mut().insert(http::header::CONTENT_TYPE, binary);
    assert_eq!(answer(&cloud, request).await, (200, "applied".to_owned()));
}

/// Goal: what is not for us is answered 200 and writes nothing; what should be readable and is not
/// goes to the dead letters with the event's id, the reason and the beginning of the event.
#[tokio::test]
async fn what_we_do_not_want_is_ignored_and_what_we_can_not_read_is_kept() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    cloud.gate().forget_calls();
    let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW);
    let unused = event("evt_unused", "charge.succeeded", NOW, &json!({ "id": "ch_1" }));
    post(&cloud, &unused, "ignored").await;
    let mut without_id = invoice.paid(NOW);
    without_id.as_object_mut().unwrap().remove("id");
    post(&cloud, &without_id, "ignored").await;
    let mut live = invoice.paid(NOW);
    live["livemode"] = json!(true);
    post(&cloud, &live, "ignored").await;
    let mut connected = invoice.paid(NOW);
    connected["account"] = json!("acct_other");
    post(&cloud, &connected, "ignored").await;
    untouched(&cloud);

    let unreadable = invoice.clone().with("amount_due", json!(10.5)).paid(NOW);
    post(&cloud, &unreadable, "dead_lettered").await;
    let letters = dead_letters(&cloud).await;
    assert_eq!(letters.len(), 1);
    let letter: Value = serde_json::from_str(&letters[0].body).unwrap();
    assert_eq!(letter["event"]["id"], "evt_in_1_invoice_paid_1795338000");
    assert!(letter["reason"].as_str().unwrap().contains("amount_due"), "{letter}");
    assert!(letters[0].reason.as_deref().unwrap().contains("amount_due"));
    assert!(letter["letter"]["unreadable"]["excerpt"].as_str().unwrap().len() <= 1_024);
}

/// Goal: only whole numbers that fit are amounts; everything else is kept for a person, never
/// rounded.
#[tokio::test]
async fn amounts_are_exact_or_refused() {
    let cases = [
        ("-1", "dead_lettered"),
        ("0", "applied"),
        ("1000000000000", "applied"),
        ("1000000000001", "dead_lettered"),
        ("9007199254740993", "dead_lettered"),
        ("9223372036854775807", "dead_lettered"),
        ("9223372036854775808", "dead_lettered"),
        ("1e30", "dead_lettered"),
        ("10.5", "dead_lettered"),
        ("100.0", "dead_lettered"),
        ("\"100\"", "dead_lettered"),
        ("null", "dead_lettered"),
    ];
    let cloud = cloud().await;
    for (index, (amount, outcome)) in cases.iter().enumerate() {
        let (account, customer) = (format!("a{index}"), format!("cus_a{index}"));
        open_account(&cloud, &account).await;
        let invoice = Invoice::automatic(&format!("in_{index}"), &customer, 4_900, NOW);
        let body = invoice.finalized(NOW).to_string();
        let body = body.replacen("\"amount_due\":4900", &format!("\"amount_due\":{amount}"), 1);
        let (status, answer) = Box::pin(cloud.post_body(body.into_bytes())).await;
        assert_eq!((status, answer["outcome"].as_str()), (200, Some(*outcome)), "{amount}");
        let shown = get(&cloud, &format!("/v1/accounts/{account}")).await;
        let owed = if *outcome == "applied" { amount.parse().unwrap() } else { 0_i64 };
        assert_eq!(shown["outstanding"]["amount"], owed, "{amount}");
    }
}

/// Goal: a JSON key that stands twice is refused wherever we read it, and ignored where we do not.
#[tokio::test]
async fn a_duplicate_json_key_is_refused() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let body = Invoice::automatic("in_1", "cus_acme", 4_900, NOW).finalized(NOW).to_string();
    let twice = body.replacen("\"amount_due\":", "\"amount_due\":1,\"amount_due\":", 1);
    let (_, answer) = Box::pin(cloud.post_body(twice.into_bytes())).await;
    assert_eq!(answer["outcome"], "dead_lettered");
    let unread = body.replacen("\"footer\":", "\"footer\":1,\"footer\":", 1);
    let (_, answer) = Box::pin(cloud.post_body(unread.into_bytes())).await;
    assert_eq!(answer["outcome"], "applied");
}

/// Goal: a fact that contradicts what is known is answered 200 `refused`, kept once in the
/// timeline, and not applied.
#[tokio::test]
async fn a_contradiction_is_refused_and_kept_once() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW);
    post(&cloud, &invoice.finalized(NOW), "applied").await;
    let dollars = invoice.clone().with("currency", json!("usd"));
    let other = invoice.clone().with("amount_due", json!(1));
    post(&cloud, &dollars.updated(NOW + 1), "refused").await;
    post(&cloud, &dollars.updated(NOW + 1), "refused").await;
    post(&cloud, &other.updated(NOW + 2), "refused").await;
    post(&cloud, &dollars.credit_note("cn_1", "credit_note.created", 100, NOW), "refused").await;
    let kinds = kinds(&cloud, "acme").await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "fact.refused").count(), 3, "{kinds:?}");
    let account = get(&cloud, "/v1/accounts/acme").await;
    assert_eq!(account["outstanding"], json!({ "amount": 4_900, "currency": "eur" }));
}

/// Goal: an amount beyond 10^12 minor units is refused at the wire, and the largest ones leave the
/// account readable (XE7).
#[tokio::test]
async fn amounts_beyond_all_reason_are_refused() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    for (id, amount, outcome) in [
        ("in_1", i64::MAX, "dead_lettered"),
        ("in_2", 1_000_000_000_001, "dead_lettered"),
        ("in_3", 1_000_000_000_000, "applied"),
        ("in_4", 1_000_000_000_000, "applied"),
    ] {
        let invoice = Invoice::automatic(id, "cus_acme", amount, NOW);
        post(&cloud, &invoice.finalized(NOW), outcome).await;
    }

    let account = get(&cloud, "/v1/accounts/acme").await;
    assert_eq!(account["outstanding"]["amount"], 2_000_000_000_000_i64, "{account}");
}
