//! The embedded DynamoDB behind its HTTP port, with the tables of template.yaml.

use std::collections::BTreeMap;
use std::path::PathBuf;

use dynoxide::Database;
use dynoxide::actions::create_table::CreateTableRequest;
use dynoxide::actions::put_item::PutItemRequest;
use dynoxide::actions::scan::ScanRequest;
use runtime::Entropy;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::gate::item_key;

/// Items by their tables.
pub type Items = BTreeMap<String, Vec<Value>>;

/// The embedded table could not be made or written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// A request that it does not take.
    #[error("the embedded DynamoDB does not take the request: {0}")]
    Request(#[from] serde_json::Error),
    /// It refused.
    #[error("the embedded DynamoDB refused: {0}")]
    Refused(String),
}

/// An empty database in memory with these tables.
pub fn create(tables: &BTreeMap<String, Value>) -> Result<Database, TableError> {
    let database = Database::memory().map_err(refused)?;
    for body in tables.values() {
        let request: CreateTableRequest = serde_json::from_value(body.clone())?;
        database.create_table(request).map_err(refused)?;
    }
    Ok(database)
}

/// Writes an item past the functions: for what no function may do, such as the first API keys.
pub fn put(database: &Database, table: &str, item: &Value) -> Result<(), TableError> {
    let request: PutItemRequest =
        serde_json::from_value(json!({ "TableName": table, "Item": item }))?;
    database.put_item(request).map_err(refused)?;
    Ok(())
}

/// All items of these tables, in the order of their keys.
pub fn items<'a>(
    database: &Database,
    tables: impl Iterator<Item = &'a String>,
) -> Result<Items, TableError> {
    tables.map(|table| Ok((table.clone(), scan(database, table)?))).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    #[serde(default)]
    items: Vec<Value>,
    last_evaluated_key: Option<Value>,
}

fn scan(database: &Database, table: &str) -> Result<Vec<Value>, TableError> {
    let mut items: Vec<Value> = Vec::new();
    let mut from = None;
    loop {
        let request = json!({ "TableName": table, "ExclusiveStartKey": from });
        let request: ScanRequest = serde_json::from_value(request)?;
        let page = database.scan(request).map_err(refused)?;
        let page: Page = serde_json::from_value(serde_json::to_value(page)?)?;
        items.extend(page.items);
        from = page.last_evaluated_key;
        if from.is_none() {
            items.sort_by_cached_key(item_key);
            return Ok(items);
        }
    }
}

/// Puts these items in the place of all that a database holds, or changes nothing.
pub fn replace(
    database: &Database,
    tables: &BTreeMap<String, Value>,
    items: &Items,
) -> Result<(), TableError> {
    let other = create(tables)?;
    for (table, items) in items {
        for item in items {
            put(&other, table, item)?;
        }
    }
    let file = TemporaryFile::new()?;
    let path = file.0.to_string_lossy();
    other.vacuum_into(&path).map_err(refused)?;
    database.restore_from(&path).map_err(refused)
}

/// A file that is gone afterwards.
struct TemporaryFile(PathBuf);

impl TemporaryFile {
    fn new() -> Result<Self, TableError> {
        let name =
            Entropy::system().token().map_err(|error| TableError::Refused(error.to_string()))?;
        Ok(Self(std::env::temp_dir().join(format!("tollgate-{name}.db"))))
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        // A file that stays behind does no harm.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands the error over by value")]
fn refused(error: dynoxide::DynoxideError) -> TableError {
    TableError::Refused(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// More than a page of 1 MB: 30 items of 100 kB.
    #[test]
    fn all_items_take_the_place_of_others() {
        let key = |name: &str, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
        let attribute = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
        let table = json!({
            "TableName": "Table",
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
            "AttributeDefinitions": [attribute("pk"), attribute("sk")],
        });
        let tables = BTreeMap::from([("Table".to_owned(), table)]);
        let item = |pk: &str, sk: usize| {
            let text = "x".repeat(100_000);
            json!({
                "pk": { "S": pk }, "sk": { "S": format!("{sk:02}") }, "text": { "S": text },
                "number": { "N": "12345678901234567890" }, "bytes": { "B": "AAEC" },
            })
        };
        let (first, second) = (create(&tables).unwrap(), create(&tables).unwrap());
        let kept: Vec<Value> = (0..30).map(|sk| item("PK", sk)).collect();
        for item in &kept {
            put(&first, "Table", item).unwrap();
        }
        put(&second, "Table", &item("OTHER", 1)).unwrap();

        let items = items(&first, tables.keys()).unwrap();
        assert!(items["Table"] == kept);
        replace(&second, &tables, &items).unwrap();
        assert!(super::items(&second, tables.keys()).unwrap()["Table"] == kept);
    }
}
