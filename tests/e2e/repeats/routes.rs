//! Every route that writes, as openapi.json lists them: each is sent, and sent again.

use std::collections::BTreeSet;

use http::Method;
use local::Running;
use local::sqs::Sent;
use serde_json::{Value, json};

use super::case::{Case, Repeat, case};
use super::endpoints;
use super::families;
use super::transfers::{self, TODAY};
use super::{answer, is_replayed, request};
use crate::events::receiver::{Receiver, endpoint};
use crate::letters::dead_letters;
use crate::paying::{CHARGED, SENT, finalized};
use crate::subscription::{subscribed, wish};
use crate::world::{get, open_account, vendor};

const DESCRIPTION: &str = include_str!("../../../openapi.json");

/// Requests in an order in which each succeeds.
#[expect(clippy::too_many_lines, reason = "a row for each route that writes")]
fn cases() -> Vec<Case> {
    let account = json!({ "id": "other", "name": "Other", "email": "billing@other.example" });
    let member = json!({ "email": "bo@acme.example", "role": "finance" });
    let wants = json!({ "alerts": true, "invoices": true, "notices": false });
    let blocker = json!({ "detail": "There is a domain.", "clears_by": "Remove it." });
    let own = "/v1/accounts/acme";
    let at = |rest: &str| format!("{own}{rest}");
    let batch = json!({
        "batch_id": "b1",
        "events": [{ "account": "acme", "resource": "sessions", "quantity": 1 }],
    });
    let alert = json!({ "threshold": { "amount": 900_000, "currency": "usd" } });
    let recharge = json!({ "enabled": false, "threshold": 1_000, "pack": "starter" });
    let price = json!({
        "price": "tollgate_team_month", "new_amount": 5_900, "effective_at": "2027-03-01T00:00:00Z",
    });
    let terms = json!({ "collection": "automatic" });
    let set = json!({ "plan": "team", "interval": "month", "seats": 6 });
    vec![
        case("POST /v1/accounts", "/v1/accounts", account),
        case("PATCH /v1/accounts/{id}", own, json!({ "name": "Acme 2" })),
        case(
            "PATCH /v1/accounts/{id}/billing-details",
            &at("/billing-details"),
            json!({ "company": "New" }),
        ),
        case("PUT /v1/accounts/{id}/members/{member_id}", &at("/members/bo"), member),
        case(
            "PUT /v1/accounts/{id}/members/{member_id}/preferences",
            &at("/members/bo/preferences"),
            wants,
        ),
        case("DELETE /v1/accounts/{id}/members/{member_id}", &at("/members/bo"), Value::Null),
        case(
            "DELETE /v1/accounts/{id}/members/{member_id}/personal-data",
            &at("/members/bo/personal-data"),
            Value::Null,
        ),
        case(
            "PUT /v1/accounts/{id}/cancellation-blockers/{code}",
            &at("/cancellation-blockers/domain"),
            blocker,
        ),
        case(
            "DELETE /v1/accounts/{id}/cancellation-blockers/{code}",
            &at("/cancellation-blockers/domain"),
            Value::Null,
        ),
        case("POST /v1/accounts/{id}/api-keys", &at("/api-keys"), json!({ "role": "finance" }))
            .but(Repeat::Secret),
        case("DELETE /v1/accounts/{id}/api-keys/{key_id}", "the key", Value::Null),
        case("DELETE /v1/accounts/{id}/api-keys", &at("/api-keys"), Value::Null),
        case("POST /v1/usage", "/v1/usage", batch).but(Repeat::Found),
        case(
            "POST /v1/accounts/{id}/credits/purchases",
            &at("/credits/purchases"),
            json!({ "pack": "starter" }),
        ),
        case("POST /v1/accounts/{id}/mails/{mail_id}/resend", "the mail", Value::Null)
            .but(Repeat::Found),
        case("PUT /v1/accounts/{id}/alert", &at("/alert"), alert),
        case("DELETE /v1/accounts/{id}/alert", &at("/alert"), Value::Null),
        case(
            "POST /v1/staff/accounts/{id}/credits/adjustments",
            "/v1/staff/accounts/acme/credits/adjustments",
            json!({ "tokens": 500_000, "reason": "a gift" }),
        ),
        case(
            "POST /v1/staff/accounts/{id}/credit-notes",
            "/v1/staff/accounts/acme/credit-notes",
            json!({
                "invoice": "of this story", "amount": { "amount": 100, "currency": "eur" },
                "reason": "Twice",
            }),
        ),
        case(
            "POST /v1/staff/accounts/{id}/usage-corrections",
            "/v1/staff/accounts/acme/usage-corrections",
            json!({ "period": "2026-11", "resource": "sessions", "quantity": -1, "reason": "twice" }),
        ),
        case(
            "POST /v1/accounts/{id}/credits/deductions",
            &at("/credits/deductions"),
            json!({ "tokens": 10 }),
        )
        .but(Repeat::Found),
        case(
            "POST /v1/accounts/{id}/credits/reservations",
            &at("/credits/reservations"),
            json!({ "tokens": 10, "ttl_seconds": 3_600 }),
        )
        .but(Repeat::Found),
        case(
            "POST /v1/accounts/{id}/credits/reservations/{reservation_id}/settle",
            "settle",
            json!({ "tokens": 5 }),
        )
        .but(Repeat::Found),
        case(
            "POST /v1/accounts/{id}/credits/reservations/{reservation_id}/release",
            "release",
            Value::Null,
        )
        .but(Repeat::Found),
        case(
            "PUT /v1/accounts/{id}/credits/auto-recharge",
            &at("/credits/auto-recharge"),
            recharge,
        ),
        case(
            "POST /v1/accounts/{id}/portal-sessions",
            &at("/portal-sessions"),
            json!({ "return_url": "the gateway" }),
        )
        .but(Repeat::Fresh),
        case(
            "POST /v1/accounts/{id}/subscription/preview",
            &at("/subscription/preview"),
            wish("team", "month", 5),
        ),
        case("PUT /v1/accounts/{id}/subscription", &at("/subscription"), wish("team", "month", 5)),
        case("DELETE /v1/accounts/{id}/subscription", &at("/subscription"), Value::Null),
        case(
            "POST /v1/accounts/{id}/subscription/resume",
            &at("/subscription/resume"),
            Value::Null,
        ),
        case("PUT /v1/staff/accounts/{id}/collection", "/v1/staff/accounts/acme/collection", terms),
        case("PUT /v1/staff/accounts/{id}/plan", "/v1/staff/accounts/acme/plan", set),
        case("POST /v1/staff/price-changes", "/v1/staff/price-changes", price),
        case("DELETE /v1/staff/price-changes/{change_id}", "the change", Value::Null),
        case(
            "POST /v1/accounts/{id}/dashboard-sessions",
            &at("/dashboard-sessions"),
            json!({ "member_id": "ada" }),
        )
        .but(Repeat::Fresh),
        case("POST /v1/staff/dashboard-sessions", "/v1/staff/dashboard-sessions", json!({}))
            .but(Repeat::Fresh),
        case(
            "DELETE /v1/accounts/{id}/dashboard-sessions",
            &at("/dashboard-sessions"),
            Value::Null,
        ),
    ]
}

