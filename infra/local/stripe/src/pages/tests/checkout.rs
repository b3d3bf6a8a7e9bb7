//! Paying on the page of a Checkout session.

use super::{Browser, card};
use crate::field;
use crate::testing::{World, id};

/// A session that sells two seats for 20 € altogether, and where its page is.
fn session(world: &mut World, more: &str) -> (String, String) {
    let product = id(&world.post("/v1/products", "name=Seat"));
    let form = format!("product={product}&currency=eur&unit_amount=1000");
    let price = id(&world.post("/v1/prices", &form));
    let form = format!(
        "mode=payment&line_items[0][price]={price}&line_items[0][quantity]=2\
         &success_url=https://shop.example/thanks?session={{CHECKOUT_SESSION_ID}}\
         &cancel_url=https://shop.example/cart{more}"
    );
    let session = world.post("/v1/checkout/sessions", &form);
    (id(&session), format!("/c/pay/{}", id(&session)))
}

fn payment_status(world: &mut World, session: &str) -> String {
    let session = world.get(&format!("/v1/checkout/sessions/{session}"));
    field::text(&session, "/payment_status").unwrap_or_default().to_owned()
}

#[test]
fn a_customer_pays_with_a_card_and_goes_on_to_the_shop() {
    let mut world = World::new();
    let (session, path) = session(&mut world, "");
    world
        .visit(&path)
        .says("Tollgate Local")
        .says("2 × Seat")
        .says("€20.00")
        .says("Pay €20.00")
        .says("https://shop.example/cart")
        .says("4242 4242 4242 4242");
    let form = format!("email=ada@shop.example&{}", card("4242424242424242"));
    let paid = world.submit(&path, &form);
    let thanks = format!("https://shop.example/thanks?session={session}");
    assert_eq!((paid.status, paid.location), (303, thanks.clone()));
    assert_eq!(payment_status(&mut world, &session), "paid");
    world.visit(&path).says("You are all done").says(&thanks);
    let shown = world.get(&format!("/v1/checkout/sessions/{session}"));
    assert_eq!(field::text(&shown, "/customer_details/email"), Some("ada@shop.example"));
    assert_eq!(field::text(&shown, "/customer_details/name"), Some("Ada"));
    assert_eq!(field::text(&shown, "/customer_details/address/country"), Some("DE"));
}

#[test]
fn one_click_fills_in_a_test_card() {
    let mut world = World::new();
    let (session, path) = session(&mut world, "");
    let filled = world.submit(&path, "email=ada@shop.example&use=4000000000009995");
    assert_eq!(filled.status, 200);
    filled.says("value=\"4000 0000 0000 9995\"").says("value=\"ada@shop.example\"");
    assert_eq!(payment_status(&mut world, &session), "unpaid");
}

#[test]
fn what_is_wrong_is_said_at_its_field_and_what_was_typed_stays() {
    let mut world = World::new();
    let (_, path) = session(&mut world, "");
    let wrong = world.submit(&path, "pay_with=card&email=nobody&name=Ada&number=4242");
    assert_eq!(wrong.status, 422);
    wrong.says("Enter an email address").says("Enter the security code").says("value=\"nobody\"");
    let form = format!("email=a@b.example&{}", card("4242424242424241"));
    world.submit(&path, &form).says("Your card number is incorrect");
    let form = format!("email=a@b.example&{}", card("4929420573595709"));
    world.submit(&path, &form).says("Only test cards are taken here");
}

#[test]
fn a_decline_says_why_and_another_card_pays() {
    let mut world = World::new();
    let (session, path) = session(&mut world, "&customer_email=ada@shop.example");
    world.visit(&path).says("ada@shop.example").is_silent_about("name=\"email\"");
    let declined = world.submit(&path, &card("4000000000009995"));
    assert_eq!(declined.status, 402);
    declined.says("insufficient funds");
    world.visit(&path).says("insufficient funds");
    assert_eq!(world.submit(&path, &card("4242424242424242")).status, 303);
    assert_eq!(payment_status(&mut world, &session), "paid");
}

