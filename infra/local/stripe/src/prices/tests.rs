//! Prices and plans as callers see them, and what quantities cost.

use http::Method;
use serde_json::{Value, json};

use crate::testing::{World, id};

fn world() -> World {
    let mut world = World::new();
    world.post("/v1/products", "name=A&id=prod_a");
    world
}

/// What so many units of a new price cost, in minor units.
fn cost(form: &str, quantities: &[i64]) -> Vec<i64> {
    let mut world = world();
    let price = world.post("/v1/prices", &format!("currency=eur&product=prod_a&{form}"));
    let price = world.engine.stripe.prices.get(&id(&price)).unwrap().clone();
    quantities.iter().map(|quantity| price.amount(*quantity)).collect()
}

/// Goal: amounts are exact: decimals are not rounded before the end, and half of a minor unit goes
/// away from zero.
#[test]
fn quantities_cost_what_the_price_says() {
    assert_eq!(cost("unit_amount=1500", &[0, 1, 3]), [0, 1500, 4500]);
    assert_eq!(cost("unit_amount_decimal=0.5", &[1, 2, 3]), [1, 1, 2]);
    assert_eq!(cost("unit_amount_decimal=0.333333333333", &[1, 3, 1_000_000]), [0, 1, 333_333]);
    let packages = "unit_amount=100&transform_quantity[divide_by]=10&transform_quantity[round]";
    assert_eq!(cost(&format!("{packages}=up"), &[0, 1, 10, 11]), [0, 100, 100, 200]);
    assert_eq!(cost(&format!("{packages}=down"), &[0, 1, 10, 19]), [0, 0, 100, 100]);
    assert_eq!(cost("unit_amount=999999999999", &[i64::MAX]), [i64::MAX]);
}

const TIERS: &str = "billing_scheme=tiered&tiers[0][up_to]=5&tiers[0][unit_amount]=700\
    &tiers[0][flat_amount]=100&tiers[1][up_to]=10&tiers[1][unit_amount]=650&tiers[2][up_to]=inf\
    &tiers[2][unit_amount_decimal]=600.5&tiers[2][flat_amount]=10";

/// Goal: each unit is priced by its own tier when graduated, and all by the last one's with volume.
#[test]
fn tiers_price_their_own_units_or_all() {
    let graduated = [100, 800, 3600, 3600 + 650, 3600 + 3250, 3600 + 3250 + 10 + 601];
    let quantities = [0, 1, 5, 6, 10, 11];
    assert_eq!(cost(&format!("{TIERS}&tiers_mode=graduated"), &quantities), graduated);
    let volume = [100, 800, 3600, 6 * 650, 10 * 650, 6616];
    assert_eq!(cost(&format!("{TIERS}&tiers_mode=volume"), &quantities), volume);
}

/// Goal: every field of a price is as Stripe shows it, and tiers only when asked for.
#[test]
fn prices_are_shown_whole() {
    let mut world = world();
    let form = "currency=EUR&product=prod_a&unit_amount_decimal=12.50&recurring[interval]=month\
                &recurring[interval_count]=3&nickname=quarterly&lookup_key=q&metadata[a]=b";
    let price = world.post("/v1/prices", form);
    let expected = json!({
        "id": price["id"], "object": "price", "active": true, "billing_scheme": "per_unit",
        "created": world.now.0, "currency": "eur", "custom_unit_amount": null, "livemode": false,
        "lookup_key": "q", "metadata": { "a": "b" }, "nickname": "quarterly", "product": "prod_a",
        "recurring": {
            "interval": "month", "interval_count": 3, "meter": null, "trial_period_days": null,
            "usage_type": "licensed",
        },
        "tax_behavior": "unspecified", "tiers_mode": null, "transform_quantity": null,
        "type": "recurring", "unit_amount": null, "unit_amount_decimal": "12.5",
    });
    assert_eq!(price, expected);
    let form = format!("currency=eur&product=prod_a&tiers_mode=volume&{TIERS}&expand[]=tiers");
    let tiered = world.post("/v1/prices", &form);
    let last = json!({
        "flat_amount": 10, "flat_amount_decimal": "10", "unit_amount": null,
        "unit_amount_decimal": "600.5", "up_to": null,
    });
    assert_eq!(tiered["tiers"][2], last);
    assert_eq!((&tiered["tiers_mode"], &tiered["unit_amount"]), (&json!("volume"), &Value::Null));
    let path = format!("/v1/prices/{}", id(&tiered));
    assert!(world.get(&path).get("tiers").is_none());
    let plan = world.get(&format!("/v1/plans/{}", id(&price)));
    assert_eq!((&plan["amount"], &plan["amount_decimal"]), (&Value::Null, &json!("12.5")));
    assert_eq!(world.send(Method::GET, &path.replace("prices", "plans"), "").0, 404, "not a plan");
}

