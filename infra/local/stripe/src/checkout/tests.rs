mod paying;
mod subscribing;

use serde_json::{Value, json};

use crate::field;
use crate::testing::{World, id};

const BACK: &str = "success_url=https://shop.example/thanks?session={CHECKOUT_SESSION_ID}\
                    &cancel_url=https://shop.example/cart";

/// A product, and prices of 10 € once and 20 € a month.
struct Shop {
    world: World,
    once: String,
    monthly: String,
}

impl Shop {
    fn new() -> Self {
        let mut world = World::new();
        let product = id(&world.post("/v1/products", "name=Seat"));
        let price = |world: &mut World, form: &str| {
            let form = format!("product={product}&currency=eur&{form}");
            id(&world.post("/v1/prices", &form))
        };
        let once = price(&mut world, "unit_amount=1000");
        let monthly = price(&mut world, "unit_amount=2000&recurring[interval]=month");
        Self { world, once, monthly }
    }

    /// A tax rate of 19 %.
    fn tax(&mut self, inclusive: bool) -> String {
        let form = format!("display_name=VAT&percentage=19&inclusive={inclusive}");
        id(&self.world.post("/v1/tax_rates", &form))
    }

    fn open(&mut self, form: &str) -> Value {
        self.world.post("/v1/checkout/sessions", &format!("{BACK}&{form}"))
    }

    fn refused(&mut self, form: &str) -> Value {
        self.world.refused("/v1/checkout/sessions", &format!("{BACK}&{form}")).1
    }
}

#[test]
fn a_session_is_open_for_a_day_and_tells_what_is_due_with_tax() {
    let mut shop = Shop::new();
    let tax = shop.tax(false);
    let lines = format!(
        "line_items[0][price]={}&line_items[0][quantity]=3&line_items[0][tax_rates][0]={tax}",
        shop.once
    );
    let session = shop.open(&format!("mode=payment&{lines}&client_reference_id=order-7"));
    let now = shop.world.now.0;
    for (pointer, expected) in [
        ("/status", json!("open")),
        ("/payment_status", json!("unpaid")),
        ("/amount_subtotal", json!(3_000)),
        ("/amount_total", json!(3_570)),
        ("/total_details/amount_tax", json!(570)),
        ("/currency", json!("eur")),
        ("/client_reference_id", json!("order-7")),
        ("/expires_at", json!(now + 86_400)),
        ("/payment_intent", Value::Null),
        ("/customer", Value::Null),
        ("/customer_creation", json!("if_required")),
        ("/payment_method_types", json!(["card", "sepa_debit"])),
    ] {
        assert_eq!(field::of(&session, pointer), &expected, "{pointer}");
    }
    let url = field::text(&session, "/url").unwrap();
    assert_eq!(url, format!("http://127.0.0.1:3001/c/pay/{}", id(&session)));
    assert!(session.get("line_items").is_none(), "lines are shown when asked for");
}

#[test]
fn lines_are_listed_and_can_be_expanded_with_their_taxes() {
    let mut shop = Shop::new();
    let (once, tax) = (shop.once.clone(), shop.tax(false));
    let session = shop.open(&format!(
        "mode=payment&line_items[0][price]={once}&line_items[0][quantity]=2\
         &line_items[0][tax_rates][0]={tax}&expand[]=line_items.data.taxes"
    ));
    let line = field::of(&session, "/line_items/data/0");
    assert_eq!(field::text(line, "/description"), Some("Seat"));
    assert_eq!(field::integer(line, "/amount_total"), Some(2_380));
    assert_eq!(field::integer(line, "/taxes/0/amount"), Some(380));
    assert_eq!(field::text(line, "/taxes/0/rate/id"), Some(tax.as_str()));

    let path = format!("/v1/checkout/sessions/{}/line_items", id(&session));
    let listed = shop.world.get(&path);
    assert_eq!(field::text(&listed, "/data/0/price/id"), Some(once.as_str()));
}

#[test]
fn price_data_makes_a_product_and_a_price_for_this_session_only() {
    let mut shop = Shop::new();
    let session = shop.open(
        "mode=payment&line_items[0][quantity]=2&line_items[0][price_data][currency]=eur\
         &line_items[0][price_data][unit_amount]=250\
         &line_items[0][price_data][product_data][name]=Credits&expand[]=line_items",
    );
    let line = field::of(&session, "/line_items/data/0");
    assert_eq!(field::text(line, "/description"), Some("Credits"));
    assert_eq!(field::integer(line, "/amount_total"), Some(500));
    assert_eq!(field::of(line, "/price/active"), &json!(false));
}

#[test]
fn inclusive_tax_is_within_the_price() {
    let mut shop = Shop::new();
    let (once, tax) = (shop.once.clone(), shop.tax(true));
    let session = shop.open(&format!(
        "mode=payment&line_items[0][price]={once}&line_items[0][quantity]=1\
         &line_items[0][tax_rates][0]={tax}"
    ));
    assert_eq!(field::integer(&session, "/amount_total"), Some(1_000));
    assert_eq!(field::integer(&session, "/total_details/amount_tax"), Some(160));
}

