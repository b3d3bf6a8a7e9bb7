//! Tax rates as callers see them.

use rust_decimal::Decimal;
use serde_json::json;

use crate::testing::{World, id};

/// Goal: a rate is kept exactly, shown whole, and its percentage never changes.
#[test]
fn a_rate_is_made_changed_and_archived() {
    let mut world = World::new();
    let form = "display_name=MwSt&percentage=7.7&inclusive=false&country=CH&jurisdiction=CH\
                &tax_type=vat&metadata[a]=b";
    let rate = world.post("/v1/tax_rates", form);
    let expected = json!({
        "id": rate["id"], "object": "tax_rate", "active": true, "country": "CH",
        "created": world.now.0, "description": null, "display_name": "MwSt",
        "effective_percentage": null, "flat_amount": null, "inclusive": false, "jurisdiction": "CH",
        "jurisdiction_level": null, "livemode": false, "metadata": { "a": "b" }, "percentage": 7.7,
        "rate_type": "percentage", "state": null, "tax_type": "vat",
    });
    assert_eq!(rate, expected);
    let kept = world.engine.stripe.tax_rates.get(&id(&rate)).unwrap().percentage;
    assert_eq!(kept, Decimal::new(77, 1));

    let path = format!("/v1/tax_rates/{}", id(&rate));
    world.refused(&path, "percentage=8");
    assert!(super::usable(&world.engine.stripe, &id(&rate), "tax_rates[0]").is_ok());
    let archived = world.post(&path, "active=false&display_name=alt");
    assert_eq!(world.get(&path), archived);
    assert!(super::usable(&world.engine.stripe, &id(&rate), "tax_rates[0]").is_err());
    assert_eq!(world.events(), ["tax_rate.created", "tax_rate.updated"]);
}

#[test]
fn percentages_are_bounded() {
    let mut world = World::new();
    for (percentage, taken) in [
        ("0", true),
        ("100", true),
        ("19.1234", true),
        ("19.12345", false),
        ("100.1", false),
        ("-1", false),
    ] {
        let form = format!("display_name=x&inclusive=true&percentage={percentage}");
        let (status, body) = world.send(http::Method::POST, "/v1/tax_rates", &form);
        assert_eq!(status, if taken { 200 } else { 400 }, "{percentage}: {body}");
    }
    let list = world.get("/v1/tax_rates?inclusive=true&active=true");
    assert_eq!(list["data"].as_array().unwrap().len(), 3);
    assert_eq!(world.get("/v1/tax_rates?inclusive=false")["data"], json!([]));
}

/// Goal: an archived rate cannot be used anew, and stays where it is used already.
#[test]
fn an_archived_rate_stays_where_it_is_used() {
    let mut world = World::new();
    let form = "display_name=MwSt&percentage=19&inclusive=false";
    let rate = id(&world.post("/v1/tax_rates", form));
    let customer = id(&world.post("/v1/customers", ""));
    let item = format!("customer={customer}&amount=1000&currency=eur&tax_rates[]={rate}");
    world.post("/v1/invoiceitems", &item);
    world.post(&format!("/v1/tax_rates/{rate}"), "active=false");
    let (status, _) = world.refused("/v1/invoiceitems", &item);
    assert_eq!(status, 400);
    let form = format!("customer={customer}&pending_invoice_items_behavior=include");
    assert_eq!(world.post("/v1/invoices", &form)["total"], 1190);
}
