//! Customers as callers see them.

use http::Method;
use serde_json::{Value, json};

use crate::testing::{NOW, World, id};

/// Goal: a new customer has all of its fields, and what was said of it is there in Stripe's shape.
#[test]
fn a_customer_is_shown_whole() {
    let mut world = World::new();
    let form = "name=Acme&email=billing@acme.example&address[line1]=Street+1&address[country]=DE\
                &address[line2]=&metadata[a]=b&preferred_locales[]=de&tax_exempt=reverse\
                &invoice_prefix=ACME&next_invoice_sequence=8&shipping[name]=X\
                &shipping[address][line1]=Y&invoice_settings[footer]=thanks\
                &invoice_settings[custom_fields][0][name]=PO\
                &invoice_settings[custom_fields][0][value]=7\
                &invoice_settings[rendering_options][amount_tax_display]=include_inclusive_tax";
    let customer = world.post("/v1/customers", form);
    let address = |line1: &str, country: Value| {
        json!({
            "city": null, "country": country, "line1": line1, "line2": null, "postal_code": null,
            "state": null,
        })
    };
    let expected = json!({
        "id": customer["id"], "object": "customer", "address": address("Street 1", json!("DE")),
        "balance": 0, "created": NOW.0, "currency": null, "customer_account": null,
        "default_source": null, "delinquent": false, "description": null, "discount": null,
        "email": "billing@acme.example", "invoice_prefix": "ACME",
        "invoice_settings": {
            "custom_fields": [{ "name": "PO", "value": "7" }], "default_payment_method": null,
            "footer": "thanks",
            "rendering_options": { "amount_tax_display": "include_inclusive_tax", "template": null },
        },
        "livemode": false, "metadata": { "a": "b" }, "name": "Acme", "next_invoice_sequence": 8,
        "phone": null, "preferred_locales": ["de"],
        "shipping": { "address": address("Y", Value::Null), "name": "X", "phone": null },
        "tax_exempt": "reverse", "test_clock": null,
    });
    assert_eq!(customer, expected);
    assert_eq!(world.get(&format!("/v1/customers/{}", id(&customer))), expected);
    assert_eq!(world.events(), ["customer.created"]);
}

/// Goal: what the Stripe CLI's own recipes send works as it does there.
#[test]
fn a_description_is_enough_and_metadata_comes_later() {
    let mut world = World::new();
    let customer = world.post("/v1/customers", "description=(created by Stripe CLI)");
    assert_eq!(customer["description"], "(created by Stripe CLI)");
    assert_eq!(customer["invoice_prefix"].as_str().unwrap().len(), 8);
    let path = format!("/v1/customers/{}", id(&customer));
    assert_eq!(world.post(&path, "metadata[foo]=bar")["metadata"]["foo"], "bar");
    assert_eq!(world.events(), ["customer.created", "customer.updated"]);
}

/// Goal: an update changes what it names and nothing else, and is told with what was before; one
/// that changes nothing is not told.
#[test]
fn an_update_is_told_by_its_difference() {
    let mut world = World::new();
    let form = "name=Acme&metadata[a]=1&invoice_settings[footer]=f&address[city]=Berlin";
    let path = format!("/v1/customers/{}", id(&world.post("/v1/customers", form)));
    let customer = world.post(&path, "metadata[a]=2&metadata[b]=3&name=&tax_exempt=exempt");
    assert_eq!(customer["metadata"], json!({ "a": "2", "b": "3" }));
    assert_eq!((&customer["name"], &customer["address"]["city"]), (&Value::Null, &json!("Berlin")));
    assert_eq!(customer["invoice_settings"]["footer"], "f");
    let event = world.engine.stripe.events.iter().last().unwrap();
    let expected = json!({
        "metadata": { "a": "1", "b": null }, "name": "Acme", "tax_exempt": "none",
    });
    assert_eq!(event.previous.as_ref().unwrap(), &expected);

    world.post(&path, "tax_exempt=exempt");
    assert_eq!(world.events().len(), 2);
    assert_eq!(world.post(&path, "tax_exempt=&metadata=")["tax_exempt"], "none");
}

