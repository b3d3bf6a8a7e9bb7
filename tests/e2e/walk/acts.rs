//! Acts of customers, of staff, and of people at Stripe.

use http::Method;
use serde_json::{Value, json};

use super::History;
use crate::shop::PATH;

/// Cards that are put on file.
const CARDS: [&str; 5] = [
    "pm_card_visa",
    "pm_card_visa",
    "pm_card_mastercard",
    "pm_card_chargeCustomerFail",
    "pm_card_authenticationRequired",
];
/// Plans that customers buy.
const PLANS: [&str; 3] = ["personal", "team", "business"];

impl History {
    pub(super) async fn step(&mut self) {
        match self.below(34) {
            0..=4 => self.wish().await,
            5 | 6 => self.visit_page(),
            7 => self.cancel().await,
            8 => self.resume().await,
            9 => self.change_details().await,
            10 | 11 => self.report_usage().await,
            12..=14 => self.swap_card(),
            15 => self.set_terms().await,
            16 => self.set_plan().await,
            17 => self.begin_foreign(),
            18 => self.end_foreign(),
            19 => self.pause(),
            20..=22 => self.send_invoice(),
            23..=25 => self.pay_one(),
            26 => self.settle_otherwise(),
            27 => self.post_again().await,
            _ => self.wait().await,
        }
        match self.below(10) {
            0..=4 => self.go_on("0s").await,
            5..=7 => self.wait().await,
            _ => {}
        }
    }

    /// A while passes: hours mostly, and often enough past a renewal, a due date or the grace.
    async fn wait(&mut self) {
        let length = match self.below(10) {
            0 => format!("{}s", 1 + self.below(90)),
            1..=3 => format!("{}h", 1 + self.below(40)),
            4..=6 => format!("{}d", 1 + self.below(9)),
            7 | 8 => format!("{}d", 10 + self.below(12)),
            _ => "1mo".to_owned(),
        };
        self.go_on(&length).await;
    }

    /// A call at Stripe, which may be refused.
    fn at_stripe(&mut self, path: &str, form: &str) -> Option<Value> {
        let (status, answer) = self.cloud.stripe().call(Method::POST, path, form);
        let why = &answer["error"]["message"];
        self.say(format!("  stripe {path} {form}: {status} {why}"));
        (status == 200).then_some(answer)
    }

    /// All objects of a list, which must fit on one page.
    pub(super) fn list(&self, path: &str) -> Vec<Value> {
        let (status, list) = self.cloud.stripe().call(Method::GET, path, "");
        assert_eq!((status, &list["has_more"]), (200, &Value::Bool(false)), "{path}: {list}");
        list["data"].as_array().unwrap().clone()
    }

    /// Subscriptions of ours that run at Stripe.
    fn own(&self) -> Vec<Value> {
        let all = self.list("/v1/subscriptions?customer=cus_acme&limit=100");
        let is_own = |it: &Value| !self.foreign.contains_key(it["id"].as_str().unwrap_or_default());
        all.into_iter().filter(is_own).collect()
    }

    async fn wish(&mut self) {
        let plan = *self.one_of(&PLANS).unwrap();
        let interval = *self.one_of(&["month", "month", "year"]).unwrap();
        let seats = if plan == "personal" { 1 } else { 1 + self.below(9) };
        let body = json!({ "plan": plan, "interval": interval, "seats": seats });
        self.say(format!("  wishes {seats} x {plan} by the {interval}"));
        let (_, answer) = self.ask(Method::PUT, PATH, &body).await;
        if let Some(url) = answer["checkout_url"].as_str() {
            self.pages.push(url.to_owned());
            if self.below(3) > 0 {
                self.visit_page();
            }
        }
    }

