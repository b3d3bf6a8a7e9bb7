//! Which operation a request is, and which actions on which resources it needs permission for.

use http::request::Parts;
use serde_json::Value;

use super::index::{ItemKey, Range, item_key, place_of};
use crate::outbox;
use crate::template::{Permission, Places};

/// Service of the vendor's receivers of events.
pub const WEBHOOK: &str = "Webhook";

/// One request to AWS, Stripe or a receiver of events, as far as the gate looks into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// `DynamoDB`, `SQS`, `SecretsManager`, `SES`, `Stripe` or `Webhook`; empty for anything else.
    pub service: &'static str,
    /// Such as `TransactWriteItems`, or `POST /v1/customers`.
    pub name: String,
    /// Items that a write names, in its order.
    pub writes: Vec<Written>,
    /// A query of an index.
    pub range: Option<Range>,
    /// What it needs permission for: nothing at Stripe, where the key decides.
    pub needs: Vec<Permission>,
}

/// One item of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The item; none where its key is not one of ours.
    pub item: Option<ItemKey>,
    /// The table.
    pub table: String,
    /// Place in the index behind the write, where the request says it.
    pub after: After,
    /// True if the write is a put that needs the item to be new.
    pub is_new: bool,
}

/// Place of an item in the index behind a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// There, or at no place.
    At(Option<(String, String)>),
    /// The table must be asked.
    Updated,
    /// As before.
    Unchanged,
}

impl Operation {
    /// Of a request. What names a version of Stripe's API is a call to Stripe.
    pub fn of(request: &Parts, body: &[u8], places: &Places) -> Self {
        let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
        if header("stripe-version").is_some() {
            let name = format!("{} {}", request.method, request.uri.path());
            return Self {
                service: "Stripe",
                name,
                writes: Vec::new(),
                range: None,
                needs: Vec::new(),
            };
        }
        if header("webhook-id").is_some() {
            return Self {
                service: WEBHOOK,
                name: format!("{} {}", request.method, request.uri.path()),
                writes: Vec::new(),
                range: None,
                needs: Vec::new(),
            };
        }
        if request.uri.path() == outbox::PATH {
            let body: Value = serde_json::from_slice(body).unwrap_or_default();
            return Self {
                service: "SES",
                name: "SendEmail".to_owned(),
                writes: Vec::new(),
                range: None,
                needs: vec![sending(&body, places)],
            };
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
        let is_index = name == "Query" && body.get("IndexName").is_some();
        Self {
            service,
            name: name.to_owned(),
            writes: written(name, &body),
            range: if is_index { Range::of(&body) } else { None },
            needs: needs(service, name, &body, places),
        }
    }

    /// As the log and the control page write it.
    pub fn title(&self) -> String {
        format!("{}.{}", self.service, self.name)
    }
}

/// Permission to send in the name of the sender's domain.
fn sending(body: &Value, places: &Places) -> Permission {
    let sender = body.get("FromEmailAddress").and_then(Value::as_str).unwrap_or_default();
    let address = sender.rsplit_once('<').map_or(sender, |(_, address)| address);
    let domain = address.trim_end_matches('>').rsplit_once('@').map_or("", |(_, domain)| domain);
    let action = "ses:SendEmail".to_owned();
    Permission { action, resource: places.identity_arn(domain) }
}

/// Items of a write, in its order.
fn written(name: &str, body: &Value) -> Vec<Written> {
    match name {
        "TransactWriteItems" | "TransactGetItems" => {
            let parts = body.get("TransactItems").and_then(Value::as_array).into_iter().flatten();
            let parts = parts.flat_map(|part| part.as_object().into_iter().flatten());
            parts.map(|(kind, inner)| one(kind, inner)).collect()
        }
        "PutItem" | "UpdateItem" | "DeleteItem" => {
            vec![one(name.trim_end_matches("Item"), body)]
        }
        _ => Vec::new(),
    }
}

fn one(kind: &str, body: &Value) -> Written {
    let (item, after) = match kind {
        "Put" => (body.get("Item"), After::At(body.get("Item").and_then(place_of))),
        "Delete" => (body.get("Key"), After::At(None)),
        "Update" => (body.get("Key"), After::Updated),
        _ => (body.get("Key"), After::Unchanged),
    };
    let table = body.get("TableName").and_then(Value::as_str).unwrap_or_default().to_owned();
    let condition = body.get("ConditionExpression").and_then(Value::as_str);
    let is_new = condition == Some("attribute_not_exists(pk)");
    Written { item: item.and_then(item_key), table, after, is_new }
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
