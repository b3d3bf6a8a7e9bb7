//! Event source mappings of a table's stream, and their filters.

use serde_json::Value;

use super::fields::Fields;
use super::scope::Scope;
use super::yaml::Node;
use super::{StreamMapping, TemplateError};

/// Lambda's own default.
const BATCH: u32 = 100;
/// Largest batch that needs no batching window.
const BATCH_MAX: u32 = 1_000;

/// Reads an event of type `DynamoDB`.
pub fn mapping(
    scope: &Scope,
    function: &str,
    mut event: Fields,
) -> Result<StreamMapping, TemplateError> {
    // Local mode keeps each record for a day, halves what fails, and tries until then.
    event.ignore(&[
        "StartingPosition",
        "BisectBatchOnFunctionError",
        "MaximumRetryAttempts",
        "DestinationConfig",
    ]);
    let at = event.at("Stream");
    scope.text(&at, &event.need("Stream")?)?;
    let at = event.at("BatchSize");
    let batch_max = match event.take("BatchSize") {
        Some(node) => scope.number(&at, &node, 1..=BATCH_MAX)?,
        None => BATCH,
    };
    let at = event.at("FunctionResponseTypes");
    let reports_failures = match event.take("FunctionResponseTypes") {
        Some(node) => match scope.texts(&at, &node)?.as_slice() {
            [one] if one == "ReportBatchItemFailures" => true,
            _ => return Err(TemplateError::not_understood(&at)),
        },
        None => false,
    };
    let filters = filters(scope, &mut event)?;
    event.finish()?;
    Ok(StreamMapping { function: function.to_owned(), batch_max, reports_failures, filters })
}

fn filters(scope: &Scope, event: &mut Fields) -> Result<Vec<Value>, TemplateError> {
    let mut criteria = event.map("FilterCriteria")?;
    let at = criteria.at("Filters");
    let Some(Node::List(nodes)) = criteria.take("Filters") else {
        return Err(TemplateError::Missing { at });
    };
    criteria.finish()?;
    let mut filters = Vec::new();
    for node in nodes {
        let mut filter = Fields::of(&at, node)?;
        let pattern_at = filter.at("Pattern");
        let pattern = scope.text(&pattern_at, &filter.need("Pattern")?)?;
        filter.finish()?;
        let wrong = |_| TemplateError::not_understood(&pattern_at);
        filters.push(serde_json::from_str(&pattern).map_err(wrong)?);
    }
    Ok(filters)
}

/// True if a pattern of `FilterCriteria` lets a value through: every key of the pattern is there,
/// and one of the alternatives of each leaf is a text of the value's or begins it.
pub fn matches(pattern: &Value, value: &Value) -> bool {
    match pattern {
        Value::Object(fields) => fields
            .iter()
            .all(|(name, pattern)| value.get(name).is_some_and(|value| matches(pattern, value))),
        Value::Array(alternatives) => alternatives.iter().any(|one| {
            let prefix = one.get("prefix").and_then(Value::as_str);
            match (prefix, value.as_str()) {
                (Some(prefix), Some(text)) => text.starts_with(prefix),
                _ => one == value,
            }
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Goal: each key of a pattern must match, by a whole text or by its beginning.
    #[test]
    fn a_pattern_lets_through_what_has_all_its_keys() {
        let pattern =
            json!({ "eventName": ["INSERT"], "keys": { "sk": [{ "prefix": "JOURNAL#" }] } });
        let value = |name: &str, sk: &str| json!({ "eventName": name, "keys": { "sk": sk } });
        assert!(matches(&pattern, &value("INSERT", "JOURNAL#1")));
        assert!(!matches(&pattern, &value("MODIFY", "JOURNAL#1")));
        assert!(!matches(&pattern, &value("INSERT", "STANDING")));
        assert!(!matches(&pattern, &json!({ "eventName": "INSERT" })));
    }
}