#[test]
fn a_card_that_asks_is_authenticated_at_the_bank_and_pays() {
    let mut world = World::new();
    let (session, path) = session(&mut world, "&customer_email=ada@shop.example");
    let asked = world.submit(&path, &card("4000002760003184"));
    assert_eq!(asked.status, 303);
    world.visit(&asked.location).says("Complete authentication").says("€20.00");

    let failed = world.submit(&asked.location, "outcome=fail");
    assert_eq!(failed.location, path);
    world.visit(&path).says("authentication");
    assert_eq!(payment_status(&mut world, &session), "unpaid");

    let asked = world.submit(&path, &card("4000002760003184"));
    let done = world.submit(&asked.location, "outcome=complete");
    assert!(done.location.starts_with("https://shop.example/"), "{}", done.location);
    world.visit(&path).says("You are all done");
    assert_eq!(payment_status(&mut world, &session), "paid");
    world.visit(&asked.location).says("nothing to authenticate any more");
}

#[test]
fn an_account_is_debited_and_the_outcome_follows() {
    let mut world = World::new();
    let more = "&customer_email=a@b.example&payment_method_types[0]=card\
                &payment_method_types[1]=sepa_debit";
    let (session, path) = session(&mut world, more);
    world.visit(&path).says("SEPA direct debit").says("DE89 3704 0044 0532 0130 00");
    let form = "pay_with=sepa_debit&iban=DE89+3704+0044+0532+0130+00&holder=Ada";
    assert_eq!(world.submit(&path, form).status, 303);
    assert_eq!(payment_status(&mut world, &session), "unpaid");
    world.advance(60);
    assert_eq!(payment_status(&mut world, &session), "paid");
    let (_, path) = self::session(&mut world, more);
    let form = "pay_with=sepa_debit&iban=DE00&holder=Ada";
    world.submit(&path, form).says("Only test accounts are taken here");
}

#[test]
fn a_saved_card_is_offered_first() {
    let mut world = World::new();
    let customer = id(&world.post("/v1/customers", "email=ada@shop.example"));
    let form = format!("customer={customer}");
    let method = id(&world.post("/v1/payment_methods/pm_card_visa/attach", &form));
    let (session, path) = session(&mut world, &format!("&customer={customer}"));
    world.visit(&path).says("Visa •••• 4242").says("Another card");
    assert_eq!(world.submit(&path, &format!("pay_with={method}")).status, 303);
    assert_eq!(payment_status(&mut world, &session), "paid");
}

#[test]
fn somebody_elses_card_is_not_taken() {
    let mut world = World::new();
    let customer = id(&world.post("/v1/customers", "email=eve@shop.example"));
    let form = format!("customer={customer}");
    let method = id(&world.post("/v1/payment_methods/pm_card_visa/attach", &form));
    let (session, path) = session(&mut world, "&customer_email=ada@shop.example");
    world.submit(&path, &format!("pay_with={method}")).says("Choose how to pay");
    assert_eq!(payment_status(&mut world, &session), "unpaid");
}

#[test]
fn an_expired_session_says_so() {
    let mut world = World::new();
    let (_, path) = session(&mut world, "");
    world.advance(86_400);
    world.visit(&path).says("This checkout has expired").says("https://shop.example/cart");
    let late = world.submit(&path, &format!("email=a@b.example&{}", card("4242424242424242")));
    late.says("This checkout has expired");
}

#[test]
fn what_people_write_is_text_on_the_page() {
    let mut world = World::new();
    let (_, path) = session(&mut world, "");
    let seen = world.submit(&path, "pay_with=card&name=%3Cscript%3Ealert(1)%3C/script%3E");
    seen.says("&lt;script&gt;").is_silent_about("<script");
}