/// All requests, in their order.
fn all_cases() -> Vec<Case> {
    // What is unpaid would keep the subscription from ending.
    let mut all = transfers::cases();
    all.extend(cases());
    all.extend(families::cases());
    all.extend(endpoints::cases());
    all.extend(transfers::ends());
    all
}

/// Ids that a request made, for the paths of later ones.
#[derive(Default)]
struct Made {
    key: String,
    mail: String,
    change: String,
    reservation: String,
    invoice: String,
    /// Sent invoices, for transfers.
    sent: [String; 2],
    /// Advice that is pending.
    advice: String,
    /// Advice that is withdrawn.
    withdrawn: String,
    prepayment: String,
    /// Dead letters that are open.
    letters: [String; 2],
}

impl Made {
    fn keep(&mut self, case: &Case, answer: &Value) {
        let id = answer["id"].as_str().unwrap_or_default().to_owned();
        match case.route {
            "POST /v1/accounts/{id}/api-keys" => self.key = id,
            "POST /v1/staff/price-changes" => self.change = id,
            "POST /v1/accounts/{id}/credits/reservations" => self.reservation = id,
            "POST /v1/accounts/{id}/payment-advice"
            | "POST /v1/accounts/{id}/invoices/{invoice_id}/payment-advice" => self.advice = id,
            "POST /v1/staff/accounts/{id}/prepayments" => self.prepayment = id,
            _ => {}
        }
    }