/// Goal: what is wrong is refused with Stripe's code, and leaves no customer behind.
#[test]
fn wrong_customers_are_refused() {
    let mut world = World::new();
    for (form, code, param) in [
        ("email=nobody", "email_invalid", "email"),
        ("email=a@b+c", "email_invalid", "email"),
        ("invoice_prefix=AB", "", "invoice_prefix"),
        ("invoice_prefix=abc", "", "invoice_prefix"),
        ("next_invoice_sequence=0", "", "next_invoice_sequence"),
        ("test_clock=clock_1", "resource_missing", "test_clock"),
        (
            "tax_id_data[0][type]=eu_vat&tax_id_data[0][value]=X",
            "tax_id_invalid",
            "tax_id_data[0][value]",
        ),
        (
            "invoice_settings[default_payment_method]=pm_1",
            "resource_missing",
            "invoice_settings[default_payment_method]",
        ),
        ("payment_method=pm_1", "resource_missing", "payment_method"),
        ("cash_balance[settings][reconciliation_mode]=manual", "parameter_unknown", "cash_balance"),
        ("tax[validate_location]=immediately", "parameter_unknown", "tax[validate_location]"),
    ] {
        let (status, error) = world.refused("/v1/customers", form);
        assert_eq!((status, error["param"].as_str()), (400, Some(param)), "{form}: {error}");
        assert_eq!(error["code"].as_str().unwrap_or_default(), code, "{form}");
    }
    assert!(world.events().is_empty());
    assert_eq!(world.get("/v1/customers")["data"], json!([]));
}

/// Goal: of a deleted customer only its id can be read, with 200; nothing can be done with it.
#[test]
fn a_deleted_customer_answers_with_its_id_alone() {
    let mut world = World::new();
    let customer = world.post("/v1/customers", "name=Acme");
    let path = format!("/v1/customers/{}", id(&customer));
    let gone = json!({ "id": customer["id"], "object": "customer", "deleted": true });
    assert_eq!(world.delete(&path), gone);
    assert_eq!(world.get(&path), gone);
    assert_eq!(world.get("/v1/customers")["data"], json!([]));
    for (method, path) in [
        (Method::DELETE, path.clone()),
        (Method::POST, path.clone()),
        (Method::GET, format!("{path}/tax_ids")),
        (Method::GET, format!("{path}/balance_transactions")),
    ] {
        let (status, error) = world.send(method, &path, "");
        assert_eq!((status, &error["error"]["code"]), (404, &json!("resource_missing")), "{path}");
    }
    assert_eq!(world.events(), ["customer.created", "customer.deleted"]);
    let event = world.engine.stripe.events.iter().last().unwrap();
    assert_eq!(event.object.value()["name"], "Acme", "the event has what it was");
}

#[test]
fn lists_are_filtered() {
    let mut world = World::new();
    let clock = id(&world.post("/v1/test_helpers/test_clocks", &format!("frozen_time={}", NOW.0)));
    for form in ["name=1&email=a@b.c", "name=2&email=A@b.c", &format!("name=3&test_clock={clock}")]
    {
        world.post("/v1/customers", form);
        world.now = world.now.plus_seconds(10);
    }
    let second = NOW.0 + 10;
    for (query, found) in [
        (String::new(), "21"),
        ("email=a@b.c".to_owned(), "1"),
        (format!("test_clock={clock}"), "3"),
        (format!("created[gte]={second}"), "2"),
        (format!("created={}", NOW.0), "1"),
    ] {
        let list = world.get(&format!("/v1/customers?{query}"));
        let names = list["data"].as_array().unwrap().iter();
        let names: String = names.map(|customer| customer["name"].as_str().unwrap()).collect();
        assert_eq!(names, found, "{query}");
    }
    assert_eq!(world.send(Method::GET, "/v1/customers?test_clock=clock_2", "").0, 400);
}

/// Goal: a country is known from the address, and is shown only when asked for.
#[test]
fn where_a_customer_is_taxed_is_shown_when_asked_for() {
    let mut world = World::new();
    let form = "address[country]=DE&tax[ip_address]=192.0.2.1&expand[]=tax";
    let customer = world.post("/v1/customers", form);
    let tax = json!({
        "automatic_tax": "supported", "ip_address": "192.0.2.1", "provider": "stripe",
        "location": { "country": "DE", "source": "billing_address", "state": null },
    });
    assert_eq!(customer["tax"], tax);
    assert!(world.get(&format!("/v1/customers/{}", id(&customer))).get("tax").is_none());
}