/// Goal: what is wrong is refused, names its parameter, and makes nothing.
#[test]
fn wrong_prices_are_refused() {
    let mut world = world();
    let taken = world.post("/v1/prices", "currency=eur&product=prod_a&unit_amount=1&lookup_key=k");
    let told = world.events().len();
    let tier = "billing_scheme=tiered&tiers_mode=volume&tiers[0][unit_amount]=1&tiers[0][up_to]";
    for (form, param) in [
        ("currency=eur&unit_amount=1".to_owned(), "product"),
        ("currency=eur&unit_amount=1&product=prod_b".to_owned(), "product"),
        ("currency=eur&product=prod_a".to_owned(), "unit_amount"),
        ("currency=eur&product=prod_a&unit_amount=-1".to_owned(), "unit_amount"),
        ("currency=eur&product=prod_a&unit_amount_decimal=-0.1".to_owned(), "unit_amount_decimal"),
        (
            "currency=eur&product=prod_a&unit_amount=1&unit_amount_decimal=1".to_owned(),
            "unit_amount",
        ),
        ("currency=eur&product=prod_a&unit_amount=1000000000000".to_owned(), "unit_amount"),
        ("currency=eur&product=prod_a&unit_amount=1&tiers[0][up_to]=inf".to_owned(), "tiers"),
        ("currency=eur&product=prod_a&billing_scheme=tiered".to_owned(), "tiers_mode"),
        (format!("currency=eur&product=prod_a&{tier}=5"), "tiers"),
        (format!("currency=eur&product=prod_a&{tier}=0"), "tiers[0][up_to]"),
        (
            format!(
                "currency=eur&product=prod_a&{tier}=inf&tiers[1][up_to]=9&tiers[1][flat_amount]=1"
            ),
            "tiers[1][up_to]",
        ),
        (format!("currency=eur&product=prod_a&{tier}=5&tiers[1][up_to]=inf"), "tiers[1]"),
        ("currency=eur&product=prod_a&unit_amount=1&lookup_key=k".to_owned(), "lookup_key"),
        (
            "currency=eur&product=prod_a&unit_amount=1&recurring[interval]=week\
             &recurring[interval_count]=157"
                .to_owned(),
            "recurring[interval_count]",
        ),
        (
            "currency=eur&product=prod_a&unit_amount=1&recurring[interval]=day\
             &recurring[usage_type]=metered"
                .to_owned(),
            "recurring[usage_type]",
        ),
        (
            "currency=eur&product=prod_a&custom_unit_amount[enabled]=true".to_owned(),
            "custom_unit_amount",
        ),
    ] {
        let (status, error) = world.refused("/v1/prices", &form);
        assert_eq!((status, error["param"].as_str()), (400, Some(param)), "{form}: {error}");
    }
    assert_eq!(world.events().len(), told);
    let (_, error) =
        world.refused("/v1/prices", "currency=eur&product=prod_a&unit_amount=1&lookup_key=k");
    let message = format!("A price (`{}`) already uses that lookup key.", id(&taken));
    assert_eq!(error["message"], message);
}

