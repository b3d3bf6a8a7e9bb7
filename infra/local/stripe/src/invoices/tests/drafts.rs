use serde_json::json;

use super::{amounts, customer, customer_with, draft, events_of, fields, get, open};
use crate::testing::{World, id};

#[test]
fn a_draft_made_by_the_api_does_not_advance_and_takes_no_pending_items() {
    let mut world = World::new();
    let customer = customer(&mut world);
    world.post("/v1/invoiceitems", &format!("customer={customer}&amount=500"));

    let invoice = world.post("/v1/invoices", &format!("customer={customer}"));

    let names = ["status", "auto_advance", "automatically_finalizes_at", "billing_reason", "total"];
    let expected = [json!("draft"), json!(false), json!(null), json!("manual"), json!(0)];
    assert_eq!(fields(&invoice, names), expected);
    let names = ["number", "hosted_invoice_url", "invoice_pdf", "ending_balance", "due_date"];
    assert_eq!(
        fields(&invoice, names),
        [json!(null), json!(null), json!(null), json!(null), json!(null)]
    );
    world.advance(100 * 86_400);
    assert_eq!(get(&mut world, &id(&invoice))["status"], "draft");
}

#[test]
fn pending_items_are_taken_newest_first_and_leave_their_currency_with_the_customer() {
    let mut world = World::new();
    let customer = customer(&mut world);
    for (amount, name) in [(500, "first"), (-200, "second")] {
        let form = format!("customer={customer}&amount={amount}&currency=usd&description={name}");
        world.post("/v1/invoiceitems", &form);
    }
    assert_eq!(world.get(&format!("/v1/customers/{customer}"))["currency"], "usd");

    let form = format!("customer={customer}&pending_invoice_items_behavior=include");
    let invoice = world.post("/v1/invoices", &form);

    // 500 - 200 = 300
    assert_eq!((&invoice["currency"], &invoice["total"]), (&json!("usd"), &json!(300)));
    let names: Vec<_> = invoice["lines"]["data"].as_array().unwrap().iter().collect();
    assert_eq!(names.iter().map(|it| &it["description"]).collect::<Vec<_>>(), ["second", "first"]);
    let pending = world.get(&format!("/v1/invoiceitems?customer={customer}&pending=true"));
    assert_eq!(pending["data"], json!([]));
    world.post("/v1/invoiceitems", &format!("customer={customer}&amount=1"));
    let form = format!("customer={customer}&amount=1&currency=eur");
    let (_, error) = world.refused("/v1/invoiceitems", &form);
    assert!(error["message"].as_str().unwrap().contains("combine currencies"), "{error}");
}

#[test]
fn a_deleted_draft_gives_pending_items_back_and_takes_its_own_along() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let pending = id(&world.post("/v1/invoiceitems", &format!("customer={customer}&amount=500")));
    let form = format!("customer={customer}&pending_invoice_items_behavior=include");
    let invoice = id(&world.post("/v1/invoices", &form));
    let form = format!("customer={customer}&invoice={invoice}&amount=300");
    let own = id(&world.post("/v1/invoiceitems", &form));

    let events = events_of(&mut world, |world| {
        let deleted = world.delete(&format!("/v1/invoices/{invoice}"));
        assert_eq!(deleted, json!({ "id": invoice, "object": "invoice", "deleted": true }));
    });

    assert_eq!(events, ["invoice.deleted", "invoiceitem.deleted"]);
    let left = world.get(&format!("/v1/invoiceitems?customer={customer}&pending=true"));
    assert_eq!(left["data"].as_array().unwrap().len(), 1);
    assert_eq!(left["data"][0]["id"], json!(pending));
    assert_eq!(world.send(http::Method::GET, &format!("/v1/invoiceitems/{own}"), "").0, 404);
}

