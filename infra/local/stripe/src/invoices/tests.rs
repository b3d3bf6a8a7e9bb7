//! Invoices by their lives, through the API.

mod collecting;
mod drafts;
mod finalizing;
mod lines;
mod paying;
mod subscribed;
mod taxes;
mod walk;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::testing::{World, id, kind};

/// A customer with an email address and no payment method.
pub(crate) fn customer(world: &mut World) -> String {
    id(&world.post("/v1/customers", "name=Acme&email=billing@acme.example"))
}

/// A customer with this test card as its default.
pub(crate) fn customer_with(world: &mut World, card: &str) -> (String, String) {
    let customer = customer(world);
    let card = add_card(world, &customer, card);
    (customer, card)
}

/// Another test card as the default.
pub(crate) fn add_card(world: &mut World, customer: &str, card: &str) -> String {
    let form = format!("customer={customer}");
    let card = id(&world.post(&format!("/v1/payment_methods/{card}/attach"), &form));
    let form = format!("invoice_settings[default_payment_method]={card}");
    world.post(&format!("/v1/customers/{customer}"), &form);
    card
}

/// A customer with a bank account by this IBAN as its default.
pub(crate) fn customer_with_account(world: &mut World, iban: &str) -> String {
    let customer = customer(world);
    let form = format!(
        "type=sepa_debit&sepa_debit[iban]={iban}&billing_details[name]=Acme&billing_details[email]=a@acme.example"
    );
    let account = id(&world.post("/v1/payment_methods", &form));
    let form = format!("customer={customer}");
    world.post(&format!("/v1/payment_methods/{account}/attach"), &form);
    let form = format!("invoice_settings[default_payment_method]={account}");
    world.post(&format!("/v1/customers/{customer}"), &form);
    customer
}

/// A draft with one line of this amount.
pub(crate) fn draft(world: &mut World, customer: &str, amount: i64, form: &str) -> String {
    let invoice = id(&world.post("/v1/invoices", &format!("customer={customer}&{form}")));
    let item = format!("customer={customer}&invoice={invoice}&amount={amount}&description=Tokens");
    world.post("/v1/invoiceitems", &item);
    invoice
}

/// A final invoice of this amount, collected by nobody.
pub(crate) fn open(world: &mut World, customer: &str, amount: i64) -> String {
    let invoice = draft(world, customer, amount, "");
    world.post(&format!("/v1/invoices/{invoice}/finalize"), "");
    invoice
}

pub(crate) fn get(world: &mut World, invoice: &str) -> Value {
    world.get(&format!("/v1/invoices/{invoice}"))
}

/// The types of the events that `act` makes.
#[track_caller]
pub(crate) fn events_of(world: &mut World, act: impl FnOnce(&mut World)) -> Vec<&'static str> {
    let ids = |world: &World| -> BTreeSet<String> {
        world.engine.stripe.events.iter().map(|event| event.id.clone()).collect()
    };
    let before = ids(world);
    act(world);
    let events = world.engine.stripe.events.iter();
    events.filter(|event| !before.contains(&event.id)).map(kind).collect()
}

/// Several fields at once.
#[track_caller]
pub(crate) fn fields<const N: usize>(object: &Value, names: [&str; N]) -> [Value; N] {
    names.map(|name| object.pointer(&format!("/{name}")).cloned().unwrap_or_default())
}

/// Amounts in minor units: due, paid, remaining.
#[track_caller]
pub(crate) fn amounts(invoice: &Value) -> [i64; 3] {
    ["amount_due", "amount_paid", "amount_remaining"].map(|name| invoice[name].as_i64().unwrap())
}
