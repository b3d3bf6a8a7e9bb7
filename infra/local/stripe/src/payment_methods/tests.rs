//! Where payment methods come from.

use serde_json::json;

use crate::testing::{World, id};

#[test]
fn each_use_of_a_test_id_makes_a_payment_method_of_the_same_card() {
    let mut world = World::new();
    let [one, other] = [0, 1].map(|_| world.get("/v1/payment_methods/pm_card_visa"));
    assert_ne!(id(&one), id(&other));
    assert_eq!(one["card"]["fingerprint"], other["card"]["fingerprint"]);
    assert_eq!(one["card"]["brand"], "visa");
}

#[test]
fn tokens_and_numbers_make_the_same_card() {
    let mut world = World::new();
    let token = world.post("/v1/payment_methods", "type=card&card[token]=tok_chargeCustomerFail");
    let form = "type=card&card[number]=4000 0000 0000 0341&card[exp_month]=3&card[exp_year]=30&card[cvc]=123\
                &billing_details[name]=Ada&metadata[a]=b";
    let number = world.post("/v1/payment_methods", form);
    assert_eq!(token["card"]["fingerprint"], number["card"]["fingerprint"]);
    assert_eq!(number["card"]["exp_year"], 2030);
    assert_eq!(number["card"]["checks"]["cvc_check"], "pass");
    assert_eq!(number["billing_details"]["name"], "Ada");
    assert_eq!(number["metadata"], json!({ "a": "b" }));
}

#[test]
fn what_is_no_card_is_refused_as_stripe_does() {
    let cases = [
        ("4242424242424241", "12", "34", "123", "incorrect_number"),
        ("4111111111111111", "12", "34", "123", "card_declined"),
        ("4242424242424242", "13", "34", "123", "invalid_expiry_month"),
        ("4242424242424242", "10", "26", "123", "invalid_expiry_year"),
        ("4242424242424242", "12", "34", "1", "invalid_cvc"),
    ];
    let mut world = World::new();
    for (number, month, year, cvc, code) in cases {
        let form = format!(
            "type=card&card[number]={number}&card[exp_month]={month}&card[exp_year]={year}&card[cvc]={cvc}"
        );
        let (status, error) = world.refused("/v1/payment_methods", &form);
        assert_eq!((status, &error["code"]), (402, &json!(code)), "{number} {month}/{year} {cvc}");
    }
    let (_, error) = world.refused("/v1/payment_methods", "type=card&card[token]=tok_unknown");
    assert_eq!(
        (&error["code"], &error["param"]),
        (&json!("resource_missing"), &json!("card[token]"))
    );
}

#[test]
fn a_direct_debit_names_its_bank_and_holder() {
    let mut world = World::new();
    let form = "type=sepa_debit&sepa_debit[iban]=AT61 1904 3002 3457 3201";
    let (_, error) = world.refused("/v1/payment_methods", form);
    assert_eq!(error["param"], "billing_details[name]");
    let form = format!("{form}&billing_details[name]=Ada&billing_details[email]=a@example.com");
    let method = world.post("/v1/payment_methods", &form);
    let debit = &method["sepa_debit"];
    assert_eq!((&debit["bank_code"], &debit["last4"]), (&json!("19043"), &json!("3201")));
}

fn customer(world: &mut World, form: &str) -> String {
    id(&world.post("/v1/customers", form))
}

fn attach(world: &mut World, card: &str, customer: &str) -> String {
    let path = format!("/v1/payment_methods/pm_card_{card}/attach");
    id(&world.post(&path, &format!("customer={customer}")))
}

#[test]
fn a_payment_method_belongs_to_one_customer() {
    let mut world = World::new();
    let [ada, bob] = ["name=Ada", "name=Bob"].map(|form| customer(&mut world, form));
    let method = attach(&mut world, "visa", &ada);
    assert_eq!(world.events().last(), Some(&"payment_method.attached"));
    let path = format!("/v1/payment_methods/{method}");
    let (status, error) = world.refused(&format!("{path}/attach"), &format!("customer={bob}"));
    assert_eq!(status, 400);
    assert!(error["message"].as_str().unwrap().contains("already been attached"));
    for customer in [format!("&customer={bob}"), String::new()] {
        let form = format!("amount=2000&currency=eur&payment_method={method}{customer}");
        let (status, error) = world.refused("/v1/payment_intents", &form);
        assert_eq!((status, &error["param"]), (400, &json!("payment_method")));
    }
    let lists = [
        format!("/v1/payment_methods?customer={ada}&type=card"),
        format!("/v1/customers/{ada}/payment_methods"),
    ];
    for list in lists {
        assert_eq!(id(&world.get(&list)["data"][0]), method);
    }
    let list = format!("/v1/customers/{ada}/payment_methods?type=sepa_debit");
    assert_eq!(world.get(&list)["data"], json!([]));
    assert_eq!(id(&world.get(&format!("/v1/customers/{ada}/payment_methods/{method}"))), method);
}

