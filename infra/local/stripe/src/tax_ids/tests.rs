//! Tax ids as callers see them.

use http::Method;
use serde_json::json;

use super::VERIFICATION_SECONDS;
use super::format::{check, country};
use crate::testing::{World, id};

/// Goal: each type takes its own form and no other, and tells its country.
#[test]
fn numbers_are_held_to_the_form_of_their_type() {
    for (kind, value, of) in [
        ("eu_vat", "DE123456789", Some("DE")),
        ("eu_vat", "ATU12345678", Some("AT")),
        ("eu_vat", "EL123456789", Some("GR")),
        ("eu_vat", "XI123456789", Some("GB")),
        ("eu_vat", "FRAB123456789", Some("FR")),
        ("eu_vat", "NL123456789B12", Some("NL")),
        ("eu_vat", "000000000", None),
        ("gb_vat", "GB123456789", Some("GB")),
        ("us_ein", "12-3456789", Some("US")),
        ("ch_vat", "CHE-123.456.789 MWST", Some("CH")),
        ("in_gst", "12ABCDE3456FGZH", Some("IN")),
        ("no_vat", "123456789MVA", Some("NO")),
        ("au_abn", "12345678912", Some("AU")),
        ("jp_cn", "anything", Some("JP")),
    ] {
        assert_eq!(check(kind, value, "value"), Ok(()), "{kind} {value}");
        assert_eq!(country(kind, value).as_deref(), of, "{kind} {value}");
    }
    for (kind, value) in [
        ("eu_vat", "DE12345678"),
        ("eu_vat", "DE1234567890"),
        ("eu_vat", "de123456789"),
        ("eu_vat", "GB123456789"),
        ("eu_vat", "US123456789"),
        ("gb_vat", "DE123456789"),
        ("us_ein", "123456789"),
        ("ch_vat", "CHE123456789"),
        ("in_gst", "12ABCDE3456FG"),
        ("no_vat", "123456789"),
        ("au_abn", "1234567891"),
        ("jp_cn", " "),
    ] {
        let error = check(kind, value, "value").unwrap_err();
        assert_eq!(error.code, Some("tax_id_invalid"), "{kind} {value}");
    }
}

/// Goal: a number is pending until the authority answers, and then verified or not; the answer is
/// told.
#[test]
fn a_tax_id_is_verified_a_little_later() {
    let mut world = World::new();
    let customer = id(&world.post("/v1/customers", "name=Acme"));
    let path = format!("/v1/customers/{customer}/tax_ids");
    for (value, status) in [
        ("DE123456789", "verified"),
        ("DE000000000", "verified"),
        ("111111111", "unverified"),
        ("222222222", "pending"),
    ] {
        let tax_id = world.post(&path, &format!("type=eu_vat&value={value}"));
        assert_eq!(tax_id["verification"]["status"], "pending", "{value}");
        let told = world.events().len();
        world.advance(VERIFICATION_SECONDS);
        let tax_id = world.get(&format!("{path}/{}", id(&tax_id)));
        assert_eq!(tax_id["verification"]["status"], status, "{value}");
        let updates = usize::from(status != "pending");
        assert_eq!(world.events().len(), told + updates, "{value}");
    }
    let event = world.engine.stripe.events.iter().rfind(|event| event.previous.is_some()).unwrap();
    assert_eq!(event.kind, "customer.tax_id.updated");
    assert_eq!(event.previous, Some(json!({ "verification": { "status": "pending" } })));
    let other = world.post(&path, "type=us_ein&value=12-3456789");
    assert_eq!(other["verification"]["status"], "unavailable");
}

/// Goal: both ways to a tax id lead to the same object, and only to that of the right customer.
#[test]
fn a_tax_id_is_reached_through_its_customer_or_as_owned_by_it() {
    let mut world = World::new();
    let form = "tax_id_data[0][type]=eu_vat&tax_id_data[0][value]=DE123456789&expand[]=tax_ids";
    let customer = world.post("/v1/customers", form);
    let tax_id = customer["tax_ids"]["data"][0].clone();
    let expected = json!({
        "id": tax_id["id"], "object": "tax_id", "country": "DE", "created": world.now.0,
        "customer": customer["id"], "customer_account": null, "livemode": false,
        "owner": { "customer": customer["id"], "customer_account": null, "type": "customer" },
        "type": "eu_vat", "value": "DE123456789",
        "verification": { "status": "pending", "verified_address": null, "verified_name": null },
    });
    assert_eq!(customer["tax_ids"]["total_count"], 1);
    assert_eq!(tax_id, expected);

    let owner = format!("owner[type]=customer&owner[customer]={}", id(&customer));
    let second = world.post("/v1/tax_ids", &format!("{owner}&type=gb_vat&value=GB123456789"));
    let list = world.get(&format!("/v1/tax_ids?{owner}"));
    let listed = world.get(&format!("/v1/customers/{}/tax_ids", id(&customer)));
    assert_eq!(list["data"], listed["data"]);
    assert_eq!(list["data"], json!([second, tax_id]));
    assert_eq!(world.get("/v1/tax_ids")["data"], json!([]), "the account has none");

    let other = id(&world.post("/v1/customers", ""));
    let elsewhere = format!("/v1/customers/{other}/tax_ids/{}", id(&tax_id));
    assert_eq!(world.send(Method::GET, &elsewhere, "").0, 404);
    assert_eq!(world.send(Method::DELETE, &elsewhere, "").0, 404);
    assert_eq!(world.delete(&format!("/v1/tax_ids/{}", id(&tax_id)))["deleted"], true);
    assert_eq!(world.get(&format!("/v1/tax_ids?{owner}"))["data"], json!([second]));
    let told = ["customer.created", "customer.tax_id.created", "customer.tax_id.created"];
    assert_eq!(world.events()[..3], told);
    assert_eq!(world.events().last(), Some(&"customer.tax_id.deleted"));
    let (_, error) = world.refused("/v1/tax_ids", "type=gb_vat&value=GB123456789");
    assert_eq!(error["param"], "owner[type]");
}

/// Goal: a tax id that is gone by the time of the answer stays gone, with its customer too.
#[test]
fn an_answer_about_a_deleted_tax_id_does_nothing() {
    let mut world = World::new();
    let form = "tax_id_data[0][type]=eu_vat&tax_id_data[0][value]=DE123456789";
    let customer = id(&world.post("/v1/customers", form));
    world.delete(&format!("/v1/customers/{customer}"));
    world.advance(VERIFICATION_SECONDS);
    let told = ["customer.created", "customer.tax_id.created", "customer.deleted"];
    assert_eq!(world.events(), told);
    assert_eq!(world.engine.stripe.tax_ids.iter().count(), 0);
}