    fn visit_page(&mut self) {
        let Some(url) = self.one_of(&self.pages).cloned() else { return };
        let session = url.rsplit('/').next().unwrap();
        let session = session.split(['?', '#']).next().unwrap();
        let card =
            *self.one_of(&["pm_card_visa", "pm_card_visa", "pm_card_visa_chargeDeclined"]).unwrap();
        let form = format!("payment_method={card}");
        if self.at_stripe(&format!("/v1/payment_pages/{session}/confirm"), &form).is_some() {
            self.see("bought");
        }
    }

    async fn cancel(&mut self) {
        if self.ask(Method::DELETE, PATH, &Value::Null).await.0 == 202 {
            self.see("cancelled");
        }
    }

    async fn resume(&mut self) {
        self.ask(Method::POST, &format!("{PATH}/resume"), &Value::Null).await;
    }

    async fn change_details(&mut self) {
        let company = self.draw("Acme");
        let body = json!({ "company": company, "address": { "city": company } });
        self.ask(Method::PATCH, "/v1/accounts/acme/billing-details", &body).await;
    }

    async fn report_usage(&mut self) {
        let batch = self.draw("batch");
        let sessions = 10_000 * (1 + self.below(300));
        let body = json!({
            "batch_id": batch,
            "events": [
                { "account": "acme", "resource": "sessions", "quantity": sessions },
                { "account": "acme", "resource": "storage", "quantity": self.below(5_000) },
            ],
        });
        self.ask(Method::POST, "/v1/usage", &body).await;
    }

    fn swap_card(&mut self) {
        let card = *self.one_of(&CARDS).unwrap();
        let path = format!("/v1/payment_methods/{card}/attach");
        let Some(attached) = self.at_stripe(&path, "customer=cus_acme") else { return };
        let card = attached["id"].as_str().unwrap();
        let form = format!("invoice_settings[default_payment_method]={card}");
        self.at_stripe("/v1/customers/cus_acme", &form);
    }

    async fn set_terms(&mut self) {
        let body = match self.below(2) {
            0 => json!({ "collection": "automatic" }),
            _ => json!({ "collection": "manual", "net_days": 5, "upfront": true }),
        };
        self.ask(Method::PUT, "/v1/staff/accounts/acme/collection", &body).await;
    }

    async fn set_plan(&mut self) {
        let body = match self.below(2) {
            0 => json!({ "plan": "team", "interval": "month", "seats": 1 + self.below(5),
                "prices": { "amount": 4_000, "seat_amount": 700 } }),
            _ => json!({ "plan": "enterprise", "interval": "month", "seats": 2 }),
        };
        if self.ask(Method::PUT, "/v1/staff/accounts/acme/plan", &body).await.0 == 200 {
            self.see("plan of staff");
        }
    }

    /// Another product's subscription of the same customer begins.
    fn begin_foreign(&mut self) {
        let price = "currency=usd&unit_amount=3000&recurring[interval]=month\
                     &product_data[name]=Hosting";
        let Some(price) = self.at_stripe("/v1/prices", price) else { return };
        let price = price["id"].as_str().unwrap();
        let form =
            format!("customer=cus_acme&items[0][price]={price}&payment_behavior=allow_incomplete");
        let Some(made) = self.at_stripe("/v1/subscriptions", &form) else { return };
        self.foreign.insert(made["id"].as_str().unwrap().to_owned(), left_alone(&made));
        self.see("foreign subscription");
    }

    fn end_foreign(&mut self) {
        let all: Vec<String> = self.foreign.keys().cloned().collect();
        let Some(id) = self.one_of(&all).cloned() else { return };
        let (status, _) =
            self.cloud.stripe().call(Method::DELETE, &format!("/v1/subscriptions/{id}"), "");
        self.say(format!("  foreign {id} ends: {status}"));
    }

