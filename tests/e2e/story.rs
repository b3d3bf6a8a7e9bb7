//! One account's life with what it buys, month after month: every step by the front door, every
//! invoice to the cent, and every step in the timeline.
//!
//! Amounts are worked out by hand from Stripe's rule: an amount times the seconds that are left,
//! divided by the seconds of a whole period, rounded half up, line by line; what changes is
//! credited at the old price and charged at the new one
//! (docs.stripe.com/billing/subscriptions/prorations). Times are chosen so that the fractions are
//! plain: in November's 30 days, the 16th leaves 1/2, the 21st 1/3, the 26th 1/6, the 28th 1/10.

use billing::time::Timestamp;
use http::Method;
use local::{Options, Running, start};
use serde_json::{Value, json};

use crate::world::{access, get, kinds, state, vendor};

const SUBSCRIPTION: &str = "/v1/accounts/acme/subscription";

/// The story so far.
struct Story {
    cloud: Running,
    customer: String,
}

impl Story {
    async fn begin() -> Self {
        let clock = Timestamp::parse("2026-11-16T00:00:00Z").ok();
        let options = Options { clock, seed: Some(4), ..Options::default() };
        let cloud = Box::pin(start(options)).await.expect("the cloud starts");
        let body = json!({
            "id": "acme", "name": "Acme", "email": "billing@acme.example",
            "members": [{ "id": "ada", "email": "ada@acme.example", "role": "account_administrator" }],
        });
        let (status, account) = vendor(&cloud, Method::POST, "/v1/accounts", &body).await;
        assert_eq!(status, 201, "{account}");
        let customer = account["stripe_customer_id"].as_str().unwrap().to_owned();
        Self { cloud, customer }
    }

    /// What somebody at Stripe does.
    fn stripe(&self, method: Method, path: &str, form: &str) -> Value {
        let (status, answer) = self.cloud.stripe().call(method, path, form);
        assert_eq!(status, 200, "{path} {form}: {answer}");
        answer
    }

    async fn until(&self, at: &str) {
        self.cloud.clock().advance_to(Timestamp::parse(at).unwrap()).await;
    }

    async fn call(&self, method: Method, path: &str, body: &Value, status: u16) -> Value {
        let (answered, answer) = vendor(&self.cloud, method, path, body).await;
        assert_eq!(answered, status, "{path} {body}: {answer}");
        self.cloud.clock().run_due().await;
        answer
    }

    async fn put(&self, (plan, interval, seats): (&str, &str, u64), status: u16) -> Value {
        let body = json!({ "plan": plan, "interval": interval, "seats": seats });
        self.call(Method::PUT, SUBSCRIPTION, &body, status).await
    }

    /// Previews a change, confirms it, and is charged what the preview said.
    async fn confirm(&self, (plan, interval, seats): (&str, &str, u64), due_now: i64) {
        let wish = json!({ "plan": plan, "interval": interval, "seats": seats });
        let path = format!("{SUBSCRIPTION}/preview");
        let preview = self.call(Method::POST, &path, &wish, 200).await;
        assert_eq!(
            preview["due_now"],
            json!({ "amount": due_now, "currency": "usd" }),
            "{preview}"
        );
        let mut confirmed = wish;
        confirmed["preview_id"] = preview["preview_id"].clone();
        self.call(Method::PUT, SUBSCRIPTION, &confirmed, 200).await;
    }

    async fn report(&self, batch: &str, resource: &str, quantity: u64) {
        let event = json!({ "account": "acme", "resource": resource, "quantity": quantity });
        let body = json!({ "batch_id": batch, "events": [event] });
        let answer = self.call(Method::POST, "/v1/usage", &body, 202).await;
        assert_eq!(answer["accepted"], 1, "{answer}");
    }

    async fn level(&self, resource: &str) -> String {
        let usage = get(&self.cloud, "/v1/accounts/acme/usage").await;
        let resources = usage["resources"].as_array().unwrap();
        let found = resources.iter().find(|it| it["id"] == resource).unwrap();
        found["level"].as_str().unwrap().to_owned()
    }

    /// The card that is charged from now on.
    fn charge(&self, payment_method: &str) {
        let form = format!("invoice_settings[default_payment_method]={payment_method}");
        self.stripe(Method::POST, &format!("/v1/customers/{}", self.customer), &form);
    }

    /// Every invoice at Stripe, oldest first: total, status.
    fn invoices(&self) -> Vec<(i64, String)> {
        let path = format!("/v1/invoices?customer={}&limit=100", self.customer);
        let all = self.stripe(Method::GET, &path, "");
        let invoices = all["data"].as_array().unwrap().iter().rev();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        invoices.map(|it| (it["total"].as_i64().unwrap(), text(&it["status"]))).collect()
    }