    fn path(&self, case: &Case) -> String {
        let reservation = format!("/v1/accounts/acme/credits/reservations/{}", self.reservation);
        match case.path.as_str() {
            "the key" => format!("/v1/accounts/acme/api-keys/{}", self.key),
            "the change" => format!("/v1/staff/price-changes/{}", self.change),
            "pay" => format!("/v1/accounts/acme/invoices/{}/pay", self.invoice),
            "advice of one" => {
                format!("/v1/accounts/acme/invoices/{}/payment-advice", self.sent[0])
            }
            "reject" => format!("/v1/staff/payment-advice/{}/reject", self.advice),
            "returned" => format!("/v1/staff/payment-advice/{}/returned", self.advice),
            "approve" => format!("/v1/staff/payment-advice/{}/approve", self.advice),
            "withdraw" => format!("/v1/accounts/acme/payment-advice/{}", self.withdrawn),
            "redrive" => format!("/v1/staff/dead-letters/{}/redrive", self.letters[0]),
            "dismiss" => format!("/v1/staff/dead-letters/{}/dismiss", self.letters[1]),
            "reverse" => format!("/v1/staff/prepayments/{}/reverse", self.prepayment),
            "the mail" => format!("/v1/accounts/acme/mails/{}/resend", self.mail),
            "settle" => format!("{reservation}/settle"),
            "release" => format!("{reservation}/release"),
            path => path.to_owned(),
        }
    }
}

/// Calls that change something, or go to Stripe.
fn effects(cloud: &Running) -> Vec<String> {
    let calls = cloud.gate().calls().into_iter().map(|call| call.operation);
    let of_note = |it: &String| it == "DynamoDB.TransactWriteItems" || it.starts_with("Stripe.");
    calls.filter(of_note).collect()
}

/// A company with a plan, invoices, advice and a mail; its ids.
async fn company() -> (Running, Made) {
    let cloud = subscribed("team", "month", 3).await;
    let receiver = Receiver::start().await;
    endpoint(&cloud, "first", &receiver.url).await;
    let invoice = finalized(&cloud, "cus_acme", 700, CHARGED);
    let sent = [700, 800].map(|cents| finalized(&cloud, "cus_acme", cents, SENT));
    cloud.clock().run_due().await;
    let withdrawn = json!({
        "invoices": [sent[1]], "reference": "A-0", "paid_on": TODAY,
        "amount": { "amount": 800, "currency": "eur" },
    });
    let path = "/v1/accounts/acme/payment-advice";
    let (status, withdrawn) = vendor(&cloud, Method::POST, path, &withdrawn).await;
    assert_eq!(status, 201, "{withdrawn}");
    let withdrawn = withdrawn["id"].as_str().unwrap().to_owned();
    let admin = json!({ "email": "ada@acme.example", "role": "account_administrator" });
    assert_eq!(vendor(&cloud, Method::PUT, "/v1/accounts/acme/members/ada", &admin).await.0, 200);
    open_account(&cloud, "group").await;
    crate::family::partner(&cloud, "group").await;
    for _ in 0..2 {
        let body = r#"{"letter":{"fact":{}}}"#.to_owned();
        cloud.queues().send("DeadLetterQueue", Sent { body, ..Sent::default() }).unwrap();
    }
    // The purchase is mailed a minute later.
    cloud.clock().advance("5m").await.unwrap();
    let mails = get(&cloud, "/v1/accounts/acme/mails").await;
    let mail = mails["data"].as_array().unwrap().iter().find(|mail| mail["status"] == "sent");
    let mail = mail.unwrap()["id"].as_str().unwrap().to_owned();
    let letters = dead_letters(&cloud).await;
    let letters = [letters[0].id.clone(), letters[1].id.clone()];
    let made = Made { mail, invoice, sent, withdrawn, letters, ..Made::default() };
    (cloud, made)
}

