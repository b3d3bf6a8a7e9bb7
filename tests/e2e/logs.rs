//! The log of whole stories: ids and codes only. No mail address, tax id, key, link or text of a
//! caller stands in a line, whatever goes wrong (XG5).

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Method, Request};
use local::Running;
use serde_json::{Value, json};
use stripe_simulator::error::ApiError;
use stripe_simulator::faults::{self, Trouble};
use tracing::Level;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

use crate::stripe::Invoice;
use crate::world::{NOW, cloud, get, vendor};

/// A text that only a caller of these stories writes.
const MARK: &str = "zanzibar";

/// The lines of this thread's log, as the functions' own format writes them.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    /// Captures what this thread logs, as `telemetry::to_json` writes it; a test runs on one
    /// thread.
    pub(crate) fn capture() -> (Self, DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_max_level(Level::INFO)
            .with_target(false)
            .with_writer(log.clone())
            .finish();
        let guard = tracing::subscriber::set_default(subscriber);
        (log, guard)
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

/// Words of a line that may not be there: the marks of callers, and what looks like a mail address,
/// a key, a secret, a token of a session or a link.
pub(crate) fn forbidden(line: &str, secrets: &[String]) -> Vec<String> {
    let text = line.to_lowercase();
    let patterns = [
        MARK,
        "@",
        "http://",
        "https://",
        "sk_test_",
        "rk_test_",
        "whsec_",
        "tg_",
        "bearer ",
        "de123456789",
        "checkout.stripe",
        "\u{202e}",
    ];
    let found = patterns.iter().filter(|it| text.contains(**it)).map(|it| (*it).to_owned());
    let secrets = secrets.iter().filter(|secret| line.contains(secret.as_str())).cloned();
    found.chain(secrets).collect()
}

/// A request of the vendor's with a body as it is; answers are of no interest here.
async fn send(cloud: &Running, key: &str, (method, path): (Method, &str), body: &str) -> Value {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json")
        .header("idempotency-key", format!("{MARK}-{path}"))
        .body(Bytes::from(body.to_owned()))
        .unwrap();
    let response = Box::pin(cloud.send(request)).await;
    serde_json::from_slice(response.body()).unwrap_or(Value::Null)
}

/// Stripe refuses the next call of a path, and repeats what it was sent, as it does.
fn refuse(cloud: &Running, path: &str) {
    let message = format!("Invalid email address: billing+{MARK}@{MARK}.example");
    let script = faults::Script {
        method: None,
        path: path.to_owned(),
        nth: 1,
        trouble: Trouble::Refused(ApiError::invalid(message).code("email_invalid").param("email")),
    };
    cloud.stripe().with_engine(|engine| engine.stripe.faults.script(script));
}

/// Requests whose every text is a caller's, good and bad ones.
fn requests() -> Vec<(Method, String, String)> {
    let mail = format!("ada@{MARK}.example");
    let at = |rest: &str| format!("/v1/accounts/acme{rest}");
    let bad_tax = json!({ "tax_ids": [{ "type": mail, "value": MARK }] });
    let details = json!({
        "company": format!("{MARK} GmbH"),
        "email": mail,
        "address": { "line1": format!("{MARK} 1"), "city": MARK },
        "tax_ids": [{ "type": "eu_vat", "value": "DE123456789" }],
        "purchase_order": format!("PO-{MARK}"),
    });
    let blocker = json!({ "detail": format!("the {MARK} domain"), "clears_by": "remove it" });
    let batch = json!({
        "batch_id": "b1",
        "events": [
            { "account": "acme", "resource": MARK, "quantity": 1 },
            { "account": MARK, "resource": "sessions", "quantity": -1 },
        ],
    });
    let urls = json!({
        "pack": "starter",
        "success_url": format!("https://{MARK}.example/back"),
        "cancel_url": format!("https://{MARK}.example/back"),
    });
    let all = [
        (Method::PATCH, at("/billing-details"), details),
        (Method::PATCH, at("/billing-details"), bad_tax),
        (Method::PATCH, at(""), json!({ "name": format!("{MARK} & Co") })),
        (Method::PUT, at("/members/ada"), json!({ "email": mail, "role": "finance" })),
        (Method::PUT, at("/members/ada"), json!({ "email": MARK, "role": MARK })),
        (Method::POST, at("/api-keys"), json!({ "role": "finance", "name": MARK })),
        (Method::PUT, at("/cancellation-blockers/domain"), blocker),
        (Method::POST, "/v1/usage".to_owned(), batch),
        (Method::POST, at("/credits/purchases"), json!({ "pack": "starter" })),
        (Method::POST, at("/credits/purchases"), urls),
        (Method::POST, at("/credits/deductions"), json!({ "tokens": 5, "reason": MARK })),
        (Method::POST, at("/credits/deductions"), json!({ "tokens": 5_000_000, "reason": MARK })),
        (Method::POST, at("/portal-sessions"), json!({ "return_url": "https://x.example" })),
        (Method::POST, at("/dashboard-sessions"), json!({ "member_id": "ada", "path": "plan" })),
        (Method::PUT, at("/subscription"), json!({ "plan": MARK, "interval": "month" })),
        (
            Method::PUT,
            at("/subscription"),
            json!({ "plan": "team", "interval": "month", "seats": 2 }),
        ),
        (Method::GET, at(&format!("/usage?period={MARK}")), Value::Null),
        (Method::GET, at(&format!("/timeline?cursor={MARK}")), Value::Null),
        (Method::GET, format!("/v1/accounts/{MARK}"), Value::Null),
        (Method::POST, format!("/v1/{MARK}"), json!({})),
    ];
    all.into_iter().map(|(method, path, body)| (method, path, body.to_string())).collect()
}

/// Goal: none of it stands in the log of a company's stories: opened, refused by Stripe, changed,
/// charged, declined, disabled, with good requests and with bad ones, by good keys and by bad ones.
#[tokio::test]
async fn the_log_has_ids_and_codes_only() {
    let (log, guard) = Log::capture();
    let cloud = cloud().await;
    let mut secrets = vec![cloud.vendor_key().to_owned(), cloud.staff_key().to_owned()];

    let account = json!({ "id": "acme", "name": MARK, "email": format!("b@{MARK}.example") });
    refuse(&cloud, "/v1/customers");
    let vendor_key = cloud.vendor_key().to_owned();
    let open = (Method::POST, "/v1/accounts");
    send(&cloud, &vendor_key, open.clone(), &account.to_string()).await;
    let (status, opened) = vendor(&cloud, Method::POST, "/v1/accounts", &account).await;
    assert_eq!(status, 201, "{opened}");
    let customer = opened["stripe_customer_id"].as_str().unwrap();

    for (method, path, body) in requests() {
        for key in [vendor_key.as_str(), MARK, "", "tg_vendor_zanzibar"] {
            let answer = send(&cloud, key, (method.clone(), &path), &body).await;
            let shown = ["secret", "url", "checkout_url"].map(|field| answer[field].as_str());
            secrets.extend(shown.into_iter().flatten().map(str::to_owned));
            send(&cloud, key, (method.clone(), &path), &format!("{{{MARK}")).await;
        }
    }
    refuse(&cloud, &format!("/v1/customers/{customer}"));
    let change = json!({ "email": format!("c@{MARK}.example") }).to_string();
    let path = "/v1/accounts/acme/billing-details";
    send(&cloud, &vendor_key, (Method::PATCH, path), &change).await;
    let reason = json!({ "tokens": 5, "reason": MARK }).to_string();
    let path = "/v1/staff/accounts/acme/credits/adjustments";
    let staff_key = cloud.staff_key().to_owned();
    send(&cloud, &staff_key, (Method::POST, path), &reason).await;

    let invoice = Invoice::automatic("in_1", customer, 4_900, NOW);
    for event in [invoice.finalized(NOW), invoice.payment_failed(NOW + 60)] {
        assert_eq!(Box::pin(cloud.post_event(&event)).await.0, 200);
    }
    let mut strange = invoice.finalized(NOW);
    strange["data"]["object"]["customer_email"] = json!(format!("d@{MARK}.example"));
    strange["data"]["object"]["amount_due"] = json!(MARK);
    strange["id"] = json!("evt_strange");
    Box::pin(cloud.post_event(&strange)).await;
    cloud.clock().advance("2mo").await.unwrap();
    assert_eq!(get(&cloud, "/v1/accounts/acme").await["state"], "disabled");

    drop(guard);
    let lines = log.lines();
    assert!(lines.len() > 20, "only {} lines were logged", lines.len());
    let wrong = lines.iter().filter_map(|line| {
        let found = forbidden(line, &secrets);
        (!found.is_empty()).then(|| format!("{found:?} in {line}"))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{} lines:\n{}", wrong.len(), wrong.join("\n"));
}

/// Goal: a line that has one of them is found.
#[test]
fn a_wrong_line_is_found() {
    let secrets = ["s3cret".to_owned()];
    for wrong in ["mail to ada@acme.example", "key tg_test_1", "see https://x", "s3cret", MARK] {
        assert!(!forbidden(wrong, &secrets).is_empty(), "{wrong}");
    }
    assert!(forbidden("settled invoice in_1 of acme", &secrets).is_empty());
}
