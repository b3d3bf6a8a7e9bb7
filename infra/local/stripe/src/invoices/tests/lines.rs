use serde_json::{Value, json};

use super::{customer, draft, events_of, fields, get};
use crate::testing::{World, id};

fn names(invoice: &Value) -> Vec<(String, i64)> {
    let lines = invoice["lines"]["data"].as_array().unwrap().iter();
    lines
        .map(|it| (it["description"].as_str().unwrap().to_owned(), it["amount"].as_i64().unwrap()))
        .collect()
}

#[test]
fn several_lines_are_added_at_once_or_none() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let invoice = draft(&mut world, &customer, 1_000, "");
    let form = format!("customer={customer}&amount=50&description=Waiting");
    let pending = id(&world.post("/v1/invoiceitems", &form));
    let path = format!("/v1/invoices/{invoice}/add_lines");
    let good = "lines[0][amount]=200&lines[0][description]=Calls&lines[0][metadata][run]=11";
    let (_, error) = world.refused(&path, &format!("{good}&lines[1][pricing][price]=price_none"));
    assert_eq!(error["param"], "lines[1][pricing][price]");
    assert_eq!(names(&get(&mut world, &invoice)).len(), 1, "nothing was added");

    let events = events_of(&mut world, |world| {
        let form = format!("{good}&lines[1][invoice_item]={pending}&invoice_metadata[po]=7");
        let added = world.post(&path, &form);
        let expected = [("Tokens", 1_000), ("Calls", 200), ("Waiting", 50)];
        assert_eq!(names(&added), expected.map(|(name, amount)| (name.to_owned(), amount)));
        assert_eq!(fields(&added, ["total", "metadata/po"]), [json!(1_250), json!("7")]);
    });

    assert_eq!(events, ["invoiceitem.created", "invoice.updated"]);
    let item = world.get(&format!("/v1/invoiceitems/{pending}"));
    assert_eq!(item["invoice"], json!(invoice));
}

#[test]
fn lines_are_changed_and_removed_or_pending_again() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let invoice = draft(&mut world, &customer, 1_000, "");
    let path = format!("/v1/invoices/{invoice}");
    world.post(&format!("{path}/add_lines"), "lines[0][amount]=200&lines[1][amount]=30");
    let lines = get(&mut world, &invoice)["lines"]["data"].clone();
    let [first, second, third] = [0, 1, 2].map(|nth| id(&lines[nth]));

    let form = format!(
        "lines[0][id]={first}&lines[0][amount]=900&lines[1][id]={second}&lines[1][description]=Two"
    );
    let changed = world.post(&format!("{path}/update_lines"), &form);
    assert_eq!(changed["total"], 1_130);
    let one = world.post(&format!("{path}/lines/{third}"), "amount=70&metadata[a]=b");
    assert_eq!(fields(&one, ["amount", "metadata/a"]), [json!(70), json!("b")]);

    let form = format!(
        "lines[0][id]={first}&lines[0][behavior]=delete&lines[1][id]={second}&lines[1][behavior]=unassign"
    );
    let left = world.post(&format!("{path}/remove_lines"), &form);
    assert_eq!((left["lines"]["total_count"].as_i64(), &left["total"]), (Some(1), &json!(70)));
    let pending = world.get(&format!("/v1/invoiceitems?customer={customer}&pending=true"));
    assert_eq!(pending["data"].as_array().unwrap().len(), 1);
    assert_eq!(pending["data"][0]["amount"], 200);

    world.post(&format!("{path}/finalize"), "");
    assert_eq!(world.refused(&format!("{path}/add_lines"), "lines[0][amount]=1").0, 400);
}
