//! What a discount takes off, and for how long.

use billing::time::DAY_SECONDS;

use crate::testing::{World, id};

/// A subscription of 100.00 with 19 % tax on top, and a card that pays; with that discount.
fn discounted(world: &mut World, coupon: &str) -> String {
    let coupon = id(&world.post("/v1/coupons", coupon));
    let product = id(&world.post("/v1/products", "name=Team"));
    let price =
        format!("product={product}&currency=eur&unit_amount=10000&recurring[interval]=month");
    let price = id(&world.post("/v1/prices", &price));
    let rate = "display_name=VAT&percentage=19&inclusive=false";
    let rate = id(&world.post("/v1/tax_rates", rate));
    let customer = "payment_method=pm_card_visa\
                    &invoice_settings[default_payment_method]=pm_card_visa";
    let customer = id(&world.post("/v1/customers", customer));
    let form = format!(
        "customer={customer}&items[0][price]={price}&default_tax_rates[0]={rate}\
         &discounts[0][coupon]={coupon}"
    );
    id(&world.post("/v1/subscriptions", &form))
}

/// Goal: each invoice is less by what the discount takes, tax too, as long as it lasts; the preview
/// says so beforehand.
#[test]
fn a_discount_takes_off_as_long_as_it_lasts() {
    for (coupon, expected) in [
        ("percent_off=100&duration=forever", [0, 0, 0]),
        ("percent_off=25&duration=once", [8_925, 11_900, 11_900]),
        (
            "amount_off=1000&currency=eur&duration=repeating&duration_in_months=1",
            [10_710, 11_900, 11_900],
        ),
        ("amount_off=99999&currency=eur&duration=forever", [0, 0, 0]),
        ("amount_off=1000&currency=usd&duration=forever", [11_900, 11_900, 11_900]),
    ] {
        let mut world = World::new();
        let subscription = discounted(&mut world, coupon);
        let mut totals = vec![];
        let latest = |world: &mut World| {
            let subscription = world.get(&format!("/v1/subscriptions/{subscription}"));
            world.get(&format!("/v1/invoices/{}", subscription["latest_invoice"].as_str().unwrap()))
        };
        totals.push(latest(&mut world)["total"].as_i64().unwrap());
        for _ in 0..2 {
            let form = format!("subscription={subscription}");
            let preview = world.post("/v1/invoices/create_preview", &form);
            world.advance(DAY_SECONDS * 31);
            world.advance(3_700);
            let invoice = latest(&mut world);
            assert_eq!(preview["total"], invoice["total"], "{coupon}");
            assert_eq!(invoice["status"], "paid", "{coupon}");
            totals.push(invoice["total"].as_i64().unwrap());
        }
        assert_eq!(totals, expected, "{coupon}");
    }
}

/// Goal: a discount can be given later and taken away; what is not simulated is refused.
#[test]
fn a_discount_is_given_and_taken_away() {
    let mut world = World::new();
    let subscription = discounted(&mut world, "percent_off=50&duration=forever");
    let path = format!("/v1/subscriptions/{subscription}");
    let preview = |world: &mut World| {
        let form = format!("subscription={subscription}");
        world.post("/v1/invoices/create_preview", &form)["total"].clone()
    };
    assert_eq!(preview(&mut world), 5_950);
    assert_eq!(world.post(&path, "discounts=")["discounts"].as_array().unwrap().len(), 0);
    assert_eq!(preview(&mut world), 11_900);
    let coupon = id(&world.post("/v1/coupons", "id=ten&percent_off=10&duration=once"));
    assert_eq!(coupon, "ten");
    world.post(&path, "discounts[0][coupon]=ten");
    assert_eq!(preview(&mut world), 10_710);
    let coupons = world.get("/v1/coupons");
    assert_eq!(coupons["data"].as_array().unwrap().len(), 2);
    assert_eq!(world.delete("/v1/coupons/ten")["deleted"], true);
    let (status, refused) =
        world.refused("/v1/subscriptions/sub_1", "discounts[0][promotion_code]=p");
    assert_eq!(status, 404, "{refused}");
}
