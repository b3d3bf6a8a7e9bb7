//! Texts of callers: names that hide something, addresses that are none, pages elsewhere.

use http::Method;
use serde_json::{Value, json};

use super::{Attacked, MARK, faults};
use crate::world::{cloud, get, open_account, vendor};

/// Texts with a character that is not seen, breaks a line, or turns what follows.
const HIDDEN: [&str; 9] = [
    "a\r\nBcc: zanzibar",
    "a\nb",
    "a\tb",
    "a\u{0}b",
    "a\u{7f}b",
    "a\u{85}b",
    "a\u{202e}b",
    "a\u{2066}b",
    "a\u{200b}b",
];

/// Whole requests with one text in them: route, path, body, and the field that has the text.
fn texts(text: &str) -> Vec<(&'static str, &'static str, Value, &'static str)> {
    let mail = "a@b.example";
    let blocker = "/v1/accounts/acme/cancellation-blockers/domain";
    let details = "/v1/accounts/acme/billing-details";
    let money = json!({ "amount": 100, "currency": "eur" });
    let advice = json!({ "reference": text, "paid_on": "2026-11-20", "amount": money });
    vec![
        ("POST", "/v1/accounts", json!({ "name": text, "email": mail }), "name"),
        ("PATCH", "/v1/accounts/acme", json!({ "name": text }), "name"),
        ("PATCH", details, json!({ "company": text }), "company"),
        ("PATCH", details, json!({ "purchase_order": text }), "purchase_order"),
        ("PATCH", details, json!({ "address": { "line1": text } }), "address.line1"),
        ("PATCH", details, json!({ "address": { "line2": text } }), "address.line2"),
        ("PATCH", details, json!({ "address": { "city": text } }), "address.city"),
        ("PATCH", details, json!({ "address": { "state": text } }), "address.state"),
        ("PATCH", details, json!({ "address": { "postal_code": text } }), "address.postal_code"),
        ("PUT", blocker, json!({ "detail": text, "clears_by": "x" }), "detail"),
        ("PUT", blocker, json!({ "detail": "x", "clears_by": text }), "clears_by"),
        ("POST", "/v1/accounts/acme/api-keys", json!({ "role": "member", "name": text }), "name"),
        (
            "POST",
            "/v1/accounts/acme/credits/deductions",
            json!({ "tokens": 1, "reason": text }),
            "reason",
        ),
        (
            "POST",
            "/v1/staff/accounts/acme/credits/adjustments",
            json!({ "tokens": 1, "reason": text }),
            "reason",
        ),
        ("POST", "/v1/staff/accounts/acme/close", json!({ "reason": text }), "reason"),
        ("POST", "/v1/staff/accounts/acme/terminate", json!({ "reason": text }), "reason"),
        (
            "POST",
            "/v1/accounts/acme/payment-advice",
            with(&advice, "invoices", &json!(["in_1"])),
            "reference",
        ),
    ]
}

fn with(body: &Value, field: &str, value: &Value) -> Value {
    let mut body = body.clone();
    body[field] = value.clone();
    body
}

/// Goal: no text that people read takes a character that hides, breaks or turns it.
#[tokio::test]
async fn hidden_characters_are_refused_in_every_text() {
    let attacked = Attacked::new().await;
    let mut wrong = Vec::new();
    for text in HIDDEN {
        for (method, path, body, field) in texts(text) {
            let route = format!("{method} {}", path.replace("/acme", "/{id}"));
            let route = route.replace("/domain", "/{code}");
            let (status, answer) = attacked.ask(&route, path, body.to_string().as_bytes()).await;
            let named = faults(&answer);
            let is_named = named.iter().any(|it| it.split(' ').next() == Some(field));
            if status != 422 || !is_named {
                wrong.push(format!("{method} {path} {body}: {status} {answer}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    attacked.logged_nothing();
}

/// Goal: markup is a name like any other: kept as it is, and shown as text.
#[tokio::test]
async fn markup_is_kept_as_text() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let name = "<script>alert(1)</script> & \"Söhne\" 東京";
    let (status, _) =
        vendor(&cloud, Method::PATCH, "/v1/accounts/acme", &json!({ "name": name })).await;
    assert_eq!(status, 200);
    assert_eq!(get(&cloud, "/v1/accounts/acme").await["name"], name);
}

/// Goal: what is no mail address is refused wherever one is taken.
#[tokio::test]
async fn what_is_no_mail_address_is_refused() {
    let attacked = Attacked::new().await;
    let long = format!("{}@b.example", "a".repeat(300));
    let wrong = [
        "",
        "a",
        "@b.example",
        "a@",
        "a b@c.example",
        "a@b.example, c@d.example",
        "a@b.example\r\nBcc: x@y.example",
        "a@b.example\u{0}",
        "Ada <a@b.example>",
        "a@b@c.example",
        "a@-b.example",
        "a@b..example",
        ".a@b.example",
        "a\u{202e}@b.example",
        &long,
    ];
    for mail in wrong {
        for (method, path, body) in [
            ("POST", "/v1/accounts", json!({ "name": "a", "email": mail })),
            ("PATCH", "/v1/accounts/acme/billing-details", json!({ "email": mail })),
            ("PUT", "/v1/accounts/acme/members/jo", json!({ "email": mail, "role": "member" })),
        ] {
            let route = format!("{method} {}", path.replace("/acme", "/{id}"));
            let route = route.replace("/jo", "/{member_id}");
            let (status, answer) = attacked.ask(&route, path, body.to_string().as_bytes()).await;
            assert_eq!(status, 422, "{path} {mail:?}: {answer}");
            assert!(faults(&answer)[0].starts_with("email "), "{path} {mail:?}: {answer}");
        }
    }
    attacked.logged_nothing();
}

/// Goal: nobody is sent to a page whose origin is not allowed, however it is written.
#[tokio::test]
async fn nobody_is_sent_elsewhere() {
    let attacked = Attacked::new().await;
    let elsewhere = format!("https://{MARK}.example/back");
    let urls = [
        elsewhere.as_str(),
        "",
        "/billing",
        "//evil.example",
        "/\t/evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://app.example.com@evil.example/",
        "https://app.example.com.evil.example/",
        "https://app.example.com:444/",
        "https://app.example.com\\@evil.example/",
        "https://app.example.com%2eevil.example/",
        "http://app.example.com/",
        "https://app.example.com\r\nLocation: https://evil.example",
        " https://app.example.com/",
    ];
    for url in urls {
        for (path, body) in [
            ("/v1/accounts/acme/portal-sessions", json!({ "return_url": url })),
            (
                "/v1/accounts/acme/credits/purchases",
                json!({ "pack": "starter", "success_url": url, "cancel_url": url }),
            ),
        ] {
            let route = format!("POST {}", path.replace("/acme", "/{id}"));
            let (status, answer) = attacked.ask(&route, path, body.to_string().as_bytes()).await;
            assert_eq!(status, 422, "{path} {url:?}: {answer}");
            let named = faults(&answer);
            assert!(named.iter().all(|it| it.contains("_url ")), "{path} {url:?}: {named:?}");
        }
    }
    attacked.logged_nothing();
}