/// Goal: each write of the API is answered the second time as the first time, and does nothing; the
/// same key with another body is refused by name.
#[tokio::test]
async fn every_write_is_done_once_for_a_key() {
    let (cloud, mut made) = company().await;
    for case in all_cases() {
        let (method, _) = case.route.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        let path = made.path(&case);
        let caller = if case.is_of_staff { cloud.staff_key() } else { cloud.vendor_key() };
        let mut own = case.body.clone();
        if own["return_url"].is_string() {
            own["return_url"] = json!(cloud.gateway_url());
        }
        if own["invoices"][0].is_string() {
            own["invoices"][0] = json!(made.sent[0]);
        }
        if own["invoice"].is_string() {
            own["invoice"] = json!(made.invoice);
        }
        let send = |body: &Value| {
            let request = request(caller, (method.clone(), &path), "once", body);
            Box::pin(cloud.send(request))
        };

        let first = send(&own).await;
        // A reservation that is settled cannot be released: refused, it is refused again.
        let is_refused = case.path == "release";
        assert_eq!(first.status().is_success(), !is_refused, "{}: {first:?}", case.route);
        made.keep(&case, &answer(&first).1);
        cloud.clock().run_due().await;
        cloud.gate().forget_calls();
        let again = send(&own).await;

        let route = case.route;
        match case.repeat {
            Repeat::Kept => {
                assert_eq!(answer(&again), answer(&first), "{route}");
                assert!(is_replayed(&again), "{route}");
                assert_eq!(effects(&cloud), Vec::<String>::new(), "{route}");
            }
            Repeat::Found => {
                assert_eq!(again.status(), first.status(), "{route}: {again:?}");
                assert_eq!(effects(&cloud), Vec::<String>::new(), "{route}");
            }
            Repeat::Secret => {
                let code = json!("secret_already_shown");
                assert_eq!((again.status().as_u16(), &answer(&again).1["code"]), (409, &code));
            }
            Repeat::Fresh => assert_eq!(again.status(), first.status(), "{route}"),
        }
        let other = send(&json!({ "another": "body" })).await;
        if case.repeat == Repeat::Kept {
            let (status, problem) = answer(&other);
            let code = (status, problem["code"].as_str().unwrap_or_default());
            assert_eq!(code, (409, "idempotency_key_reused"), "{route}");
        }
    }
}

/// Goal: the table above has every route of the API that writes.
#[tokio::test]
async fn the_table_of_writes_is_whole() {
    let description: Value = serde_json::from_str(DESCRIPTION).unwrap();
    let mut described = BTreeSet::new();
    for (path, operations) in description["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let route = format!("{} {path}", method.to_uppercase());
            let is_write =
                ["POST ", "PUT ", "PATCH ", "DELETE "].iter().any(|it| route.starts_with(it));
            if is_write && !path.starts_with("/webhooks/") {
                described.insert(route);
            }
        }
    }
    let tried: BTreeSet<String> = all_cases().iter().map(|case| case.route.to_owned()).collect();
    assert_eq!(tried, described);
}

/// Goal: one key is one key of an account and a route: another account and another route may use
/// it.
#[tokio::test]
async fn a_key_belongs_to_an_account_and_a_route() {
    let cloud = subscribed("team", "month", 3).await;
    crate::world::open_account(&cloud, "other").await;
    for account in ["acme", "other"] {
        for code in ["domain", "url"] {
            let path = format!("/v1/accounts/{account}/cancellation-blockers/{code}");
            let body = json!({ "detail": "It is there.", "clears_by": "Remove it." });
            let caller = cloud.vendor_key();
            let sent =
                Box::pin(cloud.send(request(caller, (Method::PUT, &path), "k", &body))).await;
            let expected = if code == "domain" { 200 } else { 409 };
            assert_eq!(sent.status(), expected, "{path}: the same key and another path");
        }
    }
    assert_eq!(get(&cloud, "/v1/accounts/acme").await["state"], "active");
}
