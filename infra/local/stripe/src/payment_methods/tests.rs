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
