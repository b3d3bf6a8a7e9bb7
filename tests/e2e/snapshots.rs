//! The whole world of local mode: kept, put back, and gone on from.

use std::io::{Read, Write as _};
use std::net::TcpStream;

use billing::time::Timestamp;
use http::Method;
use local::gate::{Fault, Faults, Mode, Script};
use local::{Options, Running, start};
use serde_json::{Value, json};
use stripe_simulator::deliveries::State;

use crate::stripe::Invoice;
use crate::world::{DAY, NOW, cloud, has_fired, open_account, post, script, state, vendor};

/// A call of somebody at Stripe that must succeed.
fn stripe(cloud: &Running, path: &str, form: &str) -> Value {
    let (status, answer) = cloud.stripe().call(Method::POST, path, form);
    assert_eq!(status, 200, "{path} {form}: {answer}");
    answer
}

fn id(object: &Value) -> String {
    object["id"].as_str().expect("an id").to_owned()
}

/// A subscription of `acme`, renewed by a card.
fn subscribe(cloud: &Running) {
    let card = stripe(cloud, "/v1/payment_methods/pm_card_visa/attach", "customer=cus_acme");
    let form = format!("invoice_settings[default_payment_method]={}", id(&card));
    stripe(cloud, "/v1/customers/cus_acme", &form);
    let price = "currency=eur&unit_amount_decimal=4900.5&recurring[interval]=month\
                 &product_data[name]=Team&metadata[tollgate_plan]=team&metadata[tollgate_part]=plan";
    let price = id(&stripe(cloud, "/v1/prices", price));
    let rate = "display_name=VAT&inclusive=false&percentage=19.5";
    let rate = id(&stripe(cloud, "/v1/tax_rates", rate));
    let form = format!(
        "customer=cus_acme&items[0][price]={price}&items[0][quantity]=3&default_tax_rates[0]={rate}"
    );
    stripe(cloud, "/v1/subscriptions", &form);
}

/// An open invoice of `birch`, due in a day.
fn owes(cloud: &Running) {
    let form = "customer=cus_birch&collection_method=send_invoice&days_until_due=1&currency=eur";
    let invoice = id(&stripe(cloud, "/v1/invoices", form));
    let item = format!("customer=cus_birch&invoice={invoice}&amount=700&currency=eur");
    stripe(cloud, "/v1/invoiceitems", &item);
    stripe(cloud, &format!("/v1/invoices/{invoice}/finalize"), "");
}

/// A world in the middle of things: a subscription, an invoice that is owed, a message that waits
/// for its time in a queue, and an event that did not reach us and is tried again.
async fn busy() -> Running {
    let cloud = cloud().await;
    cloud.gate().set_mode(Mode::Stepped(Faults::default()), 7);
    open_account(&cloud, "acme").await;
    open_account(&cloud, "birch").await;
    subscribe(&cloud);
    owes(&cloud);
    cloud.clock().run_due().await;
    let unknown = Invoice::automatic("in_unknown", "cus_unknown", 4_900, NOW);
    post(&cloud, &unknown.finalized(NOW), "queued").await;
    let lost = Script::at("StripeWebhook", 1, Fault::KillBefore);
    script(&cloud, &lost);
    stripe(&cloud, "/v1/customers/cus_acme", "email=other@acme.example");
    cloud.clock().run_due().await;
    assert!(has_fired(&cloud, &lost));

    let waiting = cloud.queues().messages("RetryQueue").unwrap();
    assert!(!waiting.is_empty() && waiting.iter().all(|it| it.visible_at > Timestamp(NOW)));
    let tried_again = cloud.stripe().look(|engine| {
        let mut all = engine.stripe.deliveries.all();
        all.any(|delivery| matches!(delivery.state, State::Waiting(at) if at > Timestamp(NOW)))
    });
    assert!(tried_again);
    cloud
}

/// Another cloud: another time, seed, ports and keys.
async fn another() -> Running {
    let clock = Some(Timestamp(NOW + DAY * 900));
    let options = Options { clock, seed: Some(2), ..Options::default() };
    Box::pin(start(options)).await.expect("the cloud starts")
}

/// The world, without the times by the wall's clock.
async fn world(cloud: &Running) -> Value {
    let text = Box::pin(cloud.snapshot()).await.expect("a world");
    let mut world: Value = serde_json::from_str(&text).unwrap();
    for delivery in world["deliveries"][1].as_array_mut().expect("deliveries") {
        delivery[0]["microseconds"] = Value::Null;
    }
    world
}

/// Where two values differ, each with both.
fn differences(at: &str, a: &Value, b: &Value, found: &mut Vec<String>) {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            for name in a.keys().chain(b.keys().filter(|name| !a.contains_key(*name))) {
                let of = |it: &serde_json::Map<String, Value>| it.get(name).cloned();
                let (a, b) = (of(a).unwrap_or_default(), of(b).unwrap_or_default());
                differences(&format!("{at}.{name}"), &a, &b, found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (place, (a, b)) in a.iter().zip(b).enumerate() {
                differences(&format!("{at}[{place}]"), a, b, found);
            }
        }
        _ if a != b => found.push(format!("{at}: {a} is not {b}")),
        _ => {}
    }
}

#[track_caller]
fn assert_same(a: &Value, b: &Value) {
    let mut found = Vec::new();
    differences("", a, b, &mut found);
    assert_eq!(found.len(), 0, "{:#?}", &found[..found.len().min(10)]);
}

