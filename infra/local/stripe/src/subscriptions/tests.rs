//! Flows of subscriptions, from the API to invoices and events.

mod begin;
mod change;
mod end;
mod months;
mod pending;
mod preview;
mod trial;

use billing::time::Timestamp;
use serde_json::Value;

use crate::engine::Engine;
use crate::settings::Settings;
use crate::stripe::Stripe;
use crate::testing::{NOW, World, id};

/// Seconds of an hour and of a day.
pub const HOUR: i64 = 3_600;
pub const DAY: i64 = 86_400;

/// A shop with a customer whose card works, and prices of a product called Team.
pub struct Shop {
    pub world: World,
    pub customer: String,
    product: String,
}

impl Shop {
    pub fn open() -> Self {
        Self::open_at(NOW)
    }

    pub fn open_at(now: Timestamp) -> Self {
        let mut shop = Self::without_card_at(now);
        shop.card("pm_card_visa");
        shop
    }

    /// With a customer that has no payment method.
    pub fn without_card() -> Self {
        Self::without_card_at(NOW)
    }

    fn without_card_at(now: Timestamp) -> Self {
        let engine = Engine::new(Stripe::new(Settings::default(), 1, now));
        let mut world = World { engine, now };
        let customer = id(&world.post("/v1/customers", "email=ada%40example.com"));
        let product = id(&world.post("/v1/products", "name=Team"));
        Self { world, customer, product }
    }

    /// Makes a card the customer's default one.
    pub fn card(&mut self, name: &str) -> String {
        let path = format!("/v1/payment_methods/{name}/attach");
        let card = id(&self.world.post(&path, &format!("customer={}", self.customer)));
        let form = format!("invoice_settings[default_payment_method]={card}");
        self.world.post(&format!("/v1/customers/{}", self.customer), &form);
        card
    }

    /// A price of so many cents for each month, or `3 months`, or `year`.
    pub fn price(&mut self, cents: i64, every: &str) -> String {
        let (count, unit) = every.split_once(' ').unwrap_or(("1", every));
        let unit = unit.trim_end_matches('s');
        let form = format!(
            "product={}&currency=eur&unit_amount={cents}&recurring[interval]={unit}&recurring[interval_count]={count}",
            self.product
        );
        id(&self.world.post("/v1/prices", &form))
    }

    /// A subscription with one item, and whatever else is said.
    #[track_caller]
    pub fn subscribe(&mut self, price: &str, quantity: i64, more: &str) -> Value {
        let form = format!(
            "customer={}&items[0][price]={price}&items[0][quantity]={quantity}&{more}",
            self.customer
        );
        self.world.post("/v1/subscriptions", &form)
    }

    /// A subscription as it stands.
    #[track_caller]
    pub fn subscription(&mut self, id: &str) -> Value {
        self.world.get(&format!("/v1/subscriptions/{id}"))
    }

    /// Changes a subscription.
    #[track_caller]
    pub fn update(&mut self, id: &str, form: &str) -> Value {
        self.world.post(&format!("/v1/subscriptions/{id}"), form)
    }

    /// The newest invoice of a subscription.
    #[track_caller]
    pub fn latest_invoice(&mut self, subscription: &str) -> Value {
        let id = self.subscription(subscription)["latest_invoice"].clone();
        self.world.get(&format!("/v1/invoices/{}", id.as_str().unwrap()))
    }

    /// How many invoices the customer has.
    pub fn invoices(&mut self) -> usize {
        let path = format!("/v1/invoices?limit=100&customer={}", self.customer);
        self.world.get(&path)["data"].as_array().unwrap().len()
    }
}

/// Description and amount of an invoice's lines.
pub fn lines(invoice: &Value) -> Vec<(String, i64)> {
    let lines = invoice["lines"]["data"].as_array().unwrap().iter();
    lines
        .map(|line| {
            let description = line["description"].as_str().unwrap_or_default().to_owned();
            (description, line["amount"].as_i64().unwrap())
        })
        .collect()
}

/// The same, as it is written in a test.
pub fn written(lines: &[(&str, i64)]) -> Vec<(String, i64)> {
    lines.iter().map(|(description, amount)| ((*description).to_owned(), *amount)).collect()
}

/// The period of an item of a subscription: from and to.
pub fn period(subscription: &Value, place: usize) -> (String, String) {
    let item = &subscription["items"]["data"][place];
    let at = |name: &str| Timestamp(item[name].as_i64().unwrap()).to_string();
    (at("current_period_start"), at("current_period_end"))
}
