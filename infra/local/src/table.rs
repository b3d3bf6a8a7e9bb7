//! The embedded DynamoDB behind its HTTP port, with the tables of template.yaml.

use std::collections::BTreeMap;

use dynoxide::Database;
use dynoxide::actions::create_table::CreateTableRequest;
use dynoxide::actions::put_item::PutItemRequest;
use serde_json::{Value, json};

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

#[expect(clippy::needless_pass_by_value, reason = "map_err hands the error over by value")]
fn refused(error: dynoxide::DynoxideError) -> TableError {
    TableError::Refused(error.to_string())
}