/// Goal: a customer can be made with a card as Stripe's own examples do it, and a declined card
/// makes none.
#[test]
fn a_customer_is_made_with_a_payment_method() {
    let mut world = World::new();
    let form = "payment_method=pm_card_visa\
                &invoice_settings[default_payment_method]=pm_card_visa\
                &expand[]=invoice_settings.default_payment_method";
    let customer = world.post("/v1/customers", form);
    let method = &customer["invoice_settings"]["default_payment_method"];
    assert_eq!((&method["customer"], &method["card"]["last4"]), (&customer["id"], &json!("4242")));
    assert_eq!(world.events(), ["payment_method.attached", "customer.created"]);
    let created = world.engine.stripe.events.iter().last().unwrap();
    assert_eq!(created.object.value()["invoice_settings"]["default_payment_method"], method["id"]);

    let (status, error) = world.refused("/v1/customers", "payment_method=pm_card_chargeDeclined");
    assert_eq!((status, &error["code"]), (402, &json!("card_declined")));
    world.refused("/v1/customers", "payment_method=pm_card_visa&source=tok_visa");
    assert_eq!(world.get("/v1/customers")["data"].as_array().unwrap().len(), 1);

    let path = format!("/v1/customers/{}", id(&customer));
    let default = "invoice_settings[default_payment_method]";
    let (status, error) = world.refused(&path, &format!("{default}=pm_card_mastercard"));
    assert_eq!((status, &error["code"]), (400, &json!("resource_missing")));
    assert_eq!(error["param"], default);
    let method = format!("/v1/payment_methods/{}/detach", id(method));
    world.post(&method, "");
    let customer = world.get(&path);
    assert!(customer["invoice_settings"]["default_payment_method"].is_null());
}

/// Goal: a new source takes the place of the old default one, in one update of the customer.
#[test]
fn a_source_replaces_the_default_one() {
    let mut world = World::new();
    let customer = world.post("/v1/customers", "source=tok_visa");
    let first = customer["default_source"].as_str().unwrap().to_owned();
    let path = format!("/v1/customers/{}", id(&customer));
    let told = world.events().len();
    let customer = world.post(&path, "source=tok_mastercard&name=x&expand[]=default_source");
    assert_eq!(customer["default_source"]["brand"], "MasterCard");
    let events = &world.events()[told..];
    let expected = [
        "payment_method.attached",
        "customer.source.created",
        "customer.updated",
        "payment_method.detached",
        "customer.source.deleted",
    ];
    assert_eq!(events, expected);
    assert_eq!(world.get(&format!("{path}/sources"))["data"].as_array().unwrap().len(), 1);
    let (status, error) = world.refused(&path, &format!("default_source={first}"));
    assert_eq!((status, &error["param"]), (400, &json!("default_source")));
    let (status, _) = world.refused(&path, "source=tok_chargeDeclined");
    assert_eq!(status, 402);
    assert_eq!(world.get(&path)["default_source"], customer["default_source"]["id"]);
}

/// Goal: with a customer its cards are detached, and its deletion is told last, as it was.
#[test]
fn a_deleted_customer_lets_go_of_its_cards() {
    let mut world = World::new();
    let form = "payment_method=pm_card_visa\
                &invoice_settings[default_payment_method]=pm_card_visa";
    let customer = world.post("/v1/customers", form);
    let method = &customer["invoice_settings"]["default_payment_method"];
    let method = method.as_str().unwrap().to_owned();
    let told = world.events().len();
    world.delete(&format!("/v1/customers/{}", id(&customer)));
    assert_eq!(world.events()[told..], ["payment_method.detached", "customer.deleted"]);
    let event = world.engine.stripe.events.iter().last().unwrap();
    assert_eq!(event.object.value(), customer);
    assert!(world.get(&format!("/v1/payment_methods/{method}"))["customer"].is_null());
}

/// Goal: data from elsewhere keep their customers' ids, and an id is taken once.
#[test]
fn a_customer_can_be_made_with_an_id_of_ones_choice() {
    let mut world = World::new();
    let stripe = &mut world.engine.stripe;
    let params = crate::call::Params(json!({ "name": "Acme" }).as_object().unwrap().clone());
    super::create_as(stripe, "cus_acme", &params).unwrap();
    let error = super::create_as(stripe, "cus_acme", &params).unwrap_err();
    assert_eq!(error.code, Some("resource_already_exists"));
    assert_eq!(world.get("/v1/customers/cus_acme")["name"], "Acme");
}

/// A price of 9 euros, or dollars, each month.
fn monthly(world: &mut World, currency: &str) -> String {
    let form = format!(
        "currency={currency}&unit_amount=900&product_data[name]=x&recurring[interval]=month"
    );
    id(&world.post("/v1/prices", &form))
}

const WITH_CARD: &str = "payment_method=pm_card_visa\
    &invoice_settings[default_payment_method]=pm_card_visa";

