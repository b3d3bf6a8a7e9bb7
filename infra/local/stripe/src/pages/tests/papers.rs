//! Invoices, receipts and credit notes on pages and as PDF.

use http::Method;

use super::super::{Form, PageRequest, handle};
use super::{Browser, card};
use crate::field;
use crate::testing::{World, id};

/// An open invoice of 50 € that is sent to a customer.
fn invoice(world: &mut World) -> String {
    let customer = id(&world.post("/v1/customers", "name=Müller GmbH&email=a@b.example"));
    let form = format!("customer={customer}&collection_method=send_invoice&days_until_due=30");
    let invoice = id(&world.post("/v1/invoices", &form));
    let form =
        format!("customer={customer}&invoice={invoice}&currency=eur&amount=5000&description=Usage");
    world.post("/v1/invoiceitems", &form);
    world.visit(&format!("/i/{invoice}")).says("not final yet");
    assert_eq!(world.visit(&format!("/i/{invoice}/pdf")).status, 404);
    world.post(&format!("/v1/invoices/{invoice}/finalize"), "");
    invoice
}

fn pdf(world: &mut World, path: &str) -> Vec<u8> {
    let request = PageRequest {
        method: Method::GET,
        path: path.to_owned(),
        form: Form::default(),
        host: String::new(),
    };
    let page = handle(&mut world.engine, &request, world.now);
    assert_eq!((page.status, page.content_type), (200, "application/pdf"), "{path}");
    assert!(page.body.starts_with(b"%PDF-"));
    page.body
}

#[test]
fn an_open_invoice_is_paid_on_its_page() {
    let mut world = World::new();
    let invoice = invoice(&mut world);
    let shown = world.get(&format!("/v1/invoices/{invoice}"));
    let path = field::text(&shown, "/hosted_invoice_url").unwrap().to_owned();
    world
        .visit(&path)
        .says("€50.00 due 22 December 2026")
        .says("Müller GmbH")
        .says("Usage")
        .says("Pay €50.00")
        .says(&format!("/i/{invoice}/pdf"));
    let declined = world.submit(&path, &card("4000000000009995"));
    assert_eq!(declined.status, 402);
    declined.says("insufficient funds");
    let asked = world.submit(&path, &card("4000002760003184"));
    let back = world.submit(&asked.location, "outcome=complete");
    assert_eq!(back.location, format!("/i/{invoice}"));
    world.visit(&path).says("€50.00 paid on").is_silent_about("Pay €50.00");
    let paid = world.get(&format!("/v1/invoices/{invoice}"));
    assert_eq!(field::text(&paid, "/status"), Some("paid"));
    assert_eq!(world.submit(&path, &card("4242424242424242")).status, 303);
}

#[test]
fn an_invoice_is_paid_by_a_debit_that_takes_a_while() {
    let mut world = World::new();
    let invoice = invoice(&mut world);
    let path = format!("/i/{invoice}");
    let form = "pay_with=sepa_debit&iban=DE89370400440532013000&holder=Ada";
    let sent = world.submit(&path, form);
    assert_eq!(sent.status, 303, "{}", sent.text);
    world.visit(&path).is_silent_about("Pay €50.00").says("is being paid");
    world.advance(60);
    world.visit(&path).says("€50.00 paid on");
}

#[test]
fn a_void_invoice_can_not_be_paid() {
    let mut world = World::new();
    let invoice = invoice(&mut world);
    world.post(&format!("/v1/invoices/{invoice}/void"), "");
    let page = world.visit(&format!("/i/{invoice}"));
    page.says("nothing is due").says("Void").is_silent_about("Card number");
}

#[test]
fn invoices_and_receipts_are_printed_the_same_each_time() {
    let mut world = World::new();
    let invoice = invoice(&mut world);
    let path = format!("/i/{invoice}/pdf");
    let open = pdf(&mut world, &path);
    assert_eq!(open, pdf(&mut world, &path));
    world.submit(&format!("/i/{invoice}"), &card("4242424242424242"));
    assert_ne!(open, pdf(&mut world, &path));
    let charges = world.get("/v1/charges");
    let receipt = field::text(&charges, "/data/0/receipt_url").unwrap().to_owned();
    world.visit(&receipt).says("€50.00 paid to Tollgate Local").says("Visa •••• 4242");
    let path = receipt.strip_prefix("http://127.0.0.1:3001").unwrap();
    pdf(&mut world, &format!("{path}/pdf"));
}

#[test]
fn an_intent_of_the_api_goes_back_to_where_the_caller_says() {
    let mut world = World::new();
    let form = "amount=2000&currency=eur&payment_method=pm_card_authenticationRequired\
                &payment_method_types[0]=card&confirm=true&return_url=https://shop.example/back?a=b";
    let intent = world.post("/v1/payment_intents", form);
    let bank = field::text(&intent, "/next_action/redirect_to_url/url").unwrap().to_owned();
    world.visit(&bank).says("€20.00");
    let sent = world.submit(&bank, "outcome=complete");
    let expected = format!("https://shop.example/back?a=b&payment_intent={}", id(&intent));
    assert!(sent.location.starts_with(&expected), "{}", sent.location);
    assert!(sent.location.ends_with("&redirect_status=succeeded"), "{}", sent.location);
}

#[test]
fn the_banks_page_leads_to_our_own_pages_only() {
    let mut world = World::new();
    let form = "amount=2000&currency=eur&payment_method=pm_card_authenticationRequired\
                &payment_method_types[0]=card&confirm=true";
    let intent = world.post("/v1/payment_intents", form);
    let bank = format!("/authenticate/{}", id(&intent));
    let sent = world.submit(&bank, "outcome=fail&back=https://evil.example/");
    assert_eq!(sent.location, bank);
    let sent = world.submit(&bank, "outcome=fail&back=//evil.example/");
    assert_eq!(sent.location, bank);
}

#[test]
fn a_credit_note_is_printed_with_its_lines() {
    let mut world = World::new();
    let invoice = invoice(&mut world);
    let line = world.get(&format!("/v1/invoices/{invoice}/lines"));
    let line = field::text(&line, "/data/0/id").unwrap().to_owned();
    let form = format!(
        "invoice={invoice}&lines[0][type]=invoice_line_item&lines[0][invoice_line_item]={line}\
         &lines[0][amount]=1000&memo=Sorry"
    );
    let note = world.post("/v1/credit_notes", &form);
    let pdf = pdf(&mut world, &format!("/credit_notes/{}/pdf", id(&note)));
    let text = String::from_utf8_lossy(&pdf).into_owned();
    for said in ["(Credit note)", "(Usage)", "(Sorry)", "(Taken off the invoice)"] {
        assert!(text.contains(said), "{said}");
    }
    assert_eq!(world.visit("/credit_notes/cn_none/pdf").status, 404);
}