#[test]
fn only_drafts_can_be_deleted_and_their_items_changed() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let invoice = draft(&mut world, &customer, 1_000, "");
    let line = &get(&mut world, &invoice)["lines"]["data"][0];
    let item = line["parent"]["invoice_item_details"]["invoice_item"].as_str().unwrap().to_owned();

    let form = "unit_amount_decimal=12.5&quantity=3&description=Calls";
    let changed = world.post(&format!("/v1/invoiceitems/{item}"), form);
    // 3 x 12.5 = 37.5, rounded half away from zero: 38
    assert_eq!(changed["amount"], 38);
    let line = get(&mut world, &invoice)["lines"]["data"][0].clone();
    assert_eq!(
        fields(&line, ["amount", "quantity", "description"]),
        [json!(38), json!(3), json!("Calls")]
    );
    assert_eq!(line["pricing"]["unit_amount_decimal"], "12.5");

    world.post(&format!("/v1/invoiceitems/{item}"), "amount=900");
    world.post(&format!("/v1/invoices/{invoice}/finalize"), "");
    let path = format!("/v1/invoiceitems/{item}");
    let (status, error) = world.refused(&path, "amount=1");
    assert_eq!(
        (status, &error["message"]),
        (400, &json!("Invalid invoice: This invoice is no longer editable"))
    );
    assert_eq!(world.send(http::Method::DELETE, &path, "").0, 400);
    assert_eq!(world.send(http::Method::DELETE, &format!("/v1/invoices/{invoice}"), "").0, 400);
    let form = format!("customer={customer}&invoice={invoice}&amount=1");
    assert_eq!(world.refused("/v1/invoiceitems", &form).0, 400);
    assert_eq!(amounts(&get(&mut world, &invoice)), [900, 0, 900]);
}

#[test]
fn what_is_final_keeps_its_money_and_terms() {
    let mut world = World::new();
    let (customer, card) = customer_with(&mut world, "pm_card_visa");
    let invoice = open(&mut world, &customer, 1_000);
    let path = format!("/v1/invoices/{invoice}");

    for form in ["collection_method=send_invoice", "days_until_due=3", "default_tax_rates="] {
        let (status, error) = world.refused(&path, form);
        assert_eq!((status, &error["code"]), (400, &json!("invoice_not_editable")), "{form}");
        assert_eq!(error["message"], "Finalized invoices can't be updated in this way");
    }
    let form = format!("metadata[po]=7&description=Thanks&default_payment_method={card}");
    let updated = world.post(&path, &form);
    let names = ["metadata/po", "description", "default_payment_method"];
    assert_eq!(fields(&updated, names), [json!("7"), json!("Thanks"), json!(card)]);
}

#[test]
fn a_sent_invoice_needs_a_due_date_and_an_email_address() {
    let mut world = World::new();
    let without = id(&world.post("/v1/customers", "name=Nobody"));
    let with = customer(&mut world);
    let form = format!("customer={without}&collection_method=send_invoice&days_until_due=14");
    let (_, error) = world.refused("/v1/invoices", &form);
    assert!(error["message"].as_str().unwrap().starts_with("Missing email."), "{error}");
    for form in [
        "collection_method=send_invoice",
        "collection_method=send_invoice&days_until_due=1&due_date=1795338001",
        "collection_method=send_invoice&due_date=1795337999",
        "days_until_due=14",
    ] {
        world.refused("/v1/invoices", &format!("customer={with}&{form}"));
    }

    let form = "collection_method=send_invoice&days_until_due=14";
    let invoice = draft(&mut world, &with, 1_000, form);
    world.advance(86_400);
    let sent = world.post(&format!("/v1/invoices/{invoice}/send"), "");
    // It counts from when it becomes final: 14 days later.
    let due = world.now.0 + 14 * 86_400;
    assert_eq!(fields(&sent, ["status", "due_date"]), [json!("open"), json!(due)]);
    assert_eq!(world.events().last(), Some(&"invoice.sent"));
}