    async fn plan(&self) -> (String, u64) {
        let account = get(&self.cloud, "/v1/accounts/acme").await;
        let plan = account["plan"].as_str().unwrap().to_owned();
        (plan, account["seats"].as_u64().unwrap_or(0))
    }
}

fn plan(name: &str, seats: u64) -> (String, u64) {
    (name.to_owned(), seats)
}

fn paid(total: i64) -> (i64, String) {
    (total, "paid".to_owned())
}

/// Goal: what a customer lives through, from signing up to being on the Free plan again, is billed
/// to the cent and told.
#[tokio::test]
async fn an_accounts_life_is_billed_to_the_cent() {
    let story = Story::begin().await;
    let mut invoices = vec![];
    buys_team(&story, &mut invoices).await;
    uses_and_grows(&story, &mut invoices).await;
    upgrades(&story, &mut invoices).await;
    books_a_downgrade(&story, &mut invoices).await;
    ends_the_month(&story, &mut invoices).await;
    changes_to_a_year(&story, &mut invoices).await;
    cancels(&story, &invoices).await;
}

/// Free to Team with 5 seats in the middle of the month: half of 49.00, and half of 5 x 9.00.
async fn buys_team(story: &Story, invoices: &mut Vec<(i64, String)>) {
    assert_eq!(story.plan().await, plan("free", 0));
    let answer = story.put(("team", "month", 5), 202).await;
    let url = answer["checkout_url"].as_str().expect("a page to pay on");
    let session = url.rsplit('/').next().unwrap().split(['?', '#']).next().unwrap();
    let path = format!("/v1/payment_pages/{session}/confirm");
    story.stripe(Method::POST, &path, "payment_method=pm_card_visa");
    story.cloud.clock().run_due().await;
    assert_eq!(story.plan().await, plan("team", 5));
    invoices.push(paid(2_450 + 2_250));
    assert_eq!(story.invoices(), *invoices);
    // The card of Checkout is what everything is charged to, the month's usage too.
    let customer = story.stripe(Method::GET, &format!("/v1/customers/{}", story.customer), "");
    assert!(customer["invoice_settings"]["default_payment_method"].is_string(), "{customer}");
}

/// Usage over the allocation, which is priced and restricts nobody, and three seats more: a third
/// of 3 x 9.00.
async fn uses_and_grows(story: &Story, invoices: &mut Vec<(i64, String)>) {
    story.until("2026-11-21T00:00:00Z").await;
    story.report("b1", "sessions", 79_999).await;
    assert_eq!(story.level("sessions").await, "ok");
    story.report("b2", "sessions", 1).await;
    assert_eq!(story.level("sessions").await, "near");
    story.report("b3", "sessions", 100_000).await;
    assert_eq!(story.level("sessions").await, "over");
    assert_eq!(access(&story.cloud, "acme").await, "full");
    story.confirm(("team", "month", 8), 900).await;
    assert_eq!(story.plan().await, plan("team", 8));
    invoices.push(paid(900));
    assert_eq!(story.invoices(), *invoices);
}

/// Business with 8 seats at 1/6 of the month: 33.17 + 20.00 - 8.17 - 12.00. A declined card changes
/// nothing.
async fn upgrades(story: &Story, invoices: &mut Vec<(i64, String)>) {
    story.until("2026-11-26T00:00:00Z").await;
    let customer = format!("/v1/customers/{}", story.customer);
    let good = story.stripe(Method::GET, &customer, "");
    let good = good["invoice_settings"]["default_payment_method"].as_str().unwrap().to_owned();
    let attach = "/v1/payment_methods/pm_card_chargeCustomerFail/attach";
    let bad = story.stripe(Method::POST, attach, &format!("customer={}", story.customer));
    story.charge(bad["id"].as_str().unwrap());
    let declined = story.put(("business", "month", 8), 402).await;
    assert_eq!(declined["code"], "card_declined", "{declined}");
    assert_eq!(story.plan().await, plan("team", 8));
    assert_eq!(state(&story.cloud, "acme").await, "active");
    invoices.push((3_300, "void".to_owned()));
    assert_eq!(story.invoices(), *invoices);
    story.charge(&good);
    story.confirm(("business", "month", 8), 3_300).await;
    assert_eq!(story.plan().await, plan("business", 8));
    invoices.push(paid(3_300));
    assert_eq!(story.invoices(), *invoices);
}

