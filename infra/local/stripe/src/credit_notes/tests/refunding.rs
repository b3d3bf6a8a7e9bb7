//! Notes with refunds: made with them, linked, or made without one.

use serde_json::json;

use super::{NOTES, note, pay};
use crate::invoices::tests::{customer_with, fields, open};
use crate::testing::{World, id};

#[test]
fn a_refund_goes_with_the_note() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "pm_card_visa");
    let invoice = open(&mut world, &customer, 4_900);
    pay(&mut world, &invoice);
    let note = note(&mut world, &invoice, "amount=2000&refund_amount=2000");
    let refund = &note["refunds"][0];
    assert_eq!(fields(refund, ["amount_refunded", "type"]), [json!(2_000), json!("refund")]);
    let refund = refund["refund"].as_str().unwrap().to_owned();
    assert_eq!(world.get(&format!("/v1/refunds/{refund}"))["amount"], 2_000);
    // 4900 - 2000 = 2900 are left, and the refund is not counted a second time.
    let form = format!("invoice={invoice}&amount=2901&refund_amount=2901");
    assert_eq!(world.refused(NOTES, &form).0, 400);
    world.post(NOTES, &format!("invoice={invoice}&amount=2900&refund_amount=2900"));
}

#[test]
fn refunds_that_were_made_already_are_linked_or_lower_what_can_be_credited() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "pm_card_visa");
    let invoice = open(&mut world, &customer, 4_900);
    pay(&mut world, &invoice);
    let payment = &world.get(&format!("/v1/invoice_payments?invoice={invoice}"))["data"][0];
    let intent = payment["payment"]["payment_intent"].as_str().unwrap().to_owned();
    let refund = id(&world.post("/v1/refunds", &format!("payment_intent={intent}&amount=1000")));

    // 4900 - 1000 = 3900
    let form = format!("invoice={invoice}&amount=3901&credit_amount=3901");
    assert_eq!(world.refused(NOTES, &form).0, 400);
    let link = format!("refunds[0][refund]={refund}&refunds[0][amount_refunded]=1000");
    let linked = note(&mut world, &invoice, &format!("amount=1000&{link}"));
    assert_eq!(linked["refunds"][0]["refund"], json!(refund));
    let again = format!("invoice={invoice}&amount=1000&{link}");
    assert_eq!(world.refused(NOTES, &again).0, 400, "a refund is linked once");
    note(&mut world, &invoice, "amount=3900&credit_amount=3900");
}
