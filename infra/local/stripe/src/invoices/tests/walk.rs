//! A random walk over one customer's invoices: whatever is asked in whatever order, the books fit.

#![expect(clippy::arithmetic_side_effects, reason = "an overflow fails the test")]

use serde_json::Value;

use super::{customer_with, fields, get};
use crate::ids::Ids;
use crate::testing::{World, id};

const SEEDS: u64 = 8;
const STEPS: usize = 40;

struct Walk {
    world: World,
    ids: Ids,
    customer: String,
    card: String,
    tax: String,
    invoices: Vec<String>,
    notes: Vec<String>,
}

impl Walk {
    fn new(seed: u64) -> Self {
        let mut world = World::new();
        let (customer, card) = customer_with(&mut world, "pm_card_visa");
        let tax = "display_name=VAT&percentage=19.6&inclusive=false";
        let tax = id(&world.post("/v1/tax_rates", tax));
        let ids = Ids::new(seed);
        Self { world, ids, customer, card, tax, invoices: Vec::new(), notes: Vec::new() }
    }

    fn below(&mut self, limit: u64) -> usize {
        usize::try_from(self.ids.below(limit)).unwrap()
    }

    fn amount(&mut self) -> i64 {
        i64::try_from(self.ids.below(3_000)).unwrap() + 1
    }

    fn ask(&mut self, path: &str, form: &str) -> Option<Value> {
        let (status, body) = self.world.send(http::Method::POST, path, form);
        assert!(status < 500 && status != 404, "{path} {form}: {body:#}");
        (status == 200).then_some(body)
    }

    fn one(&mut self) -> String {
        let count = u64::try_from(self.invoices.len()).unwrap();
        let nth = self.below(count);
        self.invoices[nth].clone()
    }

    fn step(&mut self) {
        if self.invoices.is_empty() || self.below(5) == 0 {
            return self.draft();
        }
        let invoice = self.one();
        let (path, amount) = (format!("/v1/invoices/{invoice}"), self.amount());
        match self.below(11) {
            0..=2 => self.ask(&format!("{path}/finalize"), ""),
            3 => {
                let card = self.card.clone();
                self.ask(&format!("{path}/pay"), &format!("payment_method={card}"))
            }
            4 => self.ask(&format!("{path}/pay"), "paid_out_of_band=true"),
            5 => self.ask(&format!("{path}/void"), ""),
            6 => self.ask(&format!("{path}/mark_uncollectible"), ""),
            7 => self.transfer(&path, amount),
            8 => self.note(&invoice, amount),
            9 => match self.notes.pop() {
                Some(note) => self.ask(&format!("/v1/credit_notes/{note}/void"), ""),
                None => None,
            },
            _ => {
                let sign = if self.below(2) == 0 { "-" } else { "" };
                let path = format!("/v1/customers/{}/balance_transactions", self.customer);
                self.ask(&path, &format!("amount={sign}{amount}&currency=eur"))
            }
        };
    }

    fn draft(&mut self) {
        let (customer, tax) = (self.customer.clone(), self.tax.clone());
        let form = format!("customer={customer}&default_tax_rates[]={tax}");
        let invoice = id(&self.world.post("/v1/invoices", &form));
        for _ in 0..=self.below(3) {
            let sign = if self.below(6) == 0 { "-" } else { "" };
            let amount = self.amount();
            let form = format!("customer={customer}&invoice={invoice}&amount={sign}{amount}");
            self.world.post("/v1/invoiceitems", &form);
        }
        self.invoices.push(invoice);
    }

    fn transfer(&mut self, path: &str, amount: i64) -> Option<Value> {
        let form = format!(
            "amount_requested[value]={amount}&amount_requested[currency]=eur&initiated_at=1\
             &payment_method_details[type]=custom&outcome=guaranteed\
             &guaranteed[guaranteed_at]=1"
        );
        let record = id(&self.world.post("/v1/payment_records/report_payment", &form));
        self.ask(&format!("{path}/attach_payment"), &format!("payment_record={record}"))
    }