#[test]
fn nothing_recurring_is_due_while_a_trial_runs() {
    let mut shop = Shop::new();
    let monthly = shop.monthly.clone();
    let session = shop.open(&format!(
        "mode=subscription&line_items[0][price]={monthly}&line_items[0][quantity]=4\
         &subscription_data[trial_period_days]=14"
    ));
    assert_eq!(field::integer(&session, "/amount_total"), Some(0));
}

#[test]
fn what_can_not_be_sold_is_refused_in_stripes_words() {
    let mut shop = Shop::new();
    let (once, monthly) = (shop.once.clone(), shop.monthly.clone());
    let line = |price: &str| format!("line_items[0][price]={price}&line_items[0][quantity]=1");
    let dollars = "line_items[1][quantity]=1&line_items[1][price_data][currency]=usd\
                   &line_items[1][price_data][unit_amount]=100\
                   &line_items[1][price_data][product_data][name]=Other";
    let cases = [
        (format!("mode=payment&{}", line(&monthly)), "passed a recurring price"),
        (format!("mode=subscription&{}", line(&once)), "at least one recurring price"),
        ("mode=payment".to_owned(), "`line_items` parameter is required"),
        (format!("mode=payment&line_items[0][price]={once}"), "Quantity is required"),
        (format!("mode=payment&{}&{dollars}", line(&once)), "only supports `usd`"),
        (format!("mode=payment&{}", line("price_none")), "No such price"),
        (
            format!("mode=payment&{}&subscription_data[description]=x", line(&once)),
            "cannot pass `subscription_data` in `payment` mode",
        ),
        (format!("mode=payment&{}&customer_email=nobody", line(&once)), "Invalid email address"),
        (format!("mode=payment&{}&discounts[0][coupon]=x", line(&once)), "does not act on"),
        (format!("mode=payment&{}&ui_mode=elements", line(&once)), "does not act on"),
        ("mode=setup".to_owned(), "Missing required param: currency"),
        (
            "mode=payment&line_items[0][quantity]=1&line_items[0][price_data][currency]=eur\
             &line_items[0][price_data][unit_amount]=49\
             &line_items[0][price_data][product_data][name]=Small"
                .to_owned(),
            "at least €0.50 eur",
        ),
    ];
    let products = shop.world.engine.stripe.products.iter().count();
    for (form, expected) in cases {
        let error = shop.refused(&form);
        let message = field::text(&error, "/message").unwrap_or_default();
        assert!(message.contains(expected), "{form}: {message}");
    }
    let after = shop.world.engine.stripe.products.iter().count();
    assert_eq!((products, shop.world.engine.stripe.checkout_sessions.iter().count()), (after, 0));
}

#[test]
fn a_session_is_open_for_half_an_hour_to_a_day() {
    let mut shop = Shop::new();
    let once = shop.once.clone();
    let now = shop.world.now.0;
    let form = |at: i64| {
        format!(
            "mode=payment&line_items[0][price]={once}&line_items[0][quantity]=1&expires_at={at}"
        )
    };
    for at in [now + 1_799, now + 86_401] {
        assert_eq!(field::text(&shop.refused(&form(at)), "/param"), Some("expires_at"));
    }
    let session = shop.open(&form(now + 1_800));
    shop.world.advance(1_799);
    let path = format!("/v1/checkout/sessions/{}", id(&session));
    assert_eq!(field::text(&shop.world.get(&path), "/status"), Some("open"));
    shop.world.advance(1);
    let expired = shop.world.get(&path);
    assert_eq!(field::text(&expired, "/status"), Some("expired"));
    assert_eq!(field::of(&expired, "/url"), &Value::Null);
    assert_eq!(shop.world.events().last(), Some(&"checkout.session.expired"));
    shop.world.advance(86_400);
    let events = shop.world.events();
    assert_eq!(events.iter().filter(|kind| **kind == "checkout.session.expired").count(), 1);
}

#[test]
fn an_open_session_is_expired_once_and_found_by_its_status() {
    let mut shop = Shop::new();
    let once = shop.once.clone();
    let form = format!("mode=payment&line_items[0][price]={once}&line_items[0][quantity]=1");
    let (first, second) = (id(&shop.open(&form)), id(&shop.open(&form)));
    let expire = format!("/v1/checkout/sessions/{first}/expire");
    assert_eq!(field::text(&shop.world.post(&expire, ""), "/status"), Some("expired"));
    let (status, error) = shop.world.refused(&expire, "");
    assert_eq!(status, 400);
    assert!(field::text(&error, "/message").unwrap().contains("has a status of expired"));
    let open = shop.world.get("/v1/checkout/sessions?status=open");
    let open: Vec<_> = field::rows(&open, "/data").map(id).collect();
    assert_eq!(open.join(" "), second);
    let path = format!("/v1/checkout/sessions/{second}");
    let updated = shop.world.post(&path, "metadata[order]=7");
    assert_eq!(field::text(&updated, "/metadata/order"), Some("7"));
}
