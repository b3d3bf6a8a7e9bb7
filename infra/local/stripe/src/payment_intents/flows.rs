//! Payments of invoices and subscriptions: what becomes of them becomes of what they pay.

use serde_json::{Value, json};

use super::authenticate;
use crate::testing::{World, id};

fn customer_with(world: &mut World, card: &str) -> (String, String) {
    let customer = id(&world.post("/v1/customers", "name=Ada"));
    let path = format!("/v1/payment_methods/pm_card_{card}/attach");
    let method = id(&world.post(&path, &format!("customer={customer}")));
    let form = format!("invoice_settings[default_payment_method]={method}");
    world.post(&format!("/v1/customers/{customer}"), &form);
    (customer, method)
}

/// An open invoice over 20.00 EUR, and its payment intent.
fn invoice(world: &mut World, customer: &str) -> (String, String) {
    let invoice = id(&world.post("/v1/invoices", &format!("customer={customer}&currency=eur")));
    let item = format!("customer={customer}&invoice={invoice}&amount=2000&currency=eur");
    world.post("/v1/invoiceitems", &item);
    let path = format!("/v1/invoices/{invoice}/finalize");
    let open = world.post(&path, "auto_advance=false&expand[0]=payments");
    let payment = &open["payments"]["data"][0]["payment"]["payment_intent"];
    (invoice, payment.as_str().unwrap().to_owned())
}

fn status(world: &mut World, path: &str) -> Value {
    world.get(path)["status"].clone()
}

#[test]
fn an_intent_that_a_caller_confirms_pays_its_invoice() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "visa");
    let (invoice, intent) = invoice(&mut world, &customer);
    let path = format!("/v1/payment_intents/{intent}/confirm");
    assert_eq!(world.refused(&path, "payment_method=pm_card_chargeCustomerFail").0, 402);
    assert_eq!(status(&mut world, &format!("/v1/invoices/{invoice}")), "open");
    assert!(world.events().contains(&"invoice.payment_failed"));
    world.post(&path, "payment_method=pm_card_visa");
    assert_eq!(status(&mut world, &format!("/v1/invoices/{invoice}")), "paid");
}

#[test]
fn an_invoice_waits_for_a_customer_who_has_to_authenticate() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "authenticationRequired");
    let (invoice, intent) = invoice(&mut world, &customer);
    let (status_of_answer, error) = world.refused(&format!("/v1/invoices/{invoice}/pay"), "");
    assert_eq!(
        (status_of_answer, &error["code"]),
        (402, &json!("invoice_payment_intent_requires_action"))
    );
    assert_eq!(status(&mut world, &format!("/v1/payment_intents/{intent}")), "requires_action");
    assert!(world.events().contains(&"invoice.payment_action_required"));
    authenticate(&mut world.engine.stripe, &intent, true).unwrap();
    assert_eq!(status(&mut world, &format!("/v1/invoices/{invoice}")), "paid");
}

#[test]
fn a_subscription_that_began_with_its_customer_there_renews_without() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "authenticationRequiredOnSetup");
    let product = id(&world.post("/v1/products", "name=Plan"));
    let form = format!("product={product}&currency=eur&unit_amount=900&recurring[interval]=month");
    let price = id(&world.post("/v1/prices", &form));
    let form = format!("customer={customer}&items[0][price]={price}");
    let subscription = world.post("/v1/subscriptions", &form);
    assert_eq!(subscription["status"], "incomplete");
    let list = world.get(&format!("/v1/payment_intents?customer={customer}"));
    assert_eq!(list["data"][0]["status"], "requires_action");
    authenticate(&mut world.engine.stripe, &id(&list["data"][0]), true).unwrap();
    let path = format!("/v1/subscriptions/{}", id(&subscription));
    assert_eq!(status(&mut world, &path), "active");
    world.advance(32 * 86_400);
    let list = world.get(&format!("/v1/payment_intents?customer={customer}"));
    let states: Vec<_> = list["data"].as_array().unwrap().iter().map(|it| &it["status"]).collect();
    assert_eq!(states, ["succeeded", "succeeded"]);
    assert_eq!(status(&mut world, &path), "active");
}

#[test]
fn an_invoice_is_paid_when_its_direct_debit_settles() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "visa");
    let form = "type=sepa_debit&sepa_debit[iban]=AT611904300234573201&billing_details[name]=Ada\
                &billing_details[email]=a@b.example";
    let method = id(&world.post("/v1/payment_methods", form));
    world.post(&format!("/v1/payment_methods/{method}/attach"), &format!("customer={customer}"));
    let (invoice, _) = invoice(&mut world, &customer);
    let path = format!("/v1/invoices/{invoice}");
    world.post(&format!("{path}/pay"), &format!("payment_method={method}"));
    assert_eq!(status(&mut world, &path), "open");
    world.advance(60);
    assert_eq!(status(&mut world, &path), "paid");
}

#[test]
fn what_happens_to_the_money_later_leaves_the_invoice_paid() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "createDispute");
    let (invoice, intent) = invoice(&mut world, &customer);
    let path = format!("/v1/invoices/{invoice}");
    world.post(&format!("{path}/pay"), "");
    let dispute = world.get(&format!("/v1/disputes?payment_intent={intent}"))["data"][0].clone();
    assert_eq!(dispute["status"], "needs_response");
    let told = world.events();
    let at = |kind| told.iter().position(|told| *told == kind).unwrap();
    assert!(at("invoice.paid") < at("charge.dispute.created"));
    let dispute = format!("/v1/disputes/{}", id(&dispute));
    world.post(&dispute, "evidence[uncategorized_text]=winning_evidence");
    world.advance(60);
    assert_eq!(status(&mut world, &dispute), "won");
    world.post("/v1/refunds", &format!("payment_intent={intent}"));
    let shown = world.get(&path);
    assert_eq!((&shown["status"], &shown["amount_paid"]), (&json!("paid"), &json!(2000)));
}

#[test]
fn an_invoices_intent_is_cancelled_with_its_invoice_only() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "visa");
    let (invoice, intent) = invoice(&mut world, &customer);
    let path = format!("/v1/payment_intents/{intent}");
    let (_, error) = world.refused(&format!("{path}/cancel"), "");
    assert_eq!(error["code"], "payment_intent_unexpected_state");
    world.post(&format!("/v1/invoices/{invoice}/void"), "");
    let shown = world.get(&path);
    assert_eq!(
        (&shown["status"], &shown["cancellation_reason"]),
        (&json!("canceled"), &json!("void_invoice"))
    );
}

#[test]
fn a_subscription_loses_a_default_that_is_detached() {
    let mut world = World::new();
    let (customer, method) = customer_with(&mut world, "visa");
    let product = id(&world.post("/v1/products", "name=Plan"));
    let form = format!("product={product}&currency=eur&unit_amount=900&recurring[interval]=month");
    let price = id(&world.post("/v1/prices", &form));
    let form =
        format!("customer={customer}&items[0][price]={price}&default_payment_method={method}");
    let subscription = id(&world.post("/v1/subscriptions", &form));
    world.post(&format!("/v1/payment_methods/{method}/detach"), "");
    let shown = world.get(&format!("/v1/subscriptions/{subscription}"));
    assert_eq!(shown["default_payment_method"], Value::Null);
    assert_eq!(world.events().last(), Some(&"customer.subscription.updated"));
}