    fn note(&mut self, invoice: &str, amount: i64) -> Option<Value> {
        let remaining = get(&mut self.world, invoice)["amount_remaining"].as_i64().unwrap();
        let after = (amount - remaining).max(0);
        let refund = if self.below(2) == 0 { after } else { after / 3 };
        let form = format!(
            "invoice={invoice}&amount={amount}&refund_amount={refund}&credit_amount={}",
            after - refund
        );
        let note = self.ask("/v1/credit_notes", &form);
        self.notes.extend(note.as_ref().map(id));
        note
    }

    fn check(&mut self) {
        for invoice in self.invoices.clone() {
            let shown = get(&mut self.world, &invoice);
            if shown["status"] == "draft" {
                continue;
            }
            check_amounts(&shown);
            self.check_notes(&shown);
        }
        let path = format!("/v1/customers/{}", self.customer);
        let balance = self.world.get(&path)["balance"].as_i64().unwrap();
        let entries = self.world.engine.stripe.balance_transactions.iter();
        assert_eq!(entries.map(|entry| entry.amount).sum::<i64>(), balance, "the ledger");
    }

    fn check_notes(&mut self, invoice: &Value) {
        let list = format!("/v1/credit_notes?limit=100&invoice={}", id(invoice));
        let notes = self.world.get(&list)["data"].as_array().unwrap().clone();
        let live: Vec<&Value> = notes.iter().filter(|note| note["status"] == "issued").collect();
        let sum = |name: &str| live.iter().map(|note| note[name].as_i64().unwrap()).sum::<i64>();
        let number = |name: &str| invoice[name].as_i64().unwrap();
        assert_eq!(sum("pre_payment_amount"), number("pre_payment_credit_notes_amount"));
        assert_eq!(sum("post_payment_amount"), number("post_payment_credit_notes_amount"));
        let tax = |object: &Value| {
            object["total_taxes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it["amount"].as_i64().unwrap())
                .sum::<i64>()
        };
        let total = sum("total");
        let taxed: i64 = live.iter().map(|note| tax(note)).sum();
        if total > 0 {
            assert!(total <= number("total"), "credited {total}: {invoice:#}");
            assert!(taxed <= tax(invoice), "credited {taxed} of tax: {invoice:#}");
        }
        if total == number("total") {
            assert_eq!(taxed, tax(invoice), "all of the tax");
        }
    }
}

fn check_amounts(invoice: &Value) {
    let names =
        ["amount_due", "amount_paid", "amount_remaining", "pre_payment_credit_notes_amount"];
    let [due, paid, remaining, noted] = fields(invoice, names).map(|it| it.as_i64().unwrap());
    let number = |name: &str| invoice[name].as_i64().unwrap();
    assert!(due >= 0 && paid >= 0, "{invoice:#}");
    assert_eq!(remaining, (due - paid).max(0), "{invoice:#}");
    assert!(paid <= due, "what is too much is overpaid: {invoice:#}");
    // What it came to and what the balance took or gave are what was due.
    let moved = number("ending_balance") - number("starting_balance");
    assert_eq!(number("total") - moved, due + noted, "{invoice:#}");
    let settled = remaining == 0;
    match invoice["status"].as_str().unwrap() {
        "paid" => assert!(settled, "{invoice:#}"),
        "open" | "uncollectible" => assert!(!settled, "{invoice:#}"),
        _ => assert_eq!(paid, 0, "{invoice:#}"),
    }
}

#[test]
fn the_books_fit_whatever_is_asked() {
    for seed in 0..SEEDS {
        let mut walk = Walk::new(seed);
        for step in 0..STEPS {
            walk.step();
            let checked = std::panic::AssertUnwindSafe(|| walk.check());
            if let Err(cause) = std::panic::catch_unwind(checked) {
                eprintln!("seed {seed}, step {step}");
                std::panic::resume_unwind(cause);
            }
        }
        let events = walk.world.events();
        assert!(events.contains(&"invoice.paid"), "seed {seed} went nowhere");
    }
}