    /// The vendor's people pause collection of our subscription, or take a pause away.
    fn pause(&mut self) {
        let own = self.own();
        let Some(id) = self.one_of(&own).map(|it| it["id"].as_str().unwrap().to_owned()) else {
            return;
        };
        let behaviour = *self.one_of(&["void", "keep_as_draft", "mark_uncollectible", ""]).unwrap();
        let form = if behaviour.is_empty() {
            "pause_collection=".to_owned()
        } else {
            format!("pause_collection[behavior]={behaviour}")
        };
        if self.at_stripe(&format!("/v1/subscriptions/{id}"), &form).is_some() {
            self.see("foreign pause");
        }
    }

    fn send_invoice(&mut self) {
        let days = 1 + self.below(4);
        let form = format!(
            "customer=cus_acme&collection_method=send_invoice&days_until_due={days}&currency=usd"
        );
        let Some(invoice) = self.at_stripe("/v1/invoices", &form) else { return };
        let invoice = invoice["id"].as_str().unwrap();
        let amount = 100 * (1 + self.below(90));
        let item = format!("customer=cus_acme&invoice={invoice}&amount={amount}&currency=usd");
        self.at_stripe("/v1/invoiceitems", &item);
        self.at_stripe(&format!("/v1/invoices/{invoice}/finalize"), "");
    }

    fn one_open(&self) -> Option<String> {
        let open = self.list("/v1/invoices?customer=cus_acme&status=open&limit=100");
        self.one_of(&open).map(|it| it["id"].as_str().unwrap().to_owned())
    }

    /// A person pays an open invoice: by a card of its own, or outside of Stripe.
    fn pay_one(&mut self) {
        let Some(invoice) = self.one_open() else { return };
        let form = if self.below(2) == 0 {
            "paid_out_of_band=true".to_owned()
        } else {
            let path = "/v1/payment_methods/pm_card_visa/attach";
            let Some(card) = self.at_stripe(path, "customer=cus_acme") else { return };
            format!("payment_method={}", card["id"].as_str().unwrap())
        };
        self.at_stripe(&format!("/v1/invoices/{invoice}/pay"), &form);
    }

    /// A person gives up an open invoice, in one of three ways.
    fn settle_otherwise(&mut self) {
        let Some(invoice) = self.one_open() else { return };
        match self.below(3) {
            0 => self.at_stripe(&format!("/v1/invoices/{invoice}/void"), ""),
            1 => self.at_stripe(&format!("/v1/invoices/{invoice}/mark_uncollectible"), ""),
            _ => {
                let (_, shown) =
                    self.cloud.stripe().call(Method::GET, &format!("/v1/invoices/{invoice}"), "");
                let remaining = shown["amount_remaining"].as_i64().unwrap();
                let amount = if self.below(2) == 0 { remaining } else { remaining / 2 };
                self.at_stripe("/v1/credit_notes", &format!("invoice={invoice}&amount={amount}"))
            }
        };
    }

    /// Events of any age are delivered once more, by hand.
    async fn post_again(&mut self) {
        let (status, list) = self.cloud.stripe().call(Method::GET, "/v1/events?limit=100", "");
        assert_eq!(status, 200, "{list}");
        let events = list["data"].as_array().unwrap().clone();
        for _ in 0..=self.below(4) {
            let Some(event) = self.one_of(&events) else { return };
            let (status, answer) = Box::pin(self.cloud.post_event(event)).await;
            self.say(format!("  event {} {} again: {status} {answer}", event["type"], event["id"]));
        }
    }
}

/// Fields of a foreign subscription that no one but people changes.
pub(super) fn left_alone(subscription: &Value) -> Value {
    let items = subscription["items"]["data"].as_array().unwrap().iter();
    let items: Vec<_> = items.map(|item| (&item["price"]["id"], &item["quantity"])).collect();
    json!({
        "items": items,
        "pause_collection": subscription["pause_collection"],
        "cancel_at_period_end": subscription["cancel_at_period_end"],
        "cancel_at": subscription["cancel_at"],
        "schedule": subscription["schedule"],
        "metadata": subscription["metadata"],
        "collection_method": subscription["collection_method"],
        "default_payment_method": subscription["default_payment_method"],
    })
}