/// Goal: credit pays for the first invoice as far as it goes, and the ledger says so.
#[test]
fn credit_is_spent_on_the_first_invoice() {
    let mut world = World::new();
    let customer = id(&world.post("/v1/customers", &format!("{WITH_CARD}&balance=-250&name=Acme")));
    let price = monthly(&mut world, "eur");
    let form = format!("customer={customer}&items[0][price]={price}&expand[]=latest_invoice");
    let invoice = world.post("/v1/subscriptions", &form)["latest_invoice"].clone();
    assert_eq!((&invoice["amount_due"], &invoice["status"]), (&json!(650), &json!("paid")));
    let path = format!("/v1/customers/{customer}");
    let shown = world.get(&path);
    assert_eq!((&shown["balance"], &shown["currency"]), (&json!(0), &json!("eur")));
    assert_eq!(shown["next_invoice_sequence"], 2);
    let number = format!("{}-0001", shown["invoice_prefix"].as_str().unwrap());
    assert_eq!(invoice["number"], number);
    let entry = world.get(&format!("{path}/balance_transactions"))["data"][0].clone();
    assert_eq!((&entry["type"], &entry["amount"]), (&json!("applied_to_invoice"), &json!(250)));
    assert_eq!(entry["invoice"], invoice["id"]);
}

/// Goal: a customer's subscriptions are in one currency; credit in another one is not spent on
/// them.
#[test]
fn subscriptions_of_a_customer_have_one_currency() {
    let mut world = World::new();
    let customer = id(&world.post("/v1/customers", WITH_CARD));
    let path = format!("/v1/customers/{customer}/balance_transactions");
    world.post(&path, "amount=-5000&currency=usd");
    let (eur, usd) = (monthly(&mut world, "eur"), monthly(&mut world, "usd"));
    let form = format!("customer={customer}&items[0][price]={eur}&expand[]=latest_invoice");
    let invoice = world.post("/v1/subscriptions", &form)["latest_invoice"].clone();
    assert_eq!(invoice["amount_due"], 900);
    let form = format!("customer={customer}&items[0][price]={usd}");
    let (status, error) = world.refused("/v1/subscriptions", &form);
    assert_eq!(status, 400);
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with("You cannot combine currencies") && message.ends_with("eur"));
}

/// Goal: with a customer its subscriptions end, and are not told of again.
#[test]
fn a_deleted_customers_subscriptions_end() {
    let mut world = World::new();
    let customer = id(&world.post("/v1/customers", WITH_CARD));
    let price = monthly(&mut world, "eur");
    let form = format!("customer={customer}&items[0][price]={price}");
    let subscription = id(&world.post("/v1/subscriptions", &form));
    let later = world.now.0 + 86_400;
    let planned = format!(
        "customer={customer}&start_date={later}&phases[0][items][0][price]={price}\
         &phases[0][duration][interval]=month&phases[0][duration][interval_count]=1"
    );
    let schedule = id(&world.post("/v1/subscription_schedules", &planned));
    let told = world.events().len();
    world.delete(&format!("/v1/customers/{customer}"));
    let expected = [
        "customer.subscription.deleted",
        "subscription_schedule.canceled",
        "payment_method.detached",
        "customer.deleted",
    ];
    assert_eq!(world.events()[told..], expected);
    let schedule = format!("/v1/subscription_schedules/{schedule}");
    assert_eq!(world.get(&schedule)["status"], "canceled");
    let path = format!("/v1/subscriptions/{subscription}");
    assert_eq!(world.get(&path)["status"], "canceled");
    world.advance(30 * 86_400);
    assert_eq!(world.events().last(), Some(&"customer.deleted"));
    world.refused("/v1/subscriptions", &form);
}

/// Goal: a new source is tried at once on what is past due, as Stripe's page on updating customers
/// says.
#[test]
fn a_new_source_pays_what_is_past_due() {
    let mut world = World::new();
    let customer = id(&world.post("/v1/customers", "source=tok_visa"));
    let price = monthly(&mut world, "eur");
    let form = format!("customer={customer}&items[0][price]={price}");
    let subscription = id(&world.post("/v1/subscriptions", &form));
    let path = format!("/v1/customers/{customer}");
    world.post(&path, "source=tok_chargeCustomerFail");
    world.advance(31 * 86_400);
    let status = |world: &mut World| {
        world.get(&format!("/v1/subscriptions/{subscription}"))["status"].clone()
    };
    assert_eq!(status(&mut world), "past_due");
    assert_eq!(world.get(&path)["delinquent"], true);
    world.post(&path, "source=tok_mastercard");
    assert_eq!(status(&mut world), "active");
    assert_eq!(world.get(&path)["delinquent"], false);
}
