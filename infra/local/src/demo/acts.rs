//! What people and backends do in the demo: calls of the API, pages of Stripe's, and the vendor's
//! own work at Stripe.

use billing::time::{DAY_SECONDS, Timestamp};
use bytes::Bytes;
use form_urlencoded::Serializer;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request};
use serde_json::{Value, json};
use tracing::warn;

use crate::running::Running;

/// Id and role of the people of each account.
const PEOPLE: [(&str, &str); 3] =
    [("ada", "account_administrator"), ("finn", "finance"), ("mia", "member")];

/// The history, and the day up to which it goes.
#[derive(Debug)]
pub(super) struct Demo<'a> {
    pub(super) cloud: &'a Running,
    pub(super) today: Timestamp,
}

/// A plan as it is wished for, by the month.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) plan: &'static str,
    pub(super) seats: u64,
}

impl Plan {
    fn wish(self) -> Value {
        json!({ "plan": self.plan, "interval": "month", "seats": self.seats })
    }
}

impl Demo<'_> {
    /// Moves the clock, and lets happen what does by then.
    pub(super) async fn days_ago(&self, days: i64) {
        let seconds = DAY_SECONDS.saturating_mul(days).saturating_neg();
        self.cloud.clock().advance_to(self.today.plus_seconds(seconds)).await;
    }

    /// Opens the accounts with their people; answers with their customers at Stripe.
    pub(super) async fn accounts<const N: usize>(
        &self,
        all: &[(&str, &str, &str); N],
    ) -> [String; N] {
        let mut customers = std::array::from_fn(|_| String::new());
        for ((id, name, country), customer) in all.iter().zip(&mut customers) {
            let members = PEOPLE.map(|(person, role)| {
                json!({ "id": person, "email": format!("{person}@{id}.example"), "role": role })
            });
            let account = json!({
                "id": id,
                "name": name,
                "email": format!("billing@{id}.example"),
                "country": country,
                "members": members,
            });
            let answer = self.api(Method::POST, "/v1/accounts", &account).await;
            if let Some(made) = answer.get("stripe_customer_id").and_then(Value::as_str) {
                made.clone_into(customer);
            }
        }
        customers
    }

    /// Buys a first plan on Stripe's page.
    pub(super) async fn buy_plan(&self, account: &str, plan: &Plan) {
        let path = format!("/v1/accounts/{account}/subscription");
        let answer = self.api(Method::PUT, &path, &plan.wish()).await;
        self.pay_page(&answer);
    }

    /// Changes the seats of a plan, paid by the card on file.
    pub(super) async fn change_seats(&self, account: &str, plan: &Plan) {
        let path = format!("/v1/accounts/{account}/subscription");
        self.api(Method::PUT, &path, &plan.wish()).await;
    }

    /// Buys a pack of credits on Stripe's page.
    pub(super) async fn buy_credits(&self, account: &str, pack: &str) {
        let path = format!("/v1/accounts/{account}/credits/purchases");
        let answer = self.api(Method::POST, &path, &json!({ "pack": pack })).await;
        self.pay_page(&answer);
    }

    /// Turns auto-recharge on.
    pub(super) async fn recharge(&self, account: &str) {
        let path = format!("/v1/accounts/{account}/credits/auto-recharge");
        let settings = json!({
            "enabled": true,
            "threshold": 400_000,
            "pack": "starter",
            "spending_limit": { "amount": 2_500, "currency": "eur" },
        });
        self.api(Method::PUT, &path, &settings).await;
    }

    /// Pays the page of Checkout that an answer names.
    fn pay_page(&self, answer: &Value) {
        let url = answer.get("checkout_url").and_then(Value::as_str).unwrap_or_default();
        let page = url.rsplit('/').next().unwrap_or_default();
        let page = page.split(['?', '#']).next().unwrap_or_default();
        let card = [("payment_method", super::GOOD_CARD)];
        self.post(&format!("payment_pages/{page}/confirm"), &card);
    }

    /// Saves a card, from now on the default.
    pub(super) fn card(&self, customer: &str, card: &str) {
        let attached =
            self.post(&format!("payment_methods/{card}/attach"), &[("customer", customer)]);
        let default = [("invoice_settings[default_payment_method]", attached.as_str())];
        self.post(&format!("customers/{customer}"), &default);
    }

    /// An invoice that Stripe charges the card on file for, an hour later.
    pub(super) fn charge(&self, customer: &str, what: &str, amount: i64) -> String {
        let terms = [("auto_advance", "true"), ("collection_method", "charge_automatically")];
        self.invoice(customer, (what, amount), &terms)
    }

    /// An invoice that is sent, to be paid within so many days.
    pub(super) fn send(&self, customer: &str, what: &str, amount: i64, days: u32) {
        let days = days.to_string();
        let terms = [("collection_method", "send_invoice"), ("days_until_due", days.as_str())];
        let invoice = self.invoice(customer, (what, amount), &terms);
        self.post(&format!("invoices/{invoice}/send"), &[]);
    }

    /// A credit note over an invoice that was wrong.
    pub(super) fn credit(&self, invoice: &str, amount: i64) {
        let amount = amount.to_string();
        let note = [("invoice", invoice), ("amount", &amount), ("reason", "order_change")];
        self.post("credit_notes", &note);
    }

    fn invoice(
        &self,
        customer: &str,
        (what, amount): (&str, i64),
        terms: &[(&str, &str)],
    ) -> String {
        let new = [&[("customer", customer), ("currency", "usd")], terms].concat();
        let invoice = self.post("invoices", &new);
        let amount = amount.to_string();
        let item = [
            ("customer", customer),
            ("invoice", invoice.as_str()),
            ("currency", "usd"),
            ("amount", amount.as_str()),
            ("description", what),
        ];
        self.post("invoiceitems", &item);
        invoice
    }

    /// A call of the API with the vendor's key; what it was answered.
    pub(super) async fn api(&self, method: Method, path: &str, body: &Value) -> Value {
        self.keyed(method, (path, None), body).await
    }

    /// The same, under an Idempotency-Key.
    pub(super) async fn keyed(
        &self,
        method: Method,
        (path, key): (&str, Option<&str>),
        body: &Value,
    ) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(AUTHORIZATION, format!("Bearer {}", self.cloud.vendor_key()))
            .header(CONTENT_TYPE, "application/json");
        let request = match key {
            Some(key) => request.header("idempotency-key", key),
            None => request,
        };
        let Ok(request) = request.body(Bytes::from(body.to_string())) else { return Value::Null };
        let response = Box::pin(self.cloud.send(request)).await;
        let answer: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        if !response.status().is_success() {
            warn!("the demo's {path} was answered {}: {answer}", response.status());
        }
        answer
    }

    /// A POST to Stripe; the id of what it made, empty when it failed.
    fn post(&self, path: &str, parameters: &[(&str, &str)]) -> String {
        let form = Serializer::new(String::new()).extend_pairs(parameters).finish();
        let (status, answer) =
            self.cloud.stripe().call(Method::POST, &format!("/v1/{path}"), &form);
        if status != 200 {
            warn!("the demo's POST /v1/{path} was answered {status}: {answer}");
        }
        answer.get("id").and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}
