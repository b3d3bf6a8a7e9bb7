//! Demo data: a handful of accounts, made as a vendor and its customers would make them: accounts through the
//! API, all else at the Stripe simulator, which tells of it by events. The clock starts in the past and
//! moves up to today, so that each thing happens at its time.

use billing::time::{DAY_SECONDS, Timestamp};
use form_urlencoded::Serializer;
use http::Method;
use serde_json::{Value, json};
use tracing::warn;

use crate::running::Running;

/// The account that `/_local/info` names: its renewal failed, so that there is something to see and to pay.
pub const ACCOUNT: &str = "cobalt-media";

/// Id, name and country of each account.
const ACCOUNTS: [(&str, &str, &str); 6] = [
    ("acme-robotics", "Acme Robotics", "DE"),
    ("birch-labs", "Birch Labs", "SE"),
    (ACCOUNT, "Cobalt Media", "FR"),
    ("dune-travel", "Dune Travel", "ES"),
    ("ember-studio", "Ember Studio", "NL"),
    ("fjord-health", "Fjord Health", "DK"),
];

/// A card that pays.
const GOOD_CARD: &str = "pm_card_visa";
/// A card that can be saved, and declines every charge.
const BAD_CARD: &str = "pm_card_chargeCustomerFail";

/// How long ago the history begins, in seconds.
pub const HISTORY_SECONDS: i64 = DAY_SECONDS * 75;

/// Lets the history happen, from the clock's time up to today. What fails is logged and left out: the
/// cloud is of use without it.
pub async fn fill(cloud: &Running, today: Timestamp) {
    let demo = Demo { cloud, today };
    let [acme, birch, cobalt, dune, ember, fjord] = demo.accounts().await;
    let price = demo.price();

    demo.days_ago(70).await;
    demo.card(&acme, GOOD_CARD);
    demo.subscribe(&acme, &price, 12);
    demo.card(&fjord, GOOD_CARD);

    demo.days_ago(50).await;
    demo.card(&dune, BAD_CARD);
    demo.charge(&dune, "Setup", 99_000);

    demo.days_ago(36).await;
    demo.card(&cobalt, GOOD_CARD);
    demo.subscribe(&cobalt, &price, 5);

    demo.days_ago(30).await;
    demo.card(&ember, BAD_CARD);
    let wrong = demo.charge(&ember, "Training", 24_900);

    demo.days_ago(20).await;
    demo.charge(&dune, "Support", 49_000);

    demo.days_ago(8).await;
    demo.card(&cobalt, BAD_CARD);

    demo.days_ago(5).await;
    demo.send(&birch, "Annual support", 1_240_000, 30);

    demo.days_ago(2).await;
    let note = [("invoice", wrong.as_str()), ("amount", "24900"), ("reason", "order_change")];
    demo.post("credit_notes", &note);
    demo.days_ago(0).await;
}

struct Demo<'a> {
    cloud: &'a Running,
    today: Timestamp,
}

impl Demo<'_> {
    /// Moves the clock, and lets happen what does by then.
    async fn days_ago(&self, days: i64) {
        let seconds = DAY_SECONDS.saturating_mul(days).saturating_neg();
        self.cloud.clock().advance_to(self.today.plus_seconds(seconds)).await;
    }

    /// Opens the accounts; answers with their customers at Stripe.
    async fn accounts(&self) -> [String; ACCOUNTS.len()] {
        let mut customers = <[String; ACCOUNTS.len()]>::default();
        for ((id, name, country), customer) in ACCOUNTS.into_iter().zip(&mut customers) {
            let account = json!({
                "id": id,
                "name": name,
                "email": format!("billing@{id}.example"),
                "country": country,
                "members": [{
                    "id": "finance", "email": format!("finance@{id}.example"), "role": "finance",
                }],
            });
            let key = self.cloud.vendor_key();
            let (status, answer) =
                self.cloud.call(key, Method::POST, "/v1/accounts", &account).await;
            if status != 201 {
                warn!("the demo account {id} was answered {status}: {answer}");
            }
            if let Some(made) = answer.get("stripe_customer_id").and_then(Value::as_str) {
                made.clone_into(customer);
            }
        }
        customers
    }

    /// A seat of 98.00 EUR a month.
    fn price(&self) -> String {
        self.post(
            "prices",
            &[
                ("currency", "eur"),
                ("unit_amount", "9800"),
                ("recurring[interval]", "month"),
                ("product_data[name]", "Team"),
            ],
        )
    }

    /// Saves a card, from now on the default.
    fn card(&self, customer: &str, card: &str) {
        let attached =
            self.post(&format!("payment_methods/{card}/attach"), &[("customer", customer)]);
        let default = [("invoice_settings[default_payment_method]", attached.as_str())];
        self.post(&format!("customers/{customer}"), &default);
    }

    fn subscribe(&self, customer: &str, price: &str, seats: u32) {
        let seats = seats.to_string();
        self.post(
            "subscriptions",
            &[
                ("customer", customer),
                ("items[0][price]", price),
                ("items[0][quantity]", &seats),
                ("metadata[plan]", "team"),
            ],
        );
    }

    /// An invoice that Stripe charges the card on file for, an hour later.
    fn charge(&self, customer: &str, what: &str, amount: i64) -> String {
        let terms = [("auto_advance", "true"), ("collection_method", "charge_automatically")];
        self.invoice(customer, what, amount, &terms)
    }

    /// An invoice that is sent, to be paid within so many days.
    fn send(&self, customer: &str, what: &str, amount: i64, days: u32) {
        let days = days.to_string();
        let terms = [("collection_method", "send_invoice"), ("days_until_due", days.as_str())];
        let invoice = self.invoice(customer, what, amount, &terms);
        self.post(&format!("invoices/{invoice}/send"), &[]);
    }

    fn invoice(&self, customer: &str, what: &str, amount: i64, terms: &[(&str, &str)]) -> String {
        let new = [&[("customer", customer), ("currency", "eur")], terms].concat();
        let invoice = self.post("invoices", &new);
        let amount = amount.to_string();
        self.post(
            "invoiceitems",
            &[
                ("customer", customer),
                ("invoice", &invoice),
                ("currency", "eur"),
                ("amount", &amount),
                ("description", what),
            ],
        );
        invoice
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
