//! A customer's balance and its ledger.

use http::Method;
use serde_json::{Value, json};

use super::{BalanceReason, adjust};
use crate::testing::{World, id};

fn customer(world: &mut World, form: &str) -> String {
    format!("/v1/customers/{}", id(&world.post("/v1/customers", form)))
}

fn ledger(world: &mut World, path: &str) -> Vec<(Value, Value, Value)> {
    let list = world.get(&format!("{path}/balance_transactions"));
    let entries = list["data"].as_array().unwrap().iter();
    entries
        .map(|entry| {
            let [kind, amount, end] =
                ["type", "amount", "ending_balance"].map(|name| entry[name].clone());
            (kind, amount, end)
        })
        .collect()
}

/// Goal: whatever moves the balance is in the ledger, with the balance after it, and is told once.
#[test]
fn each_move_of_the_balance_is_in_the_ledger() {
    let mut world = World::new();
    let path = customer(&mut world, "balance=-500");
    world.post(&format!("{path}/balance_transactions"), "amount=300&currency=eur");
    world.post(&path, "balance=1000&name=x");
    world.post(&path, "balance=1000");
    let expected = [
        (json!("adjustment"), json!(1200), json!(1000)),
        (json!("adjustment"), json!(300), json!(-200)),
        (json!("initial"), json!(-500), json!(-500)),
    ];
    assert_eq!(ledger(&mut world, &path), expected);
    let customer = world.get(&path);
    assert_eq!((&customer["balance"], &customer["currency"]), (&json!(1000), &json!("eur")));
    assert_eq!(world.events(), ["customer.created", "customer.updated", "customer.updated"]);
    let previous = world.engine.stripe.events.iter().filter_map(|event| event.previous.clone());
    let previous: Vec<Value> = previous.collect();
    assert_eq!(previous, [json!({ "balance": -500 }), json!({ "balance": -200, "name": null })]);
}

/// Goal: a customer's currency is that of its first money; other currencies have balances of their
/// own.
#[test]
fn each_currency_has_its_own_balance() {
    let mut world = World::new();
    let path = customer(&mut world, "");
    let entries = format!("{path}/balance_transactions");
    world.post(&entries, "amount=-5&currency=usd");
    assert_eq!(world.get(&path)["currency"], "usd");
    let other = world.post(&entries, "amount=-70&currency=eur");
    assert_eq!((&other["currency"], &other["ending_balance"]), (&json!("eur"), &json!(-70)));
    world.post(&path, "balance=-7");
    assert_eq!(world.get(&entries)["data"][0]["currency"], "usd");
    let customer = world.get(&format!("{path}?expand[]=invoice_credit_balance"));
    assert_eq!(customer["balance"], -7);
    assert_eq!(customer["invoice_credit_balance"], json!({ "eur": -70, "usd": -7 }));
}

/// Goal: an entry can be read and described, and its money cannot be changed.
#[test]
fn an_entry_is_read_and_described_but_not_changed() {
    let mut world = World::new();
    let path = customer(&mut world, "");
    let other = customer(&mut world, "");
    let entries = format!("{path}/balance_transactions");
    let entry = world.post(&entries, "amount=-5&currency=usd&description=d&metadata[a]=b");
    let customer = path.rsplit('/').next().unwrap();
    let expected = json!({
        "id": entry["id"], "object": "customer_balance_transaction", "amount": -5,
        "checkout_session": null, "created": world.now.0, "credit_note": null, "currency": "usd",
        "customer": customer, "customer_account": null, "description": "d", "ending_balance": -5,
        "invoice": null, "livemode": false, "metadata": { "a": "b" }, "type": "adjustment",
    });
    assert_eq!(entry, expected);
    let one = format!("{entries}/{}", id(&entry));
    assert_eq!(world.post(&one, "description=e&metadata[a]=")["description"], "e");
    assert_eq!(world.get(&one)["metadata"], json!({}));
    world.refused(&one, "amount=-6");
    let elsewhere = one.replace(customer, other.rsplit('/').next().unwrap());
    assert_eq!(world.send(Method::GET, &elsewhere, "").0, 404);
    let too_much = format!("amount={}&currency=usd", i64::MIN);
    let (_, error) = world.refused(&entries, &too_much);
    assert_eq!(error["code"], "amount_too_large");
}

/// Goal: what invoices and credit notes move names them, and lists can be asked for one invoice's.
#[test]
fn entries_name_their_invoice_and_credit_note() {
    let mut world = World::new();
    let path = customer(&mut world, "balance=-500");
    let customer = path.rsplit('/').next().unwrap().to_owned();
    let stripe = &mut world.engine.stripe;
    let reason = BalanceReason::AppliedToInvoice;
    adjust(stripe, &customer, 200, "eur", reason, Some("in_1"), None);
    let reason = BalanceReason::CreditNote;
    adjust(stripe, &customer, -50, "eur", reason, Some("in_2"), Some("cn_1"));
    let list = world.get(&format!("{path}/balance_transactions?invoice=in_2"));
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    let entry = &list["data"][0];
    assert_eq!((&entry["credit_note"], &entry["ending_balance"]), (&json!("cn_1"), &json!(-350)));
    assert_eq!(world.events(), ["customer.created", "customer.updated", "customer.updated"]);
}