#[test]
fn a_card_that_its_bank_declines_can_not_be_attached_but_one_that_only_fails_charges_can() {
    let mut world = World::new();
    let ada = customer(&mut world, "name=Ada");
    let path = "/v1/payment_methods/pm_card_visa_chargeDeclinedInsufficientFunds/attach";
    let (status, error) = world.refused(path, &format!("customer={ada}"));
    assert_eq!((status, &error["decline_code"]), (402, &json!("insufficient_funds")));
    attach(&mut world, "chargeCustomerFail", &ada);
}

#[test]
fn a_detached_payment_method_is_gone_for_good_and_nobodys_default() {
    let mut world = World::new();
    let ada = customer(&mut world, "name=Ada");
    let method = attach(&mut world, "visa", &ada);
    let form = format!("invoice_settings[default_payment_method]={method}");
    world.post(&format!("/v1/customers/{ada}"), &form);
    let path = format!("/v1/payment_methods/{method}");
    let shown = world.post(&format!("{path}/detach"), "");
    assert_eq!(shown["customer"], json!(null));
    let events: Vec<_> = world.engine.stripe.events.iter().rev().take(2).collect();
    assert_eq!(
        (&*events[1].kind, &*events[0].kind),
        ("payment_method.detached", "customer.updated")
    );
    assert_eq!(events[1].previous, Some(json!({ "customer": ada })));
    assert_eq!(
        events[0].previous,
        Some(json!({ "invoice_settings": { "default_payment_method": method } }))
    );
    let attach = format!("customer={ada}");
    for (path, form) in [
        (format!("{path}/attach"), attach.as_str()),
        (format!("{path}/detach"), ""),
        (path, "metadata[a]=b"),
    ] {
        assert_eq!(world.refused(&path, form).0, 400, "{path}");
    }
}

#[test]
fn updates_tell_what_changed() {
    let mut world = World::new();
    let ada = customer(&mut world, "name=Ada");
    let method = attach(&mut world, "visa", &ada);
    let form =
        "card[exp_month]=4&card[exp_year]=2031&billing_details[address][city]=Wien&metadata[a]=b";
    let shown = world.post(&format!("/v1/payment_methods/{method}"), form);
    assert_eq!(
        (&shown["card"]["exp_month"], &shown["card"]["exp_year"]),
        (&json!(4), &json!(2031))
    );
    assert_eq!(shown["billing_details"]["address"]["city"], "Wien");
    assert_eq!(world.events().last(), Some(&"payment_method.updated"));
}

#[test]
fn a_bank_that_replaces_a_card_makes_it_work_again() {
    let mut world = World::new();
    let ada = customer(&mut world, "name=Ada");
    let method = attach(&mut world, "chargeCustomerFail", &ada);
    let before = world.get(&format!("/v1/payment_methods/{method}"));
    super::automatically_update(&mut world.engine.stripe, &method).unwrap();
    let after = world.get(&format!("/v1/payment_methods/{method}"));
    assert_ne!(before["card"]["fingerprint"], after["card"]["fingerprint"]);
    assert!(before["card"]["exp_year"].as_i64() < after["card"]["exp_year"].as_i64());
    assert_eq!(world.events().last(), Some(&"payment_method.automatically_updated"));
    let pay =
        format!("amount=500&currency=eur&confirm=true&customer={ada}&payment_method={method}");
    assert_eq!(world.post("/v1/payment_intents", &pay)["status"], "succeeded");
}

#[test]
fn old_cards_are_made_of_tokens_and_the_first_is_the_default() {
    let mut world = World::new();
    let ada = customer(&mut world, "name=Ada");
    let path = format!("/v1/customers/{ada}/sources");
    let [first, second] = ["tok_visa", "tok_chargeCustomerFail"]
        .map(|token| id(&world.post(&path, &format!("source={token}"))));
    let default =
        |world: &mut World| world.get(&format!("/v1/customers/{ada}"))["default_source"].clone();
    assert_eq!(default(&mut world), json!(first));
    assert!(world.events().contains(&"customer.source.created"));
    let list = world.get(&path);
    let ids: Vec<_> = list["data"].as_array().unwrap().iter().map(id).collect();
    assert_eq!(ids, [second.clone(), first.clone()]);
    let card = world.post(&format!("{path}/{first}"), "exp_year=2033&name=Ada");
    assert_eq!(
        (&card["brand"], &card["exp_year"], &card["name"]),
        (&json!("Visa"), &json!(2033), &json!("Ada"))
    );
    assert_eq!(world.events().last(), Some(&"customer.source.updated"));
    let gone = world.delete(&format!("{path}/{first}"));
    assert_eq!(gone["deleted"], true);
    assert_eq!(default(&mut world), json!(second));
    assert_eq!(world.refused(&path, "source=tok_visa_chargeDeclined").0, 402);
}