/// Goal: a world that was kept and put back goes on as the one that was not: after a month of
/// renewals, retries and overdue days all of it is the same, in our books, at Stripe, in queues and
/// in the outbox.
#[tokio::test]
async fn a_world_that_was_put_back_goes_on_alike() {
    let first = busy().await;
    let kept = Box::pin(first.snapshot()).await.expect("a world");
    let second = another().await;
    Box::pin(second.restore(&kept)).await.expect("a world that is taken");
    assert_eq!(second.vendor_key(), first.vendor_key());
    assert_eq!(second.webhook_endpoint(), first.webhook_endpoint());
    let before = world(&first).await;
    assert_same(&world(&second).await, &before);

    for cloud in [&first, &second] {
        cloud.clock().advance("1mo").await.unwrap();
        assert_eq!(state(cloud, "birch").await, "disabled");
        let renewals = cloud.stripe().look(|engine| {
            let invoices = engine.stripe.invoices.iter();
            invoices.filter(|it| it.billing_reason == "subscription_cycle").count()
        });
        assert_eq!(renewals, 1);
        assert_eq!(cloud.queues().messages("RetryQueue").unwrap().len(), 0);
        assert!(!cloud.outbox().mails().is_empty());
    }
    let after = world(&first).await;
    assert_same(&world(&second).await, &after);
    let mut happened = Vec::new();
    differences("", &before, &after, &mut happened);
    assert!(happened.len() > 10, "{happened:#?}");
}

/// The status and the body of a request at the gateway's port.
async fn ask(cloud: &Running, method: &str, body: String) -> (u16, String) {
    let address = cloud.gateway_url().trim_start_matches("http://").to_owned();
    let head = format!(
        "{method} /_local/snapshot HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let exchange = move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let answer = tokio::task::spawn_blocking(exchange).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or(0), body.to_owned())
}

/// Goal: over the API a world takes the place of a running one, whatever that one holds, and its
/// keys and addresses work from then on.
#[tokio::test]
async fn a_world_is_put_back_into_a_running_one() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    owes_nothing(&cloud, "acme").await;
    let (status, kept) = ask(&cloud, "GET", String::new()).await;
    assert_eq!(status, 200);
    open_account(&cloud, "birch").await;
    owes(&cloud);
    cloud.clock().advance("2mo").await.unwrap();
    assert_eq!(state(&cloud, "birch").await, "disabled");

    let (status, answer) = ask(&cloud, "PUT", kept.clone()).await;
    assert_eq!((status, answer.as_str()), (200, r#"{"now":"2026-11-22T09:00:00Z"}"#));
    let (status, _) = vendor(&cloud, Method::GET, "/v1/accounts/birch", &Value::Null).await;
    assert_eq!(status, 404);
    owes_nothing(&cloud, "acme").await;
    let (status, again) = ask(&cloud, "GET", String::new()).await;
    assert_eq!(status, 200);
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_same(&read(&again)["table"], &read(&kept)["table"]);

    // In another process, with other keys and ports.
    let other = another().await;
    open_account(&other, "dune").await;
    let (status, _) = ask(&other, "PUT", kept).await;
    assert_eq!(status, 200);
    assert_eq!(other.vendor_key(), cloud.vendor_key());
    assert_eq!(other.information()["now"], "2026-11-22T09:00:00Z");
    open_account(&other, "birch").await;
    owes(&other);
    other.clock().advance("2d").await.unwrap();
    assert_eq!(state(&other, "birch").await, "past_due", "its events reach us where we are");
}

async fn owes_nothing(cloud: &Running, account: &str) {
    assert_eq!(state(cloud, account).await, "active");
}

/// Goal: a text that is no world of this version is refused in plain words, and nothing changes.
#[tokio::test]
async fn a_text_that_is_no_world_changes_nothing() {
    let cloud = busy().await;
    let kept = Box::pin(cloud.snapshot()).await.expect("a world");
    let before = world(&cloud).await;
    let mut whole: Value = serde_json::from_str(&kept).unwrap();
    whole["form"] = json!(999);
    let other_form = whole.to_string();
    whole["form"] = before["form"].clone();
    whole["queues"]["messages"]["Elsewhere"] = whole["queues"]["messages"]["RetryQueue"].clone();
    let other_queue = whole.to_string();
    whole["queues"]["messages"].as_object_mut().unwrap().remove("Elsewhere");
    whole["stripe"]["stripe"]["agenda"] = json!("none");
    let other_stripe = whole.to_string();
    whole["stripe"] = serde_json::from_str::<Value>(&kept).unwrap()["stripe"].clone();
    whole["table"]["Table"][0]["pk"] = json!({ "N": "1" });
    let other_table = whole.to_string();

    let cut = |part: usize| kept[..kept.len() * part / 100].to_owned();
    for (text, expected) in [
        (String::new(), "the snapshot is cut short"),
        (cut(50), "the snapshot is cut short"),
        (cut(99), "the snapshot is cut short"),
        ("[]".to_owned(), "this is no snapshot of local mode"),
        ("SQLite format 3\0".to_owned(), "this is no snapshot of local mode"),
        (other_form, "the snapshot is of another version of local mode: it has form 999"),
        (other_queue, "the snapshot has messages in the queue `Elsewhere`"),
        (other_stripe, "the snapshot cannot be read: "),
        (other_table, "the embedded DynamoDB refused: "),
    ] {
        let (status, answer) = ask(&cloud, "PUT", text).await;
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let error = answer["error"].as_str().unwrap_or_default();
        assert_eq!(status, 422, "{expected}");
        assert!(error.starts_with(expected), "{error}");
        assert!(error.ends_with("The world is as it was."), "{error}");
        assert_same(&world(&cloud).await, &before);
    }
}
