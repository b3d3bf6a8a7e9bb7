//! What people and banks do at Stripe, and what Stripe tells twice.

use http::Method;
use serde_json::Value;

use super::History;
use crate::credits::PATH;

/// Who pays in Checkout, and what becomes of it.
const PAYERS: [&str; 7] = [
    "pm_card_visa",
    "pm_card_visa",
    "pm_card_visa",
    "pm_card_visa_chargeDeclined",
    "pm_card_refundFail",
    "pm_card_createDispute",
    "pm_card_createDisputeInquiry",
];
/// Cards that are put on file.
const CARDS: [&str; 5] = [
    "pm_card_visa",
    "pm_card_mastercard",
    "pm_card_visa",
    "pm_card_chargeCustomerFail",
    "pm_card_authenticationRequired",
];

impl History {
    /// Somebody asks Stripe for something, which it may refuse.
    fn at_stripe(&mut self, path: &str, form: &str) -> Option<Value> {
        let (status, answer) = self.cloud.stripe().call(Method::POST, path, form);
        self.say(format!("  stripe {path} {form}: {status}"));
        (status == 200).then_some(answer)
    }

    /// Everything of one kind, which must fit on one page.
    pub(super) fn list(&self, path: &str) -> Vec<Value> {
        let (status, list) = self.cloud.stripe().call(Method::GET, path, "");
        assert_eq!((status, &list["has_more"]), (200, &Value::Bool(false)), "{path}: {list}");
        list["data"].as_array().unwrap().clone()
    }

    /// The payments for credits.
    pub(super) fn payments(&self) -> Vec<Value> {
        let mut all = self.list("/v1/payment_intents?customer=cus_acme&limit=100");
        all.retain(|payment| payment["metadata"]["tollgate_purchase"].is_string());
        all
    }

    fn payer(&mut self) -> String {
        if self.below(6) > 0 {
            return PAYERS[self.pick(PAYERS.len())].to_owned();
        }
        self.debit().unwrap()
    }

    /// A direct debit, which takes days to succeed or to fail.
    fn debit(&mut self) -> Option<String> {
        let iban = ["DE89370400440532013000", "DE62370400440532013001"][self.pick(2)];
        let form = format!(
            "type=sepa_debit&sepa_debit[iban]={iban}&billing_details[name]=Ann\
             &billing_details[email]=ann@acme.example"
        );
        let method = self.at_stripe("/v1/payment_methods", &form)?;
        Some(method["id"].as_str().unwrap().to_owned())
    }

    /// Somebody pays on a page that was answered before, or tries to.
    pub(super) fn visit(&mut self) {
        let Some(url) = self.one_of(&self.pages).cloned() else { return };
        let payer = self.payer();
        let (status, _) = crate::credits::pay(&self.cloud, &url, &payer);
        self.say(format!("  page paid by {payer}: {status}"));
    }

    pub(super) async fn visit_action_page(&mut self) {
        let (_, shown) = self.ask(Method::GET, PATH, None, &Value::Null).await;
        if let Some(url) = shown["auto_recharge"]["action_url"].as_str() {
            let payer = self.payer();
            let (status, _) = crate::credits::pay(&self.cloud, url, &payer);
            self.say(format!("  action page paid by {payer}: {status}"));
        }
    }

    pub(super) fn swap_card(&mut self) {
        let method = if self.below(8) == 0 {
            self.debit().unwrap()
        } else {
            CARDS[self.pick(CARDS.len())].to_owned()
        };
        let path = format!("/v1/payment_methods/{method}/attach");
        let Some(attached) = self.at_stripe(&path, "customer=cus_acme") else {
            return;
        };
        let id = attached["id"].as_str().unwrap();
        let form = format!("invoice_settings[default_payment_method]={id}");
        self.at_stripe("/v1/customers/cus_acme", &form);
    }

    pub(super) fn refund(&mut self) {
        let mut paid = self.payments();
        paid.retain(|payment| payment["status"] == "succeeded");
        let Some(payment) = self.one_of(&paid) else { return };
        let (id, amount) = (payment["id"].as_str().unwrap(), payment["amount"].as_i64().unwrap());
        let form = match self.below(3) {
            0 => format!("payment_intent={id}"),
            _ => format!("payment_intent={id}&amount={}", 1 + self.below(amount)),
        };
        self.at_stripe("/v1/refunds", &form);
    }

    pub(super) fn show_evidence(&mut self) {
        let disputes = self.list("/v1/disputes?limit=100");
        let Some(dispute) = self.one_of(&disputes) else { return };
        let id = dispute["id"].as_str().unwrap();
        let evidence = ["winning_evidence", "losing_evidence"][self.pick(2)];
        let form = format!("evidence[uncategorized_text]={evidence}&submit=true");
        self.at_stripe(&format!("/v1/disputes/{id}"), &form);
    }

    /// Events of any age are delivered once more, by hand.
    pub(super) async fn post_again(&mut self) {
        let (status, list) = self.cloud.stripe().call(Method::GET, "/v1/events?limit=100", "");
        assert_eq!(status, 200, "{list}");
        let events = list["data"].as_array().unwrap();
        let used = ["checkout.", "payment_intent.", "refund.", "charge.", "customer."];
        let is_used = |event: &&Value| {
            let kind = event["type"].as_str().unwrap();
            used.iter().any(|prefix| kind.starts_with(prefix))
        };
        let events: Vec<Value> = events.iter().filter(is_used).cloned().collect();
        for _ in 0..=self.below(4) {
            let Some(event) = self.one_of(&events) else { return };
            let (status, answer) = Box::pin(self.cloud.post_event(event)).await;
            self.say(format!("  event {} {} again: {status} {answer}", event["type"], event["id"]));
        }
    }
}
