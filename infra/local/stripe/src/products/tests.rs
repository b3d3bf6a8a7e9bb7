//! Products as callers see them.

use crate::testing::{World, id};

/// Goal: what a caller says of a product is what everybody reads, and each change is told once.
#[test]
fn a_product_is_made_read_changed_and_deleted() {
    let mut world = World::new();
    let form = "name=Seats&description=x&metadata[tier]=gold&images[]=https://a.b/c.png";
    let product = world.post("/v1/products", form);
    let path = format!("/v1/products/{}", id(&product));
    assert_eq!(product["images"][0], "https://a.b/c.png");
    assert_eq!(product["metadata"]["tier"], "gold");
    assert_eq!(product["type"], "service");
    assert_eq!(world.get(&path), product);

    world.now = world.now.plus_seconds(5);
    let changed = world.post(&path, "name=Places&description=&images=&metadata=");
    assert_eq!(changed["name"], "Places");
    assert!(
        changed["description"].is_null() && changed["metadata"].as_object().unwrap().is_empty()
    );
    assert_eq!(changed["images"].as_array().unwrap().len(), 0);
    assert_eq!(changed["updated"], world.now.0);

    assert_eq!(world.delete(&path)["deleted"], true);
    assert_eq!(world.send(http::Method::GET, &path, "").0, 404);
    assert_eq!(world.events(), ["product.created", "product.updated", "product.deleted"]);
    let update = world.engine.stripe.events.iter().nth(1).unwrap();
    let previous = update.previous.as_ref().unwrap();
    assert_eq!((&previous["name"], &previous["description"]), (&"Seats".into(), &"x".into()));
}

/// Goal: a price that comes with a product is its default, and each event shows what was true then.
#[test]
fn a_default_price_is_made_with_its_product() {
    let mut world = World::new();
    let form = "name=Gold&default_price_data[currency]=eur&default_price_data[unit_amount]=900\
                &default_price_data[recurring][interval]=month&expand[]=default_price";
    let product = world.post("/v1/products", form);
    assert_eq!(product["default_price"]["unit_amount"], 900);
    assert_eq!(product["default_price"]["product"], product["id"]);
    let events = ["product.created", "plan.created", "price.created", "product.updated"];
    assert_eq!(world.events(), events);
    let first = world.engine.stripe.events.iter().next().unwrap();
    assert!(first.object.value()["default_price"].is_null());

    let price = id(&product["default_price"]);
    let (_, error) = world.refused(&format!("/v1/prices/{price}"), "active=false");
    assert!(error["message"].as_str().unwrap().contains("default price of its product"));
}

/// Goal: a product that is wrong leaves nothing behind.
#[test]
fn refusals_change_nothing() {
    let mut world = World::new();
    world.post("/v1/products", "name=A&id=prod_a");
    world.post("/v1/prices", "currency=eur&unit_amount=1&product=prod_a");
    let told = world.events();
    for (form, code, param) in [
        ("name=A&id=prod_a", "resource_already_exists", ""),
        (
            "name=B&default_price_data[currency]=eur",
            "parameter_missing",
            "default_price_data[unit_amount]",
        ),
        (
            "name=B&default_price_data[currency]=eur&default_price_data[unit_amount]=1\
             &default_price_data[recurring][interval]=month\
             &default_price_data[recurring][interval_count]=37",
            "",
            "default_price_data[recurring][interval_count]",
        ),
    ] {
        let (status, error) = world.refused("/v1/products", form);
        assert_eq!(status, 400);
        assert_eq!(error["code"].as_str().unwrap_or_default(), code, "{error}");
        assert_eq!(error["param"].as_str().unwrap_or_default(), param, "{error}");
    }
    let (status, error) = world.send(http::Method::DELETE, "/v1/products/prod_a", "");
    assert_eq!(status, 400, "{error}");
    let other = world.post("/v1/products", "name=C");
    let price = world.get("/v1/prices")["data"][0]["id"].clone();
    let form = format!("default_price={}", price.as_str().unwrap());
    world.refused(&format!("/v1/products/{}", id(&other)), &form);
    assert_eq!(world.events().len(), told.len() + 1, "only the new product was told");
}

#[test]
fn lists_are_filtered() {
    let mut world = World::new();
    for form in ["name=A&id=a", "name=B&id=b&active=false&url=https://b.c", "name=C&id=c"] {
        world.post("/v1/products", form);
    }
    let ids = |world: &mut World, query: &str| -> String {
        let list = world.get(&format!("/v1/products?{query}"));
        let data = list["data"].as_array().unwrap().clone();
        data.iter().map(|product| product["id"].as_str().unwrap().to_owned()).collect()
    };
    for (query, found) in [
        ("", "cba"),
        ("active=true", "ca"),
        ("active=false", "b"),
        ("ids[]=a&ids[]=c", "ca"),
        ("url=https://b.c", "b"),
        ("shippable=true", ""),
        ("limit=1&starting_after=c", "b"),
    ] {
        assert_eq!(ids(&mut world, query), found, "{query}");
    }
    let (status, _) = world.send(http::Method::GET, "/v1/products?ids[]=a&ending_before=c", "");
    assert_eq!(status, 400);
}