#[test]
fn the_latest_word_on_the_due_date_counts() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let (in_14, in_3) = (world.now.0 + 14 * 86_400, world.now.0 + 3 * 86_400);
    let form = format!("collection_method=send_invoice&due_date={in_14}");
    let invoice = draft(&mut world, &customer, 1_000, &form);
    let path = format!("/v1/invoices/{invoice}");
    assert_eq!(get(&mut world, &invoice)["due_date"], in_14);
    assert_eq!(world.post(&path, "days_until_due=3")["due_date"], in_3);
    world.post(&format!("/v1/customers/{customer}"), "email=");
    assert_eq!(world.post(&path, "description=Hello")["due_date"], in_3);
    let automatic = world.post(&path, "collection_method=charge_automatically");
    assert_eq!(automatic["due_date"], json!(null));
}

#[test]
fn what_is_not_simulated_is_refused_rather_than_ignored() {
    let mut world = World::new();
    let customer = customer(&mut world);
    for (form, param) in [
        ("discounts[0][coupon]=co_1", "discounts"),
        ("automatic_tax[enabled]=true", "automatic_tax[enabled]"),
        ("application_fee_amount=1", "application_fee_amount"),
        ("transfer_data[destination]=acct_1", "transfer_data"),
    ] {
        let (_, error) = world.refused("/v1/invoices", &format!("customer={customer}&{form}"));
        assert_eq!(error["param"], param);
    }
    assert_eq!(world.get("/v1/invoices")["data"], json!([]), "nothing was made");
}

#[test]
fn an_item_has_one_source_of_its_amount() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let product = id(&world.post("/v1/products", "name=Tokens"));
    let form = format!("product={product}&currency=eur&unit_amount_decimal=0.75");
    let price = id(&world.post("/v1/prices", &form));
    let item = |form: &str| format!("customer={customer}&{form}");
    for form in ["", "amount=1&quantity=2", &format!("amount=1&pricing[price]={price}")] {
        world.refused("/v1/invoiceitems", &item(form));
    }

    let form = item(&format!("pricing[price]={price}&quantity=1001&metadata[run]=11"));
    let made = world.post("/v1/invoiceitems", &form);
    // 1001 x 0.75 = 750.75
    assert_eq!(
        fields(&made, ["amount", "quantity", "metadata/run"]),
        [json!(751), json!(1001), json!("11")]
    );
    let names = ["pricing/price_details/price", "pricing/price_details/product", "description"];
    assert_eq!(fields(&made, names), [json!(price), json!(product), json!("Tokens")]);

    let data = format!(
        "price_data[currency]=eur&price_data[product]={product}&price_data[unit_amount]=250"
    );
    let made = world.post("/v1/invoiceitems", &item(&format!("{data}&quantity=2")));
    assert_eq!(made["amount"], 500);
    let recurring =
        format!("product={product}&currency=eur&unit_amount=100&recurring[interval]=month");
    let recurring = id(&world.post("/v1/prices", &recurring));
    let (_, error) =
        world.refused("/v1/invoiceitems", &item(&format!("pricing[price]={recurring}")));
    assert!(error["message"].as_str().unwrap().contains("type=recurring"), "{error}");
}

#[test]
fn lists_are_filtered() {
    let mut world = World::new();
    let one = customer(&mut world);
    let two = customer(&mut world);
    let draft = draft(&mut world, &one, 100, "collection_method=send_invoice&days_until_due=2");
    let open = open(&mut world, &two, 100);
    let due = world.now.0 + 2 * 86_400;
    for (query, expected) in [
        (format!("customer={one}"), vec![&draft]),
        ("status=open".to_owned(), vec![&open]),
        ("collection_method=send_invoice".to_owned(), vec![&draft]),
        (format!("due_date={due}"), vec![&draft]),
        (format!("due_date[gt]={due}"), vec![]),
        ("limit=5".to_owned(), vec![&open, &draft]),
    ] {
        let list = world.get(&format!("/v1/invoices?{query}"));
        let ids: Vec<_> = list["data"].as_array().unwrap().iter().map(|it| id(it)).collect();
        assert_eq!(ids.iter().collect::<Vec<_>>(), expected, "{query}");
    }
}