/// A downgrade is booked, taken back and booked again; two seats more at 1/10 of the month cost 2 x
/// 15.00 / 10.
async fn books_a_downgrade(story: &Story, invoices: &mut Vec<(i64, String)>) {
    story.until("2026-11-28T00:00:00Z").await;
    let booked = story.put(("team", "month", 5), 200).await;
    assert_eq!(booked["pending_change"]["plan"], "team", "{booked}");
    assert_eq!(story.plan().await, plan("business", 8), "what is paid for stays");
    let path = format!("{SUBSCRIPTION}/resume");
    let resumed = story.call(Method::POST, &path, &json!({}), 200).await;
    assert_eq!(resumed["pending_change"], Value::Null, "{resumed}");
    story.put(("team", "month", 5), 200).await;
    story.put(("business", "month", 10), 200).await;
    assert_eq!(story.plan().await, plan("business", 10));
    let account = get(&story.cloud, "/v1/accounts/acme").await;
    assert_eq!(account["pending_change"]["plan"], "team", "{account}");
    invoices.push(paid(300));
    assert_eq!(story.invoices(), *invoices);
}

/// The month's usage is priced by the plan of its last instant, Business: 400,000 sessions beyond a
/// million at 0.025 cents, and 200,000 MB beyond a million at 0.015 cents. On the first the
/// downgrade takes effect: 49.00 + 5 x 9.00.
async fn ends_the_month(story: &Story, invoices: &mut Vec<(i64, String)>) {
    story.report("b4", "sessions", 1_400_000 - 180_000).await;
    story.report("b5", "storage", 1_200_000).await;
    story.until("2026-12-01T06:00:00Z").await;
    assert_eq!(story.plan().await, plan("team", 5));
    assert_eq!(story.level("sessions").await, "ok", "another month, other sums");
    let upcoming = get(&story.cloud, "/v1/accounts/acme/invoices/upcoming").await;
    let lines = upcoming["lines"].as_array().unwrap();
    let usage = lines.iter().filter(|line| line.to_string().contains("November 2026"));
    let amount = |line: &Value| line["amount"]["amount"].as_i64().or(line["amount"].as_i64());
    let usage: i64 = usage.filter_map(amount).sum();
    assert_eq!(usage, 10_000 + 3_000, "{upcoming}");
    story.until("2026-12-04T00:00:00Z").await;
    invoices.push(paid(4_900 + 4_500));
    invoices.push(paid(10_000 + 3_000));
    assert_eq!(story.invoices(), *invoices);
}

/// A year instead of the month, which keeps its day in flexible billing mode: 350 of the 365 days
/// from the first of December are left, 469.86 + 431.51, and 16 of the month's 31 are given back,
/// 25.29 + 23.23.
async fn changes_to_a_year(story: &Story, invoices: &mut Vec<(i64, String)>) {
    story.report("b6", "storage", 90_000).await;
    story.until("2026-12-16T00:00:00Z").await;
    story.confirm(("team", "year", 5), 46_986 + 43_151 - 2_529 - 2_323).await;
    invoices.push(paid(85_285));
    assert_eq!(story.invoices(), *invoices);
}

/// The cancellation is refused with all that stands against it, accepted when nothing does, and
/// takes effect when the year that is paid for ends.
async fn cancels(story: &Story, invoices: &[(i64, String)]) {
    let blocker = "/v1/accounts/acme/cancellation-blockers/custom_domain";
    let body = json!({
        "detail": "A custom domain, media.acme.example, is configured.",
        "clears_by": "Removing the custom domain.",
    });
    let (status, answer) = vendor(&story.cloud, Method::PUT, blocker, &body).await;
    assert!((200..300).contains(&status), "{answer}");
    let refused = story.call(Method::DELETE, SUBSCRIPTION, &Value::Null, 409).await;
    let codes: Vec<&str> = refused["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|it| it["code"].as_str())
        .collect();
    assert!(codes.len() >= 2 && codes.contains(&"custom_domain"), "{refused}");
    vendor(&story.cloud, Method::DELETE, blocker, &Value::Null).await;
    story.report("b7", "storage", 100).await;
    story.call(Method::DELETE, SUBSCRIPTION, &Value::Null, 202).await;
    let account = get(&story.cloud, "/v1/accounts/acme").await;
    assert_eq!(
        (&account["cancel_at_period_end"], &account["plan"]),
        (&json!(true), &json!("team"))
    );
    story.until("2027-12-17T00:00:00Z").await;
    assert_eq!(story.plan().await, plan("free", 0));
    assert_eq!(state(&story.cloud, "acme").await, "active");
    assert_eq!(story.invoices(), invoices, "nothing more was billed");
    let kinds = kinds(&story.cloud, "acme").await;
    for kind in [
        "subscription.changed",
        "payment_method.set",
        "subscription.change_declined",
        "subscription.change_booked",
        "subscription.change_undone",
        "usage.closed",
        "cancellation_blocker.reported",
        "cancellation_blocker.cleared",
        "invoice.paid",
    ] {
        assert!(kinds.iter().any(|it| it == kind), "the timeline has no {kind}: {kinds:?}");
    }
}