/// Goal: a lookup key moves in one step, and both prices tell of it.
#[test]
fn a_lookup_key_moves_to_another_price() {
    let mut world = world();
    let form = "currency=eur&product=prod_a&unit_amount=1&lookup_key=k";
    let first = world.post("/v1/prices", form);
    let second = world.post("/v1/prices", &format!("{form}&transfer_lookup_key=true"));
    let found = world.get("/v1/prices?lookup_keys[]=k");
    assert_eq!(found["data"].as_array().unwrap().len(), 1);
    assert_eq!(found["data"][0]["id"], second["id"]);
    let path = format!("/v1/prices/{}", id(&first));
    world.refused(&path, "lookup_key=k");
    world.post(&path, "lookup_key=k&transfer_lookup_key=true");
    assert_eq!(world.get("/v1/prices?lookup_keys[]=k")["data"][0]["id"], first["id"]);
    let events = [
        "product.created",
        "price.created",
        "price.updated",
        "price.created",
        "price.updated",
        "price.updated",
    ];
    assert_eq!(world.events(), events);
}

#[test]
fn prices_change_within_their_rules() {
    let mut world = world();
    let price = world
        .post("/v1/prices", "currency=eur&product=prod_a&unit_amount=1&recurring[interval]=month");
    let path = format!("/v1/prices/{}", id(&price));
    let changed = world.post(&path, "active=false&nickname=n&tax_behavior=exclusive");
    assert_eq!((&changed["active"], &changed["nickname"]), (&json!(false), &json!("n")));
    let (_, error) = world.refused(&path, "tax_behavior=inclusive");
    assert_eq!(error["param"], "tax_behavior");
    world.post(&path, "tax_behavior=exclusive");
    let events = &world.events()[1..];
    assert_eq!(events, ["plan.created", "price.created", "plan.updated", "price.updated"]);
    let stripe = &world.engine.stripe;
    let error = super::usable(stripe, &id(&price), "items[0][price]").unwrap_err();
    assert_eq!(error.param.as_deref(), Some("items[0][price]"));
}

#[test]
fn lists_are_filtered() {
    let mut world = world();
    world.post("/v1/products", "name=B&id=prod_b");
    for form in [
        "currency=eur&product=prod_a&unit_amount=1&nickname=1",
        "currency=usd&product=prod_a&unit_amount=1&nickname=2&recurring[interval]=month",
        "currency=eur&product=prod_b&unit_amount=1&nickname=3&recurring[interval]=year",
        "currency=eur&product=prod_b&unit_amount=1&nickname=4&active=false",
    ] {
        world.post("/v1/prices", form);
    }
    for (path, found) in [
        ("/v1/prices", "4321"),
        ("/v1/prices?active=true", "321"),
        ("/v1/prices?currency=eur", "431"),
        ("/v1/prices?product=prod_b", "43"),
        ("/v1/prices?type=one_time", "41"),
        ("/v1/prices?type=recurring", "32"),
        ("/v1/prices?recurring[interval]=month", "2"),
        ("/v1/plans", "32"),
        ("/v1/plans?product=prod_a", "2"),
        ("/v1/plans?active=false", ""),
    ] {
        let list = world.get(path);
        let names = list["data"].as_array().unwrap().iter();
        let names: String = names.map(|price| price["nickname"].as_str().unwrap()).collect();
        assert_eq!(names, found, "{path}");
    }
}

