//! Which operation a request is, and which actions on which resources it needs permission for.

use http::request::Parts;
use serde_json::Value;

use crate::template::{Permission, Places};

/// One request to AWS or Stripe, as far as the gate looks into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// `DynamoDB`, `SQS`, `SecretsManager` or `Stripe`; empty for anything else.
    pub service: &'static str,
    /// Such as `TransactWriteItems`, or `POST /v1/customers`.
    pub name: String,
    /// How many items a transaction has.
    pub items: usize,
    /// What it needs permission for: nothing at Stripe, where the key decides.
    pub needs: Vec<Permission>,
}

impl Operation {
    /// Of a request. What names a version of Stripe's API is a call to Stripe.
    pub fn of(request: &Parts, body: &[u8], places: &Places) -> Self {
        let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
        if header("stripe-version").is_some() {
            let name = format!("{} {}", request.method, request.uri.path());
            return Self { service: "Stripe", name, items: 0, needs: Vec::new() };
        }
        let target = header("x-amz-target").unwrap_or_default();
        let (prefix, name) = target.split_once('.').unwrap_or(("", target));
        let service = match prefix {
            "AmazonSQS" => "SQS",
            "secretsmanager" => "SecretsManager",
            _ if prefix.starts_with("DynamoDB") => "DynamoDB",
            _ => "",
        };
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let items = body.get("TransactItems").and_then(Value::as_array);
        Self {
            service,
            name: name.to_owned(),
            items: items.map_or(0, Vec::len),
            needs: needs(service, name, &body, places),
        }
    }

    /// As the log and the control page write it.
    pub fn title(&self) -> String {
        format!("{}.{}", self.service, self.name)
    }
}

fn needs(service: &str, name: &str, body: &Value, places: &Places) -> Vec<Permission> {
    let text = |field: &str| body.get(field).and_then(Value::as_str).unwrap_or_default();
    let one = |action: String, resource: String| vec![Permission { action, resource }];
    match service {
        "SQS" => {
            let action = name.strip_suffix("Batch").unwrap_or(name);
            let queue = Places::queue_name(text("QueueUrl"));
            one(format!("sqs:{action}"), places.queue_arn(queue))
        }
        "SecretsManager" => {
            let id = text("SecretId");
            let resource =
                if id.starts_with("arn:") { id.to_owned() } else { places.secret_arn(id) };
            one(format!("secretsmanager:{name}"), resource)
        }
        "DynamoDB" => dynamodb_needs(name, body, places),
        _ => one(format!("unknown:{name}"), String::new()),
    }
}

fn dynamodb_needs(name: &str, body: &Value, places: &Places) -> Vec<Permission> {
    let permission = |action: &str, table: &str| Permission {
        action: format!("dynamodb:{action}"),
        resource: places.table_arn(table),
    };
    let table_of = |value: &Value| {
        let table = value.get("TableName").and_then(Value::as_str);
        table.unwrap_or_default().to_owned()
    };
    match name {
        // A transaction needs the actions of what it contains.
        "TransactWriteItems" | "TransactGetItems" => {
            let items = body.get("TransactItems").and_then(Value::as_array);
            let mut needs = Vec::new();
            for item in items.into_iter().flatten() {
                for (kind, inner) in item.as_object().into_iter().flatten() {
                    let action = match kind.as_str() {
                        "ConditionCheck" => "ConditionCheckItem".to_owned(),
                        other => format!("{other}Item"),
                    };
                    needs.push(permission(&action, &table_of(inner)));
                }
            }
            needs
        }
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = body.get("RequestItems").and_then(Value::as_object);
            let tables = tables.into_iter().flatten();
            tables.map(|(table, _)| permission(name, table)).collect()
        }
        _ => {
            let mut need = permission(name, &table_of(body));
            if let Some(index) = body.get("IndexName").and_then(Value::as_str) {
                need.resource = format!("{}/index/{index}", need.resource);
            }
            vec![need]
        }
    }
}