/// Goal: a plan is the same object as its price, with Stripe's older names, as old callers send
/// them.
#[test]
fn a_plan_is_a_price_in_another_dress() {
    let mut world = world();
    let form =
        "amount=2000&currency=usd&interval=month&product[name]=Gold&id=gold&trial_period_days=7";
    let plan = world.post("/v1/plans", form);
    let expected = json!({
        "id": "gold", "object": "plan", "active": true, "amount": 2000, "amount_decimal": "2000",
        "billing_scheme": "per_unit", "created": world.now.0, "currency": "usd",
        "interval": "month", "interval_count": 1, "livemode": false, "metadata": {}, "meter": null,
        "nickname": null, "product": plan["product"], "tiers_mode": null, "transform_usage": null,
        "trial_period_days": 7, "usage_type": "licensed",
    });
    assert_eq!(plan, expected);
    assert_eq!(world.get("/v1/prices/gold")["unit_amount"], 2000);
    assert_eq!(
        world.post("/v1/plans/gold", "nickname=g&trial_period_days=0")["trial_period_days"],
        json!(0)
    );
    assert_eq!(world.get("/v1/prices/gold")["nickname"], "g");

    for (form, param) in [
        ("amount=-1&currency=usd&interval=month&product=prod_a", "amount"),
        ("amount=1&currency=usd&interval=month&interval_count=99&product=prod_a", "interval_count"),
        ("amount=1&currency=usd&interval=month", "product"),
        ("amount=1&currency=usd&interval=month&product=prod_a&id=gold", ""),
    ] {
        let (status, error) = world.refused("/v1/plans", form);
        assert_eq!((status, error["param"].as_str().unwrap_or_default()), (400, param), "{error}");
    }

    assert_eq!(world.delete("/v1/plans/gold")["deleted"], true);
    assert_eq!(world.send(Method::GET, "/v1/plans/gold", "").0, 404);
    assert!(world.engine.stripe.prices.get("gold").is_some(), "what uses it finds it");
    assert!(super::usable(&world.engine.stripe, "gold", "price").is_err());
    let product = plan["product"].as_str().unwrap().to_owned();
    world.delete(&format!("/v1/products/{product}"));
    let events = &world.events()[1..];
    let expected = [
        "product.created",
        "plan.created",
        "price.created",
        "plan.updated",
        "price.updated",
        "plan.deleted",
        "price.deleted",
        "product.deleted",
    ];
    assert_eq!(events, expected);
}

/// Goal: the price of a `price_data` cannot be used by anything else.
#[test]
fn a_price_within_a_request_is_inactive() {
    let mut world = world();
    let data = json!({ "currency": "eur", "unit_amount": 5, "product": "prod_a" });
    let params = crate::call::Params(data.as_object().unwrap().clone());
    let stripe = &mut world.engine.stripe;
    let price = super::inline(stripe, &params, "items[0][price_data]").unwrap();
    assert!(!stripe.prices.get(&price).unwrap().active);
    let lacking = crate::call::Params(
        json!({ "currency": "eur", "unit_amount": 5 }).as_object().unwrap().clone(),
    );
    let error = super::inline(stripe, &lacking, "items[0][price_data]").unwrap_err();
    assert_eq!(error.param.as_deref(), Some("items[0][price_data][product]"));
}

/// Goal: what a price says is what a subscription's invoice asks for, by a plan's name too.
#[test]
fn subscriptions_are_billed_by_tiers_and_packages() {
    let mut world = world();
    let form = "payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_visa";
    let customer = id(&world.post("/v1/customers", form));
    let monthly = "currency=eur&product=prod_a&recurring[interval]=month";
    let packages = "unit_amount=100&transform_quantity[divide_by]=4&transform_quantity[round]=up";
    for (name, form, total) in [
        ("price", format!("{monthly}&{TIERS}&tiers_mode=graduated"), 4250),
        ("plan", format!("{monthly}&{TIERS}&tiers_mode=volume"), 3900),
        ("price", format!("{monthly}&unit_amount_decimal=33.25"), 200),
        ("plan", format!("{monthly}&{packages}"), 200),
    ] {
        let price = id(&world.post("/v1/prices", &form));
        let form = format!(
            "customer={customer}&items[0][{name}]={price}&items[0][quantity]=6\
             &expand[]=latest_invoice"
        );
        let subscription = world.post("/v1/subscriptions", &form);
        assert_eq!(subscription["latest_invoice"]["total"], total, "{form}");
        assert_eq!(subscription["items"]["data"][0]["plan"]["id"], price);
    }
    let price = "price_data[currency]=eur&price_data[product]=prod_a&price_data[unit_amount]=70\
                 &price_data[recurring][interval]=week";
    let form = format!("customer={customer}&items[0][{}", price.replacen('[', "][", 1));
    let form = form.replace("&price_data[", "&items[0][price_data][");
    let subscription = world.post("/v1/subscriptions", &form);
    let price = &subscription["items"]["data"][0]["price"];
    assert_eq!((&price["unit_amount"], &price["active"]), (&json!(70), &json!(false)));
}
